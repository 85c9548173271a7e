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

use super::paged_rows::{PAGE_SIZE, PagedRows, RowKey};
use super::workspace::ScreenId;
use super::{Component, Destination, Intent, Reply, UpdateContext};
use crate::domain::audit::AuditRow;
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::audit_check::AuditCheckDialog;
use crate::tui::modal::row_details::DetailDialog;
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::widget::filter_field::{FilterChange, FilterField};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::audit::ListAudit;
use crate::verbs::ports::audit_log::{AuditWindow, HashedRow};
use crate::verbs::request::Response;

/// State of the audit log screen: a window of rows around the cursor.
#[derive(Default)]
pub struct Audit {
    rows: PagedRows<HashedRow>,
    /// Number of the log's last row.
    newest: i64,
    /// `true` if damaged rows are left out.
    is_damaged: bool,
    filter: FilterField,
}

impl RowKey for HashedRow {
    type Key = i64;

    fn key(&self) -> i64 {
        self.row.seq
    }
}

impl Audit {
    /// Returns the loaded rows.
    pub fn rows(&self) -> &PagedRows<HashedRow> {
        &self.rows
    }

    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&HashedRow> {
        self.rows.current()
    }

    fn parsed_filter(&self) -> AuditFilter {
        AuditFilter::parse(self.filter.text())
    }

    /// Reads the rows at `anchor`.
    fn list(&mut self, anchor: PageCursor<i64>) -> Intent {
        self.rows.set_page_cursor(anchor);
        let filter = self.parsed_filter();
        Intent::Read(ListAudit { since: None, token: None, filter, cursor: anchor, limit: PAGE_SIZE }.into())
    }

    /// Reads more rows if the cursor is near the end of the loaded ones.
    fn list_more(&mut self) -> Intent {
        self.rows.needs_page().map_or(Intent::Stay, |anchor| self.list(anchor))
    }

    /// Takes a new window of rows.
    fn set_rows(&mut self, window: &mut AuditWindow, height: usize) {
        let mut rows = std::mem::take(&mut window.rows);
        rows.reverse();
        self.newest = window.newest;
        self.is_damaged = !window.unreadable.is_empty();
        self.rows.set_rows(rows, window.newer, window.older, height);
    }

    /// Records that the log could not be read. Returns `true` if the error still has to be reported elsewhere.
    fn set_error(&mut self, error: &Error) -> bool {
        let must_notify = self.rows.set_error(error);
        if self.rows.is_denied() {
            self.filter.stop_typing();
        }
        must_notify
    }
}

/// Copies the id of the object that `row` changed.
pub fn copy_target(row: &AuditRow) -> Intent {
    if row.target.chars().any(is_control_or_bidi) {
        // Text that can't be displayed safely must not be pasted either.
        return Intent::Notify(NoticeId::NotCopied, "Not copied: the target contains control characters".to_owned());
    }
    Intent::Run(Effect::CopyText(row.target.clone()))
}

impl Component for Audit {
    fn id(&self) -> &'static str {
        "audit"
    }

    fn context(&self) -> Context {
        self.filter.context(Context::Audit)
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        match action {
            Action::Filter => !self.rows.is_denied(),
            Action::Details | Action::CopyTarget => self.current().is_some(),
            _ => true,
        }
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        let anchor = self.rows.current_page_cursor();
        self.list(anchor)
    }

    fn on_resize(&mut self, rows: usize) {
        self.rows.on_resize(rows);
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let Reply::Response(Response::ListAudit(window)) = reply else { return None };
        self.set_rows(window, ctx.rows);
        Some(self.list_more())
    }

    fn on_read_error(&mut self, error: Error, _ctx: &UpdateContext<'_>) -> Intent {
        if self.set_error(&error) {
            return Intent::Notify(NoticeId::Error(error.kind), error.to_string());
        }
        Intent::Stay
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn on_edit(&mut self) -> Intent {
        self.list(PageCursor::Newest)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        self.rows.track_filter_origin(action);
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Intent::Stay,
            Some(FilterChange::Cleared) => {
                let anchor = self.rows.cursor_without_filter();
                return self.list(anchor);
            }
            None => {}
        }
        match action {
            Action::First => self.list(PageCursor::Newest),
            Action::Last => self.list(PageCursor::Oldest),
            Action::Refresh => self.on_open(ctx),
            Action::Cancel => Intent::Go(Destination::Screen(ScreenId::Tokens)),
            Action::Details => {
                self.current().map_or(Intent::Stay, |row| Intent::Push(Box::new(DetailDialog::new(row.clone()))))
            }
            Action::CheckAuditLog => Intent::Push(Box::new(AuditCheckDialog::new())),
            Action::CopyTarget => self.current().map_or(Intent::Stay, |chained| copy_target(&chained.row)),
            _ if self.rows.move_by(action, ctx.rows) => self.list_more(),
            _ => Intent::Stay,
        }
    }
}
