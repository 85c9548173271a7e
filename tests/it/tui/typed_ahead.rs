//! Keys typed before the rows that they act on have arrived.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jeton::domain::token::Status;
use jeton::error::Error;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::update::update;
use zeroize::Zeroizing;

use super::table::{install, many, names, status};
use crate::support::fakes::PASSWORD;
use crate::support::tui_harness::TuiHarness;

const THREE: [&str; 3] = ["alpha", "beta", "gamma"];

/// Returns the screens after `keys` were typed at once, and then all replies have come.
pub fn burst(mut s: TuiHarness, keys: &str) -> TuiHarness {
    s.held_replies = Some(Default::default());
    s.keys(keys);
    s.deliver_replies(false);
    s
}

fn current(s: &TuiHarness) -> String {
    s.tokens().current().unwrap().name.to_string()
}

/// Returns the title of the revocation on top.
fn revoked(s: &TuiHarness) -> String {
    s.assert_top("revoke-token");
    s.line_of("Revoke ops/").trim_matches([' ', '│', '╭', '─', '╮', '┌', '┐']).to_owned()
}

#[test]
fn change_acts_on_the_row_of_the_new_filter_once_its_dialog_was_shown() {
    let mut s = burst(TuiHarness::signed_in(install(&THREE)), &format!("/beta<enter>d{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::NoEffect);
    assert_eq!(THREE.map(|name| status(&s, name) == Status::Disabled), [false; 3]);
    s.held_replies = None;
    s.keys("<enter>");
    assert_eq!(THREE.map(|name| status(&s, name) == Status::Disabled), [false, true, false]);
    assert_eq!(names(&s), ["beta"]);
}

#[test]
fn dialogs_open_for_the_row_of_the_new_order_or_option() {
    let s = burst(TuiHarness::signed_in(install(&THREE)), "s<space><enter>x");
    assert_eq!(revoked(&s), "Revoke ops/gamma");
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.keys("/beta<enter>");
    let s = burst(s, "<esc>/gamma<enter>x");
    assert_eq!(revoked(&s), "Revoke ops/gamma");
    let s = burst(TuiHarness::signed_in(install(&THREE)), "2<enter>jx");
    assert_eq!(revoked(&s), "Revoke ops/beta", "from the account to its tokens");
}

#[test]
fn dialogs_open_for_the_row_reached_by_moves_beyond_the_loaded_ones() {
    let mut s = burst(TuiHarness::signed_in(many(450)), "Gx");
    assert_eq!(revoked(&s), "Revoke ops/t-0449");
    s.held_replies = None;
    s.keys("<esc>g");
    let mut s = burst(s, &"<pgdn>".repeat(20));
    assert_eq!(current(&s), "t-0320");
    s.held_replies = None;
    s.keys("g");
    let mut s = burst(s, &"<space>".repeat(250));
    assert_eq!(s.tokens().marks.len(), 250, "no mark is taken back at the end of the loaded rows");
    s.held_replies = None;
    s.keys("<esc>G");
    let s = burst(s, &"k".repeat(300));
    assert_eq!(current(&s), "t-0149");
}

#[test]
fn held_keys_act_on_every_list() {
    let s = burst(TuiHarness::signed_in(install(&THREE)), "3/beta<enter><enter>");
    s.assert_top("audit-row");
    assert!(s.dialog_text().contains("ops/beta"), "{}", s.text());
    let s = burst(TuiHarness::signed_in(install(&THREE)), "5j<enter>");
    s.assert_top("edit-policy");
}

#[test]
fn dialogs_wait_for_the_account_and_moves_do_not() {
    let mut s = TuiHarness::signed_out(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys(&format!("{PASSWORD}<enter>"));
    let deliver = |s: &mut TuiHarness| {
        let reply = s.held_replies.as_mut().unwrap().pop_front().unwrap();
        s.message(reply);
    };
    // The replies to the sign-in and to the rows.
    deliver(&mut s);
    deliver(&mut s);
    s.keys("jn");
    assert_eq!(current(&s), "beta");
    s.assert_top("tokens");
    s.deliver_replies(false);
    s.assert_top("create-token");
}

#[test]
fn typing_in_the_filter_is_not_held() {
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys("/be");
    assert_eq!((s.tokens().filter.text(), s.app.held_input.len()), ("be", 0));
    s.keys("<enter>x");
    assert_eq!((s.tokens().filter.text(), s.app.held_input.len()), ("be", 2));
    s.resize(100, 30);
    s.assert_shows("/ be");
    s.deliver_replies(false);
    assert_eq!(revoked(&s), "Revoke ops/beta");
}

#[test]
fn pasted_password_keeps_its_place() {
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys("/gamma<enter>d");
    s.message(Msg::Paste(Zeroizing::new(PASSWORD.to_owned())));
    s.keys("<enter>");
    s.deliver_replies(false);
    s.held_replies = None;
    s.keys("<enter>");
    assert_eq!(status(&s, "gamma"), Status::Disabled);
}

#[test]
fn esc_and_quit_do_not_wait() {
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys("/be<esc>");
    assert!(s.tokens().filter.is_empty() && !s.tokens().filter.is_typing());
    s.keys("?");
    s.assert_top("help");
    s.keys("<esc>q");
    assert!(s.ended().is_some_and(Result::is_ok));
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys("/be<enter>x<c-c>");
    assert!(s.ended().is_some_and(Result::is_err), "it overtakes held keys");
}

#[test]
fn lock_drops_held_keys() {
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys("/be<enter>x");
    s.message(Msg::Resumed);
    s.deliver_replies(false);
    s.held_replies = None;
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("tokens");
}

#[test]
fn failed_read_leaves_no_row_for_held_keys() {
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys("/be<enter>x");
    for reply in s.held_replies.take().unwrap() {
        let Msg::Reply(id, _) = reply else { continue };
        s.message(Msg::Reply(id, Box::new(Err(Error::failure("the disk is gone")))));
    }
    s.assert_top("tokens");
    assert!(s.app.held_input.is_empty() && !s.tokens().filter.is_typing());
    s.assert_shows("the disk is gone");
    s.keys("Rx");
    assert_eq!(revoked(&s), "Revoke ops/beta");
}

#[test]
fn too_many_held_keys_are_refused() {
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.held_replies = Some(Default::default());
    s.keys(&"S".repeat(500));
    s.assert_notice(NoticeId::KeysIgnored);
    assert_eq!(s.app.model.messages.len(), 1, "one for all of them");
    s.deliver_replies(false);
    assert!(s.app.held_input.is_empty() && s.tokens().source.options.stale, "401 times");
}

#[test]
fn change_of_the_store_does_not_replace_a_jump() {
    let mut s = TuiHarness::signed_in(many(450));
    s.held_replies = Some(Default::default());
    s.keys("G");
    s.message(Msg::StoreChanged(i64::MAX));
    s.deliver_replies(false);
    assert_eq!(current(&s), "t-0449");
}

#[test]
fn dialog_that_no_frame_has_shown_takes_neither_clicks_nor_enter() {
    let click = |s: &mut TuiHarness, place: (u16, u16)| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let event = MouseEvent { kind, column: place.0, row: place.1, modifiers: KeyModifiers::NONE };
        update(&mut s.app, Msg::Mouse(event))
    };
    let mut s = TuiHarness::signed_in(install(&THREE));
    s.keys("d");
    let cancel = s.place_of("Esc Cancel");
    s.keys("<esc>");
    s.assert_top("tokens");
    update(&mut s.app, Msg::Key(KeyEvent::new(KeyCode::Char('d'), KeyModifiers::NONE)));
    click(&mut s, cancel);
    s.assert_top("token.disable");
    s.app.on_frame_shown(s.app.model.now);
    click(&mut s, cancel);
    s.assert_top("tokens");

    // Too small to show a dialog.
    s.resize(30, 8);
    s.keys(&format!("d{PASSWORD}<enter>"));
    assert_eq!(status(&s, "alpha"), Status::Active);
    s.resize(80, 24);
    s.keys("<enter>");
    assert_eq!(status(&s, "alpha"), Status::Disabled);
}
