//! Who asks: what a face presents, and what it proved.

use crate::domain::account::{Account, AccountId, CredentialVersion};
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::domain::role::Role;
use crate::error::{Error, Result};
use crate::verbs::ports::Visibility;

/// What a face presents with a request.
#[derive(Debug)]
pub enum Credential {
    /// Nothing but having opened the store.
    Store,
    /// A session that a password opened: looks, changes nothing.
    Session(Session),
    /// A password, given for this very request.
    Password(Username, Password),
}

/// Proof that a password was given for an account, valid until the account's credentials change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    account: AccountId,
    username: Username,
    version: CredentialVersion,
}

impl Session {
    pub(super) fn open(account: &Account) -> Self {
        Session { account: account.id, username: account.username.clone(), version: account.credential_version }
    }

    /// Whose it is.
    pub fn username(&self) -> &Username {
        &self.username
    }

    pub(super) fn account(&self) -> AccountId {
        self.account
    }

    /// Whether `account`, as it stands now, is still the one that was proved.
    pub(super) fn holds(&self, account: Option<&Account>) -> bool {
        account.is_some_and(|a| a.id == self.account && a.enabled && a.credential_version == self.version)
    }
}

/// Who carries out a verb, re-read from the store in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever can open the store.
    Anyone,
    /// An enabled account that proved itself.
    Account(Account),
}

impl Actor {
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] when nobody proved anything.
    pub fn account(&self) -> Result<&Account> {
        match self {
            Actor::Anyone => Err(Error::unauthenticated("this needs an account's password")),
            Actor::Account(account) => Ok(account),
        }
    }

    /// Whose tokens the actor sees.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] when nobody proved anything.
    pub fn visibility(&self) -> Result<Visibility> {
        let account = self.account()?;
        let roles = Role::ALL.into_iter().filter(|r| account.role.manages(*r)).collect();
        Ok(Visibility { own: account.id, roles })
    }
}
