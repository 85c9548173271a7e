//! The marked tokens. Marks survive filters, refreshes and moves of the window. Esc or an action on the tokens clears
//! them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::token::{Token, TokenId};
use crate::verbs::tokens::{MAX_SNAPSHOTS, TokenSnapshot};

/// Maximum number of marked tokens. One action takes at most this many.
pub const MAX_MARKED: usize = MAX_SNAPSHOTS;

/// The marked tokens, each as last read.
#[derive(Debug, Default)]
pub struct Marks {
    tokens: BTreeMap<TokenId, Token>,
    range: Option<ShiftRange>,
}

/// The range marked with Shift so far.
#[derive(Debug)]
struct ShiftRange {
    /// Position of the row where the range began.
    from: u64,
    /// Tokens marked before the range began.
    before: BTreeSet<TokenId>,
}

impl Marks {
    /// Returns the number of marked tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Returns `true` if no token is marked.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Returns `true` if this token is marked.
    pub fn contains(&self, id: TokenId) -> bool {
        self.tokens.contains_key(&id)
    }

    /// Returns all marked tokens.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    /// Removes all marks.
    pub fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Marks `token`. Returns `false` if the maximum is reached.
    pub fn mark(&mut self, token: &Token) -> bool {
        if self.tokens.len() >= MAX_MARKED && !self.contains(token.id) {
            return false;
        }
        self.tokens.insert(token.id, token.clone());
        true
    }

    /// Marks or unmarks `token`. Returns `false` if the maximum is reached.
    pub fn toggle(&mut self, token: &Token) -> bool {
        self.tokens.remove(&token.id).is_some() || self.mark(token)
    }

    /// Extends the Shift range from one row to the next; at the end of the list both are the same row. Away from the
    /// start of the range, marks both rows. Towards the start, unmarks the row left, unless it was marked before the
    /// range began. Returns `false` if the maximum is reached.
    pub fn extend(&mut self, left: (&Token, u64), reached: (&Token, u64)) -> bool {
        let before = || self.tokens.keys().copied().collect();
        let range = self.range.get_or_insert_with(|| ShiftRange { from: left.1, before: before() });
        if reached.1.abs_diff(range.from) < left.1.abs_diff(range.from) {
            if !range.before.contains(&left.0.id) {
                self.tokens.remove(&left.0.id);
            }
            return true;
        }
        self.mark(left.0) && self.mark(reached.0)
    }

    /// Ends the Shift range. The next Shift begins a new one.
    pub fn end_range(&mut self) {
        self.range = None;
    }

    /// Updates the marked tokens that are among `rows`.
    pub fn refresh(&mut self, rows: &[Token]) {
        for row in rows {
            if let Some(token) = self.tokens.get_mut(&row.id) {
                *token = row.clone();
            }
        }
    }

    /// Updates the marked tokens. Unmarks those that no longer exist or have moved into or out of the trash.
    pub fn retain_existing(&mut self, snapshots: &[TokenSnapshot], trashed: bool) {
        for one in snapshots {
            match one.token.as_ref().filter(|token| token.deleted_at.is_some() == trashed) {
                Some(token) => self.refresh(std::slice::from_ref(token)),
                None => drop(self.tokens.remove(&one.id)),
            }
        }
    }
}
