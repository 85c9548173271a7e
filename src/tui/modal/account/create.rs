//! The form for a new account.

use super::set_role::describe_role;
use super::{ChosenPassword, NewPasswordInputs};
use crate::domain::name::{MAX_USERNAME_LEN, Username};
use crate::domain::role::Role;
use crate::tui::component::UpdateContext;
use crate::tui::modal::confirm_change::{PendingMutation, Retry};
use crate::tui::model::Model;
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::CreateAccount;
use crate::verbs::request::Request;

fields! { CreateAccountDialog, form:
    Username => Text(&mut form.username),
    Role => Choice(&mut form.roles),
    Password => Text(&mut form.password.first),
    RepeatedPassword => Text(&mut form.password.repeated),
    Button => Button,
}

/// The form for a new account.
pub struct CreateAccountDialog {
    username: TextInput,
    /// The roles that may be given, least powerful first.
    roles: OneOf<Role>,
    password: NewPasswordInputs,
}

impl CreateAccountDialog {
    /// Opens an empty form that offers `roles`. The preset is member, if offered.
    pub fn new(roles: Vec<Role>) -> Form<Self> {
        let roles = OneOf::new(roles, &Role::Member);
        Form::new(CreateAccountDialog {
            username: TextInput::new(MAX_USERNAME_LEN * 4),
            roles,
            password: NewPasswordInputs::default(),
        })
    }

    fn role(&self) -> Role {
        self.roles.get().copied().unwrap_or(Role::Viewer)
    }
}

/// The change, built again for each attempt.
#[derive(Debug)]
struct AccountCreation {
    username: Username,
    role: Role,
    password: ChosenPassword,
}

impl Retry for AccountCreation {
    fn request(&self) -> Request {
        let (username, password) = (self.username.clone(), self.password.to_new_password());
        CreateAccount { username, role: self.role, contact: None, password }.into()
    }
}

impl Dialog for CreateAccountDialog {
    const LABEL_WIDTH: usize = 13;
    const ENTER_LABEL: Option<&'static str> = Some("Create");

    fn id(&self) -> &'static str {
        "create-account"
    }

    fn title(&self) -> String {
        "New account".to_owned()
    }

    fn press(&mut self, _field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Field::Username, e))?;
        let password = self.password.validate(Field::Password, Field::RepeatedPassword)?;
        let role = self.role();
        let about = format!(
            "{username} must choose a new password at the first sign-in. The role is {role}. {}.",
            describe_role(role)
        );
        let title = format!("New account {username}");
        Ok(PendingMutation::new(title, about, AccountCreation { username, role, password }).confirm(ctx))
    }

    fn is_touched(&self) -> bool {
        !self.username.is_empty() || self.password.is_touched()
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let theme = layout.theme;
        layout.text_input(Field::Username, "Username", &self.username);
        layout.note("1-32 characters: a-z 0-9 . _ -   Names are never reused.", theme.dim);
        layout.blank();
        let words: Vec<&str> = self.roles.values().iter().map(|role| role.as_str()).collect();
        layout.choice(Field::Role, "Role", &words, self.roles.selected());
        layout.note(describe_role(self.role()), theme.dim);
        layout.blank();
        self.password.draw(layout, Field::Password, Field::RepeatedPassword, "Password");
        layout.note("The account must choose a new password at the first sign-in", theme.dim);
        layout.blank();
        layout.button(Field::Button, "Create");
        layout.problem(3);
    }
}
