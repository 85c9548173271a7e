//! A window into a long list, newest row first, that moves with the cursor. [`super::paged_list`] shows it.

use std::ops::Range;

use crate::domain::query::page_cursor::PageCursor;
use crate::error::{Error, Kind};
use crate::tui::keymap::Action;
use crate::tui::widget::list_cursor::Cursor;

/// Number of rows per request.
pub const PAGE_SIZE: usize = 200;
/// Distance between the cursor and the end of the loaded rows at which more rows are requested.
const PREFETCH_MARGIN: usize = 50;

/// A row with a unique, ordered key.
pub trait RowKey {
    /// The key type; newer rows have greater keys.
    type Key: Ord + Clone;
    fn key(&self) -> Self::Key;
}

/// The loaded rows around the cursor.
pub struct PagedRows<R: RowKey> {
    rows: Vec<R>,
    /// `true` if matching rows are newer than the loaded ones.
    newer: bool,
    /// `true` if matching rows are older than the loaded ones.
    older: bool,
    /// Position in `rows`.
    cursor: Cursor,
    /// `true` once the first rows have arrived.
    loaded: bool,
    /// `true` until the rows requested last arrive.
    reading: bool,
    /// Reason why there are no rows.
    error: Option<Error>,
    /// The anchor of the last request.
    page_cursor: PageCursor<R::Key>,
    /// Row of the cursor before typing in the filter; `None` once the cursor has moved since.
    origin: Option<R::Key>,
    /// Row to which the cursor goes when the next rows arrive.
    target: Option<R::Key>,
}

impl<R: RowKey> Default for PagedRows<R> {
    /// Creates an empty list, not yet loaded.
    fn default() -> Self {
        PagedRows {
            rows: Vec::new(),
            newer: false,
            older: false,
            cursor: Cursor::default(),
            loaded: false,
            reading: false,
            error: None,
            page_cursor: PageCursor::Newest,
            origin: None,
            target: None,
        }
    }
}

impl<R: RowKey> PagedRows<R> {
    /// Returns the row under the cursor.
    pub fn current(&self) -> Option<&R> {
        self.rows.get(self.cursor.position())
    }

    /// Returns the loaded rows visible on a screen of `height`, each with `true` if it is under the cursor.
    pub fn visible_rows(&self, height: usize) -> impl Iterator<Item = (&R, bool)> {
        let Range { start, end } = self.cursor.visible_rows(height);
        let rows = self.rows.iter().enumerate().skip(start).take(end - start);
        rows.map(|(at, row)| (row, at == self.cursor.position()))
    }

    /// Returns the number of loaded rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if no rows are loaded.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns `true` once the first rows have arrived.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Returns `true` if there are more rows than the loaded ones.
    pub fn has_more(&self) -> bool {
        self.newer || self.older
    }

    /// Rows above the cursor, or `None` if newer rows are not loaded.
    pub fn position(&self) -> Option<usize> {
        (!self.newer).then(|| self.cursor.position())
    }

    /// Returns the reason why no rows are shown.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref().filter(|_| self.rows.is_empty())
    }

    /// Returns `true` if the signed-in account may not read the list.
    pub fn is_denied(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind == Kind::Denied)
    }

    /// Returns the anchor for reading the list again: around the row under the cursor. A cursor on the newest row stays
    /// on the newest row.
    pub fn current_page_cursor(&self) -> PageCursor<R::Key> {
        match self.current() {
            Some(current) if self.cursor.position() > 0 || self.newer => PageCursor::Around(current.key()),
            Some(_) | None => PageCursor::Newest,
        }
    }

    /// Remembers the cursor position when `action` begins a filter. Forgets it when the cursor moves.
    pub fn track_filter_origin(&mut self, action: Action) {
        match action {
            Action::Filter => self.origin = self.current().map(R::key),
            Action::Cancel => {}
            _ => self.origin = None,
        }
    }

    /// Returns the anchor for reading the list without a filter: around the row where the cursor was before the filter,
    /// else around the current row.
    pub fn cursor_without_filter(&mut self) -> PageCursor<R::Key> {
        self.target = self.origin.take();
        self.target.clone().map_or_else(|| self.current_page_cursor(), PageCursor::Around)
    }

    /// Records that rows from `anchor` on were requested.
    pub fn set_page_cursor(&mut self, anchor: PageCursor<R::Key>) {
        self.page_cursor = anchor;
        self.reading = true;
    }

    /// Takes new rows, newest first. The cursor stays on its row if that still exists, else near it.
    pub fn set_rows(&mut self, rows: Vec<R>, newer: bool, older: bool, height: usize) {
        let before = self.target.take().or_else(|| self.current().map(R::key));
        let at_the_top = !self.newer && self.cursor.visible_rows(height).start == 0;
        (self.rows, self.newer, self.older) = (rows, newer, older);
        (self.loaded, self.reading, self.error) = (true, false, None);
        let at = match &self.page_cursor {
            PageCursor::Newest | PageCursor::Older(_) => 0,
            PageCursor::Oldest | PageCursor::Newer(_) => self.rows.len(),
            PageCursor::Around(key) => {
                let wanted = before.as_ref().unwrap_or(key);
                self.rows.partition_point(|row| row.key() > *wanted)
            }
        };
        // A view that shows the newest row keeps showing the newest row.
        let row_on_screen = if at_the_top && !self.newer { at } else { self.cursor.row_on_screen() };
        self.cursor.place_at(at, row_on_screen, self.rows.len(), height);
    }

    /// Records that the list could not be read. Returns `true` if the error still has to be reported elsewhere.
    pub fn set_error(&mut self, error: &Error) -> bool {
        self.error = Some(error.clone());
        self.reading = false;
        if self.is_denied() {
            self.rows.clear();
            self.cursor = Cursor::default();
        }
        !self.rows.is_empty()
    }

    /// Keeps the cursor on the screen after the terminal was resized.
    pub fn on_resize(&mut self, height: usize) {
        self.cursor.keep_visible(self.rows.len(), height);
    }

    /// Moves the cursor if `action` is a move, and returns `true` then.
    pub fn move_by(&mut self, action: Action, height: usize) -> bool {
        self.cursor.move_by(action, self.rows.len(), height)
    }

    /// Returns the anchor for reading more rows, if rows are missing near the cursor and none are being read.
    pub fn needs_page(&self) -> Option<PageCursor<R::Key>> {
        let near_newer = self.newer && self.cursor.position() < PREFETCH_MARGIN;
        let near_older = self.older && self.cursor.position() + PREFETCH_MARGIN >= self.rows.len();
        let current = self.current().filter(|_| (near_newer || near_older) && !self.reading)?;
        // A second request around the same row would return the same rows.
        if matches!(&self.page_cursor, PageCursor::Around(key) if *key == current.key()) {
            return None;
        }
        Some(PageCursor::Around(current.key()))
    }
}
