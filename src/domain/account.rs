//! Accounts: somebody, or a service, that owns tokens.

use std::fmt;

use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;

/// An account's immutable id, shown as `a:7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a:{}", self.0)
    }
}

/// Counts the changes of an account's password, role and enabled state: what was proved before a change of any
/// of them proves nothing after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialVersion(pub i64);

/// Somebody, or a service, that owns tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Never changes, is never given to another.
    pub id: AccountId,
    /// Never given to another, even after deletion.
    pub username: Username,
    /// The ceiling on its tokens and what it may manage.
    pub role: Role,
    /// A disabled account signs in nowhere and its tokens permit nothing.
    pub enabled: bool,
    /// Somebody else set its password and knows it: its holder replaces it before anything else.
    pub temporary_password: bool,
    /// See [`CredentialVersion`].
    pub credential_version: CredentialVersion,
    /// When it was made.
    pub created_at: Timestamp,
}
