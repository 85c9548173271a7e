//! Restore: moves tokens out of the trash, disabled. A single token can get another name if its own is taken.

use ratatui::style::Style;

use crate::domain::name::{MAX_TOKEN_NAME_LEN, TokenName};
use crate::domain::token::Token;
use crate::error::{Error, Fault, Kind as ErrorKind};
use crate::tui::component::{DialogResult, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, join_three};
use crate::tui::widget::confirm_identity::AuthField;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::tokens::{RestoreTokens, TokenTarget};

fields! { RestoreTokensDialog, dialog:
    /// Name of the single token.
    Name if dialog.only().is_some() => Text(&mut dialog.name),
    Auth if dialog.auth.is_typed() => Text(dialog.auth.text_input()?),
    Restore => Button,
}

pub struct RestoreTokensDialog {
    tokens: Vec<Token>,
    name: TextInput,
    auth: AuthField,
}

impl RestoreTokensDialog {
    /// Opens the dialog for `tokens`, which must not be empty.
    pub fn new(tokens: Vec<Token>, proof: AuthField) -> Form<Self> {
        let mut name = TextInput::new(MAX_TOKEN_NAME_LEN * 4);
        if let [only] = tokens.as_slice() {
            name.insert(only.name.as_str());
        }
        let first = if proof.is_typed() { Field::Auth } else { Field::Restore };
        Form::with_focus(RestoreTokensDialog { tokens, name, auth: proof }, first)
    }

    fn only(&self) -> Option<&Token> {
        match self.tokens.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Returns the new name, if it was changed.
    fn rename(&self) -> Result<Option<TokenName>, Error> {
        match self.only() {
            Some(token) if self.name.text() != token.name.as_str() => TokenName::parse(self.name.text()).map(Some),
            Some(_) | None => Ok(None),
        }
    }
}

impl Dialog for RestoreTokensDialog {
    const LABEL_WIDTH: usize = 18;
    const ENTER_LABEL: Option<&'static str> = Some("Restore");

    fn id(&self) -> &'static str {
        "restore-tokens"
    }

    fn title(&self) -> String {
        match self.only() {
            Some(token) => format!("Restore {}", token.full_name()),
            None => format!("Restore {}", count_noun(self.tokens.len() as u64, "token")),
        }
    }

    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let rename = self.rename().map_err(|error| Problem::at(Field::Name, error))?;
        let credential = self.auth.take_credential().map_err(|missing| Problem::at(Field::Auth, missing))?;
        let tokens = self.tokens.iter().map(TokenTarget::at_revision).collect();
        Ok(Intent::send(credential, RestoreTokens { tokens, rename }))
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        // The list shows the tokens as they are now.
        if error.has_fault(Fault::ChangedMeanwhile) {
            return Ok(Intent::Close(Some(DialogResult::Error(error))));
        }
        // The usual conflict: the name has been taken meanwhile.
        if error.kind == ErrorKind::Conflict && self.only().is_some() {
            return Err(Problem::at(Field::Name, error));
        }
        self.auth.on_error(&error, Field::Auth)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        if self.only().is_none() {
            let names = join_three(self.tokens.iter().map(Token::full_name));
            layout.text_line(&names, Style::new());
            layout.pad(2);
        }
        let [edit, enable] =
            [Action::EditToken, Action::SetEnabled].map(|action| model.keymap.key(Context::Tokens, action));
        let consequence = match self.only() {
            Some(token) if token.expiry.is_past(model.now) => {
                format!(
                    "The restored token is disabled and expired. In the token list, press {edit} to set a new expiry. \
                     Then press {enable} to enable the token."
                )
            }
            Some(_) => format!("The restored token is disabled. Enable it in the token list with {enable}."),
            None => {
                format!(
                    "Restored tokens are disabled. Enable the tokens in the token list with {enable}. Expired tokens \
                     first need a new expiry: press {edit}."
                )
            }
        };
        layout.text_line(&consequence, Style::new());
        layout.blank();
        if self.only().is_some() {
            layout.text_input(Field::Name, "Name", &self.name);
        }
        self.auth.draw(layout, Field::Auth);
        layout.blank();
        layout.button(Field::Restore, "Restore (disabled)");
        layout.problem(3);
    }
}
