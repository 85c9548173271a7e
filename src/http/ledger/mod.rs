//! The ledger, off the path of requests. Events are gathered in memory, equal ones counted together, and written to
//! the store by a separate thread.

mod pruning;
mod tallies;
mod writer;

use std::fmt;
use std::mem;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::external_changes::ExternalChanges;
use super::rendered::{CachedSecret, RenderedMethod};
use crate::domain::secret::PublicId;
use crate::domain::time::{DAY, MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::verbs::verify::DenialReason;

pub(super) use tallies::Lost;
use tallies::Tallies;
pub(super) use writer::start;

/// Maximum memory of cached secrets that are kept because uses are counted next to them, in bytes.
const RUNNING_MOST: usize = 16 * 1024 * 1024;

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// `None` on a socket, if the peer sends no address.
    pub address: Option<IpAddr>,
    /// The client's name for itself.
    pub client: String,
}

/// The key under which equal events are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    token: Option<TokenId>,
    secret: Option<PublicId>,
    /// `None` for a use.
    reason: Option<DenialReason>,
    method: Option<Arc<RenderedMethod>>,
    /// `None` if the entry covers several callers.
    origin: Option<Arc<Origin>>,
    /// The day of a use, or the minute of a denial.
    period: i64,
}

#[derive(Debug, Clone, Copy)]
struct Tally {
    count: u64,
    at: Timestamp,
}

impl Tally {
    fn add(&mut self, more: Tally) {
        self.count += more.count;
        self.at = self.at.max(more.at);
    }
}

/// The repeated latest use of a secret since the ledger was written. It is counted next to the cached secret, so
/// that most uses touch no other memory.
#[derive(Default)]
pub(super) struct Running(Mutex<Option<Run>>);

/// Equal uses of one secret, counted together.
struct Run {
    method: Option<Arc<RenderedMethod>>,
    origin: Arc<Origin>,
    day: i64,
    tally: Tally,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, Option<Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    fn is_like(&self, other: &Run) -> bool {
        self.day == other.day && self.method == other.method && self.origin == other.origin
    }

    /// Converts the run of the secret `known` to an entry.
    fn entry(self, known: &CachedSecret) -> (Key, Tally) {
        let Run { method, origin, day, tally } = self;
        let (token, secret) = (Some(known.token()), Some(known.identity.secret.clone()));
        (Key { token, secret, reason: None, method, origin: Some(origin), period: day }, tally)
    }
}

#[derive(Default)]
struct Gathered {
    tallies: Tallies,
    /// The secrets that have a [`Run`]. They stay in memory for as long as they are listed here.
    running: Vec<Arc<CachedSecret>>,
    /// Memory of `running`, in bytes.
    weight: usize,
    ending: bool,
}

/// Counters of the ledger for the metrics.
#[derive(Debug, Default)]
pub(super) struct Fate {
    pub written: AtomicU64,
    pub lost_uses: AtomicU64,
    pub lost_denials: AtomicU64,
    pub faults: AtomicU64,
}

impl Fate {
    fn lose(&self, lost: Lost) {
        self.lost_uses.fetch_add(lost.uses, Relaxed);
        self.lost_denials.fetch_add(lost.denials, Relaxed);
    }

    /// Returns the number of events lost since the start.
    pub fn lost(&self) -> Lost {
        Lost { uses: self.lost_uses.load(Relaxed), denials: self.lost_denials.load(Relaxed) }
    }
}

/// The ledger of a running service.
#[derive(Default)]
pub(super) struct Ledger {
    gathered: Mutex<Gathered>,
    ended: Condvar,
    pub fate: Fate,
    pub outside: ExternalChanges,
}

/// The ledger, locked for writing.
pub(super) struct Page<'a> {
    gathered: MutexGuard<'a, Gathered>,
    fate: &'a Fate,
}

impl Ledger {
    /// Locks the ledger for the decisions of one batch.
    pub fn open(&self) -> Page<'_> {
        Page { gathered: self.lock(), fate: &self.fate }
    }

    /// Number of distinct entries that wait to be written.
    pub fn waiting(&self) -> usize {
        let gathered = self.lock();
        gathered.tallies.len() + gathered.running.len()
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all waiting entries out of memory.
    fn take(&self) -> Tallies {
        self.lock().take(&self.fate)
    }

    /// Puts back the entries that could not be written.
    fn put_back(&self, tallies: Tallies) {
        let lost = self.lock().tallies.merge(tallies);
        self.fate.lose(lost);
    }

    /// Discards all waiting entries. Returns their number.
    pub fn give_up(&self) -> Lost {
        let lost = self.take().total();
        if lost != Lost::default() {
            self.fate.lose(lost);
            tracing::error!(
                uses = lost.uses,
                denials = lost.denials,
                "the ledger ends incomplete: {lost} are lost, since the store can't be written"
            );
        }
        lost
    }

    /// Makes the thread write the remaining entries and end.
    pub fn end(&self) {
        self.lock().ending = true;
        self.ended.notify_all();
    }
}

impl Page<'_> {
    /// Counts a use of a secret.
    pub fn used(
        &mut self,
        known: &Arc<CachedSecret>,
        method: Option<&Arc<RenderedMethod>>,
        origin: Arc<Origin>,
        at: Timestamp,
    ) {
        let (secret, address, client) = (known.identity.secret.as_str(), Lazy(|| origin.told()), &origin.client);
        tracing::trace!(token = %known.token(), secret, method = method.map(|m| m.id()), %address, client, "used");
        let run = Run { method: method.cloned(), origin, day: at.0.div_euclid(DAY), tally: Tally { count: 1, at } };
        let mut running = known.identity.hot_counter.lock();
        match &mut *running {
            Some(same) if same.is_like(&run) => same.tally.add(run.tally),
            Some(other) => {
                let (key, tally) = std::mem::replace(other, run).entry(known);
                self.gathered.add(key, tally, self.fate);
            }
            None if self.gathered.weight < RUNNING_MOST => {
                self.gathered.weight += known.bytes();
                self.gathered.running.push(Arc::clone(known));
                *running = Some(run);
            }
            None => {
                let (key, tally) = run.entry(known);
                self.gathered.add(key, tally, self.fate);
            }
        }
    }

    /// Counts a denied attempt.
    pub fn denied(&mut self, denied: Denied<'_>, origin: Arc<Origin>, at: Timestamp) {
        let Denied { token, secret, reason, method } = denied;
        let (address, client) = (Lazy(|| origin.told()), &origin.client);
        let shown = Lazy(|| token.map_or_else(|| "unknown".to_owned(), |token| token.to_string()));
        let head = secret.map_or("", PublicId::as_str);
        let (why, asked) = (reason.as_str(), method.map(|m| m.id()));
        tracing::debug!(token = %shown, secret = head, reason = why, method = asked, %address, client, "denied");
        let (secret, method, period) = (secret.cloned(), method.cloned(), at.0.div_euclid(MINUTE));
        let key = Key { token, secret, reason: Some(reason), method, origin: Some(origin), period };
        self.gathered.add(key, Tally { count: 1, at }, self.fate);
    }
}

/// A denied attempt.
pub(super) struct Denied<'a> {
    /// The token of the secret, if it is known.
    pub token: Option<TokenId>,
    /// The public id of the secret, if the token is known.
    pub secret: Option<&'a PublicId>,
    pub reason: DenialReason,
    pub method: Option<&'a Arc<RenderedMethod>>,
}

/// Text that is built only when it is read.
struct Lazy<F>(F);

impl<F: Fn() -> String> fmt::Display for Lazy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&(self.0)())
    }
}

impl Origin {
    /// Returns the address as the ledger stores it.
    fn told(&self) -> String {
        self.address.map_or_else(|| "local".to_owned(), |address| address.to_string())
    }
}

impl Gathered {
    fn add(&mut self, key: Key, tally: Tally, fate: &Fate) {
        let lost = self.tallies.add(key, tally);
        if lost != Lost::default() {
            fate.lose(lost);
        }
    }

    /// Takes all entries. Runs are taken from their cached secrets, where concurrent decisions continue to count.
    fn take(&mut self, fate: &Fate) -> Tallies {
        let mut tallies = mem::take(&mut self.tallies);
        self.weight = 0;
        for known in mem::take(&mut self.running) {
            let run = known.identity.hot_counter.lock().take();
            if let Some((key, tally)) = run.map(|run| run.entry(&known)) {
                fate.lose(tallies.add(key, tally));
            }
        }
        tallies
    }
}
