//! The real program in a real pseudo-terminal: the story, every way out, other sizes, pastes.

use std::os::unix::fs::MetadataExt;

use crate::support::program::{Home, PASSWORD};
use crate::support::pty::{End, Terminal, program};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");
const NOTHING: &[&str] = &[];

/// The screens, in a home of their own.
fn screens(home: &Home) -> Terminal {
    Terminal::start(program(JETON, NOTHING, &home.path(""), &[]))
}

/// The screens, signed in.
fn signed_in(home: &Home) -> Terminal {
    let mut terminal = screens(home);
    terminal.shows("Sign in to jeton");
    terminal.types(&format!("{PASSWORD}\r"));
    terminal.shows("ops@");
    terminal.shows("· owner");
    terminal
}

/// The one secret on the screen, if there is one: `jtn_`, 8 letters and digits, `_`, 38 of them.
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

#[test]
fn the_main_job_from_the_first_run_to_the_end() {
    let home = Home::new();
    let mut t = screens(&home);
    t.shows("Welcome to jeton");
    t.types(&format!("ops\r{PASSWORD}\r{PASSWORD}\r"));
    t.types("\r\r\r");
    t.shows("NAME");
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(std::fs::metadata(home.store()).unwrap().mode() & 0o777, 0o600);

    let mut t = signed_in(&home);
    t.types("n");
    t.shows("Generate a token");
    // Name, no description, 30 d instead of 90, the first API set.
    t.types("ci-deploy\r\r");
    t.types("h\r");
    t.types("l");
    t.shows("(•) ");
    t.types("\r\r");
    t.shows("Password of ops");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("Token ci-deploy is ready");
    assert_eq!(secret_in(&t.text()), None, "masked at first");
    t.types("v");
    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
    let secret = secret_in(&t.text()).unwrap();
    t.types("v");
    t.lacks(&secret[13..]);
    t.types("s");
    t.shows("New file");
    t.types("\x15ci.token\r");
    t.shows("saved to");
    let saved = home.path("ci.token");
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), format!("{secret}\n"));
    assert_eq!(std::fs::metadata(&saved).unwrap().mode() & 0o777, 0o600);
    assert_eq!(home.verify(&secret), 0);
    t.types("\x1b");
    t.lacks("is ready");
    t.shows("token create");

    t.types("/nothing-like-it");
    t.lacks("ci-deploy  ");
    t.types("\x15ci-d");
    t.shows("▶ ci-deploy");
    t.types("\r");
    t.types("x");
    t.shows("Remove ops/ci-deploy");
    t.types(&format!("ci-depluy\r{PASSWORD}\r"));
    t.types("l\r");
    t.shows("Type the name exactly");
    assert_eq!(home.verify(&secret), 0, "a wrong name removes nothing");
    t.types("\x15ci-deploy\r\rl\r");
    t.shows("ci-deploy revoked");
    t.lacks("▶ ci-deploy");
    assert_eq!(home.verify(&secret), 4);
    t.types("\x1b");
    t.shows("No tokens yet");
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(home.as_ops(&["token", "list", "--trash", "--quiet"]).out, "ops/ci-deploy\n");
}
