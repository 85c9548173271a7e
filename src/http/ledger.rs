//! The ledger, off the path of requests: what happened is gathered in memory, alike things as one, and written down by a
//! thread of its own.

use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::keeper::{Keeper, NEXT_TRY};
use crate::domain::secret::PublicId;
use crate::domain::time::{DAY, HOUR, MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::error::{Error, Result};
use crate::store::sqlite::SqliteStore;
use crate::verbs::decide::Reason;
use crate::verbs::ports::{Bookkeeping, Clock, Denial, Store, Use};

/// How long things are gathered before they are written: with the writing itself, well under a second.
const GATHERED_FOR: Duration = Duration::from_millis(600);
/// How many different things are gathered at most, about 200 bytes each. What comes then is counted without its caller,
/// and where even that is new, not at all.
const MOST: usize = 100_000;
/// How many are written in one transaction, so that other writers get between.
const AT_ONCE: usize = 2_000;
/// How often what is left at the end is tried again: a service ends within 5 s.
const LAST_TRIES: u32 = 3;
/// How many old rows are taken away in one transaction.
const PRUNED_AT_ONCE: u32 = 2_000;
/// How often the old ones are looked for, in milliseconds.
const PRUNE_EVERY: i64 = HOUR;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// None on a socket whose peer doesn't say.
    pub address: Option<IpAddr>,
    /// What he calls himself.
    pub client: String,
}

/// What happened.
pub(super) enum Knock<'a> {
    /// A token was used.
    Use { token: TokenId, secret: &'a PublicId, method: &'a str, at: Timestamp },
    /// Somebody was turned away.
    Denial { token: Option<TokenId>, secret: Option<&'a PublicId>, reason: Reason, method: &'a str, at: Timestamp },
}

/// What makes things alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    token: Option<TokenId>,
    secret: Option<PublicId>,
    /// None for a use.
    reason: Option<Reason>,
    method: String,
    /// None when it stands for several.
    origin: Option<Origin>,
    /// The day of a use, the minute of a denial.
    period: i64,
}

#[derive(Debug, Clone, Copy)]
struct Tally {
    count: u64,
    at: Timestamp,
}

#[derive(Default)]
struct Gathered {
    tallies: HashMap<Key, Tally>,
    ending: bool,
}

/// How the ledger fares, for the metrics.
#[derive(Debug, Default)]
pub(super) struct Fate {
    pub written: AtomicU64,
    pub dropped: AtomicU64,
    pub faults: AtomicU64,
}

/// The ledger of a running service.
#[derive(Default)]
pub(super) struct Ledger {
    gathered: Mutex<Gathered>,
    ended: Condvar,
    pub fate: Fate,
}

/// The ledger, open to write into.
pub(super) struct Page<'a> {
    gathered: MutexGuard<'a, Gathered>,
    fate: &'a Fate,
}

impl Ledger {
    /// Opens it for what was decided together.
    pub fn open(&self) -> Page<'_> {
        Page { gathered: self.lock(), fate: &self.fate }
    }

    /// How many different things wait to be written.
    pub fn waiting(&self) -> usize {
        self.lock().tallies.len()
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the thread write what is left, and end.
    pub fn end(&self) {
        self.lock().ending = true;
        self.ended.notify_all();
    }
}

impl Page<'_> {
    pub fn note(&mut self, knock: Option<Knock<'_>>, origin: Origin) {
        let Some(knock) = knock else { return };
        let (key, at) = match knock {
            Knock::Use { token, secret, method, at } => {
                let (token, secret, method) = (Some(token), Some(secret.clone()), method.to_owned());
                let period = at.0.div_euclid(DAY);
                (Key { token, secret, reason: None, method, origin: Some(origin), period }, at)
            }
            Knock::Denial { token, secret, reason, method, at } => {
                let (secret, method, period) = (secret.cloned(), method.to_owned(), at.0.div_euclid(MINUTE));
                (Key { token, secret, reason: Some(reason), method, origin: Some(origin), period }, at)
            }
        };
        self.gathered.add(key, Tally { count: 1, at }, self.fate);
    }
}

impl Gathered {
    fn add(&mut self, mut key: Key, tally: Tally, fate: &Fate) {
        if self.tallies.len() >= MOST && !self.tallies.contains_key(&key) {
            key.origin = None;
            if self.tallies.len() >= 2 * MOST && !self.tallies.contains_key(&key) {
                fate.dropped.fetch_add(tally.count, Relaxed);
                return;
            }
        }
        let kept = self.tallies.entry(key).or_insert(Tally { count: 0, at: tally.at });
        kept.count += tally.count;
        kept.at = kept.at.max(tally.at);
    }
}

/// Who writes it down.
pub(super) struct Writer {
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    keeper: Keeper,
    pruned_at: Option<Timestamp>,
}

/// Starts the thread that writes the ledger of the store at `path`; it ends after [`Ledger::end`].
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be opened or no thread started.
pub(super) fn start(ledger: Arc<Ledger>, clock: Arc<dyn Clock>, path: &Path) -> Result<JoinHandle<()>> {
    let keeper = Keeper::open(path, Arc::clone(&clock), SqliteStore::open_for_ledger)?;
    let writer = Writer { ledger, clock, keeper, pruned_at: None };
    Builder::new()
        .name("ledger".to_owned())
        .spawn(move || writer.work())
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
            self.prune();
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
    fn gathered(&self) -> (Vec<(Key, Tally)>, bool) {
        let gathered = self.ledger.lock();
        let waited = self.ledger.ended.wait_timeout_while(gathered, GATHERED_FOR, |g| !g.ending);
        let (mut gathered, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let ending = gathered.ending;
        let tallies = mem::take(&mut gathered.tallies);
        drop(gathered);
        let mut tallies: Vec<(Key, Tally)> = tallies.into_iter().collect();
        // Side by side in the store, and each page of it touched once.
        tallies.sort_unstable_by(|(a, _), (b, _)| (a.token, &a.secret).cmp(&(b.token, &b.secret)));
        (tallies, ending)
    }

    /// What can't be written waits for the next time.
    fn write(&mut self, tallies: Vec<(Key, Tally)>) {
        for chunk in tallies.chunks(AT_ONCE) {
            let written = self.keeper.with(|store| {
                store.bookkeep(|book| chunk.iter().try_for_each(|(key, tally)| record(book, key, *tally)))
            });
            let fate = &self.ledger.fate;
            match written {
                Ok(()) => {
                    fate.written.fetch_add(chunk.iter().map(|(_, tally)| tally.count).sum(), Relaxed);
                }
                Err(_) => {
                    fate.faults.fetch_add(1, Relaxed);
                    let mut gathered = self.ledger.lock();
                    chunk.iter().for_each(|(key, tally)| gathered.add(key.clone(), *tally, fate));
                }
            }
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

fn record(book: &mut dyn Bookkeeping, key: &Key, tally: Tally) -> Result<()> {
    let Key { token, secret, reason, method, origin, .. } = key;
    let address = match origin {
        None => String::new(),
        Some(Origin { address, .. }) => address.map_or_else(|| "local".to_owned(), |a| a.to_string()),
    };
    let client = origin.as_ref().map_or("", |origin| &origin.client);
    let (secret, Tally { count, at }) = (secret.as_ref(), tally);
    match (reason, token, secret) {
        (None, Some(token), Some(secret)) => {
            book.record_use(&Use { token: *token, secret, at, count, method, address: &address, client })
        }
        (None, _, _) => Ok(()),
        (Some(reason), token, secret) => book.record_denial(&Denial {
            token: *token,
            secret,
            reason: reason.word(),
            at,
            count,
            method,
            address: &address,
            client,
        }),
    }
}
