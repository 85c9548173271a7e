//! The screen of a list, of which only a part may be loaded. A [`Source`] says what the rows are.
//!
//! ```text
//!  / filter       options · marked · position and count · facts   ↓ order
//! ──────────────────────────────────────────────────────────────────────────
//!      columns of the source                                   │ row in full
//!  ▶ ✓ …                                                       │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines about the row under the cursor
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::cursor_rest::CursorRest;
use super::known_ends::KnownEnds;
use super::layout;
use super::loaded_rows::{Anchor, ListRow, LoadedRows, PAGE_SIZE, Page};
use super::marks::Marks;
use crate::domain::query::filter_syntax::{FilterFields, UnknownField};
use crate::domain::query::sort::Sort;
use crate::error::Error;
use crate::tui::component::{Damaged, Destination, DialogResult, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::outcome::Outcome;
use crate::tui::text_fit::group_digits;
use crate::tui::widget::filter_field::FilterField;
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::verbs::request::{Request, Response};

/// The rows of a list: how they are read, what they show, and what is special to their screen.
pub trait Source: Default + 'static {
    type Row: ListRow;
    type Filter: FilterFields;
    /// The id of the screen.
    const ID: &'static str;
    /// The context in which the screen's keys are looked up.
    const CONTEXT: Context;
    const TABLE: TableSpec;
    /// The order of the rows, in a word with its arrow. Empty if the list has no order, or if the order can be changed.
    const ORDER: &'static str = "↓ when";
    /// The name of the rows, in plural.
    const NOUN: &'static str = "rows";
    /// `true` if the rows show data of the ledger.
    const SHOWS_LEDGER: bool = false;
    /// Copies a reply with rows. `None` for a list whose ends are not read ahead.
    const COPY_ROWS: Option<fn(&Response) -> Option<Response>> = None;
    /// `true` if the list can be filtered.
    const HAS_FILTER: bool = true;
    /// `true` if the user can hide columns.
    const HIDES_COLUMNS: bool = false;
    /// `true` if a wide screen shows the row under the cursor in full.
    const HAS_PANE: bool = true;

    /// Returns the context in which the screen's keys are looked up now.
    fn context(&self) -> Context {
        Self::CONTEXT
    }

    /// Returns the columns of the table.
    fn table(&self) -> &'static TableSpec {
        const { &Self::TABLE }
    }

    /// Returns the request for `limit` rows at `anchor`.
    fn request(&self, filter: Self::Filter, anchor: Anchor<Key<Self>>, limit: usize) -> Request;

    /// Returns the request for other data that the screen shows. It depends neither on the filter nor on the order.
    fn summary_request(&self) -> Option<Request> {
        None
    }

    /// Returns the request for more data about the row under the cursor.
    fn details_request(&self, _row: &Self::Row) -> Option<Request> {
        None
    }

    /// Returns the request for the current state of the marked rows.
    fn marked_request(_list: &ListScreen<Self>) -> Option<Request> {
        None
    }

    /// Returns the number of marked rows. `None` while they are being counted.
    fn marked_count(list: &ListScreen<Self>) -> Option<u64> {
        Some(list.marks.len() as u64)
    }

    /// Takes the rows out of the reply. `None` if the reply belongs to another request.
    fn take_page(&mut self, response: &mut Response, filter: &Self::Filter) -> Option<Page<Self::Row>>;

    /// Returns the rows that match, if all rows are loaded. A change of the filter then needs no request.
    fn filtered(&self, _filter: &Self::Filter) -> Option<Page<Self::Row>> {
        None
    }

    /// Returns the damaged stored rows that the reply leaves out.
    fn damaged(_response: &Response) -> Option<Damaged> {
        None
    }

    /// Takes data from the reply to a request of any page.
    fn on_data(_list: &mut ListScreen<Self>, _response: &Response) {}

    /// Takes the reply to a request special to the screen.
    fn on_reply(_list: &mut ListScreen<Self>, _response: &mut Response, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        None
    }

    /// Shows a change made here, before the list is read again.
    fn on_change(_list: &mut ListScreen<Self>, _outcome: &mut Outcome, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Goes to something on the screen.
    fn on_go(_list: &mut ListScreen<Self>, _destination: &Destination, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Takes the answer of the dialog that was on top.
    fn on_answer(_list: &mut ListScreen<Self>, _answer: DialogResult) -> Intent {
        Intent::Stay
    }

    /// Handles keys that are special to the screen.
    fn on_action(_list: &mut ListScreen<Self>, _action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        None
    }

    /// Returns `true` if the keys of `action`, special to the screen, can be used now.
    fn is_enabled(_list: &ListScreen<Self>, _action: Action, _model: &Model) -> bool {
        true
    }

    /// Returns a word for the current effect of `action`, if the action has several possible effects.
    fn label(_list: &ListScreen<Self>, _action: Action, _model: &Model) -> Option<&'static str> {
        None
    }

    /// Returns `true` if the loaded rows were read before they were counted.
    fn is_uncounted(&self) -> bool {
        false
    }

    /// Takes note that work in batches has changed rows without naming them.
    fn on_batch_done(&mut self) {}

    /// Returns `true` if the last change can be undone with the key of [`Action::Restore`].
    fn can_undo(&self) -> bool {
        false
    }

    fn cells(&self, row: &Self::Row, filter: &Self::Filter, columns: &TableColumns, model: &Model) -> Vec<Cell>;

    /// Returns two lines about a row.
    fn about(&self, row: &Self::Row, model: &Model) -> [String; 2];

    /// Returns the whole content of a row, as far as there is room in `pane`.
    fn pane_lines(&self, row: &Self::Row, pane: Rect, model: &Model) -> Vec<Line<'static>> {
        row.pane_lines(pane, model)
    }

    /// Returns important facts about the rows, the most important one last.
    fn facts(&self, _model: &Model) -> Vec<(String, Style)> {
        Vec::new()
    }

    /// Returns the restrictions of the list in addition to the filter, in words.
    fn options(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Describes the position of the cursor and the number of rows. Rows of the ledger come and go at any time, so there
    /// is no total, but the number of loaded rows, with `+` if there are more.
    fn count(list: &ListScreen<Self>) -> String {
        let rows = list.loaded_count();
        match list.rows.position().filter(|_| !list.is_filtered() && !list.rows.is_empty()) {
            Some(above) => format!("{} of {rows}", group_digits(above + 1)),
            None if list.is_filtered() => format!("{rows} match"),
            None => rows,
        }
    }

    /// Returns the less important end of the count.
    fn count_suffix(_list: &ListScreen<Self>) -> String {
        String::new()
    }

    /// Returns the order, if it can be changed.
    fn sort(&self) -> Option<Sort> {
        None
    }

    /// Returns a reason why nothing may match `filter`.
    fn no_match_hint(&self, _filter: &Self::Filter, _model: &Model) -> Option<String> {
        None
    }

    /// Returns the text of the empty list without a filter.
    fn empty_text(&self, model: &Model) -> &'static str;

    /// Returns a key that helps in an empty list, and its effect.
    fn empty_hint(&self, _model: &Model) -> Option<(String, &'static str)> {
        None
    }

    /// Returns the text for an account that may not read the list.
    fn denied_text(error: &Error) -> String {
        error.to_string()
    }
}

pub type Key<S> = <<S as Source>::Row as ListRow>::Key;

/// State of the screen: a window of rows around the cursor.
pub struct ListScreen<S: Source> {
    pub source: S,
    pub rows: LoadedRows<S::Row>,
    pub filter: FilterField,
    pub marks: Marks<S::Row>,
    /// The row that the pane describes.
    pub(super) rest: CursorRest<S::Row>,
    pub(super) ends: KnownEnds,
    /// `true` if the ledger has changed while the rows were being read.
    pub(super) must_read_again: bool,
}

impl<S: Source> Default for ListScreen<S> {
    /// Creates an empty list, not yet loaded.
    fn default() -> Self {
        ListScreen {
            source: S::default(),
            rows: LoadedRows::default(),
            filter: FilterField::default(),
            marks: Marks::default(),
            rest: CursorRest::default(),
            ends: KnownEnds::default(),
            must_read_again: false,
        }
    }
}

impl<S: Source> ListScreen<S> {
    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&S::Row> {
        self.rows.current()
    }

    /// Returns `true` if the filter or an option hides rows.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty() || !self.source.options().is_empty()
    }

    /// Returns the part of the filter that looks like a field but is unknown.
    pub fn unknown_field(&self) -> Option<UnknownField> {
        self.filter.unknown_field::<S::Filter>()
    }

    /// Returns the number of loaded rows, with `+` if there are more.
    pub fn loaded_count(&self) -> String {
        let more = if self.rows.has_before() || self.rows.has_after() { "+" } else { "" };
        format!("{}{more}", group_digits(self.rows.all().len() as u64))
    }

    /// Returns the filter. An unknown field in it is treated as a word.
    pub fn parsed_filter(&self) -> S::Filter {
        S::Filter::parse(self.filter.text())
    }

    /// Returns the request for the rows at `anchor`.
    pub(super) fn request(&self, anchor: Anchor<Key<S>>) -> Request {
        let limit = self.page_size(&anchor);
        self.source.request(self.parsed_filter(), anchor, limit)
    }

    /// Returns the number of rows to read at `anchor`.
    pub(super) fn page_size(&self, anchor: &Anchor<Key<S>>) -> usize {
        if S::Row::NEWEST_FIRST { PAGE_SIZE } else { anchor.page_size() }
    }

    /// Reads the rows at `anchor` in place of those shown. Keys wait for them.
    pub fn list(&mut self, anchor: Anchor<Key<S>>) -> Intent {
        self.rest.end();
        self.ends.clear();
        self.rows.set_outdated();
        self.read_rows(anchor)
    }

    /// Reads all that the screen shows again, with the rows around the cursor.
    pub fn list_again(&mut self) -> Intent {
        self.ends.clear();
        let rows = self.read_rows(self.rows.current_anchor());
        let summary = self.source.summary_request().map(Intent::read);
        Intent::All([rows].into_iter().chain(summary).collect())
    }

    /// Reads the rows at `anchor`, and nothing else that the screen shows.
    pub(super) fn read_rows(&mut self, anchor: Anchor<Key<S>>) -> Intent {
        self.read_page(anchor.clone(), self.page_size(&anchor))
    }

    /// Reads `limit` rows at `anchor`.
    pub(super) fn read_page(&mut self, anchor: Anchor<Key<S>>, limit: usize) -> Intent {
        self.ends.stop_reading();
        self.rows.set_anchor(anchor.clone());
        Intent::read(self.source.request(self.parsed_filter(), anchor, limit))
    }

    /// Shows the rows at `anchor` that match the filter. Reads them, unless all rows are loaded.
    pub fn filter_rows(&mut self, anchor: Anchor<Key<S>>, ctx: &UpdateContext<'_>) -> Intent {
        let Some(page) = self.source.filtered(&self.parsed_filter()) else { return self.list(anchor) };
        self.rows.set_anchor(anchor);
        self.set_page(page, ctx);
        self.read_details()
    }

    pub(super) fn set_page(&mut self, page: Page<S::Row>, ctx: &UpdateContext<'_>) {
        self.rows.set_page(page, ctx.rows);
        self.measure(ctx);
    }

    /// Returns the width of the list on a terminal of `columns`.
    pub(super) fn columns(&self, columns: u16) -> u16 {
        if S::HAS_PANE { layout::list_columns(columns) } else { columns }
    }

    /// Measures the cells of all loaded rows. Their widths don't change while the cursor moves through the rows.
    pub(super) fn measure(&mut self, ctx: &UpdateContext<'_>) {
        let columns = self.fitting_columns(self.columns(ctx.size.0).into(), ctx.model);
        let filter = self.parsed_filter();
        let mut widths = std::mem::take(&mut self.rows.cell_widths);
        widths.begin(&columns);
        self.rows.all().iter().for_each(|row| widths.add(&self.source.cells(row, &filter, &columns, ctx.model)));
        self.rows.cell_widths = widths;
    }

    /// Returns the row that the pane describes: the one under the cursor, once the cursor rests.
    pub(super) fn described(&self) -> Option<&S::Row> {
        self.rest.described(self.current())
    }

    /// Returns the request for more data about the row under the cursor.
    pub(super) fn details_request(&self) -> Option<Request> {
        self.source.details_request(self.current()?)
    }

    /// Moves the cursor if `action` is a move, and returns `true` then.
    pub(super) fn move_cursor(&mut self, action: Action, ctx: &UpdateContext<'_>) -> bool {
        let left = self.described().cloned();
        let (before, top) = (self.rows.cursor().position(), self.rows.first_visible());
        let is_move = self.rows.move_by(action, ctx.rows);
        if self.rows.cursor().position() != before {
            self.rest.on_move(left, self.rows.first_visible() != top, ctx.now);
        }
        is_move
    }

    pub(super) fn read_details(&self) -> Intent {
        self.details_request().map_or(Intent::Stay, Intent::read)
    }

    /// Reads the marked rows again.
    pub fn read_marked(&self) -> Intent {
        if self.marks.is_empty() { Intent::Stay } else { S::marked_request(self).map_or(Intent::Stay, Intent::read) }
    }

    /// Handles a move of the cursor to another row: reads its details if the cursor rests, and more rows near the end of the
    /// loaded ones.
    pub(super) fn on_cursor_moved(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let details = if self.rest.rests_at().is_none() { self.read_details() } else { Intent::Stay };
        match self.rows.missing_rows(ctx.rows).filter(|_| !self.is_reading_rows(ctx)) {
            Some(anchor) => Intent::All(vec![details, self.read_rows(anchor)]),
            None => details,
        }
    }

    /// Shows the new state of changed rows before the list is read again, so that the next key acts on it.
    pub fn show_changed<'a>(&mut self, changed: impl IntoIterator<Item = &'a S::Row>) {
        self.ends.forget();
        for row in changed {
            self.rows.replace(row);
            self.marks.refresh(row);
        }
    }

    /// Returns the rows for the next action: those marked one by one, else the one under the cursor.
    pub fn targets(&self) -> Vec<S::Row> {
        if self.marks.is_empty() {
            self.current().cloned().into_iter().collect()
        } else {
            self.marks.rows().cloned().collect()
        }
    }

    /// Returns `true` if there are rows for the next action.
    pub fn has_targets(&self) -> bool {
        !self.marks.is_empty() || self.current().is_some()
    }
}
