//! notify: collects the findings without a notice, delivers them in messages, and records each message as sent
//! right after its delivery. Needs the store only; no server offers it.

mod collector;
mod decision;
mod message;
mod networks;

pub use message::{NoticeMessage, NoticeTotals};

use schemars::JsonSchema;
use serde::Serialize;

use super::findings::Finding;
use super::ledger::LedgerToken;
use super::ports::{Clock, KnownNetwork, Maintenance, SentNotice, Store};
use crate::domain::expiry::Span;
use crate::domain::time::{DAY, Timestamp, utc_day_number};
use crate::error::{Error, Result};
use collector::Collector;

/// The days before an expiry at which a notice is sent, the last first.
pub const EXPIRY_THRESHOLDS: [i64; 4] = [1, 7, 14, 30];
/// Time without a denied attempt after which another attempt is a new episode, in milliseconds: 30 days.
pub const QUIET_TIME: i64 = 30 * DAY;
/// Maximum number of notices that are grouped into messages at a time.
const ROUND_SIZE: usize = 10_000;
/// Rows about old episodes that are deleted at a time.
const FORGOTTEN_ROWS: u32 = 10_000;
/// Number of deliveries in a row that are not possible before the rest is left for the next run.
const MAX_UNAVAILABLE_IN_A_ROW: u32 = 5;

/// A notice about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Notice {
    /// A finding of `check`.
    Finding {
        /// The finding.
        #[serde(flatten)]
        finding: Finding,
        /// For a token that expires: the threshold in days that was reached: 30, 14, 7 or 1.
        threshold_days: Option<i64>,
    },
    /// A use from a network from which the token was never used before.
    NewNetwork(NewNetworkUse),
}

/// The first use of a token from other networks than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename = "new-network")]
pub struct NewNetworkUse {
    /// The token.
    pub token: LedgerToken,
    /// The networks, in the order of their first use.
    pub networks: Vec<String>,
}

impl Notice {
    /// Returns the token that the notice is about.
    pub const fn token(&self) -> &LedgerToken {
        match self {
            Notice::Finding { finding, .. } => finding.token(),
            Notice::NewNetwork(used) => &used.token,
        }
    }
}

/// A notice that is due, with the record of its sending.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DueNotice {
    notice: Notice,
    record: SendRecord,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum SendRecord {
    Sent(SentNotice),
    Networks(Vec<KnownNetwork>),
}

/// Options of a run.
#[derive(Debug, Clone, Copy)]
pub struct NotifyOptions {
    /// Active tokens unused for this span are stale.
    pub stale: Span,
    /// `true` if a message without a recipient is delivered too, because the receiver knows where it goes.
    pub allows_no_recipient: bool,
    /// `true` to record nothing.
    pub dry_run: bool,
}

/// The result of a delivery. A message that was not delivered is sent again by the next run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has the message.
    Delivered,
    /// This message was refused, for this reason. Others may be delivered.
    Refused(String),
    /// Nothing can be delivered now, for this reason.
    Unavailable(String),
}

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotifyOutcome {
    /// Messages that were delivered.
    pub sent: u64,
    /// Messages that were not delivered. The next run tries again.
    pub failed: u64,
    /// Notices about accounts without a contact, when no owner has a contact either.
    pub without_recipient: u64,
    /// `true` if the run ended early because nothing could be delivered.
    pub stopped: bool,
}

/// Sends a summary to the owners, and a message for each account with new notices. `report` gets each message after its
/// delivery was recorded, so that an error of `report`, which ends the run, repeats no message. Two runs at the same time
/// would send everything twice: the caller excludes that.
///
/// # Errors
/// Those of `report` and of the store.
pub fn notify<S: Store + Maintenance>(
    store: &S,
    clock: &dyn Clock,
    options: NotifyOptions,
    deliver: &mut dyn FnMut(&NoticeMessage) -> Delivery,
    report: &mut dyn FnMut(&NoticeMessage, &Delivery) -> Result<()>,
) -> Result<NotifyOutcome> {
    let now = clock.now();
    if !options.dry_run {
        // Fails before the first message if nothing can be recorded: else all would be sent again and again.
        if store.is_read_only() {
            return Err(Error::failure("notices can't be sent")
                .why("jeton records each sent notice in the store, but can't write to the store")
                .next(
                    "Check the permissions of the store's file. Check that the file system is mounted read-write. To \
                     show the notices without sending them, run: jeton notify --dry-run",
                ));
        }
        store.write_usage(|tx| tx.forget_old_episodes(now.plus(-QUIET_TIME), FORGOTTEN_ROWS))?;
    }
    // Best effort: if the flush fails, the last uses wait for the next run.
    let _ = store.flush_usage();
    let mut collector = Collector::new(store, now, clock.zone(), options)?;
    let mut outcome = NotifyOutcome::default();
    let mut unavailable_in_a_row = 0;
    // The first day with uses whose notices were not sent.
    let mut networks_known_to = utc_day_number(now);
    while let Some(due) = collector.next_round(ROUND_SIZE)? {
        for (message, records) in store.read(|snapshot| message::group(snapshot, due.clone(), now))? {
            if message.to.is_empty() && !options.allows_no_recipient {
                outcome.without_recipient += message.notices.len() as u64;
                networks_known_to = networks_known_to.min(first_day_of(&records));
                continue;
            }
            let delivery = deliver(&message);
            unavailable_in_a_row = match delivery {
                Delivery::Unavailable(_) => unavailable_in_a_row + 1,
                Delivery::Delivered | Delivery::Refused(_) => 0,
            };
            if delivery == Delivery::Delivered {
                outcome.sent += 1;
                if !options.dry_run {
                    record(store, &records)?;
                    collector.forget_recorded(&records);
                }
            } else {
                outcome.failed += 1;
                networks_known_to = networks_known_to.min(first_day_of(&records));
            }
            report(&message, &delivery)?;
            if unavailable_in_a_row == MAX_UNAVAILABLE_IN_A_ROW {
                return Ok(NotifyOutcome { stopped: true, ..outcome });
            }
        }
    }
    // The next run reads the uses since that day again, and finds the networks without a notice.
    if !options.dry_run {
        let known_to = networks_known_to.min(collector.unread_from.unwrap_or(i64::MAX));
        store.write_usage(|tx| tx.set_networks_known_to(known_to))?;
    }
    Ok(outcome)
}

/// Returns the first day of the uses from new networks among `records`.
fn first_day_of(records: &[SendRecord]) -> i64 {
    let networks = records.iter().filter_map(|record| match record {
        SendRecord::Networks(networks) => Some(networks),
        SendRecord::Sent(_) => None,
    });
    networks.flatten().map(|network| network.first_day).min().unwrap_or(i64::MAX)
}

fn record(store: &impl Store, records: &[SendRecord]) -> Result<()> {
    store.write_usage(|tx| {
        records.iter().try_for_each(|record| match record {
            SendRecord::Sent(sent) => tx.record_sent_notice(sent),
            SendRecord::Networks(networks) => networks.iter().try_for_each(|new| tx.add_known_network(new)),
        })
    })
}

/// Returns the smallest threshold that the expiry has reached, in days.
fn threshold(expires_at: Timestamp, now: Timestamp) -> Option<i64> {
    EXPIRY_THRESHOLDS.into_iter().find(|days| expires_at <= now.plus(days * DAY))
}
