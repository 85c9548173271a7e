//! The scope picker in a real pseudo-terminal at 80×24, by keys alone.

use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::pty::{End, Terminal, program};

#[test]
fn from_search_to_a_custom_token() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let mut t = Terminal::start(program(env!("CARGO_BIN_EXE_jeton"), &[] as &[&str], &home.path(""), &[]));
    t.shows("Sign in to jeton");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("No tokens yet.");
    t.types("nscoped\t\t\t");
    t.shows("(•) nothing yet");
    t.types("k ");
    t.shows("API: nothing");
    t.types("/stop env\r");
    t.shows("▶   [ ] StopEnv");
    t.types(" ");
    t.shows("▶   [x] StopEnv");
    t.shows("1 of ");
    t.types("\r");
    t.shows("(•) Custom: 1 method…");
    t.types("\r");
    t.shows("Password of ops");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("Token scoped is ready");
    let file = home.path("scoped.token");
    t.types(&format!("s\u{15}{}\r", file.display()));
    t.shows("readable by you only");
    t.types("\u{1b}");
    // A key right after Esc would be read as an Alt key.
    t.lacks("is ready");
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
