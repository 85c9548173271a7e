//! The search for the token of a secret.

use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::verbs::accounts::LogIn;
use zeroize::Zeroizing;

use crate::support::fakes::{OWNER, TestInstall, token_name};
use crate::support::tui_harness::TuiHarness;

#[test]
fn identified_secret_is_stored_nowhere() {
    let install = TestInstall::new();
    let token = install.issue(OWNER, "lost");
    let secret = token.secret.expose(str::to_owned);
    let mut s = TuiHarness::signed_in(install);
    s.keys("W<enter>");
    insta::assert_snapshot!(s.problem().unwrap(), @"Paste or type a secret");
    s.message(Msg::Paste(Zeroizing::new(secret.clone())));
    s.assert_hides(&secret);
    s.keys("<enter>");
    s.assert_shows("ops/lost (t:1)");
    insta::assert_snapshot!(s.dialog_text(), @"
    Look up a secret
    Paste a secret to see which token it belongs to.
    jeton doesn't store the secret; the look-up doesn't count as a use.

    Secret

    Token    ops/lost (t:1)
    Status   ● active
    Secret   current, created just now
    Works    yes

             [ Revoke this secret ]
    ");
    s.assert_hides("••");
    s.keys(&secret.replace("jtn", "jtx"));
    s.keys("<enter>");
    insta::assert_snapshot!(s.dialog_text(), @"
    Look up a secret
    Paste a secret to see which token it belongs to.
    jeton doesn't store the secret; the look-up doesn't count as a use.

    Secret

    Token    none
    Works    no: the secret is mistyped or cut off (wrong checksum)
    ");
    assert_eq!(s.install.token(token.token.id).last_seen_at, None, "not recorded as a use");
    s.assert_hides(&secret);
}

#[test]
fn secret_is_revoked_where_it_was_looked_up() {
    let install = TestInstall::new();
    let token = install.issue(OWNER, "lost");
    let secret = token.secret.expose(str::to_owned);
    let mut s = TuiHarness::signed_in(install);
    s.keys("W");
    s.message(Msg::Paste(Zeroizing::new(secret.clone())));
    s.keys("<enter><tab><enter>");
    insta::assert_snapshot!(s.dialog_text());
    s.keys("<enter>");
    s.assert_notice(NoticeId::NoEffect);
    s.install.fakes.clock.advance(1_000);
    s.keys("<enter>");
    insta::assert_snapshot!(s.problem().unwrap());
    assert!(s.install.token(token.token.id).enabled, "the name was not typed");
    s.keys("lost<enter>");
    assert!(!s.install.token(token.token.id).enabled);
    let row = s.install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.proof.as_str()), ("token.disable", "possession"));
    s.assert_shows("disabled");
    s.assert_hides(&secret);
    // It no longer works, so there is nothing to revoke.
    s.keys("W");
    s.message(Msg::Paste(Zeroizing::new(secret.clone())));
    s.keys("<enter>");
    s.assert_shows("the token is disabled");
    s.assert_hides("Revoke this secret");
}

#[test]
fn login_is_ended_where_it_was_looked_up() {
    let install = TestInstall::new();
    let login = install.call(OWNER, LogIn { name: token_name("cli-laptop") }).unwrap().value.secret;
    let mut s = TuiHarness::signed_in(install);
    s.keys("W");
    s.message(Msg::Paste(login.expose(|text| Zeroizing::new(text.to_owned()))));
    s.keys("<enter>");
    s.assert_shows("ops/cli-laptop");
    // The second Enter comes too soon after the paste to be an answer.
    s.install.fakes.clock.advance(1_000);
    s.keys("<tab><enter>cli-laptop<enter>");
    assert_eq!(s.install.audit().pop().unwrap().verb, "logout");
}
