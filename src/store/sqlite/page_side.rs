//! Pages of rows in the order of time, read from one side of a row or from both.

/// Rows on one side of a row, in the order of the list.
pub(super) struct Side<T, N> {
    pub rows: Vec<T>,
    /// `true` if there are more rows further away.
    pub more: bool,
    pub unreadable: Vec<N>,
}

/// Rows with `true` for each end, the first and the last, beyond which there are more rows.
pub(super) type Section<T, N> = (Side<T, N>, bool, bool);

impl<T, N> Side<T, N> {
    /// Returns the rows of a page that begins at the end given as `Some`, and was read towards the other one.
    pub fn with_ends(self, first: Option<bool>, last: Option<bool>) -> Section<T, N> {
        let (first, last) = (first.unwrap_or(self.more), last.unwrap_or(self.more));
        (self, first, last)
    }

    /// Returns half of `limit` rows from this side, and the rest from the next. If one side runs out, the other gets
    /// more.
    pub fn join(mut self, mut next: Self, limit: usize) -> Section<T, N> {
        let keep_next = next.rows.len().min(limit - self.rows.len().min(limit / 2));
        let keep = self.rows.len().min(limit - keep_next);
        let first = self.more || keep < self.rows.len();
        let last = next.more || keep_next < next.rows.len();
        next.rows.truncate(keep_next);
        self.rows.drain(..self.rows.len() - keep);
        self.rows.append(&mut next.rows);
        self.unreadable.append(&mut next.unreadable);
        (self, first, last)
    }
}
