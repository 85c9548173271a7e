//! The service survives faults around it: log, disk, file descriptors, and signals that mean something to other
//! programs.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use jeton::error::Kind;
use jeton::platform::clock::Stopwatch;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;
use jeton::verbs::tokens::IssuedToken;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use super::{METHOD, issue_with_methods, new_install, secret_text, wait_until};
use crate::support::fakes::TestInstall;
use crate::support::http::{Client, TIMEOUT};
use crate::support::service_process::{STOP_TIMEOUT, ServiceProcess, command, count_events};

/// Maximum recovery time after a fault. The service promises 2 s; the rest allows for slow test machines.
const RECOVERY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(4);

/// A service with a given stderr, at sockets next to its store.
struct LoglessService {
    child: Child,
    store: PathBuf,
}

impl LoglessService {
    fn start(install: &TestInstall, arguments: &[&str], stderr: impl Into<Stdio>) -> LoglessService {
        let store = install.temp_store.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
        command
            .env_clear()
            .env("HOME", install.temp_store.folder())
            .arg("serve")
            .arg("--store")
            .arg(&store)
            .args(arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        let silent_service = LoglessService { child, store };
        wait_until(|| UnixStreamTo(&silent_service.verify()).open());
        silent_service
    }

    fn sidecar_path(&self, ending: &str) -> PathBuf {
        PathBuf::from(format!("{}{ending}", self.store.display()))
    }

    fn verify(&self) -> PathBuf {
        self.sidecar_path(".verify")
    }

    fn client(&self) -> Client {
        Client::unix(&self.verify())
    }

    fn metric(&self, name: &str) -> u64 {
        let text = Client::unix(&self.sidecar_path(".manage")).request("GET", "/metrics", &[]).body;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("jeton_{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Stops the service and returns its exit status.
    #[track_caller]
    fn stop(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let clock = Stopwatch::start();
        let status = wait_until(|| self.child.try_wait().unwrap());
        assert!(clock.elapsed() < STOP_TIMEOUT);
        status.code()
    }
}

impl Drop for LoglessService {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct UnixStreamTo<'a>(&'a Path);

impl UnixStreamTo<'_> {
    #[expect(clippy::disallowed_methods, reason = "a client of the service under test")]
    fn open(&self) -> Option<UnixStream> {
        UnixStream::connect(self.0).ok()
    }
}

fn recorded_uses(install: &TestInstall, issued: &IssuedToken) -> u64 {
    let store = SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
    store.read(|s| s.usage(issued.token.id, install.now())).unwrap().week
}

/// Sends a right and a wrong secret, and asserts the right answers.
fn assert_answers(client: &mut Client, secret: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(client.verify(secret, METHOD).status, 200);
        assert_eq!(client.verify("nobody", METHOD).status, 401);
    }
}

#[test]
fn service_answers_though_its_log_cannot_be_written() {
    let install = new_install();
    let issued = issue_with_methods(&install, "ci", &[METHOD]);
    let secret = secret_text(&issued);
    let mut accepted = 0;
    for (what, level) in [("full", "info"), ("full", "trace"), ("gone", "info"), ("gone", "trace"), ("stuck", "trace")]
    {
        let (retained, stderr): (Option<OwnedFd>, Stdio) = match what {
            "full" => (None, OpenOptions::new().write(true).open("/dev/full").unwrap().into()),
            _ => {
                let (reader, writer) = std::io::pipe().unwrap();
                // A log that is never read, or whose reader is gone.
                ((what == "stuck").then(|| reader.into()), writer.into())
            }
        };
        let service = LoglessService::start(&install, &["--log", level], stderr);
        let mut client = service.client();
        // More than pipe and queue hold, with each request logged.
        let times = if what == "stuck" { 5_000 } else { 200 };
        assert_answers(&mut client, &secret, times);
        accepted += times as u64;
        assert_eq!(client.request("GET", "/v1/health", &[]).status, 200);
        assert_eq!(service.metric("log_lines_lost_total") > 0, what == "stuck", "{what} {level}");
        assert_eq!(service.metric("panics_total"), 0);
        drop(client);
        assert_eq!(service.stop(), Some(0), "{what} {level}");
        drop(retained);
    }
    assert_eq!(recorded_uses(&install, &issued), accepted);
}

/// A late log reader gets every queued line, and the number of the lost ones.
#[test]
fn lost_log_lines_are_reported_once_the_log_can_be_written() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let (reader, writer) = std::io::pipe().unwrap();
    let service = LoglessService::start(&install, &["--log", "trace"], writer);
    assert_answers(&mut service.client(), &secret, 5_000);
    let lost = service.metric("log_lines_lost_total");
    assert!(lost > 0);
    let log = Arc::new(Mutex::new(String::new()));
    let fills = Arc::clone(&log);
    let read = std::thread::spawn(move || {
        for line in BufReader::new(reader).lines() {
            fills.lock().unwrap().push_str(&(line.unwrap() + "\n"));
        }
    });
    // Reported while the service runs, not only when it ends.
    wait_until(|| (count_events(&log.lock().unwrap(), "WARN", &[" lost="]) > 0).then_some(()));
    assert_eq!(service.stop(), Some(0));
    read.join().unwrap();
    let log = log.lock().unwrap();
    let reported: u64 = log.lines().filter_map(|line| line.rsplit_once(" lost=")?.1.parse::<u64>().ok()).sum();
    assert!(reported >= lost, "{reported} of {lost}");
    assert_eq!(count_events(log.lines().last().unwrap(), "INFO", &["signal="]), 1, "{log}");
}

/// Signals that other programs use for reload, reopen or report.
#[test]
fn other_signals_change_nothing() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    for (signal, name) in [(Signal::HUP, "SIGHUP"), (Signal::USR1, "SIGUSR1"), (Signal::USR2, "SIGUSR2")] {
        kill_process(service.pid(), signal).unwrap();
        wait_until(|| service.stderr().contains(name).then_some(()));
        assert_answers(&mut client, &secret, 1);
    }
    service.stop();
}

/// With more silent or slow clients than descriptors, new clients are answered, and so are earlier ones.
#[test]
fn few_descriptors_serve_many_clients() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let mut limited = Command::new("/bin/sh");
    limited.env_clear().env("HOME", install.temp_store.folder()).args(["-c", "ulimit -n 40; exec \"$@\"", "sh"]);
    limited.arg(env!("CARGO_BIN_EXE_jeton")).args(["serve", "--verify", "127.0.0.1:0", "--store"]);
    limited.arg(install.temp_store.path());
    let service = ServiceProcess::spawn(limited);
    let mut early = service.client();
    assert_answers(&mut early, &secret, 1);
    for log_text in ["", "GET /v1/verify/- HTTP/1.1\r\nHo"] {
        let mut crowd: Vec<Client> = Vec::new();
        for n in 0..200 {
            let mut one = service.client();
            one.send(log_text);
            crowd.push(one);
            if n % 40 == 39 {
                let clock = Stopwatch::start();
                assert_answers(&mut service.client(), &secret, 1);
                assert!(clock.elapsed() < RECOVERY_TIMEOUT, "a newcomer waited for {:?}", clock.elapsed());
            }
        }
        assert_eq!(
            service.management_client().request("GET", "/v1/health", &[]).status,
            200,
            "management clients get in"
        );
        drop(crowd);
        let clock = Stopwatch::start();
        assert_answers(&mut service.client(), &secret, 1);
        assert!(clock.elapsed() < RECOVERY_TIMEOUT);
    }
    wait_until(|| (count_events(&service.stderr(), "INFO", &["open=", "closed=", "refused="]) > 0).then_some(()));
    assert!(count_events(&service.stderr(), "WARN", &["open=", "most="]) > 0);
    service.stop();

    let mut hopeless = Command::new("/bin/sh");
    hopeless.env_clear().env("HOME", install.temp_store.folder()).args(["-c", "ulimit -n 16; exec \"$@\"", "sh"]);
    hopeless.arg(env!("CARGO_BIN_EXE_jeton")).arg("serve").arg("--store").arg(install.temp_store.path());
    crate::support::cli_program::run_to_end(hopeless, b"").assert_error(Kind::Failure).assert_silent();
}

/// A thousand clients may wait while the service is busy.
#[test]
fn thousand_connections_can_be_open() {
    const CLIENTS: usize = 1_024;
    let room = Rlimit { current: Some(4 * CLIENTS as u64), maximum: None };
    if prlimit(None, Resource::Nofile, room).is_err() {
        println!("skipped: this process may not open {CLIENTS} files");
        return;
    }
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = LoglessService::start(&install, &[], Stdio::null());
    let pid = Pid::from_child(&service.child);
    kill_process(pid, Signal::STOP).unwrap();
    let waiting: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let socket = rustix::net::socket_with(
                rustix::net::AddressFamily::UNIX,
                rustix::net::SocketType::STREAM,
                rustix::net::SocketFlags::NONBLOCK | rustix::net::SocketFlags::CLOEXEC,
                None,
            );
            let socket = socket.unwrap();
            let to = rustix::net::SocketAddrUnix::new(service.verify()).unwrap();
            rustix::net::connect(&socket, &to).unwrap_or_else(|e| panic!("client {n}: {e}"));
            socket
        })
        .collect();
    kill_process(pid, Signal::CONT).unwrap();
    assert_answers(&mut service.client(), &secret, 1);
    drop(waiting);
    assert_eq!(service.stop(), Some(0));
}

/// Sockets that a clean-up job deleted are recreated with the same access.
#[test]
fn removed_sockets_are_created_again() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = LoglessService::start(&install, &[], Stdio::null());
    for ending in [".verify", ".manage"] {
        let path = service.sidecar_path(ending);
        fs::remove_file(&path).unwrap();
        wait_until(|| UnixStreamTo(&path).open());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_answers(&mut service.client(), &secret, 1);
    assert_eq!(service.metric("panics_total"), 0);
    let (verify, manage) = (service.verify(), service.sidecar_path(".manage"));
    assert_eq!(service.stop(), Some(0));
    assert!(!verify.exists() && !manage.exists(), "they go with the service");
}

/// A small file system for store and log, if the test may mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<SmallDisk> {
        fs::create_dir(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m,mode=0700", "jeton-test"]).arg(at).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| SmallDisk(at.to_owned()))
    }

    /// Fills the remaining space.
    fn fill(&self) {
        let mut filler = OpenOptions::new().create(true).append(true).open(self.0.join("filler")).unwrap();
        for size in [64 * 1024, 4096, 1] {
            while filler.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// Store and log run out of space under load, and get space again: all answers are right, and every use is accounted
/// for.
#[test]
fn full_disk_of_store_and_log_is_survived() {
    let install = new_install();
    let issued = issue_with_methods(&install, "ci", &[METHOD]);
    let secret = secret_text(&issued);
    let Some(disk) = SmallDisk::mount(&install.temp_store.folder().join("disk")) else {
        println!("skipped: no tmpfs can be mounted here");
        return;
    };
    install.raw_connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let store = disk.0.join("jeton.db");
    fs::copy(install.temp_store.path(), &store).unwrap();
    let log = File::create(disk.0.join("log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
    command.env_clear().env("HOME", &disk.0).args(["serve", "--log", "debug", "--store"]).arg(&store);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let service = LoglessService { child, store: store.clone() };
    wait_until(|| UnixStreamTo(&service.verify()).open());
    let mut client = service.client();
    let mut accepted = 0;
    let rounds = if std::env::var_os("JETON_SOAK").is_some() { 10 } else { 1 };
    for _ in 0..rounds {
        assert_answers(&mut client, &secret, 20);
        disk.fill();
        let faults = service.metric("ledger_faults_total");
        accepted += 20;
        wait_until(|| {
            assert_answers(&mut client, &secret, 20);
            accepted += 20;
            (service.metric("ledger_faults_total") > faults + 1).then_some(())
        });
        assert_eq!(client.request("GET", "/v1/health", &[]).status, 200);
        disk.free();
        let clock = Stopwatch::start();
        assert_answers(&mut client, &secret, 1);
        accepted += 1;
        wait_until(|| (service.metric("ledger_waiting") == 0).then_some(()));
        assert!(clock.elapsed() < RECOVERY_TIMEOUT, "{:?}", clock.elapsed());
    }
    assert_eq!(service.metric("ledger_lost_total"), 0);
    drop(client);
    assert_eq!(service.stop(), Some(0));
    let opened = SqliteStore::open(&store, OpenMode::Existing).unwrap();
    assert_eq!(opened.read(|s| s.usage(issued.token.id, install.now())).unwrap().week, accepted);
    let log = fs::read_to_string(disk.0.join("log")).unwrap();
    assert!(count_events(&log, "INFO", &["store=", "seconds="]) > 0 && log.ends_with('\n'), "{log}");
}

/// Uses that can't be recorded are reported as lost, with their number. The exit status shows the loss too.
#[test]
fn unrecorded_uses_are_reported_as_lost() {
    let install = new_install();
    let secret = secret_text(&issue_with_methods(&install, "ci", &[METHOD]));
    let service = ServiceProcess::start(&install.temp_store.path());
    let writer = install.raw_connection();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut client = service.client();
    client.set_timeout(TIMEOUT);
    (0..3).for_each(|_| assert_eq!(client.verify(&secret, METHOD).status, 200));
    assert_eq!(client.verify("nobody", METHOD).status, 401);
    drop(client);
    service.request_stop();
    let log_text = service.wait_for_code(1);
    assert_eq!(count_events(&log_text, "ERROR", &["uses=3 denials=1"]), 1, "{log_text}");
    insta::assert_snapshot!(log_text.lines().skip_while(|line| !line.starts_with("error: ")).collect::<String>(), @"error: the ledger lacks 3 accepted uses and 1 denied attempt: the service ended before it could write them to the ledger  Read the log lines before this one");
    writer.execute_batch("ROLLBACK").unwrap();
    // The next start works as usual.
    ServiceProcess::spawn(command(&install.temp_store.path())).stop();
}
