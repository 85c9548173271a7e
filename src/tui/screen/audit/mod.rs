//! The audit log: what was changed, the newest first.
//!
//! ```text
//!  jeton  who@host · role                                       Audit log
//!  / filter                                             position and count
//! ──────────────────────────────────────────────────────────────────────────
//!      WHEN   WHO   VERB   TARGET   PROOF   FACE             │ all of the row
//!  ▶   …                                                     │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: what it was and became; when exactly, and what proved it
//! ```

mod columns;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::desk::Place;
use super::{Facts, Open, Outcome, Page};
use crate::domain::audit::AuditRow;
use crate::domain::audit_filter::AuditFilter;
use crate::domain::text::is_hostile;
use crate::error::{Error, Kind};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::entry::Entry;
use crate::tui::model::{Model, Tone};
use crate::tui::widget::field::Field;
use crate::tui::widget::list::Cursor;
use crate::verbs::audit_log::{AuditAnchor, AuditWindow, Chained};

/// How many rows are asked for at once.
pub const WINDOW: usize = 200;
/// How near to the end of the window the cursor may come before more is asked for.
const MARGIN: usize = 50;

/// The log's state: a window of rows around the cursor.
pub struct Audit {
    /// The rows at hand, the newest first.
    rows: Vec<Chained>,
    /// Whether matching rows are older than those at hand.
    older: bool,
    /// Whether matching rows are newer than those at hand.
    newer: bool,
    /// The number of the log's last row.
    newest: i64,
    /// The row under the cursor, counted in the window.
    cursor: Cursor,
    /// What is typed into the filter.
    filter: Field,
    filtering: bool,
    /// Whether the first rows have come.
    loaded: bool,
    /// Why there are no rows.
    refused: Option<Error>,
    /// What was asked for last.
    anchor: AuditAnchor,
}

impl Default for Audit {
    /// Nothing read yet.
    fn default() -> Self {
        Audit {
            rows: Vec::new(),
            older: false,
            newer: false,
            newest: 0,
            cursor: Cursor::default(),
            filter: Field::new(200),
            filtering: false,
            loaded: false,
            refused: None,
            anchor: AuditAnchor::Newest,
        }
    }
}

impl Audit {
    /// The row under the cursor.
    pub fn current(&self) -> Option<&Chained> {
        self.rows.get(self.cursor.at())
    }

    /// What the filter means.
    pub fn parsed_filter(&self) -> AuditFilter {
        AuditFilter::parse(self.filter.text())
    }

    /// Whether something is typed into the filter.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Whether who signed in may not read it.
    pub fn is_denied(&self) -> bool {
        self.refused.as_ref().is_some_and(|error| error.kind == Kind::Denied)
    }

    /// The log read again, around the row under the cursor; a cursor on the newest row stays on the newest.
    pub fn refresh(&self) -> AuditAnchor {
        match self.current() {
            Some(current) if self.cursor.at() > 0 || self.newer => AuditAnchor::Around(current.row.seq),
            Some(_) | None => AuditAnchor::Newest,
        }
    }

    /// Rows from `anchor` on have been asked for.
    pub fn asked(&mut self, anchor: AuditAnchor) {
        self.anchor = anchor;
    }

    /// Takes a new window: the cursor stays on its row where that is still there, else near it.
    pub fn fill(&mut self, window: AuditWindow, height: usize) {
        let before = self.current().map(|chained| chained.row.seq);
        let at_the_top = !self.newer && self.cursor.shown(height).start == 0;
        self.rows = window.rows;
        self.rows.reverse();
        (self.older, self.newer, self.newest) = (window.older, window.newer, window.newest);
        (self.loaded, self.refused) = (true, None);
        let at = match self.anchor {
            AuditAnchor::Newest | AuditAnchor::Before(_) => 0,
            AuditAnchor::Oldest | AuditAnchor::After(_) => self.rows.len(),
            AuditAnchor::Around(seq) => {
                let wanted = before.unwrap_or(seq);
                self.rows.partition_point(|chained| chained.row.seq > wanted)
            }
        };
        // Whoever sees the newest row goes on seeing it.
        let row_on_screen = if at_the_top && !self.newer { at } else { self.cursor.row_on_screen() };
        self.cursor.put(at, row_on_screen, self.rows.len(), height);
    }

    /// It was not read. Whether that still has to be said elsewhere.
    pub fn not_read(&mut self, error: &Error) -> bool {
        self.refused = Some(error.clone());
        if self.is_denied() {
            self.rows.clear();
            self.filtering = false;
            self.cursor = Cursor::default();
        }
        !self.rows.is_empty()
    }

    /// The terminal has another size: the cursor stays on the screen.
    pub fn resized(&mut self, height: usize) {
        self.cursor.keep_visible(self.rows.len(), height);
    }

    /// The row around which more has to be read, where rows are missing near the cursor.
    pub fn wants_more(&self) -> Option<AuditAnchor> {
        let near_newer = self.newer && self.cursor.at() < MARGIN;
        let near_older = self.older && self.cursor.at() + MARGIN >= self.rows.len();
        let current = self.current().filter(|_| near_newer || near_older)?;
        Some(AuditAnchor::Around(current.row.seq))
    }
}

/// Copies the id of what `row` changed.
pub fn copy_target(row: &AuditRow) -> Outcome {
    if row.target.chars().any(is_hostile) {
        // What can't be shown as it is must not be pasted as it is.
        return Outcome::Say(Tone::Bad, "The target holds control characters and was not copied".to_owned());
    }
    Outcome::Do(Effect::CopyText(row.target.clone()))
}

impl Page for Audit {
    fn context(&self) -> Context {
        if self.filtering { Context::Filter } else { Context::Audit }
    }

    fn field(&mut self) -> Option<&mut Field> {
        if self.filtering { Some(&mut self.filter) } else { None }
    }

    fn edited(&mut self) -> Outcome {
        Outcome::ListAudit(AuditAnchor::Newest)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        match action {
            Action::First => Outcome::ListAudit(AuditAnchor::Newest),
            Action::Last => Outcome::ListAudit(AuditAnchor::Oldest),
            Action::Refresh => Outcome::ListAudit(self.refresh()),
            Action::Filter => {
                self.filtering = true;
                Outcome::Stay
            }
            Action::Enter if self.filtering => {
                self.filtering = false;
                Outcome::Stay
            }
            Action::Cancel if self.filtering || self.is_filtered() => {
                self.filtering = false;
                self.filter.clear();
                Outcome::ListAudit(self.refresh())
            }
            Action::Cancel => Outcome::Show(Place::Tokens),
            Action::Details => self
                .current()
                .map_or(Outcome::Stay, |row| Outcome::Push(Modal::Entry(Box::new(Entry::new(row.clone()))))),
            Action::Verify => Outcome::Open(Open::Verify),
            Action::CopyTarget => self.current().map_or(Outcome::Stay, |chained| copy_target(&chained.row)),
            _ if self.cursor.walk(action, self.rows.len(), facts.rows) => Outcome::Moved,
            _ => Outcome::Stay,
        }
    }
}
