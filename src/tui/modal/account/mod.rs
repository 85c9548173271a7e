//! Dialogs about accounts.

pub mod create;
pub mod delete;
pub mod password;
pub mod role;

use zeroize::Zeroizing;

use crate::domain::password::{MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, Password};
use crate::error::Error;
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Kind, Problem};
use crate::tui::widget::sheet::Sheet;
use crate::verbs::new_password::NewPassword;

/// The slots of a form that asks only for a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwiceSlot {
    /// The new password.
    Password,
    /// The password repeated.
    Again,
    /// The button.
    Button,
}

impl TwiceSlot {
    /// Returns all slots, in order.
    pub fn all() -> Vec<(Self, Kind)> {
        vec![(TwiceSlot::Password, Kind::Field), (TwiceSlot::Again, Kind::Field), (TwiceSlot::Button, Kind::Button)]
    }
}

/// A new password, typed twice.
pub struct Twice {
    /// The first entry.
    pub first: Field,
    /// The second entry.
    pub again: Field,
}

impl Default for Twice {
    fn default() -> Self {
        Twice { first: Field::masked(MAX_PASSWORD_LEN), again: Field::masked(MAX_PASSWORD_LEN) }
    }
}

impl Twice {
    /// `true` if anything was typed.
    pub fn is_touched(&self) -> bool {
        !self.first.is_empty() || !self.again.is_empty()
    }

    /// Returns the field of `slot` in a form with no other fields.
    pub fn field(&mut self, slot: TwiceSlot) -> Option<&mut Field> {
        match slot {
            TwiceSlot::Password => Some(&mut self.first),
            TwiceSlot::Again => Some(&mut self.again),
            TwiceSlot::Button => None,
        }
    }

    /// Writes both fields and the rule for passwords.
    pub fn rows<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, first: S, again: S, label: &str) {
        sheet.field(first, label, &self.first);
        sheet.field(again, "Once more", &self.again);
        let hint = format!("{MIN_PASSWORD_LEN} characters or more; a few words are fine");
        sheet.note(&hint, sheet.theme.dim);
    }

    /// Checks that the password is long enough and typed alike both times. A different second entry is cleared. The
    /// fields keep the password until the change is made, so that a refusal needs no retyping.
    ///
    /// # Errors
    /// The problem, at the slot of the first or of the second entry.
    pub fn check<S>(&mut self, first: S, again: S) -> Result<Chosen, Problem<S>> {
        Password::new(Zeroizing::new(self.first.text().to_owned())).map_err(|error| Problem::at(first, error))?;
        if self.first.text() != self.again.text() {
            self.again.clear();
            let differ = Error::usage("the two passwords differ").next("Type the second one again");
            return Err(Problem::at(again, differ));
        }
        Ok(Chosen(Zeroizing::new(self.first.text().to_owned())))
    }
}

/// A new password that can be sent again after a mistyped proof. It is wiped from memory on drop and never shown.
pub struct Chosen(Zeroizing<String>);

impl Chosen {
    /// Returns the password for another attempt.
    pub fn again(&self) -> NewPassword {
        NewPassword::Plain(Password::from_raw(self.0.clone()))
    }
}

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chosen(…)")
    }
}
