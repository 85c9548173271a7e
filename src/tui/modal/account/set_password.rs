//! The form for changing a password: the user's own, or that of a managed account.

use ratatui::style::Style;

use super::{ChosenPassword, NewPasswordInputs};
use crate::domain::name::Username;
use crate::tui::component::UpdateContext;
use crate::tui::modal::confirm_change::{PendingMutation, Retry};
use crate::tui::model::Model;
use crate::tui::widget::form::{Dialog, Form, PressResult, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::verbs::accounts::SetPassword;
use crate::verbs::request::Request;

/// The form for changing a password.
pub struct SetPasswordDialog {
    username: Username,
    is_own: bool,
    password: NewPasswordInputs,
}

impl SetPasswordDialog {
    /// Opens an empty form for `username`; `own` if this is the user's own account.
    pub fn new(username: Username, own: bool) -> Form<Self> {
        Form::new(SetPasswordDialog { username, is_own: own, password: NewPasswordInputs::default() })
    }
}

/// The change, built again for each attempt.
#[derive(Debug)]
struct PasswordChange {
    username: Username,
    password: ChosenPassword,
}

impl Retry for PasswordChange {
    fn request(&self) -> Request {
        SetPassword { username: self.username.clone(), password: self.password.to_new_password() }.into()
    }
}

fields! { SetPasswordDialog, form:
    Password => Text(&mut form.password.first),
    Repeated => Text(&mut form.password.repeated),
    Button => Button,
}

impl Dialog for SetPasswordDialog {
    const LABEL_WIDTH: usize = 14;
    const ENTER_LABEL: Option<&'static str> = Some("Set");

    fn id(&self) -> &'static str {
        "set-password"
    }

    fn title(&self) -> String {
        format!("Password of {}", self.username)
    }

    fn press(&mut self, _field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let password = self.password.validate(Field::Password, Field::Repeated)?;
        let username = self.username.clone();
        let about = if self.is_own {
            "After this change, sign in with the new password.".to_owned()
        } else {
            format!(
                "{username} must choose another password at the next sign-in. The tokens of {username} are not affected."
            )
        };
        let title = format!("Set the password of {username}");
        Ok(PendingMutation::new(title, about, PasswordChange { username, password }).confirm(ctx))
    }

    fn is_touched(&self) -> bool {
        self.password.is_touched()
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let username = &self.username;
        let consequence = if self.is_own {
            "You will sign in again with the new password. Your tokens are not affected.".to_owned()
        } else {
            format!(
                "{username} must choose another password at the next sign-in. The tokens of {username} are not affected."
            )
        };
        layout.text_line(&consequence, Style::new());
        layout.blank();
        self.password.draw(layout, Field::Password, Field::Repeated, "New password");
        layout.blank();
        layout.button(Field::Button, "Set password");
        layout.problem(3);
    }
}
