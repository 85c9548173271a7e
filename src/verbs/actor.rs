//! The actor of a request: the presented credential and the proved identity.

use serde::{Deserialize, Serialize};
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
use crate::verbs::authorize::{self, TokenAction};
use crate::verbs::ports::{Snapshot, Visibility};
use crate::verbs::verify::{self, LiveSecret};

/// The credential that comes with a request.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing but having opened the store.
    Store,
    /// A session opened by a password or a token. It can read but change nothing.
    Session(Session),
    /// A password, given for this request.
    Password(Username, Arc<Password>),
    /// A token, with just its own permissions.
    Token(TokenCredential),
}

/// A token's secret, and the token that the configuration expects.
#[derive(Debug, Clone)]
pub struct TokenCredential {
    /// The secret.
    pub secret: Arc<Secret>,
    /// The expected account, if configured.
    pub account: Option<Username>,
    /// The expected token name, if configured.
    pub name: Option<TokenName>,
}

impl TokenCredential {
    /// # Errors
    /// [`crate::error::Kind::Denied`] if `token` is not the configured one.
    pub(super) fn check_expected(&self, token: &Token) -> Result<()> {
        let other = |what: String| {
            Err(Error::denied(format!("the token is {}", token.full_name()))
                .why(format!("the configuration names {what}"))
                .next("Run: jeton config list"))
        };
        match (&self.account, &self.name) {
            (Some(account), _) if *account != token.owner.username => other(format!("the account {account}")),
            (_, Some(name)) if *name != token.name => other(format!("the token {name}")),
            _ => Ok(()),
        }
    }
}

impl Credential {
    /// Returns `true` if the credential is a token, or a session opened by one.
    pub(super) fn is_token(&self) -> bool {
        match self {
            Credential::Token(_) => true,
            Credential::Session(session) => session.is_token(),
            Credential::Store | Credential::Password(..) => false,
        }
    }

    /// Creates a credential from `username`'s password, as typed.
    pub fn from_password(username: Username, password: Password) -> Self {
        Credential::Password(username, Arc::new(password))
    }
}

/// Proof that a password or a token was given for an account. It holds no longer than the password or token does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    account: AccountId,
    username: Username,
    kind: SessionKind,
}

/// The proof that opened a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum SessionKind {
    /// A password, valid until the account's credentials change.
    Password {
        /// The version at the time of the sign-in.
        version: CredentialVersion,
        /// `true` if somebody else has set the password.
        temporary: bool,
    },
    /// A token, valid as long as its secret.
    Token {
        /// The public id of the presented secret.
        secret: PublicId,
        /// The token in words, for the audit log.
        description: String,
    },
}

impl Session {
    /// Creates the session of an account whose password was right.
    pub(super) fn for_account(account: &Account) -> Self {
        let (version, temporary) = (account.credential_version, account.temporary_password);
        let kind = SessionKind::Password { version, temporary };
        Session { account: account.id, username: account.username.clone(), kind }
    }

    /// Creates the session of `token`, whose `secret` was right.
    pub(super) fn for_token(token: &Token, secret: &Secret) -> Self {
        let description = format!("token {} {}", token.name, secret.hint());
        let kind = SessionKind::Token { secret: secret.public_id().clone(), description };
        Session { account: token.owner.id, username: token.owner.username.clone(), kind }
    }

    /// Returns the session of the actor.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] if there is no authenticated actor.
    pub(super) fn from_actor(actor: &Actor) -> Result<Self> {
        match actor {
            Actor::Token(bearer) => Ok(bearer.session.clone()),
            Actor::LocalUser | Actor::Account(_) => actor.account().map(Session::for_account),
        }
    }

    /// Returns the name of the session's account.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// Returns `true` if a token opened the session.
    pub fn is_token(&self) -> bool {
        matches!(self.kind, SessionKind::Token { .. })
    }

    /// Returns `true` if a temporary password opened the session. It must be replaced before anything else.
    pub fn is_temporary(&self) -> bool {
        matches!(self.kind, SessionKind::Password { temporary: true, .. })
    }

    /// Returns the actor in the form of the audit log.
    pub(super) fn audit_actor(&self, face: Face) -> AuditActor {
        let proof = match &self.kind {
            SessionKind::Password { .. } => "password".to_owned(),
            SessionKind::Token { description: named, .. } => named.clone(),
        };
        AuditActor { account: self.account.to_string(), name: self.username.to_string(), proof, face }
    }

    /// Re-reads the actor: role, enabled, password and token may have changed since.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] when the session's proof is no longer valid.
    pub(super) fn reload_actor(&self, snapshot: &dyn Snapshot, now: Timestamp) -> Result<Actor> {
        let account = snapshot.account(self.account)?.filter(|a| a.enabled);
        match (&self.kind, account) {
            (SessionKind::Password { version, .. }, Some(account)) if account.credential_version == *version => {
                Ok(Actor::Account(account))
            }
            (SessionKind::Token { secret, .. }, Some(mut account)) => {
                let live = verify::live_secret(snapshot, secret, now)?.ok_or_else(token_rejected)?;
                let LiveSecret { token, role, issued_role, expiry: end } = live;
                let management_methods = verify::management_methods(snapshot, role, &token.selection)?;
                let account_role = std::mem::replace(&mut account.role, role);
                let session = self.clone();
                Ok(Actor::Token(Box::new(Bearer {
                    account,
                    account_role,
                    issued_role,
                    token,
                    expiry: end,
                    session,
                    management_methods,
                })))
            }
            (SessionKind::Token { .. }, None) => Err(token_rejected()),
            (SessionKind::Password { .. }, _) => {
                Err(Error::unauthenticated(format!("the account {} was changed meanwhile", self.username))
                    .next("Sign in again"))
            }
        }
    }
}

/// Returns the error for a token that is not accepted. It hides the reason from the caller.
pub(super) fn token_rejected() -> Error {
    Error::unauthenticated("the token was refused")
        .why("it is unknown, expired, disabled, revoked or replaced, or its account is disabled")
        .next("On the server, run: jeton token whose")
}

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
    /// The token.
    pub token: Token,
    /// The end of the presented secret: that of the token, or sooner after a rotation.
    pub expiry: Expiry,
    session: Session,
    /// The management methods that the token may call.
    management_methods: BTreeSet<MethodId>,
}

impl Bearer {
    /// Returns `true` if the token may call the management method `id`.
    pub fn has_method(&self, id: &str) -> bool {
        self.management_methods.iter().any(|own| own.as_str() == id)
    }
}

impl Actor {
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] if there is no authenticated actor.
    pub fn account(&self) -> Result<&Account> {
        match self {
            Actor::LocalUser => Err(Error::unauthenticated("this needs an account's password")),
            Actor::Account(account) => Ok(account),
            Actor::Token(bearer) => Ok(&bearer.account),
        }
    }

    /// Returns the acting token. `None` if the actor is not a token.
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
