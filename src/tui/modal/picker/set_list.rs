//! The list of API sets next to the tree: its search, its rows and its cursor. No drawing.

use super::method_index::SetRow;
use super::search;
use crate::tui::widget::text_input::TextInput;

/// Maximum length of a search, in bytes. A whole name can be pasted.
const MAX_SEARCH: usize = 1_200;

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetListRow {
    /// An API set, by position.
    Set(usize),
    Inherit,
    NoAccess,
}

impl SetListRow {
    /// Returns the text of a row that is no set.
    pub const fn built_in_label(self) -> Option<&'static str> {
        match self {
            SetListRow::Set(_) => None,
            SetListRow::Inherit => Some("Inherit"),
            SetListRow::NoAccess => Some("no access"),
        }
    }
}

/// The rows that match the search, and the cursor.
#[derive(Debug)]
pub struct SetList {
    pub search: TextInput,
    words: Vec<String>,
    rows: Vec<SetListRow>,
    cursor: usize,
    /// `true` if *Inherit* and *no access* follow the sets.
    can_choose: bool,
    /// Number of rows without a search.
    all: usize,
}

impl SetList {
    /// Lists `sets`, and the other choices if something can be chosen.
    pub fn new(sets: &[SetRow], can_choose: bool) -> Self {
        let search = TextInput::new(MAX_SEARCH);
        let mut list = SetList { search, words: Vec::new(), rows: Vec::new(), cursor: 0, can_choose, all: 0 };
        list.refresh(sets, None);
        list
    }

    /// Lists `sets` instead and keeps the search. The cursor goes to the set that was at it, `before`, if it still exists.
    pub fn refresh(&mut self, sets: &[SetRow], before: Option<&str>) {
        self.rebuild(sets);
        let same = |row: &SetListRow| matches!(row, SetListRow::Set(at) if before == Some(sets[*at].name.as_str()));
        self.cursor = self.rows.iter().position(same).unwrap_or(self.cursor).min(self.last());
    }

    fn rebuild(&mut self, sets: &[SetRow]) {
        let found = |haystack: &str| self.words.iter().all(|word| haystack.contains(word.as_str()));
        let shown = sets.iter().enumerate().filter(|(_, set)| found(&set.haystack)).map(|(at, _)| SetListRow::Set(at));
        let others = [SetListRow::Inherit, SetListRow::NoAccess].into_iter().filter(|_| self.can_choose);
        let others = others.filter(|row| row.built_in_label().is_some_and(|label| found(&search::lower(label))));
        self.rows = shown.chain(others).collect();
        self.all = sets.len() + if self.can_choose { 2 } else { 0 };
    }

    /// Shows only rows that contain every word of the search. The cursor goes to the first set whose name does.
    pub fn apply_search(&mut self, sets: &[SetRow]) {
        let words = search::split_words(self.search.text());
        if words == self.words {
            return;
        }
        let before = self.row();
        self.words = words;
        self.rebuild(sets);
        let in_name = |row: &SetListRow| match row {
            SetListRow::Set(at) => {
                let name = search::lower(&sets[*at].name);
                self.words.iter().all(|word| name.contains(word.as_str()))
            }
            SetListRow::Inherit | SetListRow::NoAccess => false,
        };
        let best = if self.words.is_empty() {
            self.rows.iter().position(|row| Some(*row) == before)
        } else {
            self.rows.iter().position(in_name)
        };
        self.cursor = best.unwrap_or(0);
    }

    pub fn clear_search(&mut self, sets: &[SetRow]) {
        self.search.clear();
        self.apply_search(sets);
    }

    /// Returns the search words, in lower case.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub fn rows(&self) -> &[SetListRow] {
        &self.rows
    }

    /// Returns the row under the cursor; `None` if no row matches the search.
    pub fn row(&self) -> Option<SetListRow> {
        self.rows.get(self.cursor).copied()
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Returns the number of rows without a search.
    pub fn count_all(&self) -> usize {
        self.all
    }

    fn last(&self) -> usize {
        self.rows.len().saturating_sub(1)
    }

    /// Moves the cursor by `delta` rows, at most to an end.
    pub fn step(&mut self, delta: isize) {
        self.cursor = self.cursor.saturating_add_signed(delta).min(self.last());
    }
}
