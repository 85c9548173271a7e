//! Purge: the tokens to delete permanently, then their typed number and the proof. The verb compares the number, not
//! this dialog.

use ratatui::style::Style;

use crate::domain::token::Purgeable;
use crate::error::Error;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::line::{count_noun, group_digits};
use crate::tui::widget::proof::Proof;
use crate::tui::widget::scroll::Scroll;
use crate::tui::widget::sheet::Sheet;
use crate::verbs::tokens::{PurgePreview, PurgeTokens};

/// Lines of the dialog outside its list, including the frame.
const BESIDE: usize = 14;

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The typed number.
    Number,
    /// The password.
    Proof,
    /// The safe button.
    Keep,
    /// The destructive button.
    Purge,
}

/// The dialog that purges tokens.
pub struct Purge {
    which: Purgeable,
    preview: Option<PurgePreview>,
    names: Scroll,
    typed: Field,
    proof: Proof,
}

impl Purge {
    /// Opens the dialog for the tokens of `which`, not counted yet.
    pub fn open(which: Purgeable, proof: Proof) -> Form<Self> {
        Form::new(Purge { which, preview: None, names: Scroll::new(BESIDE), typed: Field::new(12), proof })
    }

    /// Returns which tokens the purge is for.
    pub fn which(&self) -> Purgeable {
        self.which
    }

    /// Takes the current preview of the purge.
    pub fn set_preview(&mut self, preview: PurgePreview) {
        self.preview = Some(preview);
    }

    fn count(&self) -> Option<u64> {
        self.preview.as_ref().map(|preview| preview.count)
    }

    fn matches(&self) -> bool {
        self.count().is_some_and(|count| count > 0 && self.typed.text() == count.to_string())
    }

    fn purge(&mut self) -> Pressed<Slot> {
        let Some(count) = self.count() else { return Err(Problem::said("They are still being counted")) };
        if count == 0 {
            return Err(Problem::said("There is nothing to purge"));
        }
        if !self.matches() {
            return Err(Problem::at(Slot::Number, format!("Type their number exactly: {count}")));
        }
        let credential = self.proof.take().map_err(|missing| Problem::at(Slot::Proof, missing))?;
        Ok(Outcome::Send(credential, PurgeTokens::new(self.which, count).into()))
    }
}

impl Dialog for Purge {
    type Slot = Slot;
    const LABELS: usize = 26;
    const DOES: Option<&'static str> = Some("Purge");

    fn title(&self) -> String {
        format!("Purge {} tokens", self.which.as_str())
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        let mut slots = vec![(Slot::Number, Kind::Field)];
        slots.extend(self.proof.slots(Slot::Proof));
        slots.extend([(Slot::Keep, Kind::Button), (Slot::Purge, Kind::Button)]);
        slots
    }

    fn field(&mut self, slot: Slot) -> Option<&mut Field> {
        match slot {
            Slot::Number => Some(&mut self.typed),
            Slot::Proof => self.proof.field(),
            Slot::Keep | Slot::Purge => None,
        }
    }

    fn scroll(&mut self, action: Action, facts: &Facts<'_>) -> bool {
        let rows = self.preview.as_ref().map_or(0, |preview| preview.names.len());
        self.names.walk(action, rows, facts)
    }

    fn overflows(&self, rows: usize) -> bool {
        self.names.is_long(rows, self.preview.as_ref().map_or(0, |preview| preview.names.len()))
    }

    fn main(&self) -> Option<Slot> {
        Some(Slot::Purge)
    }

    fn complaint(&self, slot: Slot) -> Option<String> {
        let wrong = slot == Slot::Number && !self.typed.is_empty() && !self.matches();
        wrong.then(|| "That isn't their number".to_owned())
    }

    fn press(&mut self, slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        match slot {
            Slot::Keep => Ok(Outcome::Close),
            Slot::Purge => self.purge(),
            Slot::Number | Slot::Proof => Ok(Outcome::Stay),
        }
    }

    fn refused(&mut self, error: Error) -> Pressed<Slot> {
        self.proof.refused(&error, Slot::Proof)
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, _model: &Model) {
        let theme = sheet.theme;
        let names = self.preview.as_ref().map_or(&[][..], |preview| &preview.names);
        let head = match self.count() {
            None => "Counting…".to_owned(),
            Some(0) => format!("No token of yours, or of an account you manage, is {}.", self.which.as_str()),
            Some(count) => {
                let what = count_noun(count, &format!("{} token", self.which.as_str()));
                format!("! {what} of yours and those you manage, filtered or not:")
            }
        };
        sheet.text(&head, if names.is_empty() { Style::new() } else { theme.warning });
        let rows = names.iter().map(|name| (format!("  {name}"), Style::new()));
        let total = self.count().unwrap_or_default();
        self.names.rows(sheet, rows, total);
        sheet.text("They go for good. Only digests of their secrets stay, for whose to name.", Style::new());
        sheet.blank();
        let number = self.count().map_or_else(String::new, group_digits);
        sheet.fact("Their number", &number, theme.strong);
        sheet.field(Slot::Number, "Type it to confirm", &self.typed);
        self.proof.row(sheet, Slot::Proof);
        sheet.problem(2);
        let danger = if self.matches() { theme.danger } else { theme.dim };
        sheet.buttons(&[
            (Slot::Keep, "Keep them", theme.strong),
            (Slot::Purge, "I understand the consequences, purge them", danger),
        ]);
        sheet.blank();
    }
}
