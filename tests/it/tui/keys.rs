//! Keys of the user: they work, everything shows them, and a file with a fault is replaced by the default keys.

use jeton::tui::keymap::Keymap;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;

use super::dialog_lines;
use super::table::install;
use crate::support::fakes::PASSWORD;
use crate::support::tui_harness::TuiHarness;

fn with_keys(text: &str) -> TuiHarness {
    let keymap = Keymap::parse("keys.toml", text).unwrap();
    signed_in(keymap)
}

fn signed_in(keymap: Keymap) -> TuiHarness {
    let mut s = TuiHarness::with_config(install(&["ci", "deploy"]), Theme::mono(), |start| start.keymap = keymap);
    s.keys(&format!("{PASSWORD}<enter>"));
    s
}

#[test]
fn own_keys_work_in_place_of_the_default_keys() {
    let mut s = with_keys(
        "[tokens]\nrevoke = \"X\"\nedit-token = \"i\"\n[every-screen]\nhelp = \"K\"\n[form]\ncancel = \"Ctrl-g\"",
    );
    s.keys("x");
    assert_eq!(s.component_ids().len(), 1, "x is free now");
    s.keys("X");
    s.assert_top("revoke-token");
    s.keys("<c-g>i");
    s.assert_top("edit-token");
    // Esc keeps its action.
    s.keys("<esc>K");
    s.assert_top("help");
}

#[test]
fn footer_help_palette_and_texts_show_own_keys() {
    let mut s = with_keys(
        "[tokens]\nrevoke = \"X\"\nedit-token = \"i\"\ncreate-token = \"N\"\n[every-screen]\nhelp = \"K\"\nshow-audit-log = \"8\"",
    );
    let text = s.text();
    let footer = text.lines().last().unwrap();
    for shown in ["X Revoke", "i Edit", "N New", "K Help"] {
        assert!(footer.contains(shown), "{footer}");
    }
    s.assert_shows(" 8 Audit");
    s.keys(":revoke");
    let palette = dialog_lines(&s);
    assert!(palette.lines().any(|line| line.contains("Revoke") && line.contains('X')), "{palette}");
    s.keys("<esc><esc>Krevoke the");
    assert!(dialog_lines(&s).lines().any(|line| line.starts_with("X  ")), "{}", dialog_lines(&s));
}

#[test]
fn click_on_a_row_does_the_same_with_other_keys_for_details() {
    let mut s = with_keys("[tokens]\ndetails = \"D\"");
    s.keys("D");
    s.assert_top("token-details");
    s.keys("<esc>");
    s.click("ci");
    s.assert_top("token-details");
}

#[test]
fn file_with_a_fault_gives_the_default_keys_and_a_notice() {
    let mut keymap = Keymap::default();
    keymap.problem = Keymap::parse("keys.toml", "[tokens]\nrevoke = \"q\"").err();
    let mut s = signed_in(keymap);
    let notice = s.app.model.notice.as_ref().unwrap();
    assert!(matches!(notice.id, NoticeId::Error(_)), "{notice:?}");
    s.keys("x");
    s.assert_top("revoke-token");
}
