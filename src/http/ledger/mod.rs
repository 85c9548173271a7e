//! The ledger, off the path of requests: what happened is gathered in memory, alike things as one, and written down by a
//! thread of its own.

mod writer;

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::outside::OutsideChanges;
use super::told::{Known, Method};
use crate::domain::secret::PublicId;
use crate::domain::time::{DAY, MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::verbs::decide::Reason;

pub(super) use writer::start;

/// How many different things are gathered at most, about 200 bytes each. What comes then is counted without its caller,
/// and where even that is new, not at all.
const MOST: usize = 100_000;
/// How many callers and methods of one token, or of strangers, are kept apart meanwhile: who calls himself something else
/// each time fills neither memory nor store.
const APART: usize = 100;

/// How much of what is remembered of secrets is kept for the uses counted beside it, in bytes.
const RUNNING_MOST: usize = 16 * 1024 * 1024;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// None on a socket whose peer doesn't say.
    pub address: Option<IpAddr>,
    /// What he calls himself.
    pub client: String,
}

/// What makes things alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    token: Option<TokenId>,
    secret: Option<PublicId>,
    /// None for a use.
    reason: Option<Reason>,
    method: Option<Arc<Method>>,
    /// None when it stands for several.
    origin: Option<Arc<Origin>>,
    /// The day of a use, the minute of a denial.
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

/// What a secret was last used for, over and over, since the ledger was written: counted beside what is remembered of
/// it, so that most uses touch nothing else.
#[derive(Default)]
pub(super) struct Running(Mutex<Option<Run>>);

/// Uses that are alike.
struct Run {
    method: Option<Arc<Method>>,
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

    /// The same as an entry, of `known`.
    fn entry(self, known: &Known) -> (Key, Tally) {
        let Run { method, origin, day, tally } = self;
        let (token, secret) = (Some(known.token()), Some(known.holder.secret.clone()));
        (Key { token, secret, reason: None, method, origin: Some(origin), period: day }, tally)
    }
}

#[derive(Default)]
struct Gathered {
    tallies: HashMap<Key, Tally, RandomState>,
    /// How many of them are a token's, or of no token.
    apart: HashMap<Option<TokenId>, usize, RandomState>,
    /// Those whose uses run, and what they take in memory, in bytes: they stay for as long as they are here.
    running: Vec<Arc<Known>>,
    weight: usize,
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
    pub outside: OutsideChanges,
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
        let gathered = self.lock();
        gathered.tallies.len() + gathered.running.len()
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
    /// A secret was used.
    pub fn used(&mut self, known: &Arc<Known>, method: Option<&Arc<Method>>, origin: Arc<Origin>, at: Timestamp) {
        let (secret, address, client) = (known.holder.secret.as_str(), Lazy(|| origin.told()), &origin.client);
        tracing::trace!(token = %known.token(), secret, method = method.map(|m| m.id()), %address, client, "used");
        let run = Run { method: method.cloned(), origin, day: at.0.div_euclid(DAY), tally: Tally { count: 1, at } };
        let mut running = known.holder.running.lock();
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

    /// Somebody was turned away.
    pub fn denied(&mut self, denied: Denied<'_>, origin: Arc<Origin>, at: Timestamp) {
        let Denied { token, secret, reason, method } = denied;
        let (address, client) = (Lazy(|| origin.told()), &origin.client);
        let shown = Lazy(|| token.map_or_else(|| "unknown".to_owned(), |token| token.to_string()));
        let head = secret.map_or("", PublicId::as_str);
        let (why, asked) = (reason.word(), method.map(|m| m.id()));
        tracing::debug!(token = %shown, secret = head, reason = why, method = asked, %address, client, "denied");
        let (secret, method, period) = (secret.cloned(), method.cloned(), at.0.div_euclid(MINUTE));
        let key = Key { token, secret, reason: Some(reason), method, origin: Some(origin), period };
        self.gathered.add(key, Tally { count: 1, at }, self.fate);
    }
}

/// A denied attempt.
pub(super) struct Denied<'a> {
    /// Whose secret it was, where that is known.
    pub token: Option<TokenId>,
    /// The public id of the secret, of a token that is known.
    pub secret: Option<&'a PublicId>,
    pub reason: Reason,
    pub method: Option<&'a Arc<Method>>,
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
        kept.add(tally);
    }
}
