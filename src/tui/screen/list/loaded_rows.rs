//! A window into a list that moves with the cursor. [`super::list_screen`] shows it.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::domain::query::page_cursor::PageCursor;
use crate::error::{Error, Kind};
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::widget::list_cursor::Cursor;
use crate::tui::widget::table_columns::CellWidths;

/// Number of rows per request.
pub const PAGE_SIZE: usize = 200;
/// Number of rows per request for an end of a filtered list: what most terminals show, so that they show it sooner. More are
/// read when the cursor moves on.
const PAGE_SIZE_AT_END: usize = 64;
/// Distance between the cursor and the end of the loaded rows at which more rows are requested.
const PREFETCH_MARGIN: usize = 50;

/// A row with a unique key.
pub trait ListRow: Clone + 'static {
    type Key: Ord + Clone;
    /// `true` if the rows are in the order of their keys, the greatest first.
    const NEWEST_FIRST: bool = false;
    fn key(&self) -> Self::Key;
    /// Returns `true` if the row is the one that had `key`, perhaps at another time.
    fn had_key(&self, key: &Self::Key) -> bool {
        self.key() == *key
    }
    /// Returns `true` for an event of a log. A cursor on the newest event stays on the newest one.
    fn is_event(&self) -> bool {
        Self::NEWEST_FIRST
    }
    /// Handles keys special to the row.
    fn on_action(&self, _action: Action, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }
    /// Returns the whole content of the row, as far as there is room in `pane`.
    fn pane_lines(&self, _pane: Rect, _model: &Model) -> Vec<Line<'static>> {
        Vec::new()
    }
}

/// The position of the requested rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor<K> {
    /// The first rows.
    Start,
    /// The last rows.
    End,
    /// The rows around this one, and its last known position.
    Around(K, Option<u64>),
}

impl<K> Anchor<K> {
    /// Returns the number of rows to request.
    pub fn page_size(&self) -> usize {
        match self {
            Anchor::Start | Anchor::End => PAGE_SIZE_AT_END,
            Anchor::Around(..) => PAGE_SIZE,
        }
    }
}

impl<K> From<Anchor<K>> for PageCursor<K> {
    fn from(anchor: Anchor<K>) -> Self {
        match anchor {
            Anchor::Start => PageCursor::Newest,
            Anchor::End => PageCursor::Oldest,
            Anchor::Around(key, _) => PageCursor::Around(key),
        }
    }
}

/// Rows that follow each other in the list.
pub struct Page<R> {
    pub rows: Vec<R>,
    /// Number of rows before these; `None` if there are some but they are not counted.
    pub position: Option<u64>,
    /// `true` if there are rows after these.
    pub has_after: bool,
}

impl<R> Page<R> {
    /// Creates a page with all rows of the list.
    pub fn whole(rows: Vec<R>) -> Self {
        Page { rows, position: Some(0), has_after: false }
    }
}

/// The loaded rows around the cursor.
pub struct LoadedRows<R: ListRow> {
    page: Page<R>,
    /// Widths of the cells of all rows.
    pub cell_widths: CellWidths,
    /// Position in the page.
    cursor: Cursor,
    /// `true` once the first rows have arrived.
    loaded: bool,
    /// Reason why there are no rows.
    error: Option<Error>,
    /// The anchor of the last request.
    anchor: Anchor<R::Key>,
    /// `true` from a change of the filter, the order or the anchor until its rows arrive.
    is_outdated: bool,
    /// Row of the cursor before typing in the filter; `None` once the cursor has moved since.
    origin: Option<R::Key>,
    /// Row to which the cursor goes when the next rows arrive.
    target: Option<R::Key>,
}

impl<R: ListRow> Default for LoadedRows<R> {
    /// Creates an empty list, not yet loaded.
    fn default() -> Self {
        LoadedRows {
            page: Page::whole(Vec::new()),
            cell_widths: CellWidths::default(),
            cursor: Cursor::default(),
            loaded: false,
            error: None,
            anchor: Anchor::Start,
            is_outdated: false,
            origin: None,
            target: None,
        }
    }
}

impl<R: ListRow> LoadedRows<R> {
    pub fn all(&self) -> &[R] {
        &self.page.rows
    }

    /// Returns the cursor, whose position is that in the loaded rows.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Returns the first row on the screen, as a position in the loaded rows.
    pub fn first_visible(&self) -> usize {
        self.cursor.position() - self.cursor.row_on_screen()
    }

    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&R> {
        self.page.rows.get(self.cursor.position())
    }

    /// Returns the row under the cursor, for a change of the row.
    pub fn current_mut(&mut self) -> Option<&mut R> {
        self.page.rows.get_mut(self.cursor.position())
    }

    pub fn is_empty(&self) -> bool {
        self.page.rows.is_empty()
    }

    /// Returns `true` once the first rows have arrived.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Returns `true` if there are rows before the loaded ones.
    pub fn has_before(&self) -> bool {
        self.page.position != Some(0)
    }

    /// Returns `true` if there are rows after the loaded ones.
    pub fn has_after(&self) -> bool {
        self.page.has_after
    }

    /// Rows above the cursor, or `None` if the rows before the loaded ones are not counted.
    pub fn position(&self) -> Option<u64> {
        self.page.position.map(|before| before + self.cursor.position() as u64)
    }

    /// Returns the reason why no rows are shown.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref().filter(|_| self.is_empty())
    }

    /// Returns `true` if the signed-in account may not read the list.
    pub fn is_denied(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind == Kind::Denied)
    }

    /// Sets the row to which the cursor goes when the next rows arrive.
    pub fn set_target(&mut self, target: Option<R::Key>) {
        self.target = target;
    }

    /// Returns `true` if the rows shown, or the cursor, will be others once the rows arrive that are being read.
    pub fn is_outdated(&self) -> bool {
        self.is_outdated || self.target.is_some() || !self.loaded
    }

    pub fn set_outdated(&mut self) {
        self.is_outdated = true;
    }

    /// Returns the anchor for reading the list again: around the row to which the cursor has to go, else that of the rows
    /// which keys wait for, else around the row under the cursor. In a log, a cursor on the newest row stays on the newest row.
    pub fn current_anchor(&self) -> Anchor<R::Key> {
        let stays_on_newest = self.position() == Some(0) && self.current().is_some_and(R::is_event);
        let around = |key| Anchor::Around(key, None);
        match (&self.target, self.current()) {
            (Some(key), _) => around(key.clone()),
            (None, _) if self.is_outdated => self.anchor.clone(),
            (None, Some(row)) if !stays_on_newest => around(row.key()),
            (None, _) => Anchor::Start,
        }
    }

    /// Remembers the cursor position when `action` begins a filter. Forgets it when the cursor moves.
    pub fn track_filter_origin(&mut self, action: Action) {
        match action {
            Action::Filter => self.origin = self.current().map(R::key).or(self.origin.take()),
            Action::Cancel | Action::Accept => {}
            _ if self.is_empty() => {}
            _ => self.origin = None,
        }
    }

    /// Returns the anchor for reading the list without a filter: around the current row, or around the row where the
    /// cursor was before the filter if that is `taken_back` or matches nothing.
    pub fn anchor_without_filter(&mut self, taken_back: bool) -> Anchor<R::Key> {
        let (origin, current) = (self.origin.take(), self.current().map(R::key));
        self.target = if taken_back { origin.or(current) } else { current.or(origin) };
        self.current_anchor()
    }

    /// Records that rows at `anchor` were requested.
    pub fn set_anchor(&mut self, anchor: Anchor<R::Key>) {
        self.anchor = anchor;
    }

    /// Takes the requested rows. The cursor stays on its row if that still exists, else near it.
    pub fn set_page(&mut self, page: Page<R>, height: usize) {
        let before = self.target.take().or_else(|| self.current().map(R::key));
        let (position, had_before) = (self.position(), self.has_before());
        let is_at_top = R::NEWEST_FIRST && !had_before && self.cursor.visible_rows(height).start == 0;
        self.page = page;
        (self.loaded, self.error, self.is_outdated) = (true, None, false);
        let at = match &self.anchor {
            Anchor::Start => 0,
            Anchor::End => self.page.rows.len(),
            Anchor::Around(key, _) => self.place_of(before.as_ref().unwrap_or(key), position),
        };
        // A view that shows the newest row keeps showing the newest row.
        let row_on_screen = if is_at_top && !self.has_before() { at } else { self.cursor.row_on_screen() };
        self.cursor.place_at(at, row_on_screen, self.page.rows.len(), height);
    }

    /// Returns the place of the row with this key, or the place where it would be. In a list in another order than that
    /// of the keys, a row that is gone has no place, and the cursor stays at its former `position` in the list.
    fn place_of(&self, key: &R::Key, position: Option<u64>) -> usize {
        let same = self.page.rows.iter().position(|row| row.had_key(key));
        if R::NEWEST_FIRST {
            return same.unwrap_or_else(|| self.page.rows.partition_point(|row| row.key() > *key));
        }
        let place = || Some(position?.saturating_sub(self.page.position?));
        same.or_else(|| usize::try_from(place()?).ok()).unwrap_or(self.cursor.position())
    }

    /// Shows the new state of a row, if the row is loaded.
    pub fn replace(&mut self, changed: &R) {
        if let Some(row) = self.page.rows.iter_mut().find(|row| row.key() == changed.key()) {
            *row = changed.clone();
        }
    }

    /// Records that the list could not be read. Returns `true` if the error still has to be reported elsewhere.
    pub fn set_error(&mut self, error: &Error) -> bool {
        self.error = Some(error.clone());
        // The next key must not act on a row of another filter.
        if self.is_denied() || self.is_outdated {
            self.page = Page::whole(Vec::new());
            self.cursor = Cursor::default();
        }
        !self.is_empty()
    }

    /// Keeps the cursor on the screen after the terminal was resized.
    pub fn on_resize(&mut self, height: usize) {
        self.cursor.keep_visible(self.page.rows.len(), height);
    }

    /// Moves the cursor if `action` is a move, and returns `true` then.
    pub fn move_by(&mut self, action: Action, height: usize) -> bool {
        self.cursor.move_by(action, self.page.rows.len(), height)
    }

    /// Puts the cursor on a loaded row.
    pub fn go_to(&mut self, row: usize, height: usize) {
        let row_on_screen = row.saturating_sub(self.first_visible());
        self.cursor.place_at(row, row_on_screen, self.page.rows.len(), height);
        self.origin = None;
    }

    /// Returns `true` if `action` moves the cursor by a row or a page, beyond the loaded rows to others.
    pub fn leaves_loaded(&self, action: Action, height: usize) -> bool {
        let is_near_start = |distance| self.has_before() && self.cursor.position() < distance;
        let is_near_end = |distance| self.has_after() && self.cursor.position() + distance >= self.page.rows.len();
        match action {
            Action::Up | Action::ExtendUp => is_near_start(1),
            Action::PageUp => is_near_start(height),
            Action::Down | Action::ExtendDown | Action::Mark => is_near_end(1),
            Action::PageDown => is_near_end(height),
            _ => false,
        }
    }

    /// Returns the anchor for reading more rows, if rows are missing near the cursor.
    pub fn missing_rows(&self, height: usize) -> Option<Anchor<R::Key>> {
        // A list is first read with a row more than the screen has.
        let (at, margin) = (self.cursor.position(), PREFETCH_MARGIN.max(height + 1));
        let near_start = self.has_before() && at < margin;
        let near_end = self.has_after() && at + margin >= self.page.rows.len();
        let key = self.current().filter(|_| near_start || near_end)?.key();
        // A second request around the same row would return the same rows, even if few of them are readable.
        if matches!(&self.anchor, Anchor::Around(around, _) if *around == key) {
            return None;
        }
        Some(Anchor::Around(key, self.position()))
    }
}
