//! Tips about the screens.

use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Signs in to screens with tips, of which the user knows some.
fn signed_in(install: TestInstall, known: &[&str]) -> TuiHarness {
    let mut s = TuiHarness::with_config(install, Theme::colour(), |config| config.tips = true);
    s.app.model.view_state.tips = known.iter().map(|id| (*id).to_owned()).collect();
    s.keys(&format!("{PASSWORD}<enter>"));
    s
}

fn has_tip(s: &TuiHarness) -> bool {
    s.app.model.notice.as_ref().is_some_and(|notice| notice.id == NoticeId::Tip)
}

#[test]
fn first_visit_to_a_screen_shows_a_tip_once() {
    let mut s = signed_in(TestInstall::new(), &[]);
    s.assert_shows("· ? shows this screen's keys · : finds any command");
    assert_eq!(s.saved_view.as_ref().unwrap().tips, ["keys"]);
    assert!(s.app.model.messages.is_empty());
    s.install.fakes.clock.advance(21_000);
    s.pass_time();
    assert!(!has_tip(&s));
    s.keys("6");
    assert!(has_tip(&s));
    s.keys("16");
    assert!(!has_tip(&s));
    assert_eq!(s.saved_view.as_ref().unwrap().tips, ["keys", "denied"]);
}

#[test]
fn known_tip_gives_way_to_one_about_marks() {
    let install = TestInstall::new();
    install.issue(OWNER, "bot");
    let mut s = signed_in(install, &["keys"]);
    assert!(!has_tip(&s));
    s.keys("<space>");
    assert_eq!(s.saved_view.as_ref().unwrap().tips, ["keys", "marks"]);
    // A screen has one tip in a run.
    s.install.fakes.clock.advance(21_000);
    s.keys("<esc>/");
    assert!(!has_tip(&s));
}

#[test]
fn tip_covers_no_message_and_no_dialog() {
    let install = TestInstall::new();
    install.issue(OWNER, "bot");
    let mut s = signed_in(install, &["keys"]);
    s.keys("y ");
    s.assert_notice(NoticeId::Copied);
    s.keys("d");
    s.install.fakes.clock.advance(21_000);
    s.pass_time();
    assert!(!has_tip(&s));
    s.keys("<esc>");
    assert!(has_tip(&s));
    s.keys("y");
    s.assert_notice(NoticeId::Copied);
}

#[test]
fn read_only_screens_have_no_tip_about_changes() {
    for is_read_only in [false, true] {
        let mut s = TuiHarness::with_config(TestInstall::new(), Theme::colour(), |config| {
            (config.tips, config.is_read_only) = (true, is_read_only);
        });
        s.app.model.view_state.tips = vec!["keys".to_owned()];
        s.keys(&format!("{PASSWORD}<enter>5"));
        assert_eq!(has_tip(&s), !is_read_only);
    }
}

#[test]
fn tips_can_be_off() {
    let mut s = TuiHarness::with_config(TestInstall::new(), Theme::colour(), |config| config.tips = false);
    s.keys(&format!("{PASSWORD}<enter>6"));
    assert!(!has_tip(&s) && s.saved_view.is_none());
}
