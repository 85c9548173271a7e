//! The scope picker in a real pseudo-terminal at 80×24, by keys alone.

use super::open_screens;
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::{password_of, screens};
use crate::support::pty::End;

#[test]
fn picker_creates_a_token_with_the_method_found() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let mut t = open_screens(&home);
    t.shows(screens::SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::NO_TOKENS);
    t.types("nscoped\t\t\t");
    t.shows(screens::NO_ACCESS);
    t.types("k ");
    t.shows("[ ] ");
    t.types("/stop env\r");
    t.shows("▶   [ ] StopEnv");
    t.types(" ");
    t.shows("▶   [x] StopEnv");
    t.shows("1 of ");
    t.types("\r");
    t.shows("(•) Custom: 1 ");
    t.types("\r");
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
    let file = home.path("scoped.token");
    t.types("s");
    t.shows(screens::SECRET_PATH);
    t.types(&format!("\u{15}{}\r", file.display()));
    t.shows(screens::SAVED);
    t.types("\u{1b}");
    // A key right after Esc would be read as an Alt key.
    t.lacks(screens::SECRET_READY);
    t.types("q");
    t.ends_restored(End::Code(0));
    let secret = std::fs::read_to_string(file).unwrap();
    for (method, code) in [
        ("environment.control.StopEnv", 0),
        ("environment.control.StartEnv", 4),
        ("environment.control.GetEnvStatus", 4),
        ("jeton.tokens.read", 4),
    ] {
        home.run(&["verify", "--method", method], &secret).assert_code(code);
    }
}
