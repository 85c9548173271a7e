use std::sync::Arc;

use super::session::Session;
use crate::domain::name::{TokenName, Username};
use crate::domain::password::Password;
use crate::domain::secret::Secret;
use crate::domain::token::Token;
use crate::error::{Error, Result};

/// A proof of the caller's identity.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing but having opened the store.
    Store,
    /// A session opened by a password or a token. It can read but change nothing.
    Session(Session),
    /// A session whose password was given again for this request.
    Confirmed(Session),
    /// A password, given for this request.
    Password(Username, Arc<Password>),
    /// A token, with just its own permissions.
    Token(TokenCredential),
}

/// A token's secret, and the token that the configuration expects.
#[derive(Debug, Clone)]
pub struct TokenCredential {
    /// The secret of the token.
    pub secret: Arc<Secret>,
    /// The expected account, if configured.
    pub account: Option<Username>,
    /// The expected token name, if configured.
    pub name: Option<TokenName>,
    /// The settings that give the account and the name.
    pub keys: [String; 2],
}

impl TokenCredential {
    /// Creates the credential of a token that the configuration doesn't name.
    pub fn of_any(secret: Arc<Secret>) -> Self {
        TokenCredential { secret, account: None, name: None, keys: [String::new(), String::new()] }
    }

    /// # Errors
    /// [`crate::error::Kind::Denied`] if `token` is not the configured one.
    pub fn check_expected(&self, token: &Token) -> Result<()> {
        let [account_key, name_key] = &self.keys;
        let (key, what, expected) = match (&self.account, &self.name) {
            (Some(account), _) if *account != token.owner.username => (account_key, "of the account", account.as_str()),
            (_, Some(name)) if *name != token.name => (name_key, "named", name.as_str()),
            _ => return Ok(()),
        };
        Err(Error::denied(format!("the token {} was refused", token.full_name()))
            .why(format!("the setting {key} allows only a token {what} {expected}"))
            .next("Use another token, or change the setting. To see where it is set, run: jeton config list"))
    }
}

impl Credential {
    /// Returns `true` if the credential is a token, or a session opened by one.
    pub(super) fn is_token(&self) -> bool {
        match self {
            Credential::Token(_) => true,
            Credential::Session(session) => session.is_token(),
            Credential::Store | Credential::Confirmed(_) | Credential::Password(..) => false,
        }
    }

    /// Returns the credential of a typed password.
    pub fn from_password(username: Username, password: Password) -> Self {
        Credential::Password(username, Arc::new(password))
    }
}
