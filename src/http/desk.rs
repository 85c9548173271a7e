//! The desk: requests that wait together are decided in one read of the store, begun after the last of them had arrived.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::keeper::Keeper;
use super::ledger::{Denied, Ledger, Origin, Page};
use super::told::InHttp;
use crate::domain::method::MethodId;
use crate::domain::secret::{Claim, SecretFault};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::decide::Ruling;
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
    pub desk: Arc<Desk>,
    pub keeper: Keeper,
    pub ledger: Arc<Ledger>,
    pub clock: Arc<dyn Clock>,
    pub memory: Memory<InHttp>,
}

impl Clerk {
    /// Decides for as long as the service runs.
    pub async fn work(mut self) {
        loop {
            // Woken behind whoever is ready to ask: they all ask before the store is read.
            self.desk.wake.notified().await;
            let queue = self.desk.take();
            if !queue.waiting.is_empty() || !queue.readers.is_empty() {
                self.serve(queue);
            }
        }
    }

    fn serve(&mut self, queue: Queue) {
        let Clerk { keeper, memory, clock, ledger, .. } = self;
        let asks = &queue.waiting;
        let read = keeper.with(|store| {
            let (edition, now) = (store.edition()?, clock.now());
            if let Some(tip) = memory.tip_in(edition) {
                memory.look_ahead(asks.iter().filter_map(|w| w.ask.presented.as_ref().ok()));
                let recall = |w: &Waiting| memory.recall(edition, w.ask.question(), now);
                if let Some(answers) = asks.iter().map(recall).collect::<Option<Vec<_>>>() {
                    return Ok((answers, tip.seq, now));
                }
            }
            store.read(|snapshot| {
                let now = clock.now();
                let mut sitting = memory.sit(edition, snapshot, now)?;
                let decide = |w: &Waiting| sitting.decide(w.ask.question());
                let answers = asks.iter().map(decide).collect::<Result<Vec<_>>>()?;
                Ok((answers, sitting.tip().seq, now))
            })
        });
        let Ok((answers, seq, now)) = read else {
            memory.forget();
            // Dropped, so that each hears that nothing was decided.
            return;
        };
        for reader in queue.readers {
            // Who went away meanwhile needs no answer; the same below.
            let _ = reader.send(Ok(seq));
        }
        let mut page = ledger.open();
        for (Waiting { ask, reply }, decided) in queue.waiting.into_iter().zip(answers) {
            note(&mut page, ask, &decided, now);
            let _ = reply.send(Ok(decided));
        }
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
