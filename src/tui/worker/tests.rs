use super::*;
use crate::domain::token::{Purgeable, TokenId, TokenRef};
use crate::platform;
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::credential::Credential;
use crate::verbs::request::Response;
use crate::verbs::secret_delivery::SecretReceiver;
use crate::verbs::tokens::{CountTokens, PurgeTokens, ShowToken};

/// Blocks until released, and then fails.
struct BlockedBackend(Mutex<Receiver<()>>);

impl Backend for BlockedBackend {
    fn run(&self, _: &Credential, _: Request, _: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
        let _ = self.0.lock().unwrap().recv();
        Err(Error::failure("let go"))
    }
}

struct InstantBackend;

impl Backend for InstantBackend {
    fn run(&self, _: &Credential, _: Request, _: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
        Err(Error::failure("prompt"))
    }
}

fn prompt() -> Arc<dyn Backend> {
    Arc::new(InstantBackend)
}

/// Returns a backend that blocks until the sender is dropped.
fn blocked() -> (Sender<()>, Arc<dyn Backend>) {
    let (go, going) = channel();
    (go, Arc::new(BlockedBackend(Mutex::new(going))))
}

/// Starts three lanes over these backends, and returns the receiver of their answers.
fn started([short, long_changes, long_reads]: [Arc<dyn Backend>; 3]) -> (StoreWorkers, Receiver<Msg>) {
    let (answers, answered) = channel();
    let answer = move |msg| drop(answers.send(msg));
    let connections = Connections { short, long_changes, long_reads };
    let propagation_probe = PropagationProbe::new(std::path::Path::new("nowhere"));
    let store = StoreWorkers::start(
        connections,
        Arc::new(platform::secret_files::InterruptibleDelivery),
        propagation_probe,
        Arc::default(),
        answer,
    )
    .unwrap();
    (store, answered)
}

fn call(id: u64, replaces: Option<u64>, request: impl Into<Request>) -> Job {
    let (id, replaces) = (RequestId(id), replaces.map(RequestId));
    Job::Call(Call { id, replaces, credential: Credential::Store, request: Box::new(request.into()) })
}

fn purge() -> Request {
    PurgeTokens::new(Purgeable::Trashed, 5_000).into()
}

fn verification() -> Request {
    VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart }.into()
}

/// Sends `long`, which is blocked, then `prompt`, and checks that `prompt` is answered first.
fn is_not_held_up((store, answered): (StoreWorkers, Receiver<Msg>), go: Sender<()>, long: Request, prompt: Request) {
    store.send(call(1, None, long)).unwrap();
    store.send(call(2, None, prompt)).unwrap();
    let next = || answered.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(matches!(next(), Msg::Reply(RequestId(2), _)));
    drop(go);
    assert!(matches!(next(), Msg::Reply(RequestId(1), _)));
    store.close(Duration::from_secs(60));
}

#[test]
fn no_lane_waits_for_another() {
    let (go, long) = blocked();
    is_not_held_up(started([prompt(), long, prompt()]), go, purge(), CountTokens.into());
    let (go, long) = blocked();
    is_not_held_up(started([prompt(), prompt(), long]), go, verification(), purge());
    let (go, long) = blocked();
    is_not_held_up(started([prompt(), long, prompt()]), go, purge(), verification());
}

/// Blocks until the read is ended, and then fails.
#[derive(Default)]
struct EndlessBackend(Mutex<Option<Sender<()>>>);

impl Backend for EndlessBackend {
    fn run(&self, _: &Credential, request: Request, _: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
        if matches!(request, Request::ShowToken(_)) {
            let (end, ended) = channel();
            *self.0.lock().unwrap() = Some(end);
            let _ = ended.recv();
        }
        Err(Error::failure("ended"))
    }

    fn interrupt_read(&self) {
        self.0.lock().unwrap().take();
    }
}

#[test]
fn read_under_way_ends_if_another_replaces_it() {
    let endless = Arc::new(EndlessBackend::default());
    let (store, answered) = started([Arc::clone(&endless) as Arc<dyn Backend>, prompt(), prompt()]);
    store.send(call(1, None, ShowToken { token: TokenRef::Id(TokenId(1)) })).unwrap();
    while endless.0.lock().unwrap().is_none() {
        std::thread::yield_now();
    }
    store.send(call(2, None, CountTokens)).unwrap();
    assert!(answered.try_recv().is_err(), "nothing replaces the read");
    store.send(call(3, Some(1), CountTokens)).unwrap();
    let next = || match answered.recv_timeout(Duration::from_secs(60)).unwrap() {
        Msg::Reply(id, _) => id.0,
        _ => 0,
    };
    assert_eq!([next(), next(), next()], [1, 2, 3]);
    store.close(Duration::from_secs(60));
}

/// A form may wait for the reply to a request of the same verb.
#[test]
fn only_a_request_that_a_later_one_replaces_is_dropped() {
    let (go, short) = blocked();
    let (store, answered) = started([short, prompt(), prompt()]);
    let show = || ShowToken { token: TokenRef::Id(TokenId(1)) };
    store.send(call(1, None, CountTokens)).unwrap();
    store.send(call(2, None, show())).unwrap();
    store.send(call(3, None, show())).unwrap();
    store.send(call(4, Some(3), show())).unwrap();
    drop(go);
    let next = || match answered.recv_timeout(Duration::from_secs(60)).unwrap() {
        Msg::Reply(id, _) => id.0,
        _ => 0,
    };
    assert_eq!([next(), next(), next()], [1, 2, 4]);
    store.close(Duration::from_secs(60));
}

/// Panics when tokens are counted.
struct PanickingBackend;

impl Backend for PanickingBackend {
    fn run(&self, _: &Credential, request: Request, _: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
        assert!(!matches!(request, Request::CountTokens(_)), "killed by a test");
        Err(Error::failure("prompt"))
    }
}

#[test]
fn panic_of_a_thread_is_reported_and_leaves_no_store_open() {
    let backend: Arc<dyn Backend> = Arc::new(PanickingBackend);
    let open = Arc::downgrade(&backend);
    let (store, answered) = started([backend, prompt(), prompt()]);
    store.send(call(1, None, CountTokens)).unwrap();
    assert!(matches!(answered.recv_timeout(Duration::from_secs(60)), Ok(Msg::WorkerFailed)));
    store.close(Duration::from_secs(60));
    assert!(open.upgrade().is_none());
}
