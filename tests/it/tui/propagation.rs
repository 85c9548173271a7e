//! The running service's confirmation of a change, in the notice of the change.

use std::collections::VecDeque;
use std::time::Duration;

use jeton::domain::role::Role;
use jeton::propagation::Propagation;
use jeton::service::endpoint::Endpoint;
use jeton::tui::Demo;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use zeroize::Zeroizing;

use super::{dialog_lines, lines_of};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, username};
use crate::support::tui_harness::TuiHarness;

const DENIES: Propagation = Propagation::Confirmed(Duration::from_micros(840));

fn install() -> TestInstall {
    let install = TestInstall::new();
    install.issue(OWNER, "deploy-bot");
    install.issue(OWNER, "build-bot");
    install.account("ci", Role::Member);
    install
}

fn served(propagation: Propagation) -> TuiHarness {
    let mut s = TuiHarness::signed_in(install());
    s.propagation = Some(propagation);
    s
}

#[test]
fn notice_shows_that_the_service_denies_the_token() {
    let mut s = served(DENIES);
    s.keys(&format!("/deploy<enter>d{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done("token.disable"));
    insta::assert_snapshot!(lines_of(&s, "0.8 ms"), @"✓ deploy-bot disabled; the service refuses it (0.8 ms)                u Undo");
    s.keys("x");
    // A disabled token can't be disabled instead.
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke ops/deploy-bot
    Never used.
    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    Name                      deploy-bot
    Type the name
    Password of ops
    [ I understand the consequences, revoke this token ]
    ");
    s.keys(&format!("deploy-bot<tab>{PASSWORD}<tab><enter>"));
    s.assert_notice(NoticeId::Done("token.revoke"));
    insta::assert_snapshot!(lines_of(&s, "0.8 ms"), @"✓ deploy-bot revoked; the service refuses it (0.8 ms)                 u Undo");
    s.keys("m");
    insta::assert_snapshot!(lines_of(&s, "0.8 ms"), @"
    ▶ just now    ✓ deploy-bot revoked; the service refuses it (0.8 ms)
    just now    ✓ deploy-bot disabled; the service refuses it (0.8 ms)
    ✓ deploy-bot revoked; the service refuses it (0.8 ms)
    ");
    s.keys("<esc>2d");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_notice(NoticeId::Done("account.disable"));
    insta::assert_snapshot!(lines_of(&s, "0.8 ms"), @"✓ ci disabled; the service refuses its tokens (0.8 ms)");
}

#[test]
fn service_denies_the_old_secret_unless_it_has_a_grace() {
    let mut s = served(DENIES);
    s.keys("/deploy<enter>r");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>"));
    insta::assert_snapshot!(s.notice_text().unwrap(), @"deploy-bot has a new secret; the service refuses the old secret (0.8 ms)");
    s.keys("y<esc>r<tab><right><right>");
    s.enter_until_password();
    s.keys(&format!("{PASSWORD}<enter>"));
    s.keys("y<esc>");
    insta::assert_snapshot!(s.notice_text().unwrap(), @"deploy-bot has a new secret; the old secret ends tomorrow");
}

#[test]
fn notice_is_shown_before_the_service_answers() {
    let mut s = served(DENIES);
    s.keys("/deploy<enter>d");
    s.held_replies = Some(VecDeque::new());
    s.keys(&format!("{PASSWORD}<enter>"));
    // The change is answered; its confirmation is still pending.
    let done = s.held_replies.as_mut().unwrap().pop_front().unwrap();
    s.message(done);
    insta::assert_snapshot!(s.notice_text().unwrap(), @"deploy-bot disabled; the service denies any further use");
    // The notice disappears before the service answers; the past messages get the answer.
    s.install.fakes.clock.advance(60_000);
    s.pass_time();
    assert_eq!(s.app.model.notice, None);
    s.deliver_replies(false);
    assert_eq!(s.app.model.notice, None);
    s.keys("m");
    insta::assert_snapshot!(lines_of(&s, "0.8 ms"), @"▶ 1 min ago   ✓ deploy-bot disabled; the service refuses it (0.8 ms)");
}

#[test]
fn unreachable_service_confirms_nothing() {
    let service = Endpoint::parse("unix:/run/jeton/manage.sock").unwrap();
    let (why, next) = ("gave no answer: connection refused".to_owned(), "Check that the service runs");
    let mut s = served(Propagation::Unconfirmed { service, why, next });
    s.resize(160, 24);
    s.keys(&format!("/deploy<enter>d{PASSWORD}<enter>"));
    s.assert_shows("unix:/run/jeton/manage.sock");
    insta::assert_snapshot!(s.notice_text().unwrap(), @"deploy-bot disabled; the change is stored, but the service at unix:/run/jeton/manage.sock gave no answer: connection refused. Check that the service runs");
    s.propagation = None;
    s.keys(&format!("xdeploy-bot<tab>{PASSWORD}<tab><enter>"));
    insta::assert_snapshot!(s.notice_text().unwrap(), @"deploy-bot revoked; the service denies any further use");
}

#[test]
fn new_use_is_shown_without_a_key() {
    let install = TestInstall::new();
    let issued = install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    insta::assert_snapshot!(lines_of(&s, "▶"), @"▶   deploy-bot  ● active  ops        no access  never      never");
    s.install.verify(&issued.secret);
    s.message(Msg::LedgerChanged);
    assert_eq!(s.tokens().current().unwrap().last_seen_at, Some(s.install.now()));
    insta::assert_snapshot!(lines_of(&s, "▶"), @"▶   deploy-bot  ● active  ops        no access  never      just now");
}

#[test]
fn demo_shows_the_address_of_its_service_if_there_is_room() {
    let service = Endpoint::parse("127.0.0.1:40123").ok();
    let demo = Demo { username: username(OWNER), password: Zeroizing::new(PASSWORD.to_owned()), service };
    let mut s = TuiHarness::with(install(), Theme::colour(), Some(demo));
    s.assert_shows(PASSWORD);
    s.assert_hides("127.0.0.1:40123");
    s.resize(110, 24);
    s.assert_shows("127.0.0.1:40123");
    s.assert_shows(PASSWORD);
    s.resize(70, 24);
    s.assert_hides("127.0.0.1:40123");
    s.assert_shows(PASSWORD);
}
