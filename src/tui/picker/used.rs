//! Which methods a token was seen to call, and whether that is enough to call the others unused.

use std::collections::HashSet;

use crate::domain::method::MethodId;
use crate::domain::time::{DAY, Timestamp};
use crate::domain::token::Token;
use crate::tui::widget::line::counted;
use crate::verbs::ports::Usage;

/// Over how many days the ledger must tell of a token before what it never saw is called unused.
const LEAST_DAYS: u64 = 7;

/// What the ledger saw of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    methods: HashSet<String>,
    /// Over how many whole days the ledger tells of the token.
    days: u64,
    cut: bool,
}

impl Used {
    /// Of `token`, used as `usage` says, at `now`.
    pub fn of(token: &Token, usage: &Usage, now: Timestamp) -> Self {
        let since = usage.kept_since.map(|kept| kept.max(token.created_at));
        let days = since.map_or(0, |since| now.0.saturating_sub(since.0) / DAY);
        Used {
            methods: usage.methods_kept.iter().map(|(method, _)| method.clone()).collect(),
            days: u64::try_from(days).unwrap_or(0),
            cut: usage.methods_cut,
        }
    }

    /// Whether the token was seen to call `method`.
    pub fn saw(&self, method: &MethodId) -> bool {
        self.methods.contains(method.as_str())
    }

    /// On how much it rests: `84 days of ledger`.
    pub fn rests_on(&self) -> String {
        format!("{} of ledger", counted(self.days, "day"))
    }

    /// How many methods were seen: `9 methods used in 84 days of ledger`.
    pub fn words(&self) -> String {
        format!("{} used in {}", counted(self.methods.len() as u64, "method"), self.rests_on())
    }

    /// Why the others can't be called unused, where they can't.
    pub fn doubt(&self) -> Option<String> {
        if self.cut {
            Some("more methods were used than are told apart, so none is called unused".to_owned())
        } else if self.days < LEAST_DAYS {
            Some(format!("only {}, too few to call a method unused", self.rests_on()))
        } else if self.methods.is_empty() {
            Some(format!("none was used in {}", self.rests_on()))
        } else {
            None
        }
    }
}
