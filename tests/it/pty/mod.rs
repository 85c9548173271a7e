//! The real program in a real pseudo-terminal.

mod background;
mod clipboard;
mod concurrent_changes;
mod editor;
mod exits;
mod hostile;
mod lost_server;
mod pager;
mod panics;
mod paste;
mod picker;
mod progress;
mod rendering;
mod session;
mod suspension;
mod wrapping;

use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::{password_of, screens};
use crate::support::pty::{Terminal, program};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");
const NOTHING: &[&str] = &[];

/// If set, the screens go to a service instead of the store, once there is a store.
const OVER_SOCKET: &str = "JETON_IT_OVER_SOCKET";

/// Opens the screens in a home of their own.
fn open_screens(home: &CliHome) -> Terminal {
    open_screens_with(home, &[])
}

/// Opens the screens with more variables in their environment.
fn open_screens_with(home: &CliHome, environment: &[(&str, &str)]) -> Terminal {
    start_screens(home, &[JETON], environment)
}

/// Opens the screens by `command`, to which their options are added.
fn start_screens(home: &CliHome, command: &[&str], environment: &[(&str, &str)]) -> Terminal {
    if std::env::var_os(OVER_SOCKET).is_none() || !home.store().exists() {
        return Terminal::start(program(command[0], &command[1..], &home.path(""), environment));
    }
    let server = home.server();
    let environment = [environment, &[("JETON_SERVER", server.as_str())]].concat();
    // A server tells nobody its only account. A token brings its own.
    let has_token = environment.iter().any(|(name, _)| *name == "JETON_TOKEN");
    let args: &[&str] = if has_token { NOTHING } else { &["--user", "ops"] };
    Terminal::start(program(command[0], &[&command[1..], args].concat(), &home.path(""), &environment))
}

/// The stories of a person on the screens, with a service between the screens and the store.
#[test]
fn stories_pass_over_the_socket() {
    if std::env::var_os(OVER_SOCKET).is_some() {
        return;
    }
    let tests = std::env::current_exe().unwrap();
    let stories = ["session", "concurrent_changes", "exits", "suspension", "paste", "picker"];
    let run = std::process::Command::new(tests)
        .args(stories.map(|story| format!("pty::{story}::")))
        .env(OVER_SOCKET, "1")
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && report.contains("pty::session::"), "{report}");
}

/// Opens the screens and signs in.
pub fn signed_in(home: &CliHome) -> Terminal {
    sign_in(open_screens(home))
}

fn sign_in(mut terminal: Terminal) -> Terminal {
    terminal.shows(screens::SIGN_IN);
    terminal.types(&format!("{PASSWORD}\r"));
    terminal.shows("1 Tokens");
    terminal
}

/// Returns the only secret on the screen, if any: `jtn_`, 8 letters and digits, `_`, 38 of them.
fn secret_in(text: &str) -> Option<String> {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let mut found = runs.filter(|run| {
        let parts: Vec<&str> = run.split('_').collect();
        matches!(parts[..], ["jtn", id, tail] if id.len() == 8 && tail.len() == 38)
    });
    let secret = found.next().map(str::to_owned);
    assert_eq!(found.next(), None, "one secret at most: {text}");
    secret
}

/// Returns a home with one token, `ops/a`. Its screens show no tips: a tip would hide the lines about the token.
pub fn home_with_a_token() -> CliHome {
    let home = CliHome::set_up();
    home.run(&["config", "set", "tips", "no"], "").assert_success();
    home.create(&["a"]);
    home
}

/// Opens the screens with a new secret shown, and returns the secret.
fn showing_secret(home: &CliHome) -> (Terminal, String) {
    show_secret(signed_in(home))
}

fn show_secret(mut t: Terminal) -> (Terminal, String) {
    t.shows("▶   a");
    regenerate(&mut t);
    t.types("v");
    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
    let secret = secret_in(&t.text()).unwrap();
    (t, secret)
}

/// Regenerates the token under the cursor: from the table to its new, masked secret.
fn regenerate(t: &mut Terminal) {
    t.types("r");
    t.shows(screens::REGENERATE);
    t.types("\r");
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
}

/// Asserts that nothing of `secret` remains outside the program's own screen.
#[track_caller]
fn is_gone(t: &Terminal, secret: &str) {
    assert!(!t.text().contains(&secret[13..]) && !t.final_output().contains(&secret[13..]), "{}", t.text());
}
