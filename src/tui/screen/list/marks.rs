//! The marked rows: some, or all that a query finds, with exceptions. Marks survive filters, refreshes and moves of the
//! window. Esc or a change of the rows clears them.

use std::collections::{BTreeMap, BTreeSet};

use super::loaded_rows::ListRow;
use crate::domain::time::Timestamp;
use crate::verbs::tokens::MAX_SNAPSHOTS;

/// Maximum number of rows marked one by one, and of rows unmarked one by one.
pub const MAX_MARKED: usize = MAX_SNAPSHOTS;

/// The marked rows.
pub struct Marks<R: ListRow> {
    /// The rows marked one by one, each as last read.
    rows: BTreeMap<R::Key, R>,
    /// The query whose rows are marked, too.
    all: Option<AllMatching<R>>,
    range: Option<ShiftRange<R::Key>>,
}

/// All rows that a query finds, except some.
struct AllMatching<R: ListRow> {
    matches: Box<Matches<R>>,
    /// The rows unmarked one by one.
    except: BTreeMap<R::Key, R>,
}

/// Returns `true` if the query finds a row at a time.
type Matches<R> = dyn Fn(&R, Timestamp) -> bool;

/// The range marked with Shift so far.
struct ShiftRange<K> {
    /// Position of the row where the range began.
    from: u64,
    /// Rows marked one by one before the range began.
    marked: BTreeSet<K>,
    /// Rows unmarked one by one before the range began.
    except: BTreeSet<K>,
}

impl<R: ListRow> Default for Marks<R> {
    fn default() -> Self {
        Marks { rows: BTreeMap::new(), all: None, range: None }
    }
}

impl<R: ListRow> Marks<R> {
    /// Returns the number of rows marked one by one.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.all.is_none()
    }

    /// Returns `true` if all rows of a query are marked.
    pub fn is_by_query(&self) -> bool {
        self.all.is_some()
    }

    pub fn contains(&self, row: &R, now: Timestamp) -> bool {
        let key = row.key();
        let is_found = |all: &AllMatching<R>| !all.except.contains_key(&key) && (all.matches)(row, now);
        self.rows.contains_key(&key) || self.all.as_ref().is_some_and(is_found)
    }

    /// Returns the rows marked one by one.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.values()
    }

    /// Returns the rows of the query that were unmarked.
    pub fn except(&self) -> impl Iterator<Item = &R> {
        self.all.iter().flat_map(|all| all.except.values())
    }

    /// Removes all marks.
    pub fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Marks all rows that a query finds, in place of those of an earlier query.
    pub fn mark_all(&mut self, matches: impl Fn(&R, Timestamp) -> bool + 'static) {
        self.all = Some(AllMatching { matches: Box::new(matches), except: BTreeMap::new() });
    }

    /// Marks `row`. Returns `false` if the maximum is reached.
    pub fn mark(&mut self, row: &R, now: Timestamp) -> bool {
        self.all.as_mut().and_then(|all| all.except.remove(&row.key()));
        self.contains(row, now) || insert(&mut self.rows, row)
    }

    /// Marks or unmarks `row`. Returns `false` if the maximum is reached.
    pub fn toggle(&mut self, row: &R, now: Timestamp) -> bool {
        if !self.contains(row, now) {
            return self.mark(row, now);
        }
        self.rows.remove(&row.key());
        self.all.as_mut().is_none_or(|all| insert(&mut all.except, row))
    }

    /// Extends the Shift range from one row to the next; at the end of the list both are the same row. Away from the
    /// start of the range, marks both rows. Towards the start, gives the row left the mark that it had before the range
    /// began. Returns `false` if the maximum is reached.
    pub fn extend(&mut self, left: (&R, u64), reached: (&R, u64), now: Timestamp) -> bool {
        let range = self.range.get_or_insert_with(|| ShiftRange {
            from: left.1,
            marked: self.rows.keys().cloned().collect(),
            except: self.all.iter().flat_map(|all| all.except.keys().cloned()).collect(),
        });
        if reached.1.abs_diff(range.from) < left.1.abs_diff(range.from) {
            let key = left.0.key();
            if !range.marked.contains(&key) {
                self.rows.remove(&key);
            }
            let was_except = range.except.contains(&key);
            return !was_except || self.all.as_mut().is_none_or(|all| insert(&mut all.except, left.0));
        }
        self.mark(left.0, now) && self.mark(reached.0, now)
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

fn insert<R: ListRow>(rows: &mut BTreeMap<R::Key, R>, row: &R) -> bool {
    let has_room = rows.len() < MAX_MARKED || rows.contains_key(&row.key());
    if has_room {
        rows.insert(row.key(), row.clone());
    }
    has_room
}
