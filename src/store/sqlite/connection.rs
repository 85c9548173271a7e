//! The store over one connection: snapshots, audited changes, bookkeeping.

mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::convert::failed;
use super::identity::Identity;
use super::{
    accounts, audit, audit_window, catalogue, check, grants, journal, ledger, lineage, open, purge, secrets, sign_ins,
    tokens, used, window,
};
use crate::domain::account::{Account, AccountId};
use crate::domain::audit::{AuditActor, AuditRow};
use crate::domain::catalogue::set::{MethodPlace, PlacedSet};
use crate::domain::catalogue::{ApiSet, Catalogue};
use crate::domain::method::{Method, MethodId};
use crate::domain::name::{TokenName, Username};
use crate::domain::password::PasswordHash;
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret};
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId, Tombstone};
use crate::error::Result;
use crate::verbs::audit_log::{AuditLog, AuditPage, AuditQuery, AuditTip, AuditWindow};
use crate::verbs::audited::Audited;
use crate::verbs::check::{CheckPage, CheckQuery};
use crate::verbs::ledger::{DeniedKey, DeniedRow, Ledger, LedgerQuery, LedgerWindow, UseKey, UseRow};
use crate::verbs::ports::{
    AccountChanges, AccountFacts, Bookkeeping, Committed, Doomed, Due, Edition, Grant, Installation, NewAccount,
    NewToken, PurgeQuery, Snapshot, Store, StoredSecret, Tally, TokenCounts, Tx, Usage, Visibility, Window,
    WindowQuery,
};

/// A store in one SQLite file.
pub struct SqliteStore {
    db: Mutex<Connection>,
    identity: Identity,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the store at `path`.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotFound`] when there is none; [`crate::error::Kind::Failure`] when it is refused.
    pub fn open(path: &Path) -> Result<Self> {
        open::open(path, false).map(|opened| Self::over(opened, path))
    }

    /// Opens the store at `path` for a service: it waits `patience` for others, where people wait longer.
    ///
    /// # Errors
    /// Those of [`SqliteStore::open`].
    pub fn open_to_serve(path: &Path, patience: Duration) -> Result<Self> {
        let opened = open::open_within(path, patience)?;
        open::for_service(&opened.0)?;
        Ok(Self::over(opened, path))
    }

    /// The same for the service's ledger. What it commits may be lost when the power fails, as nobody was told that it
    /// is there; in return no commit waits for the disk.
    ///
    /// # Errors
    /// Those of [`SqliteStore::open`].
    pub fn open_for_ledger(path: &Path, patience: Duration) -> Result<Self> {
        let store = Self::open_to_serve(path, patience)?;
        open::commit_without_sync(&store.lock())?;
        Ok(store)
    }

    /// Opens the store at `path`, or makes an empty one.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it can't be made or is refused.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        open::open(path, true).map(|opened| Self::over(opened, path))
    }

    /// Makes a store at `path` to be filled with a great number of tokens. Its indexes are built when it is next opened.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it can't be made or is refused.
    pub fn create_to_fill(path: &Path) -> Result<Self> {
        open::create_bare(path).map(|opened| Self::over(opened, path))
    }

    fn over((db, identity): (Connection, Identity), path: &Path) -> Self {
        SqliteStore { db: Mutex::new(db), identity, path: path.to_owned() }
    }

    /// Whether the file that was opened still stands in its place.
    pub fn is_in_place(&self) -> bool {
        self.identity.holds().is_ok()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The audit log from its first row, for checks of the whole.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it can't be read or its chain is broken.
    pub fn audit_log(&self) -> Result<Vec<AuditRow>> {
        audit::verified(&self.lock())
    }

    /// One immediate transaction on the file that was opened.
    fn change<T>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut db = self.lock();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        self.identity.schema_holds(&tx)?;
        let out = f(&tx)?;
        self.identity.holds()?;
        tx.commit().map_err(failed)?;
        // Between the two the file may have gone: then nobody sees the change, and it must not be called done.
        self.identity.holds()?;
        Ok(out)
    }

    /// A panic elsewhere leaves the connection usable: its transaction was rolled back on drop.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SqliteStore {
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        let mut db = self.lock();
        let tx = db.transaction_with_behavior(TransactionBehavior::Deferred).map_err(failed)?;
        self.identity.schema_holds(&tx)?;
        let out = f(&Open(&tx))?;
        tx.finish().map_err(failed)?;
        self.identity.holds()?;
        Ok(out)
    }

    fn settle(&self) -> Result<()> {
        if journal::waits(&self.lock())? {
            // In many short transactions, so that other writers get between.
            for part in 0..journal::PARTS {
                while self.change(|tx| journal::settle(tx, part))? {}
            }
        }
        Ok(())
    }

    fn write_failed_sign_ins(&self, now: Timestamp, due: Due) -> Result<()> {
        if sign_ins::waits(&self.lock(), now, due)? {
            self.change(|tx| sign_ins::write(tx, now, due))?;
        }
        Ok(())
    }

    fn edition(&self) -> Result<Edition> {
        let version = ledger::head(&self.lock())?;
        self.identity.holds()?;
        Ok(Edition(version))
    }

    fn write<T>(
        &self,
        by: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        f: impl FnOnce(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<Committed<T>> {
        self.change(|tx| {
            let now = now();
            let (entries, out) = f(&mut Open(tx), now)?.into_parts();
            let seq = audit::append(tx, by, now, &entries)?;
            Ok(Committed { out, seq })
        })
    }

    fn bookkeep<T>(&self, f: impl FnOnce(&mut dyn Bookkeeping) -> Result<T>) -> Result<T> {
        self.change(|tx| f(&mut Open(tx)))
    }
}

/// An open transaction. Which of the three traits a caller is handed decides what it can do with it.
pub(super) struct Open<'a>(pub(super) &'a Transaction<'a>);

impl Snapshot for Open<'_> {
    fn installation(&self) -> Result<Option<Installation>> {
        accounts::installation(self.0)
    }
    fn policy(&self) -> Result<Policy> {
        accounts::policy(self.0)
    }
    fn account(&self, id: AccountId) -> Result<Option<Account>> {
        accounts::by_id(self.0, id)
    }
    fn account_named(&self, username: &Username) -> Result<Option<Account>> {
        accounts::by_name(self.0, username)
    }
    fn accounts(&self) -> Result<Vec<Account>> {
        accounts::all_accounts(self.0)
    }
    fn password_hash(&self, id: AccountId) -> Result<Option<PasswordHash>> {
        accounts::password_hash(self.0, id)
    }
    fn token(&self, id: TokenId) -> Result<Option<Token>> {
        tokens::by_id(self.0, id)
    }
    fn tokens_named(
        &self,
        visibility: &Visibility,
        account: Option<AccountId>,
        name: &TokenName,
        trashed: bool,
    ) -> Result<Vec<Token>> {
        tokens::named(self.0, visibility, account, name, trashed)
    }
    fn secret(&self, id: &PublicId) -> Result<Option<StoredSecret>> {
        secrets::by_public_id(self.0, id)
    }
    fn tombstone(&self, id: &PublicId) -> Result<Option<Tombstone>> {
        purge::tombstone(self.0, id)
    }
    fn descendants(&self, makers: &[TokenId], limit: usize) -> Result<Vec<TokenId>> {
        lineage::descendants(self.0, makers, limit)
    }
    fn doomed_count(&self, query: &PurgeQuery) -> Result<u64> {
        purge::count(self.0, query)
    }
    fn doomed(&self, query: &PurgeQuery, after: Option<TokenId>, limit: usize) -> Result<Vec<Doomed>> {
        purge::page(self.0, query, after, limit)
    }
    fn active_tokens(&self, account: AccountId, now: Timestamp) -> Result<u32> {
        tokens::active(self.0, account, now)
    }
    fn usage(&self, token: TokenId, now: Timestamp) -> Result<Usage> {
        used::of_token(self.0, token, now)
    }
    fn method(&self, id: &MethodId) -> Result<Option<Method>> {
        catalogue::method(self.0, id)
    }
    fn method_place(&self, id: &MethodId) -> Result<Option<MethodPlace>> {
        catalogue::place(self.0, id)
    }
    fn catalogues(&self) -> Result<Vec<Catalogue>> {
        catalogue::all_catalogues(self.0)
    }
    fn api_sets(&self) -> Result<Vec<ApiSet>> {
        catalogue::api_sets(self.0)
    }
    fn api_set(&self, name: &str) -> Result<Option<PlacedSet>> {
        catalogue::placed_set(self.0, name)
    }
    fn grants(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<Grant>> {
        grants::page(self.0, after, limit)
    }
    fn window(&self, query: &WindowQuery) -> Result<Window> {
        window::window(self.0, query)
    }
    fn tally(&self, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<Tally> {
        window::tally(self.0, visibility, now, soon)
    }
}

impl AuditLog for Open<'_> {
    fn audit_tip(&self) -> Result<AuditTip> {
        audit::tip(self.0)
    }
    fn audit_contains(&self, tip: AuditTip) -> Result<bool> {
        audit::contains(self.0, tip)
    }
    fn audit_only_grew(&self, tip: AuditTip, without: &str) -> Result<bool> {
        audit::only_grew(self.0, tip, without)
    }
    fn audit_window(&self, query: &AuditQuery) -> Result<AuditWindow> {
        audit_window::window(self.0, query)
    }
    fn audit_table_flaw(&self) -> Result<Option<String>> {
        audit::table_flaw(self.0)
    }
    fn audit_page(&self, after: Option<i64>, limit: usize) -> Result<AuditPage> {
        audit::page(self.0, after, limit)
    }
}

impl Ledger for Open<'_> {
    fn denied_window(&self, query: &LedgerQuery<DeniedKey>) -> Result<LedgerWindow<DeniedRow>> {
        ledger::window(self.0, query)
    }
    fn uses_window(&self, query: &LedgerQuery<UseKey>) -> Result<LedgerWindow<UseRow>> {
        ledger::window(self.0, query)
    }
    fn ledger_head(&self) -> Result<i64> {
        ledger::head(self.0)
    }
    fn purged_owner(&self, token: TokenId) -> Result<Option<(AccountId, Role)>> {
        purge::owner(self.0, token)
    }
    fn check_page(&self, query: &CheckQuery) -> Result<CheckPage> {
        check::page(self.0, query)
    }
}

impl AccountFacts for Open<'_> {
    fn token_counts(&self, account: Option<AccountId>, now: Timestamp) -> Result<BTreeMap<AccountId, TokenCounts>> {
        accounts::token_counts(self.0, account, now)
    }
    fn kept_tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        tokens::kept(self.0, account)
    }
    fn last_seen(&self, account: AccountId) -> Result<Option<Timestamp>> {
        accounts::last_seen(self.0, account)
    }
    fn enabled_owners(&self) -> Result<u32> {
        accounts::enabled_owners(self.0)
    }
}

impl Tx for Open<'_> {
    fn set_installation(&mut self, installation: &Installation) -> Result<()> {
        accounts::set_installation(self.0, installation)
    }
    fn set_policy(&mut self, policy: &Policy) -> Result<()> {
        accounts::set_policy(self.0, policy)
    }
    fn set_catalogue(&mut self, catalogue: &Catalogue) -> Result<()> {
        catalogue::replace(self.0, catalogue)
    }
    fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<AccountId> {
        accounts::insert(self.0, new)
    }
    fn insert_token(&mut self, new: &NewToken<'_>) -> Result<TokenId> {
        tokens::insert(self.0, new)
    }
    fn update_token(&mut self, token: &Token) -> Result<()> {
        tokens::update(self.0, token)
    }
    fn set_maker(&mut self, token: TokenId, maker: TokenId) -> Result<()> {
        lineage::set_maker(self.0, token, maker)
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

impl AccountChanges for Open<'_> {
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
