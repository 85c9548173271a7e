//! The methods that a token has called, and if the data suffices to call others unused.

use std::collections::HashSet;

use crate::domain::method::MethodId;
use crate::domain::time::{DAY, Timestamp};
use crate::domain::token::Token;
use crate::tui::text_fit::count_noun;
use crate::verbs::ports::Usage;

/// Number of days that the ledger must cover before other methods are called unused.
const MIN_DAYS: u64 = 7;

/// The calls of one token recorded in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedMethods {
    methods: HashSet<String>,
    /// Number of full days covered by the ledger.
    days: u64,
    is_truncated: bool,
}

impl UsedMethods {
    /// Creates the record for `token` from its `usage`, as of `now`.
    pub fn new(token: &Token, usage: &Usage, now: Timestamp) -> Self {
        let since = usage.recorded_since.map(|recorded_since| recorded_since.max(token.created_at));
        let days = since.map_or(0, |since| now.0.saturating_sub(since.0) / DAY);
        UsedMethods {
            methods: usage.all_methods.iter().map(|(method, _)| method.clone()).collect(),
            days: u64::try_from(days).unwrap_or(0),
            is_truncated: usage.methods_truncated,
        }
    }

    /// Returns `true` if the token has called `method`.
    pub fn was_used(&self, method: &MethodId) -> bool {
        self.methods.contains(method.as_str())
    }

    /// Returns the first of the used methods, by id, for which `f` is `true`.
    pub fn find(&self, f: impl Fn(&str) -> bool) -> Option<&str> {
        self.methods.iter().map(String::as_str).filter(|method| !method.is_empty() && f(method)).min()
    }

    /// Describes the covered time: `the last 84 days`.
    pub fn period(&self) -> String {
        format!("the last {}", count_noun(self.days, "day"))
    }

    /// Describes the used methods: `9 methods used in the last 84 days`.
    pub fn describe(&self) -> String {
        format!("{} used in {}", count_noun(self.methods.len() as u64, "method"), self.period())
    }

    /// Returns the reason why the other methods can't be called unused; `None` if they can.
    pub fn uncertainty(&self) -> Option<String> {
        if self.is_truncated {
            Some("jeton did not record all methods that the token used. Unused methods are unknown".to_owned())
        } else if self.days < MIN_DAYS {
            let recorded = match self.days {
                0 => "less than 1 day".to_owned(),
                days => count_noun(days, "day"),
            };
            Some(format!(
                "jeton has recorded the token's uses for {recorded}, and can find unused methods after {MIN_DAYS} days"
            ))
        } else if self.methods.is_empty() {
            Some(format!("the token used no method in {}. To take away all methods, choose no access", self.period()))
        } else {
            None
        }
    }
}
