//! Bracketed pastes.

use rustix::process::Signal;

use super::{home_with_a_token, signed_in};
use crate::support::prompt_texts::{password_of, screens};
use crate::support::pty::End;

#[test]
fn signal_ends_an_unfinished_paste() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.types("\x1b[200~never ended");
    t.signal(Signal::TERM);
    // Unread input may appear on the main screen: the terminal echoes it, like all typed-ahead input.
    t.ends_restored(End::Signal(15));
}

#[test]
fn pasted_text_presses_no_keys() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    t.pastes("x\ra\rq");
    t.shows(screens::PASTE_IGNORED);
    t.shows("▶   a");
    t.types("n");
    t.shows(screens::GENERATE);
    t.pastes("from-paste");
    t.shows("from-paste");
    t.types("\x15");
    t.pastes("two\nlines\x1b[2J");
    t.shows("two ");
    t.types("\x15");
    // A paste that contains the end mark presses no keys.
    t.pastes("ab\x1b[201~y");
    t.shows("aby");
    t.types("\x15");
    t.pastes(&"long ".repeat(200_000));
    t.shows("long long");
    // A key that follows at once counts as part of the paste.
    t.types("\x15");
    t.lacks("long");
    t.types("short");
    t.shows("short ");
    t.types("\x1b");
    t.shows(screens::DISCARD_DRAFT);
    t.types("d");
    t.lacks(screens::GENERATE);
    t.pastes("rm\x1b[201~y");
    t.shows(screens::PASTE_IGNORED);
    t.types("q");
    t.ends_restored(End::Code(0));
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
}

#[test]
fn enter_that_arrives_with_the_key_that_opens_a_dialog_is_ignored() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    t.types("r\r");
    t.shows(screens::ANSWER_IGNORED);
    t.shows(screens::REGENERATE);
    t.types("\r");
    t.shows(&password_of("ops"));
}
