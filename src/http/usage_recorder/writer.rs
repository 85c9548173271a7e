//! The thread that writes the ledger to the store.

use std::mem;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ledger_pruning::Pruner;
use super::{Count, LostCounts, UsageCounts, UsageKey, UsageLedger};
use crate::domain::time::{MINUTE, Timestamp};
use crate::error::Result;
use crate::http::direct_store_edits::ChangeWatcher;
use crate::http::reopening_store::{RETRY_DELAY, ReopeningStore};
use crate::http::task_supervisor::{MAX_PANICS, Supervisor};
use crate::platform::clock::Stopwatch;
use crate::platform::threads;
use crate::store::{OpenMode, StoreLocation};
use crate::verbs::ports::{Clock, Denial, Maintenance, Store, Use};

/// Length of one part of the time in which entries are gathered. A whole round, with the writing, takes less than a
/// second.
const FLUSH_INTERVAL: Duration = Duration::from_millis(400);
/// Number of parts of a round. Between them the writer checks for external changes.
const WAITS_PER_FLUSH: u32 = 2;
/// Busy timeout of the ledger's connection. No request waits for the ledger, and others lock the store only for a
/// moment.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);
/// Maximum number of entries in one transaction. Other writers thus wait no longer than for a change of their own.
const BATCH_SIZE: usize = 1_000;
/// Time between two flushes of batched rows into the ledger tables, in milliseconds.
const JOURNAL_INTERVAL: i64 = MINUTE;
/// Time for which the remaining entries are retried at the end. A service must end within 5 s.
const FINAL_RETRY_TIMEOUT: Duration = Duration::from_millis(1_200);
/// Time between two reports of lost events.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

struct Writer {
    ledger: Arc<UsageLedger>,
    clock: Arc<dyn Clock>,
    store: ReopeningStore,
    watcher: ChangeWatcher,
    pruner: Pruner,
    journal_flushed_at: Timestamp,
    /// `true` if the last flush of the journal failed.
    is_journal_pending: bool,
    /// The lost events as last reported, and the time of the report.
    reported: LostCounts,
    reported_at: Option<Stopwatch>,
}

/// Starts the thread that writes the ledger of the store at `location`. It ends after [`UsageLedger::end`] and returns the
/// events that could not be written.
pub(in crate::http) fn start(
    ledger: Arc<UsageLedger>,
    clock: Arc<dyn Clock>,
    location: &StoreLocation,
    supervisor: Arc<Supervisor>,
) -> Result<JoinHandle<Option<LostCounts>>> {
    let store =
        ReopeningStore::open("to write the ledger", location, OpenMode::Ledger(BUSY_TIMEOUT), Arc::clone(&clock))?;
    let mut writer = Writer {
        ledger,
        journal_flushed_at: clock.now(),
        clock,
        store,
        watcher: ChangeWatcher::default(),
        pruner: Pruner::default(),
        is_journal_pending: false,
        reported: LostCounts::default(),
        reported_at: None,
    };
    let watching = Arc::clone(&supervisor);
    let work = move || {
        // Decisions have priority over recording them.
        threads::lower_priority(10);
        writer.run(&watching)
    };
    threads::spawn("ledger", move |name| supervisor.fail(name), work).map_err(threads::not_started)
}

/// Entries that are being written. On drop, also after a panic, the unwritten entries are put back.
struct InFlight<'a> {
    ledger: &'a UsageLedger,
    entries: Vec<(UsageKey, Count)>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.entries.is_empty() {
            self.ledger.end_write();
        } else {
            self.ledger.put_back(mem::take(&mut self.entries).into_iter().collect());
        }
    }
}

impl Writer {
    /// Works until the end and survives a few panics without losing entries. Returns the events that could not be
    /// written.
    fn run(&mut self, supervisor: &Supervisor) -> LostCounts {
        let mut panics = 0;
        loop {
            match supervisor.attempt("ledger", || self.round()) {
                Some(None) => panics = 0,
                Some(Some(left)) => return left,
                None if panics < MAX_PANICS => {
                    panics += 1;
                    self.store.mark_stale();
                }
                None => {
                    supervisor.fail("ledger");
                    return self.ledger.discard_rest();
                }
            }
        }
    }

    /// Writes the gathered entries. At the end, returns the events that could not be written.
    fn round(&mut self) -> Option<LostCounts> {
        let failures = self.store.failures();
        let (counts, ending) = self.wait_for_counts();
        self.write(counts);
        self.report_lost(ending);
        if ending {
            return Some(self.retry_at_end());
        }
        self.flush_journal();
        self.pruner.prune(&mut self.store, &*self.clock);
        self.watcher.record_own_write(&mut self.store, &self.ledger.external_changes);
        if self.store.is_failing() && self.store.failures() == failures && self.ledger.pending() == 0 {
            // Nothing to write: an empty transaction checks that the store can be written. `ReopeningStore` notes a
            // fault.
            let _ = self.store.with(|store| store.write_usage(|_| Ok(())));
        }
        None
    }

    /// Retries for a moment to write the remaining entries. After that they are lost.
    fn retry_at_end(&mut self) -> LostCounts {
        let clock = Stopwatch::start();
        while self.ledger.pending() > 0 && clock.elapsed() < FINAL_RETRY_TIMEOUT {
            self.clock.sleep(RETRY_DELAY);
            let counts = self.ledger.drain();
            self.write(counts);
        }
        self.ledger.discard_rest()
    }

    /// Gathers entries for a while. Returns the entries, and `true` if they are the last.
    fn wait_for_counts(&mut self) -> (UsageCounts, bool) {
        self.check_changes();
        for _ in 1..WAITS_PER_FLUSH {
            let waited =
                self.ledger.end_signal.wait_timeout_while(self.ledger.lock(), FLUSH_INTERVAL, |g| !g.is_ending);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.check_changes();
        }
        let buffer = self.ledger.lock();
        let waited = self.ledger.end_signal.wait_timeout_while(buffer, FLUSH_INTERVAL, |g| !g.is_ending);
        let (mut buffer, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (buffer.drain(&self.ledger.stats), buffer.is_ending)
    }

    /// Checks if another connection has committed, and wakes the callers that wait for that.
    fn check_changes(&mut self) {
        if self.watcher.check(&mut self.store, &self.ledger.external_changes) {
            self.ledger.change_signal.on_change();
        }
    }

    /// Writes `counts`. Entries that can't be written wait for the next round.
    fn write(&mut self, counts: UsageCounts) {
        let Writer { ledger, store: store_handle, .. } = self;
        let mut flight = InFlight { ledger, entries: counts.into_entries() };
        while !flight.entries.is_empty() {
            let rest = flight.entries.len().saturating_sub(BATCH_SIZE);
            if !record(store_handle, &flight.entries[rest..]) {
                ledger.stats.faults.fetch_add(1, Relaxed);
                return;
            }
            let written = flight.entries.drain(rest..).map(|(_, count)| count.count).sum();
            ledger.stats.written.fetch_add(written, Relaxed);
            ledger.change_signal.on_usage();
        }
    }

    /// Logs the number of lost events once the store can be written again, and from time to time until then.
    fn report_lost(&mut self, ending: bool) {
        let lost = self.ledger.stats.lost();
        let is_due = ending || self.reported_at.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL);
        if lost == self.reported || !is_due {
            return;
        }
        let (uses, denials) = (lost.uses - self.reported.uses, lost.denials - self.reported.denials);
        (self.reported, self.reported_at) = (lost, Some(Stopwatch::start()));
        let more = LostCounts { uses, denials };
        tracing::error!(
            uses,
            denials,
            "{more} will be missing in the ledger: jeton could not write to the store fast enough. Check the disk of \
             the store. End programs that lock the store for long"
        );
    }

    /// Moves journal rows to the ledger tables, so that readers have little of this work left.
    fn flush_journal(&mut self) {
        let now = self.clock.now();
        if self.is_journal_pending || (now.0 - self.journal_flushed_at.0).abs() >= JOURNAL_INTERVAL {
            self.journal_flushed_at = now;
            // `ReopeningStore` notes a fault. The next reader of the ledger then flushes.
            let flushed = self.store.maintain(|store| store.flush_usage().and_then(|()| store.write_back()));
            self.is_journal_pending = flushed.is_err();
        }
    }
}

/// Writes entries in one transaction. Returns `false` if that is not possible now.
fn record(store_handle: &mut ReopeningStore, batch: &[(UsageKey, Count)]) -> bool {
    let entries: Vec<_> = batch.iter().map(|(key, count)| (LedgerRecord::new(key), *count)).collect();
    let uses: Vec<Use<'_>> = entries.iter().filter_map(|(entry, count)| entry.to_use(*count)).collect();
    let denials: Vec<Denial<'_>> = entries.iter().filter_map(|(entry, count)| entry.to_denial(*count)).collect();
    store_handle.with(|store| store.write_usage(|tx| tx.record_all(&uses, &denials))).is_ok()
}

/// A key, and the caller's address as text.
struct LedgerRecord<'a> {
    key: &'a UsageKey,
    address: String,
}

impl<'a> LedgerRecord<'a> {
    fn new(key: &'a UsageKey) -> Self {
        LedgerRecord { key, address: key.origin.as_ref().map_or_else(String::new, |origin| origin.address_text()) }
    }

    fn client(&self) -> &str {
        self.key.origin.as_ref().map_or("", |origin| &origin.client)
    }

    fn method(&self) -> &str {
        self.key.method.as_ref().map_or("", |method| method.id())
    }

    fn to_use(&self, Count { count, at }: Count) -> Option<Use<'_>> {
        let (address, client, method) = (self.address.as_str(), self.client(), self.method());
        match self.key {
            UsageKey { reason: None, token: Some(token), secret: Some(secret), .. } => {
                Some(Use { token: *token, secret, at, count, method, address, client })
            }
            UsageKey { .. } => None,
        }
    }

    fn to_denial(&self, Count { count, at }: Count) -> Option<Denial<'_>> {
        let (address, client, method) = (self.address.as_str(), self.client(), self.method());
        let UsageKey { token, secret, reason, .. } = self.key;
        let (token, secret, reason) = (*token, secret.as_ref(), reason.as_ref()?.as_str());
        Some(Denial { token, secret, reason, at, count, method, address, client })
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::domain::token::TokenId;
    use crate::verbs::verify::DenialReason;

    #[test]
    fn entries_in_flight_survive_a_panic() {
        let ledger = UsageLedger::default();
        let key = |n| {
            let (token, reason) = (Some(TokenId(n)), Some(DenialReason::Unknown));
            UsageKey { token, secret: None, reason, method: None, origin: None, period: 0 }
        };
        let entries = (0..3).map(|n| (key(n), Count { count: 2, at: Timestamp(0) })).collect();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut flight = InFlight { ledger: &ledger, entries };
            flight.entries.pop();
            panic!("killed by a test");
        }));
        assert!(panicked.is_err());
        assert_eq!((ledger.pending(), ledger.discard_rest()), (2, LostCounts { uses: 0, denials: 4 }));
        assert_eq!(ledger.stats.lost().denials, 4);
    }

    #[test]
    fn oldest_entry_waits_until_it_is_written() {
        let ledger = UsageLedger::default();
        let add = || {
            let key = UsageKey { token: None, secret: None, reason: None, method: None, origin: None, period: 0 };
            ledger.lock().add(key, Count { count: 1, at: Timestamp(0) }, &ledger.stats);
        };
        let since = || {
            let buffer = ledger.lock();
            buffer.writing.or(buffer.waiting).map(|since| format!("{since:?}"))
        };
        assert_eq!(ledger.lag(), Duration::ZERO);
        add();
        let first = since();
        let mut flight = InFlight { ledger: &ledger, entries: ledger.drain().into_entries() };
        add();
        assert_eq!(since(), first, "not yet written");
        drop(flight);
        assert_eq!(since(), first, "put back");
        assert!(ledger.lag() > Duration::ZERO);
        flight = InFlight { ledger: &ledger, entries: ledger.drain().into_entries() };
        flight.entries.clear();
        drop(flight);
        assert_eq!((since(), ledger.lag()), (None, Duration::ZERO));
    }
}
