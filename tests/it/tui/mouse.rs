//! Clicks and the wheel.

use crossterm::event::{MouseButton, MouseEventKind};
use jeton::domain::token::Status;
use jeton::tui::keymap::Context;
use jeton::tui::layer::ScreenId;
use jeton::tui::modal::picker::tree::Choice;
use jeton::tui::notice::NoticeId;

use super::table::{install, many, names, status};
use super::tree;
use crate::support::fakes::{PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

fn current(s: &TuiHarness) -> String {
    s.tokens().current().map(|row| row.name.to_string()).unwrap_or_default()
}

#[test]
fn click_on_a_row_moves_the_cursor_and_again_opens_it() {
    let mut s = TuiHarness::signed_in(install(&["a-1", "b-2", "c-3"]));
    s.click("c-3");
    assert_eq!(current(&s), "c-3");
    s.click("c-3");
    s.assert_top("token-details");
    s.click("Close");
    s.click("a-1");
    assert_eq!((current(&s), s.component_ids().len()), ("a-1".to_owned(), 1));
    // The empty rows below, the rules and the lines about the token are no rows.
    for row in [2, 3, 12, 20, 21, 22] {
        s.mouse(MouseEventKind::Down(MouseButton::Left), 5, row);
    }
    assert_eq!((current(&s), s.component_ids().len()), ("a-1".to_owned(), 1));
}

#[test]
fn tabs_and_keys_in_the_footer_are_buttons() {
    let mut s = TuiHarness::signed_in(install(&["a-1", "b-2"]));
    for (label, screen) in [("Accounts", 2), ("6 Denied", 6), ("1 Tokens", 1)] {
        s.click(label);
        assert_eq!(s.app.workspace().map(|workspace| workspace.current()), Some(ScreenId(screen)), "{label}");
    }
    s.click("? Help");
    s.assert_top("help");
    s.click("Esc Close");
    s.keys("/b");
    s.click("b-2");
    assert_eq!((s.app.context(), names(&s)), (Context::Tokens, vec!["b-2".to_owned()]));
    s.mouse(MouseEventKind::Down(MouseButton::Left), 20, 1);
    assert_eq!(s.app.context(), Context::Filter);
    s.keys("<esc>");
    s.click("n New");
    s.assert_top("create-token");
    // The dimmed tabs below a dialog are no buttons.
    s.mouse(MouseEventKind::Down(MouseButton::Left), 22, 0);
    s.assert_top("create-token");
}

#[test]
fn wheel_moves_the_cursor_and_scrolls_dialogs() {
    let mut s = TuiHarness::signed_in(many(40));
    s.mouse(MouseEventKind::ScrollDown, 10, 10);
    assert_eq!(s.tokens().rows.cursor().position(), 3);
    s.mouse(MouseEventKind::ScrollUp, 10, 10);
    assert_eq!(s.tokens().rows.cursor().position(), 0);
    s.keys("?");
    let top = s.line_of("Tokens");
    s.mouse(MouseEventKind::ScrollDown, 10, 10);
    assert_ne!(s.body(), top);
}

#[test]
fn form_takes_clicks_on_fields_and_buttons() {
    let mut s = TuiHarness::signed_in(install(&["a-1"]));
    s.keys("n");
    s.click("Description");
    s.keys("from a click");
    s.click("Name");
    s.keys("clicked");
    s.click("[ Generate ]");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.click("v Show");
    s.click("Esc Done");
    assert!(names(&s).contains(&"clicked".to_owned()));
    s.keys("ne");
    s.click("Name");
    s.keys("<esc>");
    s.assert_top("discard-draft");
    s.click("Esc Keep");
    s.assert_top("create-token");
}

#[test]
fn click_revokes_nothing_by_itself() {
    let mut s = TuiHarness::signed_in(install(&["a-1"]));
    s.click("x Revoke");
    let before = s.component_ids();
    for _ in 0..4 {
        s.click("revoke this token ]");
    }
    assert_eq!(s.component_ids(), before);
    assert_eq!(status(&s, "a-1"), Status::Active);
}

#[test]
fn picker_ticks_the_clicked_method() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys("nbot<tab><tab><tab><up><space>");
    s.assert_top("picker");
    s.click("Search");
    assert_eq!(s.app.context(), Context::PickerSearch);
    s.keys("environment.control");
    s.click("StopEnv ");
    assert_eq!(tree(&s).total().0, 0, "the first click only moves the cursor");
    s.click("StopEnv ");
    assert_eq!(tree(&s).total().0, 1);
    s.click("Tab Sets");
    s.click("Marketplace");
    s.click("Marketplace");
    assert!(matches!(tree(&s).choice(), Choice::Sets(_)));
}

#[test]
fn mouse_is_left_to_the_terminal() {
    let mut s = TuiHarness::signed_in(install(&["a-1", "b-2"]));
    s.keys("M");
    assert_eq!(s.app.model.notice.as_ref().map(|notice| notice.id), Some(NoticeId::Mouse));
    s.click("b-2");
    assert_eq!(current(&s), "a-1");
    s.keys("M");
    s.click("b-2");
    assert_eq!(current(&s), "b-2");
}

#[test]
fn clicks_wait_for_nothing() {
    let mut s = TuiHarness::signed_in(many(40));
    s.held_replies = Some(Default::default());
    s.keys("/t");
    let before = current(&s);
    s.mouse(MouseEventKind::Down(MouseButton::Left), 10, 8);
    s.mouse(MouseEventKind::ScrollDown, 10, 8);
    s.deliver_replies(false);
    assert_eq!(current(&s), before, "the rows under the pointer were others");
}
