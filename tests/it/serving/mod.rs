//! `jeton serve`: the real program, queried over HTTP.

mod cache_memory;
mod changes;
mod credential_sources;
mod damaged_token;
mod denial_reasons;
mod hostile_clients;
mod https;
mod introspection;
mod management_api;
mod metrics;
mod openapi_document;
mod possession;
mod repeated_calls;
mod resource_exhaustion;
mod responses;
mod revocation;
mod rollback;
mod secret_destinations;
mod secret_vectors;
mod shutdown;
mod socket_and_proof_faults;
mod store_faults;
mod unanswered_calls;

use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::ExpirySpec;
use jeton::domain::method::MethodId;
use jeton::domain::token::TokenRef;
use jeton::verbs::tokens::{CreateToken, IssuedToken, TokenTarget};

use crate::support::cli_program::{CliOutput, run_to_end};
use crate::support::fakes::{OWNER, TestInstall, create};

/// A method that changes something, and one that no token of these tests may call.
const METHOD: &str = "environment.control.StopEnv";
const OTHER: &str = "environment.control.ListEnvs";
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Returns an installation with the machine's clock, which the service uses too, and an owner without a token limit.
fn new_install() -> TestInstall {
    let install = TestInstall::with_accounts();
    install.fakes.clock.set(jeton::platform::adapters().clock.now());
    install.set_policy(|p| p.active_tokens = 0);
    install
}

fn selection(methods: &[&str]) -> Selection {
    Selection::Custom(methods.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

/// Creates a token of the owner for these methods.
fn issue_with_methods(install: &TestInstall, name: &str, methods: &[&str]) -> IssuedToken {
    install.create(OWNER, CreateToken { selection: selection(methods), ..create(name) })
}

fn secret_text(issued: &IssuedToken) -> String {
    issued.secret.expose(str::to_owned)
}

fn target(issued: &IssuedToken) -> TokenTarget {
    TokenTarget { reference: TokenRef::Id(issued.token.id), expected_revision: None }
}

/// Creates a token that has already expired.
fn issue_expired(install: &TestInstall, name: &str) -> IssuedToken {
    let now = install.now();
    install.fakes.clock.advance(-2 * DAY);
    let issued = install.create(OWNER, CreateToken { expires: Some(ExpirySpec::parse("1d").unwrap()), ..create(name) });
    install.fakes.clock.set(now);
    issued
}

/// Runs the program on the installation's store, authenticated by a token if given.
fn run_cli(install: &TestInstall, token: Option<&str>, args: &[&str], input: &str) -> CliOutput {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jeton"));
    command
        .env_clear()
        .env("HOME", install.temp_store.folder())
        .env("JETON_STORE", install.temp_store.path())
        .args(args);
    if let Some(token) = token {
        command.env("JETON_TOKEN", token);
    }
    run_to_end(command, input.as_bytes())
}

/// Polls until `look` returns `Some`. Each call takes some time, so no sleep is needed.
#[track_caller]
fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let (_nobody, never) = std::sync::mpsc::channel::<()>();
    for _ in 0..400 {
        if let Some(found) = look() {
            return found;
        }
        let _ = never.recv_timeout(std::time::Duration::from_millis(25));
    }
    panic!("it doesn't come")
}
