//! The interfaces through which verbs reach the store and the system. All use domain types, so that a second storage
//! engine or a test can implement them.

mod accounts;
mod system;
mod tokens;
mod usage;
mod usage_tx;

pub use accounts::{AccountReader, AccountWriter, TokenCounts};
pub use system::{Clock, Entropy, PasswordHasher, PasswordMatch, PendingFile, SecretFileWriter};
pub use tokens::{
    Grant, GrantPage, NamedToken, NamesQuery, PurgeCandidate, PurgeQuery, TokenCursor, VisibleCounts, Window,
    WindowQuery,
};
pub use usage::{ClientUsage, DenialSummary, DeniedSince, LastDenial, PreviousUses, Usage};
pub use usage_tx::{Denial, FailedSignIn, FlushScope, LoginAttemptKey, UsageTx, Use};

use crate::domain::account::{Account, AccountId};
use crate::domain::audit::AuditActor;
use crate::domain::catalogue::set::{MethodLocation, ResolvedSet};
use crate::domain::catalogue::{ApiSet, Catalogue};
use crate::domain::expiry::Expiry;
use crate::domain::method::{Method, MethodId};
use crate::domain::name::{Description, Prefix, TokenName, Username};
use crate::domain::password::PasswordHash;
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret, SecretDigest};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId, Tombstone};
use crate::error::Result;
use crate::verbs::audit_log::AuditLog;
use crate::verbs::audited::Audited;
use crate::verbs::ledger::Ledger;

/// The store with all data of an installation.
///
/// An engine promises, and the conformance suite tests with two writers:
/// - **Isolation.** Transactions are serializable: all of them, [`Store::write_usage`] included, have the effect of one
///   after the other. A reader sees one committed state, however long it reads.
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

    /// Returns `true` if nothing can be written, bookkeeping included.
    fn is_read_only(&self) -> bool {
        false
    }

    /// Returns a number that changes only if another connection commits something, ledger included. While the number is
    /// the same, data that was read before is still valid. Compare it only with an earlier one of this same `Store`
    /// value.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    fn data_version(&self) -> Result<DataVersion>;

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
    /// id that `f` gave to a new token, so [`Tx::insert_reserved_token`] can use it later.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written.
    fn dry_run<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<T>;

    /// Writes back as much of the write-ahead log as possible and returns the number of bytes left in it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn checkpoint(&self) -> Result<u64>;

    /// Flushes usage batched by [`UsageTx::record_all`] into the ledger tables. Call before reading the ledger.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn flush_usage(&self) -> Result<()>;

    /// Writes the failed sign-ins counted by [`UsageTx::record_failed_sign_in`] to the audit log, as far as they are
    /// due. All attempts of one name and source become one row.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn write_failed_sign_ins(&self, now: Timestamp, due: FlushScope) -> Result<()>;

    /// Runs `f` in one transaction that can change only usage data, never a grant.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written.
    fn write_usage<T>(&self, f: impl FnMut(&mut dyn UsageTx) -> Result<T>) -> Result<T>;
}

/// A version number of the store's data; see [`Store::data_version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataVersion(pub i64);

/// The result of a committed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommittedTx<T> {
    /// The result.
    pub value: T,
    /// The number of the change's last row in the audit log. A reader of that row also reads the change.
    pub audit_seq: i64,
}

/// The facts of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The prefix of secrets.
    pub prefix: Prefix,
    /// The time of the setup.
    pub created_at: Timestamp,
}

/// The state of a secret within its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// The secret in use.
    Current,
    /// The previous secret, accepted until this time.
    Previous(Timestamp),
    /// No longer accepted.
    Dead,
}

/// The stored data of a secret.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// SHA-256 of the whole secret.
    pub digest: SecretDigest,
    /// The token of the secret.
    pub token: TokenId,
    /// The secret's state within its token.
    pub state: SecretState,
    /// The role under which the secret was issued.
    pub issued_role: Role,
}

/// The tokens that a reader sees: their own, and those of accounts with these roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// The reader's account.
    pub own: AccountId,
    /// The roles whose accounts' tokens the reader also sees.
    pub roles: Vec<Role>,
}

/// One consistent state of the store.
pub trait Snapshot: AuditLog + AccountReader + Ledger {
    /// Returns the installation. `None` before `init`.
    fn installation(&self) -> Result<Option<Installation>>;
    /// Returns the rules in force.
    fn policy(&self) -> Result<Policy>;
    /// Returns an account by id. `None` if it was deleted.
    fn account(&self, id: AccountId) -> Result<Option<Account>>;
    /// Returns an account by name. `None` if it was deleted.
    fn account_by_name(&self, username: &Username) -> Result<Option<Account>>;
    /// Returns every account that is not deleted and can be decoded, by name.
    fn accounts(&self) -> Result<Vec<Account>>;
    /// Returns the accounts that [`Snapshot::accounts`] leaves out because their stored data is damaged.
    fn unreadable_accounts(&self) -> Result<Vec<AccountId>>;
    /// Returns the hash of an account's password.
    fn password_hash(&self, id: AccountId) -> Result<Option<PasswordHash>>;
    /// Returns a token by id, in the trash or not.
    fn token(&self, id: TokenId) -> Result<Option<Token>>;
    /// Returns the tokens of this name that the reader sees, of one account or of all. `trashed` selects those in the
    /// trash instead of the others. Returns 100 at most.
    fn tokens_by_name(
        &self,
        visibility: &Visibility,
        account: Option<AccountId>,
        name: &TokenName,
        trashed: bool,
    ) -> Result<Vec<Token>>;
    /// Returns the names of tokens that begin alike.
    fn names(&self, query: &NamesQuery<'_>) -> Result<Vec<NamedToken>>;
    /// Returns a secret by its public id, dead ones included.
    fn secret(&self, id: &PublicId) -> Result<Option<StoredSecret>>;
    /// Returns the tombstone of a secret whose token was purged.
    fn tombstone(&self, id: &PublicId) -> Result<Option<Tombstone>>;
    /// Returns the tokens outside the trash that `makers` created, directly or through tokens they created. Ordered by
    /// id, `limit` at most, without `makers` themselves.
    fn descendants(&self, makers: &[TokenId], now: Timestamp, limit: usize) -> Result<Vec<TokenId>>;
    /// Counts the tokens that a purge takes.
    fn purge_candidate_count(&self, query: &PurgeQuery) -> Result<u64>;
    /// Returns those of `tokens` that a purge takes.
    fn purge_candidates_of(&self, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<PurgeCandidate>>;
    /// Returns the tokens that a purge takes: by id, those after `after`, `limit` at most.
    fn purge_candidates(&self, query: &PurgeQuery, after: Option<TokenId>, limit: usize)
    -> Result<Vec<PurgeCandidate>>;
    /// Counts the tokens of an account that are active at `now`.
    fn active_tokens(&self, account: AccountId, now: Timestamp) -> Result<u32>;
    /// Returns the usage of a token.
    fn usage(&self, token: TokenId, now: Timestamp) -> Result<Usage>;
    /// Returns a method by id.
    fn method(&self, id: &MethodId) -> Result<Option<Method>>;
    /// Returns the place of a method in its catalogue.
    fn method_location(&self, id: &MethodId) -> Result<Option<MethodLocation>>;
    /// Returns every catalogue with its groups, methods and sets, in the order in which they were added.
    fn catalogues(&self) -> Result<Vec<Catalogue>>;
    /// Returns every API set, in the catalogue's order.
    fn api_sets(&self) -> Result<Vec<ApiSet>>;
    /// Returns an API set by name.
    fn api_set(&self, name: &str) -> Result<Option<ResolvedSet>>;
    /// Returns the grants of all tokens that were not purged: by id, those after `after`, `limit` at most.
    fn grants(&self, after: Option<TokenId>, limit: usize) -> Result<GrantPage>;
    /// Returns one section of the token list.
    fn window(&self, query: &WindowQuery) -> Result<Window>;
    /// Returns the counts at the top of the token screen.
    fn visible_counts(&self, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<VisibleCounts>;
}

/// A new account.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// The account's name.
    pub username: &'a Username,
    /// The account's role.
    pub role: Role,
    /// The hash of the password.
    pub password: &'a PasswordHash,
    /// `true` if somebody else has set the password.
    pub temporary_password: bool,
    /// The time of creation.
    pub now: Timestamp,
}

/// A new token, enabled.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// The owning account.
    pub account: AccountId,
    /// The token's name.
    pub name: &'a TokenName,
    /// The token's purpose.
    pub description: &'a Description,
    /// The methods that the token may call.
    pub selection: &'a Selection,
    /// The time at which the token stops working.
    pub expiry: Expiry,
    /// The time of creation.
    pub now: Timestamp,
}

/// An open write transaction.
pub trait Tx: Snapshot + AccountWriter {
    /// Sets the installation up.
    fn set_installation(&mut self, installation: &Installation) -> Result<()>;
    /// Puts every rule in force.
    fn set_policy(&mut self, policy: &Policy) -> Result<()>;
    /// Replaces a catalogue's methods and sets.
    fn set_catalogue(&mut self, catalogue: &Catalogue) -> Result<()>;
    /// Adds an account. It is a conflict if any account ever had the name.
    fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<AccountId>;
    /// Adds a token without a secret. It is a conflict if its account has a token of that name outside the trash.
    fn insert_token(&mut self, new: &NewToken<'_>) -> Result<TokenId>;
    /// Does the same as [`Tx::insert_token`] under an id that [`Store::dry_run`] reserved.
    fn insert_reserved_token(&mut self, id: TokenId, new: &NewToken<'_>) -> Result<()>;
    /// Writes name, description, enabled, selection, expiry and trash of `token` and raises its revision. It is a
    /// conflict if the stored revision is not `token.revision`, or the name is taken.
    fn update_token(&mut self, token: &Token) -> Result<()>;
    /// Records that `maker` created `token`.
    fn set_maker(&mut self, token: TokenId, maker: TokenId) -> Result<()>;
    /// Records that `maker` got the current secret of `token` by regenerating it.
    fn set_regenerated_by(&mut self, token: TokenId, maker: TokenId) -> Result<()>;
    /// Makes `secret` the token's current one, issued under `issued_role`. The secret before it stays valid until
    /// `keep_old_until`, if given. Every other secret is dead from now on.
    fn set_secret(
        &mut self,
        token: TokenId,
        secret: &Secret,
        issued_role: Role,
        now: Timestamp,
        keep_old_until: Option<Timestamp>,
    ) -> Result<()>;
    /// Ends the old secret of a rotation.
    fn retire_previous(&mut self, token: TokenId) -> Result<()>;
    /// Purges tokens. Their secrets' digests stay as tombstones, and the ledger is not changed.
    fn purge(&mut self, tokens: &[TokenId], now: Timestamp) -> Result<()>;
}
