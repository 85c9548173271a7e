//! The message history, and the help.

use jeton::tui::modal::Modal;
use jeton::tui::msg::Msg;
use jeton::tui::notice::{Notice, NoticeId};
use zeroize::Zeroizing;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn what_was_said_is_kept_and_its_command_copied() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys("m");
    s.assert_shows("Nothing was said yet.");
    s.keys("y<esc>");
    s.keys(&format!("d{PASSWORD}<enter>"));
    s.install.fakes.clock.advance(60_000);
    s.message(Msg::Paste(Zeroizing::new("into no field".to_owned())));
    s.install.fakes.clock.advance(60_000);
    for screen in ["1", "3", "4"] {
        s.keys(&format!("{screen}m"));
        s.assert_shows("┌ Messages");
        s.keys("m");
        s.assert_hides("┌ Messages");
    }
    s.keys("m");
    let text = s.text();
    let (paste, disabled) = (text.find("Pasted text was ignored").unwrap(), text.find("deploy-bot disabled").unwrap());
    assert!(paste < disabled, "the newest first:\n{text}");
    s.assert_shows("▶ 1 min ago   ! Pasted text");
    s.assert_hides("into no field");
    s.keys("<down>");
    s.assert_shows("▶ 2 min ago   ✓ deploy-bot disabled");
    s.keys("y");
    assert_eq!(s.copied, ["jeton token disable ops/deploy-bot"]);
    s.keys("<up>y");
    s.assert_shows("No command does what this message tells");
    assert_eq!(s.copied.len(), 1);
    s.keys("<esc>");

    for n in 0..150 {
        s.model.notify(Notice::new(NoticeId::Copied, format!("number {n}.")));
    }
    s.keys("m");
    s.assert_shows("1 of 100");
    s.assert_shows("number 149.");
    for _ in 0..120 {
        s.keys("<down>");
    }
    s.assert_shows("100 of 100");
    s.assert_shows("number 50.");
}

#[test]
fn long_messages_are_read_line_by_line() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    let words: Vec<String> = (0..40).map(|n| format!("word{n:02}")).collect();
    s.model.notify(Notice::new(NoticeId::NoEffect, "the oldest one"));
    s.model.notify(Notice { cli: Some("jeton command".to_owned()), ..Notice::new(NoticeId::Copied, words.join(" ")) });
    s.model.notify(Notice::new(NoticeId::Copied, "the newest one"));
    s.model.notice = None;
    s.resize(40, 10);
    s.keys("m");
    s.assert_shows("▶ just now    ✓ the newest one");
    for direction in ["<down>", "<up>"] {
        let mut left: Vec<&str> = words.iter().map(String::as_str).chain(["= jeton command"]).collect();
        for _ in 0..40 {
            let text = s.text();
            left.retain(|word| !text.contains(word));
            s.keys(direction);
        }
        assert_eq!(left, Vec::<&str>::new(), "on the way {direction}");
        s.assert_shows(if direction == "<down>" { "! the oldest one" } else { "✓ the newest one" });
    }
    s.keys("<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
    s.assert_shows("▶ just now    ! the oldest one");
    s.resize(80, 24);
    s.assert_shows("✓ the newest one");
    s.resize(40, 10);
    s.assert_shows("▶ just now    ! the oldest one");
}

#[test]
fn help_begins_where_it_was_asked_for() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    let first = |s: &TuiHarness| s.text().lines().nth(3).unwrap().trim_matches([' ', '│']).to_owned();
    for (keys, title) in [("", "Tokens"), ("3", "Audit log"), ("4", "Catalogue")] {
        s.keys(&format!("{keys}?"));
        assert_eq!(first(&s), title);
        s.keys("quits");
        s.assert_shows("Every screen");
        s.keys("<esc><esc>");
    }
    s.keys("1nbot<tab><tab><tab><up><space>?");
    assert_eq!(first(&s), "Scope picker");
    s.keys("?");
    assert!(matches!(s.model.modals.last(), Some(Modal::Picker(_))), "the same key closes it");
}

#[test]
fn help_is_narrowed_by_typing() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("?");
    s.assert_shows("Generates a token");
    s.keys("/secret regen");
    s.assert_hides("Generates a token");
    s.keys("<c-u>secret copies");
    s.assert_shows("A new secret");
    s.assert_shows("Copies the secret");
    s.assert_hides("Shows the secret");
    s.keys("<c-u>xyzzy");
    s.assert_shows("No key does that.  Esc clears what was typed.");
    s.keys("<down><pgdn><up><esc>");
    s.assert_shows("Generates a token");
    s.keys("ctrl-l");
    s.assert_shows("Draws the screen anew");
    s.keys("<esc><esc>");
    s.assert_hides("┌ Keys");
}
