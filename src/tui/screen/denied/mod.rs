//! The screen of denied attempts with their reasons, newest first.
//!
//! ```text
//!  jeton  who@host · role                                 Denied attempts
//!  / filter                                                       count
//! ──────────────────────────────────────────────────────────────────────────
//!    WHEN   TIMES   REASON   TOKEN   SECRET   ADDRESS   CLIENT │ row in full
//!  ▶  …                                                        │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: reason and secret; exact time and address
//! ```

mod columns;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::desk::Place;
use super::stretch::{Keyed, Stretch};
use super::{Facts, Outcome, Page};
use crate::domain::ledger_filter::LedgerFilter;
use crate::domain::text::is_control_or_bidi;
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::row_details::DetailDialog;
use crate::tui::model::{Model, Tone};
use crate::tui::widget::filter::{FilterChange, FilterField};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ledger::{DeniedKey, DeniedRow, LedgerCursor, LedgerWindow};

/// State of the denied attempts screen: a window of rows around the cursor.
#[derive(Default)]
pub struct Denied {
    stretch: Stretch<DeniedRow>,
    filter: FilterField,
}

impl Keyed for DeniedRow {
    type Key = DeniedKey;

    fn key(&self) -> DeniedKey {
        self.key
    }
}

impl Denied {
    /// Returns the loaded rows.
    pub fn stretch(&self) -> &Stretch<DeniedRow> {
        &self.stretch
    }

    /// Returns the loaded rows for an update.
    pub fn stretch_mut(&mut self) -> &mut Stretch<DeniedRow> {
        &mut self.stretch
    }

    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&DeniedRow> {
        self.stretch.current()
    }

    /// Returns the parsed filter.
    pub fn parsed_filter(&self) -> LedgerFilter {
        LedgerFilter::parse(self.filter.text())
    }

    /// Takes a new window of rows.
    pub fn fill(&mut self, window: LedgerWindow<DeniedRow>, height: usize) {
        self.stretch.fill(window.rows, window.newer, window.older, height);
    }

    /// Records that the list could not be read. Returns `true` if the error still has to be reported elsewhere.
    pub fn not_read(&mut self, error: &Error) -> bool {
        let to_be_said = self.stretch.not_read(error);
        if self.stretch.is_denied() {
            self.filter.stop_typing();
        }
        to_be_said
    }
}

/// Copies the client address of `row`.
pub fn copy_address(row: &DeniedRow) -> Outcome {
    let say = |text: &str| Outcome::Say(Tone::Bad, text.to_owned());
    match row.address.as_str() {
        "" => say("No one address is known of these"),
        // Text that can't be displayed safely must not be pasted either.
        address if address.chars().any(is_control_or_bidi) => {
            say("The address holds control characters and was not copied")
        }
        address => Outcome::Do(Effect::CopyText(address.to_owned())),
    }
}

impl Page for Denied {
    fn context(&self) -> Context {
        self.filter.context(Context::Denied)
    }

    fn field(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn edited(&mut self) -> Outcome {
        Outcome::ListDenied(LedgerCursor::Newest)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        self.stretch.remember(action);
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Outcome::Stay,
            Some(FilterChange::Cleared) => return Outcome::ListDenied(self.stretch.unfiltered()),
            None => {}
        }
        match action {
            Action::First => Outcome::ListDenied(LedgerCursor::Newest),
            Action::Last => Outcome::ListDenied(LedgerCursor::Oldest),
            Action::Refresh => Outcome::ListDenied(self.stretch.refresh()),
            Action::Cancel => Outcome::Show(Place::Tokens),
            Action::Details => self
                .current()
                .map_or(Outcome::Stay, |row| Outcome::Push(Modal::DeniedRow(Box::new(DetailDialog::new(row.clone()))))),
            Action::CopyAddress => self.current().map_or(Outcome::Stay, copy_address),
            _ if self.stretch.walk(action, facts.rows) => Outcome::Moved,
            _ => Outcome::Stay,
        }
    }
}
