use crate::domain::audit_chain::{ChainReport, ChainVerifier, Flaw};
use crate::domain::checkpoint::{Checkpoint, StoreId};
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::query::page_cursor::{MAX_ROWS, PageCursor, default_rows};
use crate::domain::time::Timestamp;
use crate::domain::token::{TokenId, TokenRef};
use crate::verbs::ports::audit_log::{AuditQuery, AuditWindow};
use crate::verbs::prelude::*;

/// Number of rows in memory while the chain is verified.
const PAGE_SIZE: usize = 1_000;

/// Lists one section of the audit log, the oldest row first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAudit {
    /// Only rows of this time or later.
    pub since: Option<Timestamp>,
    /// Only rows about this token. An id is searched in the log alone, because the token may have been purged.
    pub token: Option<TokenRef>,
    /// The rows to return.
    #[serde(default)]
    pub filter: AuditFilter,
    /// The end of the page before.
    #[serde(default)]
    pub cursor: PageCursor<i64>,
    /// Maximum number of rows.
    #[serde(default = "default_rows")]
    pub limit: usize,
}

impl Query for ListAudit {
    const READS_AUDIT: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<AuditWindow> {
        authorize::check_audit_access(actor)?;
        let target = self.token.as_ref().map(|token| token_target(actor, snapshot, token)).transpose()?;
        snapshot.audit_window(&AuditQuery {
            since: self.since,
            target: target.map(|id| id.to_string()),
            filter: self.filter.clone(),
            cursor: self.cursor,
            limit: self.limit.min(MAX_ROWS),
        })
    }
}

fn token_target(actor: &Actor, snapshot: &dyn Snapshot, token: &TokenRef) -> Result<TokenId> {
    let id = match token {
        TokenRef::Id(id) | TokenRef::Named(id, _) => Some(*id),
        TokenRef::Text(text) => TokenId::parse(text),
    };
    match id {
        Some(id) => Ok(id),
        None => authorize::resolve_token(actor, snapshot, token, TrashScope::Any, TokenAction::Read).map(|t| t.id),
    }
}

/// The part of the audit log that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AuditRange {
    /// All of it.
    FromStart,
    /// From the last checkpoint; from the first row if something after the checkpoint is wrong.
    FromLastCheckpoint,
}

/// Verifies that the log was not changed, as far as that can be detected.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyAuditChain {
    /// The checkpoints kept outside the store, the oldest first.
    pub checkpoints: Vec<Checkpoint>,
    /// The part to check.
    pub range: AuditRange,
}

/// The answer to [`VerifyAuditChain`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditVerification {
    /// The result of following the chain.
    pub report: ChainReport,
    /// A checkpoint of the log's present end, to be kept outside the store. `None` if something is wrong with the log.
    pub checkpoint: Option<Checkpoint>,
}

impl Query for VerifyAuditChain {
    fn run(&self, _actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<AuditVerification> {
        let Some(installation) = snapshot.installation()? else {
            return Err(
                Error::not_found("this store is not set up yet").next("On the machine of the store, run: jeton init")
            );
        };
        let store = StoreId::new(&installation.prefix, installation.created_at);
        let verified = match (self.range, self.checkpoints.last()) {
            (AuditRange::FromLastCheckpoint, Some(last)) => {
                let newer = self.verify_chain(snapshot, env, &store, ChainVerifier::from_checkpoint(last.clone()))?;
                // The last checkpoint may be of a log that was replaced: the row that says so is found from the start.
                if newer.report.findings.is_empty() { newer } else { self.verify_from_start(snapshot, env, &store)? }
            }
            (AuditRange::FromLastCheckpoint, None) | (AuditRange::FromStart, _) => {
                self.verify_from_start(snapshot, env, &store)?
            }
        };
        let VerifiedRows { report, last_at } = verified;
        let head = report.head.filter(|_| report.findings.is_empty());
        // Not before the last row: so no checkpoint of a log with a restore is earlier than the restore.
        let checkpoint = head.map(|(seq, hash)| Checkpoint { seq, hash, at: env.now.max(last_at), store });
        Ok(AuditVerification { report, checkpoint })
    }
}

/// The result of reading rows, and the time of the last one.
struct VerifiedRows {
    report: ChainReport,
    last_at: Timestamp,
}

impl VerifiedRows {
    fn new(verifier: ChainVerifier, is_complete: bool) -> Self {
        let last_at = verifier.last_at();
        let report = if is_complete { verifier.finish() } else { verifier.finish_early() };
        VerifiedRows { report, last_at }
    }
}

impl VerifyAuditChain {
    fn verify_from_start(&self, snapshot: &dyn Snapshot, env: &Env<'_>, store: &StoreId) -> Result<VerifiedRows> {
        self.verify_chain(snapshot, env, store, ChainVerifier::from_start(self.checkpoints.clone()))
    }

    fn verify_chain(
        &self,
        snapshot: &dyn Snapshot,
        env: &Env<'_>,
        store: &StoreId,
        mut verifier: ChainVerifier,
    ) -> Result<VerifiedRows> {
        if let Some(theirs) = self.checkpoints.iter().map(|c| &c.store).find(|theirs| *theirs != store) {
            verifier = ChainVerifier::from_start(Vec::new());
            verifier.add_finding(None, Flaw::OtherStore { theirs: theirs.clone(), ours: store.clone() });
        }
        if let Some(how) = snapshot.audit_schema_error()? {
            verifier.add_finding(None, Flaw::Table(how));
            return Ok(VerifiedRows::new(verifier, false));
        }
        verify_rows(snapshot, env, verifier)
    }
}

fn verify_rows(snapshot: &dyn Snapshot, env: &Env<'_>, mut verifier: ChainVerifier) -> Result<VerifiedRows> {
    let mut after = verifier.after();
    let start = after.unwrap_or(0);
    let total = u64::try_from(snapshot.audit_head().unwrap_or_default().saturating_sub(start)).unwrap_or(0);
    let first = snapshot.audit_page(None, 1)?;
    if first.rows.is_empty() && !first.is_torn {
        verifier.add_finding(Some(1), Flaw::Emptied);
    }
    loop {
        env.progress.check()?;
        let page = snapshot.audit_page(after, PAGE_SIZE)?;
        page.rows.iter().for_each(|raw| verifier.check_row(raw));
        if page.is_torn {
            verifier.add_torn();
            return Ok(VerifiedRows::new(verifier, false));
        }
        // A damaged tree of rows may return numbers in any order. Continuing from a lower one would never end.
        let last = page.rows.iter().map(|raw| raw.row.seq).max();
        match last.filter(|last| page.rows.len() == PAGE_SIZE && after.is_none_or(|after| *last > after)) {
            Some(last) => {
                after = Some(last);
                env.progress.report(u64::try_from(last.saturating_sub(start)).unwrap_or(0), total);
            }
            None => return Ok(VerifiedRows::new(verifier, true)),
        }
    }
}
