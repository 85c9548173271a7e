//! A catalogue by which tokens gain methods: which, and their typed number. The verb compares the number again.

use super::{told, wanted};
use crate::domain::catalogue::Catalogue;
use crate::error::Error;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::line::counted;
use crate::tui::widget::passage::{Passage, is_tight};
use crate::tui::widget::sheet::Sheet;
use crate::verbs::catalogue::Preview;

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The typed number.
    Number,
}

/// The dialog.
pub struct Widen {
    catalogue: Catalogue,
    told: Passage,
    count: u64,
    typed: Field,
}

impl Widen {
    /// Tells what `preview` says of `catalogue`.
    pub fn open(catalogue: Catalogue, preview: &Preview) -> Form<Self> {
        Form::new(Widen { catalogue, told: told(preview), count: preview.widening.count, typed: Field::new(12) })
    }
}

impl Dialog for Widen {
    type Slot = Slot;
    const LABELS: usize = 24;

    fn title(&self) -> String {
        format!("Apply {}", self.catalogue.name)
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        vec![(Slot::Number, Kind::Field)]
    }

    fn passage(&self) -> Option<&Passage> {
        Some(&self.told)
    }

    fn passage_mut(&mut self) -> Option<&mut Passage> {
        Some(&mut self.told)
    }

    fn field(&mut self, _slot: Slot) -> Option<&mut Field> {
        Some(&mut self.typed)
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        if self.typed.text() != self.count.to_string() {
            let text = format!("Type their number exactly: {}", self.count);
            return Err(Problem::at(Slot::Number, text));
        }
        let gain = if self.count == 1 { "gains" } else { "gain" };
        let about = format!("{} {gain} methods, from the next request on.", counted(self.count, "token"));
        Ok(Outcome::Confirm(wanted(&self.catalogue, Passage::text(about), Some(self.count))))
    }

    /// What is told here may no longer be so: it is previewed anew.
    fn refused(&mut self, error: Error) -> Pressed<Slot> {
        Ok(Outcome::Refuse(error))
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, _model: &Model) {
        let tight = is_tight(sheet.rows);
        self.told.fill(sheet);
        if !tight {
            sheet.blank();
        }
        sheet.field(Slot::Number, "Number of those tokens", &self.typed);
        sheet.problem(if tight { 1 } else { 2 });
    }
}
