//! `jeton restore` beside a running service: what is lost, what is kept, and who gets in afterwards.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jeton::domain::audit::{AuditRow, chain_hash};
use jeton::domain::token::TokenRef;
use jeton::error::Kind;
use jeton::platform::audit_position_file;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;
use jeton::verbs::tokens::{DisableTokens, IssuedToken, RegenerateToken, TokenTarget};
use serde_json::{Value, json};

use super::wait_until;
use crate::support::cli_program::{CliHome, CliOutput, run_to_end};
use crate::support::fakes::{OWNER, START, TestInstall};
use crate::support::service_process::ServiceProcess;

/// A store with tokens, a backup, and later changes that a running service has seen.
struct Drill {
    install: TestInstall,
    home: CliHome,
    backup: PathBuf,
    /// Secrets of tokens: one that works, one that was disabled before the backup, one disabled after it, and one made
    /// after it.
    valid: String,
    dead: String,
    doomed: String,
    later: String,
}

fn secret(issued: &IssuedToken) -> String {
    issued.secret.expose(str::to_owned)
}

fn target(issued: &IssuedToken) -> TokenTarget {
    TokenTarget { reference: TokenRef::Id(issued.token.id), expected_revision: None }
}

impl Drill {
    fn new() -> (Self, ServiceProcess) {
        let install = TestInstall::with_accounts();
        install.fakes.clock.set(jeton::platform::adapters().clock.now());
        let [valid, dead, doomed] = ["valid", "dead", "doomed"].map(|name| install.issue(OWNER, name));
        install.call(OWNER, DisableTokens { tokens: vec![target(&dead)] }).unwrap();
        let home = CliHome::new();
        let backup = home.path("backup.db");
        let service = ServiceProcess::start(&install.temp_store.path());
        let mut drill = Drill {
            install,
            home,
            backup,
            valid: secret(&valid),
            dead: secret(&dead),
            doomed: secret(&doomed),
            later: String::new(),
        };
        let backup = drill.backup.clone();
        drill.run(&["backup"], &backup).assert_success();
        drill.install.call(OWNER, DisableTokens { tokens: vec![target(&doomed)] }).unwrap();
        drill.later = secret(&drill.install.issue(OWNER, "later"));
        drill.assert_statuses(&service, [200, 401, 401, 200]);
        (drill, service)
    }

    fn path(&self) -> PathBuf {
        self.install.temp_store.path()
    }

    /// Runs a command on the store and `file`.
    fn run(&self, args: &[&str], file: &Path) -> CliOutput {
        let mut command = self.home.command(args);
        command.arg(file).arg("--store").arg(self.path());
        run_to_end(command, b"")
    }

    fn restore(&self, args: &[&str]) -> CliOutput {
        let args: Vec<&str> = ["restore", "--json"].iter().chain(args).copied().collect();
        self.run(&args, &self.backup)
    }

    /// Asserts the answers of the service about `valid`, `dead`, `doomed` and `later`.
    #[track_caller]
    fn assert_statuses(&self, service: &ServiceProcess, expected: [u16; 4]) {
        let mut client = service.client();
        let secrets = [&self.valid, &self.dead, &self.doomed, &self.later];
        let found = secrets.map(|secret| client.verify(secret, "-").status);
        assert_eq!(found, expected, "{}", service.stderr());
    }

    /// Returns the names of the files next to the store that SQLite and the service don't use.
    fn other_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.install.temp_store.folder()).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let known = ["jeton.db", "jeton.db-wal", "jeton.db-shm", "jeton.db-seen", "jeton.db-proof"];
        let mut names: Vec<String> = names
            .filter(|name| !known.contains(&name.as_str()) && (name.contains("restore") || name.ends_with(".partial")))
            .collect();
        names.sort();
        names
    }

    /// Returns the newest row about the store itself.
    fn restore_row(&self) -> (i64, Value) {
        let store = SqliteStore::open(&self.path(), OpenMode::Existing).unwrap();
        let page = store.read(|s| s.audit_page(None, 1_000)).unwrap();
        let raw = page.rows.into_iter().rev().find(|raw| raw.row.verb == "store.restore").unwrap();
        (raw.row.seq, serde_json::from_str(&raw.row.details).unwrap())
    }

    fn assert_chain_is_whole(&self) {
        let args = ["audit", "verify", "--json", "--store"];
        let mut command = self.home.command(&args);
        command.arg(self.path());
        assert_eq!(run_to_end(command, b"").assert_success().json()["whole"], true);
    }
}

#[test]
fn restore_shows_what_would_be_lost_and_asks() {
    let (drill, service) = Drill::new();
    let before = drill.install.audit().len();
    let shown = drill.restore(&["--dry-run"]).assert_success().json();
    let doomed = json!({"kind": "token", "id": "t:3", "name": "ops/doomed", "way": "disabled"});
    let backup_seq = before - 2;
    assert_eq!(
        (&shown["restored"], &shown["lost"], &shown["ended"], &shown["audit_seq"]),
        (&false.into(), &2.into(), &json!([doomed]), &Value::Null)
    );
    assert_eq!((&shown["backup_seq"], &shown["common_seq"]), (&backup_seq.into(), &backup_seq.into()));
    assert!(shown["lost_until"].is_string(), "{shown}");
    // Nobody can be asked, or the answer is wrong.
    drill.restore(&["--no-input"]).assert_error(Kind::Conflict);
    drill.restore(&["--confirm", "1"]).assert_error(Kind::Conflict);
    drill.restore(&["--confirm", "unknown"]).assert_error(Kind::Conflict);
    let other = drill.home.file("text", "text", 0o600);
    drill.run(&["restore", "--json", "--confirm", "2"], &other).assert_error(Kind::Failure);
    drill.run(&["restore", "--json"], &drill.home.path("missing")).assert_error(Kind::NotFound);
    drill.run(&["restore", "--json"], &drill.path()).assert_error(Kind::Usage);
    drill.run(&["restore", "--json"], Path::new("-")).assert_error(Kind::Usage);
    fs::set_permissions(&drill.backup, std::os::unix::fs::PermissionsExt::from_mode(0o660)).unwrap();
    drill.restore(&["--confirm", "2"]).assert_error(Kind::Failure);
    drill.assert_statuses(&service, [200, 401, 401, 200]);
    assert_eq!((drill.install.audit().len(), drill.other_files()), (before, Vec::<String>::new()));
    service.stop();
}

#[test]
fn dry_run_creates_no_folder() {
    let home = CliHome::set_up();
    home.run(&["backup", "backup.db"], "").assert_success();
    let store = home.path("mistyped/folder/jeton.db");
    let args = ["restore", "backup.db", "--json", "--store", store.to_str().unwrap()];
    let dry_run: Vec<&str> = args.into_iter().chain(["--dry-run"]).collect();
    assert_eq!(home.run(&dry_run, "").assert_success().json()["lost"], Value::Null);
    home.run(&args, "").assert_error(Kind::Conflict);
    assert!(!home.path("mistyped").exists());
    let confirmed: Vec<&str> = args.into_iter().chain(["--confirm", "unknown"]).collect();
    home.run(&confirmed, "").assert_success();
    assert_eq!(fs::metadata(home.path("mistyped")).unwrap().mode() & 0o7777, 0o700);
}

#[test]
fn running_service_goes_on_with_the_restored_store() {
    let (drill, service) = Drill::new();
    let replaced = drill.install.store().read(|s| s.audit_tip()).unwrap();
    let done = drill.restore(&["--confirm", "2"]).assert_success().json();
    assert_eq!((&done["restored"], &done["lost"], &done["reapplied"]), (&true.into(), &2.into(), &false.into()));
    assert_eq!(done["service"]["denies"], true, "{done}");
    // The later token never existed, and nobody ended the access of `doomed` again.
    drill.assert_statuses(&service, [200, 401, 200, 401]);
    let health = service.client().request("GET", "/v1/health", &[]);
    assert_eq!(health.json(), json!({"status": "ok"}));
    let (seq, details) = drill.restore_row();
    assert_eq!(done["audit_seq"], seq);
    let replaced_text = format!("{}:{}", replaced.seq, jeton::domain::checkpoint::hex(&replaced.hash));
    assert_eq!((&details["replaced"], &details["seen"]), (&json!(replaced_text), &json!(replaced_text)));
    drill.assert_chain_is_whole();
    // The store as it was.
    let kept = PathBuf::from(done["previous_store"].as_str().unwrap());
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o7777, 0o600);
    let copy = SqliteStore::open(&kept, OpenMode::Copy).unwrap();
    assert_eq!(copy.read(|s| s.audit_tip()).unwrap(), replaced);
    assert_eq!(drill.other_files(), [kept.file_name().unwrap().to_str().unwrap()]);
    // Changes go on, and so does a service that starts now. No new token gets the number of a lost one.
    let next = drill.install.issue(OWNER, "next");
    assert_eq!(next.token.id.to_string(), "t:5");
    assert_eq!(service.client().verify(&secret(&next), "-").status, 200);
    service.stop();
    let again = ServiceProcess::start(&drill.path());
    drill.assert_statuses(&again, [200, 401, 200, 401]);
    // A copy from before the restore is an older copy, although the restore's row is in a log that was seen.
    again.stop();
}

#[test]
fn revocations_after_the_backup_are_made_again_on_request() {
    let (drill, service) = Drill::new();
    // Its first secret ends with the new one.
    let rotated = drill.install.call(
        OWNER,
        RegenerateToken {
            token: TokenTarget { reference: TokenRef::Text("valid".to_owned()), expected_revision: None },
            grace: None,
            expires: None,
        },
    );
    rotated.unwrap();
    drill.assert_statuses(&service, [401, 401, 401, 200]);
    let done = drill.restore(&["--confirm", "3", "--reapply-revocations"]).assert_success().json();
    let ways: Vec<&str> = done["ended"].as_array().unwrap().iter().map(|one| one["way"].as_str().unwrap()).collect();
    assert_eq!((ways, &done["reapplied"]), (vec!["replaced", "disabled"], &true.into()));
    drill.assert_statuses(&service, [401, 401, 401, 401]);
    let (seq, _) = drill.restore_row();
    let rows = drill.install.audit();
    let again: Vec<(i64, &str)> =
        rows.iter().filter(|row| row.seq > seq).map(|row| (row.seq - seq, row.verb.as_str())).collect();
    assert_eq!(again, [(1, "token.disable"), (2, "token.disable")]);
    assert_eq!(done["audit_seq"], seq + 2);
    drill.assert_chain_is_whole();
    service.stop();
}

/// The last owner of the backup stays enabled. A script must notice.
#[test]
fn access_that_is_not_ended_again_is_reported() {
    let (drill, service) = Drill::new();
    drill.install.raw_connection().execute("UPDATE accounts SET enabled = 0 WHERE role = 'owner'", []).unwrap();
    let done = drill.restore(&["--confirm", "2", "--reapply-revocations"]);
    assert_eq!(done.code, 6, "{}", done.err);
    let answer: Value = serde_json::from_str(&done.out).unwrap();
    let [only] = answer["not_ended"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!((&only["username"], &only["way"]), (&OWNER.into(), &"disabled".into()));
    assert_eq!(answer["ended"].as_array().unwrap().len(), 2);
    service.stop();
}

#[test]
fn service_recovers_when_its_deleted_store_is_restored() {
    let lost_files: [&[&str]; 3] = [&[""], &["", "-wal", "-shm"], &["", "-wal", "-shm", "-seen", "-proof", "-service"]];
    for lost in lost_files {
        let (drill, service) = Drill::new();
        // The service saves what it has seen within a second, and would otherwise bring back the lost record.
        let tip = drill.install.store().read(|s| s.audit_tip()).unwrap();
        wait_until(|| audit_position_file::read(&drill.path()).unwrap().filter(|seen| seen.seq == tip.seq));
        for suffix in lost {
            match fs::remove_file(format!("{}{suffix}", drill.path().display())) {
                Err(e) if e.kind() != ErrorKind::NotFound => panic!("{suffix}: {e}"),
                _ => {}
            }
        }
        drill.assert_statuses(&service, [503, 503, 503, 503]);
        drill.restore(&["--confirm", "2"]).assert_error(Kind::Conflict);
        let done = drill.restore(&["--confirm", "unknown"]).assert_success().json();
        assert_eq!((&done["lost"], &done["common_seq"]), (&Value::Null, &Value::Null));
        assert_eq!((&done["ended"], &done["reapplied"]), (&Value::Null, &false.into()));
        assert_eq!(fs::metadata(drill.path()).unwrap().mode() & 0o7777, 0o600);
        wait_until(|| (service.client().verify(&drill.valid, "-").status == 200).then_some(()));
        drill.assert_statuses(&service, [200, 401, 200, 401]);
        let (_, details) = drill.restore_row();
        assert_eq!((&details["replaced"], details["seen"].is_string()), (&Value::Null, !lost.contains(&"-seen")));
        // The management API answers, and the ledger is written, in the new store.
        let bearer = format!("Authorization: Bearer {}", drill.valid);
        assert_eq!(service.management_client().request("GET", "/v1/self", &[&bearer]).status, 200);
        drill.assert_chain_is_whole();
        service.stop();
        let reopened = SqliteStore::open(&drill.path(), OpenMode::Existing).unwrap();
        assert_eq!(reopened.integrity_error().unwrap(), None);
        let recorded = rusqlite::Connection::open(drill.path()).unwrap();
        let uses: i64 = recorded.query_row("SELECT sum(uses) FROM daily_uses", [], |r| r.get(0)).unwrap();
        assert!(uses >= 3, "{uses}");
    }
}

#[test]
fn damaged_store_is_kept_and_replaced() {
    let (drill, service) = Drill::new();
    let damaged = b"not a database".repeat(1_000);
    fs::write(drill.path(), &damaged).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", drill.path().display()));
    }
    drill.restore(&["--confirm", "0"]).assert_error(Kind::Conflict);
    let done = drill.restore(&["--confirm", "unknown"]).assert_success().json();
    assert_eq!(fs::read(done["previous_store"].as_str().unwrap()).unwrap(), damaged);
    wait_until(|| (service.client().verify(&drill.valid, "-").status == 200).then_some(()));
    drill.assert_statuses(&service, [200, 401, 200, 401]);
    service.stop();
}

/// Nobody knows what ended after the backup. A script must not believe that access was ended again.
#[test]
fn access_that_can_not_be_listed_is_reported() {
    let (drill, service) = Drill::new();
    let other = CliHome::set_up();
    other.create(&["ci"]);
    let file = other.path("other.db");
    let mut command = other.command(&["backup", "--json"]);
    run_to_end(
        {
            command.arg(&file);
            command
        },
        b"",
    )
    .assert_success();
    let rows = drill.install.audit().len().to_string();
    let foreign = drill.run(&["restore", "--json", "--reapply-revocations", "--confirm", rows.as_str()], &file);
    let mut refused = vec![foreign];
    service.stop();
    fs::write(drill.path(), "not a database").unwrap();
    refused.push(drill.restore(&["--confirm", "unknown", "--reapply-revocations"]));
    for done in refused {
        assert_eq!(done.code, 6, "{}", done.err);
        let answer: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(
            (&answer["restored"], &answer["ended"], &answer["reapplied"]),
            (&true.into(), &Value::Null, &Value::Null)
        );
    }
}

#[test]
fn backup_of_an_older_schema_is_migrated() {
    let (home, old) = (CliHome::new(), crate::support::fakes::TempStore::new());
    crate::storage::migration::write_old_store(&old.path());
    let row = AuditRow {
        seq: 1,
        at: START,
        account: String::new(),
        name: String::new(),
        proof: "store".to_owned(),
        face: "cli".to_owned(),
        verb: "init".to_owned(),
        target: "a:1".to_owned(),
        target_name: "ops".to_owned(),
        details: "{}".to_owned(),
    };
    let raw = rusqlite::Connection::open(old.path()).unwrap();
    let sql = "INSERT INTO audit VALUES (1, ?1, '', '', 'store', 'cli', 'init', 'a:1', 'ops', '{}', ?2)";
    raw.execute(sql, rusqlite::params![START.0, chain_hash(&[0; 32], &row)]).unwrap();
    raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(raw);
    let mut command = home.command(&["restore", "--json", "--confirm", "unknown"]);
    command.arg(old.path());
    let done = run_to_end(command, b"").assert_success().json();
    assert_eq!(
        (&done["backup_seq"], &done["audit_seq"], &done["previous_store"]),
        (&1.into(), &2.into(), &Value::Null)
    );
    let store = SqliteStore::open(&home.store(), OpenMode::Existing).unwrap();
    assert_eq!(store.read(|s| s.accounts()).unwrap().len(), 2);
    assert_eq!(fs::metadata(home.store().parent().unwrap()).unwrap().mode() & 0o7777, 0o700);
    // The backup is as it was.
    let raw = rusqlite::Connection::open(old.path()).unwrap();
    assert_eq!(raw.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0)), Ok(1));
    // One with a newer schema can't be used.
    raw.pragma_update(None, "user_version", 9_999).unwrap();
    drop(raw);
    let mut command = home.command(&["restore", "--json", "--confirm", "1"]);
    command.arg(old.path());
    run_to_end(command, b"").assert_error(Kind::Failure);
}

/// The row of a restore only excuses the log that this restore has replaced.
#[test]
fn older_copy_from_after_a_restore_is_still_refused() {
    let (drill, service) = Drill::new();
    drill.restore(&["--confirm", "2"]).assert_success();
    drill.assert_statuses(&service, [200, 401, 200, 401]);
    let copy = drill.home.path("after.db");
    drill.run(&["backup"], &copy).assert_success();
    let doomed = TokenTarget { reference: TokenRef::Text("doomed".to_owned()), expected_revision: None };
    drill.install.call(OWNER, DisableTokens { tokens: vec![doomed] }).unwrap();
    drill.assert_statuses(&service, [200, 401, 401, 401]);
    let mut raw = drill.install.raw_connection();
    raw.restore(rusqlite::MAIN_DB, &copy, None::<fn(rusqlite::backup::Progress)>).unwrap();
    drill.assert_statuses(&service, [503, 503, 503, 503]);
    service.stop();
}
