//! Right after sign-in with a temporary password: its holder replaces it, and does nothing else before.

use ratatui::style::Style;

use super::{Facts, Outcome};
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::modal::account::{Differs, Twice};
use crate::tui::model::Model;
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::sheet::Sheet;
use crate::verbs::accounts::SetPassword;
use crate::verbs::actor::Credential;

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The new password.
    Password,
    /// The password once more.
    Again,
    /// The button.
    Button,
}

/// The form that replaces a temporary password.
pub struct ReplacePassword {
    username: Username,
    /// The temporary password, which has just signed in.
    temporary: Credential,
    password: Twice,
}

impl ReplacePassword {
    /// An empty form for `username`, who signed in with `temporary`.
    pub fn open(username: Username, temporary: Credential) -> Form<Self> {
        Form::new(ReplacePassword { username, temporary, password: Twice::default() })
    }

    /// The new password, to sign in with. The fields are empty afterwards.
    pub fn credential(&mut self) -> Credential {
        self.password.again.clear();
        Credential::password(self.username.clone(), Password::typed(self.password.first.take()))
    }
}

impl Dialog for ReplacePassword {
    type Slot = Slot;
    const LABELS: usize = 14;

    fn title(&self) -> String {
        format!("Replace the password of {}", self.username)
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        vec![(Slot::Password, Kind::Field), (Slot::Again, Kind::Field), (Slot::Button, Kind::Button)]
    }

    fn field(&mut self, slot: Slot) -> Option<&mut Field> {
        match slot {
            Slot::Password => Some(&mut self.password.first),
            Slot::Again => Some(&mut self.password.again),
            Slot::Button => None,
        }
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        let password = self.password.check().map_err(|differs| match differs {
            Differs::First(error) => Problem::at(Slot::Password, error),
            Differs::Again(error) => Problem::at(Slot::Again, error),
        })?;
        let verb = SetPassword { username: self.username.clone(), password: password.again() };
        Ok(Outcome::Send(self.temporary.clone(), verb.into()))
    }

    fn cancel(&mut self) -> Outcome {
        Outcome::SignOut
    }

    fn refused(&mut self, error: Error) -> Pressed<Slot> {
        match error.kind {
            ErrorKind::Usage => Err(Problem::at(Slot::Password, error)),
            _ => Err(Problem::said(error)),
        }
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, _model: &Model) {
        let theme = sheet.theme;
        sheet.text("Your password is temporary: somebody else set it and knows it.", theme.warning);
        sheet.text("Choose one that only you know. Then you are signed in.", Style::new());
        sheet.blank();
        sheet.field(Slot::Password, "New password", &self.password.first);
        sheet.field(Slot::Again, "Once more", &self.password.again);
        sheet.note(&Twice::hint(), theme.dim);
        sheet.blank();
        sheet.button(Slot::Button, "Replace it");
        sheet.problem(3);
    }
}
