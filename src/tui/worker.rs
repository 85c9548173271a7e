//! Work off the UI thread: one thread for the store and hashing, two for slow work on the store.

#[cfg(test)]
mod tests;

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
use crate::tui::view_state::{ViewChange, ViewStateFile};
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
    Remember(ViewStateFile, ViewChange),
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
            // A lock on its file, or a slow home folder, may take any time.
            Job::Remember(..) => Lane::LongRead,
            Job::Save(..)
            | Job::ReadCatalogue(..)
            | Job::CheckPropagation(_)
            | Job::FindService
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
                Job::Remember(file, change) => match file.apply(&change) {
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
