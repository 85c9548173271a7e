//! What verbs ask of the world. Everything here speaks domain types: a second storage engine, or a test, implements
//! the same traits.

mod accounts;
mod ledger;
mod tokens;
mod usage;
mod world;

pub use accounts::{AccountChanges, AccountFacts, TokenCounts};
pub use ledger::{Bookkeeping, Denial, Due, FailedSignIn, TryKey, Use};
pub use tokens::{Anchor, Doomed, Grant, GrantPage, PurgeQuery, Tally, Window, WindowQuery};
pub use usage::{DeniedEvidence, DeniedSince, LastDenied, Origin, PreviousUses, Usage};
pub use world::{Clock, Delivery, Entropy, PasswordHasher, SavedSecret, Verdict};

use crate::domain::account::{Account, AccountId};
use crate::domain::audit::AuditActor;
use crate::domain::catalogue::set::{MethodPlace, PlacedSet};
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

/// Where everything is kept.
pub trait Store: Send + Sync {
    /// Runs `f` on one consistent state.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be read.
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T>;

    /// Whether nothing can be written, bookkeeping included.
    fn is_read_only(&self) -> bool {
        false
    }

    /// A number that stays the same for as long as nobody else commits anything, ledger included: what was read before
    /// holds then. It means something only beside an earlier one of this very store.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    fn edition(&self) -> Result<Edition>;

    /// Runs `f` in one immediate transaction and commits its change together with its audit entries, or neither. `now`
    /// is asked once the transaction has begun, so that the log's instants follow its order.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written; then nothing has changed.
    fn write<T>(
        &self,
        by: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        f: impl FnOnce(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<Committed<T>>;

    /// Runs `f` like [`Store::write`], then undoes all that it did: nothing but the result is left. The ids that it gave
    /// to new tokens are given to no other token, so that [`Tx::insert_reserved_token`] can use them later.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written.
    fn rehearse<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        f: impl FnOnce(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<T>;

    /// Writes back what can be of the write-ahead log and returns how many bytes that still has.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn checkpoint(&self) -> Result<u64>;

    /// Brings what was counted by [`Bookkeeping::record_all`] to where it is read from: whoever reads the ledger asks for
    /// that first.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn settle(&self) -> Result<()>;

    /// Writes failed sign-ins that were counted by [`Bookkeeping::record_failed_sign_in`] to the audit log, as far as they
    /// are due: a row for all tries of a name and source.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn write_failed_sign_ins(&self, now: Timestamp, due: Due) -> Result<()>;

    /// Runs `f` in one immediate transaction that can touch only what is kept about use, never a grant.
    ///
    /// # Errors
    /// Those of `f`, and [`crate::error::Kind::Failure`] when the store can't be written.
    fn bookkeep<T>(&self, f: impl FnOnce(&mut dyn Bookkeeping) -> Result<T>) -> Result<T>;
}

/// See [`Store::edition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition(pub i64);

/// A change that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed<T> {
    /// What it brought about.
    pub out: T,
    /// The number of its last row in the audit log: whoever reads that row reads the change.
    pub seq: i64,
}

/// What an installation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// What its secrets start with.
    pub prefix: Prefix,
    /// When it was set up.
    pub created_at: Timestamp,
}

/// What a secret is to its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// The one in use.
    Current,
    /// The one before, alive until this instant.
    Previous(Timestamp),
    /// Accepted no more.
    Dead,
}

/// What is kept of a secret.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// SHA-256 of the whole.
    pub digest: SecretDigest,
    /// Whose it is.
    pub token: TokenId,
    /// What it is to its token.
    pub state: SecretState,
    /// The role that it was issued under.
    pub issued_role: Role,
}

/// Whose tokens a reader sees: their own, and those of accounts with these roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// The reader's account.
    pub own: AccountId,
    /// The roles whose accounts' tokens they see beside their own.
    pub roles: Vec<Role>,
}

/// A consistent state to look at.
pub trait Snapshot: AuditLog + AccountFacts + Ledger {
    /// None before `init`.
    fn installation(&self) -> Result<Option<Installation>>;
    /// The rules in force.
    fn policy(&self) -> Result<Policy>;
    /// An account by id, unless it was deleted.
    fn account(&self, id: AccountId) -> Result<Option<Account>>;
    /// An account by name, unless it was deleted.
    fn account_named(&self, username: &Username) -> Result<Option<Account>>;
    /// Every account that was not deleted and reads back, by name.
    fn accounts(&self) -> Result<Vec<Account>>;
    /// Those that [`Snapshot::accounts`] leaves out: what is stored of them is damaged.
    fn unreadable_accounts(&self) -> Result<Vec<AccountId>>;
    /// The hash of an account's password.
    fn password_hash(&self, id: AccountId) -> Result<Option<PasswordHash>>;
    /// A token by id, in the trash or not.
    fn token(&self, id: TokenId) -> Result<Option<Token>>;
    /// Tokens of this name that the reader sees, of one account or of all: those in the trash, or the others. 100 at
    /// most.
    fn tokens_named(
        &self,
        visibility: &Visibility,
        account: Option<AccountId>,
        name: &TokenName,
        trashed: bool,
    ) -> Result<Vec<Token>>;
    /// A secret by its public id, dead ones included.
    fn secret(&self, id: &PublicId) -> Result<Option<StoredSecret>>;
    /// What is left of a secret whose token was purged.
    fn tombstone(&self, id: &PublicId) -> Result<Option<Tombstone>>;
    /// The tokens outside the trash that `makers` made, and those that these made, and so on: by id, `limit` at most,
    /// without `makers` themselves.
    fn descendants(&self, makers: &[TokenId], now: Timestamp, limit: usize) -> Result<Vec<TokenId>>;
    /// How many tokens a purge takes.
    fn doomed_count(&self, query: &PurgeQuery) -> Result<u64>;
    /// Those of `tokens` that a purge takes.
    fn doomed_among(&self, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<Doomed>>;
    /// The tokens a purge takes: by id, those after `after`, `limit` at most.
    fn doomed(&self, query: &PurgeQuery, after: Option<TokenId>, limit: usize) -> Result<Vec<Doomed>>;
    /// How many `api` tokens of an account are active at `now`.
    fn active_tokens(&self, account: AccountId, now: Timestamp) -> Result<u32>;
    /// How a token was used.
    fn usage(&self, token: TokenId, now: Timestamp) -> Result<Usage>;
    /// A method by id.
    fn method(&self, id: &MethodId) -> Result<Option<Method>>;
    /// Where a method stands.
    fn method_place(&self, id: &MethodId) -> Result<Option<MethodPlace>>;
    /// Every catalogue with its groups, methods and sets, in the order in which they came.
    fn catalogues(&self) -> Result<Vec<Catalogue>>;
    /// Every API set, in the catalogue's order.
    fn api_sets(&self) -> Result<Vec<ApiSet>>;
    /// An API set by name.
    fn api_set(&self, name: &str) -> Result<Option<PlacedSet>>;
    /// What tokens may call, of every one that was not purged: by id, those after `after`, `limit` at most.
    fn grants(&self, after: Option<TokenId>, limit: usize) -> Result<GrantPage>;
    /// One stretch of the token list.
    fn window(&self, query: &WindowQuery) -> Result<Window>;
    /// What the head of the token screen counts.
    fn tally(&self, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<Tally>;
}

/// A new account.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// Its name.
    pub username: &'a Username,
    /// Its role.
    pub role: Role,
    /// The hash of its password.
    pub password: &'a PasswordHash,
    /// Whether somebody else knows the password.
    pub temporary_password: bool,
    /// When it is made.
    pub now: Timestamp,
}

/// A new token, enabled.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: &'a TokenName,
    /// What it is for.
    pub description: &'a Description,
    /// Which methods it may call.
    pub selection: &'a Selection,
    /// When it stops working.
    pub expiry: Expiry,
    /// When it is made.
    pub now: Timestamp,
}

/// The one open change.
pub trait Tx: Snapshot + AccountChanges {
    /// Sets the installation up.
    fn set_installation(&mut self, installation: &Installation) -> Result<()>;
    /// Puts every rule in force.
    fn set_policy(&mut self, policy: &Policy) -> Result<()>;
    /// Puts a catalogue's methods and sets in place of what it said before.
    fn set_catalogue(&mut self, catalogue: &Catalogue) -> Result<()>;
    /// Adds an account; a conflict when the name was ever taken.
    fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<AccountId>;
    /// Adds a token without a secret; a conflict when its account has an untrashed one of that name.
    fn insert_token(&mut self, new: &NewToken<'_>) -> Result<TokenId>;
    /// [`Tx::insert_token`] under an id that [`Store::rehearse`] reserved.
    fn insert_reserved_token(&mut self, id: TokenId, new: &NewToken<'_>) -> Result<()>;
    /// Writes name, description, enabled, selection, expiry and trash of `token` and raises its revision; a conflict
    /// when the stored revision is not `token.revision`, or the name is taken.
    fn update_token(&mut self, token: &Token) -> Result<()>;
    /// Keeps that `maker` made `token`.
    fn set_maker(&mut self, token: TokenId, maker: TokenId) -> Result<()>;
    /// Keeps that `maker` got the current secret of `token` by regenerating it.
    fn set_regenerated_by(&mut self, token: TokenId, maker: TokenId) -> Result<()>;
    /// Makes `secret` the token's current one, issued under `issued_role`. The one before lives on until
    /// `keep_old_until`, where that is said; every other one is dead from now on.
    fn set_secret(
        &mut self,
        token: TokenId,
        secret: &Secret,
        issued_role: Role,
        now: Timestamp,
        keep_old_until: Option<Timestamp>,
    ) -> Result<()>;
    /// Ends the life of the secret that a rotation left alive.
    fn retire_previous(&mut self, token: TokenId) -> Result<()>;
    /// Takes tokens away for good. Their secrets' digests stay as tombstones, and the ledger as it is.
    fn purge(&mut self, tokens: &[TokenId], now: Timestamp) -> Result<()>;
}
