//! Fail closed: whatever happens to the store under a running service, no wrong secret is accepted and every request is
//! answered in time. Once the fault is gone, everything works again without a restart.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use jeton::domain::token::TokenId;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;
use jeton::verbs::tokens::DisableTokens;
use rustix::process::{Resource, Rlimit, prlimit};

use super::{METHOD, OTHER, issue_expired, issue_with_methods, new_install, secret_text, target, wait_until};
use crate::support::fakes::{OWNER, TestInstall};
use crate::support::http::{Client, bearer, head};
use crate::support::service_process::{ServiceProcess, count_events};

/// Maximum time of an answer during a store fault. The service promises 1 s; the rest allows for slow test machines.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Number of concurrent callers.
const CLIENTS: usize = 20;

/// A running service with valid and invalid secrets.
struct FaultTest {
    install: TestInstall,
    service: ServiceProcess,
    token: TokenId,
    valid: String,
    /// Secrets that must never be accepted, each with the method it is presented for.
    invalid: Vec<(String, &'static str)>,
    /// Number of times the valid secret was accepted.
    accepted: AtomicU64,
}

impl FaultTest {
    fn new() -> Self {
        let install = new_install();
        let valid = issue_with_methods(&install, "valid", &[METHOD]);
        let disabled = issue_with_methods(&install, "disabled", &[METHOD]);
        install.call(OWNER, DisableTokens { tokens: vec![target(&disabled)] }).unwrap();
        let (token, valid) = (valid.token.id, secret_text(&valid));
        let wrong = super::denial_reasons::with_checksum(&format!("{}{}", &valid[..13], "0".repeat(32)));
        let unknown = super::denial_reasons::with_checksum(&format!("jtn_zzzzzzzz_{}", "0".repeat(32)));
        let expired = secret_text(&issue_expired(&install, "expired"));
        let invalid = [secret_text(&disabled), expired, wrong, unknown, "nonsense".to_owned()];
        let mut invalid: Vec<_> = invalid.into_iter().map(|secret| (secret, METHOD)).collect();
        invalid.push((valid.clone(), OTHER));
        invalid.push((valid.clone(), "no.Such"));
        let service = ServiceProcess::start(&install.temp_store.path());
        let fixture = FaultTest { install, service, token, valid, invalid, accepted: AtomicU64::new(0) };
        assert_eq!(fixture.send_valid(1).0, 1);
        fixture
    }

    fn path(&self) -> PathBuf {
        self.install.temp_store.path()
    }

    /// Sends the valid and an invalid secret `times` times. Returns the numbers of valid ones that were accepted, and
    /// that could not be decided.
    fn send_valid(&self, times: usize) -> (u64, u64) {
        let next = AtomicU64::new(0);
        let (accepted, unavailable) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS.min(times) {
                scope.spawn(|| {
                    let mut client = self.service.client();
                    client.set_timeout(RESPONSE_TIMEOUT);
                    loop {
                        let n = next.fetch_add(1, SeqCst) as usize;
                        if n >= times {
                            return;
                        }
                        self.send_invalid(&mut client, n);
                        match client.verify(&self.valid, METHOD).status {
                            200 => accepted.fetch_add(1, SeqCst),
                            503 => unavailable.fetch_add(1, SeqCst),
                            other => panic!("{other} for a valid token"),
                        };
                    }
                });
            }
        });
        let accepted = accepted.into_inner();
        self.accepted.fetch_add(accepted, SeqCst);
        (accepted, unavailable.into_inner())
    }

    fn send_invalid(&self, client: &mut Client, n: usize) {
        let (secret, method) = &self.invalid[n % self.invalid.len()];
        let answer = client.request("GET", &format!("/v1/verify/{method}"), &[&bearer(secret)]);
        assert!([401, 403, 503].contains(&answer.status), "{answer:?}");
        assert!(!answer.head.to_ascii_lowercase().contains("x-jeton"), "{answer:?}");
    }

    /// Sends requests for the duration of a fault, and returns the results of the valid secret.
    fn send_under_fault(&self) -> (u64, u64) {
        self.send_valid(if std::env::var_os("JETON_SOAK").is_some() { 1_000 } else { 100 })
    }

    /// Asserts that after the fault everything works as before, and that the ledger is complete.
    fn assert_recovers(self) {
        wait_until(|| (self.send_valid(1).0 == 1).then_some(()));
        assert_eq!(self.send_valid(20), (20, 0));
        for n in 0..self.invalid.len() {
            self.send_invalid(&mut self.service.client(), n);
        }
        let (store, token) = (self.path(), self.token);
        let expected = self.accepted.into_inner();
        let log_text = self.service.stop();
        let store = SqliteStore::open(&store, OpenMode::Existing).unwrap();
        let used = store.read(|s| s.usage(token, self.install.now())).unwrap();
        assert_eq!(used.week, expected, "uses in the ledger, of {expected} accepted: {log_text}");
        assert_eq!(crate::support::integrity(store.path()).unwrap(), "ok");
    }
}

/// Returns a path next to the store.
fn sibling(fixture: &FaultTest, name: &str) -> PathBuf {
    fixture.path().with_file_name(name)
}

#[test]
fn service_verifies_during_an_endless_write() {
    let fixture = FaultTest::new();
    let other = fixture.install.raw_connection();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(fixture.send_under_fault().1, 0, "who only reads needs not to wait");
    let metrics = || fixture.service.management_client().request("GET", "/metrics", &[]).body;
    let faults = |least: u64| {
        let metrics = metrics();
        let found = metrics.lines().find_map(|line| line.strip_prefix("jeton_ledger_faults_total ")).unwrap();
        (found.parse::<u64>().unwrap() >= least).then_some(())
    };
    // Several reads of the store happen meanwhile, and each succeeds.
    wait_until(|| faults(3));
    let log_text = fixture.service.stderr();
    assert_eq!(count_events(&log_text, "ERROR", &["store=", "why="]), 1, "{log_text}");
    assert_eq!(count_events(&log_text, "INFO", &["store=", "seconds="]), 0, "nothing was written: {log_text}");
    other.execute_batch("ROLLBACK").unwrap();
    fixture.assert_recovers();
}

/// Another process holds the locks that readers need: SQLite's bytes 120 to 127 of the `-shm` file. SQLite itself then
/// waits for seconds, whatever the busy timeout. The test shows that no request is allowed meanwhile.
#[test]
fn service_recovers_from_an_exclusive_lock() {
    const HOLD: &str = "import fcntl, os, sys\n\
        f = os.open(sys.argv[1], os.O_RDWR)\n\
        fcntl.lockf(f, fcntl.LOCK_EX, 8, 120)\n\
        print('held', flush=True)\n\
        sys.stdin.read()\n";
    let fixture = FaultTest::new();
    let shm = sibling(&fixture, "jeton.db-shm");
    let holder =
        Command::new("python3").arg("-c").arg(HOLD).arg(shm).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut holder) = holder else { return println!("not shown: no python3 to hold a lock") };
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    let mut callers: Vec<(Client, bool)> = (0..CLIENTS).map(|n| (fixture.service.client(), n % 2 == 0)).collect();
    for (n, (client, is_valid)) in callers.iter_mut().enumerate() {
        let (secret, method) = &fixture.invalid[n % fixture.invalid.len()];
        let (secret, method) = if *is_valid { (&fixture.valid, &METHOD) } else { (secret, method) };
        client.send(head("GET", &format!("/v1/verify/{method}"), &[&bearer(secret)]));
    }
    // No event signals the end of this wait: its length is the experiment itself.
    let (_nobody, never) = std::sync::mpsc::channel::<()>();
    assert!(never.recv_timeout(Duration::from_millis(700)).is_err());
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    for (mut client, is_valid) in callers {
        let status = client.read_reply().unwrap().status;
        let fits: &[u16] = if is_valid { &[200, 503] } else { &[401, 403, 503] };
        assert!(fits.contains(&status), "{status}");
        fixture.accepted.fetch_add(u64::from(status == 200), SeqCst);
    }
    fixture.assert_recovers();
}

#[test]
fn service_recovers_when_the_store_comes_back() {
    let fixture = FaultTest::new();
    let elsewhere = sibling(&fixture, "elsewhere");
    fs::rename(fixture.path(), &elsewhere).unwrap();
    assert_eq!(fixture.send_under_fault().0, 0);
    let health = fixture.service.client().request("GET", "/v1/health", &[]);
    assert_eq!((health.status, health.body.as_str()), (503, "{\"status\":\"unavailable\",\"reason\":\"store\"}"));
    let head = fixture.service.management_client().request("GET", "/v1/head", &[]);
    assert_eq!((head.status, head.body.as_str()), (503, "{\"result\":4}"));
    fs::rename(&elsewhere, fixture.path()).unwrap();
    fixture.assert_recovers();
}

/// The store is replaced by another store, a link to the true one, a folder, or a file that is no store.
#[test]
fn service_refuses_another_file_in_place_of_the_store() {
    let fixture = FaultTest::new();
    let other = new_install();
    // Both installations generate the same secrets in the same order. Skip some, so that this secret is unknown to the
    // first.
    (0..9).for_each(|n| drop(issue_with_methods(&other, &format!("t{n}"), &[])));
    let foreign = secret_text(&issue_with_methods(&other, "foreign", &[METHOD]));
    other.raw_connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let (path, elsewhere) = (fixture.path(), sibling(&fixture, "elsewhere"));
    for what in ["another store", "a link", "a folder", "garbage"] {
        fs::rename(&path, &elsewhere).unwrap();
        match what {
            "another store" => drop(fs::copy(other.temp_store.path(), &path).unwrap()),
            "a link" => symlink(&elsewhere, &path).unwrap(),
            "a folder" => fs::create_dir(&path).unwrap(),
            _ => fs::write(&path, "no store").unwrap(),
        }
        assert_eq!(fixture.send_under_fault().0, 0, "{what}");
        assert_eq!(fixture.service.client().verify(&foreign, "-").status, 503, "{what}");
        if what == "a folder" {
            fs::remove_dir(&path).unwrap();
        }
        fs::rename(&elsewhere, &path).unwrap();
        wait_until(|| (fixture.send_valid(1).0 == 1).then_some(()));
        assert_eq!(fixture.service.client().verify(&foreign, "-").status, 401, "{what}");
    }
    fixture.assert_recovers();
}

#[test]
fn service_refuses_a_damaged_store() {
    for what in ["empty", "half", "garbage"] {
        let fixture = FaultTest::new();
        // Checkpoint everything into the file, so that restoring the file restores everything.
        let settled = || {
            let row = fixture
                .install
                .raw_connection()
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, i64>(0));
            (row == Ok(0)).then_some(())
        };
        wait_until(settled);
        let whole = fs::read(fixture.path()).unwrap();
        let file = OpenOptions::new().write(true).open(fixture.path()).unwrap();
        match what {
            "empty" => file.set_len(0).unwrap(),
            "half" => file.set_len(whole.len() as u64 / 2).unwrap(),
            _ => file.write_all_at(&vec![0x5a; whole.len()], 0).unwrap(),
        }
        let (accepted, unavailable) = fixture.send_under_fault();
        println!("{what}: {accepted} accepted, {unavailable} not decided");
        file.write_all_at(&whole, 0).unwrap();
        file.set_len(whole.len() as u64).unwrap();
        wait_until(|| (fixture.send_valid(1).0 == 1).then_some(()));
        fixture.service.stop();
    }
}

/// No file may grow: decisions continue, and the ledger is written once there is room.
#[test]
fn service_verifies_on_a_full_disk() {
    let fixture = FaultTest::new();
    let limit = |current| {
        let limit = Rlimit { current, maximum: None };
        prlimit(Some(fixture.service.pid()), Resource::Fsize, limit).unwrap();
    };
    limit(Some(0));
    assert_eq!(fixture.send_under_fault().1, 0, "nothing is written on the way");
    let metrics = || fixture.service.management_client().request("GET", "/metrics", &[]).body;
    wait_until(|| (!metrics().contains("\njeton_ledger_faults_total 0\n")).then_some(()));
    assert_eq!(fixture.send_under_fault().1, 0);
    limit(None);
    fixture.assert_recovers();
}

#[test]
fn service_refuses_a_newer_schema() {
    let fixture = FaultTest::new();
    let raw = fixture.install.raw_connection();
    let version: i64 = raw.query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
    raw.pragma_update(None, "user_version", version + 1).unwrap();
    assert_eq!(fixture.send_under_fault().0, 0);
    raw.pragma_update(None, "user_version", version).unwrap();
    fixture.assert_recovers();
}

/// The store's `-wal` and `-shm` files are deleted. Then changes by new processes don't reach those that had the store
/// open, so the service must not answer from its old handle.
#[test]
fn service_recovers_from_removed_wal_files() {
    let fixture = FaultTest::new();
    for endings in [&["-shm"][..], &["-wal", "-shm"]] {
        let names = |to: &str| {
            let of = |ending: &&str| sibling(&fixture, &format!("jeton.db{ending}{to}"));
            endings.iter().map(of).collect::<Vec<_>>()
        };
        for (from, to) in names("").iter().zip(names(".away")) {
            fs::rename(from, to).unwrap();
        }
        assert_eq!(fixture.send_under_fault().0, 0, "without {endings:?}");
        for (to, from) in names("").iter().zip(names(".away")) {
            fs::rename(from, to).unwrap();
        }
        wait_until(|| (fixture.send_valid(1).0 == 1).then_some(()));
    }
    fixture.assert_recovers();
}
