//! Undoing the last change on the screens.

use jeton::domain::token::Status;
use jeton::tui::notice::NoticeId;

use super::table::{install, status};
use crate::support::fakes::PASSWORD;
use crate::support::tui_harness::TuiHarness;

#[test]
fn last_change_is_undone_in_one_confirmed_step() {
    let mut s = TuiHarness::signed_in(install(&["a", "b"]));
    s.keys("u");
    assert!(s.app.modals.is_empty(), "there was no change");
    s.keys(&format!("d{PASSWORD}<enter>"));
    assert_eq!(status(&s, "a"), Status::Disabled);
    s.assert_shows("u Undo");
    s.keys("<down>u");
    assert_eq!(status(&s, "a"), Status::Disabled, "not before it is confirmed");
    s.keys(&format!("{PASSWORD}<enter>"));
    assert_eq!((status(&s, "a"), status(&s, "b")), (Status::Active, Status::Active));
    s.keys(&format!("u{PASSWORD}<enter>"));
    assert_eq!(status(&s, "a"), Status::Disabled, "the way back is undone, too");
    s.keys(&format!("gr<enter>{PASSWORD}<enter>"));
    s.assert_top("reveal-secret");
    s.keys("v<esc>");
    s.keys("u");
    assert!(s.app.modals.is_empty(), "a secret is no step back");
    s.assert_notice(NoticeId::NoEffect);
}
