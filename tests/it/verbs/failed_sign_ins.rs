//! Failed sign-ins in the audit log: one row for many, and a bounded number of rows.

use super::*;
use jeton::domain::audit::{AuditRow, Face};
use jeton::domain::time::MINUTE;

const VERB: &str = "sign-in.failed";

/// Returns a face of the house with connections from `source`.
fn face(house: &TestInstall, face: Face, source: &str) -> LocalBackend<SqliteStore> {
    let store = SqliteStore::open(&house.temp_store.path()).unwrap();
    LocalBackend::new(
        store,
        house.fakes.adapters(),
        ClientInfo { face, source: source.to_owned(), max_wait: Duration::ZERO },
    )
}

fn try_once(jeton: &dyn Backend, who: &str, with: &str) -> Result<Session> {
    call(jeton, &Credential::from_password(username(who), typed(with)), SignIn)
}

/// Fails `times` times, a minute apart.
fn fail(house: &TestInstall, jeton: &dyn Backend, who: &str, times: u32) {
    for _ in 0..times {
        refused(try_once(jeton, who, "wrong horse battery"), Kind::Unauthenticated);
        house.fakes.clock.advance(MINUTE);
    }
}

/// Reads the audit log, then returns the rows about failed sign-ins. Verifies the chain.
fn looked_at(house: &TestInstall) -> Vec<AuditRow> {
    house.call(OWNER, list_audit()).unwrap();
    written(house)
}

fn written(house: &TestInstall) -> Vec<AuditRow> {
    house.audit().into_iter().filter(|row| row.verb == VERB).collect()
}

fn tries(row: &AuditRow) -> u64 {
    serde_json::from_str::<serde_json::Value>(&row.details).unwrap()["tries"].as_u64().unwrap()
}

fn counted(house: &TestInstall) -> i64 {
    house.raw_connection().query_row("SELECT count(*) FROM failed_sign_ins", [], |r| r.get(0)).unwrap()
}

#[test]
fn failed_sign_ins_are_one_row_that_a_success_leaves() {
    let house = TestInstall::with_accounts();
    let member = house.account_named("member");
    fail(&house, &house.backend, "member", 5);
    assert_eq!(written(&house), [], "added up first");
    try_once(&house.backend, "member", PASSWORD).unwrap();
    let rows = looked_at(&house);
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.name.as_str(), row.account.as_str(), row.proof.as_str()), ("uid 1000", "", "not proved"));
    assert_eq!((row.target.as_str(), row.target_name.as_str()), (member.id.to_string().as_str(), "member"));
    assert_eq!(row.details, r#"{"first":"2026-11-21T09:30:00Z","last":"2026-11-21T09:34:00Z","tries":5}"#);
    assert_eq!(looked_at(&house), rows, "told once");
    let filter = AuditFilter::parse("verb:sign-in target:member by:uid");
    let found = house.call(OWNER, ListAudit { filter, ..list_audit() }).unwrap();
    assert_eq!(found.rows.len(), 1);
}

#[test]
fn failed_sign_ins_are_written_by_the_next_one_when_nobody_looks() {
    let house = TestInstall::with_accounts();
    fail(&house, &house.backend, "member", 61);
    let rows = written(&house);
    assert_eq!(rows.iter().map(tries).collect::<Vec<_>>(), [11, 11, 11, 11, 11], "a row each ten minutes");
    assert_eq!(looked_at(&house).iter().map(tries).sum::<u64>(), 61, "none is lost");
}

/// Someone who keeps reading the log causes a row per minute, not a row per try.
#[test]
fn looking_does_not_make_a_row_of_each() {
    let house = TestInstall::with_accounts();
    for n in 0..30 {
        fail_at_once(&house, &format!("nobody{n}"));
        house.call(OWNER, AuditHead).unwrap();
        house.fakes.clock.advance(SECOND);
    }
    assert_eq!(written(&house).iter().map(tries).collect::<Vec<_>>(), [1]);
    house.fakes.clock.advance(MINUTE);
    assert_eq!(looked_at(&house).iter().map(tries).collect::<Vec<_>>(), [1, 29]);
}

fn fail_at_once(house: &TestInstall, who: &str) {
    refused(try_once(&house.backend, who, "wrong horse battery"), Kind::Unauthenticated);
}

/// Names without an account share one row and aren't stored: such a name may be a password, typed in the wrong field.
#[test]
fn unknown_names_are_added_up_and_not_kept() {
    let house = TestInstall::with_accounts();
    let gone = house.account("gone", Role::Member);
    house.set_account_enabled(gone.id, false);
    for n in 0..300 {
        fail_at_once(&house, &format!("correct-horse-{n}"));
    }
    refused(try_once(&house.backend, "gone", PASSWORD), Kind::Unauthenticated);
    assert_eq!(counted(&house), 2);
    let told: Vec<_> = looked_at(&house).iter().map(|row| (row.target_name.clone(), tries(row))).collect();
    assert_eq!(told, [("an unknown name".to_owned(), 300), ("gone".to_owned(), 1)]);
    let file = std::fs::read(house.temp_store.path()).unwrap();
    let wal = std::fs::read(house.temp_store.path().with_extension("db-wal")).unwrap_or_default();
    let typed = b"correct-horse-7";
    assert!(![file, wal].iter().any(|bytes| bytes.windows(typed.len()).any(|w| w == typed)));
}

/// Unlimited names and sources give a bounded number of rows, and no try is missing from the count.
#[test]
fn a_flood_of_names_and_sources_is_bounded() {
    let house = TestInstall::with_accounts();
    let before = house.audit().len();
    for n in 0..200 {
        let from = face(&house, Face::Tui, &format!("192.0.2.{n}{}", "x".repeat(1_000)));
        refused(try_once(&from, if n % 2 == 0 { "member" } else { "viewer" }, "wrong"), Kind::Unauthenticated);
    }
    assert!(counted(&house) <= 65, "{}", counted(&house));
    for _ in 0..10 {
        house.fakes.clock.advance(MINUTE);
        looked_at(&house);
    }
    let rows = written(&house);
    assert_eq!((rows.iter().map(tries).sum::<u64>(), rows.len()), (200, 65));
    assert_eq!(house.audit().len(), before + 65);
    assert!(rows.iter().any(|row| row.target_name == "other names" && row.name == "several sources"));
    assert!(rows.iter().all(|row| row.name.len() <= 64 && row.face == "tui"));
    house.fakes.clock.advance(10 * MINUTE);
    fail_at_once(&house, "member");
    looked_at(&house);
    assert!(counted(&house) <= 2, "what has been quiet since is forgotten");
}

/// The source is the peer, not the face: trying another face on the same machine doesn't avoid the delay. Another
/// peer's success clears no other count.
#[test]
fn the_wait_is_counted_by_peer_whatever_the_face() {
    let house = TestInstall::with_accounts();
    let screens = face(&house, Face::Tui, "uid 1000");
    let other = face(&house, Face::Cli, "uid 1001");
    refused(try_once(&house.backend, "member", "wrong"), Kind::Unauthenticated);
    assert!(refused(try_once(&screens, "member", PASSWORD), Kind::Unauthenticated).retry_after.is_some());
    try_once(&other, "member", PASSWORD).unwrap();
    assert!(refused(try_once(&screens, "member", PASSWORD), Kind::Unauthenticated).retry_after.is_some());
    assert_eq!(looked_at(&house).iter().map(tries).sum::<u64>(), 1, "having to wait is no try");
}

/// A clock that was set back loses no row and delays none.
#[test]
fn a_clock_set_back_holds_up_no_trace() {
    let house = TestInstall::with_accounts();
    fail(&house, &house.backend, "member", 2);
    looked_at(&house);
    house.fakes.clock.advance(-HOUR);
    // The first has to wait once more, which doesn't count as a try.
    fail(&house, &house.backend, "member", 2);
    assert_eq!(looked_at(&house).iter().map(tries).sum::<u64>(), 3);
}
