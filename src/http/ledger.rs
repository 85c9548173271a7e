//! The ledger, off the path of requests: what happened is gathered in memory, alike things as one, and written down by a
//! thread of its own.

use std::collections::HashMap;
use std::fmt;
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
use crate::platform::process;
use crate::store::sqlite::SqliteStore;
use crate::verbs::decide::Reason;
use crate::verbs::ports::{Clock, Denial, Store, Use};

/// How long things are gathered before they are written: with the writing itself, well under a second.
const GATHERED_FOR: Duration = Duration::from_millis(600);
/// How many different things are gathered at most, about 200 bytes each. What comes then is counted without its caller,
/// and where even that is new, not at all.
const MOST: usize = 100_000;
/// How many callers and methods of one token, or of strangers, are kept apart meanwhile: who calls himself something else
/// each time fills neither memory nor store.
const APART: usize = 100;
/// How often what was written in batches is brought to its place, in milliseconds.
const SETTLE_EVERY: i64 = MINUTE;
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
    /// How many of them are a token's, or of no token.
    apart: HashMap<Option<TokenId>, usize>,
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
        log(&knock, &origin);
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

/// Says what happened, to whoever listens that closely. All of it is of printable ASCII.
fn log(knock: &Knock<'_>, origin: &Origin) {
    let (address, client) = (Lazy(|| origin.told()), &origin.client);
    match knock {
        Knock::Use { token, secret, method, .. } => {
            tracing::trace!(%token, secret = secret.as_str(), method, %address, client, "used");
        }
        Knock::Denial { token, secret, reason, method, .. } => {
            let token = Lazy(|| token.map_or_else(|| "unknown".to_owned(), |token| token.to_string()));
            let secret = secret.map_or("", PublicId::as_str);
            tracing::debug!(%token, secret, reason = reason.word(), method, %address, client, "denied");
        }
    }
}

/// Text that is made only where somebody reads it.
struct Lazy<F>(F);

impl<F: Fn() -> String> fmt::Display for Lazy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&(self.0)())
    }
}

impl Origin {
    /// The address, as the ledger keeps it.
    fn told(&self) -> String {
        self.address.map_or_else(|| "local".to_owned(), |address| address.to_string())
    }
}

impl Gathered {
    fn add(&mut self, mut key: Key, tally: Tally, fate: &Fate) {
        let apart = self.apart.entry(key.token).or_default();
        if (*apart >= APART || self.tallies.len() >= MOST) && !self.tallies.contains_key(&key) {
            key.origin = None;
            if self.tallies.len() >= 2 * MOST && !self.tallies.contains_key(&key) {
                fate.dropped.fetch_add(tally.count, Relaxed);
                return;
            }
        }
        let kept = self.tallies.entry(key).or_insert_with(|| {
            *apart += 1;
            Tally { count: 0, at: tally.at }
        });
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
    settled_at: Timestamp,
}

/// Starts the thread that writes the ledger of the store at `path`; it ends after [`Ledger::end`].
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be opened or no thread started.
pub(super) fn start(ledger: Arc<Ledger>, clock: Arc<dyn Clock>, path: &Path) -> Result<JoinHandle<()>> {
    let keeper = Keeper::open("to write the ledger", path, Arc::clone(&clock), SqliteStore::open_for_ledger)?;
    let settled_at = clock.now();
    let writer = Writer { ledger, clock, keeper, pruned_at: None, settled_at };
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
        gathered.apart.clear();
        drop(gathered);
        (tallies.into_iter().collect(), ending)
    }

    /// What can't be written waits for the next time.
    fn write(&mut self, tallies: Vec<(Key, Tally)>) {
        if tallies.is_empty() {
            return;
        }
        let entries: Vec<(Entry<'_>, Tally)> = tallies.iter().map(|(key, tally)| (Entry::of(key), *tally)).collect();
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
    address: String,
}

impl<'a> Entry<'a> {
    fn of(key: &'a Key) -> Self {
        let address = match &key.origin {
            None => String::new(),
            Some(origin) => origin.told(),
        };
        Entry { key, address }
    }

    fn client(&self) -> &str {
        self.key.origin.as_ref().map_or("", |origin| &origin.client)
    }

    fn used(&self, Tally { count, at }: Tally) -> Option<Use<'_>> {
        let (address, client) = (self.address.as_str(), self.client());
        match self.key {
            Key { reason: None, token: Some(token), secret: Some(secret), method, .. } => {
                Some(Use { token: *token, secret, at, count, method, address, client })
            }
            Key { .. } => None,
        }
    }

    fn denied(&self, Tally { count, at }: Tally) -> Option<Denial<'_>> {
        let (address, client) = (self.address.as_str(), self.client());
        let Key { token, secret, reason, method, .. } = self.key;
        let (token, secret, reason) = (*token, secret.as_ref(), reason.as_ref()?.word());
        Some(Denial { token, secret, reason, at, count, method, address, client })
    }
}
