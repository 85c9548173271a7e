//! `jeton serve`: checks tokens for the applications behind a proxy.
//!
//! ```text
//!   nginx, Caddy …            admins, monitoring
//!        │ verify                 │ manage        listeners.rs, connection_eviction.rs
//!        └───────────┬────────────┘
//!              connection.rs                      connection_timeouts.rs, tls.rs
//!                router.rs                        path and HTTP method
//!        verify.rs       management.rs, api.rs    credential.rs, query_arguments.rs, proof.rs: the parts of a request
//!              │         introspection.rs         change_signal.rs: calls that wait for changes
//!              │                                  response.rs, prerendered.rs: the parts of a response
//!              │                                  metrics.rs, latency_histogram.rs, store_figures.rs, scraper.rs
//!              └─────┬─────┘
//!              decision_queue.rs                  one read of the store for a batch of requests: decision_cache.rs
//!                    │    └── audit_position.rs   position in the audit log, kept in STORE-seen
//!              usage_recorder/                    uses and denied attempts
//!                                                 direct_store_edits.rs: changes that the log doesn't show
//! ```
//!
//! Shared parts: `reopening_store.rs` reopens the store after a fault. `task_supervisor.rs` watches tasks and threads.
//! `faults.rs` lists current faults around the service. `expiry_clock.rs` has the time by which secrets expire.
//!
//! Connections and decisions share one thread. The ledger has a thread of its own, and so has the log; STORE-seen is
//! written on threads for blocking work. Each request is decided from a state of the store read after its arrival.
//!
//! Code that is longer for the sake of speed names its gain in requests a CPU second, as measured by
//! `cargo bench --bench serve -- --tokens 100000`. Two equal builds differ by up to 2 %; what gained less by itself is
//! here only if it gained more together with others.

mod addresses;
mod api;
mod audit_position;
mod change_signal;
mod confirmations;
mod connection;
mod connection_eviction;
mod connection_timeouts;
mod credential;
pub mod decision_cache;
mod decision_queue;
mod direct_store_edits;
mod expiry_clock;
mod faults;
mod form;
mod introspection;
mod latency_histogram;
mod listeners;
mod management;
mod metrics;
mod overwritten_file;
mod possession;
mod prerendered;
mod proof;
mod query_arguments;
mod reopening_store;
mod response;
mod router;
mod scraper;
mod store_figures;
mod task_supervisor;
#[cfg(test)]
mod tests;
mod tls;
mod usage_recorder;
mod verify;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::config::ServeSettings;
use crate::error::{Error, Kind, Result};
pub use crate::platform::running_service_file::ServiceInfo as ServerAddrs;
use crate::platform::running_service_file::ServiceLock;
use crate::platform::{running_service_file, systemd, threads};
use crate::service::credential_sources::CredentialSources;
use crate::service::endpoint::Endpoint;
use crate::service::trusted_proxies::TrustedProxies;
use crate::store::{OpenMode, StoreLocation};
use crate::verbs::local_backend::Adapters;
use addresses::Addresses;
pub use addresses::{default_manage, default_verify};
use api::ApiBackend;
use audit_position::AuditPosition;
use connection_eviction::{ConnectionLimits, OverloadCounters, OverloadReport};
use connection_timeouts::{ConnectionRegistry, SWEEP_INTERVAL};
use decision_queue::{BatchWorker, DecisionQueue};
use expiry_clock::ExpiryClock;
use faults::Faults;
use listeners::{BoundListener, ListenerKind};
use metrics::Metrics;
use proof::Proofs;
use reopening_store::ReopeningStore;
use store_figures::StoreFigures;
use task_supervisor::Supervisor;
use tls::Tls;
use usage_recorder::{LostCounts, UsageLedger};

/// Busy timeout of a request: how long it waits for other processes that hold the store.
const BUSY_TIMEOUT: Duration = Duration::from_millis(200);
/// Time for which a stopping service waits for requests that are being answered.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

pub struct ServerConfig {
    pub store: StoreLocation,
    pub settings: ServeSettings,
    /// `true` if tokens may cross a network in the clear.
    pub insecure: bool,
    /// `true` if the user has accepted that the store may be older than the state that was seen.
    pub accept_older_store: bool,
    /// `true` if the user has accepted that the clock may be behind the time that the last run has seen.
    pub accept_earlier_clock: bool,
    pub adapters: Adapters,
}

struct ServerState {
    api: ApiBackend,
    queue: Arc<DecisionQueue>,
    ledger: Arc<UsageLedger>,
    metrics: Metrics,
    store_figures: StoreFigures,
    accept: CredentialSources,
    proxies: TrustedProxies,
    /// The proof values, if tokens are checked at a TCP port.
    proofs: Option<Proofs>,
    tls: Option<Arc<Tls>>,
    connections: ConnectionRegistry,
    limits: ConnectionLimits,
    overload: OverloadCounters,
    supervisor: Arc<Supervisor>,
    audit_position: Arc<AuditPosition>,
    faults: Arc<Faults>,
    expiry_clock: Arc<ExpiryClock>,
}

impl ServerState {
    /// Checks for the faults that otherwise only requests would notice.
    fn check_faults(&self) {
        if let Some(proofs) = &self.proofs {
            proofs.check();
        }
        if let Some(tls) = &self.tls {
            tls.check();
        }
        self.expiry_clock.now();
    }
}

pub struct ServerHandle {
    /// The addresses of the verify and management listeners.
    pub addrs: ServerAddrs,
    /// The address of the management listener with TLS.
    pub https: Option<Endpoint>,
    tls: Option<Arc<Tls>>,
    stop: watch::Sender<bool>,
    thread: JoinHandle<Option<Result<()>>>,
    #[cfg(test)]
    supervisor: Arc<Supervisor>,
}

/// Starts a service. `ended` is called once the service has ended, for whatever reason.
///
/// # Errors
/// * [`crate::error::Kind::Conflict`] if another service answers from this store, or listens at one of the
///   addresses.
/// * [`crate::error::Kind::Usage`] for addresses over which tokens would cross a network in the clear.
/// * [`crate::error::Kind::NotFound`] if there is no store.
/// * [`crate::error::Kind::Failure`] if the system refuses an operation.
pub fn start(start: ServerConfig, ended: impl FnOnce() + Send + 'static) -> Result<ServerHandle> {
    let ServerConfig { store: location, settings, insecure, accept_older_store, accept_earlier_clock, adapters } =
        start;
    let clock = Arc::clone(&adapters.clock);
    let mut store_handle =
        ReopeningStore::open("to verify tokens", &location, OpenMode::Service(BUSY_TIMEOUT), Arc::clone(&clock))?;
    let store = location.path();
    let Addresses { verify, manage, https } = Addresses::new(&settings, store)?;
    addresses::reject_cleartext(&verify, &manage, insecure)?;
    let faults = Arc::new(Faults::default());
    let tls = https.map(|_| Tls::open(&settings, Arc::clone(&faults)).map(Arc::new)).transpose()?;
    let lock = Arc::new(running_service_file::acquire(store)?);
    let mut inherited = systemd::inherited_sockets()?;
    let verify_group = settings.verify_group.map(|setting| setting.value);
    let manage_group = settings.manage_group.map(|setting| setting.value);
    let verify = listeners::bind(ListenerKind::Verify, &mut inherited, &verify, verify_group.as_deref(), None)
        .map_err(|e| {
            match verify {
                // The process that listens there may have received the proxies' requests.
                Endpoint::Tcp(_) if e.kind == Kind::Conflict => e.next(
                    "Stop the program that listens there. An unknown program could have received tokens. In this case, \
                     run jeton guide PROXY --new-proof, and regenerate each token in use",
                ),
                Endpoint::Tcp(_) | Endpoint::Unix(_) => e,
            }
        })?;
    // An inherited port is that of https, if there is a certificate.
    let https = https.map(|address| {
        let endpoint = Endpoint::Tcp(address);
        listeners::bind(ListenerKind::Https, &mut inherited, &endpoint, None, tls.clone())
    });
    let https = https.transpose()?;
    let manage = listeners::bind(ListenerKind::Management, &mut inherited, &manage, manage_group.as_deref(), None)?;
    // The settings were checked above, so this is a port from systemd.
    addresses::reject_cleartext(&verify.endpoint, &manage.endpoint, insecure).map_err(addresses::of_socket_unit)?;
    if let Some((name, _)) = inherited.first() {
        return Err(listeners::unused_socket(name, https.is_some()));
    }
    let expiry_clock = Arc::new(ExpiryClock::new(Arc::clone(&clock), Arc::clone(&faults)));
    let proofs = match verify.endpoint {
        Endpoint::Tcp(_) => Some(Proofs::open(store.to_owned(), Arc::clone(&expiry_clock), Arc::clone(&faults))?),
        Endpoint::Unix(_) => None,
    };
    let addrs = ServerAddrs { verify: verify.endpoint.clone(), manage: manage.endpoint.clone() };
    let https_address = https.as_ref().map(|listener| listener.endpoint.clone());
    lock.write(&addrs)?;
    let (seen, mut continuity) = AuditPosition::open(store.to_owned());
    if let Some(seen) = continuity.seen().filter(|_| !accept_earlier_clock) {
        expiry_clock.raise(seen.at);
    }
    if accept_older_store {
        audit_position::accept_older_store(&mut store_handle, &mut continuity, expiry_clock.now());
    }
    let supervisor = Arc::new(Supervisor::default());
    #[cfg(test)]
    let own_supervisor = Arc::clone(&supervisor);
    let ledger = Arc::new(UsageLedger::default());
    ledger.change_signal.begin(clock.now().0);
    let writer = usage_recorder::start(Arc::clone(&ledger), Arc::clone(&clock), &location, Arc::clone(&supervisor))?;
    let queue = Arc::new(DecisionQueue::default());
    let service = Arc::new(ServerState {
        api: ApiBackend::open(&location, adapters)?,
        queue: Arc::clone(&queue),
        ledger: Arc::clone(&ledger),
        metrics: Metrics::default(),
        store_figures: StoreFigures::default(),
        accept: settings.accept.value,
        proxies: settings.proxies.value,
        proofs,
        tls: tls.clone(),
        connections: ConnectionRegistry::default(),
        limits: ConnectionLimits::detect()?,
        overload: OverloadCounters::default(),
        supervisor: Arc::clone(&supervisor),
        audit_position: Arc::clone(&seen),
        faults,
        expiry_clock,
    });
    let worker = BatchWorker::new(Arc::clone(&service), store_handle, clock, seen, continuity);
    let (stop, stopped) = watch::channel(false);
    let (report, started) = channel();
    let ended = Arc::new(Mutex::new(Some(ended)));
    let ended_once = Arc::clone(&ended);
    let serve = move || {
        let supervisor = Arc::clone(&service.supervisor);
        let run = run(service, worker, &lock, [verify, manage].into_iter().chain(https), stopped, &report);
        ledger.end();
        let left = writer.join().ok().flatten().unwrap_or_else(|| ledger.discard_rest());
        drop(lock);
        let outcome = run_result(run, supervisor.failed(), left);
        // The starter gets the outcome here, unless it has stopped waiting.
        let _ = report.send(outcome.as_ref().map(|_| ()).map_err(Clone::clone));
        notify_ended(&ended_once);
        outcome
    };
    let thread = threads::spawn("service", move |_| notify_ended(&ended), serve).map_err(threads::not_started)?;
    started.recv().map_err(|_| Error::failure("the service ended at its start").next(SEE_LOG))??;
    Ok(ServerHandle {
        addrs,
        https: https_address,
        tls,
        stop,
        thread,
        #[cfg(test)]
        supervisor: own_supervisor,
    })
}

fn notify_ended<F: FnOnce()>(ended: &Mutex<Option<F>>) {
    let ended = ended.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(ended) = ended {
        ended();
    }
}

/// The next step of errors that are written into the log themselves.
const SEE_LOG: &str = "Read the log lines before this one";

/// Returns the result of a service that ended with `run`. `failed` is the failed task, and `left` counts the events
/// that the ledger could not record.
fn run_result(run: Result<()>, failed: Option<&'static str>, left: LostCounts) -> Result<()> {
    run?;
    if let Some(task) = failed {
        return Err(Error::failure("the service ended unexpectedly")
            .why(format!("the internal task \"{task}\" failed"))
            .next(SEE_LOG));
    }
    if left != LostCounts::default() {
        return Err(Error::failure(format!("the ledger lacks {left}"))
            .why("the service ended before it could write them to the ledger")
            .next(SEE_LOG));
    }
    Ok(())
}

impl ServerHandle {
    /// Reads the certificate again. Returns `false` if there is none.
    pub fn reload_certificate(&self) -> bool {
        self.tls.as_ref().map(|tls| tls.reload()).is_some()
    }

    /// Answers the requests under way, writes the ledger, and ends within 5 s.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if a task has failed, or uses could not be recorded.
    pub fn stop(self) -> Result<()> {
        // The service may have ended by itself.
        let _ = self.stop.send(true);
        let ended = self.thread.join().ok().flatten();
        ended.unwrap_or_else(|| {
            Err(Error::failure("the service ended unexpectedly").why("the thread of the service failed").next(SEE_LOG))
        })
    }
}

fn run(
    service: Arc<ServerState>,
    worker: BatchWorker,
    lock: &Arc<ServiceLock>,
    listeners_to_serve: impl Iterator<Item = BoundListener>,
    mut stopped: watch::Receiver<bool>,
    started: &Sender<Result<()>>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        // These threads hash passwords and write changes. With service and changes on one busy core, the p99 of token
        // checks is 1.8 times that without changes; with 10 it is 8 times.
        .on_thread_start(|| threads::lower_priority(19))
        .build()
        .map_err(|e| Error::failure("the service can't be started").why(e.to_string()))?;
    runtime.block_on(async {
        for listener in listeners_to_serve {
            listener.serve(Arc::clone(&service), stopped.clone())?;
        }
        let seen = Arc::clone(&worker.audit_position);
        let keep_seen =
            service.supervisor.spawn_vital("keep seen", Arc::clone(&seen).run(Arc::clone(&service.supervisor)));
        let worker = service.supervisor.spawn_vital("decide", worker.run());
        let watch = service.supervisor.spawn_vital("watch", sweep(Arc::clone(&service), Arc::clone(lock)));
        // The starter waits for this message.
        let _ = started.send(Ok(()));
        // A dropped sender means stop as well.
        tokio::select! {
            _ = stopped.changed() => {}
            () = service.supervisor.failure() => {}
        }
        service.ledger.change_signal.end();
        service.connections.shut_down();
        let drained = async {
            while service.metrics.open.load(Relaxed) > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        if timeout(DRAIN_TIMEOUT, drained).await.is_err() {
            tracing::warn!(
                left = service.metrics.open.load(Relaxed),
                "the service is stopping and closes connections whose requests are not finished"
            );
        }
        watch.abort();
        worker.abort();
        keep_seen.abort();
        seen.write();
        Ok(())
    })
}

/// Closes connections that are due, and keeps the service's file in place, for as long as the service runs.
async fn sweep(service: Arc<ServerState>, lock: Arc<ServiceLock>) {
    let mut report = OverloadReport::default();
    loop {
        sleep(SWEEP_INTERVAL).await;
        let open = service.metrics.open.load(Relaxed);
        report.update(&service.overload, open, service.limits);
        let is_crowded = service.connections.open(ListenerKind::Verify) * 2 > service.limits.verify;
        service.metrics.timed_out.fetch_add(service.connections.sweep(is_crowded), Relaxed);
        match lock.keep_in_place() {
            Ok(()) => service.faults.resolve(faults::Fault::ServiceFile),
            Err(e) => service.faults.report(faults::Fault::ServiceFile, &e.what_and_why()),
        }
    }
}
