//! Batches concurrent verify requests into one store read. The read starts only after every request in the batch
//! has arrived.

use std::collections::HashSet;
use std::mem;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::Service;
use super::expiry_clock::ExpiryClock;
use super::keeper::Keeper;
use super::ledger::{Denied, Origin, Page};
use super::outside::{Found, MAX_AGE};
use super::seen::SeenLog;
use super::supervisor::SURVIVED;
use super::told::InHttp;
use crate::domain::method::MethodId;
use crate::domain::secret::{PublicId, SecretFingerprint, SecretParseError};
use crate::domain::text::escape_untrusted;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::platform::clock::Stopwatch;
use crate::store::sqlite::SqliteStore;
use crate::verbs::ports::{Clock, Store};
use crate::verbs::verify::DecisionKind;
use crate::verbs::verify::cache::{CachedDecision, DecisionCache, DecisionRequest};
use crate::verbs::verify::rollback_detector::RollbackDetector;

/// A request to decide.
pub(super) struct Ask {
    pub presented: std::result::Result<SecretFingerprint, SecretParseError>,
    /// The method to check. `None` asks only if the credential works at all.
    pub method: Option<MethodId>,
    /// `true` if the answer lists all methods that the token may call.
    pub methods: bool,
    /// The caller, if the decision is recorded in the ledger.
    pub origin: Option<Arc<Origin>>,
}

impl Ask {
    fn question(&self) -> DecisionRequest<'_> {
        DecisionRequest {
            presented: self.presented.as_ref().map_err(|fault| *fault),
            method: self.method.as_ref().map(MethodId::as_str),
            methods: self.methods,
        }
    }
}

pub(super) type Decided = CachedDecision<InHttp>;

/// The error of a request that could not be decided.
pub(super) struct Unavailable;

struct Waiting {
    ask: Ask,
    reply: oneshot::Sender<std::result::Result<Decided, Unavailable>>,
}

/// The waiting end of a caller that only asks how far the store is read.
type Reader = oneshot::Sender<std::result::Result<i64, Unavailable>>;

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    readers: Vec<Reader>,
}

/// The queue of waiting requests.
#[derive(Default)]
pub(super) struct Desk {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Desk {
    /// Decides `ask` in the next batch.
    ///
    /// # Errors
    /// [`Unavailable`] if the store can't be read.
    pub async fn decide(&self, ask: Ask) -> std::result::Result<Decided, Unavailable> {
        let (reply, decided) = oneshot::channel();
        self.enqueue(|queue| queue.waiting.push(Waiting { ask, reply }));
        decided.await.unwrap_or(Err(Unavailable))
    }

    /// Returns the number of the audit log's last row, in a read of the store that begins now.
    ///
    /// # Errors
    /// [`Unavailable`] if the store can't be read.
    pub async fn audit_seq(&self) -> std::result::Result<i64, Unavailable> {
        let (reply, read) = oneshot::channel();
        self.enqueue(|queue| queue.readers.push(reply));
        read.await.unwrap_or(Err(Unavailable))
    }

    fn enqueue(&self, add: impl FnOnce(&mut Queue)) {
        add(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }

    fn take(&self) -> Queue {
        mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The task that decides the queued requests. All of its work happens on the service's single thread.
pub(super) struct Clerk {
    service: Arc<Service>,
    keeper: Keeper,
    clock: Arc<dyn Clock>,
    expiry_clock: Arc<ExpiryClock>,
    memory: DecisionCache<InHttp>,
    continuity: RollbackDetector,
    pub seen: Arc<SeenLog>,
    /// The outside changes that had been found when the memory was started.
    outside: Found,
    begun: Stopwatch,
    /// Secrets with unreadable rows. Each is logged once.
    unreadable: HashSet<PublicId>,
}

/// Maximum size of `unreadable`.
const MAX_UNREADABLE: usize = 1_024;

impl Clerk {
    pub fn new(
        service: Arc<Service>,
        keeper: Keeper,
        clock: Arc<dyn Clock>,
        seen: Arc<SeenLog>,
        continuity: RollbackDetector,
    ) -> Self {
        let (memory, outside, begun) = (DecisionCache::default(), Found::default(), Stopwatch::start());
        let expiry_clock = Arc::clone(&service.expiry_clock);
        Clerk {
            service,
            keeper,
            clock,
            expiry_clock,
            memory,
            continuity,
            seen,
            outside,
            begun,
            unreadable: HashSet::new(),
        }
    }

    /// Decides requests for as long as the service runs.
    pub async fn work(mut self) {
        let desk = Arc::clone(&self.service.desk);
        // The first read comes before any request, so that a fault of the store is logged at once.
        let mut panics = u32::from(!self.survives(Queue::default()));
        loop {
            // This task is scheduled after all tasks that are ready to ask, so their requests join the batch before
            // the store is read.
            desk.wake.notified().await;
            let queue = desk.take();
            if !queue.waiting.is_empty() || !queue.readers.is_empty() {
                panics = if self.survives(queue) { 0 } else { panics + 1 };
                if panics > SURVIVED {
                    return self.service.supervisor.fail("decide");
                }
            }
        }
    }

    /// Clears the memory if the store may have changed without a row in the audit log.
    fn forget_changed(&mut self) {
        let outside = &self.service.ledger.outside;
        let found = outside.found();
        let is_old = || !outside.is_watched() && self.begun.time() >= MAX_AGE;
        if found.commits != self.outside.commits || is_old() {
            self.memory.clear();
            self.begun = Stopwatch::start();
        } else if found.writes != self.outside.writes {
            self.memory.mark_stale();
        }
        if found.writes != self.outside.writes {
            // If the pages can't be dropped, the store is read by a connection that will be reopened.
            let _ = self.keeper.maintain(SqliteStore::drop_pages);
        }
        self.outside = found;
    }

    /// Serves `queue`. Returns `false` after a panic: the waiting requests then get [`Unavailable`], and the memory
    /// is not used again.
    fn survives(&mut self, queue: Queue) -> bool {
        let supervisor = Arc::clone(&self.service.supervisor);
        let served = supervisor.attempt("batch", || self.serve(queue)).is_some();
        if !served {
            self.memory.clear();
            self.keeper.distrust();
        }
        served
    }

    fn serve(&mut self, queue: Queue) {
        self.forget_changed();
        let Clerk { keeper, memory, clock, expiry_clock, continuity, seen, unreadable, .. } = self;
        let asks = &queue.waiting;
        let read = keeper.with(|store| {
            let (edition, now) = (store.data_version()?, expiry_clock.now());
            if let Some(tip) = memory.audit_tip_at(edition) {
                memory.prefetch(asks.iter().filter_map(|w| w.ask.presented.as_ref().ok()));
                let recall = |w: &Waiting| memory.get_if_current(edition, w.ask.question(), now).map(Some);
                if let Some(answers) = asks.iter().map(recall).collect::<Option<Vec<_>>>() {
                    if let Some(checkpoint) = continuity.refresh(now) {
                        seen.advance(checkpoint);
                    }
                    return Ok((answers, tip.seq));
                }
            }
            store.read(|snapshot| {
                let now = expiry_clock.now();
                let mut sitting = memory.begin(edition, snapshot, now)?;
                let tip = sitting.tip();
                let is_longer = continuity.check(snapshot, tip, now)?;
                let checkpoint = match is_longer {
                    true => continuity.seen(),
                    false => continuity.refresh(now),
                };
                if let Some(checkpoint) = checkpoint {
                    seen.advance(checkpoint);
                }
                let mut decide = |w: &Waiting| match sitting.decide(w.ask.question()) {
                    Ok(answer) => Ok(Some(answer)),
                    // If the log can be read, the fault is in the rows of this token.
                    Err(e) => snapshot.audit_tip().map(|_| {
                        name_unreadable(unreadable, &w.ask, &e);
                        None
                    }),
                };
                let answers = asks.iter().map(&mut decide).collect::<Result<Vec<_>>>()?;
                Ok((answers, tip.seq))
            })
        });
        let metrics = &self.service.metrics;
        if metrics.is_older_store.load(Relaxed) != continuity.is_rolled_back() {
            metrics.is_older_store.store(continuity.is_rolled_back(), Relaxed);
        }
        let Ok((answers, seq)) = read else {
            memory.clear();
            // Dropping the senders answers each request with [`Unavailable`].
            return;
        };
        for reader in queue.readers {
            // A caller that has gone away needs no answer. The same holds below.
            let _ = reader.send(Ok(seq));
        }
        // The ledger uses the wall clock, even after it was set back or corrected. Only expiry uses the latest time
        // seen.
        let now = clock.now();
        let mut page = self.service.ledger.open();
        for (Waiting { ask, reply }, decided) in queue.waiting.into_iter().zip(answers) {
            let Some(decided) = decided else { continue };
            note(&mut page, ask, &decided, now);
            let _ = reply.send(Ok(decided));
        }
    }
}

/// Logs once that the token of a secret can't be read.
fn name_unreadable(named: &mut HashSet<PublicId>, ask: &Ask, error: &Error) {
    let Ok(claim) = &ask.presented else { return };
    if named.len() >= MAX_UNREADABLE {
        named.clear();
    }
    if named.insert(claim.public_id().clone()) {
        let (secret, why) = (claim.public_id().as_str(), error.to_string());
        tracing::error!(secret, why = %escape_untrusted(&why), "a token can't be read back: who presents it is answered 503");
    }
}

fn note(page: &mut Page<'_>, ask: Ask, decided: &Decided, now: Timestamp) {
    let Some(origin) = ask.origin else { return };
    match (decided.kind, &decided.secret) {
        (DecisionKind::Allowed, Some(known)) => page.used(known, decided.method.as_ref(), origin, now),
        (DecisionKind::Denied(reason), _) => {
            let token = decided.token;
            let secret = ask.presented.as_ref().ok().filter(|_| token.is_some()).map(SecretFingerprint::public_id);
            page.denied(Denied { token, secret, reason, method: decided.method.as_ref() }, origin, now);
        }
        (DecisionKind::Allowed, None) | (DecisionKind::UnknownMethod, _) => {}
    }
}
