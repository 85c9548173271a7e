//! The same change of all tokens that a query finds, in batches if they are many.

use std::vec;

use super::matching::{BulkChange, MatchingCount, MatchingTokens};
use super::revoke::move_to_trash;
use super::{DisableTokens, EnableTokens, OwnerFilter, RestoreTokens, TokenTarget, resolve_targets};
use crate::domain::set_hash::SetHash;
use crate::domain::token::{Token, TokenRef};
use crate::domain::wire_format::in_answer;
use crate::verbs::batches::{BatchedMutation, MAX_ATOMIC, Milestone, is_zero, skipped};
use crate::verbs::confirmation::mismatch;
use crate::verbs::ports::TokenState;
use crate::verbs::prelude::*;

/// Makes a change to all tokens that a query finds when the change begins. Each token gets its own audit row.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMatching {
    /// The change of the tokens.
    pub change: BulkChange,
    /// The tokens.
    pub tokens: MatchingTokens,
    /// The number of tokens that the change alters. It is a conflict if the number has changed.
    pub confirm: u64,
    /// The tokens that the person saw: [`MatchingCount::set`]. It is a conflict if they have changed.
    pub expected: Option<SetHash>,
    /// The tokens at the start of the change that were not changed yet. Later ones are not taken.
    #[serde(skip)]
    rest: vec::IntoIter<TokenState>,
}

/// The result of [`ChangeMatching`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkResult {
    /// The change of the tokens.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub change: BulkChange,
    /// Number of changed tokens.
    pub count: u64,
    /// `true` if the work was stopped before all were changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// Number of confirmed tokens that were left alone, because somebody had changed them meanwhile.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
}

impl ChangeMatching {
    /// The milestones of a change of several batches, in the audit log.
    pub const STARTED: &str = "token.bulk.started";
    /// The audit entry of a change that came to its end.
    pub const FINISHED: &str = "token.bulk.finished";
    /// The audit entry of a change that was stopped before its end.
    pub const STOPPED: &str = "token.bulk.stopped";

    /// Returns the request for the confirmed number of tokens.
    pub fn new(change: BulkChange, tokens: MatchingTokens, confirm: u64, expected: Option<SetHash>) -> Self {
        ChangeMatching { change, tokens, confirm, expected, rest: Vec::new().into_iter() }
    }

    fn resolve(&self, actor: &Actor, snapshot: &dyn Snapshot, targets: &[TokenTarget]) -> Result<Vec<Token>> {
        let (trash_scope, action) = match self.change {
            BulkChange::Disable | BulkChange::Revoke => (TrashScope::Live, TokenAction::Restrict),
            BulkChange::Enable => (TrashScope::Live, TokenAction::Write),
            BulkChange::Restore => (TrashScope::Trashed, TokenAction::Write),
        };
        resolve_targets(actor, snapshot, targets, trash_scope, action)
    }

    /// Describes the tokens: `tokens that match "status:active"`.
    fn target(&self) -> String {
        match self.tokens.filter.to_string() {
            all if all.is_empty() => "all tokens".to_owned(),
            filter => format!("tokens that match \"{filter}\""),
        }
    }
}

fn targets(states: &[TokenState]) -> Vec<TokenTarget> {
    let target = |state: &TokenState| TokenTarget {
        reference: TokenRef::Id(state.token),
        expected_revision: Some(state.revision),
    };
    states.iter().map(target).collect()
}

impl BatchedMutation for ChangeMatching {
    type Output = BulkResult;
    type Item = TokenState;

    fn begin(&mut self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<u64> {
        let mut found = self.tokens.find(actor, snapshot, env)?;
        let counted = MatchingCount::new(&found, env)?;
        found.retain(|state| self.change.affects(state, env.now));
        // Permission of an acting token differs from one token to the next. A person may change all or none.
        let checked = if actor.bearer().is_some() { found.len() } else { 1 };
        let parts = found.get(..checked).unwrap_or_default().chunks(MAX_ATOMIC);
        parts.map(targets).try_for_each(|part| self.resolve(actor, snapshot, &part).map(drop))?;
        let (count, [done, _]) = (counted.affected_by(self.change), self.change.participles());
        if count != self.confirm {
            let expected = match count {
                0 => format!("there is no token to {}", self.change),
                _ => format!("expected {count}, the current number of tokens to {}", self.change),
            };
            return Err(mismatch(&format!("nothing was {done}"), expected));
        }
        if count == 0 {
            let why = match self.change {
                BulkChange::Disable if counted.count > 0 => "all matching tokens are disabled already",
                BulkChange::Enable if counted.count > 0 => "all matching tokens are enabled already or have expired",
                _ => "no token matches",
            };
            return Err(Error::not_found(format!("there is no token to {}", self.change)).why(why));
        }
        if let Some(seen) = self.expected {
            counted.set.check_seen(seen, format!("the tokens changed after they were shown; nothing was {done}"))?;
        }
        // Without its own token, the actor could not change the rest.
        found.sort_by_key(|state| actor.bearer().is_some_and(|own| own.token.id == state.token));
        self.rest = found.into_iter();
        Ok(count)
    }

    fn next(&mut self, size: usize) -> Vec<TokenState> {
        self.rest.by_ref().take(size).collect()
    }

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>, items: &[TokenState]) -> Result<Vec<AuditEntry>> {
        let mut unchanged = Vec::with_capacity(items.len());
        for state in items.iter().filter(|state| self.change.affects(state, env.now)) {
            // A token that others have changed since is no longer the one that was found.
            if tx.token(state.token)?.is_some_and(|token| token.revision == state.revision) {
                unchanged.push(*state);
            }
        }
        if unchanged.is_empty() {
            return Ok(Vec::new());
        }
        let tokens = targets(&unchanged);
        let changed = match self.change {
            BulkChange::Disable => DisableTokens { tokens }.run(actor, tx, env)?,
            BulkChange::Enable => EnableTokens { tokens }.run(actor, tx, env)?,
            BulkChange::Restore => RestoreTokens { tokens, rename: None }.run(actor, tx, env)?,
            BulkChange::Revoke => {
                let mut tokens = self.resolve(actor, tx, &tokens)?;
                return tokens.iter_mut().map(|token| move_to_trash(token, tx, env)).collect();
            }
        };
        Ok(changed.into_parts().0)
    }

    fn milestone(&self, milestone: Milestone) -> AuditEntry {
        let (verb, key, count) = match milestone {
            Milestone::Started(count) => (Self::STARTED, "to_change", count),
            Milestone::Finished(count) => (Self::FINISHED, "changed", count),
            Milestone::Stopped(count) => (Self::STOPPED, "changed", count),
        };
        let target = self.target();
        AuditEntry::new(verb, &target, &target).with("change", self.change.as_str()).with(key, count)
    }

    fn output(&self, done: u64, stopped: bool) -> BulkResult {
        BulkResult { change: self.change, count: done, stopped, skipped: skipped(self.confirm, done, stopped) }
    }

    fn equivalent_command(&self) -> CliLine {
        let MatchingTokens { owner, filter, except, also, .. } = &self.tokens;
        let line = CliLine::new(&["token", self.change.as_str()]);
        let line = also.iter().fold(line, |line, token| line.arg(token.to_string()));
        let line = line.option("filter", filter.to_string());
        let line = match owner {
            OwnerFilter::Mine => line,
            OwnerFilter::Account(name) => line.option("account", name.as_str()),
            OwnerFilter::All => line.arg("--all"),
        };
        let line = except.iter().fold(line, |line, token| line.option("except", token.to_string()));
        line.option("confirm", self.confirm.to_string())
    }

    fn words(&self) -> (&'static str, &'static str) {
        (self.change.as_str(), self.change.participles()[0])
    }
}
