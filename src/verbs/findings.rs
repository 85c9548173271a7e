//! check: finds tokens that need attention, for cron and monitoring. It reads one page at a time. Each page reads a
//! bounded number of rows, however many tokens there are.

use crate::domain::expiry::Span;
use crate::domain::time::{DAY, Timestamp};
use crate::domain::wire_format::NullIfEmpty;
use crate::verbs::ledger::{LedgerSecret, LedgerToken};
use crate::verbs::prelude::*;

/// Maximum age of denied attempts on tokens that are *still* tried, in milliseconds: 7 days.
pub const DEAD_SECRET_WINDOW: i64 = 7 * DAY;

/// A reason to look at a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FindingKind {
    /// Active tokens that expire within this span.
    Expiring(Span),
    /// Active tokens unused for this span. Tokens that were never used count from their creation.
    Stale(Span),
    /// Tokens that are disabled, expired, deleted, purged or rotated, and whose old secrets were tried in the last
    /// [`DEAD_SECRET_WINDOW`].
    DeadSecretTried,
    /// Active tokens that name methods or API sets that no catalogue has. A catalogue that brings them gives them to the
    /// tokens.
    UnknownNames,
}

/// Maximum number of names in [`Finding::UnknownNames`].
pub const MAX_UNKNOWN_NAMES: usize = 10;

/// The position of a check: the sort value, and a token's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingCursor(pub i64, pub i64);

/// Lists the tokens that need attention for one reason, page by page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFindings {
    /// The reason.
    pub kind: FindingKind,
    /// The end of the last page. `None` starts at the beginning.
    pub after: Option<FindingCursor>,
    /// Number of tokens to read.
    pub limit: usize,
}

/// A [`FindingKind`] with its span resolved to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingCriterion {
    /// Active tokens that expire at this time or sooner.
    ExpiringBy(Timestamp),
    /// Active tokens last used, or if never used, created, at this time or earlier.
    StaleSince(Timestamp),
    /// Dead tokens that were tried at this time or later.
    DeadSecretTriedSince(Timestamp),
    /// Active tokens with names that no catalogue has.
    UnknownNames,
}

/// A page of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingQuery {
    /// The reason with its limits.
    pub criterion: FindingCriterion,
    /// The time at which tokens are judged.
    pub now: Timestamp,
    /// The end of the page before.
    pub after: Option<FindingCursor>,
    /// Maximum number of findings.
    pub limit: usize,
}

/// A token that needs attention, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Finding {
    /// The token expires soon.
    Expiring {
        /// The token.
        token: LedgerToken,
        /// The time at which it expires.
        expires_at: Timestamp,
    },
    /// The token is not used.
    Stale {
        /// The token.
        token: LedgerToken,
        /// The last use.
        last_seen_at: Option<Timestamp>,
        /// The time of creation.
        created_at: Timestamp,
    },
    /// A dead secret of the token is still tried.
    #[serde(rename = "still-knocking")]
    DeadSecretTried {
        /// The token.
        token: LedgerToken,
        /// The attempts.
        #[serde(flatten)]
        attempts: DeadSecretAttempts,
    },
    /// The token names methods or API sets that no catalogue has.
    UnknownNames {
        /// The token.
        token: LedgerToken,
        /// Number of these names.
        count: u64,
        /// The first ids of such methods, or names of such sets, 10 at most.
        names: Vec<String>,
    },
}

impl Finding {
    /// Returns the token that needs attention.
    pub const fn token(&self) -> &LedgerToken {
        match self {
            Finding::Expiring { token, .. }
            | Finding::Stale { token, .. }
            | Finding::DeadSecretTried { token, .. }
            | Finding::UnknownNames { token, .. } => token,
        }
    }

    /// Returns the reason in a word or two, for tables.
    pub const fn reason(&self) -> &'static str {
        match self {
            Finding::Expiring { .. } => "expiring",
            Finding::Stale { .. } => "stale",
            Finding::DeadSecretTried { .. } => "still tried",
            Finding::UnknownNames { .. } => "unknown names",
        }
    }
}

/// Attempts with secrets of one token that no longer work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadSecretAttempts {
    /// Number of attempts.
    pub attempts: u64,
    /// `true` if there were more than could be counted; `attempts` is then a lower bound.
    #[serde(rename = "more")]
    pub is_lower_bound: bool,
    /// The reason of the last denial, a word of [`crate::verbs::verify::DenialReason`].
    #[schemars(description = "The reason of the last denial, a code of DenialReason.")]
    pub reason: String,
    /// The time of the last attempt.
    #[serde(rename = "last_at")]
    pub at: Timestamp,
    /// The secret of the last attempt, if known.
    pub secret: Option<LedgerSecret>,
    /// The caller's address in the last attempt. `None` if it is unknown, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub address: String,
    /// The client name in the last attempt. `None` without one, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub client: String,
}

/// A page of the tokens that need attention.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingPage {
    /// The findings: the soonest, the longest unused, or the lowest id first. May be empty even if more pages follow.
    pub findings: Vec<Finding>,
    /// The start of the next page. `None` after the last.
    pub next: Option<FindingCursor>,
}

impl Query for ListFindings {
    const READS_LEDGER: bool = true;

    fn run(&self, _actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<FindingPage> {
        let criterion = match self.kind {
            // A span that ends beyond the calendar includes every expiry, and no use.
            FindingKind::Expiring(span) => {
                FindingCriterion::ExpiringBy(span.after(env.now, env.zone).unwrap_or(Timestamp(i64::MAX - 1)))
            }
            FindingKind::Stale(span) => {
                FindingCriterion::StaleSince(span.before(env.now, env.zone).unwrap_or(Timestamp(i64::MIN)))
            }
            FindingKind::DeadSecretTried => FindingCriterion::DeadSecretTriedSince(env.now.plus(-DEAD_SECRET_WINDOW)),
            FindingKind::UnknownNames => FindingCriterion::UnknownNames,
        };
        snapshot.finding_page(&FindingQuery { criterion, now: env.now, after: self.after, limit: self.limit })
    }
}
