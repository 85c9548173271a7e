//! check: which tokens need attention, for cron and monitoring. Read a page at a time, each of which looks at a bounded
//! number of rows however many tokens there are.

use crate::domain::expiry::Span;
use crate::domain::time::{DAY, Timestamp};
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::ledger::{LedgerSecret, LedgerToken};
use crate::verbs::needs::Needs;
use crate::verbs::ports::Snapshot;
use crate::verbs::{Env, Proof, Query, Verb};

/// For how many milliseconds denied attempts count as *still* knocking: 7 days.
pub const KNOCKING: i64 = 7 * DAY;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Active tokens that expire within this span.
    Expiring(Span),
    /// Active tokens that were not used for this span; where never used, made that long ago.
    Stale(Span),
    /// Tokens that are disabled, expired, deleted or purged, or have been rotated, whose secrets were tried in the last
    /// [`KNOCKING`].
    Knocking,
}

/// How far a look has come: what it is ordered by, and a token's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckKey(pub i64, pub i64);

/// A part of what needs attention.
#[derive(Debug, Clone)]
pub struct Check {
    /// What is looked for.
    pub look: Look,
    /// Where the last page ended; from the start without it.
    pub after: Option<CheckKey>,
    /// How many tokens are looked at.
    pub limit: usize,
}

/// What [`Look`] comes to at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookAt {
    /// Active tokens that expire at this instant or sooner.
    ExpiringBy(Timestamp),
    /// Active tokens last used, or where never used made, at this instant or earlier.
    StaleSince(Timestamp),
    /// Tokens knocking at this instant or later.
    KnockingSince(Timestamp),
}

/// A question for a page of what needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckQuery {
    /// What is looked for.
    pub look: LookAt,
    /// The instant at which statuses are computed.
    pub now: Timestamp,
    /// Where the last page ended.
    pub after: Option<CheckKey>,
    /// How many tokens are looked at.
    pub limit: usize,
}

/// A token that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The token.
    pub token: LedgerToken,
    /// Why.
    pub why: Attention,
}

/// Why a token needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// It expires at this instant.
    Expiring(Timestamp),
    /// It is not used.
    Stale {
        /// When it was last used.
        last_seen_at: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
    },
    /// Somebody goes on trying a secret of it that works no more.
    Knocking(Knocks),
}

impl Attention {
    /// A word for JSON and tables.
    pub const fn word(&self) -> &'static str {
        match self {
            Attention::Expiring(_) => "expiring",
            Attention::Stale { .. } => "stale",
            Attention::Knocking(_) => "still knocking",
        }
    }
}

/// Attempts with secrets of one token that work no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knocks {
    /// How many.
    pub attempts: u64,
    /// There were more than could be counted.
    pub is_least: bool,
    /// Why the last one was denied, a word of [`crate::verbs::decide::Reason`].
    pub reason: String,
    /// When the last one was.
    pub at: Timestamp,
    /// Which secret it showed, where that is known.
    pub secret: Option<LedgerSecret>,
    /// Its address.
    pub address: String,
    /// What it said it was.
    pub client: String,
}

/// A page of what needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckPage {
    /// Those found: the soonest, the longest unused, or the lowest id first. None may be on a page before the last.
    pub findings: Vec<Finding>,
    /// Where the next page begins; none after the last.
    pub next: Option<CheckKey>,
}

impl Verb for Check {
    const NAME: &'static str = "check";
    const PROOF: Proof = Proof::Store;
    const NEEDS: Needs = Needs::Nothing;
    type Reply = CheckPage;
}

impl Query for Check {
    const READS_LEDGER: bool = true;

    fn run(&self, _by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<CheckPage> {
        let look = match self.look {
            // A span that ends beyond the calendar holds every expiry there is, and no use.
            Look::Expiring(span) => {
                LookAt::ExpiringBy(span.after(env.now, env.zone).unwrap_or(Timestamp(i64::MAX - 1)))
            }
            Look::Stale(span) => LookAt::StaleSince(span.before(env.now, env.zone).unwrap_or(Timestamp(i64::MIN))),
            Look::Knocking => LookAt::KnockingSince(env.now.plus(-KNOCKING)),
        };
        snapshot.check_page(&CheckQuery { look, now: env.now, after: self.after, limit: self.limit })
    }
}
