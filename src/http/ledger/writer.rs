//! The thread that writes the ledger to the store.

use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::pruning::Pruner;
use super::{Key, Ledger, Lost, Tallies, Tally};
use crate::domain::time::{MINUTE, Timestamp};
use crate::error::{Error, Result};
use crate::http::external_changes::ChangeWatcher;
use crate::http::reopening_store::{RETRY_DELAY, ReopeningStore};
use crate::http::supervisor::{SURVIVED, Supervisor};
use crate::platform::clock::Stopwatch;
use crate::platform::{process, tasks};
use crate::store::sqlite::SqliteStore;
use crate::verbs::ports::{Clock, Denial, Store, Use};

/// Length of one part of the time in which entries are gathered. Together with the writing, a whole round takes
/// less than a second.
const GATHERED_FOR: Duration = Duration::from_millis(400);
/// Number of parts of a round. Between them the writer checks for changes by others.
const PARTS: u32 = 2;
/// Busy timeout of the ledger's connection. No request waits for the ledger, and others hold the store only for a
/// moment.
const PATIENCE: Duration = Duration::from_millis(500);
/// Maximum number of entries in one transaction. Other writers thus wait for it no longer than for a change of
/// their own.
const BATCH: usize = 1_000;
/// Time between two flushes of batched rows into the ledger tables, in milliseconds.
const SETTLE_EVERY: i64 = MINUTE;
/// Time for which the remaining entries are retried at the end. A service must end within 5 s.
const LAST_TRIES: Duration = Duration::from_millis(1_200);
/// Time between two reports of lost events.
const REPORT_EVERY: Duration = Duration::from_secs(60);

struct Writer {
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    keeper: ReopeningStore,
    watcher: ChangeWatcher,
    pruner: Pruner,
    settled_at: Timestamp,
    /// `true` if the last attempt to settle failed.
    is_unsettled: bool,
    /// The lost events as last reported, and the time of the report.
    reported: Lost,
    reported_at: Option<Stopwatch>,
}

/// Starts the thread that writes the ledger of the store at `path`. It ends after [`Ledger::end`] and returns the
/// events that could not be written.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if the store can't be opened or the thread can't be started.
pub(in crate::http) fn start(
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    path: &Path,
    supervisor: Arc<Supervisor>,
) -> Result<JoinHandle<Option<Lost>>> {
    let keeper =
        ReopeningStore::open("to write the ledger", path, PATIENCE, Arc::clone(&clock), SqliteStore::open_for_ledger)?;
    let settled_at = clock.now();
    let (reported, reported_at) = (Lost::default(), None);
    let watcher = ChangeWatcher::default();
    let mut writer = Writer {
        ledger,
        clock,
        keeper,
        watcher,
        pruner: Pruner::default(),
        settled_at,
        is_unsettled: false,
        reported,
        reported_at,
    };
    let watching = Arc::clone(&supervisor);
    let work = move || {
        // Decisions have priority over recording them.
        process::step_back();
        writer.survive(&watching)
    };
    tasks::thread("ledger", move |name| supervisor.fail(name), work)
        .map_err(|e| Error::failure("a thread can't be started").why(e.to_string()))
}

/// Entries that are being written. On drop, also after a panic, the unwritten ones are put back.
struct InFlight<'a> {
    ledger: &'a Ledger,
    entries: Vec<(Key, Tally)>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.entries.is_empty() {
            self.ledger.put_back(mem::take(&mut self.entries).into_iter().collect());
        }
    }
}

impl Writer {
    /// Works until the end and survives a few panics, none of which loses entries. Returns the events that could
    /// not be written.
    fn survive(&mut self, supervisor: &Supervisor) -> Lost {
        let mut panics = 0;
        loop {
            match supervisor.attempt("ledger", || self.round()) {
                Some(None) => panics = 0,
                Some(Some(left)) => return left,
                None if panics < SURVIVED => {
                    panics += 1;
                    self.keeper.mark_stale();
                }
                None => {
                    supervisor.fail("ledger");
                    return self.ledger.give_up();
                }
            }
        }
    }

    /// Writes the gathered entries. At the end, returns the events that could not be written.
    fn round(&mut self) -> Option<Lost> {
        let failures = self.keeper.failures();
        let (tallies, ending) = self.gathered();
        self.write(tallies);
        self.report_lost(ending);
        if ending {
            return Some(self.try_again());
        }
        self.settle();
        self.pruner.prune(&mut self.keeper, &*self.clock);
        self.watcher.record_own_write(&mut self.keeper, &self.ledger.outside);
        if self.keeper.is_failing() && self.keeper.failures() == failures && self.ledger.waiting() == 0 {
            // Nothing waits to be written: an empty transaction checks that the store can be written. A fault is
            // noted.
            let _ = self.keeper.with(|store| store.write_usage(|_| Ok(())));
        }
        None
    }

    /// Retries for a moment to write the remaining entries. After that they are lost.
    fn try_again(&mut self) -> Lost {
        let clock = Stopwatch::start();
        while self.ledger.waiting() > 0 && clock.time() < LAST_TRIES {
            self.clock.sleep(RETRY_DELAY);
            let tallies = self.ledger.take();
            self.write(tallies);
        }
        self.ledger.give_up()
    }

    /// Gathers entries for a while. Returns them, and `true` if they are the last.
    fn gathered(&mut self) -> (Tallies, bool) {
        self.watcher.check(&mut self.keeper, &self.ledger.outside);
        for _ in 1..PARTS {
            let waited = self.ledger.ended.wait_timeout_while(self.ledger.lock(), GATHERED_FOR, |g| !g.ending);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.watcher.check(&mut self.keeper, &self.ledger.outside);
        }
        let gathered = self.ledger.lock();
        let waited = self.ledger.ended.wait_timeout_while(gathered, GATHERED_FOR, |g| !g.ending);
        let (mut gathered, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (gathered.take(&self.ledger.fate), gathered.ending)
    }

    /// Writes `tallies`. Entries that can't be written wait for the next round.
    fn write(&mut self, tallies: Tallies) {
        let Writer { ledger, keeper, .. } = self;
        let mut flight = InFlight { ledger, entries: tallies.into_entries() };
        while !flight.entries.is_empty() {
            let rest = flight.entries.len().saturating_sub(BATCH);
            if !record(keeper, &flight.entries[rest..]) {
                ledger.fate.faults.fetch_add(1, Relaxed);
                return;
            }
            let written = flight.entries.drain(rest..).map(|(_, tally)| tally.count).sum();
            ledger.fate.written.fetch_add(written, Relaxed);
        }
    }

    /// Logs the number of lost events once the store can be written again, and from time to time until then.
    fn report_lost(&mut self, ending: bool) {
        let lost = self.ledger.fate.lost();
        let is_due = ending || self.reported_at.is_none_or(|at| at.time() >= REPORT_EVERY);
        if lost == self.reported || !is_due {
            return;
        }
        let (uses, denials) = (lost.uses - self.reported.uses, lost.denials - self.reported.denials);
        (self.reported, self.reported_at) = (lost, Some(Stopwatch::start()));
        let more = Lost { uses, denials };
        tracing::error!(
            uses,
            denials,
            "{more} are lost to the ledger: more than memory holds while the store can't be written"
        );
    }

    /// Flushes batched rows into the ledger tables, so that little of this is left to readers.
    fn settle(&mut self) {
        let now = self.clock.now();
        if self.is_unsettled || (now.0 - self.settled_at.0).abs() >= SETTLE_EVERY {
            self.settled_at = now;
            // A fault is noted. The next reader of the ledger then settles it.
            let settled = self.keeper.maintain(|store| store.flush_usage().and_then(|()| store.checkpoint()));
            self.is_unsettled = settled.is_err();
        }
    }
}

/// Writes entries in one transaction. Returns `false` if that is not possible now.
fn record(keeper: &mut ReopeningStore, batch: &[(Key, Tally)]) -> bool {
    // Few addresses ask often, so their text is cached.
    let mut addresses: HashMap<Option<IpAddr>, String, RandomState> = HashMap::default();
    for origin in batch.iter().filter_map(|(key, _)| key.origin.as_ref()) {
        addresses.entry(origin.address).or_insert_with(|| origin.told());
    }
    let entries: Vec<_> = batch.iter().map(|(key, tally)| (Entry::of(key, &addresses), *tally)).collect();
    let uses: Vec<Use<'_>> = entries.iter().filter_map(|(entry, tally)| entry.used(*tally)).collect();
    let denials: Vec<Denial<'_>> = entries.iter().filter_map(|(entry, tally)| entry.denied(*tally)).collect();
    keeper.with(|store| store.write_usage(|book| book.record_all(&uses, &denials))).is_ok()
}

/// A key, and the caller's address as text.
struct Entry<'a> {
    key: &'a Key,
    address: &'a str,
}

impl<'a> Entry<'a> {
    fn of(key: &'a Key, addresses: &'a HashMap<Option<IpAddr>, String, RandomState>) -> Self {
        let address = key.origin.as_ref().and_then(|origin| addresses.get(&origin.address));
        Entry { key, address: address.map_or("", String::as_str) }
    }

    fn client(&self) -> &str {
        self.key.origin.as_ref().map_or("", |origin| &origin.client)
    }

    fn method(&self) -> &str {
        self.key.method.as_ref().map_or("", |method| method.id())
    }

    fn used(&self, Tally { count, at }: Tally) -> Option<Use<'_>> {
        let (address, client, method) = (self.address, self.client(), self.method());
        match self.key {
            Key { reason: None, token: Some(token), secret: Some(secret), .. } => {
                Some(Use { token: *token, secret, at, count, method, address, client })
            }
            Key { .. } => None,
        }
    }

    fn denied(&self, Tally { count, at }: Tally) -> Option<Denial<'_>> {
        let (address, client, method) = (self.address, self.client(), self.method());
        let Key { token, secret, reason, .. } = self.key;
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
    fn entries_in_flight_outlive_a_panic() {
        let ledger = Ledger::default();
        let key = |n| {
            let (token, reason) = (Some(TokenId(n)), Some(DenialReason::Unknown));
            Key { token, secret: None, reason, method: None, origin: None, period: 0 }
        };
        let entries = (0..3).map(|n| (key(n), Tally { count: 2, at: Timestamp(0) })).collect();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut flight = InFlight { ledger: &ledger, entries };
            flight.entries.pop();
            panic!("killed by a test");
        }));
        assert!(panicked.is_err());
        assert_eq!((ledger.waiting(), ledger.give_up()), (2, Lost { uses: 0, denials: 4 }));
        assert_eq!(ledger.fate.lost().denials, 4);
    }
}
