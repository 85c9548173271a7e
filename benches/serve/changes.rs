//! Accounts that change tokens with their passwords, while the service verifies tokens.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use jeton::demo;
use jeton::domain::api_selection::Selection;
use jeton::domain::name::{Description, TokenName, Username};
use jeton::domain::password::Password;
use jeton::domain::role::Role;
use jeton::domain::token::TokenRef;
use jeton::error::Result;
use jeton::remote_backend::RemoteBackend;
use jeton::service::server_address::{ServerAddress, ServerConnection};
use jeton::verbs::accounts::ListAccounts;
use jeton::verbs::credential::Credential;
use jeton::verbs::request::{RequestVerb, call};
use jeton::verbs::tokens::{CreateToken, EditToken, TokenTarget};

/// Changes a second that are asked for. Each hashes a password.
pub const WRITES_PER_SECOND: u32 = 50;
/// Number of accounts that take turns. Sign-ins of one account at the same time would be refused.
const WRITERS: u32 = 8;
/// The token that each of them changes.
const CHANGED: &str = "changed-under-load";

/// Somebody at the management socket.
struct Person {
    server: RemoteBackend,
    username: Username,
}

impl Person {
    fn at(socket: &Path, username: Username) -> Self {
        let server = ServerConnection::new(ServerAddress::parse(&format!("unix:{}", socket.display())).unwrap());
        let login = TokenName::parse("cli-bench").unwrap();
        let server = RemoteBackend::new(server, login, &jeton::platform::adapters(), Duration::ZERO);
        Person { server, username }
    }

    fn call<V: RequestVerb>(&self, verb: V) -> Result<V::Reply> {
        let password = Password::from_raw(demo::PASSWORD.to_owned().into());
        call(&self.server, &Credential::from_password(self.username.clone(), password), verb)
    }
}

/// The result of [`while_writing`].
pub struct Writes {
    pub done: u64,
    pub failed: u64,
}

/// Runs `measure` while accounts change tokens of their own through the management socket. Returns both results.
pub fn while_writing<T>(socket: &Path, measure: impl FnOnce() -> T) -> (T, Writes) {
    let (is_over, done, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let owner = Person::at(socket, Username::parse("demo").unwrap());
    let accounts = owner.call(ListAccounts).unwrap().accounts.into_iter().map(|listed| listed.account);
    let members: Vec<Person> = accounts
        .filter(|account| account.role == Role::Member)
        .take(WRITERS as usize)
        .map(|account| Person::at(socket, account.username))
        .collect();
    let interval = Duration::from_secs(1) * WRITERS / WRITES_PER_SECOND;
    let measured = thread::scope(|scope| {
        for (number, member) in members.iter().enumerate() {
            let (is_over, done, failed) = (&is_over, &done, &failed);
            scope.spawn(move || {
                // An earlier run may have made the token.
                let _ = member.call(new_token());
                let mut next = Instant::now() + interval * number as u32 / WRITERS;
                for change in 0.. {
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                    next += interval;
                    if is_over.load(Relaxed) {
                        break;
                    }
                    match member.call(edit(change)) {
                        Ok(_) => drop(done.fetch_add(1, Relaxed)),
                        Err(error) if failed.fetch_add(1, Relaxed) == 0 => println!("a change failed: {error}"),
                        Err(_) => {}
                    }
                }
            });
        }
        let measured = measure();
        is_over.store(true, Relaxed);
        measured
    });
    (measured, Writes { done: done.into_inner(), failed: failed.into_inner() })
}

fn new_token() -> CreateToken {
    CreateToken {
        account: None,
        names: vec![TokenName::parse(CHANGED).unwrap()],
        description: Description::none(),
        expires: None,
        selection: Selection::Inherit,
        expected_unused: false,
    }
}

fn edit(change: u32) -> EditToken {
    let target = TokenTarget { reference: TokenRef::Text(CHANGED.to_owned()), expected_revision: None };
    let description = Description::parse(&format!("change {change}")).unwrap();
    EditToken { description: Some(description), ..EditToken::new(target) }
}
