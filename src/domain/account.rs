//! Accounts: people or services that own tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;

/// An account's immutable id, shown as `a:7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

impl AccountId {
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("a:")?;
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| digits.parse().ok().map(AccountId))?
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a:{}", self.0)
    }
}

/// Counter of changes to an account's password, role and enabled state. Sessions opened before such a change are no
/// longer valid after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CredentialVersion(pub i64);

/// A person or a service that owns tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The account's id. It never changes and is never reused for another account.
    pub id: AccountId,
    /// The account's name. It is never given to another account, even after deletion.
    pub username: Username,
    /// The ceiling for the account's tokens, and for the accounts it may manage.
    pub role: Role,
    /// `true` if the account is enabled. A disabled account can't sign in anywhere, and its tokens permit nothing.
    pub enabled: bool,
    /// `true` if somebody else set the password. The account's holder must replace it before anything else.
    pub temporary_password: bool,
    /// See [`CredentialVersion`]. It stays at the server.
    #[serde(skip)]
    pub credential_version: CredentialVersion,
    pub created_at: Timestamp,
    /// The e-mail address of those who look after the account's tokens.
    #[serde(default)]
    pub contact: Option<Contact>,
}

impl Account {
    pub fn is_enabled_owner(&self) -> bool {
        self.enabled && self.role == Role::Owner
    }
}
