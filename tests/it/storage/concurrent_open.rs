//! Several programs on one store.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use jeton::error::Kind;
use jeton::platform::stop_between_writes;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::{LoginAttemptKey, Store};
use jeton::verbs::request::call;
use jeton::verbs::verify::Decision;

use super::{child_command, child_store, wait_for_output};
use crate::support::fakes::{
    Fakes, OWNER, START, TempStore, TestInstall, audit_rows, backend, create, credential, entry, tester,
};
use jeton::verbs::audited::Audited;

#[test]
fn threads_create_one_store() {
    for _ in 0..12 {
        let temp_store = TempStore::new();
        let path = temp_store.folder().join("new/jeton.db");
        let start = Arc::new(Barrier::new(4));
        let makers: Vec<_> = (0..4)
            .map(|_| {
                let (path, start) = (path.clone(), start.clone());
                std::thread::spawn(move || {
                    start.wait();
                    SqliteStore::open(&path, OpenMode::Create).and_then(|s| s.read(|s| s.accounts()))
                })
            })
            .collect();
        for maker in makers {
            assert_eq!(maker.join().unwrap(), Ok(Vec::new()));
        }
        assert_eq!(crate::support::integrity(&path).unwrap(), "ok");
    }
}

/// Creates the store once its parent gives the signal, and changes it.
#[test]
fn maker_child() {
    let Some(path) = child_store() else { return };
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let store = SqliteStore::open(&path, OpenMode::Create).unwrap();
    for _ in 0..10 {
        store.write(&tester(), &|| START, |_, _| Ok(Audited::one((), entry("x")))).unwrap();
    }
}

#[test]
fn processes_create_one_store_and_lose_nothing() {
    use std::io::Write;
    for _ in 0..12 {
        let temp_store = TempStore::new();
        let mut makers: Vec<_> = (0..4)
            .map(|_| {
                let mut command = child_command("storage::concurrent_open::maker_child", &temp_store.path());
                command.stdin(std::process::Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for maker in &mut makers {
            maker.stdin.take().unwrap().write_all(b"go\n").unwrap();
        }
        makers.into_iter().for_each(|m| drop(wait_for_output(m)));
        let store = SqliteStore::open(&temp_store.path(), OpenMode::Existing).unwrap();
        assert_eq!(crate::support::integrity(store.path()).unwrap(), "ok");
        assert_eq!(audit_rows(&store).len(), 40);
    }
}

/// Another program holds the write lock: every kind of write reports it within its timeout and changes nothing, and
/// reads keep working. The timeout of 10 s is the production one; all writes wait in parallel.
#[test]
fn busy_store_reports_itself_and_still_reads() {
    let install = TestInstall::new();
    let issued = install.issue(OWNER, "x");
    let rows = install.audit();
    let other = install.raw_connection();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let path = &install.temp_store.path();
    let open = || SqliteStore::open(path, OpenMode::Existing).unwrap();
    std::thread::scope(|scope| {
        let secret = &issued.secret;
        let waiting = [
            scope.spawn(move || open().write(&tester(), &|| START, |_, _| Ok(Audited::one((), entry("x")))).map(drop)),
            scope.spawn(move || open().write_usage(|b| b.clear_login_attempts(&LoginAttemptKey([0; 32])))),
            scope.spawn(move || {
                let from = jeton::verbs::verify::Origin { address: "", client: "" };
                let decision = secret.expose(|s| jeton::verbs::verify::verify(&open(), s, None, START, from));
                decision.map(|d| assert!(!matches!(d, Decision::Allowed(_)), "allowed, but not recorded"))
            }),
            scope.spawn(move || {
                let jeton = backend(path, Fakes::seeded(9).adapters());
                call(&jeton, &credential(OWNER), create("y")).map(drop)
            }),
        ];
        assert_eq!(open().read(|s| s.accounts()).unwrap().len(), 1, "reading waits for nobody");
        for waiting in waiting {
            let error = waiting.join().unwrap().unwrap_err();
            assert_eq!(error.kind, Kind::Failure);
            insta::allow_duplicates! { insta::assert_snapshot!(error.what, @"the store is busy: another program keeps it locked"); }
        }
    });
    drop(other);
    assert_eq!(install.audit(), rows);
    install.issue(OWNER, "y");
}

/// An attacker with the file and another program could leave a trigger for an owner's next change to run.
#[test]
fn foreign_triggers_and_views_do_not_run() {
    let install = TestInstall::with_accounts();
    install
        .raw_connection()
        .execute_batch(
            "CREATE TRIGGER slipped AFTER INSERT ON tokens BEGIN
                 UPDATE accounts SET role = 'owner' WHERE username = 'member';
             END;
             CREATE TRIGGER quieted BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END;
             CREATE TRIGGER revived AFTER UPDATE ON tokens BEGIN UPDATE tokens SET enabled = 1 WHERE id = new.id; END;",
        )
        .unwrap();
    let rows = install.audit().len();
    let issued = install.issue("member", "x");
    let off =
        jeton::verbs::tokens::DisableTokens { tokens: vec![jeton::verbs::tokens::TokenTarget::by_reference("x")] };
    install.call("member", off).unwrap();
    assert_eq!(install.account_named("member").role, jeton::domain::role::Role::Member);
    assert!(!install.token(issued.token.id).enabled);
    assert_eq!(install.audit().len(), rows + 2);
    // Without our settings, those triggers would have run:
    install.raw_connection().execute("UPDATE tokens SET enabled = 0", []).unwrap();
    assert!(install.token(issued.token.id).enabled);
}

/// A service waits only as long as its timeout, counted from its first read of the store.
#[test]
fn open_for_service_waits_for_its_timeout_only() {
    let install = TestInstall::new();
    let path = install.temp_store.path();
    drop(install.backend);
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT").unwrap();
    let (opened, output) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        opened.send(SqliteStore::open(&path, OpenMode::Service(Duration::from_millis(10))).is_ok())
    });
    assert_eq!(output.recv_timeout(Duration::from_secs(6)), Ok(false), "others wait 10 s");
}

#[test]
fn program_is_stopped_between_write_transactions_only() {
    let install = TestInstall::new();
    let (stops, stopped) = std::sync::mpsc::channel();
    let stopping = install.backend.store().write_usage(|_| {
        let stopping = std::thread::spawn({
            let stops = stops.clone();
            move || stop_between_writes::between_writes(|| stops.send(()).unwrap())
        });
        while !stop_between_writes::is_stopping() {
            std::thread::yield_now();
        }
        assert!(stopped.try_recv().is_err(), "a write transaction is open");
        Ok(stopping)
    });
    stopping.unwrap().join().unwrap();
    assert!(stopped.try_recv().is_ok());
    install.issue(OWNER, "afterwards");
}
