//! An open transaction, as the ports use it.

use rusqlite::Transaction;

use super::{
    findings, ledger_read, ledger_size, ledger_window, purge, rights_of_all_tokens, secrets, token_lineage,
    token_window, tokens,
};
use crate::domain::account::AccountId;
use crate::domain::name::TokenName;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret};
use crate::domain::time::Timestamp;
use crate::domain::token::{Revision, Token, TokenId, Tombstone};
use crate::error::Result;
use crate::verbs::findings::{FindingPage, FindingQuery};
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, Ledger, LedgerQuery, LedgerSizePart, LedgerWindow, SizeCursor, UseKey, UseRow,
};
use crate::verbs::ports::{
    GrantPage, NamedToken, NamesQuery, NewToken, PurgeCandidate, PurgeQuery, StoredSecret, TokenReader, TokenWriter,
    Visibility, VisibleCounts, Window, WindowQuery,
};

/// An open transaction. The trait that a caller gets (one of three) limits what the caller can do with the
/// transaction. The traits of one table family are implemented in its file, the others here.
pub(super) struct SqliteTx<'a>(pub(super) &'a Transaction<'a>);

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
        secrets::by_public_id(self.0, id)
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
        token_window::window(self.0, query)
    }
    fn visible_counts(&self, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<VisibleCounts> {
        token_window::tally(self.0, visibility, now, soon)
    }
}

impl Ledger for SqliteTx<'_> {
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
        purge::owner(self.0, token)
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
    fn set_maker(&mut self, token: TokenId, maker: TokenId) -> Result<()> {
        token_lineage::set_maker(self.0, token, maker)
    }
    fn set_regenerated_by(&mut self, token: TokenId, maker: TokenId) -> Result<()> {
        token_lineage::set_regenerated_by(self.0, token, maker)
    }
    fn set_secret(
        &mut self,
        token: TokenId,
        secret: &Secret,
        issued_role: Role,
        now: Timestamp,
        keep_old_until: Option<Timestamp>,
    ) -> Result<()> {
        secrets::set_current(self.0, token, secret, issued_role, now, keep_old_until)
    }
    fn retire_previous(&mut self, token: TokenId) -> Result<()> {
        secrets::retire_previous(self.0, token)
    }
    fn purge(&mut self, tokens: &[TokenId], now: Timestamp) -> Result<()> {
        purge::purge(self.0, tokens, now)
    }
}
