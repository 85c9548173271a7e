//! Rollback detection: an older copy of the store is noticed, however it was put in place. So are changes that the
//! audit log doesn't show.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jeton::platform::clock::Stopwatch;
use jeton::verbs::tokens::DisableTokens;
use rusqlite::MAIN_DB;
use serde_json::json;

use super::{METHOD, issue_with_methods, new_install, secret_text, target, wait_until};
use crate::support::fakes::{OWNER, TestInstall};
use crate::support::service_process::{ServiceProcess, command, count_events};

/// Maximum time until a change outside the log is seen. The service promises 1 s; the rest allows for slow test
/// machines.
const DETECTION_TIMEOUT: Duration = Duration::from_secs(3);

/// No progress callback for copies.
const NO_PROGRESS: Option<fn(rusqlite::backup::Progress)> = None;

/// A service that has seen a token revoked, and a copy of its store from before.
struct RollbackTest {
    install: TestInstall,
    older: PathBuf,
    revoked: String,
    valid: String,
}

impl RollbackTest {
    fn new() -> (Self, ServiceProcess) {
        let install = new_install();
        let doomed = issue_with_methods(&install, "doomed", &[METHOD]);
        let (valid, revoked) = (secret_text(&issue_with_methods(&install, "valid", &[METHOD])), secret_text(&doomed));
        let older = install.temp_store.path().with_file_name("older.db");
        install.raw_connection().backup(MAIN_DB, &older, NO_PROGRESS).unwrap();
        fs::set_permissions(&older, fs::Permissions::from_mode(0o600)).unwrap();
        let service = ServiceProcess::start(&install.temp_store.path());
        assert_eq!(service.client().verify(&revoked, METHOD).status, 200);
        install.call(OWNER, DisableTokens { tokens: vec![target(&doomed)] }).unwrap();
        assert_eq!(service.client().verify(&revoked, METHOD).status, 401);
        let fixture = RollbackTest { install, older, revoked, valid };
        wait_until(|| fixture.recorded_position().contains(&format!(" {} ", fixture.tip())).then_some(()));
        (fixture, service)
    }

    fn path(&self) -> PathBuf {
        self.install.temp_store.path()
    }

    fn tip(&self) -> usize {
        self.install.audit().len()
    }

    /// Moves all changes from the -wal file into the store's file.
    fn checkpoint(&self) {
        wait_until(|| {
            let row =
                self.install.raw_connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, i64>(0));
            (row == Ok(0)).then_some(())
        });
    }

    /// Returns the text of the seen file.
    fn recorded_position(&self) -> String {
        fs::read_to_string(position_path(&self.path())).unwrap_or_default()
    }

    /// Asserts that every request is denied, and that the log gives the reason.
    #[track_caller]
    fn assert_everything_denied(&self, service: &ServiceProcess) {
        let mut client = service.client();
        for secret in [&self.revoked, &self.valid] {
            let answer = client.verify(secret, METHOD);
            assert_eq!((answer.status, answer.body.as_str()), (503, "{\"result\":4}"));
        }
        let health = client.request("GET", "/v1/health", &[]);
        assert_eq!((health.status, health.json()), (503, json!({"status": "unavailable", "reason": "older-store"})));
        let metrics = service.management_client().request("GET", "/metrics", &[]).body;
        assert!(metrics.contains("\njeton_store_older 1\n"), "{metrics}");
        wait_until(|| service.stderr().contains("--accept-older-store").then_some(()));
    }

    #[track_caller]
    fn assert_recovered(&self, service: &ServiceProcess) {
        wait_until(|| (service.client().verify(&self.valid, METHOD).status == 200).then_some(()));
        assert_eq!(service.client().verify(&self.revoked, METHOD).status, 401);
        assert_eq!(service.client().request("GET", "/v1/health", &[]).json(), json!({"status": "ok"}));
        let metrics = service.management_client().request("GET", "/metrics", &[]).body;
        assert!(metrics.contains("\njeton_store_older 0\n"), "{metrics}");
    }

    /// Starts the service with `--accept-older-store`.
    fn start_accepting_older_store(&self) -> ServiceProcess {
        let mut command = command(&self.path());
        command.arg("--accept-older-store");
        ServiceProcess::spawn(command)
    }
}

fn position_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push("-seen");
    PathBuf::from(name)
}

/// Returns the warnings of a log without their times.
fn warnings(log: &str) -> String {
    log.lines().filter_map(|line| line.split_once(" WARN ")).map(|(_, text)| format!("{}\n", text.trim())).collect()
}

#[test]
fn position_is_stored_before_a_change_is_confirmed() {
    let (fixture, service) = RollbackTest::new();
    for n in 0..5 {
        issue_with_methods(&fixture.install, &format!("more{n}"), &[]);
        let head = service.management_client().request("GET", "/v1/head", &[]);
        assert_eq!(head.json()["audit_seq"], fixture.tip());
        // The seen file is already written, whatever happens to the service now.
        assert!(
            fixture.recorded_position().contains(&format!(" {} ", fixture.tip())),
            "{}",
            fixture.recorded_position()
        );
    }
    service.stop();
}

#[test]
fn older_copy_restored_into_the_store_is_refused() {
    let (fixture, service) = RollbackTest::new();
    let newer = fixture.path().with_file_name("newer.db");
    let mut raw = fixture.install.raw_connection();
    raw.backup(MAIN_DB, &newer, NO_PROGRESS).unwrap();
    raw.restore(MAIN_DB, &fixture.older, NO_PROGRESS).unwrap();
    fixture.assert_everything_denied(&service);
    raw.restore(MAIN_DB, &newer, NO_PROGRESS).unwrap();
    fixture.assert_recovered(&service);

    // A copy with later rows of its own isn't the store that was seen either, however long its log gets.
    raw.restore(MAIN_DB, &fixture.older, NO_PROGRESS).unwrap();
    (0..5).for_each(|n| drop(issue_with_methods(&fixture.install, &format!("later{n}"), &[])));
    fixture.assert_everything_denied(&service);
    service.stop();

    // A restart doesn't forget either.
    let again = ServiceProcess::start(&fixture.path());
    fixture.assert_everything_denied(&again);
    again.stop();

    // Until a person accepts the store. From then on, the current store is the one that was seen.
    let accepting = fixture.start_accepting_older_store();
    assert_eq!(accepting.client().verify(&fixture.revoked, METHOD).status, 200);
    insta::assert_snapshot!(warnings(&accepting.stderr()), @"jeton accepts the store because of --accept-older-store. If the store is an older copy, later changes are missing, and revoked tokens can work again why=the store is an older copy or another store: row 8 of the audit log differs from the row that the service has already seen");
    wait_until(|| fixture.recorded_position().contains(&format!(" {} ", fixture.tip())).then_some(()));
    raw.restore(MAIN_DB, &fixture.older, NO_PROGRESS).unwrap();
    fixture.assert_everything_denied(&accepting);
    accepting.stop();
}

#[test]
fn older_copy_in_place_of_the_store_is_refused() {
    let (fixture, service) = RollbackTest::new();
    fs::rename(&fixture.older, fixture.path()).unwrap();
    assert_eq!(service.client().verify(&fixture.revoked, METHOD).status, 503);
    service.stop();
    // The old store's WAL doesn't belong to this one.
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", fixture.path().display()));
    }
    let again = ServiceProcess::start(&fixture.path());
    fixture.assert_everything_denied(&again);
    again.stop();
}

/// `cp older.db jeton.db` under a running service: the same file with other bytes.
#[test]
fn overwritten_file_is_detected() {
    let (fixture, service) = RollbackTest::new();
    fixture.checkpoint();
    let newer = fs::read(fixture.path()).unwrap();
    fs::write(fixture.path(), fs::read(&fixture.older).unwrap()).unwrap();
    let since = Stopwatch::start();
    wait_until(|| {
        let answer = service.client().verify(&fixture.revoked, METHOD);
        assert_ne!(answer.status, 200);
        (answer.status == 503).then_some(())
    });
    assert!(since.elapsed() < DETECTION_TIMEOUT, "{:?}", since.elapsed());
    fixture.assert_everything_denied(&service);
    fs::write(fixture.path(), newer).unwrap();
    fixture.assert_recovered(&service);
    service.stop();
}

/// The same while the newest rows of the audit log are in the -wal file, so that the log seems complete.
#[test]
fn overwritten_file_below_newer_changes_is_detected() {
    let (fixture, service) = RollbackTest::new();
    fixture.checkpoint();
    let newer = fs::read(fixture.path()).unwrap();
    // The service sees a change without a row when it next looks at the file, which then is the newer one.
    for (enabled, status) in [(0, 401), (1, 200)] {
        fixture
            .install
            .raw_connection()
            .execute("UPDATE tokens SET enabled = ?1 WHERE name = 'valid'", [enabled])
            .unwrap();
        wait_until(|| (service.client().verify(&fixture.valid, METHOD).status == status).then_some(()));
    }
    issue_with_methods(&fixture.install, "later", &[]);
    fs::write(fixture.path(), fs::read(&fixture.older).unwrap()).unwrap();
    wait_until(|| (service.client().verify(&fixture.valid, METHOD).status == 503).then_some(()));
    for secret in [&fixture.revoked, &fixture.valid] {
        assert_eq!(service.client().verify(secret, METHOD).status, 503);
    }
    let health = service.client().request("GET", "/v1/health", &[]);
    assert_eq!(health.json(), json!({"status": "unavailable", "reason": "older-store"}));
    fs::write(fixture.path(), newer).unwrap();
    fixture.assert_recovered(&service);
    service.stop();
}

#[test]
fn position_is_stored_outside_the_store() {
    let (fixture, service) = RollbackTest::new();
    service.stop();
    let path = position_path(&fixture.path());
    let whole = fs::read(&path).unwrap();
    for damaged in [&b""[..], b"nonsense", &whole[..whole.len() - 3], b"\xff\n"] {
        fs::write(&path, damaged).unwrap();
        let service = ServiceProcess::start(&fixture.path());
        fixture.assert_everything_denied(&service);
        service.stop();
        assert_eq!(fs::read(&path).unwrap(), damaged, "only the person's word puts another in its place");
    }
    let accepting = fixture.start_accepting_older_store();
    fixture.assert_recovered(&accepting);
    accepting.stop();
    assert!(fixture.recorded_position().contains(&format!(" {} ", fixture.tip())));
    // Without a seen file, recording begins now. An unneeded `--accept-older-store` is reported.
    fs::remove_file(&path).unwrap();
    let first = fixture.start_accepting_older_store();
    fixture.assert_recovered(&first);
    assert_eq!(count_events(&first.stderr(), "WARN", &["--accept-older-store"]), 1, "{}", first.stderr());
    first.stop();
    // Changes made while no service runs are accepted as growth of the log.
    issue_with_methods(&fixture.install, "later", &[METHOD]);
    let service = ServiceProcess::start(&fixture.path());
    fixture.assert_recovered(&service);
    service.stop();
    assert!(fixture.recorded_position().contains(&format!(" {} ", fixture.tip())));
}

/// A manual change of the store's tables adds no row to the audit log.
#[test]
fn manual_change_is_detected_within_a_second() {
    let (fixture, service) = RollbackTest::new();
    let raw = fixture.install.raw_connection();
    let mut client = service.client();
    for (enabled, status) in [(0, 401), (1, 200), (0, 401), (1, 200)] {
        let before = 601 - status;
        assert_eq!(client.verify(&fixture.valid, METHOD).status, before);
        raw.execute("UPDATE tokens SET enabled = ?1 WHERE name = 'valid'", [enabled]).unwrap();
        let since = Stopwatch::start();
        wait_until(|| (client.verify(&fixture.valid, METHOD).status == status).then_some(()));
        assert!(since.elapsed() < DETECTION_TIMEOUT, "{:?}", since.elapsed());
    }
    // A manual change of the catalogue is seen too.
    raw.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    raw.execute("DELETE FROM methods WHERE id = ?1", [METHOD]).unwrap();
    let since = Stopwatch::start();
    wait_until(|| (client.verify(&fixture.valid, METHOD).status == 503).then_some(()));
    assert!(since.elapsed() < DETECTION_TIMEOUT, "{:?}", since.elapsed());
    service.stop();
}
