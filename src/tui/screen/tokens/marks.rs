//! The marked tokens: they outlive filters, refreshes and the window, until Esc or an act on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::token::{Token, TokenId};
use crate::verbs::tokens::{REVIEWED_MAX, Reviewed};

/// How many tokens can be marked: as many as one act takes.
pub const MARKED_MAX: usize = REVIEWED_MAX;

/// The marked tokens, each as it was last seen.
#[derive(Debug, Default)]
pub struct Marks {
    tokens: BTreeMap<TokenId, Token>,
    stretch: Option<Stretch>,
}

/// What Shift has marked so far.
#[derive(Debug)]
struct Stretch {
    /// The position of the row it began on.
    from: u64,
    /// What was marked before it began.
    before: BTreeSet<TokenId>,
}

impl Marks {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whether this one is marked.
    pub fn holds(&self, id: TokenId) -> bool {
        self.tokens.contains_key(&id)
    }

    /// All of them.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    /// Takes all marks away.
    pub fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Marks `token`. Whether there was room.
    pub fn mark(&mut self, token: &Token) -> bool {
        if self.tokens.len() >= MARKED_MAX && !self.holds(token.id) {
            return false;
        }
        self.tokens.insert(token.id, token.clone());
        true
    }

    /// Marks `token`, or takes its mark away. Whether there was room.
    pub fn toggle(&mut self, token: &Token) -> bool {
        self.tokens.remove(&token.id).is_some() || self.mark(token)
    }

    /// Shift has gone from one row to the next, or stayed at the end: away from where it began it marks both, towards
    /// it it takes the mark of the row it left away, unless that was marked before. Whether there was room.
    pub fn extend(&mut self, left: (&Token, u64), reached: (&Token, u64)) -> bool {
        let before = || self.tokens.keys().copied().collect();
        let stretch = self.stretch.get_or_insert_with(|| Stretch { from: left.1, before: before() });
        if reached.1.abs_diff(stretch.from) < left.1.abs_diff(stretch.from) {
            if !stretch.before.contains(&left.0.id) {
                self.tokens.remove(&left.0.id);
            }
            return true;
        }
        self.mark(left.0) && self.mark(reached.0)
    }

    /// The next Shift begins anew.
    pub fn end_stretch(&mut self) {
        self.stretch = None;
    }

    /// Marked ones among `rows` are as they are there.
    pub fn see(&mut self, rows: &[Token]) {
        for row in rows {
            if let Some(token) = self.tokens.get_mut(&row.id) {
                *token = row.clone();
            }
        }
    }

    /// Drops what is gone by now, or on the other side of the trash.
    pub fn review(&mut self, reviewed: &[Reviewed], trashed: bool) {
        for one in reviewed {
            match one.token.as_ref().filter(|token| token.deleted_at.is_some() == trashed) {
                Some(token) => self.see(std::slice::from_ref(token)),
                None => drop(self.tokens.remove(&one.id)),
            }
        }
    }
}
