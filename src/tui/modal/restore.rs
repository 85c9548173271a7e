//! Restore: moves tokens out of the trash, disabled. A single token can get another name if its own is taken.

use ratatui::style::Style;

use crate::domain::name::{MAX_TOKEN_NAME_LEN, TokenName};
use crate::domain::token::Token;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_fit::{count_noun, join_three};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::tokens::{RestoreTokens, TokenTarget};

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Name of the single token.
    Name,
    /// The password.
    Proof,
    /// The button.
    Restore,
}

/// The dialog that restores tokens.
pub struct Restore {
    tokens: Vec<Token>,
    name: TextInput,
    proof: AuthField,
}

impl Restore {
    /// Opens the dialog for `tokens`, which must not be empty.
    pub fn open(tokens: Vec<Token>, proof: AuthField) -> Form<Self> {
        let mut name = TextInput::new(MAX_TOKEN_NAME_LEN * 4);
        if let [only] = tokens.as_slice() {
            name.insert(only.name.as_str());
        }
        let first = proof.field(Slot::Proof).map_or(Slot::Restore, |(slot, _)| slot);
        Form::with_focus(Restore { tokens, name, proof }, first)
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

impl Dialog for Restore {
    type Field = Slot;
    const LABEL_WIDTH: usize = 18;
    const ENTER_LABEL: Option<&'static str> = Some("Restore");

    fn title(&self) -> String {
        match self.only() {
            Some(token) => format!("Restore {}", token.full_name()),
            None => format!("Restore {}", count_noun(self.tokens.len() as u64, "token")),
        }
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let name = self.only().map(|_| (Slot::Name, FieldKind::Text));
        name.into_iter().chain(self.proof.field(Slot::Proof)).chain([(Slot::Restore, FieldKind::Button)]).collect()
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Name => Some(&mut self.name),
            Slot::Proof => self.proof.text_input(),
            Slot::Restore => None,
        }
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        let rename = self.rename().map_err(|error| Problem::at(Slot::Name, error))?;
        let credential = self.proof.take_credential().map_err(|missing| Problem::at(Slot::Proof, missing))?;
        let tokens = self.tokens.iter().map(TokenTarget::at_revision).collect();
        Ok(Outcome::Send(credential, RestoreTokens { tokens, rename }.into()))
    }

    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        // The usual conflict: the name has been taken meanwhile.
        if error.kind == ErrorKind::Conflict && self.only().is_some() {
            return Err(Problem::at(Slot::Name, error));
        }
        self.proof.on_error(&error, Slot::Proof)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, _model: &Model) {
        if self.only().is_none() {
            let names = join_three(self.tokens.iter().map(Token::full_name));
            layout.paragraph(&names, 2, Style::new());
            layout.pad(2);
        }
        layout.text_line("Comes back disabled: denied until it is enabled, which is a second step.", Style::new());
        layout.blank();
        if self.only().is_some() {
            layout.text_input(Slot::Name, "Name", &self.name);
        }
        self.proof.draw(layout, Slot::Proof);
        layout.blank();
        layout.button(Slot::Restore, "Restore, disabled");
        layout.problem(3);
    }
}
