//! The colour of the terminal's background: asked where that can't disturb, and answered early, late or never.

use super::{home_with_a_token, open_screens_with, signed_in};
use crate::support::cli_program::PASSWORD;
use crate::support::prompt_texts::screens;
use crate::support::pty::{End, Terminal};

const QUERY: &[u8] = b"\x1b]11;?\x07";
const WHITE: &str = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\";
const BLACK: &str = "\x1b]11;rgb:0000/0000/0000\x07";

fn was_asked(t: &Terminal) -> bool {
    t.written().windows(QUERY.len()).any(|bytes| bytes == QUERY)
}

/// Waits until the row of the token is shown in the style of a background, which is a tint.
#[track_caller]
fn shows_tint(t: &Terminal, number: u8) {
    t.wait(&format!("a row with the background {number}"), |screen| {
        let cell = |row| screen.cell(row, 10).map(vt100::Cell::bgcolor);
        (0..24).any(|row| cell(row) == Some(vt100::Color::Idx(number)))
    });
}

#[test]
fn theme_follows_the_background_whenever_the_answer_comes() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    assert!(was_asked(&t));
    // The first frame was complete before the question.
    let written = t.written();
    let at = |needle: &[u8]| written.windows(needle.len()).position(|bytes| bytes == needle).unwrap();
    assert!(at(b"\x1b[?2026l") < at(QUERY));
    t.types(WHITE);
    shows_tint(&t, 189);
    t.types(BLACK);
    shows_tint(&t, 237);
    // No part of an answer is a key. A slow machine may take the first byte for Esc.
    t.types("/");
    let cut: Vec<(&str, &str)> = (2..BLACK.len()).map(|at| BLACK.split_at(at)).collect();
    for (head, tail) in cut {
        t.types(head);
        t.types(tail);
    }
    t.types("x");
    t.wait("the filter", |s| s.rows(0, 80).nth(1).unwrap().starts_with(" / x "));
    t.types("\x1b");
    t.lacks(" / x ");
    t.types("q");
    t.ends_restored(End::Code(0));
    // The next start begins with the theme, and needs no answer for it.
    let mut t = signed_in(&home);
    shows_tint(&t, 237);
    t.types("q");
    t.ends_restored(End::Code(0));
}

#[test]
fn some_terminals_are_not_asked() {
    let home = home_with_a_token();
    for environment in [
        [("TERM", "screen-256color"), ("LANG", "C.UTF-8")],
        [("TERM", "linux"), ("LANG", "C.UTF-8")],
        [("NO_COLOR", "1"), ("LANG", "C.UTF-8")],
        [("JETON_THEME", "light"), ("LANG", "C.UTF-8")],
    ] {
        let mut t = open_screens_with(&home, &environment);
        t.shows(screens::SIGN_IN);
        t.types(&format!("{PASSWORD}\r"));
        t.shows("▶   a");
        assert!(!was_asked(&t), "{environment:?}");
        t.types("q");
        t.ends_restored(End::Code(0));
    }
}

#[test]
fn fault_of_a_theme_is_shown_and_the_screens_open() {
    let home = home_with_a_token();
    std::fs::create_dir_all(home.path(".config/jeton/themes")).unwrap();
    home.file(".config/jeton/themes/mine.toml", "dangr = \"red\"\n", 0o600);
    let mut t = open_screens_with(&home, &[("JETON_THEME", "mine")]);
    t.shows(screens::SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows("mine.toml");
    t.types("m");
    t.shows("Copy command");
    t.shows("danger?");
    t.types("\x1b");
    t.lacks("Copy command");
    t.types("q");
    t.ends_restored(End::Code(0));
}

#[test]
fn other_locale_shows_only_ascii() {
    let home = home_with_a_token();
    let mut t = open_screens_with(&home, &[("LANG", "C")]);
    t.shows(screens::SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows(">   a");
    t.types("n");
    t.shows("+ Generate a token -");
    assert!(t.text().is_ascii(), "{}", t.text());
    t.types("\x1b");
    t.lacks("Generate a token");
    t.types("q");
    t.ends_restored(End::Code(0));
}
