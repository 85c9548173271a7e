//! Actions on the list of sets, and the API set to which the Catalogue screen is narrowed.

use super::set_list::SetListRow;
use super::tree::Choice;
use super::{Focus, Picker, PickerMode};

impl Picker {
    /// Returns the name of the API set under the cursor of the list.
    pub(super) fn current_set(&self) -> Option<&str> {
        match self.sets.row()? {
            SetListRow::Set(at) => self.tree.index().sets.get(at).map(|set| set.name.as_str()),
            SetListRow::Inherit | SetListRow::NoAccess => None,
        }
    }

    /// Returns the API set to which the Catalogue screen is narrowed.
    pub(super) fn shown_set(&self) -> Option<&str> {
        match (&self.mode, self.tree.choice()) {
            (PickerMode::Browse, Choice::Sets(sets)) => sets.first().map(String::as_str),
            _ => None,
        }
    }

    /// Shows only the methods of the API set under the cursor, or all methods if these are shown already.
    pub(super) fn show_current_set(&mut self) {
        let Some(set) = self.current_set().map(str::to_owned) else { return };
        let is_shown = self.shown_set() == Some(set.as_str());
        self.tree.show_only_set(Some(set.as_str()).filter(|_| !is_shown));
        self.focus = Focus::Tree;
    }

    /// Returns `true` if the list of sets has the focus.
    pub(super) fn is_on_sets(&self) -> bool {
        matches!(self.focus, Focus::Sets | Focus::SetSearch)
    }

    /// Leaves the list of sets. A search in the list is cleared first.
    pub(super) fn leave_sets(&mut self) {
        if self.focus == Focus::Sets && self.sets.search.is_empty() {
            self.focus = Focus::Tree;
        } else {
            self.sets.clear_search(&self.tree.index().sets);
            self.focus = Focus::Sets;
        }
    }

    pub(super) fn toggle_set(&mut self) {
        match self.sets.row() {
            Some(SetListRow::Set(_)) => {
                if let Some(name) = self.current_set().map(str::to_owned) {
                    self.tree.toggle_set(&name);
                }
            }
            Some(SetListRow::Inherit) => self.tree.select_inherit(),
            Some(SetListRow::NoAccess) => self.tree.select_nothing(),
            None => {}
        }
    }
}
