//! Restore: moves tokens out of the trash, disabled. A single token can get another name if its own is taken.

use ratatui::style::Style;

use crate::domain::name::{MAX_TOKEN_NAME_LEN, TokenName};
use crate::domain::token::Token;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::line::{count_noun, join_three};
use crate::tui::widget::proof::Proof;
use crate::tui::widget::sheet::Sheet;
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
    name: Field,
    proof: Proof,
}

impl Restore {
    /// Opens the dialog for `tokens`, which must not be empty.
    pub fn open(tokens: Vec<Token>, proof: Proof) -> Form<Self> {
        let mut name = Field::new(MAX_TOKEN_NAME_LEN * 4);
        if let [only] = tokens.as_slice() {
            name.insert(only.name.as_str());
        }
        let first = proof.slots(Slot::Proof).map_or(Slot::Restore, |(slot, _)| slot);
        Form::at(Restore { tokens, name, proof }, first)
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
    type Slot = Slot;
    const LABELS: usize = 18;
    const DOES: Option<&'static str> = Some("Restore");

    fn title(&self) -> String {
        match self.only() {
            Some(token) => format!("Restore {}", token.full_name()),
            None => format!("Restore {}", count_noun(self.tokens.len() as u64, "token")),
        }
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        let name = self.only().map(|_| (Slot::Name, Kind::Field));
        name.into_iter().chain(self.proof.slots(Slot::Proof)).chain([(Slot::Restore, Kind::Button)]).collect()
    }

    fn field(&mut self, slot: Slot) -> Option<&mut Field> {
        match slot {
            Slot::Name => Some(&mut self.name),
            Slot::Proof => self.proof.field(),
            Slot::Restore => None,
        }
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        let rename = self.rename().map_err(|error| Problem::at(Slot::Name, error))?;
        let credential = self.proof.take().map_err(|missing| Problem::at(Slot::Proof, missing))?;
        let tokens = self.tokens.iter().map(TokenTarget::at_revision).collect();
        Ok(Outcome::Send(credential, RestoreTokens { tokens, rename }.into()))
    }

    fn refused(&mut self, error: Error) -> Pressed<Slot> {
        // The usual conflict: the name has been taken meanwhile.
        if error.kind == ErrorKind::Conflict && self.only().is_some() {
            return Err(Problem::at(Slot::Name, error));
        }
        self.proof.refused(&error, Slot::Proof)
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, _model: &Model) {
        if self.only().is_none() {
            let names = join_three(self.tokens.iter().map(Token::full_name));
            sheet.paragraph(&names, 2, Style::new());
            sheet.pad(2);
        }
        sheet.text("Comes back disabled: denied until it is enabled, which is a second step.", Style::new());
        sheet.blank();
        if self.only().is_some() {
            sheet.field(Slot::Name, "Name", &self.name);
        }
        self.proof.row(sheet, Slot::Proof);
        sheet.blank();
        sheet.button(Slot::Restore, "Restore, disabled");
        sheet.problem(3);
    }
}
