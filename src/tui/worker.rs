//! Work off the UI thread: one thread for the store and hashing, two for slow work on the store.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::watcher;
use crate::domain::catalogue::Catalogue;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::platform::secret_files::read_file;
use crate::platform::{catalogue_file, threads};
use crate::propagation::PropagationProbe;
use crate::tui::effect::{Call, CatalogueSource};
use crate::tui::msg::{Msg, RequestId};
use crate::tui::view_state::{ViewState, ViewStateFile};
use crate::verbs::Backend;
use crate::verbs::ports::SecretFileWriter;
use crate::verbs::request::Request;

/// Work for the store's threads.
pub(super) enum Job {
    Call(Call),
    Save(PathBuf, Arc<Secret>),
    ReadCatalogue(RequestId, CatalogueSource, Arc<[Catalogue]>),
    CheckPropagation(i64),
    FindService,
    SaveViewState(ViewStateFile, Box<ViewState>),
    SignOut,
    Close,
}

/// The store thread that does a job. Slow work must not delay a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Short,
    LongChange,
    LongRead,
}

impl Job {
    fn lane(&self) -> Lane {
        match self {
            Job::Call(call) if call.request.is_batched() => Lane::LongChange,
            Job::Call(call) => match *call.request {
                Request::VerifyAuditChain(_) | Request::PreviewCatalogue(_) => Lane::LongRead,
                _ => Lane::Short,
            },
            Job::Save(..)
            | Job::ReadCatalogue(..)
            | Job::CheckPropagation(_)
            | Job::FindService
            | Job::SaveViewState(..)
            | Job::SignOut
            | Job::Close => Lane::Short,
        }
    }

    /// Returns `true` if the job works in batches and can be stopped between them.
    pub fn is_batched(&self) -> bool {
        self.lane() == Lane::LongChange
    }

    /// Returns `true` if nothing waits for the answer to this job once `later` has been sent.
    fn is_replaced_by(&self, later: &Job) -> bool {
        matches!((self, later), (Job::Call(call), Job::Call(later)) if later.replaces == Some(call.id))
    }
}

/// Starts a thread; `work` gets a function for sending answers. A panic is reported to the screens, so that they don't
/// wait for the thread forever.
pub(super) fn spawn_worker<F: Fn(Msg) + Clone + Send + 'static>(
    name: &'static str,
    answer: F,
    work: impl FnOnce(&F) + Send + 'static,
) -> Result<JoinHandle<Option<()>>> {
    let failed = answer.clone();
    threads::spawn(name, move |_| failed(Msg::WorkerFailed), move || work(&answer)).map_err(threads::not_started)
}

/// The threads that hold the store, and the means to end them. A drop doesn't end the threads: [`StoreWorkers::close`]
/// does.
pub(super) struct StoreWorkers {
    jobs: Sender<Job>,
    /// The call of [`Lane::Short`] under way.
    running: RunningCall,
    long_changes: Sender<Job>,
    long_reads: Sender<Job>,
    /// The backend on which a thread watches for changes.
    watched: Weak<dyn Backend>,
    /// Taken to end that thread.
    watch_stop: Mutex<Option<Sender<()>>>,
    /// Disconnected once the threads have released the store.
    closed: Mutex<Receiver<()>>,
}

/// The call that a thread carries out. Locked while the call is ended, so that none begins meanwhile.
type RunningCall = Arc<Mutex<Option<RequestId>>>;

/// The verbs of each lane. Lanes that shared a connection would wait for each other.
pub(super) struct Connections {
    pub short: Arc<dyn Backend>,
    pub long_changes: Arc<dyn Backend>,
    pub long_reads: Arc<dyn Backend>,
}

/// The store as held by a thread.
pub(super) struct StoreHandle {
    pub backend: Arc<dyn Backend>,
    /// Must be dropped after the store.
    pub _open_token: Sender<()>,
}

impl StoreWorkers {
    /// Starts the threads. The ledger is checked for changes only while `shown` is set, that is while the screen shows
    /// ledger data.
    pub(super) fn start(
        connections: Connections,
        secret_files: Arc<dyn SecretFileWriter>,
        propagation_probe: PropagationProbe,
        shown: Arc<AtomicBool>,
        answer: impl Fn(Msg) + Clone + Send + 'static,
    ) -> Result<Self> {
        let (open_token, closed) = channel();
        let (watch_stop, stop) = channel();
        let handle =
            |backend: &Arc<dyn Backend>| StoreHandle { backend: Arc::clone(backend), _open_token: open_token.clone() };
        let running = RunningCall::default();
        let start = |name, jeton, running| {
            spawn_store_worker(
                name,
                handle(jeton),
                running,
                Arc::clone(&secret_files),
                propagation_probe.clone(),
                answer.clone(),
            )
        };
        let jobs = start("store", &connections.short, Arc::clone(&running))?;
        let long_changes = start("long changes", &connections.long_changes, RunningCall::default())?;
        let long_reads = start("long reads", &connections.long_reads, RunningCall::default())?;
        watcher::spawn(handle(&connections.short), stop, shown, answer.clone())?;
        Ok(StoreWorkers {
            jobs,
            running,
            long_changes,
            long_reads,
            watched: Arc::downgrade(&connections.short),
            watch_stop: Mutex::new(Some(watch_stop)),
            closed: Mutex::new(closed),
        })
    }

    /// Sends a job to its thread. Ends the read under way if nothing waits for it any more.
    pub(super) fn send(&self, job: Job) -> Result<()> {
        if let Job::Call(Call { replaces: Some(replaced), .. }) = &job {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if running.as_ref() == Some(replaced)
                && let Some(backend) = self.watched.upgrade()
            {
                backend.interrupt_read();
            }
        }
        let jobs = match job.lane() {
            Lane::Short => &self.jobs,
            Lane::LongChange => &self.long_changes,
            Lane::LongRead => &self.long_reads,
        };
        jobs.send(job).map_err(|_| Error::failure("a part of jeton has ended unexpectedly").next("Start jeton again"))
    }

    /// Ends the current wait for changes, so that the next one is for what the screen shows now.
    pub(super) fn watch_again(&self) {
        if let Some(backend) = self.watched.upgrade() {
            backend.stop_waiting();
        }
    }

    /// Ends the threads, and waits until the store is closed or the time has elapsed.
    pub(super) fn close(&self, within: Duration) {
        for jobs in [&self.jobs, &self.long_changes, &self.long_reads] {
            // A thread that has already ended has closed the store.
            let _ = jobs.send(Job::Close);
        }
        drop(self.watch_stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.watch_again();
        let _ = self.closed.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(within);
    }
}

/// Starts a thread that does the jobs sent to it.
fn spawn_store_worker(
    name: &'static str,
    store: StoreHandle,
    running: RunningCall,
    secret_files: Arc<dyn SecretFileWriter>,
    propagation_probe: PropagationProbe,
    answer: impl Fn(Msg) + Clone + Send + 'static,
) -> Result<Sender<Job>> {
    let (jobs, queue) = channel();
    spawn_worker(name, answer, move |answer| {
        let store = store;
        let mut waiting: Vec<Job> = Vec::new();
        let set_running = |id| *running.lock().unwrap_or_else(PoisonError::into_inner) = id;
        while let Some(job) = next_job(&queue, &mut waiting) {
            answer(match job {
                Job::Close => return,
                Job::SignOut => {
                    store.backend.sign_out();
                    continue;
                }
                Job::Call(Call { id, credential, request, .. }) => {
                    set_running(Some(id));
                    let result = store.backend.call(&credential, *request);
                    set_running(None);
                    Msg::Reply(id, Box::new(result))
                }
                Job::ReadCatalogue(id, CatalogueSource { path, name }, existing) => {
                    let loaded = catalogue_file::source_named(&path, name.as_deref(), read_file, || Ok(existing));
                    Msg::CatalogueLoaded(id, Box::new(loaded))
                }
                Job::FindService => Msg::ServiceFound(propagation_probe.verify_endpoint()),
                Job::SaveViewState(file, state) => match file.save(&state) {
                    Ok(()) => continue,
                    Err(error) => Msg::ViewStateFailed(error),
                },
                Job::CheckPropagation(seq) => Msg::PropagationChecked(seq, propagation_probe.check(seq)),
                Job::Save(path, secret) => Msg::Saved(secret_files.save(&path, &secret).map(|mut saved| {
                    saved.persist();
                    saved.path().to_owned()
                })),
            });
        }
    })
    .map(|_| jobs)
}

/// Returns the oldest job that no later job replaces; `None` once the sender is gone.
fn next_job(queue: &Receiver<Job>, waiting: &mut Vec<Job>) -> Option<Job> {
    if waiting.is_empty() {
        waiting.push(queue.recv().ok()?);
    }
    waiting.extend(queue.try_iter());
    loop {
        let job = waiting.remove(0);
        if !waiting.iter().any(|later| job.is_replaced_by(later)) {
            return Some(job);
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn is_not_held_up(
        (store, answered): (StoreWorkers, Receiver<Msg>),
        go: Sender<()>,
        long: Request,
        prompt: Request,
    ) {
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
}
