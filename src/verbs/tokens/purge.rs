//! purge: removes expired or trashed tokens for good, after a preview. Digests of their secrets stay as tombstones.

use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, TokenId};
use crate::domain::wire_format::in_answer;
use crate::verbs::batches::{BatchedMutation, Milestone};
use crate::verbs::ports::{PurgeCandidate, PurgeQuery};
use crate::verbs::prelude::*;
use schemars::JsonSchema;

/// Maximum number of names in a preview.
pub const MAX_PREVIEW_NAMES: usize = 1_000;

/// Previews a purge of the actor's own tokens, and those of accounts that it manages.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewPurge {
    pub which: Purgeable,
}

/// The answer to [`PreviewPurge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgePreview {
    /// Number of tokens that the purge would remove.
    pub count: u64,
    /// The first tokens, the oldest first, as `account/name`: [`MAX_PREVIEW_NAMES`] at most.
    #[serde(rename = "tokens")]
    #[schemars(description = "The first tokens, the oldest first, as `account/name`.")]
    pub names: Vec<String>,
}

/// Purges every token that [`PreviewPurge`] counts. It needs a person, because a purge can't be undone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgeTokens {
    pub which: Purgeable,
    /// The number of tokens in the preview. It is a conflict if the number has changed.
    pub confirm: u64,
    /// The start of the purge. Tokens that expire or are put into the trash later are not taken.
    #[serde(skip)]
    started_at: Option<Timestamp>,
    #[serde(skip)]
    last: Option<TokenId>,
}

impl PurgeTokens {
    /// The milestones of a purge of several batches, in the audit log.
    pub const STARTED: &str = "token.purge.started";
    pub const FINISHED: &str = "token.purge.finished";
    pub const STOPPED: &str = "token.purge.stopped";

    pub fn new(which: Purgeable, confirm: u64) -> Self {
        PurgeTokens { which, confirm, started_at: None, last: None }
    }
}

/// The result of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgeResult {
    /// The kind of tokens.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub which: Purgeable,
    /// Number of purged tokens.
    pub count: u64,
    /// `true` if the purge was stopped before all were purged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

impl Query for PreviewPurge {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<PurgePreview> {
        let query = purge_query(actor, snapshot, self.which, env.now)?;
        let names =
            snapshot.purge_candidates(&query, None, MAX_PREVIEW_NAMES)?.into_iter().map(|d| d.full_name).collect();
        Ok(PurgePreview { count: snapshot.purge_candidate_count(&query)?, names })
    }
}

impl BatchedMutation for PurgeTokens {
    type Output = PurgeResult;
    type Item = TokenId;

    fn begin(&mut self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<u64> {
        let query = purge_query(actor, snapshot, self.which, env.now)?;
        let count = snapshot.purge_candidate_count(&query)?;
        if count != self.confirm {
            return Err(Error::conflict("the confirmation does not match; nothing was purged")
                .why(format!("expected {count}, the current number of {} tokens", self.which.as_str())));
        }
        if count == 0 {
            return Err(Error::not_found(format!("nothing to purge: no token is {}", self.which.as_str())));
        }
        self.started_at = Some(env.now);
        Ok(count)
    }

    fn next(&mut self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, size: usize) -> Result<Vec<TokenId>> {
        let query = purge_query(actor, snapshot, self.which, self.started_at.unwrap_or(env.now))?;
        let ids: Vec<TokenId> =
            snapshot.purge_candidates(&query, self.last, size)?.iter().map(|candidate| candidate.token).collect();
        self.last = ids.last().copied().or(self.last);
        Ok(ids)
    }

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>, items: &[TokenId]) -> Result<Vec<AuditEntry>> {
        let query = purge_query(actor, tx, self.which, self.started_at.unwrap_or(env.now))?;
        let found = tx.purge_candidates_of(&query, items)?;
        let ids: Vec<_> = found.iter().map(|candidate| candidate.token).collect();
        tx.purge(&ids, env.now)?;
        let entry = |candidate: PurgeCandidate| {
            AuditEntry::new(Self::NAME, candidate.token, candidate.full_name)
                .with(self.which.as_str(), candidate.since.rfc3339())
        };
        Ok(found.into_iter().map(entry).collect())
    }

    fn milestone(&self, milestone: Milestone) -> AuditEntry {
        let (verb, key, count) = match milestone {
            Milestone::Started(count) => (Self::STARTED, "to_purge", count),
            Milestone::Finished(count) => (Self::FINISHED, "purged", count),
            Milestone::Stopped(count) => (Self::STOPPED, "purged", count),
        };
        let target = format!("{} tokens", self.which.as_str());
        AuditEntry::new(verb, &target, &target).with(key, count)
    }

    fn output(&self, done: u64, stopped: bool) -> PurgeResult {
        PurgeResult { which: self.which, count: done, stopped }
    }

    fn equivalent_command(&self) -> CliLine {
        CliLine::new(&["token", "purge"])
            .arg(format!("--{}", self.which.as_str()))
            .option("confirm", self.confirm.to_string())
    }
}

/// Selects the tokens to purge: the actor's own, which it must be allowed to change, and those of accounts that it
/// manages.
pub(in crate::verbs) fn purge_query(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    which: Purgeable,
    now: Timestamp,
) -> Result<PurgeQuery> {
    authorize::resolve_account(actor, snapshot, None, TokenAction::Write)?;
    Ok(PurgeQuery { visibility: actor.visibility(TokenAction::Write)?, which, now })
}
