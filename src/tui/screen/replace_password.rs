//! The form shown after sign-in with a temporary password. The user must replace the password before anything else.

use ratatui::style::Style;

use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::component::{Exit, Intent, UpdateContext};
use crate::tui::modal::account::{NewPasswordField, NewPasswordInputs};
use crate::tui::model::Model;
use crate::tui::outcome::Outcome;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
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

impl Dialog for ReplacePassword {
    type Field = NewPasswordField;
    const LABEL_WIDTH: usize = 14;
    const ENTER_LABEL: Option<&'static str> = Some("Replace");
    const CANCEL_LABEL: Option<&'static str> = Some("Back");

    fn id(&self) -> &'static str {
        "replace-password"
    }

    fn title(&self) -> String {
        format!("Replace the password of {}", self.username)
    }

    fn fields(&self) -> Vec<(NewPasswordField, FieldKind)> {
        NewPasswordField::fields()
    }

    fn text_input(&mut self, field: NewPasswordField) -> Option<&mut TextInput> {
        self.password.text_input(field)
    }

    fn press(&mut self, _field: NewPasswordField, _ctx: &UpdateContext<'_>) -> PressResult<NewPasswordField> {
        let password = self.password.validate(NewPasswordField::Password, NewPasswordField::Repeated)?;
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

    fn on_error(&mut self, error: Error) -> PressResult<NewPasswordField> {
        match error.kind {
            ErrorKind::Usage => Err(Problem::at(NewPasswordField::Password, error)),
            _ => Err(Problem::general(error)),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, NewPasswordField>, _model: &Model) {
        let theme = layout.theme;
        layout.text_line("Your password is temporary: someone else set it and knows it.", theme.warning);
        layout.text_line("To sign in, choose a new password that only you know.", Style::new());
        layout.blank();
        self.password.draw(layout, NewPasswordField::Password, NewPasswordField::Repeated, "New password");
        layout.blank();
        layout.button(NewPasswordField::Button, "Replace password");
        layout.problem(3);
    }
}
