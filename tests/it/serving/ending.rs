//! How a service begins and ends: beside another one, after one that died, under systemd, and in the midst of its work.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;
use rustix::process::{Signal, kill_process};

use super::{METHOD, holding, house, run, text, until};
use crate::support::http::{Client, PATIENCE};
use crate::support::program::{exists, finish};
use crate::support::service::{Service, command};

/// Stopped in the midst of its work: who is being answered is answered to the end, and each answer is in the ledger.
#[test]
fn stopped_under_load() {
    let house = house();
    let issued = holding(&house, "ci", &[METHOD]);
    let secret = text(&issued);
    let service = Service::start(&house.place.path());
    let (accepted, begun) = (AtomicU64::new(0), AtomicU64::new(0));
    let address = service.verify;
    let idle: Vec<Client> = (0..20).map(|_| service.client()).collect();
    let said = std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut client = Client::tcp(address);
                while let Some(answer) = client.try_verify(&secret) {
                    assert_eq!(answer, 200);
                    accepted.fetch_add(1, SeqCst);
                    begun.fetch_add(1, SeqCst);
                }
            });
        }
        until(|| (begun.load(SeqCst) > 400).then_some(()));
        service.stops()
    });
    drop(idle);
    assert!(!said.contains("cut off") && !said.contains("incomplete"), "{said}");
    let store = SqliteStore::open(&house.place.path()).unwrap();
    let usage = store.read(|s| s.usage(issued.token.id, house.now())).unwrap();
    assert_eq!(usage.week, accepted.into_inner(), "uses in the ledger, and answers");
}

impl Client {
    /// None once the service has gone.
    fn try_verify(&mut self, secret: &str) -> Option<u16> {
        let path = format!("/v1/verify/{METHOD}");
        self.try_ask("GET", &path, &[&crate::support::http::bearer(secret)]).map(|answer| answer.status)
    }
}

/// Who has said half of what he wants keeps no service from ending.
#[test]
fn half_a_request_keeps_nobody() {
    let house = house();
    let service = Service::start(&house.place.path());
    let mut half = service.client();
    half.send("GET /v1/verify/- HTTP/1.1\r\nHo");
    let mut form = service.manager();
    form.send("POST /v1/introspect HTTP/1.1\r\nContent-Length: 100\r\n\r\nto");
    assert_eq!(service.client().ask("GET", "/v1/health", &[]).status, 200);
    service.stops();
}

#[test]
fn one_service_to_a_store_and_its_socket_goes_with_it() {
    let house = house();
    let secret = text(&holding(&house, "ci", &[METHOD]));
    let path = house.place.path();
    let service = Service::start(&path);
    let manage = service.manage.clone();
    assert_eq!(fs::metadata(&manage).unwrap().mode() & 0o7777, 0o600);
    let second = finish(command(&path), b"").ends(5).says(&["a service answers from this store already", "Stop that"]);
    assert!(second.err.contains(&service.verify.to_string()), "{second:?}");
    assert_eq!(service.client().verify(&secret, METHOD).status, 200, "the first goes on");
    let (third, taken) = (super::house(), format!("unix:{}", manage.display()));
    let mut elsewhere = command(&third.place.path());
    elsewhere.args(["--manage", &taken]);
    finish(elsewhere, b"").ends(5).says(&["another program listens there"]);
    assert!(exists(&manage), "it is the first one's");
    service.stops();
    assert!(!exists(&manage), "the socket's file has gone");

    // One that died leaves its socket behind; the next takes it over.
    let dead = Service::start(&path);
    kill_process(dead.pid(), Signal::KILL).unwrap();
    until(|| {
        fs::read_to_string(format!("/proc/{}/stat", dead.pid().as_raw_nonzero())).ok()?.contains(") Z").then_some(())
    });
    drop(dead);
    assert!(fs::symlink_metadata(&manage).unwrap().file_type().is_socket());
    let next = Service::start(&path);
    assert_eq!(next.manager().ask("GET", "/v1/health", &[]).status, 200);
    next.stops();

    // What is none of its sockets stays.
    fs::write(&manage, "mine").unwrap();
    finish(command(&path), b"").ends(5).says(&["no socket of ours"]);
    assert_eq!(fs::read_to_string(&manage).unwrap(), "mine");
}

#[test]
fn what_would_cross_a_network_in_the_clear_is_refused() {
    let house = house();
    for (verify, manage, why) in [
        ("0.0.0.0:0", None, "in the clear"),
        ("[::]:0", None, "in the clear"),
        ("127.0.0.1:0", Some("127.0.0.1:0"), "--insecure"),
        ("localhost:0", None, "no address of a service"),
        ("unix:relative", None, "begins with /"),
    ] {
        let mut arguments = vec!["serve", "--verify", verify];
        arguments.extend(manage.iter().flat_map(|manage| ["--manage", manage]));
        run(&house, None, &arguments, "").ends(2).silent().says(&[why]);
    }
    let empty = crate::support::world::Place::new();
    finish(command(&empty.path()), b"").ends(3).silent();
}

#[test]
fn a_verify_socket() {
    let house = house();
    let secret = text(&holding(&house, "ci", &[METHOD]));
    let socket = house.place.folder().join("v.sock");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jeton"));
    command.env_clear().env("HOME", house.place.folder()).arg("serve").arg("--store").arg(house.place.path());
    command.arg("--verify").arg(format!("unix:{}", socket.display()));
    let service = Service::spawn(command);
    let mut client = Client::unix(&socket);
    assert_eq!(client.verify(&secret, METHOD).status, 200);
    assert_eq!(client.ask("GET", "/v1/head", &[]).status, 404);
    service.stops();
    assert!(!exists(&socket));
}

/// By the protocol of sd_listen_fds(3) and sd_notify(3): sockets that are open from descriptor 3 on, and a socket that
/// hears READY=1 and STOPPING=1.
#[test]
fn under_systemd() {
    let house = house();
    let secret = text(&holding(&house, "ci", &[METHOD]));
    let folder = house.place.folder();
    let (verify, notify) = (folder.join("handed.sock"), folder.join("notify.sock"));
    let listener = UnixListener::bind(&verify).unwrap();
    let heard = UnixDatagram::bind(&notify).unwrap();
    heard.set_read_timeout(Some(PATIENCE)).unwrap();
    let inherited = rustix::io::dup(&listener).unwrap();
    rustix::io::fcntl_setfd(&inherited, rustix::io::FdFlags::empty()).unwrap();
    // Only the process itself knows its number before it starts: a shell says it, and becomes the service.
    let line = format!("exec 3<&{fd}; exec {fd}<&-; LISTEN_PID=$$ exec \"$@\"", fd = inherited.as_raw_fd());
    let mut command = std::process::Command::new("/bin/bash");
    command.env_clear().env("HOME", folder).arg("-c").arg(line).arg("sh").arg(env!("CARGO_BIN_EXE_jeton"));
    command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "verify").env("NOTIFY_SOCKET", &notify);
    command.args(["serve", "--verify", "127.0.0.1:0", "--store"]).arg(house.place.path());
    let service = Service::spawn(command);
    drop((inherited, listener));
    let mut buffer = [0; 512];
    let mut next = || {
        let n = heard.recv(&mut buffer).expect("systemd is told");
        String::from_utf8(buffer[..n].to_vec()).unwrap()
    };
    assert_eq!(next().trim_end(), "READY=1");
    assert_eq!(Client::unix(&verify).verify(&secret, METHOD).status, 200);
    service.stops();
    assert_eq!(next().trim_end(), "STOPPING=1");
    assert!(exists(&verify), "the socket is systemd's own");
}

/// A decision that takes long doesn't keep a signal from being heard.
#[test]
fn stopped_at_once_while_idle() {
    let house = house();
    let service = Service::start(&house.place.path());
    let waited = AtomicBool::new(false);
    let mut idle = service.client();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            idle.patience(Duration::from_secs(10));
            assert!(idle.is_closed());
            waited.store(true, SeqCst);
        });
        service.stops();
    });
    assert!(waited.into_inner());
}

/// Somebody else is writing just then: what was answered is written once he has ended.
#[test]
fn stopped_while_somebody_writes() {
    let house = house();
    let issued = holding(&house, "ci", &[METHOD]);
    let service = Service::start(&house.place.path());
    let other = house.raw();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut client = service.client();
    assert_eq!(client.verify(&text(&issued), METHOD).status, 200);
    service.ask_to_stop();
    assert!(client.is_closed());
    // Longer than the ledger waits for others at one time, shorter than it tries.
    let (_nobody, never) = std::sync::mpsc::channel::<()>();
    assert!(never.recv_timeout(Duration::from_millis(400)).is_err());
    other.execute_batch("ROLLBACK").unwrap();
    let said = service.ends();
    assert!(!said.contains("incomplete"), "{said}");
    assert_eq!(house.store().read(|s| s.usage(issued.token.id, house.now())).unwrap().week, 1);
}
