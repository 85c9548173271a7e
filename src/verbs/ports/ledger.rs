//! What is kept about use and about tries to sign in: nothing here can change a grant.

use std::time::Duration;

use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::audit::Face;
use crate::domain::password::PasswordHash;
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;

/// Whose tries to sign in are counted together: a digest of name and source, so that a password typed as a name is
/// not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryKey(pub [u8; 32]);

/// Accepted uses of a token that differ in nothing but their time.
#[derive(Debug, Clone)]
pub struct Use<'a> {
    /// The token.
    pub token: TokenId,
    /// Which of its secrets.
    pub secret: &'a PublicId,
    /// When; of several, when the last was, all on the same day (UTC).
    pub at: Timestamp,
    /// How many.
    pub count: u64,
    /// The method asked for; empty for none.
    pub method: &'a str,
    /// The caller's address.
    pub address: &'a str,
    /// What the caller says it is.
    pub client: &'a str,
}

/// Denied attempts that differ in nothing but their time.
#[derive(Debug, Clone)]
pub struct Denial<'a> {
    /// The token, where one is known.
    pub token: Option<TokenId>,
    /// Whose head it has, where the token is known: an old secret is told from the current one.
    pub secret: Option<&'a PublicId>,
    /// The true reason, a word.
    pub reason: &'a str,
    /// When; of several, when the last was, all in the same minute.
    pub at: Timestamp,
    /// How many.
    pub count: u64,
    /// The method asked for; empty for none.
    pub method: &'a str,
    /// The caller's address.
    pub address: &'a str,
    /// What the caller says it is.
    pub client: &'a str,
}

/// A sign-in that failed.
#[derive(Debug, Clone, Copy)]
pub struct FailedSignIn<'a> {
    /// The account, if the name is one's.
    pub account: Option<AccountId>,
    /// Where it came from, e.g. `uid 1000`.
    pub source: &'a str,
    /// From which face.
    pub face: Face,
    /// When.
    pub at: Timestamp,
}

/// Which failed sign-ins are written to the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Those of names and sources whose first try is 10 minutes old.
    Window,
    /// Those that somebody looks for: all but those of names and sources of which a row was written within a minute.
    Look,
}

/// What is kept about use: it can't change a grant, so it needs no audit entry.
pub trait Bookkeeping {
    /// Counts a try as failed before it is made. A wait instead when the last one is too recent: 1, 2, 4 … 60 s.
    fn reserve_try(&mut self, key: &TryKey, now: Timestamp) -> Result<Option<Duration>>;
    /// Counts a failed sign-in for the audit log. What is counted stays within a number of rows, whatever the names are.
    fn record_failed_sign_in(&mut self, failed: &FailedSignIn<'_>) -> Result<()>;
    /// Forgets the tries: the last one succeeded.
    fn clear_tries(&mut self, key: &TryKey) -> Result<()>;
    /// Keeps the same password under a stronger hash, unless the account's credentials have changed since.
    fn rehash(&mut self, account: AccountId, version: CredentialVersion, hash: &PasswordHash) -> Result<()>;
    /// Counts accepted uses. A token's uses of a day are kept apart by caller up to a number, then summed up.
    fn record_use(&mut self, used: &Use<'_>) -> Result<()>;
    /// Counts denied attempts. Those without a token are kept by reason, address and minute; of those with one, as of
    /// those without, a minute keeps a number of callers apart and sums up the others.
    fn record_denial(&mut self, denied: &Denial<'_>) -> Result<()>;
    /// Counts all of it, fit for thousands at once.
    fn record_all(&mut self, uses: &[Use<'_>], denials: &[Denial<'_>]) -> Result<()>;
    /// Forgets what is older than `before`, so many rows at most of each kind; how many went. When a token was last
    /// seen stays.
    fn prune_ledger(&mut self, before: Timestamp, limit: u32) -> Result<u64>;
}
