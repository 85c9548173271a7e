//! What a change is proved with. Every dialog that makes one gets its credential here.

use super::field::Field;
use super::form::{Kind, Pressed, Problem};
use super::line::cut;
use super::sheet::Sheet;
use super::tries::{Tries, wrong_password};
use crate::domain::name::Username;
use crate::domain::password::{PASSWORD_MAX, Password};
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::screen::Outcome;
use crate::verbs::actor::Credential;

/// What a change is proved with.
pub struct Proof {
    username: Username,
    means: Means,
}

enum Means {
    /// The password of the person making the change, typed for this very change.
    Typed(Box<Typed>),
    /// Something that is held already: nothing is asked.
    Held(Credential),
}

struct Typed {
    password: Field,
    tries: Tries,
}

impl Proof {
    /// To be typed by `username`.
    pub fn typed_by(username: Username) -> Self {
        let typed = Typed { password: Field::masked(PASSWORD_MAX), tries: Tries::default() };
        Proof { username, means: Means::Typed(Box::new(typed)) }
    }

    /// A credential of `username` that is there already.
    pub fn held(username: Username, credential: Credential) -> Self {
        Proof { username, means: Means::Held(credential) }
    }

    /// Whose it is.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// Its parts in a form, which names them `slot`; none while nothing is asked.
    pub fn slots<S>(&self, slot: S) -> Option<(S, Kind)> {
        matches!(self.means, Means::Typed(_)).then_some((slot, Kind::Field))
    }

    /// The field at that slot.
    pub fn field(&mut self) -> Option<&mut Field> {
        match &mut self.means {
            Means::Typed(typed) => Some(&mut typed.password),
            Means::Held(_) => None,
        }
    }

    /// The credential; the field is empty afterwards.
    ///
    /// # Errors
    /// What is missing where nothing was typed.
    pub fn take(&mut self) -> Result<Credential, &'static str> {
        match &mut self.means {
            Means::Typed(typed) if typed.password.is_empty() => Err("Your password is missing"),
            Means::Typed(typed) => {
                Ok(Credential::password(self.username.clone(), Password::typed(typed.password.take())))
            }
            Means::Held(credential) => Ok(credential.clone()),
        }
    }

    /// Takes a refusal: the dialog closes once the tries are used up, or when nothing else can be tried.
    ///
    /// # Errors
    /// What to say, at `slot` where the proof itself was refused.
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

    /// Its line in a form; an empty one while nothing is asked.
    pub fn row<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, slot: S) {
        let label = format!("{}  ", cut(&format!("Password of {}", self.username), sheet.columns / 2));
        match &self.means {
            Means::Typed(typed) => sheet.field(slot, &label, &typed.password),
            Means::Held(_) => sheet.blank(),
        }
    }
}
