//! Proofs other than a typed password, hidden screens, and changes made elsewhere.

use std::sync::Arc;
use std::time::Duration;

use jeton::domain::method::MethodId;
use jeton::domain::selection::Selection;
use jeton::domain::token::Status;
use jeton::error::Kind;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use jeton::verbs::actor::TokenCredential;
use jeton::verbs::tokens::{CreateToken, DisableTokens, TokenTarget};

use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

fn token_credential(install: &TestInstall, methods: &[&str]) -> TokenCredential {
    let methods = methods.iter().map(|m| MethodId::parse(m).unwrap()).collect();
    let verb = CreateToken { selection: Selection::Custom(methods), ..create("bearer") };
    let issued = install.call(OWNER, verb).unwrap().value.remove(0);
    TokenCredential { secret: Arc::new(issued.secret), account: None, name: None }
}

fn remembering(time: Duration) -> TuiHarness {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.remember_password = time);
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens
}

#[test]
fn a_token_signs_in_and_its_changes_need_no_password() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let token = token_credential(&install, &["jeton.tokens.read", "jeton.tokens.write"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    screens.assert_shows("deploy");
    screens.keys("G");
    screens.keys("d");
    screens.assert_shows("[ Disable ops/deploy ]");
    screens.keys("<enter>");
    screens.assert_shows("disabled");
    let row = screens.install.audit().pop().unwrap();
    assert_eq!(row.verb, "token.disable");
    assert!(row.proof.starts_with("token bearer jtn_"), "{}", row.proof);
}

#[test]
fn what_a_token_may_not_is_refused_with_the_reason() {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy");
    let token = token_credential(&install, &["jeton.tokens.read"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    screens.keys("Gd<enter>");
    screens.assert_shows("lacks jeton.tokens.write");
    assert!(screens.install.audit().iter().all(|row| row.verb != "token.disable"));
}

#[test]
fn a_token_that_is_not_accepted_opens_nothing() {
    let install = TestInstall::new();
    let token = token_credential(&install, &[]);
    install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("bearer")] }).unwrap();
    let screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    let ended = screens.model.exit.unwrap().unwrap_err();
    assert_eq!(ended.kind, Kind::Unauthenticated);
}

#[test]
fn a_revoked_token_ends_the_screens_that_it_opened() {
    let install = TestInstall::new();
    let token = token_credential(&install, &["jeton.tokens.read"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
    assert!(screens.model.exit.is_none());
    screens.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("bearer")] }).unwrap();
    screens.message(Msg::StoreChanged);
    assert_eq!(screens.model.exit.unwrap().unwrap_err().kind, Kind::Unauthenticated);
}

#[test]
fn idle_screens_hide_everything_and_ask_again() {
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
    screens.assert_shows("jeton is locked");
    assert!(!screens.text().contains("deploy"));
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens.assert_shows("deploy");
}

#[test]
fn idle_screens_that_a_token_opened_end() {
    let install = TestInstall::new();
    let token = token_credential(&install, &["jeton.tokens.read"]);
    let mut screens = TuiHarness::with_config(install, Theme::colour(), |start| {
        start.token = Some(token);
        start.lock_after = Duration::from_secs(60);
    });
    screens.install.fakes.clock.advance(60_000);
    screens.pass_time();
    assert!(screens.model.exit.unwrap().unwrap_err().to_string().contains("can't unlock"));
}

#[test]
fn a_password_is_remembered_for_a_while_and_no_longer() {
    let mut screens = remembering(Duration::from_secs(60));
    screens.keys(&format!("d{PASSWORD}<enter>"));
    screens.install.fakes.clock.advance(59_000);
    screens.keys("d");
    screens.assert_shows("[ Enable ops/deploy ]");
    screens.keys("<enter>");
    screens.assert_shows("active");
    screens.install.fakes.clock.advance(60_000);
    screens.keys("d");
    screens.assert_shows("Password of ops");
}

#[test]
fn nothing_is_remembered_unless_it_was_asked_for() {
    let mut screens = remembering(Duration::ZERO);
    screens.keys(&format!("d{PASSWORD}<enter>d"));
    screens.assert_shows("Password of ops");
}

#[test]
fn lock_and_a_changed_password_end_the_memory() {
    let mut screens = remembering(Duration::from_secs(600));
    screens.keys(&format!("d{PASSWORD}<enter>"));
    screens.message(Msg::Resumed);
    screens.keys(&format!("{PASSWORD}<enter>"));
    screens.keys("d");
    screens.assert_shows("Password of ops");
}

#[test]
fn a_wrong_password_is_not_remembered() {
    let mut screens = remembering(Duration::from_secs(600));
    screens.keys("dwrong wrong wrong<enter>");
    screens.keys("<esc>d");
    screens.assert_shows("Password of ops");
}

/// Tokens that another process creates and changes appear, and the cursor stays on its token.
#[test]
fn what_is_changed_elsewhere_appears_under_a_steady_cursor() {
    let install = TestInstall::new();
    install.set_policy(|p| p.active_tokens = 0);
    for name in ["bravo", "delta", "golf"] {
        install.issue(OWNER, name);
    }
    let mut screens = TuiHarness::signed_in(install);
    screens.keys("j");
    let current = |screens: &TuiHarness| screens.model.tokens().unwrap().current().unwrap().clone();
    assert_eq!(current(&screens).name.as_str(), "delta");
    for name in ["alpha", "charlie", "echo"] {
        screens.install.issue(OWNER, name);
    }
    screens.install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("delta")] }).unwrap();
    assert!(!screens.text().contains("charlie"));
    screens.message(Msg::StoreChanged);
    screens.assert_shows("charlie");
    let token = current(&screens);
    assert_eq!((token.name.as_str(), token.status(screens.install.now())), ("delta", Status::Disabled));
}
