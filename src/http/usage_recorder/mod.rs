//! The service's ledger, off the path of requests. Gathers events in memory, counts equal ones together, and writes
//! them to the store on a separate thread.

mod counts;
mod ledger_pruning;
mod writer;

use std::fmt;
use std::mem;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::change_signal::ChangeSignal;
use super::decision_cache::CachedSecret;
use super::direct_store_edits::ExternalChanges;
use super::prerendered::RenderedMethod;
use crate::domain::secret::PublicId;
use crate::domain::time::{DAY, MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::platform::clock::Stopwatch;
use crate::verbs::verify::DenialReason;

pub(super) use counts::LostCounts;
use counts::UsageCounts;
pub(super) use writer::start;

/// Maximum memory of cached secrets that are retained because uses are counted next to them, in bytes.
const MAX_HOT_BYTES: usize = 16 * 1024 * 1024;

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// `None` on a socket if the peer sends no address.
    pub address: Option<IpAddr>,
    /// The client's own name (`User-Agent`).
    pub client: String,
}

/// The key under which equal events are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct UsageKey {
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
struct Count {
    count: u64,
    at: Timestamp,
}

impl Count {
    fn add(&mut self, more: Count) {
        self.count += more.count;
        self.at = self.at.max(more.at);
    }
}

/// The repeated latest use of a secret since the last write of the ledger. The count is next to the cached secret, so
/// that most uses touch no other memory (gain: 2 %, the least that the benchmark shows).
#[derive(Default)]
pub(super) struct HotCounter(Mutex<Option<UseRun>>);

/// Equal uses of one secret, counted together.
struct UseRun {
    method: Option<Arc<RenderedMethod>>,
    origin: Arc<Origin>,
    day: i64,
    count: Count,
}

impl HotCounter {
    fn lock(&self) -> MutexGuard<'_, Option<UseRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UseRun {
    fn is_like(&self, other: &UseRun) -> bool {
        self.day == other.day && self.method == other.method && self.origin == other.origin
    }

    /// Converts the run of the secret `known` to an entry.
    fn into_entry(self, known: &CachedSecret) -> (UsageKey, Count) {
        let UseRun { method, origin, day, count } = self;
        let (token, secret) = (Some(known.token()), Some(known.identity.secret.clone()));
        (UsageKey { token, secret, reason: None, method, origin: Some(origin), period: day }, count)
    }
}

#[derive(Default)]
struct Buffer {
    counts: UsageCounts,
    /// The secrets that have a [`UseRun`]. They stay in memory while they are listed here.
    hot_counters: Vec<Arc<CachedSecret>>,
    /// Memory of `hot_counters`, in bytes.
    weight: usize,
    /// Since when the oldest waiting entry waits.
    waiting: Option<Stopwatch>,
    /// Since when the oldest entry waits that is being written.
    writing: Option<Stopwatch>,
    is_ending: bool,
}

/// Counters of the ledger for the metrics.
#[derive(Debug, Default)]
pub(super) struct RecorderStats {
    pub written: AtomicU64,
    pub lost_uses: AtomicU64,
    pub lost_denials: AtomicU64,
    pub faults: AtomicU64,
}

impl RecorderStats {
    fn add_lost(&self, lost: LostCounts) {
        self.lost_uses.fetch_add(lost.uses, Relaxed);
        self.lost_denials.fetch_add(lost.denials, Relaxed);
    }

    /// Returns the number of events lost since the start.
    pub fn lost(&self) -> LostCounts {
        LostCounts { uses: self.lost_uses.load(Relaxed), denials: self.lost_denials.load(Relaxed) }
    }
}

/// The ledger of a running service.
#[derive(Default)]
pub(super) struct UsageLedger {
    buffer: Mutex<Buffer>,
    end_signal: Condvar,
    pub stats: RecorderStats,
    pub external_changes: ExternalChanges,
    pub change_signal: ChangeSignal,
}

/// The ledger, locked for writing.
pub(super) struct LedgerRecorder<'a> {
    buffer: MutexGuard<'a, Buffer>,
    stats: &'a RecorderStats,
}

impl UsageLedger {
    /// Locks the ledger for the decisions of one batch.
    pub fn recorder(&self) -> LedgerRecorder<'_> {
        LedgerRecorder { buffer: self.lock(), stats: &self.stats }
    }

    /// Returns the number of distinct entries that wait to be written.
    pub fn pending(&self) -> usize {
        let buffer = self.lock();
        buffer.counts.len() + buffer.hot_counters.len()
    }

    /// Returns the time for which the oldest entry has waited to be written.
    pub fn lag(&self) -> Duration {
        let buffer = self.lock();
        buffer.writing.or(buffer.waiting).map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all waiting entries out of memory.
    fn drain(&self) -> UsageCounts {
        self.lock().drain(&self.stats)
    }

    /// Puts back the entries that could not be written.
    fn put_back(&self, counts: UsageCounts) {
        let mut buffer = self.lock();
        buffer.waiting = buffer.writing.take().or(buffer.waiting);
        let lost = buffer.counts.merge(counts);
        drop(buffer);
        self.stats.add_lost(lost);
    }

    /// Records that all drained entries were written.
    fn end_write(&self) {
        self.lock().writing = None;
    }

    /// Discards all waiting entries. Returns their number.
    pub fn discard_rest(&self) -> LostCounts {
        let lost = self.drain().total();
        self.end_write();
        if lost != LostCounts::default() {
            self.stats.add_lost(lost);
            tracing::error!(
                uses = lost.uses,
                denials = lost.denials,
                "the ledger is incomplete: {lost} could not be written to the store"
            );
        }
        lost
    }

    /// Makes the thread write the remaining entries and end.
    pub fn end(&self) {
        self.lock().is_ending = true;
        self.end_signal.notify_all();
    }
}

impl LedgerRecorder<'_> {
    pub fn record_use(
        &mut self,
        known: &Arc<CachedSecret>,
        method: Option<&Arc<RenderedMethod>>,
        origin: Arc<Origin>,
        at: Timestamp,
    ) {
        let (secret, address, client) =
            (known.identity.secret.as_str(), LazyText(|| origin.address_text()), &origin.client);
        tracing::trace!(token = %known.token(), secret, method = method.map(|m| m.id()), %address, client, "used");
        let run = UseRun { method: method.cloned(), origin, day: at.0.div_euclid(DAY), count: Count { count: 1, at } };
        let mut hot = known.identity.hot_counter.lock();
        match &mut *hot {
            Some(same) if same.is_like(&run) => same.count.add(run.count),
            Some(other) => {
                let (key, count) = std::mem::replace(other, run).into_entry(known);
                self.buffer.add(key, count, self.stats);
            }
            None if self.buffer.weight < MAX_HOT_BYTES => {
                self.buffer.weight += known.bytes();
                self.buffer.hot_counters.push(Arc::clone(known));
                self.buffer.waiting.get_or_insert_with(Stopwatch::start);
                *hot = Some(run);
            }
            None => {
                let (key, count) = run.into_entry(known);
                self.buffer.add(key, count, self.stats);
            }
        }
    }

    pub fn record_denial(&mut self, denied: DeniedAttempt<'_>, origin: Arc<Origin>, at: Timestamp) {
        let DeniedAttempt { token, secret, reason, method } = denied;
        let (address, client) = (LazyText(|| origin.address_text()), &origin.client);
        let shown = LazyText(|| token.map_or_else(|| "unknown".to_owned(), |token| token.to_string()));
        let head = secret.map_or("", PublicId::as_str);
        let (why, method_id) = (reason.as_str(), method.map(|m| m.id()));
        tracing::debug!(token = %shown, secret = head, reason = why, method = method_id, %address, client, "denied");
        let (secret, method, period) = (secret.cloned(), method.cloned(), at.0.div_euclid(MINUTE));
        let key = UsageKey { token, secret, reason: Some(reason), method, origin: Some(origin), period };
        self.buffer.add(key, Count { count: 1, at }, self.stats);
    }
}

pub(super) struct DeniedAttempt<'a> {
    /// The token of the secret, if it is known.
    pub token: Option<TokenId>,
    /// The public id of the secret, if the token is known.
    pub secret: Option<&'a PublicId>,
    pub reason: DenialReason,
    pub method: Option<&'a Arc<RenderedMethod>>,
}

/// Text that is built only when it is formatted.
struct LazyText<F>(F);

impl<F: Fn() -> String> fmt::Display for LazyText<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&(self.0)())
    }
}

impl Origin {
    /// Returns the address as the ledger stores it.
    fn address_text(&self) -> String {
        self.address.map_or_else(|| "local".to_owned(), |address| address.to_string())
    }
}

impl Buffer {
    fn add(&mut self, key: UsageKey, count: Count, stats: &RecorderStats) {
        self.waiting.get_or_insert_with(Stopwatch::start);
        let lost = self.counts.add(key, count);
        if lost != LostCounts::default() {
            stats.add_lost(lost);
        }
    }

    /// Takes all entries, including the runs next to cached secrets. Concurrent decisions continue to count there.
    fn drain(&mut self, stats: &RecorderStats) -> UsageCounts {
        let mut counts = mem::take(&mut self.counts);
        self.writing = self.waiting.take();
        self.weight = 0;
        for known in mem::take(&mut self.hot_counters) {
            let run = known.identity.hot_counter.lock().take();
            if let Some((key, count)) = run.map(|run| run.into_entry(&known)) {
                stats.add_lost(counts.add(key, count));
            }
        }
        counts
    }
}
