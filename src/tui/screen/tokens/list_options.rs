//! The restrictions and the order of the token table, in addition to the filter text.

use super::Tokens;
use crate::domain::expiry::Span;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::query::token_filter::{EXPIRING_SOON_DAYS, TokenFilter};
use crate::tui::component::Intent;
use crate::tui::screen::list::loaded_rows::Anchor;

/// The restrictions and the order of the token table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListOptions {
    /// `true` for tokens in the trash, `false` for all others.
    pub trashed: bool,
    /// Only the signed-in account's own tokens.
    pub mine: bool,
    /// Only tokens that expire soon. No token in the trash does.
    pub expiring: bool,
    /// Only unused tokens. No token in the trash counts as one.
    pub stale: bool,
    /// Only tokens of which a dead secret is still tried.
    pub tried: bool,
    /// The order.
    pub sort: Sort,
    /// The order before `expiring` was switched on, which sorts by expiry.
    pub sort_before: Option<Sort>,
}

impl ListOptions {
    /// Returns the shape without restrictions, for the trash or the other tokens, in the same order.
    pub fn without_filters(self, trashed: bool) -> Self {
        ListOptions { trashed, sort: self.sort_before.unwrap_or(self.sort), ..ListOptions::default() }
    }

    /// Switches between the tokens that expire soon, soonest first, and all tokens in their previous order.
    pub fn toggle_expiring(&mut self) {
        self.expiring = !self.expiring;
        match self.sort_before.take() {
            Some(before) => self.sort = before,
            None if self.expiring => {
                let soonest = Sort { column: SortColumn::Expires, descending: false };
                self.sort_before = Some(std::mem::replace(&mut self.sort, soonest));
            }
            None => {}
        }
    }

    /// Combines the filter `typed` with the restrictions switched on by keys.
    pub fn apply_to(self, typed: TokenFilter) -> TokenFilter {
        let typed = TokenFilter { tried: self.tried || typed.tried, ..typed };
        if self.trashed {
            return typed;
        }
        let expiring = if self.expiring { Some(Span::Days(EXPIRING_SOON_DAYS)) } else { typed.expiring };
        TokenFilter { expiring, stale: self.stale || typed.stale, ..typed }
    }

    /// Returns the active restrictions in words.
    pub fn active_options(self) -> Vec<&'static str> {
        let live = !self.trashed;
        let options = [
            ("mine", self.mine),
            ("expiring", live && self.expiring),
            ("stale", live && self.stale),
            ("still tried", self.tried),
        ];
        options.into_iter().filter(|(_, on)| *on).map(|(word, _)| word).collect()
    }
}

impl Tokens {
    /// Switches between the trash and the other tokens. Clears the marks, because they are about the tokens shown. Without a
    /// filter, the cursor goes to a token that was just revoked or restored, else to its last place there.
    pub(super) fn toggle_trash(&mut self) -> Intent {
        self.marks.clear();
        let current = self.current().map(|token| token.id);
        let target = std::mem::replace(&mut self.source.on_other_side, current);
        self.rows = Default::default();
        self.rows.set_target(target.filter(|_| !self.is_filtered()));
        self.source.options.trashed = !self.source.options.trashed;
        self.list(self.rows.current_anchor())
    }

    /// Reads the rows from the first on.
    pub(super) fn list_from_start(&mut self) -> Intent {
        self.rows.set_target(None);
        self.list(Anchor::Start)
    }

    /// Clears all restrictions except `trashed`.
    pub(super) fn clear_filters(&mut self, trashed: bool) {
        if self.source.options.trashed != trashed {
            self.toggle_trash();
        }
        self.filter.clear();
        self.source.options = self.source.options.without_filters(trashed);
    }
}
