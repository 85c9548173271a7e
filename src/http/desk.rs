//! The desk: requests that wait together are decided in one read of the store, begun after the last of them had arrived.

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
use crate::domain::secret::{Claim, PublicId, SecretFault};
use crate::domain::text::shown;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::platform::clock::Stopwatch;
use crate::store::sqlite::SqliteStore;
use crate::verbs::decide::Ruling;
use crate::verbs::decide::continuity::Continuity;
use crate::verbs::decide::memory::{Answer, Memory, Question};
use crate::verbs::ports::{Clock, Store};

/// What is to be decided.
pub(super) struct Ask {
    pub presented: std::result::Result<Claim, SecretFault>,
    /// None: whether the credential works at all.
    pub method: Option<MethodId>,
    /// Whether all methods that the token may call are to be told.
    pub methods: bool,
    /// Who asks, where it goes into the ledger.
    pub origin: Option<Arc<Origin>>,
}

impl Ask {
    fn question(&self) -> Question<'_> {
        Question {
            presented: self.presented.as_ref().map_err(|fault| *fault),
            method: self.method.as_ref().map(MethodId::as_str),
            methods: self.methods,
        }
    }
}

/// A decision.
pub(super) type Decided = Answer<InHttp>;

/// Nothing could be decided.
pub(super) struct Unavailable;

struct Waiting {
    ask: Ask,
    reply: oneshot::Sender<std::result::Result<Decided, Unavailable>>,
}

/// Who only wants to know how far the store is read.
type Reader = oneshot::Sender<std::result::Result<i64, Unavailable>>;

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    readers: Vec<Reader>,
}

/// Where requests queue.
#[derive(Default)]
pub(super) struct Desk {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Desk {
    /// # Errors
    /// [`Unavailable`] when the store doesn't tell.
    pub async fn decide(&self, ask: Ask) -> std::result::Result<Decided, Unavailable> {
        let (reply, decided) = oneshot::channel();
        self.enqueue(|queue| queue.waiting.push(Waiting { ask, reply }));
        decided.await.unwrap_or(Err(Unavailable))
    }

    /// The number of the audit log's last row in a read of the store that begins now.
    ///
    /// # Errors
    /// [`Unavailable`] when the store doesn't tell.
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

/// Who decides. Everything of it happens on the one thread of the service.
pub(super) struct Clerk {
    service: Arc<Service>,
    keeper: Keeper,
    clock: Arc<dyn Clock>,
    expiry_clock: Arc<ExpiryClock>,
    memory: Memory<InHttp>,
    continuity: Continuity,
    pub seen: Arc<SeenLog>,
    /// What others had changed when the memory was begun.
    outside: Found,
    begun: Stopwatch,
    /// Secrets whose rows can't be read back: each is named once.
    unreadable: HashSet<PublicId>,
}

/// How many of those are kept at a time.
const MAX_UNREADABLE: usize = 1_024;

impl Clerk {
    pub fn new(
        service: Arc<Service>,
        keeper: Keeper,
        (clock, expiry_clock): (Arc<dyn Clock>, Arc<ExpiryClock>),
        seen: Arc<SeenLog>,
        continuity: Continuity,
    ) -> Self {
        let (memory, outside, begun) = (Memory::default(), Found::default(), Stopwatch::start());
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

    /// Decides for as long as the service runs.
    pub async fn work(mut self) {
        let desk = Arc::clone(&self.service.desk);
        // What is wrong with the store is said before anybody asks.
        let mut panics = u32::from(!self.survives(Queue::default()));
        loop {
            // Woken behind whoever is ready to ask: they all ask before the store is read.
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

    /// Forgets what others may have changed without a word in the audit log.
    fn forget_changed(&mut self) {
        let outside = &self.service.ledger.outside;
        let found = outside.found();
        let is_old = || !outside.is_watched() && self.begun.time() >= MAX_AGE;
        if found.commits != self.outside.commits || is_old() {
            self.memory.forget();
            self.begun = Stopwatch::start();
        } else if found.writes != self.outside.writes {
            self.memory.doubt();
        }
        if found.writes != self.outside.writes {
            // What can't be forgotten is read by a connection that will be opened anew.
            let _ = self.keeper.maintain(SqliteStore::drop_pages);
        }
        self.outside = found;
    }

    /// Serves `queue`; false after a panic. Then those who wait hear that nothing was decided, and nothing remembered is
    /// used again.
    fn survives(&mut self, queue: Queue) -> bool {
        let supervisor = Arc::clone(&self.service.supervisor);
        let served = supervisor.attempt("batch", || self.serve(queue)).is_some();
        if !served {
            self.memory.forget();
            self.keeper.distrust();
        }
        served
    }

    fn serve(&mut self, queue: Queue) {
        self.forget_changed();
        let Clerk { keeper, memory, clock, expiry_clock, continuity, seen, unreadable, .. } = self;
        let asks = &queue.waiting;
        let read = keeper.with(|store| {
            let (edition, now) = (store.edition()?, expiry_clock.now());
            if let Some(tip) = memory.tip_in(edition) {
                memory.look_ahead(asks.iter().filter_map(|w| w.ask.presented.as_ref().ok()));
                let recall = |w: &Waiting| memory.recall(edition, w.ask.question(), now).map(Some);
                if let Some(answers) = asks.iter().map(recall).collect::<Option<Vec<_>>>() {
                    if let Some(checkpoint) = continuity.refresh(now) {
                        seen.advance(checkpoint);
                    }
                    return Ok((answers, tip.seq));
                }
            }
            store.read(|snapshot| {
                let now = expiry_clock.now();
                let mut sitting = memory.sit(edition, snapshot, now)?;
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
                    // Where the log can be read, the fault is in the rows of this token.
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
        if metrics.is_older_store.load(Relaxed) != continuity.is_broken() {
            metrics.is_older_store.store(continuity.is_broken(), Relaxed);
        }
        let Ok((answers, seq)) = read else {
            memory.forget();
            // Dropped, so that each hears that nothing was decided.
            return;
        };
        for reader in queue.readers {
            // Who went away meanwhile needs no answer; the same below.
            let _ = reader.send(Ok(seq));
        }
        // A clock that was set back, or right, is the ledger's own: expiry alone goes by the latest time.
        let now = clock.now();
        let mut page = self.service.ledger.open();
        for (Waiting { ask, reply }, decided) in queue.waiting.into_iter().zip(answers) {
            let Some(decided) = decided else { continue };
            note(&mut page, ask, &decided, now);
            let _ = reply.send(Ok(decided));
        }
    }
}

/// Says which secret's token can't be read back, once.
fn name_unreadable(named: &mut HashSet<PublicId>, ask: &Ask, error: &Error) {
    let Ok(claim) = &ask.presented else { return };
    if named.len() >= MAX_UNREADABLE {
        named.clear();
    }
    if named.insert(claim.public_id().clone()) {
        let (secret, why) = (claim.public_id().as_str(), error.to_string());
        tracing::error!(secret, why = %shown(&why), "a token can't be read back: who presents it is answered 503");
    }
}

fn note(page: &mut Page<'_>, ask: Ask, decided: &Decided, now: Timestamp) {
    let Some(origin) = ask.origin else { return };
    match (decided.ruling, &decided.known) {
        (Ruling::Allowed, Some(known)) => page.used(known, decided.method.as_ref(), origin, now),
        (Ruling::Denied(reason), _) => {
            let token = decided.token;
            let secret = ask.presented.as_ref().ok().filter(|_| token.is_some()).map(Claim::public_id);
            page.denied(Denied { token, secret, reason, method: decided.method.as_ref() }, origin, now);
        }
        (Ruling::Allowed, None) | (Ruling::UnknownMethod, _) => {}
    }
}
