//! Connection timeouts. One task checks all connections at an interval. It also ranks idle connections for
//! [`super::connection_eviction`] and ends them on shutdown, so no connection needs a timer of its own.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::timeout;

use super::listeners::ListenerKind;

/// Time between two sweeps. A connection can outlive its limit by this much.
pub(super) const SWEEP_INTERVAL: Duration = Duration::from_millis(500);
/// Maximum time for a head, from its first byte to its last.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Number of sweeps after which a head is so slow that its connection may be closed for a new one.
const SLOW_HEAD_SWEEPS: u64 = 2;
/// Maximum idle time. It is longer than the proxies' own limit (nginx: 60 s), so that they close first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// Maximum time for an answer to a proxy, longer than the store's busy timeout.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was received yet.
    New,
    Idle,
    Reading,
    Responding,
}

impl Phase {
    const ALL: [Phase; 4] = [Phase::New, Phase::Idle, Phase::Reading, Phase::Responding];

    fn timeout(self, is_crowded: bool) -> Duration {
        match self {
            Phase::New | Phase::Idle if !is_crowded => IDLE_TIMEOUT,
            Phase::New | Phase::Idle | Phase::Reading => HEAD_TIMEOUT,
            Phase::Responding => RESPONSE_TIMEOUT,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShutdownRequest {
    None,
    /// End after the current answer.
    Graceful,
    Now,
}

impl ShutdownRequest {
    const ALL: [ShutdownRequest; 3] = [ShutdownRequest::None, ShutdownRequest::Graceful, ShutdownRequest::Now];
}

/// The state of one connection: its phase, the time of its last activity, and the service's shutdown request.
#[derive(Debug)]
pub(super) struct ConnectionTimer {
    id: u64,
    kind: ListenerKind,
    sweeps: Arc<AtomicU64>,
    /// The sweep in which data was last received, times four, plus the phase.
    last_activity: AtomicU64,
    shutdown: AtomicU8,
    task: OnceLock<Waker>,
}

impl ConnectionTimer {
    /// Records received data: a head begins or continues, or more data follows while the previous request is
    /// answered.
    pub fn on_bytes(&self) {
        let phase = match self.phase() {
            Phase::Reading => return,
            Phase::New | Phase::Idle => Phase::Reading,
            Phase::Responding => Phase::Responding,
        };
        self.last_activity.store(self.sweeps.load(Relaxed) * 4 + phase as u64, Relaxed);
    }

    /// Keeps the connection open while `work` runs, which may take longer than an answer to a proxy.
    pub async fn while_working<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            match timeout(RESPONSE_TIMEOUT / 2, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.on_bytes(),
            }
        }
    }

    /// Enters `phase`, whose time counts from the last received data.
    pub fn set_phase(&self, phase: Phase) {
        self.last_activity.store(self.last_activity.load(Relaxed) / 4 * 4 + phase as u64, Relaxed);
    }

    pub fn phase(&self) -> Phase {
        Phase::ALL[(self.last_activity.load(Relaxed) % 4) as usize]
    }

    /// Returns the service's shutdown request. The calling task is woken when the request changes. A connection has one
    /// task for its life.
    pub fn shutdown_request(&self, cx: &Context<'_>) -> ShutdownRequest {
        self.task.get_or_init(|| cx.waker().clone());
        ShutdownRequest::ALL[usize::from(self.shutdown.load(Relaxed))]
    }

    fn request_shutdown(&self, request: ShutdownRequest) {
        self.shutdown.store(request as u8, Relaxed);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    /// Returns `true` if the connection can be closed at once without losing a request.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase(), Phase::New | Phase::Idle)
    }

    /// Returns the rank in which connections are closed to make room, lowest first. Connections without any data come
    /// first, then idle ones, then slow heads, each oldest first. `None` if the connection is being answered, is in the
    /// middle of a head, or is already ending.
    fn idle_rank(&self, sweeps: u64) -> Option<(u8, u64, u64)> {
        let since = self.last_activity.load(Relaxed) / 4;
        let phase = self.phase();
        let may_leave = match phase {
            Phase::New | Phase::Idle => true,
            Phase::Reading => sweeps.saturating_sub(since) >= SLOW_HEAD_SWEEPS,
            Phase::Responding => false,
        };
        let stays = self.shutdown.load(Relaxed) != ShutdownRequest::Now as u8;
        (may_leave && stays).then_some((phase as u8, since, self.id))
    }

    /// Returns `true` if the connection has been in its phase for longer than the limit.
    fn is_timed_out(&self, sweeps: u64, is_crowded: bool) -> bool {
        let limit = self.phase().timeout(is_crowded).as_millis() / SWEEP_INTERVAL.as_millis();
        u128::from(sweeps.saturating_sub(self.last_activity.load(Relaxed) / 4)) > limit
    }
}

#[derive(Default)]
pub(super) struct ConnectionRegistry {
    /// Number of sweeps, which serves as the clock of the connections.
    sweeps: Arc<AtomicU64>,
    connections: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    last_id: u64,
    /// `true` if all connections, including new ones, must finish.
    is_shutting_down: bool,
    /// Number of connections of each listener, in the order of [`ListenerKind::ALL`].
    counts: [u64; ListenerKind::ALL.len()],
    timers: HashMap<u64, Arc<ConnectionTimer>>,
}

impl ConnectionRegistry {
    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of open connections of a listener.
    pub fn open(&self, kind: ListenerKind) -> u64 {
        self.lock().counts[kind as usize]
    }

    pub fn register(&self, kind: ListenerKind) -> Arc<ConnectionTimer> {
        let mut open = self.lock();
        open.last_id += 1;
        open.counts[kind as usize] += 1;
        let (id, sweeps) = (open.last_id, Arc::clone(&self.sweeps));
        let last_activity = AtomicU64::new(sweeps.load(Relaxed) * 4);
        let request = if open.is_shutting_down { ShutdownRequest::Graceful } else { ShutdownRequest::None };
        let timer = Arc::new(ConnectionTimer {
            id,
            kind,
            sweeps,
            last_activity,
            shutdown: AtomicU8::new(request as u8),
            task: OnceLock::new(),
        });
        open.timers.insert(id, Arc::clone(&timer));
        timer
    }

    pub fn deregister(&self, timer: &ConnectionTimer) {
        let mut open = self.lock();
        if open.timers.remove(&timer.id).is_some() {
            open.counts[timer.kind as usize] -= 1;
        }
    }

    /// Closes connections that have exceeded their limit, and returns their number. If `is_crowded`, idle ones are
    /// closed earlier.
    pub fn sweep(&self, is_crowded: bool) -> u64 {
        let sweeps = self.sweeps.fetch_add(1, Relaxed) + 1;
        let open = self.lock();
        let over = open.timers.values().filter(|timer| timer.is_timed_out(sweeps, is_crowded));
        over.map(|timer| timer.request_shutdown(ShutdownRequest::Now)).count() as u64
    }

    /// Closes up to `count` of the least active connections of a listener. Returns the number closed.
    pub fn close_idle(&self, kind: ListenerKind, count: u64) -> u64 {
        let sweeps = self.sweeps.load(Relaxed);
        let open = self.lock();
        let mut idle: Vec<_> = open
            .timers
            .values()
            .filter(|timer| timer.kind == kind)
            .filter_map(|p| Some((p.idle_rank(sweeps)?, p)))
            .collect();
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(idle.len());
        if count > 0 && count < idle.len() {
            idle.select_nth_unstable_by_key(count, |(rank, _)| *rank);
        }
        idle.iter().take(count).for_each(|(_, timer)| timer.request_shutdown(ShutdownRequest::Now));
        count as u64
    }

    pub fn shut_down(&self) {
        let mut open = self.lock();
        open.is_shutting_down = true;
        open.timers.values().for_each(|timer| timer.request_shutdown(ShutdownRequest::Graceful));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ListenerKind::{Https, Verify};

    fn sweep_for(registry: &ConnectionRegistry, seconds: u64) -> u64 {
        (0..seconds * 1_000 / SWEEP_INTERVAL.as_millis() as u64).map(|_| registry.sweep(false)).sum()
    }

    #[test]
    fn head_timeout_runs_from_first_byte_and_idle_timeout_from_last() {
        let registry = ConnectionRegistry::default();
        let timer = registry.register(Verify);
        assert_eq!(sweep_for(&registry, 60), 0, "silent for a minute");
        timer.on_bytes();
        assert_eq!(sweep_for(&registry, 4), 0);
        timer.on_bytes();
        assert_eq!((sweep_for(&registry, 1), timer.phase()), (0, Phase::Reading), "not sooner than it may");
        assert_eq!(registry.sweep(false), 1, "a byte a second gives no more time");
        timer.set_phase(Phase::Responding);
        timer.set_phase(Phase::Idle);
        assert_eq!(sweep_for(&registry, 60), 0);
    }

    #[test]
    fn busy_connection_is_not_cut_off() {
        let registry = ConnectionRegistry::default();
        let timer = registry.register(Verify);
        timer.set_phase(Phase::Responding);
        sweep_for(&registry, 9);
        timer.on_bytes();
        assert_eq!((sweep_for(&registry, 10), timer.phase()), (0, Phase::Responding));
        assert_eq!(registry.sweep(false), 1, "an answer that takes more than its time");
    }

    #[test]
    fn idle_connection_times_out_sooner_when_crowded() {
        let registry = ConnectionRegistry::default();
        let (silent, gone) = (registry.register(Verify), registry.register(Verify));
        registry.deregister(&gone);
        sweep_for(&registry, 5);
        assert_eq!(registry.sweep(true), 1);
        let cx = &Context::from_waker(Waker::noop());
        assert_eq!(
            (silent.shutdown_request(cx), gone.shutdown_request(cx)),
            (ShutdownRequest::Now, ShutdownRequest::None)
        );
    }

    #[test]
    fn least_active_connection_is_closed_first() {
        let registry = ConnectionRegistry::default();
        let cx = &Context::from_waker(Waker::noop());
        let [answering, slow, silent, new, newer] = std::array::from_fn(|_| registry.register(Verify));
        slow.on_bytes();
        answering.set_phase(Phase::Responding);
        silent.set_phase(Phase::Idle);
        assert_eq!(
            (registry.close_idle(Verify, 1), new.shutdown_request(cx), newer.shutdown_request(cx)),
            (1, ShutdownRequest::Now, ShutdownRequest::None)
        );
        assert_eq!((registry.close_idle(Verify, 1), newer.shutdown_request(cx)), (1, ShutdownRequest::Now));
        assert_eq!(
            (registry.close_idle(Verify, 9), silent.shutdown_request(cx)),
            (1, ShutdownRequest::Now),
            "no head that has just begun"
        );
        sweep_for(&registry, 1);
        assert_eq!((registry.close_idle(Verify, 9), slow.shutdown_request(cx)), (1, ShutdownRequest::Now));
        assert_eq!((registry.close_idle(Verify, 9), answering.shutdown_request(cx)), (0, ShutdownRequest::None));
    }

    #[test]
    fn listeners_have_connections_of_their_own() {
        let registry = ConnectionRegistry::default();
        let [verify, https] = [registry.register(Verify), registry.register(Https)];
        let cx = &Context::from_waker(Waker::noop());
        assert_eq!((registry.close_idle(Https, 9), registry.open(Verify), registry.open(Https)), (1, 1, 1));
        assert_eq!(
            (verify.shutdown_request(cx), https.shutdown_request(cx)),
            (ShutdownRequest::None, ShutdownRequest::Now)
        );
        registry.deregister(&https);
        registry.deregister(&https);
        assert_eq!((registry.open(Verify), registry.open(Https)), (1, 0));
    }

    #[test]
    fn connection_during_shutdown_finishes_too() {
        let registry = ConnectionRegistry::default();
        let early = registry.register(Verify);
        registry.shut_down();
        let cx = &Context::from_waker(Waker::noop());
        assert_eq!(
            (early.shutdown_request(cx), registry.register(Verify).shutdown_request(cx)),
            (ShutdownRequest::Graceful, ShutdownRequest::Graceful)
        );
    }
}
