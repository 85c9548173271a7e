//! Tests in which each task of the service panics in turn.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;
use crate::demo::Demonstration;
use crate::platform;
use crate::platform::sockets;
use crate::store::StoreLocation;

const LIMIT: Duration = Duration::from_secs(20);

/// A service on its own store, and the receiver for its end.
struct TestServer {
    _demonstration: Demonstration,
    handle: ServerHandle,
    ended: Receiver<()>,
}

impl TestServer {
    fn new() -> TestServer {
        let adapters = platform::adapters();
        let demonstration = Demonstration::create(&adapters).unwrap();
        let (notify, ended) = channel();
        let store = demonstration.store();
        let start = ServerConfig {
            store: StoreLocation::file(store),
            settings: ServeSettings::default(),
            insecure: false,
            accept_older_store: false,
            accept_earlier_clock: false,
            adapters,
        };
        let handle = super::start(start, move || notify.send(()).unwrap()).unwrap();
        TestServer { _demonstration: demonstration, handle, ended }
    }

    /// Returns the status of the management listener's reply. `None` if there is no reply.
    fn status(&self, path: &str) -> Option<u16> {
        sockets::get(&self.handle.addrs.manage, path, "", LIMIT).ok().map(|reply| reply.status)
    }

    /// Returns the status of the verify listener's answer to an unknown caller. That decision goes into the ledger.
    fn verify_status(&self) -> Option<u16> {
        let unknown = "Authorization: Bearer nobody\r\n";
        sockets::get(&self.handle.addrs.verify, "/v1/verify/-", unknown, LIMIT).ok().map(|reply| reply.status)
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
        ("batch", task_supervisor::MAX_PANICS + 1),
        ("ledger", task_supervisor::MAX_PANICS + 1),
    ] {
        let server = TestServer::new();
        server.handle.supervisor.inject_panic(task, panics);
        // Tasks with a timer fail without a request. The others fail when a request arrives.
        for _ in 0..panics {
            let replies = [server.verify_status(), server.status("/v1/health")];
            assert!(task != "batch" || !replies.contains(&Some(200)), "{replies:?}: no answer, but healthy");
        }
        server.ended.recv_timeout(LIMIT).unwrap_or_else(|e| panic!("{task}: {e}"));
        let error = server.handle.stop().unwrap_err();
        let named = if task == "batch" { "decide" } else { task };
        assert!(error.why.is_some_and(|why| why.contains(named)), "{task}");
    }
}

#[test]
fn panic_in_one_connection_spares_the_others() {
    let server = TestServer::new();
    server.handle.supervisor.inject_panic("connection", 1);
    assert_eq!((server.verify_status(), server.verify_status()), (None, Some(401)));
    assert_eq!(server.status("/v1/health"), Some(200));
    server.handle.stop().unwrap();
}

#[test]
fn panic_while_deciding_is_a_503_and_the_next_request_is_answered() {
    let server = TestServer::new();
    assert_eq!(server.verify_status(), Some(401));
    server.handle.supervisor.inject_panic("batch", 1);
    assert_eq!(server.verify_status(), Some(503));
    // The store is reopened only after a moment.
    let mut tries = (0..10_000).map(|_| server.verify_status());
    assert!(tries.any(|reply| reply == Some(401)));
    server.handle.stop().unwrap();
}

/// All decisions from before and after the panics are in the ledger.
#[test]
fn panic_of_the_ledger_loses_nothing() {
    let server = TestServer::new();
    server.handle.supervisor.inject_panic("ledger", task_supervisor::MAX_PANICS);
    let until = |done: &dyn Fn() -> bool| {
        let clock = platform::clock::Stopwatch::start();
        while !done() {
            assert!(clock.elapsed() < LIMIT);
        }
    };
    (0..4).for_each(|_| assert_eq!(server.verify_status(), Some(401)));
    // The current round continues; the next ones panic.
    until(&|| server.handle.supervisor.panics.load(Relaxed) == u64::from(task_supervisor::MAX_PANICS));
    (0..3).for_each(|_| assert_eq!(server.verify_status(), Some(401)));
    until(&|| {
        let metrics = sockets::get(&server.handle.addrs.manage, "/metrics", "", LIMIT).unwrap();
        String::from_utf8(metrics.body).unwrap().contains("\njeton_ledger_written_total 7\n")
    });
    assert_eq!(server.handle.supervisor.panics.load(Relaxed), u64::from(task_supervisor::MAX_PANICS));
    server.handle.stop().unwrap();
}
