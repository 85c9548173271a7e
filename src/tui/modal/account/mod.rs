//! Dialogs about accounts.

pub mod create;
pub mod delete;
pub mod password;
pub mod role;

use zeroize::Zeroizing;

use crate::domain::password::{MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, Password};
use crate::error::Error;
use crate::tui::widget::form::{FieldKind, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
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
    pub fn all() -> Vec<(Self, FieldKind)> {
        vec![
            (TwiceSlot::Password, FieldKind::Text),
            (TwiceSlot::Again, FieldKind::Text),
            (TwiceSlot::Button, FieldKind::Button),
        ]
    }
}

/// A new password, typed twice.
pub struct Twice {
    /// The first entry.
    pub first: TextInput,
    /// The second entry.
    pub again: TextInput,
}

impl Default for Twice {
    fn default() -> Self {
        Twice { first: TextInput::masked(MAX_PASSWORD_LEN), again: TextInput::masked(MAX_PASSWORD_LEN) }
    }
}

impl Twice {
    /// `true` if anything was typed.
    pub fn is_touched(&self) -> bool {
        !self.first.is_empty() || !self.again.is_empty()
    }

    /// Returns the field of `slot` in a form with no other fields.
    pub fn field(&mut self, slot: TwiceSlot) -> Option<&mut TextInput> {
        match slot {
            TwiceSlot::Password => Some(&mut self.first),
            TwiceSlot::Again => Some(&mut self.again),
            TwiceSlot::Button => None,
        }
    }

    /// Writes both fields and the rule for passwords.
    pub fn rows<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, first: S, again: S, label: &str) {
        layout.text_input(first, label, &self.first);
        layout.text_input(again, "Once more", &self.again);
        let hint = format!("{MIN_PASSWORD_LEN} characters or more; a few words are fine");
        layout.note(&hint, layout.theme.dim);
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
