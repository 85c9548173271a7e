//! The screen of a long list, newest row first, of which only a part is loaded. A [`Source`] says what the rows are.
//!
//! ```text
//!  jeton  who@host · role                                           title
//!  / filter                                             position and count
//! ──────────────────────────────────────────────────────────────────────────
//!    columns of the source                                     │ row in full
//!  ▶   …                                                       │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines about the row under the cursor
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::list_layout::{self, ScreenParts, filter_line};
use super::paged_rows::{PagedRows, RowKey};
use super::workspace::ScreenId;
use crate::domain::query::filter_syntax::{self, FilterFields, UnknownField};
use crate::domain::query::page_cursor::PageCursor;
use crate::error::Error;
use crate::tui::component::{Component, Destination, Intent, Reply, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::row_details::{self, DetailDialog, DetailRow};
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::widget::filter_field::{FilterChange, FilterField};
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::tui::widget::text_fit::{cut, group_digits};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ledger::LedgerWindow;
use crate::verbs::request::{Request, Response};

/// The rows of a list: how they are read and what they show.
pub trait Source: Default + 'static {
    type Row: RowKey + DetailRow + Clone + 'static;
    type Filter: FilterFields;
    /// The id of the screen.
    const ID: &'static str;
    /// The context in which the screen's keys are looked up.
    const CONTEXT: Context;
    /// The title of the screen.
    const TITLE: &'static str;
    const TABLE: TableSpec;
    /// The order of the rows, in a word.
    const ORDER: &'static str = "when";
    /// `true` if the rows come from the ledger.
    const SHOWS_LEDGER: bool = true;

    /// Returns the request for the rows at `cursor`.
    fn request(filter: Self::Filter, cursor: PageCursor<Key<Self>>) -> Request;

    /// Takes the rows out of the reply. `None` if the reply belongs to another request.
    fn take_page(&mut self, response: &mut Response) -> Option<Page<Self::Row>>;

    /// Returns the cells of a row, one for each column of the table.
    fn cells(row: &Self::Row, filter: &Self::Filter, columns: &TableColumns, model: &Model) -> Vec<Cell>;

    /// Returns two lines about a row.
    fn about(row: &Self::Row, model: &Model) -> [String; 2];

    /// Returns the text of the empty list without a filter.
    fn empty_text(&self, model: &Model) -> &'static str;

    /// Returns the text for an account that may not read the list.
    fn denied_text(error: &Error) -> String {
        error.to_string()
    }

    /// Describes the position of the cursor and the number of rows. Rows of the ledger come and go at any time, so there
    /// is no total, but the number of loaded rows, with `+` if there are more.
    fn count(&self, list: &PagedList<Self>) -> String {
        let rows = list.loaded_count();
        match (list.unknown_field(), list.filter.is_empty(), list.rows.position()) {
            (Some(unknown), ..) => format!("unknown {unknown}"),
            (None, false, _) => format!("{rows} match"),
            (None, true, Some(above)) if !list.rows.is_empty() => {
                format!("{} of {rows}", group_digits(above as u64 + 1))
            }
            (None, true, _) => rows,
        }
    }

    /// Handles keys that are special to the screen and not about a row.
    fn on_action(_action: Action) -> Option<Intent> {
        None
    }
}

/// The key of a source's rows.
pub type Key<S> = <<S as Source>::Row as RowKey>::Key;

/// A page of rows, newest first.
pub struct Page<R> {
    pub rows: Vec<R>,
    /// `true` if matching rows are newer than these.
    pub newer: bool,
    /// `true` if matching rows are older than these.
    pub older: bool,
}

impl<R> From<&mut LedgerWindow<R>> for Page<R> {
    fn from(window: &mut LedgerWindow<R>) -> Self {
        Page { rows: std::mem::take(&mut window.rows), newer: window.newer, older: window.older }
    }
}

/// State of the screen: a window of rows around the cursor.
pub struct PagedList<S: Source> {
    source: S,
    rows: PagedRows<S::Row>,
    filter: FilterField,
}

impl<S: Source> Default for PagedList<S> {
    /// Creates an empty list, not yet loaded.
    fn default() -> Self {
        PagedList { source: S::default(), rows: PagedRows::default(), filter: FilterField::default() }
    }
}

impl<S: Source> PagedList<S> {
    /// Returns the loaded rows.
    pub fn rows(&self) -> &PagedRows<S::Row> {
        &self.rows
    }

    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&S::Row> {
        self.rows.current()
    }

    /// Returns `true` if the list has no filter.
    pub fn is_unfiltered(&self) -> bool {
        self.filter.is_empty()
    }

    /// Returns the part of the filter that looks like a field but is unknown.
    pub fn unknown_field(&self) -> Option<UnknownField> {
        self.filter.unknown_field::<S::Filter>()
    }

    /// Returns the number of loaded rows, with `+` if there are more.
    pub fn loaded_count(&self) -> String {
        let more = if self.rows.has_more() { "+" } else { "" };
        format!("{}{more}", group_digits(self.rows.len() as u64))
    }

    fn parsed_filter(&self) -> S::Filter {
        filter_syntax::parse_lenient(self.filter.text())
    }

    /// Reads the rows at `cursor`.
    fn list(&mut self, cursor: PageCursor<Key<S>>) -> Intent {
        self.rows.set_page_cursor(cursor.clone());
        Intent::read(S::request(self.parsed_filter(), cursor))
    }

    /// Reads the rows around the cursor again.
    fn list_again(&mut self) -> Intent {
        let cursor = self.rows.current_page_cursor();
        self.list(cursor)
    }

    /// Reads more rows if the cursor is near the end of the loaded ones.
    fn list_more(&mut self) -> Intent {
        self.rows.needs_page().map_or(Intent::Stay, |cursor| self.list(cursor))
    }

    fn count(&self) -> String {
        if self.rows.error().is_some() {
            return String::new();
        }
        let count = if self.rows.is_loaded() { self.source.count(self) } else { "reading…".to_owned() };
        format!("{count}   ↓ {} ", S::ORDER)
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let layout = TableColumns::new(const { &S::TABLE }, columns);
        let height = usize::from(area.height).saturating_sub(1);
        let mut lines = vec![Line::styled(layout.heading(None), model.theme.dim)];
        let filter = self.parsed_filter();
        let rows = self.rows.visible_rows(height);
        lines.extend(rows.map(|(row, is_current)| {
            layout.row(S::cells(row, &filter, &layout, model), is_current, false, &model.theme)
        }));
        if self.rows.is_loaded() && self.rows.is_empty() {
            lines.push(Line::default());
            lines.extend(if self.filter.is_empty() {
                vec![Line::raw(cut(&format!(" {}", self.source.empty_text(model)), columns))]
            } else {
                self.filter.no_match_lines("", self.unknown_field().as_ref(), columns)
            });
        }
        frame.render_widget(Paragraph::new(lines), area);
    }
}

impl<S: Source> Component for PagedList<S> {
    fn id(&self) -> &'static str {
        S::ID
    }

    fn context(&self) -> Context {
        self.filter.context(S::CONTEXT)
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        match action {
            Action::Filter => !self.rows.is_denied(),
            Action::Details | Action::CopyTarget | Action::CopyAddress => self.current().is_some(),
            _ => true,
        }
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        self.list_again()
    }

    fn shows_ledger(&self) -> bool {
        S::SHOWS_LEDGER
    }

    fn on_ledger_changed(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        if S::SHOWS_LEDGER { self.list_again() } else { Intent::Stay }
    }

    fn on_resize(&mut self, rows: usize) {
        self.rows.on_resize(rows);
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let Reply::Response(response) = reply else { return None };
        let page = self.source.take_page(response)?;
        self.rows.set_rows(page.rows, page.newer, page.older, ctx.rows);
        Some(self.list_more())
    }

    fn on_read_error(&mut self, error: Error, _ctx: &UpdateContext<'_>) -> Intent {
        let must_notify = self.rows.set_error(&error);
        if self.rows.is_denied() {
            self.filter.stop_typing();
        }
        if must_notify { Intent::Notify(NoticeId::Error(error.kind), error.to_string()) } else { Intent::Stay }
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn on_edit(&mut self) -> Intent {
        self.list(PageCursor::Newest)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let about = self.current().map_or_else(Default::default, |row| S::about(row, model));
        let parts = ScreenParts {
            head: vec![Span::styled(S::TITLE, model.theme.strong)],
            second: filter_line(&self.filter, &self.count(), columns, model),
            about: list_layout::unless_detail_pane(about, area),
            undo: None,
        };
        let body = list_layout::draw(frame, area, parts, model);
        if let Some(error) = self.rows.error() {
            let lines = list_layout::error_lines(error, &S::denied_text(error), columns, model);
            frame.render_widget(Paragraph::new(lines), body);
            return;
        }
        let (table, pane) = list_layout::split_detail_pane(frame, body, &model.theme);
        if let (Some(pane), Some(current)) = (pane, self.current()) {
            frame.render_widget(Paragraph::new(row_details::pane_lines(current, pane, model)), pane);
        }
        self.draw_table(frame, table, model);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        self.rows.track_filter_origin(action);
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Intent::Stay,
            Some(FilterChange::Cleared) => {
                let cursor = self.rows.cursor_without_filter();
                return self.list(cursor);
            }
            None => {}
        }
        match action {
            Action::First => self.list(PageCursor::Newest),
            Action::Last => self.list(PageCursor::Oldest),
            Action::Refresh => self.list_again(),
            Action::Cancel => Intent::Go(Destination::Screen(ScreenId::Tokens)),
            Action::Details => self.current().map_or(Intent::Stay, |row| Intent::push(DetailDialog::new(row.clone()))),
            _ if self.rows.move_by(action, ctx.rows) => self.list_more(),
            _ => {
                S::on_action(action).unwrap_or_else(|| self.current().map_or(Intent::Stay, |row| row.on_action(action)))
            }
        }
    }
}
