//! Remove: the consequences, then the typed name and the proof. The verb compares the name, not this dialog.

use ratatui::style::Style;

use super::confirm::Wanted;
use super::made::MadeChoice;
use super::usage::consequences;
use crate::domain::expiry::Span as Length;
use crate::domain::name::MAX_TOKEN_NAME_LEN;
use crate::domain::token::Token;
use crate::error::Error;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::choices::Choices;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ports::Usage;
use crate::verbs::tokens::{DeleteTokens, DisableTokens, TokenDetails, TokenTarget};

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The choice of also removing the tokens it created.
    Made,
    /// The typed name, or the number of tokens.
    Name,
    /// The password.
    Proof,
    /// The safe button.
    Disable,
    /// The destructive button.
    Revoke,
}

/// The dialog that removes a token.
pub struct Remove {
    token: Token,
    /// `None` until loaded.
    usage: Option<Usage>,
    made: MadeChoice,
    trash: Length,
    typed: TextInput,
    proof: AuthField,
}

impl Remove {
    /// Opens the dialog for `token`; `shown` is its loaded data. The token stays in the trash for `trash`.
    pub fn open(token: Token, shown: Option<&TokenDetails>, trash: Length, proof: AuthField) -> Form<Self> {
        let (typed, made) = (TextInput::new(MAX_TOKEN_NAME_LEN * 4), MadeChoice::new());
        let mut remove = Remove { token, usage: None, made, trash, typed, proof };
        if let Some(shown) = shown {
            remove.know(shown);
        }
        // The slot above the name may be added later.
        Form::with_focus(remove, Slot::Name)
    }

    /// Returns the token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Takes the usage of the token and the tokens it created.
    pub fn know(&mut self, shown: &TokenDetails) {
        self.usage = Some(shown.usage.clone());
        self.made.know(shown.made.count, shown.made.describe());
    }

    /// Returns the expected confirmation: the token's name, or the number of tokens if several are removed.
    fn wanted(&self) -> String {
        match self.made.along() {
            0 => self.token.name.to_string(),
            more => (more + 1).to_string(),
        }
    }

    fn matches(&self) -> bool {
        self.typed.text() == self.wanted()
    }

    fn revoke(&mut self) -> PressResult<Slot> {
        if !self.matches() {
            let what = if self.made.is_along() { "their number" } else { "the name" };
            return Err(Problem::at(Slot::Name, format!("Type {what} exactly: {}", self.wanted())));
        }
        let credential = self.proof.take_credential().map_err(|missing| Problem::at(Slot::Proof, missing))?;
        let verb = DeleteTokens {
            tokens: vec![TokenTarget::at_revision(&self.token)],
            with_made: self.made.is_along(),
            confirmation: self.typed.text().to_owned(),
        };
        Ok(Outcome::Send(credential, verb.into()))
    }

    /// Disables the token. If the proof was already entered, no second one is asked for.
    fn disable_instead(&mut self) -> Outcome {
        let verb = DisableTokens { tokens: vec![TokenTarget::at_revision(&self.token)] };
        if let Ok(credential) = self.proof.take_credential() {
            return Outcome::Send(credential, verb.into());
        }
        let about = format!("{} is denied from the next request on and can be enabled again.", self.token.name);
        Outcome::Confirm(Wanted::new(format!("Disable {}", self.token.full_name()), about, verb))
    }
}

impl Dialog for Remove {
    type Field = Slot;
    const LABEL_WIDTH: usize = 26;
    const ENTER_LABEL: Option<&'static str> = Some("Revoke");

    fn title(&self) -> String {
        format!("Remove {}", self.token.full_name())
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let mut slots: Vec<_> = self.made.slot(Slot::Made).into_iter().collect();
        slots.push((Slot::Name, FieldKind::Text));
        slots.extend(self.proof.field(Slot::Proof));
        // The button would do nothing for a disabled token.
        slots.extend(self.token.enabled.then_some((Slot::Disable, FieldKind::Button)));
        slots.push((Slot::Revoke, FieldKind::Button));
        slots
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Name => Some(&mut self.typed),
            Slot::Proof => self.proof.text_input(),
            Slot::Made | Slot::Disable | Slot::Revoke => None,
        }
    }

    fn choices(&mut self, slot: Slot) -> Option<&mut dyn Choices> {
        (slot == Slot::Made).then(|| self.made.choices())
    }

    fn primary_button(&self) -> Option<Slot> {
        Some(Slot::Revoke)
    }

    fn validation_error(&self, slot: Slot) -> Option<String> {
        let wrong = slot == Slot::Name && !self.typed.is_empty() && !self.matches();
        wrong.then(|| if self.made.is_along() { "That isn't their number" } else { "That isn't its name" }.to_owned())
    }

    fn press(&mut self, slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        match slot {
            Slot::Disable => Ok(self.disable_instead()),
            Slot::Revoke => self.revoke(),
            Slot::Made | Slot::Name | Slot::Proof => Ok(Outcome::Stay),
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        self.proof.on_error(&error, Slot::Proof)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, model: &Model) {
        let theme = layout.theme;
        match &self.usage {
            Some(usage) => {
                for line in consequences(&self.token, usage, layout.columns, model) {
                    layout.line(line);
                }
            }
            None => layout.text_line("Reading how it is used…", theme.dim),
        }
        layout.pad(4);
        let trash = format!("Denied from the next request on. Stays in the trash for {}.", self.trash.describe());
        layout.text_line(&trash, Style::new());
        self.made.rows(layout, Slot::Made, "It");
        let label = if self.made.is_along() { "The number of them all" } else { "Its name" };
        layout.fact(label, &self.wanted(), theme.strong);
        layout.text_input(Slot::Name, "Type it to confirm", &self.typed);
        self.proof.draw(layout, Slot::Proof);
        layout.problem(3);
        let revoke = if self.matches() { theme.danger } else { theme.dim };
        let text = match self.made.along() {
            0 => "I understand the consequences, revoke this token".to_owned(),
            more => format!("I understand the consequences, revoke all {}", more + 1),
        };
        let mut buttons = vec![(Slot::Revoke, text.as_str(), revoke)];
        if self.token.enabled {
            buttons.insert(0, (Slot::Disable, "Disable instead", theme.strong));
        }
        layout.buttons(&buttons);
        // The choice about created tokens uses this line.
        if self.made.slot(Slot::Made).is_none() {
            layout.blank();
        }
    }
}
