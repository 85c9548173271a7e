//! The form for an account's contact.

use ratatui::style::Style;

use crate::domain::contact::{Contact, MAX_CONTACT_LEN};
use crate::domain::name::Username;
use crate::tui::component::UpdateContext;
use crate::tui::modal::confirm_change::PendingMutation;
use crate::tui::model::Model;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::{AccountWithCounts, SetContact};

fields! { SetContactDialog, form:
    Contact => Text(&mut form.contact),
    Button => Button,
}

/// The form for an account's contact.
pub struct SetContactDialog {
    username: Username,
    before: Option<Contact>,
    contact: TextInput,
}

impl SetContactDialog {
    /// Opens the form with the present contact of `counted`.
    pub fn new(counted: &AccountWithCounts) -> Form<Self> {
        let before = counted.account.contact.clone();
        let contact = TextInput::new(MAX_CONTACT_LEN).with(before.as_ref().map_or("", Contact::as_str));
        Form::new(SetContactDialog { username: counted.account.username.clone(), before, contact })
    }
}

impl Dialog for SetContactDialog {
    const LABEL_WIDTH: usize = 9;

    fn id(&self) -> &'static str {
        "set-contact"
    }

    fn title(&self) -> String {
        format!("Contact of {}", self.username)
    }

    fn press(&mut self, _field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let text = self.contact.text();
        let contact = if text.is_empty() { None } else { Some(Contact::parse(text)) };
        let contact = contact.transpose().map_err(|e| Problem::at(Field::Contact, e))?;
        let username = self.username.clone();
        if contact == self.before {
            let text = match contact {
                Some(_) => format!("{username} already has this contact"),
                None => format!("{username} has no contact. Enter an e-mail address"),
            };
            return Err(Problem::at(Field::Contact, text));
        }
        let about = match &contact {
            Some(contact) => format!("Notices about the tokens of {username} will go to {contact}."),
            None => format!("Notices about the tokens of {username} will go to the owners who have a contact."),
        };
        let title = format!("Change the contact of {username}");
        Ok(PendingMutation::new(title, about, SetContact { username, contact }).confirm(ctx))
    }

    fn is_touched(&self) -> bool {
        self.contact.text() != self.before.as_ref().map_or("", Contact::as_str)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let theme = layout.theme;
        layout.text_input(Field::Contact, "E-mail", &self.contact);
        layout.note("Empty: no contact", theme.dim);
        layout.blank();
        layout.text_line("jeton notify sends notices about the account's tokens to this address.", Style::new());
        layout.blank();
        layout.button(Field::Button, "Change contact");
        layout.problem(3);
    }
}
