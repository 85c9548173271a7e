//! Who asks: what a face presents, and what it proved.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::account::{Account, AccountId, CredentialVersion};
use crate::domain::audit::{AuditActor, Face};
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::name::{TokenName, Username};
use crate::domain::password::Password;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::authorize::{self, Act};
use crate::verbs::decide::{self, LiveSecret};
use crate::verbs::ports::{Snapshot, Visibility};

/// What a face presents with a request.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing but having opened the store.
    Store,
    /// A session that a password or a token opened: looks, changes nothing.
    Session(Session),
    /// A password, given for this very request.
    Password(Username, Arc<Password>),
    /// A token, with just its own permissions.
    Token(Presented),
}

/// A token's secret, and what the token must be to be meant.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The secret.
    pub secret: Arc<Secret>,
    /// Whose it must be, where that was configured.
    pub account: Option<Username>,
    /// Its name, where that was configured.
    pub name: Option<TokenName>,
}

impl Presented {
    /// # Errors
    /// [`crate::error::Kind::Denied`] when `token` is another than was meant.
    pub(super) fn means(&self, token: &Token) -> Result<()> {
        let other = |what: String| {
            Err(Error::denied(format!("the token is {}", token.full_name()))
                .why(format!("the configuration says {what}"))
                .next("See: jeton config list"))
        };
        match (&self.account, &self.name) {
            (Some(account), _) if *account != token.owner.username => other(format!("the account {account}")),
            (_, Some(name)) if *name != token.name => other(format!("the token {name}")),
            _ => Ok(()),
        }
    }
}

impl Credential {
    /// Whether it is a token, or a session that one opened.
    pub(super) fn is_token(&self) -> bool {
        match self {
            Credential::Token(_) => true,
            Credential::Session(session) => session.is_by_token(),
            Credential::Store | Credential::Password(..) => false,
        }
    }

    /// `username`'s password, as typed.
    pub fn password(username: Username, password: Password) -> Self {
        Credential::Password(username, Arc::new(password))
    }
}

/// Proof that a password or a token was given for an account; it holds no longer than they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    account: AccountId,
    username: Username,
    proved: Proved,
}

/// What opened a session.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Proved {
    /// A password, good until the account's credentials change.
    Password {
        /// The version that was proved.
        version: CredentialVersion,
        /// Whether somebody else knows the password.
        temporary: bool,
    },
    /// A token, good while its secret is.
    Token {
        /// The public id of the secret that was presented.
        secret: PublicId,
        /// The token in words, for the audit log.
        named: String,
    },
}

impl Session {
    /// The session of an account whose password was right.
    pub(super) fn of_password(account: &Account) -> Self {
        let (version, temporary) = (account.credential_version, account.temporary_password);
        let proved = Proved::Password { version, temporary };
        Session { account: account.id, username: account.username.clone(), proved }
    }

    /// The session of `token`, whose `secret` was right.
    pub(super) fn of_token(token: &Token, secret: &Secret) -> Self {
        let named = format!("token {} {}", token.name, secret.hint());
        let proved = Proved::Token { secret: secret.public_id().clone(), named };
        Session { account: token.owner.id, username: token.owner.username.clone(), proved }
    }

    /// The session of whoever acts.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] when nobody proved anything.
    pub(super) fn of(by: &Actor) -> Result<Self> {
        match by {
            Actor::Token(bearer) => Ok(bearer.session.clone()),
            Actor::Anyone | Actor::Account(_) => by.account().map(Session::of_password),
        }
    }

    /// Whose it is.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// Whether a token opened it.
    pub fn is_by_token(&self) -> bool {
        matches!(self.proved, Proved::Token { .. })
    }

    /// Whether a temporary password opened it, which is replaced before anything else.
    pub fn is_temporary(&self) -> bool {
        matches!(self.proved, Proved::Password { temporary: true, .. })
    }

    /// Who it is, as the audit log keeps it.
    pub(super) fn audited(&self, face: Face) -> AuditActor {
        let proof = match &self.proved {
            Proved::Password { .. } => "password".to_owned(),
            Proved::Token { named, .. } => named.clone(),
        };
        AuditActor { account: self.account.to_string(), name: self.username.to_string(), proof, face }
    }

    /// Who that is now: role, enabled, password and token may have changed since.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] when what opened it holds no longer.
    pub(super) fn actor(&self, snapshot: &dyn Snapshot, now: Timestamp) -> Result<Actor> {
        let account = snapshot.account(self.account)?.filter(|a| a.enabled);
        match (&self.proved, account) {
            (Proved::Password { version, .. }, Some(account)) if account.credential_version == *version => {
                Ok(Actor::Account(account))
            }
            (Proved::Token { secret, .. }, Some(mut account)) => {
                let live = decide::still_living(snapshot, secret, now)?.ok_or_else(not_accepted)?;
                let LiveSecret { token, role, issued_role, end } = live;
                let held = decide::management(snapshot, role, &token.selection)?;
                let account_role = std::mem::replace(&mut account.role, role);
                let session = self.clone();
                Ok(Actor::Token(Box::new(Bearer { account, account_role, issued_role, token, end, session, held })))
            }
            (Proved::Token { .. }, None) => Err(not_accepted()),
            (Proved::Password { .. }, _) => {
                Err(Error::unauthenticated(format!("the account {} has changed meanwhile", self.username))
                    .next("Sign in again"))
            }
        }
    }
}

/// A token that is not accepted, whatever the reason: it is none of the caller's business.
pub(super) fn not_accepted() -> Error {
    Error::unauthenticated("the token is not accepted")
        .why("it is unknown, expired, disabled, deleted or replaced, or its account is disabled")
        .next("Whoever can open the store can ask: jeton token whose")
}

/// Who carries out a verb, re-read from the store in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever can open the store.
    Anyone,
    /// An enabled account that proved itself with its password.
    Account(Account),
    /// A live token, with just its own permissions.
    Token(Box<Bearer>),
}

/// A live token that acts for its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The account, with the role that the presented secret has: whatever is judged by a role is judged by that one.
    pub account: Account,
    /// The role of the account itself.
    pub account_role: Role,
    /// The role that the presented secret was issued under: what it comes back to when its account is promoted.
    pub issued_role: Role,
    /// The token.
    pub token: Token,
    /// When the secret that was presented ends: with the token, or sooner after a rotation.
    pub end: Expiry,
    session: Session,
    /// The management methods that it may call.
    held: BTreeSet<MethodId>,
}

impl Bearer {
    /// Whether it may call the management method `id`.
    pub fn holds(&self, id: &str) -> bool {
        self.held.iter().any(|held| held.as_str() == id)
    }
}

impl Actor {
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] when nobody proved anything.
    pub fn account(&self) -> Result<&Account> {
        match self {
            Actor::Anyone => Err(Error::unauthenticated("this needs an account's password")),
            Actor::Account(account) => Ok(account),
            Actor::Token(bearer) => Ok(&bearer.account),
        }
    }

    /// The token that acts, where it is one.
    pub fn bearer(&self) -> Option<&Bearer> {
        match self {
            Actor::Anyone | Actor::Account(_) => None,
            Actor::Token(bearer) => Some(bearer),
        }
    }

    /// Whose tokens are within the actor's reach for `act`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] when nobody proved anything.
    pub fn visibility(&self, act: Act) -> Result<Visibility> {
        let account = self.account()?;
        let reached = |r: &Role| account.role.manages(*r) && authorize::reaches_others(self, act);
        let roles = Role::ALL.into_iter().filter(reached).collect();
        Ok(Visibility { own: account.id, roles })
    }
}
