//! The form shown after sign-in with a temporary password. The user must replace the password before anything else.

use ratatui::style::Style;

use super::{Facts, Outcome};
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::modal::account::{Twice, TwiceSlot};
use crate::tui::model::Model;
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::sheet::Sheet;
use crate::verbs::accounts::SetPassword;
use crate::verbs::actor::Credential;

/// The form that replaces a temporary password.
pub struct ReplacePassword {
    username: Username,
    temporary: Credential,
    password: Twice,
}

impl ReplacePassword {
    /// Opens an empty form for `username`, who signed in with `temporary`.
    pub fn open(username: Username, temporary: Credential) -> Form<Self> {
        Form::new(ReplacePassword { username, temporary, password: Twice::default() })
    }

    /// Returns the credential with the new password and empties the fields.
    pub fn credential(&mut self) -> Credential {
        self.password.again.clear();
        Credential::from_password(self.username.clone(), Password::from_raw(self.password.first.take()))
    }
}

impl Dialog for ReplacePassword {
    type Slot = TwiceSlot;
    const LABELS: usize = 14;
    const DOES: Option<&'static str> = Some("Replace");

    fn title(&self) -> String {
        format!("Replace the password of {}", self.username)
    }

    fn slots(&self) -> Vec<(TwiceSlot, Kind)> {
        TwiceSlot::all()
    }

    fn field(&mut self, slot: TwiceSlot) -> Option<&mut Field> {
        self.password.field(slot)
    }

    fn press(&mut self, _slot: TwiceSlot, _facts: &Facts<'_>) -> Pressed<TwiceSlot> {
        let password = self.password.check(TwiceSlot::Password, TwiceSlot::Again)?;
        let verb = SetPassword { username: self.username.clone(), password: password.again() };
        Ok(Outcome::Send(self.temporary.clone(), verb.into()))
    }

    fn cancel(&mut self) -> Outcome {
        Outcome::SignOut
    }

    fn refused(&mut self, error: Error) -> Pressed<TwiceSlot> {
        match error.kind {
            ErrorKind::Usage => Err(Problem::at(TwiceSlot::Password, error)),
            _ => Err(Problem::said(error)),
        }
    }

    fn fill(&self, sheet: &mut Sheet<'_, TwiceSlot>, _model: &Model) {
        let theme = sheet.theme;
        sheet.text("Your password is temporary: somebody else set it and knows it.", theme.warning);
        sheet.text("Choose one that only you know. Then you are signed in.", Style::new());
        sheet.blank();
        self.password.rows(sheet, TwiceSlot::Password, TwiceSlot::Again, "New password");
        sheet.blank();
        sheet.button(TwiceSlot::Button, "Replace it");
        sheet.problem(3);
    }
}
