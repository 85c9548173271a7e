//! What is kept about use and about tries to sign in: nothing here can change a grant.

use std::time::Duration;

use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::password::PasswordHash;
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;

/// Whose tries to sign in are counted together: a digest of name and source, so that a password typed as a name is
/// not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryKey(pub [u8; 32]);

/// An accepted use of a token.
#[derive(Debug, Clone)]
pub struct Use<'a> {
    /// The token.
    pub token: TokenId,
    /// Which of its secrets.
    pub secret: &'a PublicId,
    /// When.
    pub at: Timestamp,
    /// The method asked for; empty for none.
    pub method: &'a str,
    /// The caller's address.
    pub address: &'a str,
    /// What the caller says it is.
    pub client: &'a str,
}

/// A denied attempt.
#[derive(Debug, Clone)]
pub struct Denial<'a> {
    /// The token, where one is known.
    pub token: Option<TokenId>,
    /// The true reason, a word.
    pub reason: &'static str,
    /// When.
    pub at: Timestamp,
    /// The method asked for; empty for none.
    pub method: &'a str,
    /// The caller's address.
    pub address: &'a str,
    /// What the caller says it is.
    pub client: &'a str,
}

/// What is kept about use: it can't change a grant, so it needs no audit entry.
pub trait Bookkeeping {
    /// Counts a try as failed before it is made. A wait instead when the last one is too recent: 1, 2, 4 … 60 s.
    fn reserve_try(&mut self, key: &TryKey, now: Timestamp) -> Result<Option<Duration>>;
    /// Forgets the tries: the last one succeeded.
    fn clear_tries(&mut self, key: &TryKey) -> Result<()>;
    /// Keeps the same password under a stronger hash, unless the account's credentials have changed since.
    fn rehash(&mut self, account: AccountId, version: CredentialVersion, hash: &PasswordHash) -> Result<()>;
    /// Counts an accepted use.
    fn record_use(&mut self, used: &Use<'_>) -> Result<()>;
    /// Counts a denied attempt.
    fn record_denial(&mut self, denied: &Denial<'_>) -> Result<()>;
}
