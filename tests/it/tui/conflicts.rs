//! Dialogs whose tokens another session has changed: they show the tokens as stored, to be confirmed again.

use jeton::domain::expiry::Span;
use jeton::domain::name::TokenName;
use jeton::domain::token::Token;
use jeton::error::Kind;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::verbs::tokens::{
    DisableTokens, EditToken, RegenerateToken, RestoreTokens, RetireToken, RevokeTokens, TokenTarget,
};

use super::{dialog_lines, listed};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Returns the screens with the tokens a, b and c, and the cursor on a.
fn screens() -> TuiHarness {
    let install = TestInstall::new();
    for name in ["a", "b", "c"] {
        install.issue(OWNER, name);
    }
    TuiHarness::signed_in(install)
}

fn target(name: &str) -> TokenTarget {
    TokenTarget::by_reference(name)
}

fn rename(s: &TuiHarness, from: &str, to: &str) {
    let edit = EditToken { name: Some(TokenName::parse(to).unwrap()), ..EditToken::new(target(from)) };
    s.install.call(OWNER, edit).unwrap();
}

fn revoke(s: &TuiHarness, name: &str) {
    let confirmation = name.to_owned();
    s.install
        .call(OWNER, RevokeTokens { tokens: vec![target(name)], with_made: false, confirmation, expected_made: None })
        .unwrap();
}

fn stored(s: &TuiHarness, name: &str) -> Token {
    s.install.call(OWNER, listed(name)).unwrap().token
}

#[test]
fn renamed_token_is_revoked_by_its_new_name() {
    let mut s = screens();
    s.keys(&format!("xa<tab>{PASSWORD}<tab><tab>"));
    rename(&s, "a", "a2");
    s.keys("<enter>");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke ops/a2
    This token was never used, but somebody might use it soon.
    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    Name                      a2
    Type the name
    Password of ops
    Your change was not made. In the meantime: ops/a was changed (name: a →
    a2). Check the dialog and confirm again.
    [ Disable instead ]  [ I understand the consequences, revoke this token ]
    ");
    // The earlier confirmation and password are gone, and the focus is where the new name is typed.
    s.keys(&format!("a<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_top("revoke-token");
    assert!(stored(&s, "a2").deleted_at.is_none());
    s.keys("2<tab><tab><tab><enter>");
    s.assert_notice(NoticeId::Done("token.revoke"));
}

#[test]
fn tokens_revoked_by_another_session_leave_the_dialog() {
    let mut s = screens();
    s.keys(&format!("ax3<tab>{PASSWORD}<tab><tab>"));
    revoke(&s, "b");
    s.keys("<enter>");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke 2 tokens
    None of these tokens was used in the last 7 days:
      ops/a                             never seen
      ops/c                             never seen
    The service denies the tokens from the next request on. Within 30 days,
    the tokens can be restored from the trash.
    Number                    2
    Type the number
    Password of ops
    Your change was not made. In the meantime: ops/b was revoked. Check the
    dialog and confirm again.
    [ Disable instead ]  [ I understand the consequences, revoke 2 tokens ]
    ");
    assert_eq!(s.tokens().marks.len(), 2);
    revoke(&s, "c");
    s.keys(&format!("2<tab>{PASSWORD}<tab><tab><enter>"));
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke ops/a
    This token was never used, but somebody might use it soon.
    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    Name                      a
    Type the name
    Password of ops
    Your change was not made. In the meantime: ops/c was revoked. Check the
    dialog and confirm again.
    [ Disable instead ]  [ I understand the consequences, revoke this token ]
    ");
    revoke(&s, "a");
    s.keys(&format!("a<tab>{PASSWORD}<tab><tab><enter>"));
    s.assert_no_dialog();
    s.assert_notice(NoticeId::Error(Kind::Conflict));
}

#[test]
fn explanation_of_a_conflict_is_whole_on_a_small_terminal() {
    let mut s = screens();
    s.resize(40, 12);
    s.keys(&format!("ax3<tab>{PASSWORD}<tab><tab>"));
    revoke(&s, "b");
    s.keys("<enter>");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke 2 tokens
    Number           2
    Type the number
    Password of ops
    Your change was not made. In the
    meantime: ops/b was revoked. Check
    the dialog and confirm again.
    [ Disable instead ]
    ↑ 8  ↓ 2 more lines  PgUp PgDn
    ");
}

#[test]
fn tokens_are_disabled_as_stored_after_a_conflict() {
    let mut s = screens();
    s.keys(&format!("ad{PASSWORD}"));
    s.install.call(OWNER, DisableTokens { tokens: vec![target("a")] }).unwrap();
    rename(&s, "b", "b2");
    s.keys("<enter>");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Disable 2 tokens
    From the next request on, none of these tokens works: ops/b2, ops/c. The
    secrets are kept: the tokens can be enabled later, unless they have
    expired. Already disabled: ops/a.
    None of the 2 tokens was used in the last 7 days.
    Password of ops
    Your change was not made. In the meantime: ops/a was changed (enabled: yes
    → no); ops/b was changed (name: b → b2). Check the dialog and confirm
    again.
    ");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done("token.disable"));
    assert!(!stored(&s, "b2").enabled);
}

#[test]
fn disabled_token_is_not_enabled_after_a_conflict() {
    let mut s = screens();
    s.keys(&format!("d{PASSWORD}"));
    s.install.call(OWNER, DisableTokens { tokens: vec![target("a")] }).unwrap();
    s.keys("<enter>");
    s.assert_no_dialog();
    s.assert_notice(NoticeId::Error(Kind::Conflict));
    assert!(!stored(&s, "a").enabled);
}

#[test]
fn overlap_is_ended_for_the_secret_that_is_shown() {
    let mut s = screens();
    let regenerate = |s: &TuiHarness| {
        let verb = RegenerateToken { token: target("a"), grace: Some(Span::Days(1)), expires: None };
        s.install.call(OWNER, verb).unwrap()
    };
    let first = regenerate(&s);
    s.keys("R<home>");
    s.keys(&format!("o{PASSWORD}"));
    s.assert_top("token.retire");
    s.install.call(OWNER, RetireToken { token: target("a") }).unwrap();
    regenerate(&s);
    s.keys("<enter>");
    s.assert_top("token.retire");
    s.assert_shows(&first.value.token.hint);
    assert!(stored(&s, "a").previous.is_some());
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done("token.retire"));
    assert!(stored(&s, "a").previous.is_none());
}

/// The box has no other way to show the present token.
#[test]
fn restore_and_copy_of_a_changed_token_close() {
    let mut s = screens();
    s.keys(&format!("cnew<tab><tab><tab><enter>{PASSWORD}"));
    s.assert_top("token.copy");
    rename(&s, "a", "a2");
    s.keys("<enter>");
    s.assert_no_dialog();
    s.assert_notice(NoticeId::Error(Kind::Conflict));
    revoke(&s, "b");
    s.message(Msg::StoreChanged(i64::MAX));
    s.keys(&format!("tu{PASSWORD}"));
    s.assert_top("restore-tokens");
    let tokens = vec![target("b")];
    s.install.call(OWNER, RestoreTokens { tokens, rename: None }).unwrap();
    revoke(&s, "b");
    s.keys("<enter>");
    s.assert_no_dialog();
    s.assert_notice(NoticeId::Error(Kind::Conflict));
}
