//! The proof of identity for a change. Every dialog that makes a change gets its credential here.

use super::field::Field;
use super::form::{Kind, Pressed, Problem};
use super::line::cut;
use super::sheet::Sheet;
use super::tries::{Tries, wrong_password};
use crate::domain::name::Username;
use crate::domain::password::{MAX_PASSWORD_LEN, Password};
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::screen::Outcome;
use crate::verbs::actor::Credential;

/// The proof of identity for a change.
pub struct Proof {
    username: Username,
    means: Means,
}

enum Means {
    /// The password of the user making the change, typed for this change.
    Typed(Box<Typed>),
    /// A credential held already. Nothing is asked for.
    Held(Credential),
}

struct Typed {
    password: Field,
    tries: Tries,
}

impl Proof {
    /// Creates a proof that `username` has to type.
    pub fn typed_by(username: Username) -> Self {
        let typed = Typed { password: Field::masked(MAX_PASSWORD_LEN), tries: Tries::default() };
        Proof { username, means: Means::Typed(Box::new(typed)) }
    }

    /// Creates a proof from a credential of `username` held already.
    pub fn held(username: Username, credential: Credential) -> Self {
        Proof { username, means: Means::Held(credential) }
    }

    /// Returns the username of the proof's owner.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// Returns the slot for the form, which names it `slot`; `None` if nothing is asked for.
    pub fn slots<S>(&self, slot: S) -> Option<(S, Kind)> {
        matches!(self.means, Means::Typed(_)).then_some((slot, Kind::Field))
    }

    /// Returns the field at that slot.
    pub fn field(&mut self) -> Option<&mut Field> {
        match &mut self.means {
            Means::Typed(typed) => Some(&mut typed.password),
            Means::Held(_) => None,
        }
    }

    /// Returns the credential and empties the field.
    ///
    /// # Errors
    /// A message about the missing password if nothing was typed.
    pub fn take(&mut self) -> Result<Credential, &'static str> {
        match &mut self.means {
            Means::Typed(typed) if typed.password.is_empty() => Err("Your password is missing"),
            Means::Typed(typed) => {
                Ok(Credential::from_password(self.username.clone(), Password::from_raw(typed.password.take())))
            }
            Means::Held(credential) => Ok(credential.clone()),
        }
    }

    /// Handles a refusal. The dialog closes after the last allowed try, or if nothing else can be tried.
    ///
    /// # Errors
    /// The problem to show, at `slot` if the proof itself was refused.
    pub fn refused<S>(&mut self, error: &Error, slot: S) -> Pressed<S> {
        let wrong = error.kind == ErrorKind::Unauthenticated;
        match &mut self.means {
            Means::Held(_) if wrong => Ok(Outcome::Refuse(error.clone())),
            Means::Held(_) => Err(Problem::said(error)),
            Means::Typed(typed) => match typed.tries.used_up_by(error) {
                Some(last) => Ok(Outcome::Refuse(last)),
                None if wrong => Err(Problem::at(slot, wrong_password(error))),
                None => Err(Problem::said(error)),
            },
        }
    }

    /// Writes the line of the form; an empty one if nothing is asked for.
    pub fn row<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, slot: S) {
        let label = format!("{}  ", cut(&format!("Password of {}", self.username), sheet.columns / 2));
        match &self.means {
            Means::Typed(typed) => sheet.field(slot, &label, &typed.password),
            Means::Held(_) => sheet.blank(),
        }
    }
}
