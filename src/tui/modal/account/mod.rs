//! Dialogs about accounts.

pub mod create;
pub mod delete;
pub mod disable;
pub mod set_contact;
pub mod set_password;
pub mod set_role;

use zeroize::Zeroizing;

use crate::domain::password::{MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, Password};
use crate::error::Error;
use crate::tui::widget::form::Problem;
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::new_password::NewPassword;

/// A new password, typed twice.
pub struct NewPasswordInputs {
    /// The first entry.
    pub first: TextInput,
    /// The second entry.
    pub repeated: TextInput,
}

impl Default for NewPasswordInputs {
    fn default() -> Self {
        NewPasswordInputs { first: TextInput::masked(MAX_PASSWORD_LEN), repeated: TextInput::masked(MAX_PASSWORD_LEN) }
    }
}

impl NewPasswordInputs {
    /// Returns `true` if anything was typed.
    pub fn is_touched(&self) -> bool {
        !self.first.is_empty() || !self.repeated.is_empty()
    }

    /// Writes both fields and the rule for passwords.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, first: S, again: S, label: &str) {
        layout.text_input(first, label, &self.first);
        layout.text_input(again, "Repeat", &self.repeated);
        let hint = format!("Use {MIN_PASSWORD_LEN} characters or more, for example a few words");
        layout.note(&hint, layout.theme.dim);
    }

    /// Checks that the password is long enough and typed alike both times. A different second entry is cleared. The
    /// fields keep the password until the change is made, so that a refusal needs no retyping.
    ///
    /// # Errors
    /// The problem, at the field of the first or of the second entry.
    pub fn validate<S>(&mut self, first: S, again: S) -> Result<ChosenPassword, Problem<S>> {
        Password::new(Zeroizing::new(self.first.text().to_owned())).map_err(|error| Problem::at(first, error))?;
        if self.first.text() != self.repeated.text() {
            self.repeated.clear();
            let differ = Error::usage("the passwords don't match").next("Type the same password in both fields");
            return Err(Problem::at(again, differ));
        }
        Ok(ChosenPassword(Zeroizing::new(self.first.text().to_owned())))
    }
}

/// A new password that can be sent again after a mistyped proof. It is wiped from memory on drop and never shown.
pub struct ChosenPassword(Zeroizing<String>);

impl ChosenPassword {
    /// Returns the password for another attempt.
    pub fn to_new_password(&self) -> NewPassword {
        NewPassword::Plain(Password::from_raw(self.0.clone()))
    }
}

impl std::fmt::Debug for ChosenPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChosenPassword(…)")
    }
}
