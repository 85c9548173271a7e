//! Calls of the management API that wait for changes of the store. The ledger's thread notices changes and wakes all of
//! them, so that none holds a connection to the store meanwhile.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::connection_eviction::ConnectionLimits;
use crate::platform::clock::Stopwatch;
use crate::verbs::changes::{StorePosition, WaitForChanges};

/// Maximum wait for a change.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Maximum number of waiting calls. Each change wakes all of them, and each then reads the store.
const MAX_WAITING: usize = 24;

#[derive(Debug, Clone, Copy, Default)]
struct Signals {
    /// Number of changes so far.
    changes: u64,
    /// Number of changes, and of times that usage was recorded.
    ledger: i64,
    /// `true` if the service ends, so that nobody may wait.
    is_ending: bool,
}

/// Wakes the callers that wait for changes.
#[derive(Debug, Default)]
pub(super) struct ChangeSignal(watch::Sender<Signals>);

impl ChangeSignal {
    /// Lets the versions of the ledger begin at `version`: callers must not take those of the service's last run for
    /// these.
    pub fn begin(&self, version: i64) {
        self.0.send_modify(|signals| signals.ledger = version);
    }

    pub fn on_change(&self) {
        self.0.send_modify(|signals| {
            signals.changes += 1;
            signals.ledger += 1;
        });
    }

    pub fn on_usage(&self) {
        self.0.send_modify(|signals| signals.ledger += 1);
    }

    /// Ends all waits, now and later.
    pub fn end(&self) {
        self.0.send_modify(|signals| signals.is_ending = true);
    }

    /// Begins to wait for what `asked` does not know.
    pub fn subscribe(&self, asked: WaitForChanges, limits: ConnectionLimits) -> Waiter {
        let receiver = self.0.subscribe();
        let seen = *receiver.borrow();
        let has_place = self.0.receiver_count() <= max_waiting(limits);
        Waiter { asked, receiver, seen, has_place, since: Stopwatch::start() }
    }
}

/// A caller that waits for changes.
pub(super) struct Waiter {
    asked: WaitForChanges,
    receiver: watch::Receiver<Signals>,
    /// The signals before the last read of the store.
    seen: Signals,
    has_place: bool,
    since: Stopwatch,
}

impl Waiter {
    /// Returns the version of the ledger that a read of the store finds now.
    pub fn ledger_version(&mut self) -> i64 {
        self.seen = *self.receiver.borrow();
        self.seen.ledger
    }

    /// Waits until something may be news for the caller, after a read that found `position`. Returns `false` if that
    /// is the answer.
    pub async fn wait(&mut self, position: StorePosition) -> bool {
        if self.asked.is_answered_by(position) || !self.has_place || self.seen.is_ending {
            return false;
        }
        let (seen, wants_ledger) = (self.seen, self.asked.ledger.is_some());
        let is_news =
            |now: &Signals| now.changes != seen.changes || wants_ledger && now.ledger != seen.ledger || now.is_ending;
        let remaining = Duration::from_secs(self.asked.wait).min(MAX_WAIT).saturating_sub(self.since.elapsed());
        timeout(remaining, self.receiver.wait_for(is_news)).await.is_ok_and(|signalled| signalled.is_ok())
    }
}

/// Returns the number of calls that may wait. They leave some of the connections of the management listener to others.
/// Further callers get their answer at once, and ask again.
fn max_waiting(limits: ConnectionLimits) -> usize {
    usize::try_from(limits.management * 3 / 4).unwrap_or(MAX_WAITING).min(MAX_WAITING)
}
