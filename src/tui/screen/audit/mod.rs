//! The audit log screen: all changes, newest first.
//!
//! ```text
//!  jeton  who@host · role                                       Audit log
//!  / filter                                             position and count
//! ──────────────────────────────────────────────────────────────────────────
//!      WHEN   WHO   VERB   TARGET   PROOF   FACE             │ row in full
//!  ▶   …                                                     │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: values before and after; exact time and proof
//! ```

mod columns;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::desk::Place;
use super::stretch::{Keyed, Stretch};
use super::{Facts, Open, Outcome, Page};
use crate::domain::audit::AuditRow;
use crate::domain::audit_filter::AuditFilter;
use crate::domain::text::is_control_or_bidi;
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::row_details::DetailDialog;
use crate::tui::model::{Model, Tone};
use crate::tui::widget::filter::{FilterChange, FilterField};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::audit_log::{AuditWindow, HashedRow};
use crate::verbs::ledger::LedgerCursor;

/// State of the audit log screen: a window of rows around the cursor.
#[derive(Default)]
pub struct Audit {
    stretch: Stretch<HashedRow>,
    /// Number of the log's last row.
    newest: i64,
    /// `true` if damaged rows are left out.
    is_damaged: bool,
    filter: FilterField,
}

impl Keyed for HashedRow {
    type Key = i64;

    fn key(&self) -> i64 {
        self.row.seq
    }
}

impl Audit {
    /// Returns the loaded rows.
    pub fn stretch(&self) -> &Stretch<HashedRow> {
        &self.stretch
    }

    /// Returns the loaded rows for an update.
    pub fn stretch_mut(&mut self) -> &mut Stretch<HashedRow> {
        &mut self.stretch
    }

    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&HashedRow> {
        self.stretch.current()
    }

    /// Returns the parsed filter.
    pub fn parsed_filter(&self) -> AuditFilter {
        AuditFilter::parse(self.filter.text())
    }

    /// Takes a new window of rows.
    pub fn fill(&mut self, mut window: AuditWindow, height: usize) {
        window.rows.reverse();
        self.newest = window.newest;
        self.is_damaged = !window.unreadable.is_empty();
        self.stretch.fill(window.rows, window.newer, window.older, height);
    }

    /// Records that the log could not be read. Returns `true` if the error still has to be reported elsewhere.
    pub fn not_read(&mut self, error: &Error) -> bool {
        let to_be_said = self.stretch.not_read(error);
        if self.stretch.is_denied() {
            self.filter.stop_typing();
        }
        to_be_said
    }
}

/// Copies the id of the object that `row` changed.
pub fn copy_target(row: &AuditRow) -> Outcome {
    if row.target.chars().any(is_control_or_bidi) {
        // Text that can't be displayed safely must not be pasted either.
        return Outcome::Say(Tone::Bad, "The target holds control characters and was not copied".to_owned());
    }
    Outcome::Do(Effect::CopyText(row.target.clone()))
}

impl Page for Audit {
    fn context(&self) -> Context {
        self.filter.context(Context::Audit)
    }

    fn field(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn edited(&mut self) -> Outcome {
        Outcome::ListAudit(LedgerCursor::Newest)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        self.stretch.remember(action);
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Outcome::Stay,
            Some(FilterChange::Cleared) => return Outcome::ListAudit(self.stretch.unfiltered()),
            None => {}
        }
        match action {
            Action::First => Outcome::ListAudit(LedgerCursor::Newest),
            Action::Last => Outcome::ListAudit(LedgerCursor::Oldest),
            Action::Refresh => Outcome::ListAudit(self.stretch.refresh()),
            Action::Cancel => Outcome::Show(Place::Tokens),
            Action::Details => self
                .current()
                .map_or(Outcome::Stay, |row| Outcome::Push(Modal::AuditRow(Box::new(DetailDialog::new(row.clone()))))),
            Action::Verify => Outcome::Open(Open::Verify),
            Action::CopyTarget => self.current().map_or(Outcome::Stay, |chained| copy_target(&chained.row)),
            _ if self.stretch.walk(action, facts.rows) => Outcome::Moved,
            _ => Outcome::Stay,
        }
    }
}
