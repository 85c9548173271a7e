//! Proofs other than a typed password, hidden screens, and changes made elsewhere.

use std::sync::Arc;
use std::time::Duration;

use jeton::domain::api_selection::Selection;
use jeton::domain::method::MethodId;
use jeton::domain::token::Status;
use jeton::error::Kind;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::verbs::accounts::LogIn;
use jeton::verbs::credential::TokenCredential;
use jeton::verbs::tokens::{CreateToken, DisableTokens, EditToken, TokenTarget};

use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create, token_name};
use crate::support::tui_harness::TuiHarness;

fn token_credential(install: &TestInstall, methods: &[&str]) -> TokenCredential {
    let methods = methods.iter().map(|m| MethodId::parse(m).unwrap()).collect();
    let verb = CreateToken { selection: Selection::Custom(methods), ..create("bearer") };
    let issued = install.call(OWNER, verb).unwrap().value.remove(0);
    TokenCredential::of_any(Arc::new(issued.secret))
}

fn remembering(time: Duration) -> TuiHarness {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.remember_password = time);
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens
}

#[test]
fn token_session_changes_without_a_password() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let token = token_credential(&install, &["jeton.tokens.read", "jeton.tokens.write"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    screens.assert_shows("deploy");
    screens.keys("G");
    screens.keys("d");
    screens.assert_top("token.disable");
    screens.assert_shows("ops/deploy");
    assert!(!screens.asks_password());
    screens.keys("<enter>");
    screens.assert_shows("disabled");
    let row = screens.install.audit().pop().unwrap();
    assert_eq!(row.verb, "token.disable");
    assert!(row.proof.starts_with("token bearer jtn_"), "{}", row.proof);
}

#[test]
fn stored_login_opens_the_screens_and_changes_ask_for_the_password() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let login = install.call(OWNER, LogIn { name: token_name("cli-laptop") }).unwrap().value;
    let login = TokenCredential::of_any(Arc::new(login.secret));
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.login = Some(login.clone()));
    screens.assert_shows("deploy");
    screens.keys("d");
    screens.assert_top("token.disable");
    assert!(screens.asks_password());
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens.assert_shows("disabled");
    // A login that has ended is no attempt of the person.
    let install = screens.install;
    install.fakes.clock.advance(13 * 60 * 60 * 1000);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.login = Some(login));
    screens.assert_top("sign-in");
    insta::assert_snapshot!(super::lines_of(&screens, "login"), @"Your stored login is no longer valid. Sign in with your password.");
    for password in ["wrong horse battery", "wrong horse battery", PASSWORD] {
        screens.assert_top("sign-in");
        screens.install.fakes.clock.advance(60_000);
        screens.keys(&format!("{password}<enter>"));
    }
    screens.assert_shows("deploy");
}

#[test]
fn token_session_is_refused_with_the_missing_method() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let token = token_credential(&install, &["jeton.tokens.read"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    screens.keys("Gd<enter>");
    screens.assert_shows("jeton.tokens.write");
    assert!(screens.install.audit().iter().all(|row| row.verb != "token.disable"));
}

#[test]
fn token_that_lists_no_accounts_opens_the_form_without_an_error() {
    let install = TestInstall::new();
    let token = token_credential(&install, &["jeton.tokens.read", "jeton.tokens.write"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    screens.keys("n");
    screens.assert_top("create-token");
    assert!(screens.app.model.messages.is_empty(), "{:?}", screens.app.model.messages);
}

#[test]
fn refused_token_opens_no_screen() {
    let install = TestInstall::new();
    let token = token_credential(&install, &[]);
    install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("bearer")] }).unwrap();
    let screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    let ended = screens.app.model.exit.unwrap().unwrap_err();
    assert_eq!(ended.kind, Kind::Unauthenticated);
}

#[test]
fn disabled_token_ends_its_session() {
    let install = TestInstall::new();
    let token = token_credential(&install, &["jeton.tokens.read"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    assert!(screens.app.model.exit.is_none());
    screens.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("bearer")] }).unwrap();
    screens.message(Msg::StoreChanged(i64::MAX));
    assert_eq!(screens.app.model.exit.unwrap().unwrap_err().kind, Kind::Unauthenticated);
}

#[test]
fn idle_screens_lock_and_hide_everything() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let mut screens =
        TuiHarness::with_config(install, Theme::colour(), |start| start.lock_after = Duration::from_secs(300));
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens.install.fakes.clock.advance(299_000);
    screens.keys("j");
    screens.assert_shows("deploy");
    screens.install.fakes.clock.advance(299_999);
    screens.pass_time();
    screens.assert_shows("deploy");
    screens.install.fakes.clock.advance(1);
    screens.pass_time();
    screens.assert_locked();
    assert!(!screens.text().contains("deploy"));
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens.assert_shows("deploy");
}

#[test]
fn idle_token_session_ends() {
    let install = TestInstall::new();
    let token = token_credential(&install, &["jeton.tokens.read"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| {
        start.token = Some(token);
        start.lock_after = Duration::from_secs(60);
    });
    screens.install.fakes.clock.advance(60_000);
    screens.pass_time();
    insta::assert_snapshot!(screens.app.model.exit.unwrap().unwrap_err(), @"the session has ended: you signed in with a token, and a token can't unlock the screens. Start jeton again");
}

#[test]
fn open_dialog_forgets_passwords_when_the_screens_lock() {
    // A remembered password.
    let mut screens = remembering(Duration::from_secs(600));
    screens.keys(&format!("d{PASSWORD}<enter>d"));
    screens.assert_top("token.enable");
    assert!(!screens.asks_password());
    screens.keys("<c-z>");
    screens.install.fakes.clock.advance(60_000);
    screens.keys(&format!("{PASSWORD}<enter><enter>"));
    screens.assert_top("token.enable");
    assert!(screens.asks_password());
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens.assert_shows("active");

    // A typed one.
    let changes = |screens: &TuiHarness| screens.install.audit().len();
    let mut screens = remembering(Duration::ZERO);
    screens.keys(&format!("d{PASSWORD}<c-z>"));
    screens.install.fakes.clock.advance(60_000);
    let before = changes(&screens);
    screens.keys(&format!("{PASSWORD}<enter>"));
    let after_unlock = changes(&screens);
    screens.keys("<enter>");
    screens.assert_top("token.disable");
    assert!((before..=before + 1).contains(&after_unlock) && changes(&screens) == after_unlock);
}

#[test]
fn second_enter_does_not_confirm_what_the_first_one_was_refused_for() {
    let install = TestInstall::new();
    let id = install.issue(OWNER, "deploy").token.id;
    let token = token_credential(&install, &["jeton.tokens.read", "jeton.tokens.write"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    screens.keys("Gd");
    let name = Some(token_name("deploy2"));
    screens.install.call(OWNER, EditToken { name, ..EditToken::new(TokenTarget::by_reference("deploy")) }).unwrap();
    let status = |screens: &TuiHarness| screens.install.token(id).status(screens.install.now());
    screens.keys("<enter>");
    screens.assert_shows("Check the dialog");
    screens.app.on_frame_shown(screens.install.now());
    screens.keys_at_once("<enter>");
    assert_eq!(status(&screens), Status::Active);
    screens.assert_notice(NoticeId::NoEffect);
    screens.install.fakes.clock.advance(500);
    screens.keys("<enter>");
    assert_eq!(status(&screens), Status::Disabled);
}

#[test]
fn open_dialog_forgets_a_password_after_the_set_time() {
    let mut screens = remembering(Duration::from_secs(60));
    screens.keys(&format!("d{PASSWORD}<enter>d"));
    screens.install.fakes.clock.advance(60_000);
    screens.keys("<enter>");
    screens.assert_top("token.enable");
    assert!(screens.asks_password());
}

#[test]
fn password_is_remembered_for_the_set_time() {
    let mut screens = remembering(Duration::from_secs(60));
    screens.keys(&format!("d{PASSWORD}<enter>"));
    screens.install.fakes.clock.advance(59_000);
    screens.keys("d");
    screens.assert_top("token.enable");
    assert!(!screens.asks_password());
    screens.keys("<enter>");
    screens.assert_shows("active");
    screens.install.fakes.clock.advance(60_000);
    screens.keys("d");
    assert!(screens.asks_password());
}

#[test]
fn password_is_not_remembered_by_default() {
    let mut screens = remembering(Duration::ZERO);
    screens.keys(&format!("d{PASSWORD}<enter>d"));
    assert!(screens.asks_password());
}

#[test]
fn password_is_forgotten_at_the_lock() {
    let mut screens = remembering(Duration::from_secs(600));
    screens.keys(&format!("d{PASSWORD}<enter>"));
    screens.message(Msg::Resumed);
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens.keys("d");
    assert!(screens.asks_password());
}

#[test]
fn wrong_password_is_not_remembered() {
    let mut screens = remembering(Duration::from_secs(600));
    screens.keys("dwrong wrong wrong<enter>");
    screens.keys("<esc>d");
    assert!(screens.asks_password());
}

/// Tokens that another process creates and changes appear, and the cursor stays on its token.
#[test]
fn changes_elsewhere_appear_under_a_steady_cursor() {
    let install = TestInstall::new();
    install.set_policy(|p| p.active_tokens = 0);
    for name in ["bravo", "delta", "golf"] {
        install.issue(OWNER, name);
    }
    let mut screens = TuiHarness::signed_in(install);
    screens.keys("j");
    let current = |screens: &TuiHarness| screens.tokens().current().unwrap().clone();
    assert_eq!(current(&screens).name.as_str(), "delta");
    for name in ["alpha", "charlie", "echo"] {
        screens.install.issue(OWNER, name);
    }
    screens.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("delta")] }).unwrap();
    assert!(!screens.text().contains("charlie"));
    screens.message(Msg::StoreChanged(i64::MAX));
    screens.assert_shows("charlie");
    let token = current(&screens);
    assert_eq!((token.name.as_str(), token.status(screens.install.now())), ("delta", Status::Disabled));
}
