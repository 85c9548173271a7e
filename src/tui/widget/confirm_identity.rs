//! The proof of identity for a change. Every dialog that makes a change gets its credential here.

use std::sync::{Arc, Weak};

use super::form::{PressResult, Problem};
use super::form_layout::FormLayout;
use super::password_attempts::{Attempts, describe_refusal};
use super::text_input::TextInput;
use crate::domain::name::Username;
use crate::domain::password::{MAX_PASSWORD_LEN, Password};
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::component::{DialogResult, Intent, UpdateContext};
use crate::tui::text_fit::cut;
use crate::verbs::credential::Credential;

/// The proof of identity for a change.
pub struct AuthField {
    username: Username,
    source: AuthSource,
}

enum AuthSource {
    /// The password of the user making the change, typed for this change.
    Password(Box<PasswordInput>),
    /// The remembered password, for as long as it is remembered. There is no field.
    Remembered(Weak<Password>),
    /// A credential that is held until the end. There is no field.
    Credential(Credential),
}

impl AuthSource {
    fn typed() -> Self {
        let password = TextInput::masked(MAX_PASSWORD_LEN);
        AuthSource::Password(Box::new(PasswordInput { password, attempts: Attempts::default() }))
    }
}

struct PasswordInput {
    password: TextInput,
    attempts: Attempts,
}

impl AuthField {
    /// Creates the proof of the signed-in user: a credential that is already held, or else a password to type. `None`
    /// before sign-in.
    pub fn new(ctx: &UpdateContext<'_>) -> Option<Self> {
        let username = ctx.session?.username().clone();
        let source = match ctx.auth.credential(&username, ctx.now) {
            Some(Credential::Password(_, password)) => AuthSource::Remembered(Arc::downgrade(&password)),
            Some(held) => AuthSource::Credential(held),
            None => AuthSource::typed(),
        };
        Some(AuthField { username, source })
    }

    /// Creates the proof for a request that proves itself. There is no field.
    pub fn unneeded(ctx: &UpdateContext<'_>) -> Option<Self> {
        let username = ctx.session?.username().clone();
        Some(AuthField { username, source: AuthSource::Credential(Credential::Store) })
    }

    /// Returns the username of the proof's owner.
    pub fn username(&self) -> &Username {
        &self.username
    }

    pub fn is_typed(&self) -> bool {
        matches!(self.source, AuthSource::Password(_))
    }

    pub fn text_input(&mut self) -> Option<&mut TextInput> {
        match &mut self.source {
            AuthSource::Password(typed) => Some(&mut typed.password),
            AuthSource::Remembered(_) | AuthSource::Credential(_) => None,
        }
    }

    /// Returns the credential and empties the field.
    ///
    /// # Errors
    /// A message about the missing password if nothing was typed, or if the password is no longer remembered.
    pub fn take_credential(&mut self) -> Result<Credential, &'static str> {
        match &mut self.source {
            AuthSource::Password(typed) if typed.password.is_empty() => Err("Enter your password"),
            AuthSource::Password(typed) => {
                Ok(Credential::from_password(self.username.clone(), Password::from_raw(typed.password.take_text())))
            }
            AuthSource::Remembered(password) => match password.upgrade() {
                Some(password) => Ok(Credential::Password(self.username.clone(), password)),
                None => {
                    self.source = AuthSource::typed();
                    Err("Enter your password: it is no longer remembered")
                }
            },
            AuthSource::Credential(credential) => Ok(credential.clone()),
        }
    }

    /// Handles a refusal. The dialog closes after the last allowed attempt, or if another attempt can't succeed.
    ///
    /// # Errors
    /// The problem to show, at `field` if the proof itself was refused.
    pub fn on_error<S>(&mut self, error: &Error, field: S) -> PressResult<S> {
        let wrong = error.kind == ErrorKind::Unauthenticated;
        match &mut self.source {
            AuthSource::Remembered(_) | AuthSource::Credential(_) if wrong => {
                Ok(Intent::Close(Some(DialogResult::Error(error.clone()))))
            }
            AuthSource::Remembered(_) | AuthSource::Credential(_) => Err(Problem::general(error)),
            AuthSource::Password(typed) => match typed.attempts.record_failure(error) {
                Some(last) => Ok(Intent::Close(Some(DialogResult::Error(last)))),
                None if wrong => Err(Problem::at(field, describe_refusal(error))),
                None => Err(Problem::general(error)),
            },
        }
    }

    /// Writes the line of the form; an empty one without a field.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, field: S) {
        let label = format!("{}  ", cut(&format!("Password of {}", self.username), layout.columns / 2));
        match &self.source {
            AuthSource::Password(typed) => layout.text_input(field, &label, &typed.password),
            AuthSource::Remembered(_) | AuthSource::Credential(_) => layout.blank(),
        }
    }
}
