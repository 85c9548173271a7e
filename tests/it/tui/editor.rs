//! Descriptions in the user's editor.

use std::time::Duration;

use jeton::error::Error;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;

use super::edit_and_copy::fixture;
use super::lines_of;
use super::typed_ahead::burst;
use crate::support::fakes::{PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

const KEY: &str = "<c-o>";

fn edited(s: &mut TuiHarness, text: &str) {
    s.message(Msg::Edited(Ok(text.to_owned())));
}

#[test]
fn editor_opens_for_descriptions_and_never_for_passwords() {
    let (install, _) = fixture();
    let mut s = TuiHarness::signed_out(install);
    s.keys(&format!("{KEY}{PASSWORD}{KEY}<enter>"));
    s.keys(&format!("{KEY}n{KEY}name<tab>"));
    assert!(s.edited.is_empty());
    assert!(lines_of(&s, "Ctrl-o Editor").contains("Tab Next"), "{}", s.text());
    s.keys(&format!("about it{KEY}<tab>{KEY}"));
    assert_eq!(s.edited, ["about it"]);
    s.enter_until_password();
    s.keys(&format!("{KEY}{PASSWORD}{KEY}<esc><esc>d"));
    s.assert_no_dialog();
    assert_eq!(s.edited.len(), 1);
    // The list doesn't know the key, the form of a token does.
    s.keys(&format!("{KEY}e{KEY}<tab>{KEY}"));
    assert_eq!(s.edited, ["about it", "Deploys"]);
}

#[test]
fn edited_text_is_one_line_and_stored_only_when_confirmed() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys(&format!("e<tab>{KEY}"));
    edited(&mut s, "Deploys\nthe\tshop\n");
    s.assert_shows("Deploys the shop");
    assert_eq!(s.app.model.notice, None);
    assert_eq!(super::edit_and_copy::stored(&s, &issued).description.as_str(), "Deploys");
    s.keys(KEY);
    assert_eq!(s.edited.last().unwrap(), "Deploys the shop");
    edited(&mut s, "Deploys the shop\n");
    s.assert_notice(NoticeId::Unchanged);
    s.keys(KEY);
    edited(&mut s, "a\u{1b}[2Jb");
    s.assert_notice(NoticeId::TextTruncated);
    s.assert_shows("a[2Jb");
    s.keys(KEY);
    let error = Error::failure("the editor ended with exit code 1");
    s.message(Msg::Edited(Err(error.clone())));
    s.assert_notice(NoticeId::Error(error.kind));
    s.assert_shows("a[2Jb");
}

#[test]
fn text_edited_for_long_waits_below_the_lock() {
    let install = TestInstall::new();
    let minute = Duration::from_secs(60);
    let mut s = TuiHarness::with_config(install, Theme::colour(), |config| config.lock_after = minute);
    s.keys(&format!("{PASSWORD}<enter>nbot<tab>{KEY}"));
    s.install.fakes.clock.advance(120_000);
    edited(&mut s, "Deploys");
    assert!(s.app.lock.is_some());
    s.assert_hides("Deploys");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_top("create-token");
    s.assert_shows("Deploys");
}

#[test]
fn keys_typed_ahead_of_the_editor_are_dropped() {
    let (install, _) = fixture();
    let mut s = burst(TuiHarness::signed_in(install), &format!("3/bot<enter>1e<tab>{KEY}<c-u>typed ahead"));
    assert_eq!(s.edited, ["Deploys"]);
    edited(&mut s, "Deploys the shop");
    s.assert_shows("Deploys the shop");
    s.assert_hides("typed ahead");
}

#[test]
fn edited_text_without_its_field_is_dropped() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.keys(&format!("nbot<tab>{KEY}"));
    s.keys("<s-tab>");
    edited(&mut s, "Deploys");
    s.assert_hides("Deploys");
    s.keys("<esc>d");
    s.assert_no_dialog();
    edited(&mut s, "Deploys");
    s.assert_no_dialog();
}
