//! The message history, and the help.

use jeton::tui::keymap::{Context, Keymap};
use jeton::tui::msg::Msg;
use jeton::tui::notice::{Notice, NoticeId};
use zeroize::Zeroizing;

use super::{dialog_lines, lines_of};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

#[test]
fn past_messages_are_kept_and_their_commands_copied() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.keys("m");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Messages
    No messages yet.
    ");
    s.keys("y<esc>");
    s.keys(&format!("d{PASSWORD}<enter>"));
    s.install.fakes.clock.advance(60_000);
    s.message(Msg::Paste(Zeroizing::new("into no field".to_owned())));
    s.install.fakes.clock.advance(60_000);
    for screen in ["1", "3", "4"] {
        s.keys(&format!("{screen}m"));
        s.assert_top("messages");
        s.keys("m");
        s.assert_no_dialog();
    }
    s.keys("m");
    // The newest first, without the pasted text.
    insta::assert_snapshot!(dialog_lines(&s), @"
    Messages
    ▶ 1 min ago   ! Pasted text was ignored: no field has the focus
      2 min ago   ✓ deploy-bot disabled; the service denies any further use
                  = jeton token disable ops/deploy-bot
      2 min ago   ! Not copied: this message shows no jeton command
    ");
    s.assert_shows("1 of 3");
    s.keys("<down>");
    s.assert_shows("▶ 2 min");
    s.assert_shows("2 of 3");
    s.keys("y");
    assert_eq!(s.copied, ["jeton token disable ops/deploy-bot"]);
    s.keys("<up>y");
    s.assert_notice(NoticeId::NotCopied);
    assert_eq!(s.copied.len(), 1);
    s.keys("<esc>");

    for n in 0..150 {
        s.app.model.notify(Notice::new(NoticeId::Copied, format!("number {n}.")));
    }
    s.keys("m");
    s.assert_shows("1 of 100");
    s.assert_shows("number 149.");
    for _ in 0..120 {
        s.keys("<down>");
    }
    s.assert_shows("100 of 100");
    s.assert_shows("number 50.");
    s.keys("<home>");
    s.assert_shows("1 of 100");
    s.assert_shows("number 149.");
    s.keys("G");
    s.assert_shows("100 of 100");
}

#[test]
fn long_messages_are_read_line_by_line() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    let words: Vec<String> = (0..40).map(|n| format!("word{n:02}")).collect();
    s.app.model.notify(Notice::new(NoticeId::NoEffect, "oldest"));
    s.app
        .model
        .notify(Notice { cli: Some("jeton command".to_owned()), ..Notice::new(NoticeId::Copied, words.join(" ")) });
    s.app.model.notify(Notice::new(NoticeId::Copied, "newest"));
    s.app.model.notice = None;
    s.resize(40, 10);
    s.keys("m");
    let current = |s: &TuiHarness| lines_of(s, "▶");
    assert!(current(&s).ends_with("✓ newest"), "{}", s.text());
    for direction in ["<down>", "<up>"] {
        let mut left: Vec<&str> = words.iter().map(String::as_str).chain(["= jeton command"]).collect();
        for _ in 0..40 {
            let text = s.text();
            left.retain(|word| !text.contains(word));
            s.keys(direction);
        }
        assert_eq!(left, Vec::<&str>::new(), "on the way {direction}");
        s.assert_shows(if direction == "<down>" { "! oldest" } else { "✓ newest" });
    }
    s.keys("<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
    assert!(current(&s).ends_with("! oldest"), "{}", s.text());
    s.resize(80, 24);
    s.assert_shows("✓ newest");
    s.resize(40, 10);
    assert!(current(&s).ends_with("! oldest"), "{}", s.text());
}

#[test]
fn help_begins_with_the_keys_of_the_current_context() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    let first = |s: &TuiHarness| s.text().lines().nth(3).unwrap().trim_matches([' ', '│']).to_owned();
    for (keys, context) in [("", Context::Tokens), ("3", Context::Audit), ("4", Context::Catalogue)] {
        s.keys(&format!("{keys}?"));
        assert_eq!(first(&s), context.title());
        s.keys("quit");
        s.assert_shows(Context::Global.title());
        s.keys("<esc><esc>");
    }
    s.keys("1nbot<tab><tab><tab><up><space>?");
    assert_eq!(first(&s), Context::Picker.title());
    s.keys("?");
    // The same key closes it.
    s.assert_top("picker");
}

/// Letters are typed into the filter, so the help lists only other keys for itself.
#[test]
fn keys_listed_for_the_help_work_there() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    let keys: Vec<String> = Keymap::default().rows(Context::Help).map(|(keys, _)| keys).collect();
    assert_eq!(keys, ["Esc", "↓", "↑", "PgDn", "PgUp", "Home", "End"]);
    s.keys("?<down><down>");
    s.assert_shows("3-");
    s.keys("<home>");
    s.assert_shows("1-");
    s.keys("jG");
    assert!(dialog_lines(&s).starts_with("Keys\n/ jG"));
}

#[test]
fn help_is_narrowed_by_typing() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("?");
    let whole = s.dialog_text();
    s.keys("/new secret");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Keys
    / new secret
    Tokens
    r              Create a new secret for the token
    A new secret
    v              Show or hide the secret
    y              Copy the secret
    s              Save the secret to a new file
    Esc            Close; if the secret might be lost, jeton asks first
    Everywhere
    Ctrl-c         Quit; during a long change of many tokens, stop the change;
                   if a new secret would be lost, jeton asks first
    ");
    s.assert_shows("1-12 of 12");
    s.keys("<c-u>secret copies");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Keys
    / secret copies
    No key matches.  Esc clears the filter.
    ");
    s.keys("<c-u>xyzzy");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Keys
    / xyzzy
    No key matches.  Esc clears the filter.
    ");
    assert_eq!(lines_of(&s, " of 0"), "");
    s.keys("<down><pgdn><up><esc>");
    assert_eq!(s.dialog_text(), whole);
    s.keys("ctrl-l");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Keys
    / ctrl-l
    Everywhere
    Ctrl-l         Redraw the screen
    ");
    s.keys("<esc><esc>");
    s.assert_no_dialog();
}

#[test]
fn help_has_two_columns_where_there_is_room() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.resize(120, 40);
    s.keys("?");
    let heading = lines_of(&s, Context::Tokens.title());
    assert!(heading.contains(Context::Global.title()), "this screen is beside every screen: {heading}");
    insta::assert_snapshot!("help_120x40", s.dump());
    s.keys("secret");
    insta::assert_snapshot!("help_120x40_narrowed", s.dump());
    s.keys("<c-u>xyzzy");
    s.assert_shows("No key matches.");
    s.resize(99, 24);
    s.keys("<esc>");
    assert!(!lines_of(&s, Context::Tokens.title()).contains(Context::Global.title()));
}
