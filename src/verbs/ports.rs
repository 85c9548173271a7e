//! The interfaces through which verbs reach the store and the system. All use domain types, so that a second storage
//! engine or a test can implement them.

mod accounts;
/// Reading the audit log.
pub mod audit_log;
mod catalogue;
mod installation;
mod keyed_calls;
pub mod ledger;
mod logins;
mod maintenance;
mod notices;
mod system;
mod token_queries;
mod tokens;
mod usage;
mod usage_tx;

pub use accounts::{AccountReader, AccountWriter, NewAccount, TokenCounts};
pub use catalogue::{CatalogueReader, CatalogueWriter};
pub use installation::{Installation, InstallationReader, InstallationWriter};
pub use keyed_calls::{KeyedCallReader, KeyedCallWriter, MAX_KEYED_CALLS, StoredCall};
pub use logins::{LoginReader, LoginWriter, MAX_LOGINS, StoredLogin};
pub use maintenance::{DataVersion, DataVersions, Maintenance};
pub use notices::{KnownNetwork, MAX_KNOWN_NETWORKS, NoticeReader, SentKind, SentNotice, UsedAddresses};
pub use system::{Clock, Entropy, PasswordHasher, PasswordMatch, PendingFile, SecretFileWriter};
pub use token_queries::{
    ExpiringToken, Grant, GrantPage, MAX_RECENT_ROWS, MAX_TRIED_COUNT, NamedToken, NamesQuery, PurgeCandidate,
    PurgeQuery, TokenCursor, TokenFigures, TokenState, VisibleCounts, Window, WindowQuery,
};
pub use tokens::{NewToken, SecretState, StoredSecret, TokenReader, TokenWriter, Visibility};
pub use usage::{DenialSummary, DeniedSince, LastDenial, PreviousUses, Usage, UsageReader};
pub use usage_tx::{Denial, FailedSignIn, FlushScope, LoginAttemptKey, UsageTx, Use};

use crate::domain::audit::AuditActor;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::audited::Audited;
use audit_log::AuditLog;
use ledger::Ledger;

/// The store with all data of an installation.
///
/// An engine promises, and the conformance suite tests with two writers:
/// - **Isolation.** Transactions are serializable: all of them, [`Store::write_usage`] included, have the effect of one
///   after the other. What a transaction has read still holds when it commits. A reader sees one committed state,
///   however long it reads.
/// - **Recency.** A commit is seen by every read and write that begins after it has returned, through any handle.
/// - **Order.** Audit rows are numbered 1, 2, 3 … in the order of the commits, without gaps. A reader that sees a row
///   sees all rows before it and all their changes.
/// - **All or nothing.** An error or a panic in the closure rolls everything back.
/// - **Runs again.** An engine may roll a transaction back because of another writer, and run the closure again on a
///   newer state. Only the last run counts. So a closure reads all it needs from its transaction, changes nothing outside
///   except its own result, and sets that result again in each run. A secret that an earlier run made is dropped with
///   that run. A secret that was already shown is not made in the closure but handed to it, the same in each run.
pub trait Store: Send + Sync {
    /// Runs `f` once on one consistent state.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be read.
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T>;

    /// Ends the read under way in another thread, which fails.
    fn interrupt_read(&self) {}

    /// Returns `true` if nothing can be written, bookkeeping included.
    fn is_read_only(&self) -> bool {
        false
    }

    /// Runs `f` in one transaction, and commits the change together with its audit entries, or nothing. `now` is called
    /// once the transaction of each run has begun, so that the log's times follow its order.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written; then nothing has changed.
    fn write<T>(
        &self,
        actor: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<CommittedTx<T>>;

    /// Runs `f` like [`Store::write`], then rolls everything back and returns only the result. No other token gets an
    /// id that `f` gave to a new token, so [`TokenWriter::insert_reserved_token`] can use it later.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written.
    fn dry_run<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<T>;

    /// Runs `f` in one transaction that can change only usage data, never a grant.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written.
    fn write_usage<T>(&self, f: impl FnMut(&mut dyn UsageTx) -> Result<T>) -> Result<T>;
}

/// The result of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommittedTx<T> {
    /// The result of the transaction.
    pub value: T,
    /// The number of the change's last row in the audit log. A reader of that row also reads the change.
    pub audit_seq: i64,
}

/// One consistent state of the store.
pub trait Snapshot:
    InstallationReader
    + AccountReader
    + LoginReader
    + KeyedCallReader
    + TokenReader
    + CatalogueReader
    + UsageReader
    + AuditLog
    + Ledger
    + NoticeReader
{
}

impl<T> Snapshot for T where
    T: InstallationReader
        + AccountReader
        + LoginReader
        + KeyedCallReader
        + TokenReader
        + CatalogueReader
        + UsageReader
        + AuditLog
        + Ledger
        + NoticeReader
{
}

/// A transaction that writes. It sees its own changes.
pub trait Tx:
    Snapshot + InstallationWriter + AccountWriter + LoginWriter + KeyedCallWriter + TokenWriter + CatalogueWriter
{
}

impl<T> Tx for T where
    T: Snapshot + InstallationWriter + AccountWriter + LoginWriter + KeyedCallWriter + TokenWriter + CatalogueWriter
{
}
