//! Who writes the ledger down: a thread of its own.

use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::{Key, Ledger, Tally};
use crate::domain::time::{HOUR, MINUTE, Timestamp};
use crate::error::{Error, Result};
use crate::http::keeper::{Keeper, NEXT_TRY};
use crate::http::outside::Watcher;
use crate::http::told::Known;
use crate::platform::process;
use crate::store::sqlite::SqliteStore;
use crate::verbs::ports::{Clock, Denial, Store, Use};

/// How long one part of the time lasts in which things are gathered: with the writing itself, all is under a second.
const GATHERED_FOR: Duration = Duration::from_millis(400);
/// In how many parts, between which it is looked for what others change.
const PARTS: u32 = 2;
/// How long the ledger waits for others that hold the store: nobody waits for it, and what they write takes a moment.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often what was written in batches is brought to its place, in milliseconds.
const SETTLE_EVERY: i64 = MINUTE;
/// How often what is left at the end is tried again: a service ends within 5 s.
const LAST_TRIES: u32 = 3;
/// How many old rows are taken away in one transaction.
const PRUNED_AT_ONCE: u32 = 2_000;
/// How often the old ones are looked for, in milliseconds.
const PRUNE_EVERY: i64 = HOUR;

/// Who writes it down.
struct Writer {
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    keeper: Keeper,
    watcher: Watcher,
    pruned_at: Option<Timestamp>,
    settled_at: Timestamp,
}

/// Starts the thread that writes the ledger of the store at `path`; it ends after [`Ledger::end`].
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be opened or no thread started.
pub(in crate::http) fn start(ledger: Arc<Ledger>, clock: Arc<dyn Clock>, path: &Path) -> Result<JoinHandle<()>> {
    let keeper = Keeper::open("to write the ledger", path, PATIENCE, Arc::clone(&clock), SqliteStore::open_for_ledger)?;
    let settled_at = clock.now();
    let writer = Writer { ledger, clock, keeper, watcher: Watcher::default(), pruned_at: None, settled_at };
    Builder::new()
        .name("ledger".to_owned())
        .spawn(move || {
            // Whoever waits for a decision goes before whoever writes down what was decided.
            process::step_back();
            writer.work();
        })
        .map_err(|e| Error::failure("a thread can't be started").why(e.to_string()))
}

impl Writer {
    fn work(mut self) {
        loop {
            let (tallies, ending) = self.gathered();
            self.write(tallies);
            if ending {
                self.try_again();
                let left = self.ledger.waiting();
                if left > 0 {
                    tracing::error!(left, "the ledger ends incomplete: the store can't be written");
                }
                return;
            }
            self.settle();
            self.prune();
            self.watcher.wrote(&mut self.keeper, &self.ledger.outside);
        }
    }

    /// What couldn't be written is tried for a moment longer: then it is lost.
    fn try_again(&mut self) {
        for _ in 0..LAST_TRIES {
            if self.ledger.waiting() == 0 {
                return;
            }
            self.clock.sleep(NEXT_TRY);
            let (tallies, _) = self.gathered();
            self.write(tallies);
        }
    }

    /// What was gathered for a while, and whether that was the last.
    fn gathered(&mut self) -> (Vec<(Key, Tally)>, bool) {
        self.watcher.look(&mut self.keeper, &self.ledger.outside);
        for _ in 1..PARTS {
            let waited = self.ledger.ended.wait_timeout_while(self.ledger.lock(), GATHERED_FOR, |g| !g.ending);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.watcher.look(&mut self.keeper, &self.ledger.outside);
        }
        let gathered = self.ledger.lock();
        let waited = self.ledger.ended.wait_timeout_while(gathered, GATHERED_FOR, |g| !g.ending);
        let (mut gathered, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let ending = gathered.ending;
        let (tallies, running) = (mem::take(&mut gathered.tallies), mem::take(&mut gathered.running));
        gathered.apart.clear();
        gathered.weight = 0;
        // Whoever decides meanwhile goes on counting where it counted.
        drop(gathered);
        let run = |known: Arc<Known>| {
            let run = known.holder.running.lock().take();
            run.map(|run| run.entry(&known))
        };
        (tallies.into_iter().chain(running.into_iter().filter_map(run)).collect(), ending)
    }

    /// What can't be written waits for the next time.
    fn write(&mut self, tallies: Vec<(Key, Tally)>) {
        if tallies.is_empty() {
            return;
        }
        // Few addresses ask often.
        let mut addresses: HashMap<Option<IpAddr>, String, RandomState> = HashMap::default();
        for origin in tallies.iter().filter_map(|(key, _)| key.origin.as_ref()) {
            addresses.entry(origin.address).or_insert_with(|| origin.told());
        }
        let entry = |key| Entry::of(key, &addresses);
        let entries: Vec<(Entry<'_>, Tally)> = tallies.iter().map(|(key, tally)| (entry(key), *tally)).collect();
        let uses: Vec<Use<'_>> = entries.iter().filter_map(|(entry, tally)| entry.used(*tally)).collect();
        let denials: Vec<Denial<'_>> = entries.iter().filter_map(|(entry, tally)| entry.denied(*tally)).collect();
        let fate = &self.ledger.fate;
        match self.keeper.with(|store| store.bookkeep(|book| book.record_all(&uses, &denials))) {
            Ok(()) => {
                fate.written.fetch_add(tallies.iter().map(|(_, tally)| tally.count).sum(), Relaxed);
            }
            Err(_) => {
                fate.faults.fetch_add(1, Relaxed);
                let mut gathered = self.ledger.lock();
                tallies.into_iter().for_each(|(key, tally)| gathered.add(key, tally, fate));
            }
        }
    }

    /// Readers find little left to do.
    fn settle(&mut self) {
        let now = self.clock.now();
        if (now.0 - self.settled_at.0).abs() >= SETTLE_EVERY {
            self.settled_at = now;
            // A fault is noted, and whoever reads next does it.
            let _ = self.keeper.with(|store| store.settle());
        }
    }

    fn prune(&mut self) {
        let now = self.clock.now();
        if self.pruned_at.is_some_and(|at| (now.0 - at.0).abs() < PRUNE_EVERY) {
            return;
        }
        let pruned = self.keeper.with(|store| {
            let keep = store.read(|snapshot| snapshot.policy())?.ledger_keep;
            let Some(before) = keep.before(now, self.clock.zone()) else { return Ok(0) };
            store.bookkeep(|book| book.prune_ledger(before, PRUNED_AT_ONCE))
        });
        // Where more may be left, the next round goes on with it.
        if pruned.is_ok_and(|rows| rows < u64::from(PRUNED_AT_ONCE)) {
            self.pruned_at = Some(now);
        }
    }
}

/// A key, and its caller's address in words.
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
        let (token, secret, reason) = (*token, secret.as_ref(), reason.as_ref()?.word());
        Some(Denial { token, secret, reason, at, count, method, address, client })
    }
}
