//! purge: removes expired or trashed tokens for good, after a preview. Digests of their secrets stay as tombstones.

use crate::domain::set_hash::SetHash;
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, Revision, TokenId};
use crate::domain::wire_format::in_answer;
use crate::verbs::batches::{BatchedMutation, Milestone, is_zero, skipped};
use crate::verbs::confirmation::mismatch;
use crate::verbs::ports::{PurgeCandidate, PurgeQuery};
use crate::verbs::prelude::*;
use std::vec;

/// Maximum number of names in a preview.
pub const MAX_PREVIEW_NAMES: usize = 1_000;

/// Previews a purge of the actor's own tokens, and those of accounts that it manages.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewPurge {
    /// The tokens that are purged.
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
    #[schemars(description = "The first tokens, the oldest first, as `account/name`, 1,000 at most.")]
    pub names: Vec<String>,
}

/// Purges every token that [`PreviewPurge`] counts. It needs a person, because a purge can't be undone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgeTokens {
    /// The tokens that are purged.
    pub which: Purgeable,
    /// The number of tokens in the preview. It is a conflict if the number has changed.
    pub confirm: u64,
    /// The tokens that the person saw: [`crate::verbs::impact::Impact::set`]. It is a conflict if they have changed.
    pub expected: Option<SetHash>,
    /// The tokens at the start of the purge that were not purged yet. Later ones are not taken.
    #[serde(skip)]
    rest: vec::IntoIter<(TokenId, Revision)>,
}

impl PurgeTokens {
    /// The milestones of a purge of several batches, in the audit log.
    pub const STARTED: &str = "token.purge.started";
    /// The audit entry of a purge that came to its end.
    pub const FINISHED: &str = "token.purge.finished";
    /// The audit entry of a purge that was stopped before its end.
    pub const STOPPED: &str = "token.purge.stopped";

    /// Returns the request for the confirmed number of tokens.
    pub fn new(which: Purgeable, confirm: u64) -> Self {
        PurgeTokens { which, confirm, expected: None, rest: Vec::new().into_iter() }
    }

    /// Sets [`PurgeTokens::expected`].
    pub fn expecting(self, expected: Option<SetHash>) -> Self {
        PurgeTokens { expected, ..self }
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
    /// Number of confirmed tokens that were left alone, because somebody had changed them meanwhile.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
}

impl Query for PreviewPurge {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<PurgePreview> {
        let query = purge_query(actor, snapshot, self.which, env.now)?;
        let set = snapshot.purge_set(&query)?;
        let first: Vec<TokenId> = set.iter().take(MAX_PREVIEW_NAMES).map(|(id, _)| *id).collect();
        let names = snapshot.purge_candidates(&query, &first)?.into_iter().map(|one| one.full_name).collect();
        Ok(PurgePreview { count: set.len() as u64, names })
    }
}

impl BatchedMutation for PurgeTokens {
    type Output = PurgeResult;
    type Item = (TokenId, Revision);

    fn begin(&mut self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<u64> {
        let query = purge_query(actor, snapshot, self.which, env.now)?;
        let set = snapshot.purge_set(&query)?;
        let count = set.len() as u64;
        if count != self.confirm {
            let expected = match count {
                0 => nothing_to_purge(self.which),
                _ => format!("expected {count}, the current number of {} tokens that you manage", self.which.as_str()),
            };
            return Err(mismatch("nothing was purged", expected));
        }
        if count == 0 {
            return Err(Error::not_found(format!("nothing to purge: {}", nothing_to_purge(self.which))));
        }
        if let Some(seen) = self.expected {
            let what = format!("the {} tokens changed after they were shown; nothing was purged", self.which.as_str());
            SetHash::of(&set)?.check_seen(seen, what)?;
        }
        self.rest = set.into_iter();
        Ok(count)
    }

    fn next(&mut self, size: usize) -> Vec<Self::Item> {
        self.rest.by_ref().take(size).collect()
    }

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>, items: &[Self::Item]) -> Result<Vec<AuditEntry>> {
        let query = purge_query(actor, tx, self.which, env.now)?;
        let ids: Vec<_> = items.iter().map(|(id, _)| *id).collect();
        let mut found = tx.purge_candidates(&query, &ids)?;
        found.retain(|one| {
            let place = items.binary_search_by_key(&one.token, |(id, _)| *id);
            place.is_ok_and(|place| items[place].1 == one.revision)
        });
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
        PurgeResult { which: self.which, count: done, stopped, skipped: skipped(self.confirm, done, stopped) }
    }

    fn equivalent_command(&self) -> CliLine {
        CliLine::new(&["token", "purge"])
            .arg(format!("--{}", self.which.as_str()))
            .option("confirm", self.confirm.to_string())
    }

    fn words(&self) -> (&'static str, &'static str) {
        ("purge", "purged")
    }
}

/// Describes that the actor has no tokens to purge.
fn nothing_to_purge(which: Purgeable) -> String {
    let state = match which {
        Purgeable::Expired => "has the status expired",
        Purgeable::Trashed => "is in the trash",
    };
    format!("no token that you manage {state}")
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
