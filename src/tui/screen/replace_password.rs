//! The form shown after sign-in with a temporary password. The user must replace the password before anything else.

use ratatui::style::Style;

use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::component::{Exit, Intent, UpdateContext};
use crate::tui::modal::account::NewPasswordInputs;
use crate::tui::model::Model;
use crate::tui::outcome::Outcome;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::verbs::accounts::{SetPassword, SignIn};
use crate::verbs::credential::Credential;

/// The form that replaces a temporary password.
pub struct ReplacePassword {
    username: Username,
    temporary_credential: Credential,
    password: NewPasswordInputs,
}

impl ReplacePassword {
    /// Opens an empty form for `username`, who signed in with the `temporary` password.
    pub fn new(username: Username, temporary: Credential) -> Form<Self> {
        Form::new(ReplacePassword { username, temporary_credential: temporary, password: NewPasswordInputs::default() })
    }

    /// Returns the credential with the new password and empties the fields.
    fn credential(&mut self) -> Credential {
        self.password.repeated.clear();
        Credential::from_password(self.username.clone(), Password::from_raw(self.password.first.take_text()))
    }
}

fields! { ReplacePassword, form:
    Password => Text(&mut form.password.first),
    Repeated => Text(&mut form.password.repeated),
    Button => Button,
}

impl Dialog for ReplacePassword {
    const LABEL_WIDTH: usize = 14;
    const ENTER_LABEL: Option<&'static str> = Some("Replace");
    const CANCEL_LABEL: Option<&'static str> = Some("Back");

    fn id(&self) -> &'static str {
        "replace-password"
    }

    fn title(&self) -> String {
        format!("Replace the password of {}", self.username)
    }

    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let password = self.password.validate(Field::Password, Field::Repeated)?;
        let verb = SetPassword { username: self.username.clone(), password: password.to_new_password() };
        Ok(Intent::send(self.temporary_credential.clone(), verb))
    }

    fn cancel(&mut self) -> Intent {
        Intent::Leave(Exit::SignOut(None))
    }

    /// Signs in with the new password.
    fn on_change(&mut self, outcome: &Outcome) -> Intent {
        if outcome.is::<SetPassword>() { Intent::send(self.credential(), SignIn) } else { Intent::Stay }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        match error.kind {
            ErrorKind::Usage => Err(Problem::at(Field::Password, error)),
            _ => Err(Problem::general(error)),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let theme = layout.theme;
        layout.text_line("Your password is temporary: someone else set it and knows it.", theme.warning);
        layout.text_line("To sign in, choose a new password that only you know.", Style::new());
        layout.blank();
        self.password.draw(layout, Field::Password, Field::Repeated, "New password");
        layout.blank();
        layout.button(Field::Button, "Replace password");
        layout.problem(3);
    }
}
