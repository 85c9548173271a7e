//! The marked rows. Marks survive filters, refreshes and moves of the window. Esc or a change of the rows clears them.

use std::collections::{BTreeMap, BTreeSet};

use super::loaded_rows::ListRow;
use crate::verbs::tokens::MAX_SNAPSHOTS;

/// Maximum number of marked rows. One action takes at most this many.
pub const MAX_MARKED: usize = MAX_SNAPSHOTS;

/// The marked rows, each as last read.
pub struct Marks<R: ListRow> {
    rows: BTreeMap<R::Key, R>,
    range: Option<ShiftRange<R::Key>>,
}

/// The range marked with Shift so far.
struct ShiftRange<K> {
    /// Position of the row where the range began.
    from: u64,
    /// Rows marked before the range began.
    before: BTreeSet<K>,
}

impl<R: ListRow> Default for Marks<R> {
    fn default() -> Self {
        Marks { rows: BTreeMap::new(), range: None }
    }
}

impl<R: ListRow> Marks<R> {
    /// Returns the number of marked rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn contains(&self, key: &R::Key) -> bool {
        self.rows.contains_key(key)
    }

    /// Returns all marked rows.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.values()
    }

    /// Removes all marks.
    pub fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Marks `row`. Returns `false` if the maximum is reached.
    pub fn mark(&mut self, row: &R) -> bool {
        if self.rows.len() >= MAX_MARKED && !self.contains(&row.key()) {
            return false;
        }
        self.rows.insert(row.key(), row.clone());
        true
    }

    /// Marks or unmarks `row`. Returns `false` if the maximum is reached.
    pub fn toggle(&mut self, row: &R) -> bool {
        self.rows.remove(&row.key()).is_some() || self.mark(row)
    }

    /// Extends the Shift range from one row to the next; at the end of the list both are the same row. Away from the
    /// start of the range, marks both rows. Towards the start, unmarks the row left, unless it was marked before the
    /// range began. Returns `false` if the maximum is reached.
    pub fn extend(&mut self, left: (&R, u64), reached: (&R, u64)) -> bool {
        let before = || self.rows.keys().cloned().collect();
        let range = self.range.get_or_insert_with(|| ShiftRange { from: left.1, before: before() });
        if reached.1.abs_diff(range.from) < left.1.abs_diff(range.from) {
            if !range.before.contains(&left.0.key()) {
                self.rows.remove(&left.0.key());
            }
            return true;
        }
        self.mark(left.0) && self.mark(reached.0)
    }

    /// Ends the Shift range. The next Shift begins a new one.
    pub fn end_range(&mut self) {
        self.range = None;
    }

    /// Updates the row, if it is marked.
    pub fn refresh(&mut self, row: &R) {
        if let Some(marked) = self.rows.get_mut(&row.key()) {
            *marked = row.clone();
        }
    }

    pub fn unmark(&mut self, key: &R::Key) {
        self.rows.remove(key);
    }
}
