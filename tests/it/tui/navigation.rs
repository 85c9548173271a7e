//! Key bindings: their effect, their footer hint, and no text on a screen twice.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::{ExpirySpec, Span};
use jeton::domain::role::Role;
use jeton::domain::token::{Token, TokenRef};
use jeton::tui::layer::ScreenId;
use jeton::tui::msg::Msg;
use jeton::tui::notice::{Notice, NoticeId};
use jeton::verbs::tokens::{CreateToken, DisableTokens, RevokeTokens, ShowToken, TokenTarget};

use super::table::{many, names};
use super::{catalogue, lines_of, table_text};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

fn named(s: &TuiHarness, name: &str) -> Token {
    s.install.call(OWNER, ShowToken { token: TokenRef::Text(name.to_owned()) }).unwrap().token
}

fn install(names: &[&str]) -> TestInstall {
    let install = TestInstall::new();
    install.set_policy(|p| p.active_tokens = 0);
    for name in names {
        install.issue(OWNER, name);
    }
    install
}

#[test]
fn footer_names_the_effect_of_the_key() {
    let install = install(&["off", "on"]);
    install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("off")] }).unwrap();
    let mut s = TuiHarness::signed_in(install);
    insta::assert_snapshot!(s.footer(), @"n New  e Edit  c Copy  r Regenerate  d Enable  x Revoke  ? Help  q Quit");
    s.keys("<down>");
    insta::assert_snapshot!(s.footer(), @"n New  e Edit  c Copy  r Regenerate  d Disable  x Revoke  ? Help  q Quit");
    // Several tokens are disabled if one of them is enabled.
    s.keys("<up><space><space>");
    insta::assert_snapshot!(s.footer(), @"n New  e Edit  c Copy  r Regenerate  d Disable  x Revoke  ? Help  q Quit");

    // Enter in the last field presses the button: its hint names the effect.
    s.keys("<esc>x");
    insta::assert_snapshot!(lines_of(&s, "Enter "), @"Tab Next  Enter Accept  Esc Cancel  Shift-Tab Previous");
    s.keys("<tab>");
    insta::assert_snapshot!(lines_of(&s, "Enter "), @"Tab Next  Enter Revoke  Esc Cancel  Shift-Tab Previous");

    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("2<down>");
    insta::assert_snapshot!(s.footer(), @"n New  o Role  d Disable  w Password  x Delete  Enter Tokens  ? Help  q Quit");
    s.keys(&format!("d{PASSWORD}<enter>"));
    insta::assert_snapshot!(s.footer(), @"n New  o Role  d Enable  w Password  x Delete  Enter Tokens  ? Help  q Quit");
}

#[test]
fn problems_name_tokens_by_name() {
    let revoke = |s: &TuiHarness, name: &str| {
        let token = named(s, name);
        let verb = RevokeTokens {
            tokens: vec![TokenTarget::at_revision(&token)],
            confirmation: name.to_owned(),
            with_made: false,
            expected_made: None,
        };
        s.install.call(OWNER, verb).unwrap();
    };
    let mut problems = std::collections::BTreeSet::new();
    for keys in ["d", "r<enter>", "x", "ccopy<tab><tab><tab><enter>"] {
        let mut s = TuiHarness::signed_in(install(&["gone"]));
        s.keys(keys);
        revoke(&s, "gone");
        s.keys(&format!("{}{PASSWORD}<enter>", if keys == "x" { "gone<enter>" } else { "" }));
        s.assert_hides("t:1");
        problems.insert(s.problem().or_else(|| s.notice_text()).unwrap());
    }
    insta::assert_snapshot!(problems.into_iter().collect::<Vec<_>>().join("\n"), @"
    the token ops/gone is in the trash. To restore the token, run: jeton token restore ops/gone
    your change was not made, because in the meantime ops/gone was revoked
    ");
}

#[test]
fn only_checked_keeps_the_method_under_the_cursor() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("nci<tab><tab><tab><up><space>/stopenv<enter><space>");
    s.assert_shows("▶   [x] StopEnv");
    s.keys("<esc>f");
    s.assert_shows("▶   [x] StopEnv");
    s.keys("f");
    s.assert_shows("▶   [x] StopEnv");
    // An unchecked entry leaves the list and comes back under the cursor.
    s.keys("<down>");
    let before = s.text();
    assert!(before.contains("▶   [ ] "), "{before}");
    s.keys("f");
    assert!(!s.text().contains("▶   [ ] "), "{}", s.text());
    s.keys("f");
    assert_eq!(s.text(), before);
}

#[test]
fn catalogue_goes_to_the_tokens_with_a_method() {
    let install = TestInstall::new();
    install.account("ci", Role::Member);
    for (who, name, selection) in [
        (OWNER, "inherits", Selection::Inherit),
        ("ci", "plugin", Selection::Sets(["IDE Plugins".to_owned()].into())),
        (OWNER, "other", Selection::nothing()),
    ] {
        install.create(who, CreateToken { selection, ..create(name) });
    }
    let mut s = TuiHarness::signed_in(install);
    // Options and the trash would hide tokens that may call the method.
    s.keys("Et4");
    let footer = s.footer();
    s.keys("t");
    assert_eq!((s.app.model.active_screen(), s.footer()), (Some(ScreenId(4)), footer), "a group has no id");
    s.keys("/stopenv<enter>");
    insta::assert_snapshot!(s.footer(), @"/ Search  → Unfold  ← Fold  Tab Sets  t Tokens  y Link  i Apply  ? Help  q Quit");
    s.keys("t");
    assert_eq!(s.app.model.active_screen(), Some(ScreenId::TOKENS));
    assert_eq!(s.tokens().filter.text(), "method:environment.control.StopEnv");
    assert_eq!(names(&s), ["inherits", "plugin"]);
    s.keys("/<c-u>method:stpenv<enter>");
    insta::assert_snapshot!(table_text(&s), @r#"
    Nothing matches "method:stpenv".  Esc clears the filter.
    No method id or set name in the catalogues contains "stpenv".
    "#);
    // A set of that name exists, but no token has it.
    s.keys("/<c-u>method:maven<enter>");
    insta::assert_snapshot!(table_text(&s), @r#"Nothing matches "method:maven".  Esc clears the filter."#);
}

#[test]
fn catalogue_shows_no_keys_for_picking() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("4");
    insta::assert_snapshot!(s.footer(), @"/ Search  → Unfold  ← Fold  Tab Sets  y Link  i Apply  ? Help  q Quit");
    s.assert_hides("[ ]");
    s.keys("<tab>");
    insta::assert_snapshot!(s.footer(), @"Enter Show  Tab Methods  / Search  ? Help  q Quit  m Messages");
    s.assert_hides("Inherit");
    s.assert_hides("[ ]");
    let all = catalogue(&s).rows().len();
    s.keys("<end><space>");
    assert_eq!(catalogue(&s).rows().len(), all, "Space picks nothing");
    s.keys("<enter>");
    assert_eq!(catalogue(&s).selection(), Selection::Sets(["Maven Plugin".to_owned()].into()));
    assert!(catalogue(&s).rows().len() < all);
    for picking in ["[x]", "[ ]", "Space"] {
        s.assert_hides(picking);
    }
    s.assert_shows("methods of Maven Plugin");
    // Enter on the shown set, or Esc, shows everything again.
    s.keys("<tab><enter>");
    assert_eq!(catalogue(&s).rows().len(), all);
    s.keys("<tab><home><enter><esc>");
    assert_eq!(catalogue(&s).rows().len(), all);
    assert_eq!(s.app.model.active_screen(), Some(ScreenId(4)));
    s.keys("<esc>");
    assert_eq!(s.app.model.active_screen(), Some(ScreenId::TOKENS));
}

#[test]
fn details_scroll_to_either_end_and_back_at_once() {
    let install = TestInstall::new();
    let all = install.raw_connection();
    let mut ids = all.prepare("SELECT id FROM methods WHERE id NOT LIKE 'jeton.%' ORDER BY id LIMIT 60").unwrap();
    let ids: Vec<String> = ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let methods = ids.iter().map(|id| jeton::domain::method::MethodId::parse(id).unwrap()).collect();
    install.create(OWNER, CreateToken { selection: Selection::Custom(methods), ..create("wide") });
    let mut s = TuiHarness::signed_in(install);
    s.keys("<enter>");
    let top = s.text();
    for (last, first) in [("<end>", "<home>"), ("G", "g")] {
        s.keys(last);
        let end = s.text();
        s.assert_shows(&format!("  {}", ids[59]));
        s.keys("<down><down><pgdn>");
        assert_eq!(s.text(), end);
        s.keys("<up>");
        assert_ne!(s.text(), end, "Up moves at once");
        s.keys(first);
        assert_eq!(s.text(), top);
    }
}

#[test]
fn too_small_terminal_gets_the_whole_message() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.resize(30, 8);
    insta::assert_snapshot!(s.text().trim_end(), @"
    terminal 30x8, at least 40x10
    needed
    ");
}

/// An error ends with the next step, which must be readable.
#[test]
fn long_message_is_shown_to_its_end() {
    let mut s = TuiHarness::signed_in(install(&["bot"]));
    let words: Vec<String> = (0..16).map(|n| format!("word{n:02}")).collect();
    s.app.model.notify(Notice::new(NoticeId::NoEffect, words.join(" ")));
    s.assert_shows("word15");
    s.resize(40, 10);
    // The rest is behind a key.
    s.assert_hides("word15");
    insta::assert_snapshot!(lines_of(&s, "word"), @"
    ! word00 word01 word02 word03 word04
    word05 word06 word07 wor…  m Show all
    ");
}

#[test]
fn esc_from_a_filter_goes_back_to_the_row() {
    let mut s = TuiHarness::signed_in(install(&["a", "b", "c", "d"]));
    for typed in ["/", "/a", "/zzz", "/zzz<bs><bs><bs>"] {
        s.keys("<home><down><down>");
        s.assert_shows("▶   c");
        s.keys(&format!("{typed}<esc>"));
        s.assert_shows("▶   c");
    }
    // The new cursor position is kept.
    s.keys("/<down><esc>");
    s.assert_shows("▶   d");

    let mut s = TuiHarness::signed_in(TestInstall::with_accounts());
    s.keys("2<down><down>/zzz<esc>");
    s.assert_shows("▶ ops");
    s.keys("3<down><down>");
    let row = s.text();
    s.keys("/zzz<esc>");
    assert_eq!(s.text(), row);
}

#[test]
fn expiring_tokens_are_ordered_by_expiry() {
    let install = install(&[]);
    for (name, days) in [("a", 9), ("b", 3), ("c", 6), ("d", 80)] {
        let expires = Some(ExpirySpec::In(Span::Days(days)));
        install.create(OWNER, CreateToken { expires, ..create(name) });
    }
    let mut s = TuiHarness::signed_in(install);
    let names = |s: &TuiHarness| -> Vec<String> { s.tokens().rows.all().iter().map(|t| t.name.to_string()).collect() };
    s.keys("E");
    assert_eq!(names(&s), ["b", "c", "a"]);
    s.assert_shows("↓ expires");
    s.keys("E");
    assert_eq!(names(&s), ["a", "b", "c", "d"]);
    s.keys("E<esc>");
    assert_eq!(names(&s), ["a", "b", "c", "d"]);
}

#[test]
fn hint_is_not_repeated_on_a_wide_screen() {
    let install = install(&["bot"]);
    let hint = install.call(OWNER, ShowToken { token: TokenRef::Text("bot".to_owned()) }).unwrap().token.hint;
    let mut s = TuiHarness::signed_in(install);
    s.resize(140, 40);
    // Shown in the table and in the pane, not also below.
    let foot: Vec<String> = s.text().lines().rev().take(3).map(str::to_owned).collect();
    assert!(!foot.concat().contains(&hint), "{foot:?}");
}

/// Over a slow link, each byte that a held key writes is a delay.
#[test]
fn pane_describes_a_row_once_the_cursor_rests() {
    let mut s = TuiHarness::signed_in(many(40));
    s.resize(120, 20);
    let pane = |s: &TuiHarness| -> Vec<String> {
        s.text().lines().skip(3).map(|line| line.chars().skip(74).collect::<String>()).collect()
    };
    let first = pane(&s);
    s.requests.clear();
    for _ in 0..2 {
        s.message(Msg::Key(KeyEvent::new(KeyCode::Down, KeyModifiers::NONE)));
    }
    assert_eq!((pane(&s), s.requests.len()), (first.clone(), 0), "the cursor moves");
    s.message(Msg::Key(KeyEvent::new(KeyCode::PageDown, KeyModifiers::NONE)));
    assert!(pane(&s).iter().take(10).all(|line| line.trim().is_empty()), "the rows have scrolled");
    assert_eq!(s.requests, [""; 0]);
    let rests_at = s.app.wakes_at().unwrap();
    s.install.fakes.clock.set(rests_at);
    s.pass_time();
    assert_eq!(s.requests, ["token.show"]);
    assert!(pane(&s) != first && pane(&s).iter().any(|line| line.contains("t-0014")), "{}", s.text());
}

fn loaded(s: &TuiHarness) -> Vec<String> {
    s.tokens().rows.all().iter().map(|token| token.name.to_string()).collect()
}

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("t-{n:04}")).collect()
}

/// Lets the cursor move, and not rest.
fn moves(s: &mut TuiHarness, code: KeyCode) {
    s.message(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

#[test]
fn long_list_is_read_by_the_screenful_until_the_cursor_rests() {
    let mut s = TuiHarness::signed_out(many(450));
    PASSWORD.chars().map(KeyCode::Char).chain([KeyCode::Enter]).for_each(|code| moves(&mut s, code));
    assert_eq!(loaded(&s), numbered(0..17), "the screen and a row");
    assert!(!s.requests.contains(&"token.show"), "{:?}", s.requests);
    s.keys("k");
    assert_eq!((loaded(&s), s.requests.last()), (numbered(0..200), Some(&"token.list")));
    assert!(s.requests.contains(&"token.show"), "{:?}", s.requests);

    moves(&mut s, KeyCode::End);
    assert_eq!(loaded(&s), numbered(433..450));
    moves(&mut s, KeyCode::PageUp);
    moves(&mut s, KeyCode::PageUp);
    assert_eq!(s.tokens().current().unwrap().name.as_str(), "t-0417");
    assert!(loaded(&s).len() > 100, "more for the next pages");
}

#[test]
fn ends_of_a_long_list_are_read_ahead_while_the_cursor_rests() {
    let mut s = TuiHarness::signed_in(many(450));
    s.requests.clear();
    s.keys("j");
    assert_eq!(s.requests, ["token.show", "token.list"], "the row, and the last rows");
    assert_eq!(loaded(&s), numbered(0..200), "the screen stays");
    s.requests.clear();
    moves(&mut s, KeyCode::End);
    assert_eq!((loaded(&s), s.requests.len()), (numbered(433..450), 0));
    assert_eq!(s.tokens().current().unwrap().name.as_str(), "t-0449");
    s.keys("k");
    assert!(loaded(&s).len() > 64, "fresh rows once the cursor rests");
    s.keys("k");
    s.requests.clear();
    moves(&mut s, KeyCode::Home);
    assert_eq!((loaded(&s), s.requests.len()), (numbered(0..17), 0));

    // What was read ahead is no longer known after a change.
    s.install.issue(OWNER, "t-9999");
    s.message(Msg::StoreChanged(i64::MAX));
    moves(&mut s, KeyCode::End);
    assert_eq!(s.tokens().current().unwrap().name.as_str(), "t-9999");
}

#[test]
fn frequent_matches_are_shown_before_they_are_counted() {
    let mut s = TuiHarness::signed_in(many(150));
    s.keys("/");
    s.held_replies = Some(Default::default());
    s.keys("t");
    let page = s.held_replies.as_mut().unwrap().pop_front().unwrap();
    s.message(page);
    s.assert_shows("64+ match");
    s.keys("<enter>jj");
    s.deliver_replies(false);
    s.assert_shows("150 match");
    assert_eq!(s.tokens().current().unwrap().name.as_str(), "t-0002", "the count leaves the cursor where it is");
}

#[test]
fn read_ahead_gives_way_to_the_rows_that_keys_need() {
    let mut s = TuiHarness::signed_in(many(450));
    s.held_replies = Some(Default::default());
    s.keys("j");
    assert_eq!(s.requests.last(), Some(&"token.list"), "the last rows are being read");
    s.keys(&"<pgdn>".repeat(20));
    s.deliver_replies(false);
    assert_eq!(s.tokens().current().unwrap().name.as_str(), "t-0321");
}

#[test]
fn reply_to_a_read_ahead_never_takes_the_place_of_the_rows() {
    let mut s = TuiHarness::signed_in(many(450));
    s.held_replies = Some(Default::default());
    s.keys("j");
    s.resize(100, 30);
    s.deliver_replies(false);
    assert_eq!((s.tokens().current().unwrap().name.as_str(), loaded(&s)), ("t-0001", numbered(0..200)));
    // The rows were read for a screen of another height.
    s.requests.clear();
    moves(&mut s, KeyCode::End);
    assert_eq!(s.requests, ["token.list"]);
}

#[test]
fn rows_that_were_read_ahead_are_read_again_once_the_cursor_rests() {
    let mut s = TuiHarness::signed_in(many(450));
    s.resize(120, 70);
    s.keys("j");
    moves(&mut s, KeyCode::End);
    let ahead = loaded(&s).len();
    s.keys("");
    assert!(loaded(&s).len() > ahead, "{ahead}");
}
