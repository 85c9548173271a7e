//! Undoing the last change on the screens.

use jeton::domain::expiry::ExpirySpec;
use jeton::domain::name::Description;
use jeton::domain::time::DAY;
use jeton::domain::token::{Status, Token};
use jeton::error::Kind;
use jeton::tui::notice::NoticeId;
use jeton::verbs::tokens::{CreateToken, EditToken, TokenTarget};

use super::edit_and_copy::{fixture, stored};
use super::table::{install, status};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
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

/// Changes every field of the token under the cursor.
fn edit_all_fields(s: &mut TuiHarness) {
    s.keys("e<c-u>robot<tab><c-u>Else<tab><end><left><tab><up><up><tab><right>");
    s.enter_until_top("token.edit");
    s.keys(&format!("{PASSWORD}<enter>"));
}

#[test]
fn edit_is_undone_to_the_very_values_from_before() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    edit_all_fields(&mut s);
    let edited = stored(&s, &issued);
    assert_eq!((edited.name.as_str(), edited.expected_unused_since), ("robot", Some(s.install.now())));
    s.assert_shows("u Undo");
    s.keys("u");
    s.assert_top("token.edit");
    insta::assert_snapshot!(s.dialog_text(), @r#"
    Undo the edit of ops/robot
    name         robot → bot
    description  "Else" → "Deploys"
    expires      never → 2026-12-21
    API          Maven Plugin → 2 methods
                 + environment.control.StartEnv
                 + environment.control.StopEnv
                 - Maven Plugin
    use          not expected → expected
    methods      12 → 2
                 + gains 2: environment.control.StartEnv,
                     environment.control.StopEnv
                 - loses 12: artifacts.repository.CheckArtifact,
                     artifacts.repository.ListArtifacts,
                     artifacts.repository.UploadArtifact, …

    ↓ 3 more lines  PgDn

    Password of ops
    "#);
    assert_eq!(stored(&s, &issued), edited, "not before it is confirmed");
    s.keys(&format!("{PASSWORD}<enter>"));
    let undone = stored(&s, &issued);
    assert_eq!(Token { revision: issued.token.revision, ..undone }, issued.token);
    // A new mark would count from now on, and hide a use before.
    s.keys("u");
    s.assert_notice(NoticeId::NoEffect);
    assert!(s.app.modals.is_empty());
}

#[test]
fn undone_edit_is_undone_too() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<c-u>robot<tab><c-u>Else");
    s.enter_until_top("token.edit");
    s.keys(&format!("{PASSWORD}<enter>"));
    let edited = stored(&s, &issued);
    assert_eq!(edited.name.as_str(), "robot");
    for expected in [&issued.token, &edited] {
        s.keys(&format!("u{PASSWORD}<enter>"));
        assert_eq!(Token { revision: expected.revision, ..stored(&s, &issued) }, *expected);
    }
}

#[test]
fn edit_is_not_undone_if_the_token_changed_since() {
    let (install, issued) = fixture();
    let mut s = TuiHarness::signed_in(install);
    edit_all_fields(&mut s);
    let theirs = Description::parse("theirs").ok();
    let edit = EditToken { description: theirs, ..EditToken::new(TokenTarget::by_reference("ops/robot")) };
    s.install.call(OWNER, edit).unwrap();
    let now = stored(&s, &issued);
    s.keys("u");
    assert!(s.app.modals.is_empty());
    s.assert_notice(NoticeId::Error(Kind::Conflict));
    s.keys("R");
    s.assert_hides("u Undo");
    s.keys("u");
    s.assert_notice(NoticeId::NoEffect);
    assert_eq!((s.app.modals.is_empty(), stored(&s, &issued)), (true, now));
}

#[test]
fn edit_of_an_expired_token_says_why_it_is_not_undone() {
    let install = TestInstall::new();
    let issued = install.create(OWNER, CreateToken { expires: ExpirySpec::parse("1d").ok(), ..create("short") });
    install.fakes.clock.advance(2 * DAY);
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<tab><tab><end><left>");
    s.enter_until_top("token.edit");
    s.keys(&format!("{PASSWORD}<enter>"));
    let now = stored(&s, &issued);
    s.assert_hides("u Undo");
    s.keys("u");
    s.assert_notice(NoticeId::NoEffect);
    assert_eq!((s.app.modals.is_empty(), stored(&s, &issued)), (true, now));
}
