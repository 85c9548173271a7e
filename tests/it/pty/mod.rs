//! The real program in a real pseudo-terminal.

mod clipboard;
mod concurrent_changes;
mod exits;
mod hostile;
mod panics;
mod paste;
mod picker;
mod rendering;
mod session;
mod suspension;

use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::{password_of, screens};
use crate::support::pty::{Terminal, program};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");
const NOTHING: &[&str] = &[];

/// Opens the screens in a home of their own.
fn open_screens(home: &CliHome) -> Terminal {
    Terminal::start(program(JETON, NOTHING, &home.path(""), &[]))
}

/// Opens the screens and signs in.
pub fn signed_in(home: &CliHome) -> Terminal {
    let mut terminal = open_screens(home);
    terminal.shows(screens::SIGN_IN);
    terminal.types(&format!("{PASSWORD}\r"));
    terminal.shows("ops@");
    terminal.shows("· owner");
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

/// Returns a home with one token, `ops/a`.
pub fn home_with_a_token() -> CliHome {
    let home = CliHome::set_up();
    home.create(&["a"]);
    home
}

/// Opens the screens with a new secret shown, and returns the secret.
fn showing_secret(home: &CliHome) -> (Terminal, String) {
    let mut t = signed_in(home);
    t.shows("▶   a");
    regenerate(&mut t);
    t.types("v");
    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
    let secret = secret_in(&t.text()).unwrap();
    (t, secret)
}

/// Regenerates the token under the cursor: from the table to its new, masked secret.
fn regenerate(t: &mut Terminal) {
    t.types("r\r");
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
}

/// Asserts that nothing of `secret` remains outside the program's own screen.
#[track_caller]
fn is_gone(t: &Terminal, secret: &str) {
    assert!(!t.text().contains(&secret[13..]) && !t.final_output().contains(&secret[13..]), "{}", t.text());
}
