//! The tree of groups and methods: ticked and shown rows. No drawing, no keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::method_index::{MethodGroup, MethodRow, PickerIndex};
use super::search;
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::role::Role;

/// The ticked part of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// No method is ticked.
    None,
    /// Some methods are ticked, but not all.
    Some,
    /// Every method is ticked.
    All,
}

/// A row on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A group, by position.
    Group(usize),
    /// A method, by position.
    Method(usize),
}

/// The way the selection is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// By API sets; never empty.
    Sets(BTreeSet<String>),
    /// By the role: everything the role permits.
    Inherit,
    /// By ticked methods.
    Custom,
}

/// A choice and the resulting methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PickerSelection {
    pub(super) choice: Choice,
    pub(super) ticks: Vec<bool>,
}

/// The closed groups.
#[derive(Debug)]
struct Folds {
    /// While the whole tree is shown.
    all: Vec<bool>,
    /// While a search or *Only ticked* narrows the tree. Groups with matches start open.
    filtered: Vec<bool>,
}

/// State of the tree. Rows are computed when something changes, not when they are drawn.
#[derive(Debug)]
pub struct Tree {
    pub(super) index: PickerIndex,
    pub(super) selected: PickerSelection,
    pub(super) undo_steps: Vec<PickerSelection>,
    pub(super) redo_steps: Vec<PickerSelection>,
    /// Number of ticked methods per group.
    pub(super) counts: Vec<usize>,
    words: Vec<String>,
    only_checked: bool,
    /// Methods that match search and filter. Ticking doesn't change this, so that no row disappears under the cursor.
    pub(super) matching: Vec<bool>,
    folds: Folds,
    pub(super) rows: Vec<Row>,
    pub(super) cursor: usize,
    /// The method that *Only ticked* hid under the cursor, and the row to which the cursor moved.
    hidden_cursor: Option<(usize, usize)>,
}

impl Tree {
    /// Creates a tree of all `catalogues` with `selection` ticked and the groups closed. `role` limits the selection.
    pub fn new(catalogues: Arc<[Catalogue]>, selection: &Selection, role: Role) -> Self {
        let index = PickerIndex::new(catalogues, selection, role);
        let selected = match selection {
            Selection::Sets(names) => {
                PickerSelection { ticks: index.ticks_of_sets(names), choice: Choice::Sets(names.clone()) }
            }
            Selection::Inherit => PickerSelection { ticks: index.ticks_of_inherit(), choice: Choice::Inherit },
            Selection::Custom(methods) => {
                PickerSelection { ticks: index.ticks_of_methods(methods), choice: Choice::Custom }
            }
        };
        let (groups, methods) = (index.groups.len(), index.methods.len());
        let mut tree = Tree {
            index,
            selected,
            undo_steps: Vec::new(),
            redo_steps: Vec::new(),
            counts: Vec::new(),
            words: Vec::new(),
            only_checked: false,
            matching: vec![true; methods],
            // A single group starts open.
            folds: Folds { all: vec![groups > 1; groups], filtered: vec![false; groups] },
            rows: Vec::new(),
            cursor: 0,
            hidden_cursor: None,
        };
        tree.recount();
        tree.rebuild_rows();
        tree
    }

    /// Returns the contents.
    pub fn index(&self) -> &PickerIndex {
        &self.index
    }

    /// Returns the shown rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the row under the cursor, counted from 0.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Returns the search words, in lower case.
    pub fn search_words(&self) -> &[String] {
        &self.words
    }

    /// Returns `true` if only ticked methods are shown.
    pub fn is_only_checked(&self) -> bool {
        self.only_checked
    }

    /// Returns the way the selection is made.
    pub fn choice(&self) -> &Choice {
        &self.selected.choice
    }

    /// Returns `true` if the method at `place` is ticked.
    pub fn is_ticked(&self, place: usize) -> bool {
        self.selected.ticks.get(place).copied().unwrap_or(false)
    }

    /// Returns the numbers of ticked methods and of all methods in a group.
    pub fn counts(&self, group: usize) -> (usize, usize) {
        let all = self.index.groups.get(group).map_or(0, |s| s.methods.len());
        (self.counts.get(group).copied().unwrap_or(0), all)
    }

    /// Returns the number of methods in a group that match search and filter.
    pub fn count_matching(&self, group: usize) -> usize {
        let methods = self.index.groups.get(group).map_or(0..0, |s| s.methods.clone());
        self.matching[methods].iter().filter(|matches| **matches).count()
    }

    /// Returns the numbers of ticked methods and of all methods.
    pub fn total(&self) -> (usize, usize) {
        (self.counts.iter().sum(), self.index.methods.len())
    }

    /// Returns the number of methods that match the search, if there is one.
    pub fn match_count(&self) -> Option<usize> {
        (!self.words.is_empty()).then(|| self.matching.iter().filter(|matches| **matches).count())
    }

    /// Returns the ticked part of a group.
    pub fn mark(&self, group: usize) -> Mark {
        match self.counts(group) {
            (0, _) => Mark::None,
            (ticked, all) if ticked == all => Mark::All,
            _ => Mark::Some,
        }
    }

    /// Returns `true` if a group is closed.
    pub fn is_folded(&self, group: usize) -> bool {
        let folds = if self.is_filtered() { &self.folds.filtered } else { &self.folds.all };
        folds.get(group).copied().unwrap_or(false)
    }

    fn is_filtered(&self) -> bool {
        self.only_checked || !self.words.is_empty()
    }

    pub fn selection(&self) -> Selection {
        match &self.selected.choice {
            Choice::Sets(names) => Selection::Sets(names.clone()),
            Choice::Inherit => Selection::Inherit,
            Choice::Custom => {
                let ticked = self.index.methods.iter().zip(&self.selected.ticks).filter(|(_, t)| **t);
                Selection::Custom(ticked.map(|(e, _)| e.id.clone()).collect())
            }
        }
    }

    /// Returns the method under the cursor.
    pub fn method(&self) -> Option<&MethodRow> {
        match self.rows.get(self.cursor)? {
            Row::Method(place) => self.index.methods.get(*place),
            Row::Group(_) => None,
        }
    }

    /// Returns the group under the cursor.
    pub fn group(&self) -> Option<&MethodGroup> {
        match self.rows.get(self.cursor)? {
            Row::Group(place) => self.index.groups.get(*place),
            Row::Method(_) => None,
        }
    }

    /// Shows only methods whose id or title contains every word of `text`.
    pub fn search(&mut self, text: &str) {
        let words = search::split_words(text);
        if words != self.words {
            self.words = words;
            self.refilter();
        }
    }

    /// Switches between ticked methods and all methods.
    pub fn toggle_only_checked(&mut self) {
        let back = self.hidden_cursor.take().filter(|(_, row)| *row == self.cursor).map(|(method, _)| method);
        let method_before = self.cursor_method();
        self.only_checked = !self.only_checked;
        self.refilter();
        let Some(method) = back.or(method_before) else { return };
        self.unfold_group_of(method);
        match self.rows.iter().position(|row| *row == Row::Method(method)) {
            Some(row) => self.cursor = row,
            None => {
                let next = self.rows.iter().position(|row| matches!(row, Row::Method(other) if *other > method));
                self.cursor = next.unwrap_or(self.rows.len().saturating_sub(1));
                self.hidden_cursor = Some((method, self.cursor));
            }
        }
    }

    pub(super) fn set_only_checked(&mut self, only_checked: bool) {
        self.only_checked = only_checked;
        self.refilter();
    }

    /// Returns the position of the method under the cursor.
    fn cursor_method(&self) -> Option<usize> {
        match self.rows.get(self.cursor) {
            Some(Row::Method(place)) => Some(*place),
            Some(Row::Group(_)) | None => None,
        }
    }

    /// Opens the group of `method`, so that the method stays visible.
    fn unfold_group_of(&mut self, method: usize) {
        if let Some(entry) = self.index.methods.get(method).filter(|_| self.matching[method]) {
            self.set_folded(entry.group, false);
        }
    }

    fn refilter(&mut self) {
        let method_before = self.cursor_method();
        self.folds.filtered.fill(false);
        self.apply_filter();
        self.rebuild_rows();
        if let Some(method) = method_before.filter(|method| self.matching[*method]) {
            self.unfold_group_of(method);
            self.cursor = self.rows.iter().position(|row| *row == Row::Method(method)).unwrap_or(self.cursor);
        }
    }

    /// Computes which methods match search and filter.
    pub(super) fn apply_filter(&mut self) {
        let passes = |(entry, ticked): (&MethodRow, &bool)| {
            (*ticked || !self.only_checked) && self.words.iter().all(|w| entry.haystack.contains(w.as_str()))
        };
        self.matching = self.index.methods.iter().zip(&self.selected.ticks).map(passes).collect();
    }

    /// Computes the rows. The cursor stays on its row if that still exists, else it moves to the row's group.
    pub(super) fn rebuild_rows(&mut self) {
        let row_before = self.rows.get(self.cursor).copied();
        let mut rows = Vec::with_capacity(self.rows.len());
        let narrowed = self.is_filtered();
        for (place, section) in self.index.groups.iter().enumerate() {
            if narrowed && !self.matching[section.methods.clone()].contains(&true) {
                continue;
            }
            rows.push(Row::Group(place));
            if !self.is_folded(place) {
                rows.extend(section.methods.clone().filter(|m| self.matching[*m]).map(Row::Method));
            }
        }
        self.rows = rows;
        let find = |wanted: Row| self.rows.iter().position(|r| *r == wanted);
        let same = row_before.and_then(|row| match row {
            Row::Group(_) => find(row),
            Row::Method(place) => {
                let group = self.index.methods.get(place).map(|e| Row::Group(e.group));
                find(row).or_else(|| group.and_then(find))
            }
        });
        self.cursor = same.unwrap_or(self.cursor).min(self.rows.len().saturating_sub(1));
    }

    /// Moves the cursor by `delta` rows, at most to an end.
    pub fn step(&mut self, delta: isize) {
        self.cursor = self.cursor.saturating_add_signed(delta).min(self.rows.len().saturating_sub(1));
    }

    /// Moves the cursor to the best match: a method whose name begins with the first word. Else the cursor goes to a
    /// method whose id contains all words, else to the first match.
    pub fn move_to_best_match(&mut self) {
        let Some(first) = self.words.first() else { return };
        let rank = |row: &Row| match row {
            Row::Group(_) => 3,
            Row::Method(place) => match self.index.methods.get(*place) {
                Some(entry) => {
                    let id = entry.haystack.get(..entry.id.as_str().len()).unwrap_or_default();
                    let in_id = self.words.iter().all(|w| id.contains(w.as_str()));
                    let begins = id.get(entry.name_start..).is_some_and(|name| name.starts_with(first.as_str()));
                    if in_id && begins { 0 } else { 2 - u8::from(in_id) }
                }
                None => 3,
            },
        };
        self.cursor = self.rows.iter().enumerate().min_by_key(|(_, row)| rank(row)).map_or(0, |(at, _)| at);
    }

    fn set_folded(&mut self, group: usize, shut: bool) {
        let narrowed = self.is_filtered();
        let folds = if narrowed { &mut self.folds.filtered } else { &mut self.folds.all };
        if let Some(fold) = folds.get_mut(group) {
            *fold = shut;
        }
        self.rebuild_rows();
    }

    /// Closes the group under the cursor, or moves from a method to its group.
    pub fn fold(&mut self) {
        match self.rows.get(self.cursor).copied() {
            Some(Row::Group(group)) => self.set_folded(group, true),
            Some(Row::Method(place)) => {
                let group = self.index.methods.get(place).map(|e| Row::Group(e.group));
                if let Some(at) = self.rows.iter().position(|r| Some(*r) == group) {
                    self.cursor = at;
                }
            }
            None => {}
        }
    }

    /// Opens the group under the cursor, or moves into an open one.
    pub fn unfold(&mut self) {
        if let Some(Row::Group(group)) = self.rows.get(self.cursor).copied() {
            if self.is_folded(group) {
                self.set_folded(group, false);
            } else if matches!(self.rows.get(self.cursor + 1), Some(Row::Method(_))) {
                self.cursor += 1;
            }
        }
    }

    /// Opens every group, or closes all if all are open.
    pub fn fold_all(&mut self) {
        let shut = (0..self.index.groups.len()).any(|g| self.is_folded(g));
        let narrowed = self.is_filtered();
        let folds = if narrowed { &mut self.folds.filtered } else { &mut self.folds.all };
        folds.fill(!shut);
        self.rebuild_rows();
    }
}
