//! No request begun after a revocation has returned is accepted. This holds for any program that makes the change,
//! and under any load of the service.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use jeton::domain::api_selection::Selection;
use jeton::domain::name::TokenName;
use jeton::domain::token::{TokenId, TokenRef};
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::local_backend::{ClientInfo, LocalBackend};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{CreateToken, DisableTokens, RegenerateToken, RevokeTokens, TokenTarget};

use super::new_install;
use crate::support::fakes::{Fakes, OWNER, client_info, create, credential};
use crate::support::service_process::ServiceProcess;

const STORE: &str = "JETON_REVOKING_STORE";
const TOKENS: &str = "JETON_REVOKING_TOKENS";
const CONNECTIONS: usize = 32;

/// Revokes the given tokens one after the other, each when a line arrives on stdin, and confirms each. Runs only as a
/// separate program started by another test, from this same binary.
#[test]
fn revoker_child() {
    let Some(store) = std::env::var_os(STORE).map(PathBuf::from) else { return };
    let tokens = std::env::var(TOKENS).unwrap();
    let fakes = Fakes::seeded(99);
    fakes.clock.set(jeton::verbs::ports::Clock::now(&*jeton::platform::adapters().clock));
    let caller = ClientInfo { max_wait: Duration::from_secs(60), ..client_info() };
    let jeton = LocalBackend::new(SqliteStore::open(&store, OpenMode::Existing).unwrap(), fakes.adapters(), caller);
    let owner = credential(OWNER);
    for (n, id) in tokens.split(' ').enumerate() {
        let token = TokenTarget { reference: TokenRef::Id(TokenId::parse(id).unwrap()), expected_revision: None };
        match n % 3 {
            0 => drop(call(&jeton, &owner, DisableTokens { tokens: vec![token] }).unwrap()),
            1 => {
                let verb = RegenerateToken { token, grace: None, expires: None };
                drop(call(&jeton, &owner, verb).unwrap());
            }
            _ => {
                let verb = RevokeTokens {
                    tokens: vec![token],
                    with_made: false,
                    expected_made: None,
                    confirmation: format!("t{n}"),
                };
                drop(call(&jeton, &owner, verb).unwrap());
            }
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nREVOKED {n}").and_then(|()| out.flush()).unwrap();
    }
}

#[test]
fn request_after_a_revocation_is_denied() {
    let count = if std::env::var_os("JETON_SOAK").is_some() { 1_000 } else { 200 };
    let install = new_install();
    let names = (0..count).map(|n| TokenName::parse(&format!("t{n}")).unwrap()).collect();
    let selection = Selection::Inherit;
    let issued = install.call(OWNER, CreateToken { names, selection, ..create("x") }).unwrap().value;
    let secrets: Vec<String> = issued.iter().map(super::secret_text).collect();
    let ids: Vec<String> = issued.iter().map(|i| i.token.id.to_string()).collect();
    let service = ServiceProcess::start(&install.temp_store.path());

    // Shared by all clients: the tokens revoked so far.
    let revoked: Vec<AtomicBool> = secrets.iter().map(|_| AtomicBool::new(false)).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (allowed, denied) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let path = install.temp_store.path();
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let (secrets, revoked, next, done) = (&secrets, &revoked, &next, &done);
            let (allowed, denied, mut client) = (&allowed, &denied, service.client());
            scope.spawn(move || {
                let mut last_round = false;
                for step in connection.. {
                    // Mostly the token being revoked; the others take turns.
                    let current = next.load(SeqCst);
                    let at = if step % 4 == 3 { step * 7 % count } else { (current + step % 2).min(count - 1) };
                    let was_revoked = revoked[at].load(SeqCst);
                    let method = if step % 2 == 0 { "-" } else { super::METHOD };
                    let status = client.verify(&secrets[at], method).status;
                    assert!([200, 401].contains(&status), "{status}");
                    assert!(!(was_revoked && status == 200), "the {at}th was accepted after its revocation");
                    (if status == 200 { allowed } else { denied }).fetch_add(1, SeqCst);
                    if last_round {
                        return;
                    }
                    last_round = done.load(SeqCst);
                }
            });
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serving::revocation::revoker_child", "--exact", "--nocapture", "--test-threads=1"])
            .env(STORE, &path)
            .env(TOKENS, ids.join(" "))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(n) = line.unwrap().strip_prefix("REVOKED ") {
                let n: usize = n.parse().unwrap();
                revoked[n].store(true, SeqCst);
                next.store((n + 1).min(count - 1), SeqCst);
            }
        }
        done.store(true, SeqCst);
        assert!(child.wait().unwrap().success());
    });
    assert!(revoked.iter().all(|r| r.load(SeqCst)), "not all were revoked");
    let (allowed, denied) = (allowed.into_inner(), denied.into_inner());
    println!("{count} revocations, {allowed} requests accepted, {denied} denied");
    assert!(allowed > CONNECTIONS && denied > CONNECTIONS, "{allowed} and {denied}: too few to have shown anything");
    let mut client = service.client();
    assert!(secrets.iter().all(|secret| client.verify(secret, "-").status == 401));
    service.stop();
}
