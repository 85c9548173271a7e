//! A stretch of a long list, the newest row first, that moves along with the cursor: what the screens of the two logs
//! have in common.

use std::ops::Range;

use crate::error::{Error, Kind};
use crate::tui::keymap::Action;
use crate::tui::widget::list::Cursor;
use crate::verbs::ledger::LedgerAnchor;

/// How many rows are asked for at once.
pub const WINDOW: usize = 200;
/// How near to the end of the rows at hand the cursor may come before more is asked for.
const MARGIN: usize = 50;

/// A row with a name of its own.
pub trait Keyed {
    /// The name; a newer row's is greater.
    type Key: Ord + Clone;
    /// This row's.
    fn key(&self) -> Self::Key;
}

/// The rows around the cursor.
pub struct Stretch<R: Keyed> {
    rows: Vec<R>,
    /// Whether matching rows are newer than those at hand.
    newer: bool,
    /// Whether matching rows are older than those at hand.
    older: bool,
    /// The row under the cursor, counted in `rows`.
    cursor: Cursor,
    /// Whether the first rows have come.
    loaded: bool,
    /// Why there are no rows.
    refused: Option<Error>,
    /// What was asked for last.
    anchor: LedgerAnchor<R::Key>,
    /// Where the cursor was before the filter was typed into; none once it has moved since.
    origin: Option<R::Key>,
    /// The row that the cursor goes to with the next rows.
    goal: Option<R::Key>,
}

impl<R: Keyed> Default for Stretch<R> {
    /// Nothing read yet.
    fn default() -> Self {
        Stretch {
            rows: Vec::new(),
            newer: false,
            older: false,
            cursor: Cursor::default(),
            loaded: false,
            refused: None,
            anchor: LedgerAnchor::Newest,
            origin: None,
            goal: None,
        }
    }
}

impl<R: Keyed> Stretch<R> {
    /// The row under the cursor.
    pub fn current(&self) -> Option<&R> {
        self.rows.get(self.cursor.at())
    }

    /// The rows at hand that stand on a screen of `height`, and whether each is under the cursor.
    pub fn shown(&self, height: usize) -> impl Iterator<Item = (&R, bool)> {
        let Range { start, end } = self.cursor.shown(height);
        let rows = self.rows.iter().enumerate().skip(start).take(end - start);
        rows.map(|(at, row)| (row, at == self.cursor.at()))
    }

    /// How many rows are at hand.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the first rows have come.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether there are more rows than those at hand.
    pub fn has_more(&self) -> bool {
        self.newer || self.older
    }

    /// How many rows stand above the one under the cursor; none where more are newer than those at hand.
    pub fn place(&self) -> Option<usize> {
        (!self.newer).then(|| self.cursor.at())
    }

    /// Why there is nothing to see.
    pub fn refusal(&self) -> Option<&Error> {
        self.refused.as_ref().filter(|_| self.rows.is_empty())
    }

    /// Whether who signed in may not read it.
    pub fn is_denied(&self) -> bool {
        self.refused.as_ref().is_some_and(|error| error.kind == Kind::Denied)
    }

    /// The list read again, around the row under the cursor; a cursor on the newest row stays on the newest.
    pub fn refresh(&self) -> LedgerAnchor<R::Key> {
        match self.current() {
            Some(current) if self.cursor.at() > 0 || self.newer => LedgerAnchor::Around(current.key()),
            Some(_) | None => LedgerAnchor::Newest,
        }
    }

    /// Remembers where the cursor is when `action` begins a filter, and forgets it when the cursor moves.
    pub fn remember(&mut self, action: Action) {
        match action {
            Action::Filter => self.origin = self.current().map(R::key),
            Action::Cancel => {}
            _ => self.origin = None,
        }
    }

    /// The list read again without a filter: around the row where the cursor was before, else where it is.
    pub fn unfiltered(&mut self) -> LedgerAnchor<R::Key> {
        self.goal = self.origin.take();
        self.goal.clone().map_or_else(|| self.refresh(), LedgerAnchor::Around)
    }

    /// Rows from `anchor` on have been asked for.
    pub fn asked(&mut self, anchor: LedgerAnchor<R::Key>) {
        self.anchor = anchor;
    }

    /// Takes new rows, the newest first: the cursor stays on its row where that is still there, else near it.
    pub fn fill(&mut self, rows: Vec<R>, newer: bool, older: bool, height: usize) {
        let before = self.goal.take().or_else(|| self.current().map(R::key));
        let at_the_top = !self.newer && self.cursor.shown(height).start == 0;
        (self.rows, self.newer, self.older) = (rows, newer, older);
        (self.loaded, self.refused) = (true, None);
        let at = match &self.anchor {
            LedgerAnchor::Newest | LedgerAnchor::Older(_) => 0,
            LedgerAnchor::Oldest | LedgerAnchor::Newer(_) => self.rows.len(),
            LedgerAnchor::Around(key) => {
                let wanted = before.as_ref().unwrap_or(key);
                self.rows.partition_point(|row| row.key() > *wanted)
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
            self.cursor = Cursor::default();
        }
        !self.rows.is_empty()
    }

    /// The terminal has another size: the cursor stays on the screen.
    pub fn resized(&mut self, height: usize) {
        self.cursor.keep_visible(self.rows.len(), height);
    }

    /// Walks as `action` says. Whether it was one that walks.
    pub fn walk(&mut self, action: Action, height: usize) -> bool {
        self.cursor.walk(action, self.rows.len(), height)
    }

    /// The row around which more has to be read, where rows are missing near the cursor.
    pub fn wants_more(&self) -> Option<LedgerAnchor<R::Key>> {
        let near_newer = self.newer && self.cursor.at() < MARGIN;
        let near_older = self.older && self.cursor.at() + MARGIN >= self.rows.len();
        let current = self.current().filter(|_| near_newer || near_older)?;
        // Asking once more around the same row would bring the same rows.
        if matches!(&self.anchor, LedgerAnchor::Around(key) if *key == current.key()) {
            return None;
        }
        Some(LedgerAnchor::Around(current.key()))
    }
}
