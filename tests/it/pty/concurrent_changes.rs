//! Two programs on one store, one of them the screens in a real pseudo-terminal.

use super::{open_screens, open_screens_with};
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::screens;
use crate::support::pty::End;

/// Returns the row under the cursor.
fn current(text: &str) -> String {
    text.lines().find(|line| line.contains('▶')).unwrap_or_default().to_owned()
}

#[test]
fn change_by_a_command_appears_without_a_key_and_keeps_the_cursor() {
    let home = CliHome::set_up();
    for name in ["bravo", "delta"] {
        home.create(&[name]);
    }
    let mut terminal = open_screens(&home);
    terminal.shows(screens::SIGN_IN);
    terminal.types(&format!("{PASSWORD}\r"));
    terminal.shows("delta");
    terminal.types("j");
    terminal.wait("the cursor on delta", |s| current(&s.contents()).contains("delta"));
    home.create(&["alpha"]);
    terminal.shows("alpha");
    home.as_ops(&["token", "disable", "delta"]).assert_success();
    terminal.wait("delta disabled under the cursor", |s| {
        let row = current(&s.contents());
        row.contains("delta") && row.contains("disabled")
    });
    terminal.types("q");
    terminal.ends_restored(End::Code(0));
}

#[test]
fn disabling_a_token_ends_the_screens_it_opened() {
    let home = CliHome::set_up();
    let secret = home.create(&["bearer", "--method", "jeton.tokens.read", "--expires", "1d"]);
    let environment = [("JETON_TOKEN", secret.as_str())];
    let mut terminal = open_screens_with(&home, &environment);
    terminal.shows("bearer");
    assert!(!String::from_utf8_lossy(&terminal.written()).contains(&secret[13..]));
    let environ = std::fs::read(format!("/proc/{}/environ", terminal.pid().as_raw_nonzero())).unwrap_or_default();
    assert!(!environ.windows(secret.len()).any(|w| w == secret.as_bytes()));
    home.as_ops(&["token", "disable", "bearer"]).assert_success();
    terminal.ends_restored(End::Code(4));
}
