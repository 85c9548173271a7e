//! Proofs that replace typing a password for each change, and the lock after inactivity.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::tui::msg::RequestId;
use crate::tui::widget::auth_field::AuthField;
use crate::verbs::actor::{Credential, TokenCredential};

/// The credentials held for proving changes, and the time of the last key.
pub struct Guard {
    /// The token that signed in.
    token: Option<TokenCredential>,
    /// Time for which a password is kept after a change; zero = not kept.
    remember: Duration,
    kept: Option<Kept>,
    /// The password sent with a pending change.
    offered: Option<(RequestId, Arc<Password>)>,
    /// Time without a key after which the screens are locked; zero = never.
    lock_after: Duration,
    last_input: Timestamp,
}

/// A password kept after a successful change.
struct Kept {
    password: Arc<Password>,
    until: Timestamp,
}

fn after(at: Timestamp, time: Duration) -> Timestamp {
    at.plus(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

impl Guard {
    /// Creates a guard that holds only the token that signed in, if there is one.
    pub fn new(token: Option<TokenCredential>, remember: Duration, lock_after: Duration, now: Timestamp) -> Self {
        Guard { token, remember, kept: None, offered: None, lock_after, last_input: now }
    }

    /// Returns the token that signs in automatically.
    pub fn token(&self) -> Option<&TokenCredential> {
        self.token.as_ref()
    }

    /// Returns the proof for a change by `username` at `now`.
    pub fn proof(&self, username: &Username, now: Timestamp) -> AuthField {
        if let Some(token) = &self.token {
            return AuthField::with_credential(username.clone(), Credential::Token(token.clone()));
        }
        match self.kept.as_ref().filter(|kept| now < kept.until) {
            Some(kept) => {
                let credential = Credential::Password(username.clone(), Arc::clone(&kept.password));
                AuthField::with_credential(username.clone(), credential)
            }
            None => AuthField::password(username.clone()),
        }
    }

    /// Records the credential of the change sent as `id`.
    pub fn offer(&mut self, id: RequestId, credential: &Credential) {
        if let (Credential::Password(_, password), false) = (credential, self.remember.is_zero()) {
            self.offered = Some((id, Arc::clone(password)));
        }
    }

    /// Handles the reply to the change `id`. A correct password is kept from now on. After a wrong one, no password is
    /// kept any more.
    pub fn answered<T>(&mut self, id: RequestId, answer: &Result<T>, now: Timestamp) {
        let Some((_, password)) = self.offered.take_if(|(offered, _)| *offered == id) else { return };
        match answer {
            Ok(_) => self.kept = Some(Kept { password, until: after(now, self.remember) }),
            Err(Error { kind: Kind::Unauthenticated, .. }) => self.kept = None,
            Err(_) => {}
        }
    }

    /// Forgets a password kept longer than allowed.
    pub fn at(&mut self, now: Timestamp) {
        self.kept.take_if(|kept| kept.until <= now);
    }

    /// Records user input, which restarts the lock timer.
    pub fn touched(&mut self, now: Timestamp) {
        self.last_input = now;
    }

    /// Forgets the kept password.
    pub fn forget(&mut self) {
        (self.kept, self.offered) = (None, None);
    }

    /// Returns the time of the lock if no key is pressed.
    pub fn locks_at(&self) -> Option<Timestamp> {
        (!self.lock_after.is_zero()).then(|| after(self.last_input, self.lock_after))
    }

    /// Returns the time at which the kept password is forgotten.
    pub fn forgets_at(&self) -> Option<Timestamp> {
        self.kept.as_ref().map(|kept| kept.until)
    }
}
