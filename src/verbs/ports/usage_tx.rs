//! Usage data and sign-in attempts. Nothing here can change a grant.

use std::time::Duration;

use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::audit::Face;
use crate::domain::password::PasswordHash;
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::{KnownNetwork, SentNotice};

/// Key under which sign-in attempts are counted together. It is a digest of name and source, so that a password typed
/// as a name is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginAttemptKey(pub [u8; 32]);

/// Accepted uses of a token that differ only in their time.
#[derive(Debug, Clone)]
pub struct Use<'a> {
    /// The token that was used.
    pub token: TokenId,
    /// The secret that was presented.
    pub secret: &'a PublicId,
    /// The time of the use. For several uses, the time of the last; all are on the same day (UTC).
    pub at: Timestamp,
    /// Number of requests.
    pub count: u64,
    /// The requested method. Empty if none was given.
    pub method: &'a str,
    /// The client's address.
    pub address: &'a str,
    /// The client name that the caller gives.
    pub client: &'a str,
}

/// Denied attempts that differ only in their time.
#[derive(Debug, Clone)]
pub struct Denial<'a> {
    /// The token, if known.
    pub token: Option<TokenId>,
    /// The secret with the presented public id, if the token is known. It distinguishes an old secret from the current
    /// one.
    pub secret: Option<&'a PublicId>,
    /// The true reason, a word.
    pub reason: &'a str,
    /// The time of the last attempt.
    pub at: Timestamp,
    /// Number of requests.
    pub count: u64,
    /// The requested method. Empty if none was given.
    pub method: &'a str,
    /// The client's address.
    pub address: &'a str,
    /// The client name that the caller gives.
    pub client: &'a str,
}

/// Failed attempts to sign in.
#[derive(Debug, Clone, Copy)]
pub struct FailedSignIn<'a> {
    /// The account of that name, if there is one.
    pub account: Option<AccountId>,
    /// The source of the attempt, e.g. `uid 1000`.
    pub source: &'a str,
    /// The surface through which they came.
    pub face: Face,
    /// The time of the last attempt.
    pub at: Timestamp,
}

/// Selection of failed sign-ins to write to the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlushScope {
    /// Those of names and sources whose first attempt is 10 minutes old.
    WindowElapsed,
    /// All except names and sources for which a row was written within the last minute.
    All,
}

/// Writes of usage data. They can't change a grant, so they need no audit entry.
pub trait UsageTx {
    /// Counts an attempt as failed before it is made. Returns a wait instead if the last attempt is too recent: 1, 2, 4
    /// … 60 s.
    fn reserve_login_attempt(&mut self, key: &LoginAttemptKey, now: Timestamp) -> Result<Option<Duration>>;
    /// Counts a failed sign-in for the audit log. The number of stored rows is limited, whatever the names are.
    fn record_failed_sign_in(&mut self, failed: &FailedSignIn<'_>) -> Result<()>;
    /// Clears the attempts after one that succeeded.
    fn clear_login_attempts(&mut self, key: &LoginAttemptKey) -> Result<()>;
    /// Stores the same password under a stronger hash, unless the account's credentials have changed since.
    fn rehash(&mut self, account: AccountId, version: CredentialVersion, hash: &PasswordHash) -> Result<()>;
    /// Counts accepted uses. A token's uses of a day are kept separately for a limited number of callers; the others
    /// are summed up.
    fn record_use(&mut self, used: &Use<'_>) -> Result<()>;
    /// Counts denied attempts. Those without a token are kept by reason, address and minute. In both cases a minute
    /// keeps a limited number of callers separately and sums up the others.
    fn record_denial(&mut self, denied: &Denial<'_>) -> Result<()>;
    /// Counts all uses and denials together. Suited to thousands at once.
    fn record_all(&mut self, uses: &[Use<'_>], denials: &[Denial<'_>]) -> Result<()>;
    /// Records a notice as sent. It replaces the last notice of the kind about the token. Nothing about a purged token, except
    /// that its secrets are still tried.
    fn record_sent_notice(&mut self, sent: &SentNotice) -> Result<()>;
    /// Records a network of a token, unless the token was purged or has
    /// [`super::MAX_KNOWN_NETWORKS`] already. The earlier first day counts.
    fn add_known_network(&mut self, network: &KnownNetwork) -> Result<()>;
    /// Records that the networks of the ledger are known up to this day.
    fn set_networks_known_to(&mut self, day: i64) -> Result<()>;
    /// Forgets notices about dead secrets that were last tried before `before`, `limit` at most. The next attempt is a new
    /// episode.
    fn forget_old_episodes(&mut self, before: Timestamp, limit: u32) -> Result<()>;
    /// Deletes data older than `before`, `limit` rows at most of each kind, and returns the number deleted. The time a
    /// token was last seen stays.
    fn prune_ledger(&mut self, before: Timestamp, limit: u32) -> Result<u64>;
}
