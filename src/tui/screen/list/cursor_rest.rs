//! The row that the pane of a list describes. While the cursor moves, the pane stays as it is, so that scrolling writes and
//! reads no more than rows.

use crate::domain::time::Timestamp;

/// Time without a move after which the cursor rests, in milliseconds: longer than the interval at which keys repeat.
const REST_AFTER: i64 = 150;

/// The row that is described while the cursor moves. `None` while it rests.
pub(super) struct CursorRest<R>(Option<Moving<R>>);

struct Moving<R> {
    described: Described<R>,
    rests_at: Timestamp,
}

enum Described<R> {
    /// The row under the cursor, which has not moved yet.
    Current,
    /// The row under the cursor before the first move. `None` once the rows have scrolled: the terminal scrolls an empty
    /// pane along with them.
    Left(Option<R>),
}

impl<R> Default for CursorRest<R> {
    fn default() -> Self {
        CursorRest(None)
    }
}

impl<R> CursorRest<R> {
    /// Records a move away from `row`.
    pub fn on_move(&mut self, row: Option<R>, has_scrolled: bool, now: Timestamp) {
        let row = match self.0.take() {
            Some(Moving { described: Described::Left(row), .. }) => row,
            Some(Moving { described: Described::Current, .. }) | None => row,
        };
        let described = Described::Left(row.filter(|_| !has_scrolled));
        self.0 = Some(Moving { described, rests_at: now.plus(REST_AFTER) });
    }

    /// Delays the rest of a cursor that has not moved yet.
    pub fn delay(&mut self, now: Timestamp) {
        self.0 = Some(Moving { described: Described::Current, rests_at: now.plus(REST_AFTER) });
    }

    /// Makes the row under the cursor the described one.
    pub fn end(&mut self) {
        self.0 = None;
    }

    /// Returns the time at which the cursor will rest. `None` if it does.
    pub fn rests_at(&self) -> Option<Timestamp> {
        self.0.as_ref().map(|moving| moving.rests_at)
    }

    /// Returns the described row; `current` is the one under the cursor.
    pub fn described<'a>(&'a self, current: Option<&'a R>) -> Option<&'a R> {
        match &self.0 {
            Some(Moving { described: Described::Left(row), .. }) => row.as_ref(),
            Some(Moving { described: Described::Current, .. }) | None => current,
        }
    }
}
