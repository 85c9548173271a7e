//! An open transaction, as the ports use it.

use rusqlite::{Transaction, params};

use super::query_helpers::{corrupt, execute, query_one, tuple};
use super::token_search::{TextMatch, TokenSearch, with_found};
use super::{
    denied_tokens, findings, ledger_read, ledger_size, ledger_window, purge, renamed_selections, rights_of_all_tokens,
    token_figures, token_lineage, token_list_query, token_window, tokens,
};
use crate::domain::account::AccountId;
use crate::domain::catalogue::change::renames::Renames;
use crate::domain::name::TokenName;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::{Revision, Token, TokenId, Tombstone};
use crate::error::Result;
use crate::verbs::findings::{FindingPage, FindingQuery};
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, DeniedTokenKey, DeniedTokenRow, Ledger, LedgerQuery, LedgerSizePart, LedgerWindow,
    SizeCursor, UseKey, UseRow,
};
use crate::verbs::ports::{
    GrantPage, NamedToken, NamesQuery, NewToken, PurgeCandidate, PurgeQuery, SecretState, StoredSecret, TokenCursor,
    TokenFigures, TokenReader, TokenState, TokenWriter, Visibility, VisibleCounts, Window, WindowQuery,
};

/// An open transaction. The trait that a caller gets (one of three) limits what the caller can do with the
/// transaction. Traits of one table are implemented in its file, the others here.
pub(super) struct SqliteTx<'a>(pub(super) &'a Transaction<'a>, pub(super) &'a TokenSearch);

impl TokenReader for SqliteTx<'_> {
    fn token(&self, id: TokenId) -> Result<Option<Token>> {
        tokens::by_id(self.0, id)
    }
    fn tokens_by_name(
        &self,
        visibility: &Visibility,
        account: Option<AccountId>,
        name: &TokenName,
        trashed: bool,
    ) -> Result<Vec<Token>> {
        tokens::by_name(self.0, visibility, account, name, trashed)
    }
    fn names(&self, query: &NamesQuery<'_>) -> Result<Vec<NamedToken>> {
        tokens::names(self.0, query)
    }
    fn secret(&self, id: &PublicId) -> Result<Option<StoredSecret>> {
        let sql = "SELECT digest, token_id, state, retires_at, issued_role FROM secrets WHERE public_id = ?1";
        let row = query_one(self.0, sql, [id.as_str()], tuple::<([u8; 32], TokenId, String, Option<Timestamp>, Role)>)?;
        let Some((digest, token, state, retires_at, issued_role)) = row else { return Ok(None) };
        let state = match (state.as_str(), retires_at) {
            ("current", None) => SecretState::Current,
            ("previous", Some(until)) => SecretState::Previous(until),
            ("dead", None) => SecretState::Dead,
            _ => return Err(corrupt("a secret's state")),
        };
        Ok(Some(StoredSecret { digest: SecretDigest::from_bytes(digest), token, state, issued_role }))
    }
    fn tombstone(&self, id: &PublicId) -> Result<Option<Tombstone>> {
        purge::tombstone(self.0, id)
    }
    fn descendants(&self, makers: &[TokenId], now: Timestamp, limit: usize) -> Result<Vec<TokenId>> {
        token_lineage::descendants(self.0, makers, now, limit)
    }
    fn purge_set(&self, query: &PurgeQuery) -> Result<Vec<(TokenId, Revision)>> {
        purge::set(self.0, query)
    }
    fn purge_candidates(&self, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<PurgeCandidate>> {
        purge::candidates(self.0, query, tokens)
    }
    fn active_tokens(&self, account: AccountId, now: Timestamp) -> Result<u32> {
        tokens::active(self.0, account, now)
    }
    fn grants(&self, after: Option<TokenId>, limit: usize) -> Result<GrantPage> {
        rights_of_all_tokens::page(self.0, after, limit)
    }
    fn window(&self, query: &WindowQuery) -> Result<Window> {
        let total = self.1.totals.total(self.0, query)?;
        if query.cursor == TokenCursor::StartUncounted {
            let look = |text: TextMatch<'_>| token_window::frequent(self.0, query, total, text);
            if let Some(window) = self.1.first_page(self.0, query, look)? {
                return Ok(window);
            }
        }
        let found = self.1.find(self.0, query)?;
        with_found(found.as_ref(), |text| token_window::window(self.0, query, total, text))
    }
    fn matching(&self, query: &WindowQuery) -> Result<Vec<TokenState>> {
        let total = self.1.totals.total(self.0, query)?;
        let found = self.1.find_if_loaded(self.0, query)?;
        with_found(found.as_ref(), |text| token_list_query::TokenListing::states(self.0, query, total, text))
    }
    fn visible_counts(&self, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<VisibleCounts> {
        token_window::tally(self.0, visibility, now, soon)
    }
    fn token_figures(&self, now: Timestamp, soon: Timestamp, limit: usize) -> Result<TokenFigures> {
        token_figures::read(self.0, now, soon, limit)
    }
}

impl Ledger for SqliteTx<'_> {
    fn denied_tokens_window(&self, query: &LedgerQuery<DeniedTokenKey>) -> Result<LedgerWindow<DeniedTokenRow>> {
        denied_tokens::window(self.0, query)
    }
    fn denied_window(&self, query: &LedgerQuery<DeniedKey>) -> Result<LedgerWindow<DeniedRow>> {
        ledger_window::window(self.0, query)
    }
    fn uses_window(&self, query: &LedgerQuery<UseKey>) -> Result<LedgerWindow<UseRow>> {
        ledger_window::window(self.0, query)
    }
    fn ledger_version(&self) -> Result<i64> {
        ledger_read::data_version(self.0)
    }
    fn ledger_size_part(&self, after: SizeCursor, limit: usize) -> Result<LedgerSizePart> {
        ledger_size::measure_part(self.0, after, limit)
    }
    fn ledger_oldest(&self) -> Result<Option<Timestamp>> {
        ledger_size::oldest(self.0)
    }
    fn owner_of_purged(&self, token: TokenId) -> Result<Option<(AccountId, Role)>> {
        let sql = "SELECT a.id, a.role FROM tombstones s JOIN accounts a ON a.id = s.account_id
                   WHERE s.token_id = ?1 LIMIT 1";
        query_one(self.0, sql, [token.0], tuple)
    }
    fn finding_page(&self, query: &FindingQuery) -> Result<FindingPage> {
        findings::page(self.0, query)
    }
}

impl TokenWriter for SqliteTx<'_> {
    fn insert_token(&mut self, new: &NewToken<'_>) -> Result<TokenId> {
        tokens::insert(self.0, None, new)
    }
    fn insert_reserved_token(&mut self, id: TokenId, new: &NewToken<'_>) -> Result<()> {
        tokens::insert(self.0, Some(id), new).map(drop)
    }
    fn update_token(&mut self, token: &Token) -> Result<()> {
        tokens::update(self.0, token)
    }
    fn rename_in_selections(&mut self, renames: &Renames) -> Result<u64> {
        renamed_selections::rename(self.0, renames)
    }
    fn set_maker(&mut self, token: TokenId, maker: TokenId) -> Result<()> {
        let sql = "INSERT INTO lineage (token_id, made_by) VALUES (?1, ?2)";
        execute(self.0, sql, params![token.0, maker.0]).map(drop)
    }
    fn set_regenerated_by(&mut self, token: TokenId, maker: TokenId) -> Result<()> {
        let sql = "INSERT INTO regenerated (public_id, token_id, made_by)
                   SELECT public_id, token_id, ?2 FROM secrets WHERE token_id = ?1 AND state = 'current'";
        execute(self.0, sql, params![token.0, maker.0]).map(drop)
    }
    fn set_secret(
        &mut self,
        token: TokenId,
        secret: &Secret,
        issued_role: Role,
        now: Timestamp,
        keep_old_until: Option<Timestamp>,
    ) -> Result<()> {
        // Retires the previous secret first, because a token has at most one.
        self.retire_previous(token)?;
        let old = if keep_old_until.is_some() { "previous" } else { "dead" };
        let sql = "UPDATE secrets SET state = ?2, retires_at = ?3 WHERE token_id = ?1 AND state = 'current'";
        execute(self.0, sql, params![token.0, old, keep_old_until.map(|at| at.0)])?;
        let sql = "INSERT INTO secrets (public_id, digest, token_id, state, created_at, issued_role)
                   VALUES (?1, ?2, ?3, 'current', ?4, ?5)";
        let id = secret.public_id().as_str();
        execute(self.0, sql, params![id, secret.digest().as_bytes(), token.0, now.0, issued_role.as_str()])?;
        execute(self.0, "UPDATE tokens SET public_id = ?2 WHERE id = ?1", params![token.0, id]).map(drop)
    }
    fn retire_previous(&mut self, token: TokenId) -> Result<()> {
        let sql = "UPDATE secrets SET state = 'dead', retires_at = NULL WHERE token_id = ?1 AND state = 'previous'";
        execute(self.0, sql, [token.0]).map(drop)
    }
    fn purge(&mut self, tokens: &[TokenId], now: Timestamp) -> Result<()> {
        purge::purge(self.0, tokens, now)
    }
}
