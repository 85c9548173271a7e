//! Queries and changes of accounts in the store.

use std::collections::BTreeMap;

use crate::domain::account::{Account, AccountId};
use crate::domain::password::PasswordHash;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::Result;

/// Number of tokens of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCounts {
    /// Enabled and not expired, outside the trash.
    pub active: u32,
    /// Outside the trash, including the active ones.
    pub live: u32,
    /// In the trash.
    pub trashed: u32,
}

/// Facts that depend on accounts.
pub trait AccountReader {
    /// Counts the tokens of one account at `now`, or of each. Accounts without tokens are left out.
    fn token_counts(&self, account: Option<AccountId>, now: Timestamp) -> Result<BTreeMap<AccountId, TokenCounts>>;
    /// Returns every token of an account outside the trash, by name.
    fn live_tokens(&self, account: AccountId) -> Result<Vec<Token>>;
    /// Returns the last time any token of an account was accepted, tokens in the trash included.
    fn last_seen(&self, account: AccountId) -> Result<Option<Timestamp>>;
    /// Counts the enabled owners.
    fn enabled_owners(&self) -> Result<u32>;
}

/// Changes of accounts.
pub trait AccountWriter {
    /// Writes role and enabled of `account` and raises its credential version. It is a conflict if the stored version
    /// is not `account.credential_version`.
    fn update_account(&mut self, account: &Account) -> Result<()>;
    /// Sets an account's password and raises its credential version. `temporary` if somebody else has set the password.
    fn set_password(&mut self, account: AccountId, password: &PasswordHash, temporary: bool) -> Result<()>;
    /// Deletes an account. It becomes disabled and has no password; no other account can ever get its name. Its tokens
    /// are not changed.
    fn delete_account(&mut self, account: AccountId, now: Timestamp) -> Result<()>;
}
