//! Tests in which each task of the service panics in turn.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;
use crate::config::{Setting, Source};
use crate::demo::Demonstration;
use crate::platform;
use crate::platform::sockets;

const LIMIT: Duration = Duration::from_secs(20);

/// A service on its own store, and the receiver for its end.
struct Stage {
    _demonstration: Demonstration,
    running: Running,
    ended: Receiver<()>,
}

impl Stage {
    fn new() -> Stage {
        fn default<T: Default>() -> Setting<T> {
            Setting { value: T::default(), source: Source::Default }
        }
        let world = platform::world();
        let demonstration = Demonstration::make(&world).unwrap();
        let settings = ServeSettings {
            verify: None,
            verify_group: None,
            manage: None,
            manage_group: None,
            accept: default(),
            proxies: default(),
        };
        let (tell, ended) = channel();
        let (store, clock) = (demonstration.store(), world.clock);
        let start =
            Start { store, settings, insecure: false, accept_older_store: false, accept_earlier_clock: false, clock };
        let running = super::start(start, move || tell.send(()).unwrap()).unwrap();
        Stage { _demonstration: demonstration, running, ended }
    }

    /// Returns the status of the management listener's answer. `None` if there is no answer.
    fn status(&self, path: &str) -> Option<u16> {
        sockets::get(&self.running.places.manage, path, "", LIMIT).ok().map(|answer| answer.status)
    }

    /// Returns the status of the verify listener's answer to an unknown caller. That decision goes into the ledger.
    fn decides(&self) -> Option<u16> {
        let stranger = "Authorization: Bearer nobody\r\n";
        sockets::get(&self.running.places.verify, "/v1/verify/-", stranger, LIMIT).ok().map(|answer| answer.status)
    }
}

#[test]
fn a_vital_task_that_panics_ends_the_service_with_an_error() {
    for (task, panics) in [
        ("decide", 1),
        ("watch", 1),
        ("keep seen", 1),
        (ListenerKind::Verify.task(), 1),
        (ListenerKind::Management.task(), 1),
        ("batch", supervisor::SURVIVED + 1),
        ("ledger", supervisor::SURVIVED + 1),
    ] {
        let stage = Stage::new();
        stage.running.supervisor.kill(task, panics);
        // Tasks that work on their own fail on their own. The others fail when a request arrives.
        for _ in 0..panics {
            let answers = [stage.decides(), stage.status("/v1/health")];
            assert!(task != "batch" || !answers.contains(&Some(200)), "{answers:?}: no answer, but healthy");
        }
        stage.ended.recv_timeout(LIMIT).unwrap_or_else(|e| panic!("{task}: {e}"));
        let error = stage.running.stop().unwrap_err();
        let named = if task == "batch" { "decide" } else { task };
        assert!(error.why.is_some_and(|why| why.contains(named)), "{task}");
    }
}

#[test]
fn a_panic_in_one_connection_is_its_own() {
    let stage = Stage::new();
    stage.running.supervisor.kill("connection", 1);
    assert_eq!((stage.decides(), stage.decides()), (None, Some(401)));
    assert_eq!(stage.status("/v1/health"), Some(200));
    stage.running.stop().unwrap();
}

#[test]
fn a_panic_while_deciding_is_a_503_and_the_next_is_decided() {
    let stage = Stage::new();
    assert_eq!(stage.decides(), Some(401));
    stage.running.supervisor.kill("batch", 1);
    assert_eq!(stage.decides(), Some(503));
    // The store is reopened only after a moment.
    let mut tries = (0..10_000).map(|_| stage.decides());
    assert!(tries.any(|answer| answer == Some(401)));
    stage.running.stop().unwrap();
}

/// All decisions from before and after the panics are in the ledger.
#[test]
fn a_panic_of_the_ledger_loses_nothing() {
    let stage = Stage::new();
    stage.running.supervisor.kill("ledger", supervisor::SURVIVED);
    let until = |done: &dyn Fn() -> bool| {
        let clock = platform::clock::Stopwatch::start();
        while !done() {
            assert!(clock.time() < LIMIT);
        }
    };
    (0..4).for_each(|_| assert_eq!(stage.decides(), Some(401)));
    // The current round continues; the next ones panic.
    until(&|| stage.running.supervisor.panics.load(Relaxed) == u64::from(supervisor::SURVIVED));
    (0..3).for_each(|_| assert_eq!(stage.decides(), Some(401)));
    until(&|| {
        let metrics = sockets::get(&stage.running.places.manage, "/metrics", "", LIMIT).unwrap();
        String::from_utf8(metrics.body).unwrap().contains("\njeton_ledger_written_total 7\n")
    });
    assert_eq!(stage.running.supervisor.panics.load(Relaxed), u64::from(supervisor::SURVIVED));
    stage.running.stop().unwrap();
}
