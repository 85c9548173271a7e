//! An open transaction, as the ports use it.

use super::{
    accounts, audit, audit_window, catalogue, findings, ledger_read, ledger_size, ledger_window, purge,
    rights_of_all_tokens, secrets, token_lineage, token_usage, token_window, tokens,
};
use crate::domain::account::{Account, AccountId};
use crate::domain::catalogue::resolved_set::{MethodLocation, ResolvedSet};
use crate::domain::catalogue::{ApiSet, Catalogue};
use crate::domain::method::{Method, MethodId};
use crate::domain::name::{TokenName, Username};
use crate::domain::password::PasswordHash;
use crate::domain::policy::Policy;
use crate::domain::recent_usage::RecentUse;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret};
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId, Tombstone};
use crate::error::Result;
use crate::verbs::findings::{FindingPage, FindingQuery};
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, Ledger, LedgerQuery, LedgerSizePart, LedgerWindow, SizeCursor, UseKey, UseRow,
};
use crate::verbs::ports::audit_log::{AuditLog, AuditPage, AuditQuery, AuditTip, AuditWindow};
use crate::verbs::ports::{
    AccountReader, AccountWriter, CatalogueReader, CatalogueWriter, GrantPage, Installation, InstallationReader,
    InstallationWriter, NamedToken, NamesQuery, NewAccount, NewToken, PurgeCandidate, PurgeQuery, StoredSecret,
    TokenCounts, TokenReader, TokenWriter, Usage, UsageReader, Visibility, VisibleCounts, Window, WindowQuery,
};
use rusqlite::Transaction;
use std::collections::BTreeMap;

/// An open transaction. The trait that a caller gets (one of three) limits what the caller can do with the
/// transaction.
pub(super) struct SqliteTx<'a>(pub(super) &'a Transaction<'a>);

impl InstallationReader for SqliteTx<'_> {
    fn installation(&self) -> Result<Option<Installation>> {
        accounts::installation(self.0)
    }
    fn policy(&self) -> Result<Policy> {
        accounts::policy(self.0)
    }
}

impl CatalogueReader for SqliteTx<'_> {
    fn method(&self, id: &MethodId) -> Result<Option<Method>> {
        catalogue::method(self.0, id)
    }
    fn method_location(&self, id: &MethodId) -> Result<Option<MethodLocation>> {
        catalogue::method_location(self.0, id)
    }
    fn catalogues(&self) -> Result<Vec<Catalogue>> {
        catalogue::all_catalogues(self.0)
    }
    fn api_sets(&self) -> Result<Vec<ApiSet>> {
        catalogue::api_sets(self.0)
    }
    fn api_set(&self, name: &str) -> Result<Option<ResolvedSet>> {
        catalogue::resolved_set(self.0, name)
    }
}

impl UsageReader for SqliteTx<'_> {
    fn usage(&self, token: TokenId, now: Timestamp) -> Result<Usage> {
        token_usage::usage(self.0, token, now)
    }
    fn recent_uses(&self, token: TokenId, now: Timestamp, limit: usize) -> Result<Vec<RecentUse>> {
        token_usage::recent_uses(self.0, token, now, limit)
    }
}

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
    fn purge_candidate_count(&self, query: &PurgeQuery) -> Result<u64> {
        purge::count_candidates(self.0, query)
    }
    fn purge_candidates_of(&self, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<PurgeCandidate>> {
        purge::candidates_among(self.0, query, tokens)
    }
    fn purge_candidates(
        &self,
        query: &PurgeQuery,
        after: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<PurgeCandidate>> {
        purge::candidates(self.0, query, after, limit)
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

impl AuditLog for SqliteTx<'_> {
    fn audit_tip(&self) -> Result<AuditTip> {
        audit::tip(self.0)
    }
    fn audit_contains(&self, tip: AuditTip) -> Result<bool> {
        audit::contains(self.0, tip)
    }
    fn audit_is_append_only_since(&self, tip: AuditTip, without: &str) -> Result<bool> {
        audit::is_append_only_since(self.0, tip, without)
    }
    fn audit_window(&self, query: &AuditQuery) -> Result<AuditWindow> {
        audit_window::window(self.0, query)
    }
    fn audit_schema_error(&self) -> Result<Option<String>> {
        audit::table_flaw(self.0)
    }
    fn audit_page(&self, after: Option<i64>, limit: usize) -> Result<AuditPage> {
        audit::page(self.0, after, limit)
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

impl AccountReader for SqliteTx<'_> {
    fn account(&self, id: AccountId) -> Result<Option<Account>> {
        accounts::by_id(self.0, id)
    }
    fn account_by_name(&self, username: &Username) -> Result<Option<Account>> {
        accounts::by_name(self.0, username)
    }
    fn accounts(&self) -> Result<Vec<Account>> {
        Ok(accounts::all_accounts(self.0)?.0)
    }
    fn unreadable_accounts(&self) -> Result<Vec<AccountId>> {
        Ok(accounts::all_accounts(self.0)?.1)
    }
    fn password_hash(&self, id: AccountId) -> Result<Option<PasswordHash>> {
        accounts::password_hash(self.0, id)
    }
    fn token_counts(&self, account: Option<AccountId>, now: Timestamp) -> Result<BTreeMap<AccountId, TokenCounts>> {
        accounts::token_counts(self.0, account, now)
    }
    fn live_tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        tokens::live_of_account(self.0, account)
    }
    fn last_seen(&self, account: AccountId) -> Result<Option<Timestamp>> {
        accounts::last_seen(self.0, account)
    }
    fn enabled_owners(&self) -> Result<u32> {
        accounts::enabled_owners(self.0)
    }
}

impl InstallationWriter for SqliteTx<'_> {
    fn set_installation(&mut self, installation: &Installation) -> Result<()> {
        accounts::set_installation(self.0, installation)
    }
    fn set_policy(&mut self, policy: &Policy) -> Result<()> {
        accounts::set_policy(self.0, policy)
    }
}

impl CatalogueWriter for SqliteTx<'_> {
    fn set_catalogue(&mut self, catalogue: &Catalogue) -> Result<()> {
        catalogue::replace(self.0, catalogue)
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

impl AccountWriter for SqliteTx<'_> {
    fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<AccountId> {
        accounts::insert(self.0, new)
    }
    fn update_account(&mut self, account: &Account) -> Result<()> {
        accounts::update(self.0, account)
    }
    fn set_password(&mut self, account: AccountId, password: &PasswordHash, temporary: bool) -> Result<()> {
        accounts::set_password(self.0, account, password, temporary)
    }
    fn delete_account(&mut self, account: AccountId, now: Timestamp) -> Result<()> {
        accounts::delete(self.0, account, now)
    }
}
