//! Sessions: proof of a sign-in, from which each verb re-reads the actor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, Bearer};
use crate::domain::account::{Account, AccountId, CredentialVersion};
use crate::domain::audit::{AuditActor, Face};
use crate::domain::name::Username;
use crate::domain::secret::{PublicId, Secret};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::ports::Snapshot;
use crate::verbs::verify::{self, LiveSecret};

/// Proof that a password or a token was given for an account. It holds no longer than the password or token does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    account: AccountId,
    username: Username,
    kind: SessionKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum SessionKind {
    /// A password, valid until the account's credentials change.
    Password {
        version: CredentialVersion,
        /// `true` if somebody else has set the password.
        temporary: bool,
    },
    /// A token, valid as long as its secret.
    Token {
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

    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`] if there is no authenticated actor.
    pub(super) fn from_actor(actor: &Actor) -> Result<Self> {
        match actor {
            Actor::Token(bearer) => Ok(bearer.session.clone()),
            Actor::LocalUser | Actor::Account(_) => actor.account().map(Session::for_account),
        }
    }

    /// Returns the name of the account.
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

    /// Returns the caller in bytes that stay the same as long as its password or token is valid.
    pub(super) fn caller(&self) -> Vec<u8> {
        match &self.kind {
            SessionKind::Password { .. } => self.account.to_string().into_bytes(),
            SessionKind::Token { secret, .. } => secret.as_str().as_bytes().to_vec(),
        }
    }

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
            (SessionKind::Password { .. }, _) => Err(Error::unauthenticated(format!(
                "the session of {} has ended",
                self.username
            ))
            .why("since the sign-in, the account's password, role or state was changed, or the account was deleted")
            .next("Sign in again. If that fails, ask an owner or admin")),
        }
    }
}

/// Returns the error for a token that is not accepted. It hides the reason from the caller.
pub fn token_rejected() -> Error {
    Error::unauthenticated("the token was refused")
        .why("the token is unknown or not active, its secret was replaced, or its account is disabled")
        .next("To find the cause, run: jeton token whose --user ACCOUNT")
}
