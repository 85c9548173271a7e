//! Which tokens the table shows, and in which order: beside what is typed into the filter.

use crate::domain::expiry::Span;
use crate::domain::filter::{Filter, SOON_DAYS};
use crate::domain::sort::{Sort, SortColumn};
use crate::verbs::tokens::ListOf;

/// Which tokens the table shows, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Those in the trash instead of the others.
    pub trashed: bool,
    /// Those of the person only.
    pub mine: bool,
    /// Only those that expire soon. Nothing in the trash does.
    pub expiring: bool,
    /// Only those that nobody uses. Nothing in the trash counts as such.
    pub stale: bool,
    /// The order.
    pub sort: Sort,
    /// The order before only those were shown that expire soon, the soonest first.
    pub before: Option<Sort>,
}

impl Shape {
    /// All of those in the trash, or of the others, in the same order.
    pub fn whole(self, trashed: bool) -> Self {
        Shape { trashed, sort: self.before.unwrap_or(self.sort), ..Shape::default() }
    }

    /// Shows only those that expire soon, the soonest first; or all again, in the order they had.
    pub fn turn_expiring(&mut self) {
        self.expiring = !self.expiring;
        match self.before.take() {
            Some(before) => self.sort = before,
            None if self.expiring => {
                let soonest = Sort { column: SortColumn::Expires, descending: false };
                self.before = Some(std::mem::replace(&mut self.sort, soonest));
            }
            None => {}
        }
    }

    /// Whose tokens.
    pub fn whose(self) -> ListOf {
        if self.mine { ListOf::Mine } else { ListOf::All }
    }

    /// What is `typed`, and what the keys have switched on.
    pub fn narrowed(self, typed: Filter) -> Filter {
        if self.trashed {
            return typed;
        }
        let expiring = if self.expiring { Some(Span::Days(SOON_DAYS)) } else { typed.expiring };
        Filter { expiring, stale: self.stale || typed.stale, ..typed }
    }

    /// Whether it leaves tokens out that stand where it looks.
    pub fn narrows(self) -> bool {
        self.mine || (!self.trashed && (self.expiring || self.stale))
    }

    /// What it is switched to, in words.
    pub fn words(self) -> Vec<&'static str> {
        let kept = !self.trashed;
        let words = [("mine", self.mine), ("expiring", kept && self.expiring), ("stale", kept && self.stale)];
        words.into_iter().filter(|(_, on)| *on).map(|(word, _)| word).collect()
    }

    /// The order, e.g. `↓ name`.
    pub fn order(self) -> String {
        format!("{} {}", self.arrow(), self.sort.column.word())
    }

    /// `↓` from the first to the last, `↑` from the last to the first.
    pub fn arrow(self) -> &'static str {
        if self.sort.descending { "↑" } else { "↓" }
    }
}
