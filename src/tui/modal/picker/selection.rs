//! Ticks, choice of sets, undo and redo.

use std::collections::BTreeSet;

use super::method_index::{GroupKind, MethodGroup};
use super::tree::{Choice, PickerSelection, Row, Tree};
use crate::domain::method::MethodId;

/// Maximum number of undo steps.
const MAX_UNDO: usize = 100;

impl Tree {
    pub(super) fn recount(&mut self) {
        let ticks = &self.selected.ticks;
        let of = |s: &MethodGroup| ticks[s.methods.clone()].iter().filter(|t| **t).count();
        self.counts = self.index.groups.iter().map(of).collect();
    }

    /// Makes `picked` the selection. Returns `false` if it is the current selection already.
    fn commit(&mut self, picked: PickerSelection) -> bool {
        if picked == self.selected {
            return false;
        }
        if self.undo_steps.len() == MAX_UNDO {
            self.undo_steps.remove(0);
        }
        self.undo_steps.push(std::mem::replace(&mut self.selected, picked));
        self.redo_steps.clear();
        self.recount();
        true
    }

    /// Ticks or unticks the method under the cursor. On a group, ticks all its shown methods, or unticks them if all
    /// are ticked. Management methods are ticked one by one: on a group of them, ticks are only removed. Returns `true`
    /// if anything changed.
    pub fn toggle_current(&mut self) -> bool {
        let mut ticks = self.selected.ticks.clone();
        match self.rows.get(self.cursor) {
            Some(Row::Method(place)) => ticks[*place] = !ticks[*place],
            Some(Row::Group(group)) => {
                let Some(section) = self.index.groups.get(*group) else { return false };
                let shown: Vec<usize> = section.methods.clone().filter(|m| self.matching[*m]).collect();
                let one_by_one = section.kind == GroupKind::Management && shown.iter().any(|m| ticks[*m]);
                let wanted = !one_by_one && !shown.iter().all(|m| ticks[*m]);
                if wanted && section.kind == GroupKind::Management {
                    return false;
                }
                shown.into_iter().for_each(|m| ticks[m] = wanted);
            }
            None => return false,
        }
        self.commit(PickerSelection { choice: Choice::Custom, ticks })
    }

    /// Ticks or unticks all methods that match search and filter, also those in closed groups. Management methods are
    /// never ticked by this. Returns `true` if anything changed.
    pub fn tick_shown(&mut self, wanted: bool) -> bool {
        let mut ticks = self.selected.ticks.clone();
        for (place, entry) in self.index.methods.iter().enumerate().filter(|(place, _)| self.matching[*place]) {
            if !wanted || self.index.kind_of(entry) == GroupKind::Api {
                ticks[place] = wanted;
            }
        }
        if ticks == self.selected.ticks {
            return false;
        }
        self.commit(PickerSelection { choice: Choice::Custom, ticks })
    }

    /// Unticks the API methods that don't pass `keep`. Returns their number.
    pub fn untick_unless(&mut self, keep: impl Fn(&MethodId) -> bool) -> usize {
        let mut ticks = self.selected.ticks.clone();
        for (tick, entry) in ticks.iter_mut().zip(&self.index.methods) {
            *tick = *tick && (self.index.kind_of(entry) == GroupKind::Management || keep(&entry.id));
        }
        let dropped = ticks.iter().zip(&self.selected.ticks).filter(|(after, before)| after != before).count();
        if dropped > 0 {
            self.select(Choice::Custom, ticks);
        }
        dropped
    }

    /// Adds the API set `name` to the chosen sets, or removes it. Without any set, the selection is nothing.
    pub fn toggle_set(&mut self, name: &str) {
        let mut sets = match &self.selected.choice {
            Choice::Sets(sets) => sets.clone(),
            Choice::Inherit | Choice::Custom => BTreeSet::new(),
        };
        if !sets.remove(name) {
            sets.insert(name.to_owned());
        }
        let ticks = self.index.ticks_of_sets(&sets);
        self.select(if sets.is_empty() { Choice::Custom } else { Choice::Sets(sets) }, ticks);
    }

    /// Shows only the methods of the API set `name`, or all methods again. This is no change that can be undone.
    pub fn show_only_set(&mut self, name: Option<&str>) {
        let sets: BTreeSet<String> = name.into_iter().map(str::to_owned).collect();
        let ticks = self.index.ticks_of_sets(&sets);
        let choice = if sets.is_empty() { Choice::Custom } else { Choice::Sets(sets) };
        self.selected = PickerSelection { choice, ticks };
        self.recount();
        self.set_only_checked(name.is_some());
    }

    pub fn select_inherit(&mut self) {
        let ticks = self.index.ticks_of_inherit();
        self.select(Choice::Inherit, ticks);
    }

    /// Chooses the empty selection.
    pub fn select_nothing(&mut self) {
        let ticks = vec![false; self.index.methods.len()];
        self.select(Choice::Custom, ticks);
    }

    fn select(&mut self, choice: Choice, ticks: Vec<bool>) {
        if self.commit(PickerSelection { choice, ticks }) {
            self.apply_filter();
            self.rebuild_rows();
        }
    }

    /// Undoes the last change of the selection. Returns `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(picked) = self.undo_steps.pop() else { return false };
        self.redo_steps.push(std::mem::replace(&mut self.selected, picked));
        self.after_restore()
    }

    /// Redoes the last undone change. Returns `false` if there is none.
    pub fn redo(&mut self) -> bool {
        let Some(picked) = self.redo_steps.pop() else { return false };
        self.undo_steps.push(std::mem::replace(&mut self.selected, picked));
        self.after_restore()
    }

    fn after_restore(&mut self) -> bool {
        self.recount();
        self.apply_filter();
        self.rebuild_rows();
        true
    }
}
