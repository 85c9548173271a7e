//! Credentials that replace typing a password for each change, and the lock after inactivity.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::tui::TuiConfig;
use crate::tui::msg::RequestId;
use crate::verbs::credential::{Credential, TokenCredential};

/// The credentials held for changes, and the time of the last key.
pub struct AuthState {
    token: Option<TokenCredential>,
    login: Option<TokenCredential>,
    /// Time for which a password is remembered after a change; zero = not remembered.
    remember_for: Duration,
    remembered: Option<RememberedPassword>,
    /// The password sent with a pending change.
    attempt: Option<(RequestId, Arc<Password>)>,
    /// Time without a key after which the screens are locked; zero = never.
    lock_after: Duration,
    last_input: Timestamp,
}

/// A password remembered after a successful change.
struct RememberedPassword {
    password: Arc<Password>,
    until: Timestamp,
}

fn add_duration(at: Timestamp, time: Duration) -> Timestamp {
    at.plus(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

impl AuthState {
    /// Creates a state that holds only the tokens of `config`.
    pub fn new(config: &TuiConfig) -> Self {
        AuthState {
            token: config.token.clone(),
            login: config.login.clone(),
            remember_for: config.remember_password,
            remembered: None,
            attempt: None,
            lock_after: config.lock_after,
            last_input: config.clock.now(),
        }
    }

    /// Returns the stored login, for the first sign-in.
    pub fn take_login(&mut self) -> Option<TokenCredential> {
        self.login.take()
    }

    /// Returns the token that signs in automatically.
    pub fn token(&self) -> Option<&TokenCredential> {
        self.token.as_ref()
    }

    /// Returns the credential held for a change by `username` at `now`.
    pub fn credential(&self, username: &Username, now: Timestamp) -> Option<Credential> {
        if let Some(token) = &self.token {
            return Some(Credential::Token(token.clone()));
        }
        let remembered = self.remembered.as_ref().filter(|remembered| now < remembered.until)?;
        Some(Credential::Password(username.clone(), Arc::clone(&remembered.password)))
    }

    /// Records the credential of the change sent as `id`.
    pub fn begin_attempt(&mut self, id: RequestId, credential: &Credential) {
        if let (Credential::Password(_, password), false) = (credential, self.remember_for.is_zero()) {
            self.attempt = Some((id, Arc::clone(password)));
        }
    }

    /// Handles the reply to the change `id`. A correct password is remembered from now on. A wrong one also clears the
    /// remembered password.
    pub fn finish_attempt<T>(&mut self, id: RequestId, answer: &Result<T>, now: Timestamp) {
        let Some((_, password)) = self.attempt.take_if(|(attempt_id, _)| *attempt_id == id) else { return };
        match answer {
            Ok(_) => {
                self.remembered = Some(RememberedPassword { password, until: add_duration(now, self.remember_for) })
            }
            Err(Error { kind: Kind::Unauthenticated, .. }) => self.remembered = None,
            Err(_) => {}
        }
    }

    /// Forgets a password that was remembered longer than allowed.
    pub fn tick(&mut self, now: Timestamp) {
        self.remembered.take_if(|remembered| remembered.until <= now);
    }

    /// Records user input, which restarts the lock timer.
    pub fn on_input(&mut self, now: Timestamp) {
        self.last_input = now;
    }

    /// Forgets the remembered password.
    pub fn clear(&mut self) {
        (self.remembered, self.attempt) = (None, None);
    }

    /// Returns the time of the lock if no key is pressed.
    pub fn locks_at(&self) -> Option<Timestamp> {
        (!self.lock_after.is_zero()).then(|| add_duration(self.last_input, self.lock_after))
    }

    /// Returns the time at which the remembered password is forgotten.
    pub fn clears_at(&self) -> Option<Timestamp> {
        self.remembered.as_ref().map(|remembered| remembered.until)
    }
}
