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
struct TestServer {
    _demonstration: Demonstration,
    handle: ServerHandle,
    ended: Receiver<()>,
}

impl TestServer {
    fn new() -> TestServer {
        fn default<T: Default>() -> Setting<T> {
            Setting { value: T::default(), source: Source::Default }
        }
        let world = platform::adapters();
        let demonstration = Demonstration::create(&world).unwrap();
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
        let start = ServerConfig {
            store,
            settings,
            insecure: false,
            accept_older_store: false,
            accept_earlier_clock: false,
            clock,
        };
        let running = super::start(start, move || tell.send(()).unwrap()).unwrap();
        TestServer { _demonstration: demonstration, handle: running, ended }
    }

    /// Returns the status of the management listener's answer. `None` if there is no answer.
    fn status(&self, path: &str) -> Option<u16> {
        sockets::get(&self.handle.addrs.manage, path, "", LIMIT).ok().map(|answer| answer.status)
    }

    /// Returns the status of the verify listener's answer to an unknown caller. That decision goes into the ledger.
    fn verify_status(&self) -> Option<u16> {
        let stranger = "Authorization: Bearer nobody\r\n";
        sockets::get(&self.handle.addrs.verify, "/v1/verify/-", stranger, LIMIT).ok().map(|answer| answer.status)
    }
}

#[test]
fn panic_of_a_vital_task_ends_the_service_with_an_error() {
    for (task, panics) in [
        ("decide", 1),
        ("watch", 1),
        ("keep seen", 1),
        (ListenerKind::Verify.task(), 1),
        (ListenerKind::Management.task(), 1),
        ("batch", supervisor::MAX_PANICS + 1),
        ("ledger", supervisor::MAX_PANICS + 1),
    ] {
        let stage = TestServer::new();
        stage.handle.supervisor.inject_panic(task, panics);
        // Tasks that work on their own fail on their own. The others fail when a request arrives.
        for _ in 0..panics {
            let answers = [stage.verify_status(), stage.status("/v1/health")];
            assert!(task != "batch" || !answers.contains(&Some(200)), "{answers:?}: no answer, but healthy");
        }
        stage.ended.recv_timeout(LIMIT).unwrap_or_else(|e| panic!("{task}: {e}"));
        let error = stage.handle.stop().unwrap_err();
        let named = if task == "batch" { "decide" } else { task };
        assert!(error.why.is_some_and(|why| why.contains(named)), "{task}");
    }
}

#[test]
fn panic_in_one_connection_spares_the_others() {
    let stage = TestServer::new();
    stage.handle.supervisor.inject_panic("connection", 1);
    assert_eq!((stage.verify_status(), stage.verify_status()), (None, Some(401)));
    assert_eq!(stage.status("/v1/health"), Some(200));
    stage.handle.stop().unwrap();
}

#[test]
fn panic_while_deciding_is_a_503_and_the_next_request_is_answered() {
    let stage = TestServer::new();
    assert_eq!(stage.verify_status(), Some(401));
    stage.handle.supervisor.inject_panic("batch", 1);
    assert_eq!(stage.verify_status(), Some(503));
    // The store is reopened only after a moment.
    let mut tries = (0..10_000).map(|_| stage.verify_status());
    assert!(tries.any(|answer| answer == Some(401)));
    stage.handle.stop().unwrap();
}

/// All decisions from before and after the panics are in the ledger.
#[test]
fn panic_of_the_ledger_loses_nothing() {
    let stage = TestServer::new();
    stage.handle.supervisor.inject_panic("ledger", supervisor::MAX_PANICS);
    let until = |done: &dyn Fn() -> bool| {
        let clock = platform::clock::Stopwatch::start();
        while !done() {
            assert!(clock.elapsed() < LIMIT);
        }
    };
    (0..4).for_each(|_| assert_eq!(stage.verify_status(), Some(401)));
    // The current round continues; the next ones panic.
    until(&|| stage.handle.supervisor.panics.load(Relaxed) == u64::from(supervisor::MAX_PANICS));
    (0..3).for_each(|_| assert_eq!(stage.verify_status(), Some(401)));
    until(&|| {
        let metrics = sockets::get(&stage.handle.addrs.manage, "/metrics", "", LIMIT).unwrap();
        String::from_utf8(metrics.body).unwrap().contains("\njeton_ledger_written_total 7\n")
    });
    assert_eq!(stage.handle.supervisor.panics.load(Relaxed), u64::from(supervisor::MAX_PANICS));
    stage.handle.stop().unwrap();
}
