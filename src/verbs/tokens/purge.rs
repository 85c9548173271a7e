//! purge: expired or trashed tokens for good, after a preview. Digests of their secrets stay as tombstones.

use crate::domain::audit::AuditEntry;
use crate::domain::token::Purgeable;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, Act};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::{PurgeQuery, Snapshot, Tx};
use crate::verbs::{Change, Changed, Env, Proof, Query, Verb};

/// How many names a preview tells at most.
pub const NAMES_SHOWN: usize = 1_000;
/// How many tokens are taken away at a time, so that many thousands pass through little memory.
const CHUNK: usize = 1_000;

/// What a purge would take: the actor's own tokens, and those of accounts that it manages.
#[derive(Debug, Clone)]
pub struct PreviewPurge {
    /// Which tokens.
    pub which: Purgeable,
}

/// The answer to [`PreviewPurge`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgePreview {
    /// How many tokens it would take.
    pub count: u64,
    /// The first of them, the oldest first, as `account/name`: [`NAMES_SHOWN`] at most.
    pub names: Vec<String>,
}

/// Takes every token that [`PreviewPurge`] counts away for good. It takes a person: nothing brings them back.
#[derive(Debug, Clone)]
pub struct PurgeTokens {
    /// Which tokens.
    pub which: Purgeable,
    /// Their number, as the preview told it: another one by now is a conflict.
    pub confirm: u64,
}

/// What a purge took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// Which tokens.
    pub which: Purgeable,
    /// How many.
    pub count: u64,
}

impl Verb for PreviewPurge {
    const NAME: &'static str = "token.purge.preview";
    const PROOF: Proof = Proof::Identity;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = PurgePreview;
}

impl Verb for PurgeTokens {
    const NAME: &'static str = "token.purge";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::Person;
    type Reply = Changed<Purged>;
}

impl Query for PreviewPurge {
    fn run(&self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<PurgePreview> {
        let query = query(by, snapshot, self.which, env)?;
        let names = snapshot.doomed(&query, None, NAMES_SHOWN)?.into_iter().map(|d| d.full_name).collect();
        Ok(PurgePreview { count: snapshot.doomed_count(&query)?, names })
    }
}

impl Change for PurgeTokens {
    type Out = Purged;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Purged>> {
        let query = query(by, tx, self.which, env)?;
        let count = tx.doomed_count(&query)?;
        if count != self.confirm {
            return Err(Error::conflict("the confirmation differs; nothing was purged")
                .why(format!("the number of tokens was expected: {count} {} now", self.which.word())));
        }
        let mut entries = Vec::new();
        let mut after = None;
        loop {
            let page = tx.doomed(&query, after, CHUNK)?;
            let Some(last) = page.last() else { break };
            after = Some(last.token);
            entries.extend(page.iter().map(|doomed| {
                AuditEntry::new(Self::NAME, doomed.token, doomed.full_name.as_str())
                    .with(self.which.word(), doomed.since.rfc3339())
            }));
            let ids: Vec<_> = page.iter().map(|doomed| doomed.token).collect();
            tx.purge(&ids, env.now)?;
        }
        let nothing = || Error::not_found(format!("no token is {}: there is nothing to purge", self.which.word()));
        Audited::each(Purged { which: self.which, count }, entries).ok_or_else(nothing)
    }

    fn cli(&self, _out: &Purged) -> CliLine {
        CliLine::new(&["token", "purge"])
            .word(format!("--{}", self.which.word()))
            .option("confirm", self.confirm.to_string())
    }
}

/// Whoever may change his own tokens may purge them, and those of the accounts he manages.
fn query(by: &Actor, snapshot: &dyn Snapshot, which: Purgeable, env: &Env<'_>) -> Result<PurgeQuery> {
    authorize::account(by, snapshot, None, Act::Change)?;
    Ok(PurgeQuery { visibility: by.visibility(Act::Change)?, which, now: env.now })
}
