//! Starting and stopping the service: next to another one, after a crash, under systemd, and under load.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;
use rustix::process::{Signal, kill_process};

use super::{METHOD, issue_with_methods, new_install, run_cli, secret_text, wait_until};
use crate::support::cli_program::{exists, run_to_end};
use crate::support::fakes::TestInstall;
use crate::support::http::{Client, TIMEOUT};
use crate::support::service_process::{ServiceProcess, command, count_events, pass_sockets};
use jeton::error::Kind;

/// Stopped under load, the service finishes every open answer, and each answer is in the ledger.
#[test]
fn stop_under_load_finishes_requests() {
    let install = new_install();
    let issued = issue_with_methods(&install, "ci", &[METHOD]);
    let secret = secret_text(&issued);
    let service = ServiceProcess::start(&install.temp_store.path());
    let (accepted, started) = (AtomicU64::new(0), AtomicU64::new(0));
    let address = service.verify;
    let idle: Vec<Client> = (0..20).map(|_| service.client()).collect();
    let log_text = std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut client = Client::tcp(address);
                while let Some(answer) = client.try_verify(&secret) {
                    assert_eq!(answer, 200);
                    accepted.fetch_add(1, SeqCst);
                    started.fetch_add(1, SeqCst);
                }
            });
        }
        wait_until(|| (started.load(SeqCst) > 400).then_some(()));
        service.stop()
    });
    drop(idle);
    assert_eq!(count_events(&log_text, "WARN", &["left="]), 0, "{log_text}");
    assert_eq!(count_events(&log_text, "ERROR", &["uses=", "denials="]), 0, "{log_text}");
    let store = SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
    let usage = store.read(|s| s.usage(issued.token.id, install.now())).unwrap();
    assert_eq!(usage.week, accepted.into_inner(), "uses in the ledger, and answers");
}

impl Client {
    /// Returns the status, or `None` once the service has ended.
    fn try_verify(&mut self, secret: &str) -> Option<u16> {
        let path = format!("/v1/verify/{METHOD}");
        self.try_request("GET", &path, &[&crate::support::http::bearer(secret)]).map(|answer| answer.status)
    }
}

/// A client with a half-sent request doesn't keep the service from ending.
#[test]
fn stop_does_not_wait_for_half_a_request() {
    let install = new_install();
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut half = service.client();
    half.send("GET /v1/verify/- HTTP/1.1\r\nHo");
    let mut form = service.management_client();
    form.send("POST /v1/introspect HTTP/1.1\r\nContent-Length: 100\r\n\r\nto");
    assert_eq!(service.client().request("GET", "/v1/health", &[]).status, 200);
    service.stop();
}

#[test]
fn service_is_alone_on_its_store_and_removes_its_socket() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let path = install.temp_store.path();
    let service = ServiceProcess::start(&path);
    let manage = service.manage.clone();
    assert_eq!(fs::metadata(&manage).unwrap().mode() & 0o7777, 0o600);
    let second = run_to_end(command(&path), b"").assert_error(Kind::Conflict);
    insta::assert_snapshot!(second.message().replace(&service.verify.to_string(), "[address]"), @"
    error: a service already runs on this store: that service verifies tokens at [address]
      Stop that service first, or serve another store
    ");
    assert_eq!(service.client().verify(&secret, METHOD).status, 200, "the first goes on");
    let (third, taken) = (super::new_install(), format!("unix:{}", manage.display()));
    let mut elsewhere = command(&third.temp_store.path());
    elsewhere.args(["--manage", &taken]);
    let refused = run_to_end(elsewhere, b"").assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message().replace(manage.to_str().unwrap(), "[socket]"), @"
    error: can't listen on unix:[socket]: another program already listens at this address
      Stop the program that listens there, or choose another address
    ");
    assert!(exists(&manage), "it is the first one's");
    service.stop();
    assert!(!exists(&manage), "the socket's file has gone");

    // A crashed service leaves its socket behind. The next service takes the socket over.
    let dead = ServiceProcess::start(&path);
    kill_process(dead.pid(), Signal::KILL).unwrap();
    wait_until(|| {
        fs::read_to_string(format!("/proc/{}/stat", dead.pid().as_raw_nonzero())).ok()?.contains(") Z").then_some(())
    });
    drop(dead);
    assert!(fs::symlink_metadata(&manage).unwrap().file_type().is_socket());
    let next = ServiceProcess::start(&path);
    assert_eq!(next.management_client().request("GET", "/v1/health", &[]).status, 200);
    next.stop();

    // A file that isn't one of the service's sockets stays.
    fs::write(&manage, "mine").unwrap();
    let refused = run_to_end(command(&path), b"").assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: can't listen on unix:[folder]/jeton.db.manage: a file that is not a socket already has this path
      If no program uses the file, remove the file. Otherwise choose another address
    ");
    assert_eq!(fs::read_to_string(&manage).unwrap(), "mine");
}

#[test]
fn cleartext_listener_is_refused() {
    let install = new_install();
    let mut messages = String::new();
    for (verify, manage) in [
        ("0.0.0.0:0", None),
        ("[::]:0", None),
        ("127.0.0.1:0", Some("127.0.0.1:0")),
        ("localhost:0", None),
        ("unix:relative", None),
    ] {
        let mut arguments = vec!["serve", "--verify", verify];
        arguments.extend(manage.iter().flat_map(|manage| ["--manage", manage]));
        messages += &run_cli(&install, None, &arguments, "").assert_error(Kind::Usage).assert_silent().message();
    }
    insta::assert_snapshot!(messages, @r#"
    error: tokens would be sent to 0.0.0.0:0 unencrypted: only loopback (127.0.0.1) or a unix socket keeps tokens on this machine
      For a proxy on this machine, use unix:PATH or 127.0.0.1:PORT with --verify or in serve.verify. To send tokens unencrypted anyway, add --insecure
    error: tokens would be sent to [::]:0 unencrypted: only loopback (127.0.0.1) or a unix socket keeps tokens on this machine
      For a proxy on this machine, use unix:PATH or 127.0.0.1:PORT with --verify or in serve.verify. To send tokens unencrypted anyway, add --insecure
    error: every user of this machine could reach jeton's management API at 127.0.0.1:0: a TCP port has no file permissions that keep other users out
      Use unix:PATH or https://ADDRESS:PORT with --manage or in serve.manage. To accept the risk, add --insecure
    error: "localhost:0" is not a service address (from --verify): use unix:PATH, or an IP address and a port such as 127.0.0.1:7180
    error: "unix:relative" is not a service address (from --verify): a socket's path must begin with /
    "#);
    let empty = crate::support::fakes::TempStore::new();
    run_to_end(command(&empty.path()), b"").assert_error(Kind::NotFound).assert_silent();
}

#[test]
fn verify_listener_can_be_a_socket() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let socket = install.temp_store.folder().join("v.sock");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jeton"));
    command
        .env_clear()
        .env("HOME", install.temp_store.folder())
        .arg("serve")
        .arg("--store")
        .arg(install.temp_store.path());
    command.arg("--verify").arg(format!("unix:{}", socket.display()));
    let service = ServiceProcess::spawn(command);
    let mut client = Client::unix(&socket);
    assert_eq!(client.verify(&secret, METHOD).status, 200);
    assert_eq!(client.request("GET", "/v1/head", &[]).status, 404);
    service.stop();
    assert!(!exists(&socket));
}

#[test]
fn default_verify_listener_is_a_socket_that_only_its_group_reaches() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let serve = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jeton"));
        command
            .env_clear()
            .env("HOME", install.temp_store.folder())
            .args(["serve", "--store"])
            .arg(install.temp_store.path());
        command.args(more);
        command
    };
    let mut socket = install.temp_store.path().into_os_string();
    socket.push(".verify");
    let socket = std::path::PathBuf::from(socket);
    let group = rustix::process::getegid().as_raw();
    for (more, mode) in [(&[][..], 0o600), (&["--verify-group", &group.to_string()], 0o660)] {
        let service = ServiceProcess::spawn(serve(more));
        let meta = fs::metadata(&socket).unwrap();
        assert_eq!((meta.mode() & 0o777, meta.gid()), (mode, group), "{more:?}");
        assert_eq!(Client::unix(&socket).verify(&secret, METHOD).status, 200);
        service.stop();
        assert!(!exists(&socket));
    }
    // If others can change the folder, one of them could listen there while jeton is down.
    let shared = install.temp_store.folder().join("shared");
    fs::create_dir(&shared).unwrap();
    for mode in [0o777, 0o1777, 0o775] {
        fs::set_permissions(&shared, fs::Permissions::from_mode(mode)).unwrap();
        let endpoint = format!("unix:{}", shared.join("v.sock").display());
        let refused = run_to_end(serve(&["--verify", &endpoint]), b"").assert_error(Kind::Failure);
        let message = refused.message().replace(shared.to_str().unwrap(), "[shared]");
        insta::allow_duplicates! { insta::assert_snapshot!(message.replace(&format!("{mode:04o}"), "[mode]"), @"
        error: other users could replace a socket at [shared]/v.sock: [shared] can be written by other users (mode [mode])
          Choose a folder that only root or the service's user can write to, such as /run/jeton
        ") };
    }
}

/// Returns the command of a service with these inherited sockets, and with `notify` as the notify socket. The descriptors
/// must stay open until the service has started.
fn with_inherited_sockets(
    install: &TestInstall,
    sockets: &[(&str, OwnedFd)],
    notify: &Path,
) -> (Command, Vec<OwnedFd>) {
    let mut command = command(&install.temp_store.path());
    command.env("NOTIFY_SOCKET", notify);
    pass_sockets(&command, sockets)
}

#[test]
fn service_takes_sockets_from_systemd() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let sibling = |name: &str| install.temp_store.folder().join(name);
    let (verify, manage, notify) = (sibling("v.sock"), sibling("m.sock"), sibling("notify.sock"));
    let heard = UnixDatagram::bind(&notify).unwrap();
    heard.set_read_timeout(Some(TIMEOUT)).unwrap();
    let listen = |path: &Path| OwnedFd::from(UnixListener::bind(path).unwrap());
    let (command, open) =
        with_inherited_sockets(&install, &[("manage", listen(&manage)), ("verify", listen(&verify))], &notify);
    let service = ServiceProcess::spawn(command);
    drop(open);
    let mut buffer = [0; 512];
    let mut next = || {
        let n = heard.recv(&mut buffer).expect("a message to systemd");
        String::from_utf8(buffer[..n].to_vec()).unwrap()
    };
    assert_eq!(next().trim_end(), "READY=1");
    assert_eq!(service.manage, manage);
    assert_eq!(Client::unix(&verify).verify(&secret, METHOD).status, 200);
    assert_eq!(service.management_client().request("GET", "/v1/head", &[]).status, 200);
    service.stop();
    assert_eq!(next().trim_end(), "STOPPING=1");
    assert!(exists(&verify) && exists(&manage), "the sockets are systemd's own");

    let (other, _open) = with_inherited_sockets(&install, &[("other", listen(&sibling("o.sock")))], &notify);
    let refused = run_to_end(other, b"").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @r#"
    error: systemd passes a socket named "other", which jeton doesn't use: jeton uses one socket named verify and one socket named manage. If serve.manage has an https address, jeton uses a second socket named manage
      Correct FileDescriptorName= in the unit of this socket, or disable the unit
    "#);
    let two = [("verify", listen(&sibling("v1.sock"))), ("verify", listen(&sibling("v2.sock")))];
    let (surplus, _open) = with_inherited_sockets(&install, &two, &notify);
    let refused = run_to_end(surplus, b"").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @r#"
    error: systemd passes more sockets named "verify" than jeton uses: jeton uses one socket named verify and one socket named manage. If serve.manage has an https address, jeton uses a second socket named manage. This second socket must be a TCP port
      Remove the extra ListenStream= line from the socket units
    "#);
    let (unfit, _open) =
        with_inherited_sockets(&install, &[("verify", UnixDatagram::bind(sibling("d.sock")).unwrap().into())], &notify);
    let refused = run_to_end(unfit, b"").assert_error(Kind::Failure);
    insta::assert_snapshot!(refused.message(), @"
    error: the sockets passed by systemd can't be used: fd 3 is not a valid tcp socket
      In the socket units, use only ListenStream=
    ");
}

/// A silent client doesn't keep the service from ending, and sees its connection close.
#[test]
fn stop_while_idle_is_immediate() {
    let install = new_install();
    let service = ServiceProcess::start(&install.temp_store.path());
    let waited = AtomicBool::new(false);
    let mut idle = service.client();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            idle.set_timeout(Duration::from_secs(10));
            assert!(idle.is_closed());
            waited.store(true, SeqCst);
        });
        service.stop();
    });
    assert!(waited.into_inner());
}

/// If another process is writing to the store, the last uses are recorded once it has finished.
#[test]
fn stop_while_the_store_is_locked_is_bounded() {
    let install = new_install();
    let issued = issue_with_methods(&install, "ci", &[METHOD]);
    let service = ServiceProcess::start(&install.temp_store.path());
    let other = install.raw_connection();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut client = service.client();
    assert_eq!(client.verify(&secret_text(&issued), METHOD).status, 200);
    service.request_stop();
    assert!(client.is_closed());
    // Longer than one ledger write waits for the lock, shorter than the ledger keeps retrying.
    let (_nobody, never) = std::sync::mpsc::channel::<()>();
    assert!(never.recv_timeout(Duration::from_millis(400)).is_err());
    other.execute_batch("ROLLBACK").unwrap();
    let log_text = service.wait_for_end();
    assert_eq!(count_events(&log_text, "ERROR", &["uses=", "denials="]), 0, "{log_text}");
    assert_eq!(install.store().read(|s| s.usage(issued.token.id, install.now())).unwrap().week, 1);
}
