//! What proves a change besides a password typed for it, and when the screens hide everything.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::tui::msg::RequestId;
use crate::tui::widget::proof::Proof;
use crate::verbs::actor::{Credential, Presented};

/// What is held to prove changes with, and since when nobody has pressed a key.
pub struct Guard {
    /// The token that signed in.
    token: Option<Presented>,
    /// How long a password that made a change is kept; zero = not at all.
    remember: Duration,
    kept: Option<Kept>,
    /// The password that a change under way was sent with.
    offered: Option<(RequestId, Arc<Password>)>,
    /// After how long without a key the screens are locked; zero = never.
    lock_after: Duration,
    last_input: Timestamp,
}

/// A password that made a change.
struct Kept {
    password: Arc<Password>,
    until: Timestamp,
}

fn after(at: Timestamp, time: Duration) -> Timestamp {
    at.plus(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

impl Guard {
    /// Nothing is held but the token that signs in, if one does.
    pub fn new(token: Option<Presented>, remember: Duration, lock_after: Duration, now: Timestamp) -> Self {
        Guard { token, remember, kept: None, offered: None, lock_after, last_input: now }
    }

    /// The token that signs in by itself.
    pub fn token(&self) -> Option<&Presented> {
        self.token.as_ref()
    }

    /// What a change by `username` is to be proved with at `now`.
    pub fn proof(&self, username: &Username, now: Timestamp) -> Proof {
        if let Some(token) = &self.token {
            return Proof::held(username.clone(), Credential::Token(token.clone()));
        }
        match self.kept.as_ref().filter(|kept| now < kept.until) {
            Some(kept) => {
                let credential = Credential::Password(username.clone(), Arc::clone(&kept.password));
                Proof::held(username.clone(), credential)
            }
            None => Proof::typed_by(username.clone()),
        }
    }

    /// A change goes out under `id`.
    pub fn offer(&mut self, id: RequestId, credential: &Credential) {
        if let (Credential::Password(_, password), false) = (credential, self.remember.is_zero()) {
            self.offered = Some((id, Arc::clone(password)));
        }
    }

    /// The change `id` was answered: a password that was right is kept from now on, one that was wrong no more.
    pub fn answered<T>(&mut self, id: RequestId, answer: &Result<T>, now: Timestamp) {
        let Some((_, password)) = self.offered.take_if(|(offered, _)| *offered == id) else { return };
        match answer {
            Ok(_) => self.kept = Some(Kept { password, until: after(now, self.remember) }),
            Err(Error { kind: Kind::Unauthenticated, .. }) => self.kept = None,
            Err(_) => {}
        }
    }

    /// Time has passed.
    pub fn at(&mut self, now: Timestamp) {
        self.kept.take_if(|kept| kept.until <= now);
    }

    /// Somebody is there.
    pub fn touched(&mut self, now: Timestamp) {
        self.last_input = now;
    }

    /// Nothing is kept any more.
    pub fn forget(&mut self) {
        (self.kept, self.offered) = (None, None);
    }

    /// When the screens are locked if nobody presses a key.
    pub fn locks_at(&self) -> Option<Timestamp> {
        (!self.lock_after.is_zero()).then(|| after(self.last_input, self.lock_after))
    }

    /// When a kept password goes.
    pub fn forgets_at(&self) -> Option<Timestamp> {
        self.kept.as_ref().map(|kept| kept.until)
    }
}
