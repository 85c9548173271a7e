//! The running service's confirmation of a change, in the line about it.

use std::collections::VecDeque;
use std::time::Duration;

use jeton::domain::endpoint::Endpoint;
use jeton::domain::role::Role;
use jeton::propagation::Propagation;
use jeton::tui::Demo;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use zeroize::Zeroizing;

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

fn served(testimony: Propagation) -> TuiHarness {
    let mut s = TuiHarness::signed_in(install());
    s.propagation = Some(testimony);
    s
}

#[test]
fn the_line_says_that_the_service_denies_it() {
    let mut s = served(DENIES);
    s.keys(&format!("/deploy<enter>d{PASSWORD}<enter>"));
    s.assert_shows("✓ deploy-bot disabled; the service denies it (0.8 ms)");
    s.keys("x");
    s.assert_hides("Disable instead");
    s.keys(&format!("deploy-bot<tab>{PASSWORD}<tab><enter>"));
    s.assert_shows("✓ deploy-bot revoked; the service denies it (0.8 ms)");
    s.assert_shows("u Restore, disabled");
    s.keys("m");
    s.assert_shows("✓ deploy-bot disabled; the service denies it (0.8 ms)");
    s.keys("<esc>2d");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.assert_shows("; the service denies its tokens (0.8 ms)");
}

#[test]
fn of_a_new_secret_the_old_one_is_denied_unless_it_was_given_time() {
    let mut s = served(DENIES);
    s.keys("/deploy<enter>r");
    s.enter_until("Password of ops");
    s.keys(&format!("{PASSWORD}<enter>"));
    let said = |s: &TuiHarness| s.model.messages.front().unwrap().full_text();
    assert_eq!(said(&s), "deploy-bot has a new secret; the service denies the old one (0.8 ms)");
    s.keys("y<esc>r<tab><right><right>");
    s.enter_until("Password of ops");
    s.keys(&format!("{PASSWORD}<enter>"));
    s.keys("y<esc>");
    assert!(!said(&s).contains("service"), "{}", said(&s));
    s.assert_shows("; the old one dies");
}

#[test]
fn the_line_stands_before_the_service_has_answered() {
    let mut s = served(DENIES);
    s.keys("/deploy<enter>d");
    s.held_replies = Some(VecDeque::new());
    s.keys(&format!("{PASSWORD}<enter>"));
    // The change is answered; its confirmation is still pending.
    let done = s.held_replies.as_mut().unwrap().pop_front().unwrap();
    s.message(done);
    s.assert_shows("✓ deploy-bot disabled; denied from the next request on");
    // The line has gone before the service answers: the history keeps it.
    s.install.fakes.clock.advance(60_000);
    s.pass_time();
    s.assert_hides("deploy-bot disabled");
    s.deliver_replies(false);
    s.assert_hides("deploy-bot disabled");
    s.keys("m");
    s.assert_shows("✓ deploy-bot disabled; the service denies it (0.8 ms)");
}

#[test]
fn a_service_that_says_nothing_is_no_proof() {
    let service = Endpoint::parse("unix:/run/jeton/manage.sock").unwrap();
    let mut s = served(Propagation::Unconfirmed { service, why: "could not be asked: connection refused".to_owned() });
    s.resize(160, 24);
    s.keys(&format!("/deploy<enter>d{PASSWORD}<enter>"));
    s.assert_shows("✓ deploy-bot disabled; the service at unix:/run/jeton/manage.sock could not be asked");
    s.assert_shows("connection refused; it reads the store with each request");
    s.propagation = None;
    s.keys(&format!("xdeploy-bot<tab>{PASSWORD}<tab><enter>"));
    s.assert_shows("✓ deploy-bot revoked; denied from the next request on");
}

#[test]
fn a_use_shows_while_nobody_touches_a_key() {
    let install = TestInstall::new();
    let issued = install.issue(OWNER, "deploy-bot");
    let mut s = TuiHarness::signed_in(install);
    s.assert_shows("never");
    s.install.verify(&issued.secret);
    s.message(Msg::LedgerChanged);
    s.assert_shows("just now");
}

#[test]
fn a_demonstration_says_where_its_service_is_if_there_is_room() {
    let service = Endpoint::parse("127.0.0.1:40123").ok();
    let demo = Demo { username: username(OWNER), password: Zeroizing::new(PASSWORD.to_owned()), service };
    let mut s = TuiHarness::with(install(), Theme::colour(), Some(demo));
    s.assert_shows(&format!("demo at 127.0.0.1:40123, its password: {PASSWORD}"));
    s.resize(70, 24);
    s.assert_shows(&format!("demo, its password: {PASSWORD}"));
}
