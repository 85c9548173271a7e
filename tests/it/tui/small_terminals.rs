//! Every dialog on small terminals: what it says on a large one is visible or can be scrolled to.

use super::snapshots::{after_revocation, fixture, rotated, with_accounts, with_temporary_password};
use super::story::first_run;
use super::usage::{START, STOP, busy, custom};
use crate::support::fakes::TestInstall;
use crate::support::tui_harness::TuiHarness;

/// 60 columns are enough for the longest button, 40x10 is the smallest size.
const SIZES: [(u16, u16); 4] = [(80, 24), (60, 16), (40, 12), (40, 10)];

/// Returns the lines of the topmost dialog below its title.
fn lines(s: &TuiHarness) -> Vec<String> {
    s.dialog_text().lines().skip(1).map(str::to_owned).collect()
}

/// Scrolls through the topmost dialog from its first line, and returns all its text without blanks.
#[track_caller]
fn scrolled_text(s: &mut TuiHarness) -> String {
    s.keys("<pgup><pgup><pgup><pgup><pgup><pgup>");
    let mut all = String::new();
    for _ in 0..40 {
        let page = lines(s);
        let hint = page.iter().position(|line| line.contains("more line"));
        let (scrolled, below) = page.split_at(hint.unwrap_or(page.len()));
        all.push_str(&scrolled.concat().replace(' ', ""));
        s.keys("<pgdn>");
        if lines(s) == page {
            return all + &below.concat().replace(' ', "");
        }
        assert!(hint.is_some(), "no hint:\n{}", s.text());
    }
    panic!("no end:\n{}", s.text());
}

/// Asserts that all words of the topmost dialog can be seen at every size, and that the focused line is visible after a
/// key. Choices, paths and examples are shortened.
#[track_caller]
fn assert_reachable(s: &mut TuiHarness, id: &str) {
    s.assert_top(id);
    s.resize(80, 60);
    let large = lines(s);
    let shortened = ["(•)", "( )", "  other", "Use it "];
    let words = large
        .iter()
        .filter(|line| !shortened.iter().any(|part| line.contains(part)))
        .flat_map(|line| line.split_whitespace());
    let words: Vec<&str> = words.filter(|word| !word.starts_with('/')).collect();
    assert!(!words.is_empty(), "{}", s.text());
    for (columns, rows) in SIZES {
        s.resize(columns, rows);
        let small = scrolled_text(s);
        for word in &words {
            assert!(small.contains(word), "{word:?} of {id} can't be seen at {columns}x{rows}:\n{small}\n{}", s.text());
        }
    }
    s.resize(80, 24);
}

/// Returns the screens with the cursor on a token in use, which another token shares an account with.
fn in_use() -> TuiHarness {
    let mut s = TuiHarness::signed_in(busy(custom(&[STOP, START])));
    s.keys("<down>");
    s
}

#[test]
fn dialogs_of_tokens_can_be_read() {
    for (id, keys) in [
        ("create-token", "n"),
        ("edit-token", "<down>e"),
        ("discard-draft", "<down>ebot<esc>"),
        ("copy-token", "<down>c"),
        ("token.copy", "<down>cdeploy-too<enter><enter><enter><enter><enter>"),
        ("regenerate-token", "<down>r"),
        ("reveal-secret", "<down>r<enter>correct horse battery<enter>"),
        ("discard-secret", "<down>r<enter>correct horse battery<enter><esc>"),
        ("token.disable", "<down>d"),
        ("token.disable", "ad"),
        ("revoke-token", "<down>x"),
        ("revoke-token", "x"),
        ("revoke-tokens", "ax"),
        ("purge-tokens", "p"),
        ("identify-secret", "W"),
        ("apply-catalogue", "4i"),
        ("edit-policy", "5<enter>"),
        ("edit-policy", "5<down><down><down><down><enter>"),
    ] {
        let mut s = TuiHarness::signed_in(fixture());
        s.keys(keys);
        assert_reachable(&mut s, id);
    }
}

#[test]
fn dialogs_about_used_tokens_can_be_read() {
    for (id, keys) in [("revoke-token", "x"), ("revoke-tokens", "ax"), ("token.disable", "d"), ("token.disable", "ad")]
    {
        let mut s = in_use();
        s.keys(keys);
        assert_reachable(&mut s, id);
    }
    let mut s = TuiHarness::signed_in(rotated());
    s.keys("<down>o");
    assert_reachable(&mut s, "token.retire");
    s.keys("<esc>r");
    assert_reachable(&mut s, "regenerate-token");
}

#[test]
fn dialogs_of_the_trash_can_be_read() {
    for (id, keys) in [("restore-tokens", "tu"), ("restore-tokens", "tau"), ("purge-tokens", "tp")] {
        let mut s = after_revocation();
        s.keys(keys);
        assert_reachable(&mut s, id);
    }
}

#[test]
fn dialogs_of_accounts_can_be_read() {
    for (id, keys) in [
        ("create-account", "n"),
        ("set-role", "<down>o<left>"),
        ("account.role", "<down>o<left><enter><enter>"),
        ("set-password", "<down>w"),
        ("account.disable", "<down>d"),
        ("delete-account", "x"),
        ("delete-account", "<down>x"),
    ] {
        let mut s = with_accounts();
        s.keys(keys);
        assert_reachable(&mut s, id);
    }
}

#[test]
fn forms_before_sign_in_can_be_read() {
    assert_reachable(&mut TuiHarness::signed_out(TestInstall::new()), "sign-in");
    assert_reachable(&mut first_run(), "first-run");
    assert_reachable(&mut with_temporary_password(), "replace-password");
}

#[test]
fn typing_brings_the_field_into_view() {
    let mut s = in_use();
    s.keys("x");
    s.resize(40, 12);
    s.assert_shows("! Token in use");
    s.assert_hides("Type the name");
    s.keys("deploy-bot<tab>");
    s.assert_shows("Type the name    deploy-bot");
    s.assert_shows("Password of ops");
    s.keys("<tab><tab>");
    s.assert_shows("[ I understand the consequences,");
    s.assert_shows("revoke this token ]");
    s.keys("<enter>");
    s.assert_shows("Enter your password");
    s.assert_shows("Password of ops");
}
