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
struct Twice {
    first: Field,
    again: Field,
}

impl Twice {
    fn new() -> Self {
        Twice { first: Field::masked(PASSWORD_MAX), again: Field::masked(PASSWORD_MAX) }
    }

    fn is_touched(&self) -> bool {
        !self.first.is_empty() || !self.again.is_empty()
    }

    fn hint() -> String {
        format!("{PASSWORD_MIN} characters or more; a few words are fine")
    }

    /// Whether it is long enough, and typed alike both times; the second is emptied where it differs. The fields keep
    /// it until the change is made, so that a refusal costs no typing.
    fn check(&mut self) -> std::result::Result<Chosen, Differs> {
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
enum Differs {
    First(Error),
    Again(Error),
}

/// A new password that is asked for again where the proof was mistyped. Wiped from memory on drop, told to nobody.
struct Chosen(Zeroizing<String>);

impl Chosen {
    fn again(&self) -> NewPassword {
        NewPassword::Plain(Password::typed(self.0.clone()))
    }
}

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chosen(…)")
    }
}
