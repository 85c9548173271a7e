//! What a change is proved with. Every dialog that makes one gets its credential here.

use super::field::Field;
use super::form::{Kind, Pressed, Problem};
use super::sheet::Sheet;
use super::tries::{Tries, wrong_password};
use crate::domain::name::Username;
use crate::domain::password::{PASSWORD_MAX, Password};
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::screen::Outcome;
use crate::verbs::actor::Credential;

/// The password of the person making a change, typed for this very change.
pub struct Proof {
    username: Username,
    password: Field,
    tries: Tries,
}

impl Proof {
    /// To be typed by `username`.
    pub fn typed_by(username: Username) -> Self {
        Proof { username, password: Field::masked(PASSWORD_MAX), tries: Tries::default() }
    }

    /// Whose it is.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// Its parts in a form, which names them `slot`.
    pub fn slots<S>(&self, slot: S) -> [(S, Kind); 1] {
        [(slot, Kind::Field)]
    }

    /// The field at that slot.
    pub fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.password)
    }

    /// Whether it is there.
    pub fn is_given(&self) -> bool {
        !self.password.is_empty()
    }

    /// The credential; the field is empty afterwards.
    ///
    /// # Errors
    /// What is missing where nothing was typed.
    pub fn take(&mut self) -> Result<Credential, &'static str> {
        if !self.is_given() {
            return Err("Your password is missing");
        }
        Ok(Credential::password(self.username.clone(), Password::typed(self.password.take())))
    }

    /// Takes a refusal: the dialog closes once the tries are used up.
    ///
    /// # Errors
    /// What to say, at `slot` where the proof itself was refused.
    pub fn refused<S>(&mut self, error: &Error, slot: S) -> Pressed<S> {
        match self.tries.used_up_by(error) {
            Some(last) => Ok(Outcome::Refuse(last)),
            None if error.kind == ErrorKind::Unauthenticated => Err(Problem::at(slot, wrong_password(error))),
            None => Err(Problem::said(error)),
        }
    }

    /// Its line in a form.
    pub fn row<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, slot: S, label: &str) {
        sheet.field(slot, label, &self.password);
    }
}
