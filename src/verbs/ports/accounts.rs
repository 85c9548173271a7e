//! What verbs ask of the store about accounts beside who they are.

use std::collections::BTreeMap;

use crate::domain::account::{Account, AccountId};
use crate::domain::password::PasswordHash;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::Result;

/// How many `api` tokens an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCounts {
    /// Enabled and not expired, outside the trash.
    pub active: u32,
    /// Outside the trash, the active ones among them.
    pub kept: u32,
    /// In the trash.
    pub trashed: u32,
}

/// What hangs on accounts.
pub trait AccountFacts {
    /// How many tokens one account has at `now`, or each has; an account without any is not among them.
    fn token_counts(&self, account: Option<AccountId>, now: Timestamp) -> Result<BTreeMap<AccountId, TokenCounts>>;
    /// Every token of an account outside the trash, by name.
    fn kept_tokens(&self, account: AccountId) -> Result<Vec<Token>>;
    /// When any token of an account was last accepted, those in the trash included.
    fn last_seen(&self, account: AccountId) -> Result<Option<Timestamp>>;
    /// How many accounts that are enabled are owners.
    fn enabled_owners(&self) -> Result<u32>;
}

/// Changes of accounts.
pub trait AccountChanges {
    /// Writes role and enabled of `account` and raises its credential version; a conflict when the stored version is
    /// not `account.credential_version`.
    fn update_account(&mut self, account: &Account) -> Result<()>;
    /// Gives an account another password and raises its credential version. `temporary` if somebody else knows it.
    fn set_password(&mut self, account: AccountId, password: &PasswordHash, temporary: bool) -> Result<()>;
    /// Takes an account away: disabled, without a password, its name kept from others for good. Its tokens stay as
    /// they are.
    fn delete_account(&mut self, account: AccountId, now: Timestamp) -> Result<()>;
}
