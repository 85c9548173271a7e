//! Ticks, choice of sets, undo and redo.

use std::collections::BTreeSet;

use super::stock::{Kind, Section};
use super::tree::{Choice, Picked, Row, Tree};
use crate::domain::method::MethodId;

/// Maximum number of undo steps.
const STEPS: usize = 100;

impl Tree {
    pub(super) fn count(&mut self) {
        let ticks = &self.picked.ticks;
        let of = |s: &Section| ticks[s.methods.clone()].iter().filter(|t| **t).count();
        self.counts = self.stock.sections.iter().map(of).collect();
    }

    /// Makes `picked` the selection. Returns `false` if it is the current selection already.
    fn pick(&mut self, picked: Picked) -> bool {
        if picked == self.picked {
            return false;
        }
        if self.before.len() == STEPS {
            self.before.remove(0);
        }
        self.before.push(std::mem::replace(&mut self.picked, picked));
        self.after.clear();
        self.count();
        true
    }

    /// Ticks or unticks the method under the cursor. On a group, ticks all its shown methods, or unticks them if all
    /// are ticked. Management methods are ticked one by one: on a group of them, ticks are only removed. Returns `true`
    /// if anything changed.
    pub fn toggle(&mut self) -> bool {
        let mut ticks = self.picked.ticks.clone();
        match self.rows.get(self.cursor) {
            Some(Row::Method(place)) => ticks[*place] = !ticks[*place],
            Some(Row::Group(group)) => {
                let Some(section) = self.stock.sections.get(*group) else { return false };
                let shown: Vec<usize> = section.methods.clone().filter(|m| self.listed[*m]).collect();
                let one_by_one = section.kind == Kind::Management && shown.iter().any(|m| ticks[*m]);
                let wanted = !one_by_one && !shown.iter().all(|m| ticks[*m]);
                if wanted && section.kind == Kind::Management {
                    return false;
                }
                shown.into_iter().for_each(|m| ticks[m] = wanted);
            }
            None => return false,
        }
        self.pick(Picked { choice: Choice::Custom, ticks })
    }

    /// Ticks or unticks all methods that match search and filter, also those in closed groups. Management methods are
    /// never ticked by this. Returns `true` if anything changed.
    pub fn tick_shown(&mut self, wanted: bool) -> bool {
        let mut ticks = self.picked.ticks.clone();
        for (place, entry) in self.stock.entries.iter().enumerate().filter(|(place, _)| self.listed[*place]) {
            if !wanted || self.stock.kind_of(entry) == Kind::Api {
                ticks[place] = wanted;
            }
        }
        if ticks == self.picked.ticks {
            return false;
        }
        self.pick(Picked { choice: Choice::Custom, ticks })
    }

    /// Unticks the API methods that don't pass `append`. Returns their number.
    pub fn untick_unless(&mut self, keep: impl Fn(&MethodId) -> bool) -> usize {
        let mut ticks = self.picked.ticks.clone();
        for (tick, entry) in ticks.iter_mut().zip(&self.stock.entries) {
            *tick = *tick && (self.stock.kind_of(entry) == Kind::Management || keep(&entry.id));
        }
        let dropped = ticks.iter().zip(&self.picked.ticks).filter(|(after, before)| after != before).count();
        if dropped > 0 {
            self.choose(Choice::Custom, ticks);
        }
        dropped
    }

    /// Adds the API set `name` to the chosen sets, or removes it. Without any set, the selection is nothing.
    pub fn toggle_set(&mut self, name: &str) {
        let mut sets = match &self.picked.choice {
            Choice::Sets(sets) => sets.clone(),
            Choice::Inherit | Choice::Custom => BTreeSet::new(),
        };
        if !sets.remove(name) {
            sets.insert(name.to_owned());
        }
        let ticks = self.stock.of_sets(&sets);
        self.choose(if sets.is_empty() { Choice::Custom } else { Choice::Sets(sets) }, ticks);
    }

    pub fn inherit(&mut self) {
        let ticks = self.stock.inherited();
        self.choose(Choice::Inherit, ticks);
    }

    /// Chooses the empty selection.
    pub fn nothing(&mut self) {
        let ticks = vec![false; self.stock.entries.len()];
        self.choose(Choice::Custom, ticks);
    }

    fn choose(&mut self, choice: Choice, ticks: Vec<bool>) {
        if self.pick(Picked { choice, ticks }) {
            self.list();
            self.lay_out();
        }
    }

    /// Undoes the last change of the selection. Returns `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(picked) = self.before.pop() else { return false };
        self.after.push(std::mem::replace(&mut self.picked, picked));
        self.restored()
    }

    /// Redoes the last undone change. Returns `false` if there is none.
    pub fn redo(&mut self) -> bool {
        let Some(picked) = self.after.pop() else { return false };
        self.before.push(std::mem::replace(&mut self.picked, picked));
        self.restored()
    }

    fn restored(&mut self) -> bool {
        self.count();
        self.list();
        self.lay_out();
        true
    }
}
