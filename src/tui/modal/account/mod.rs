//! Dialogs about accounts.

pub mod create;
pub mod delete;
pub mod password;
pub mod role;

use zeroize::Zeroizing;

use crate::domain::password::{PASSWORD_MAX, PASSWORD_MIN, Password};
use crate::error::Error;
use crate::tui::widget::field::Field;
use crate::verbs::new_password::NewPassword;

/// A new password, typed twice.
pub struct Twice {
    /// As it was typed first.
    pub first: Field,
    /// As it was typed again.
    pub again: Field,
}

impl Default for Twice {
    fn default() -> Self {
        Twice { first: Field::masked(PASSWORD_MAX), again: Field::masked(PASSWORD_MAX) }
    }
}

impl Twice {
    fn is_touched(&self) -> bool {
        !self.first.is_empty() || !self.again.is_empty()
    }

    /// What a password must be.
    pub fn hint() -> String {
        format!("{PASSWORD_MIN} characters or more; a few words are fine")
    }

    /// Whether it is long enough, and typed alike both times; the second is emptied where it differs. The fields keep
    /// it until the change is made, so that a refusal costs no typing.
    ///
    /// # Errors
    /// Which of the two stands in the way, and why.
    pub fn check(&mut self) -> std::result::Result<Chosen, Differs> {
        Password::new(Zeroizing::new(self.first.text().to_owned())).map_err(Differs::First)?;
        if self.first.text() != self.again.text() {
            self.again.clear();
            let differ = Error::usage("the two passwords differ").next("Type the second one again");
            return Err(Differs::Again(differ));
        }
        Ok(Chosen(Zeroizing::new(self.first.text().to_owned())))
    }
}

/// Which of the two stands in the way.
pub enum Differs {
    /// The first.
    First(Error),
    /// The second.
    Again(Error),
}

/// A new password that is asked for again where the proof was mistyped. Wiped from memory on drop, told to nobody.
pub struct Chosen(Zeroizing<String>);

impl Chosen {
    /// The password, for one more try.
    pub fn again(&self) -> NewPassword {
        NewPassword::Plain(Password::typed(self.0.clone()))
    }
}

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chosen(…)")
    }
}
