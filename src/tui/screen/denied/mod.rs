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

use super::paged_rows::{PAGE_SIZE, PagedRows, RowKey};
use super::workspace::ScreenId;
use super::{Component, Destination, Intent, Reply, UpdateContext};
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::row_details::DetailDialog;
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::widget::filter_field::{FilterChange, FilterField};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ledger::{DeniedKey, DeniedRow, LedgerWindow, ListDenied};
use crate::verbs::request::Response;

/// State of the denied attempts screen: a window of rows around the cursor.
#[derive(Default)]
pub struct Denied {
    rows: PagedRows<DeniedRow>,
    filter: FilterField,
}

impl RowKey for DeniedRow {
    type Key = DeniedKey;

    fn key(&self) -> DeniedKey {
        self.key
    }
}

impl Denied {
    /// Returns the loaded rows.
    pub fn rows(&self) -> &PagedRows<DeniedRow> {
        &self.rows
    }

    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&DeniedRow> {
        self.rows.current()
    }

    fn parsed_filter(&self) -> LedgerFilter {
        LedgerFilter::parse(self.filter.text())
    }

    /// Reads the rows at `anchor`.
    fn list(&mut self, anchor: PageCursor<DeniedKey>) -> Intent {
        self.rows.set_page_cursor(anchor);
        let filter = self.parsed_filter();
        Intent::Read(ListDenied { token: None, since: None, filter, cursor: anchor, limit: PAGE_SIZE }.into())
    }

    /// Reads more rows if the cursor is near the end of the loaded ones.
    fn list_more(&mut self) -> Intent {
        self.rows.needs_page().map_or(Intent::Stay, |anchor| self.list(anchor))
    }

    /// Replaces the loaded rows with `window`.
    fn set_rows(&mut self, window: &mut LedgerWindow<DeniedRow>, height: usize) {
        self.rows.set_rows(std::mem::take(&mut window.rows), window.newer, window.older, height);
    }

    /// Records that the list could not be read. Returns `true` if the error still has to be reported elsewhere.
    fn set_error(&mut self, error: &Error) -> bool {
        let must_notify = self.rows.set_error(error);
        if self.rows.is_denied() {
            self.filter.stop_typing();
        }
        must_notify
    }
}

/// Copies the client address of `row`.
pub fn copy_address(row: &DeniedRow) -> Intent {
    let say = |text: &str| Intent::Notify(NoticeId::NotCopied, text.to_owned());
    match row.address.as_str() {
        "" => say("Not copied: the attempts came from several or unknown addresses"),
        // Text that can't be displayed safely must not be pasted either.
        address if address.chars().any(is_control_or_bidi) => {
            say("Not copied: the address contains control characters")
        }
        address => Intent::Run(Effect::CopyText(address.to_owned())),
    }
}

impl Component for Denied {
    fn id(&self) -> &'static str {
        "denied"
    }

    fn context(&self) -> Context {
        self.filter.context(Context::Denied)
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        match action {
            Action::Filter => !self.rows.is_denied(),
            Action::Details | Action::CopyAddress => self.current().is_some(),
            _ => true,
        }
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        let anchor = self.rows.current_page_cursor();
        self.list(anchor)
    }

    fn shows_ledger(&self) -> bool {
        true
    }

    fn on_ledger_changed(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        self.on_open(ctx)
    }

    fn on_resize(&mut self, rows: usize) {
        self.rows.on_resize(rows);
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let Reply::Response(Response::ListDenied(window)) = reply else { return None };
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
            Action::CopyAddress => self.current().map_or(Intent::Stay, copy_address),
            _ if self.rows.move_by(action, ctx.rows) => self.list_more(),
            _ => Intent::Stay,
        }
    }
}
