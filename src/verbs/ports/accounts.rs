use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::domain::account::{Account, AccountId};
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::password::PasswordHash;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::Result;

/// Number of tokens of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCounts {
    /// Enabled and not expired, outside the trash.
    pub active: u32,
    /// Outside the trash, including the active ones.
    #[serde(rename = "kept")]
    pub live: u32,
    /// In the trash.
    pub trashed: u32,
}

/// An account to insert.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// The name, never used before.
    pub username: &'a Username,
    /// The account's role.
    pub role: Role,
    /// The hash of the account's password.
    pub password: &'a PasswordHash,
    /// `true` if somebody else has set the password.
    pub temporary_password: bool,
    /// The e-mail address of those who look after its tokens.
    pub contact: Option<&'a Contact>,
    /// The time of creation.
    pub now: Timestamp,
}

/// Reads accounts.
pub trait AccountReader {
    /// Returns an account by id. `None` if it was deleted.
    fn account(&self, id: AccountId) -> Result<Option<Account>>;
    /// Returns an account by name. `None` if it was deleted.
    fn account_by_name(&self, username: &Username) -> Result<Option<Account>>;
    /// Returns every account that is not deleted and can be decoded, by name.
    fn accounts(&self) -> Result<Vec<Account>>;
    /// Returns the names of accounts that begin with `beginning`, in order, `limit` at most.
    fn usernames(&self, beginning: &str, limit: usize) -> Result<Vec<String>>;
    /// Returns the accounts that [`AccountReader::accounts`] leaves out because their stored data is damaged.
    fn unreadable_accounts(&self) -> Result<Vec<AccountId>>;
    /// Returns the hash of an account's password. `None` if the account has no password or does not exist.
    fn password_hash(&self, id: AccountId) -> Result<Option<PasswordHash>>;
    /// Counts the tokens of one account at `now`, or of each. Accounts without tokens are left out.
    fn token_counts(&self, account: Option<AccountId>, now: Timestamp) -> Result<BTreeMap<AccountId, TokenCounts>>;
    /// Returns every token of an account outside the trash, by name.
    fn live_tokens(&self, account: AccountId) -> Result<Vec<Token>>;
    /// Returns the last time any token of an account was accepted, tokens in the trash included.
    fn last_seen(&self, account: AccountId) -> Result<Option<Timestamp>>;
    /// Returns the number of enabled owners.
    fn enabled_owners(&self) -> Result<u32>;
}

/// Writes accounts.
pub trait AccountWriter {
    /// Adds an account. It is a conflict if any account ever had the name.
    fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<AccountId>;
    /// Writes role and enabled of `account` and raises its credential version. It is a conflict if the stored version
    /// is not `account.credential_version`.
    fn update_account(&mut self, account: &Account) -> Result<()>;
    /// Sets an account's password and raises its credential version. `temporary` if somebody else has set the password.
    fn set_password(&mut self, account: AccountId, password: &PasswordHash, temporary: bool) -> Result<()>;
    /// Sets or removes an account's contact.
    fn set_contact(&mut self, account: AccountId, contact: Option<&Contact>) -> Result<()>;
    /// Deletes an account. It becomes disabled and has no password and no contact; no other account can ever get its name. Its tokens
    /// are not changed.
    fn delete_account(&mut self, account: AccountId, now: Timestamp) -> Result<()>;
}
