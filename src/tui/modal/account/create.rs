//! The form for a new account.

use super::role::meaning;
use super::{Chosen, Twice};
use crate::domain::name::{MAX_USERNAME_LEN, Username};
use crate::domain::role::Role;
use crate::tui::modal::confirm::{Repeat, Wanted};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::CreateAccount;
use crate::verbs::request::Request;

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The username.
    Username,
    /// The role.
    Role,
    /// The password.
    Password,
    /// The password repeated.
    Again,
    /// The button.
    Button,
}

/// The form for a new account.
pub struct Create {
    username: TextInput,
    /// The roles that may be given, least powerful first.
    roles: OneOf<Role>,
    password: Twice,
}

impl Create {
    /// Opens an empty form that offers `roles`. The preset is member, if offered.
    pub fn open(roles: Vec<Role>) -> Form<Self> {
        let roles = OneOf::new(roles, &Role::Member);
        Form::new(Create { username: TextInput::new(MAX_USERNAME_LEN * 4), roles, password: Twice::default() })
    }

    fn role(&self) -> Role {
        self.roles.get().copied().unwrap_or(Role::Viewer)
    }
}

/// The change, built again for each attempt.
#[derive(Debug)]
struct Creation {
    username: Username,
    role: Role,
    password: Chosen,
}

impl Repeat for Creation {
    fn request(&self) -> Request {
        CreateAccount { username: self.username.clone(), role: self.role, password: self.password.again() }.into()
    }
}

impl Dialog for Create {
    type Field = Slot;
    const LABEL_WIDTH: usize = 13;
    const ENTER_LABEL: Option<&'static str> = Some("Create");

    fn title(&self) -> String {
        "New account".to_owned()
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        vec![
            (Slot::Username, FieldKind::Text),
            (Slot::Role, FieldKind::Choice),
            (Slot::Password, FieldKind::Text),
            (Slot::Again, FieldKind::Text),
            (Slot::Button, FieldKind::Button),
        ]
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Username => Some(&mut self.username),
            Slot::Password => Some(&mut self.password.first),
            Slot::Again => Some(&mut self.password.again),
            Slot::Role | Slot::Button => None,
        }
    }

    fn choices(&mut self, slot: Slot) -> Option<&mut dyn Choices> {
        (slot == Slot::Role).then_some(&mut self.roles)
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Slot::Username, e))?;
        let password = self.password.check(Slot::Password, Slot::Again)?;
        let role = self.role();
        let about = format!(
            "{username} signs in with this temporary password and replaces it at once. As {role}: {}.",
            meaning(role)
        );
        let title = format!("New account {username}");
        Ok(Outcome::Confirm(Wanted::new(title, about, Creation { username, role, password })))
    }

    fn is_touched(&self) -> bool {
        !self.username.is_empty() || self.password.is_touched()
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, _model: &Model) {
        let theme = layout.theme;
        layout.text_input(Slot::Username, "Username", &self.username);
        layout.note("1 to 32 of a-z 0-9 . _ -   nobody else ever gets it", theme.dim);
        layout.blank();
        let words: Vec<&str> = self.roles.values().iter().map(|role| role.as_str()).collect();
        layout.choice(Slot::Role, "Role", &words, self.roles.selected());
        layout.note(meaning(self.role()), theme.dim);
        layout.blank();
        self.password.rows(layout, Slot::Password, Slot::Again, "Its password");
        layout.note("Temporary: it is replaced at the first sign-in", theme.dim);
        layout.blank();
        layout.button(Slot::Button, "Create");
        layout.problem(3);
    }
}
