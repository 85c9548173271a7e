use std::collections::BTreeSet;

use crate::domain::date_format::Dates;
use crate::domain::policy::Policy;
use crate::domain::set_hash::SetHash;
use crate::domain::time::Timestamp;
use crate::domain::token::Purgeable;
use crate::error::Fault;
use crate::verbs::confirmation;
use crate::verbs::ports::PurgeCandidate;
use crate::verbs::prelude::*;
use crate::verbs::tokens::purge_query;

/// Number of tokens in the trash that are read at once.
const PART_SIZE: usize = 10_000;

/// Returns the rules in force. Every actor may read them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListPolicy;

impl Query for ListPolicy {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<Policy> {
        actor.account()?;
        snapshot.policy()
    }
}

/// Changes rules, all or none. Existing tokens keep what they have, even beyond a new limit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    /// Key and value of each rule, e.g. `policy.trash` and `30d`.
    pub changes: Vec<(String, String)>,
    /// The rules as the person saw them. It is a conflict if they have changed.
    pub expected: Option<Policy>,
    /// The accepted number of tokens in the trash that can't be restored afterwards. It must be exact.
    pub confirm: Option<u64>,
    /// Those tokens as the person saw them: [`crate::verbs::impact::Impact::set`]. It is a conflict if they have
    /// changed.
    pub expected_trash: Option<SetHash>,
}

impl SetPolicy {
    /// Returns the request, not confirmed.
    pub fn new(changes: Vec<(String, String)>, expected: Option<Policy>) -> Self {
        SetPolicy { changes, expected, confirm: None, expected_trash: None }
    }
}

/// The loss by new rules: rows that they delete, and tokens that they make impossible to restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyLoss {
    /// Number of tokens in the trash that can't be restored afterwards, but could be before.
    pub trashed: u64,
    /// Uses and denied attempts before this time are deleted. `None` if there are none.
    pub ledger_before: Option<Timestamp>,
}

impl PolicyLoss {
    /// Returns a line for each loss.
    pub fn describe(&self, dates: Dates<'_>) -> Vec<String> {
        let ledger = self
            .ledger_before
            .map(|at| format!("uses and denied attempts before {} are deleted for good", dates.minute(at)));
        (self.trashed > 0).then(|| describe_trashed(self.trashed, "can")).into_iter().chain(ledger).collect()
    }
}

fn describe_trashed(count: u64, can: &str) -> String {
    format!("{count} token{} in the trash {can} no longer be restored", if count == 1 { "" } else { "s" })
}

/// Refuses a change after which the default expiry is later than the longest: a token without an expiry of its own
/// could no longer be created.
pub(super) fn check_expiries(before: &Policy, after: &Policy, env: &Env<'_>) -> Result<()> {
    let rules = |policy: &Policy| (policy.default_expiry, policy.max_expiry);
    let Some(max) = after.max_expiry.filter(|_| rules(before) != rules(after)) else { return Ok(()) };
    let Some(latest) = max.after(env.now, env.zone) else { return Ok(()) };
    let default = after.default_expiry.and_then(|default| default.after(env.now, env.zone));
    if default.is_some_and(|default| default <= latest) {
        return Ok(());
    }
    let default = after.default_expiry.map_or_else(|| "never".to_owned(), |default| default.to_string());
    Err(Error::conflict("the default expiry would be later than the longest expiry; nothing was changed")
        .why(format!("policy.default_expiry would be {default}, and policy.max_expiry {max}"))
        .next(format!(
            "Choose a default expiry of {max} or less, e.g.: jeton policy set policy.default_expiry={max} \
             policy.max_expiry={max}"
        )))
}

/// Returns the tokens that can be restored under the rules `before`, but not under `after`.
pub(super) fn lost_from_trash(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
    before: &Policy,
    after: &Policy,
) -> Result<Vec<PurgeCandidate>> {
    if before.trash == after.trash {
        return Ok(Vec::new());
    }
    let query = purge_query(actor, snapshot, Purgeable::Trashed, env.now)?;
    let ids: Vec<_> = snapshot.purge_set(&query)?.into_iter().map(|(id, _)| id).collect();
    let mut found = Vec::new();
    for part in ids.chunks(PART_SIZE) {
        env.progress.check()?;
        found.extend(snapshot.purge_candidates(&query, part)?);
        env.progress.report(found.len() as u64, ids.len() as u64);
    }
    // The tokens of a deleted account can't be restored anyway.
    let accounts: BTreeSet<String> = snapshot.accounts()?.into_iter().map(|one| one.username.to_string()).collect();
    let has_owner = |name: &str| name.split_once('/').is_some_and(|(account, _)| accounts.contains(account));
    let restorable = |rules: &Policy, at| rules.trash.after(at, env.zone).is_none_or(|until| until > env.now);
    found.retain(|one| has_owner(&one.full_name) && restorable(before, one.since) && !restorable(after, one.since));
    Ok(found)
}

/// Returns the hash of lost tokens, or the default for none.
pub(super) fn hash_of_lost(lost: &[PurgeCandidate]) -> Result<SetHash> {
    match lost {
        [] => Ok(SetHash::default()),
        _ => SetHash::of(lost.iter().map(|one| (one.token, one.revision))),
    }
}

/// Returns the time before which the rules `after` delete rows of the ledger that the rules `before` keep.
pub(super) fn ledger_end(
    snapshot: &dyn Snapshot,
    env: &Env<'_>,
    before: &Policy,
    after: &Policy,
) -> Result<Option<Timestamp>> {
    let end = |rules: &Policy| rules.ledger_keep.before(env.now, env.zone);
    let oldest = snapshot.ledger_oldest()?;
    Ok(end(after).filter(|at| Some(*at) > end(before) && oldest.is_some_and(|oldest| oldest < *at)))
}

impl Mutation for SetPolicy {
    type Output = Policy;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Policy>> {
        authorize::check_policy_access(actor)?;
        if self.changes.is_empty() {
            return Err(Error::usage("no rule was given; give at least one rule"));
        }
        let before = tx.policy()?;
        if self.expected.as_ref().is_some_and(|seen| *seen != before) {
            return Err(Error::conflict(
                "another program or session changed the policy in the meantime; your change was not made",
            )
            .next("Check the current rules, then make your change again")
            .fault(Fault::ChangedMeanwhile));
        }
        let policy = before.with(&self.changes)?;
        check_expiries(&before, &policy, env)?;
        let lost = lost_from_trash(actor, tx, env, &before, &policy)?;
        if let Some(seen) = self.expected_trash {
            let what = "the tokens in the trash changed after they were shown; the policy was not changed";
            hash_of_lost(&lost)?.check_seen(seen, what)?;
        }
        let count = lost.len() as u64;
        let names = lost.into_iter().map(|one| one.full_name);
        let would = format!("by this change, {}", describe_trashed(count, "could"));
        confirmation::check_count(&would, "confirm", count, self.confirm, names)?;
        tx.set_policy(&policy)?;
        let pairs = before.pairs().into_iter().zip(policy.pairs());
        let entry = pairs.fold(AuditEntry::new(Self::NAME, "policy", "policy"), |entry, ((key, was), (_, is))| {
            entry.changed(key, was, is)
        });
        Ok(Audited::one(policy, entry))
    }

    fn equivalent_command(&self, _out: &Policy) -> CliLine {
        let line = CliLine::new(&["policy", "set"]);
        let line = self.changes.iter().fold(line, |line, (key, value)| line.arg(format!("{key}={value}")));
        line.option_if("confirm", self.confirm.map(|count| count.to_string()))
    }
}
