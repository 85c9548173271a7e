//! The user's editor for a description.

use rustix::process::Signal;

use super::{home_with_a_token, open_screens_with};
use crate::support::cli_program::PASSWORD;
use crate::support::prompt_texts::screens;
use crate::support::pty::End;

/// Shows the text and the modes of its file, and replaces the text by a typed line. It leaves a terminal of its own if it is
/// killed.
const EDITOR: &str = r#"#!/bin/sh
trap "" INT
printf '\033[?1049h'
echo "$1: $(cat "$2") $(stat -c %a "$2")"
read line
printf '%s\n' "$line" > "$2"
printf '\033[?1049l'
test "$line" != fail
"#;

#[test]
fn description_is_changed_in_the_editor() {
    let home = home_with_a_token();
    home.file("editor", EDITOR, 0o700);
    let mut t = open_screens_with(&home, &[("VISUAL", " "), ("EDITOR", "./editor 'the old'")]);
    t.shows(screens::SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows("▶   a");
    t.types("n");
    t.shows("Generate a token");
    t.types("bot\tfirst\x0f");
    t.shows("the old: first 600");
    // Everything that is typed goes to the editor, also what are keys of jeton.
    assert!(t.echoes());
    t.types("\x03");
    t.shows("^C");
    t.types("q second\r");
    t.shows("Generate a token");
    t.shows("q second");
    t.types("\x0f");
    t.shows("the old: q second");
    t.types("fail\r");
    t.shows("exit code 1");
    t.types("\x0f");
    t.shows("the old: q second");
    t.signal(Signal::TERM);
    t.ends_restored(End::Signal(15));
    let left: Vec<_> = std::fs::read_dir(home.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("jeton-")), "{left:?}");
}
