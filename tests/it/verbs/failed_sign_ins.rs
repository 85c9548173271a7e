//! Failed sign-ins in the audit log: one row for many, and a bounded number of rows.

use super::*;
use jeton::domain::audit::{AuditRow, Face};
use jeton::domain::time::MINUTE;

const VERB: &str = "sign-in.failed";

/// Returns a face of the installation with connections from `source`.
fn face(install: &TestInstall, face: Face, source: &str) -> TestBackend<SqliteStore> {
    let store = SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
    TestBackend::new(
        store,
        install.fakes.adapters(),
        ClientInfo { face, source: source.to_owned(), address: ClientInfo::LOCAL.to_owned(), max_wait: Duration::ZERO },
    )
}

fn try_once(jeton: &dyn Backend, who: &str, with: &str) -> Result<Session> {
    call(jeton, &Credential::from_password(username(who), typed(with)), SignIn)
}

/// Fails `times` times, a minute apart.
fn fail(install: &TestInstall, jeton: &dyn Backend, who: &str, times: u32) {
    for _ in 0..times {
        assert_error(try_once(jeton, who, "wrong horse battery"), Kind::Unauthenticated);
        install.fakes.clock.advance(MINUTE);
    }
}

/// Reads the audit log, then returns the rows about failed sign-ins. Verifies the chain.
fn looked_at(install: &TestInstall) -> Vec<AuditRow> {
    install.call(OWNER, list_audit()).unwrap();
    written(install)
}

fn written(install: &TestInstall) -> Vec<AuditRow> {
    install.audit().into_iter().filter(|row| row.verb == VERB).collect()
}

fn tries(row: &AuditRow) -> u64 {
    serde_json::from_str::<serde_json::Value>(&row.details).unwrap()["tries"].as_u64().unwrap()
}

fn counted(install: &TestInstall) -> i64 {
    install.raw_connection().query_row("SELECT count(*) FROM failed_sign_ins", [], |r| r.get(0)).unwrap()
}

#[test]
fn failed_sign_ins_are_one_row_that_a_success_leaves() {
    let install = TestInstall::with_accounts();
    let member = install.account_named("member");
    fail(&install, &install.backend, "member", 5);
    assert_eq!(written(&install), [], "added up first");
    try_once(&install.backend, "member", PASSWORD).unwrap();
    let rows = looked_at(&install);
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.name.as_str(), row.account.as_str(), row.proof.as_str()), ("uid 1000", "", "not proved"));
    assert_eq!((row.target.as_str(), row.target_name.as_str()), (member.id.to_string().as_str(), "member"));
    assert_eq!(row.details, r#"{"first":"2026-11-21T09:30:00Z","last":"2026-11-21T09:34:00Z","tries":5}"#);
    assert_eq!(looked_at(&install), rows, "written once");
    let filter = AuditFilter::parse("verb:sign-in target:member by:uid");
    let found = install.call(OWNER, ListAudit { filter, ..list_audit() }).unwrap();
    assert_eq!(found.rows.len(), 1);
}

#[test]
fn failed_sign_ins_are_written_by_the_next_one_when_nobody_looks() {
    let install = TestInstall::with_accounts();
    fail(&install, &install.backend, "member", 61);
    let rows = written(&install);
    assert_eq!(rows.iter().map(tries).collect::<Vec<_>>(), [11, 11, 11, 11, 11], "a row each ten minutes");
    assert_eq!(looked_at(&install).iter().map(tries).sum::<u64>(), 61, "none is lost");
}

/// Someone who keeps reading the log causes a row per minute, not a row per attempt.
#[test]
fn reading_the_log_adds_no_row_per_failure() {
    let install = TestInstall::with_accounts();
    for n in 0..30 {
        fail_at_once(&install, &format!("nobody{n}"));
        install.call(OWNER, WaitForChanges::default()).unwrap();
        install.fakes.clock.advance(SECOND);
    }
    assert_eq!(written(&install).iter().map(tries).collect::<Vec<_>>(), [1]);
    install.fakes.clock.advance(MINUTE);
    assert_eq!(looked_at(&install).iter().map(tries).collect::<Vec<_>>(), [1, 29]);
}

fn fail_at_once(install: &TestInstall, who: &str) {
    assert_error(try_once(&install.backend, who, "wrong horse battery"), Kind::Unauthenticated);
}

/// Names without an account share one row and aren't stored: such a name may be a password, typed in the wrong field.
#[test]
fn unknown_names_are_added_up_and_not_kept() {
    let install = TestInstall::with_accounts();
    let gone = install.account("gone", Role::Member);
    install.set_account_enabled(gone.id, false);
    for n in 0..300 {
        fail_at_once(&install, &format!("correct-horse-{n}"));
    }
    assert_error(try_once(&install.backend, "gone", PASSWORD), Kind::Unauthenticated);
    assert_eq!(counted(&install), 2);
    let counts: Vec<_> = looked_at(&install).iter().map(|row| (row.target_name.clone(), tries(row))).collect();
    assert_eq!(counts, [("an unknown name".to_owned(), 300), ("gone".to_owned(), 1)]);
    let file = std::fs::read(install.temp_store.path()).unwrap();
    let wal = std::fs::read(install.temp_store.path().with_extension("db-wal")).unwrap_or_default();
    let typed = b"correct-horse-7";
    assert!(![file, wal].iter().any(|bytes| bytes.windows(typed.len()).any(|w| w == typed)));
}

/// Unlimited names and sources give a bounded number of rows, and no attempt is missing from the count.
#[test]
fn flood_of_names_and_sources_is_bounded() {
    let install = TestInstall::with_accounts();
    let before = install.audit().len();
    for n in 0..200 {
        let from = face(&install, Face::Tui, &format!("192.0.2.{n}{}", "x".repeat(1_000)));
        assert_error(try_once(&from, if n % 2 == 0 { "member" } else { "viewer" }, "wrong"), Kind::Unauthenticated);
    }
    assert!(counted(&install) <= 65, "{}", counted(&install));
    for _ in 0..10 {
        install.fakes.clock.advance(MINUTE);
        looked_at(&install);
    }
    let rows = written(&install);
    assert_eq!((rows.iter().map(tries).sum::<u64>(), rows.len()), (200, 65));
    assert_eq!(install.audit().len(), before + 65);
    assert!(rows.iter().any(|row| row.target_name == "other names" && row.name == "several sources"));
    assert!(rows.iter().all(|row| row.name.len() <= 64 && row.face == "tui"));
    install.fakes.clock.advance(10 * MINUTE);
    fail_at_once(&install, "member");
    looked_at(&install);
    assert!(counted(&install) <= 2, "what has been quiet since is forgotten");
}

/// The source is the peer, not the face: trying another face on the same machine doesn't avoid the delay. Another
/// peer's success clears no other count.
#[test]
fn delay_is_counted_by_peer_for_every_face() {
    let install = TestInstall::with_accounts();
    let screens = face(&install, Face::Tui, "uid 1000");
    let other = face(&install, Face::Cli, "uid 1001");
    assert_error(try_once(&install.backend, "member", "wrong"), Kind::Unauthenticated);
    assert!(assert_error(try_once(&screens, "member", PASSWORD), Kind::Unauthenticated).retry_after.is_some());
    try_once(&other, "member", PASSWORD).unwrap();
    assert!(assert_error(try_once(&screens, "member", PASSWORD), Kind::Unauthenticated).retry_after.is_some());
    assert_eq!(looked_at(&install).iter().map(tries).sum::<u64>(), 1, "having to wait is no try");
}

/// A clock that was set back loses no row and delays none.
#[test]
fn clock_set_back_delays_no_row() {
    let install = TestInstall::with_accounts();
    fail(&install, &install.backend, "member", 2);
    looked_at(&install);
    install.fakes.clock.advance(-HOUR);
    // The first has to wait once more, which doesn't count as an attempt.
    fail(&install, &install.backend, "member", 2);
    assert_eq!(looked_at(&install).iter().map(tries).sum::<u64>(), 3);
}
