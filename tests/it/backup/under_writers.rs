//! Backups while four writers change the store and a service serves it.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jeton::error::Kind;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::audit::{AuditRange, VerifyAuditChain};
use jeton::verbs::credential::Credential;
use jeton::verbs::local_backend::{ClientInfo, LocalBackend};
use jeton::verbs::ports::Store;
use jeton::verbs::request::call;

use crate::support::cli_program::{CliHome, run_to_end};
use crate::support::fakes::{Fakes, OWNER, TestInstall, client_info, create, credential};
use crate::support::service_process::ServiceProcess;

const WRITERS: u64 = 4;

/// Returns the number of backups: 200 with `JETON_SOAK`, a fraction of them otherwise.
fn backups() -> usize {
    if std::env::var_os("JETON_SOAK").is_some() { 200 } else { 6 }
}

/// Ends the other threads, also when this one panics.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn each_backup_has_every_change_acknowledged_before_it_began() {
    let (home, install) = (CliHome::new(), TestInstall::new());
    install.set_policy(|policy| {
        policy.active_tokens = 0;
        policy.kept_tokens = 0;
    });
    let path = install.temp_store.path();
    let secret = install.issue(OWNER, "busy").secret.expose(str::to_owned);
    let service = ServiceProcess::start(&path);
    let (newest, is_done) = (AtomicI64::new(0), AtomicBool::new(false));
    let (mut sizes, refused) = (HashSet::new(), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let _end = EndOnDrop(&is_done);
        for number in 0..WRITERS {
            let (path, newest, is_done) = (&path, &newest, &is_done);
            scope.spawn(move || {
                let store = SqliteStore::open(path, OpenMode::Existing).unwrap();
                let caller = ClientInfo { source: format!("writer {number}"), ..client_info() };
                let jeton = LocalBackend::new(store, Fakes::seeded(number + 1_000).adapters(), caller);
                for step in 0.. {
                    if is_done.load(Ordering::SeqCst) {
                        break;
                    }
                    match call(&jeton, &credential(OWNER), create(&format!("n{number}-{step}"))) {
                        Ok(made) => drop(newest.fetch_max(made.audit_seq, Ordering::SeqCst)),
                        // While another writer signs in, its try counts as a failure.
                        Err(e) => assert_eq!(e.kind, Kind::Unauthenticated, "{e}"),
                    }
                }
            });
        }
        let (service, secret, refused, is_done_of_client) = (&service, &secret, &refused, &is_done);
        scope.spawn(move || {
            let mut client = service.client();
            while !is_done_of_client.load(Ordering::SeqCst) {
                let answer = client.verify(secret, "-");
                if answer.status != 200 {
                    refused.lock().unwrap().push(format!("{answer:?}"));
                }
            }
        });
        for number in 0..backups() {
            let acknowledged = newest.load(Ordering::SeqCst);
            let file = home.path(&format!("{number}.db"));
            let mut command = home.command(&["backup", "--json", "--store"]);
            command.arg(&path).arg(&file);
            let answer = run_to_end(command, b"").assert_success().json();
            assert!(answer["seq"].as_i64() >= Some(acknowledged), "{acknowledged} {answer}");
            let copy = SqliteStore::open(&file, OpenMode::Copy).unwrap();
            assert_eq!(copy.integrity_error().unwrap(), None);
            let tip = copy.read(|s| s.audit_tip()).unwrap();
            assert_eq!(answer["seq"].as_i64(), Some(tip.seq));
            let copy = LocalBackend::new(copy, Fakes::new().adapters(), client_info());
            let verb = VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart };
            assert!(call(&copy, &Credential::Store, verb).unwrap().checkpoint.is_some());
            sizes.insert(tip.seq);
            std::fs::remove_file(file).unwrap();
        }
    });
    assert!(sizes.len() * 2 > backups(), "the writers stood still: {sizes:?}");
    // The log has the reason, but is complete only now.
    let log = service.stop();
    assert_eq!(refused.into_inner().unwrap(), Vec::<String>::new(), "{log}");
}
