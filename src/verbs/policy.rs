use crate::domain::policy::Policy;
use crate::error::Fault;
use crate::verbs::prelude::*;

/// Returns the rules in force. Every actor may read them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListPolicy;

impl Query for ListPolicy {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<Policy> {
        actor.account()?;
        snapshot.policy()
    }
}

/// Changes rules, all or none. Existing tokens keep what they have, even beyond a new limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    /// Key and value of each, e.g. `policy.trash` and `30d`. If a key is given twice, the last value applies.
    pub changes: Vec<(String, String)>,
    /// The rules as the person saw them. It is a conflict if they have changed.
    pub expected: Option<Policy>,
}

impl Mutation for SetPolicy {
    type Output = Policy;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, _env: &Env<'_>) -> Result<Audited<Policy>> {
        authorize::check_policy_access(actor)?;
        if self.changes.is_empty() {
            return Err(Error::usage("give at least one rule"));
        }
        let before = tx.policy()?;
        if self.expected.as_ref().is_some_and(|seen| *seen != before) {
            return Err(Error::conflict(
                "another session changed the policy in the meantime; your change was not made",
            )
            .next("Check the current rules, then make your change again")
            .fault(Fault::ChangedMeanwhile));
        }
        let mut policy = before.clone();
        for (key, value) in &self.changes {
            policy.set(key, value)?;
        }
        tx.set_policy(&policy)?;
        let pairs = before.pairs().into_iter().zip(policy.pairs());
        let entry = pairs.fold(AuditEntry::new(Self::NAME, "policy", "policy"), |entry, ((key, was), (_, is))| {
            entry.changed(key, was, is)
        });
        Ok(Audited::one(policy, entry))
    }

    fn equivalent_command(&self, _out: &Policy) -> CliLine {
        let line = CliLine::new(&["policy", "set"]);
        self.changes.iter().fold(line, |line, (key, value)| line.arg(format!("{key}={value}")))
    }
}
