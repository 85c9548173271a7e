use std::collections::BTreeSet;

use super::session::Session;
use crate::domain::account::Account;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::authorize::{self, TokenAction};
use crate::verbs::ports::Visibility;

/// The actor of a verb, re-read from the store in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Anybody who can open the store.
    LocalUser,
    /// An enabled account, authenticated by its password.
    Account(Account),
    /// A live token, with just its own permissions.
    Token(Box<Bearer>),
}

/// A live token that acts for its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The account, with the role of the presented secret. All checks by role use that role.
    pub account: Account,
    /// The role of the account itself.
    pub account_role: Role,
    /// The role under which the presented secret was issued. The secret gets it back when its account is promoted.
    pub issued_role: Role,
    /// The token that was presented.
    pub token: Token,
    /// The end of the presented secret: that of the token, or sooner after a rotation.
    pub expiry: Expiry,
    pub(super) session: Session,
    pub(super) management_methods: BTreeSet<MethodId>,
}

impl Bearer {
    /// Returns the methods of jeton itself that the token may call.
    pub fn management_methods(&self) -> &BTreeSet<MethodId> {
        &self.management_methods
    }

    /// Returns `true` if the token may call the method.
    pub fn has_method(&self, id: &str) -> bool {
        self.management_methods.iter().any(|own| own.as_str() == id)
    }
}

impl Actor {
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] if there is no authenticated actor.
    pub fn account(&self) -> Result<&Account> {
        match self {
            Actor::LocalUser => Err(Error::unauthenticated("this action needs an account, and nobody is signed in")
                .next("Run jeton with --user ACCOUNT and enter the password")),
            Actor::Account(account) => Ok(account),
            Actor::Token(bearer) => Ok(&bearer.account),
        }
    }

    /// Returns the token that acts. `None` if a person acts.
    pub fn bearer(&self) -> Option<&Bearer> {
        match self {
            Actor::LocalUser | Actor::Account(_) => None,
            Actor::Token(bearer) => Some(bearer),
        }
    }

    /// Returns the tokens that the actor can reach for `action`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] if there is no authenticated actor.
    pub fn visibility(&self, action: TokenAction) -> Result<Visibility> {
        let account = self.account()?;
        let reached = |r: &Role| account.role.manages(*r) && authorize::scope_covers_others(self, action);
        let roles = Role::ALL.into_iter().filter(reached).collect();
        Ok(Visibility { own: account.id, roles })
    }
}
