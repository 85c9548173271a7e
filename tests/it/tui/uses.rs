//! Accepted uses on the screen.

use jeton::domain::secret::PublicId;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::tui::msg::Msg;
use jeton::verbs::ports::{Store, Use};
use jeton::verbs::tokens::{RevokeTokens, TokenTarget};

use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

const DAY: i64 = 86_400_000;
const STOP: &str = "environment.control.StopEnv";

/// Records `count` uses `days` ago.
fn used(install: &TestInstall, token: &Token, method: &str, (address, client): (&str, &str), days: i64, count: u64) {
    let secret = PublicId::parse(token.hint.split('_').nth(1).unwrap()).unwrap();
    let at = Timestamp(install.now().0 - days * DAY);
    let used = Use { token: token.id, secret: &secret, at, count, method, address, client };
    install.store().write_usage(|b| b.record_use(&used)).unwrap();
}

/// Returns an installation with used tokens of two accounts. One token is revoked.
pub fn with_uses() -> TestInstall {
    let install = TestInstall::with_accounts();
    let bot = install.issue(OWNER, "deploy-bot").token;
    let gone = install.issue("member", "gone").token;
    used(&install, &gone, STOP, ("10.0.0.9", "python-requests/2.32"), 1, 60);
    used(&install, &bot, STOP, ("10.0.0.4", "curl/8.5.0"), 0, 1_240);
    used(&install, &bot, "", ("", ""), 2, 7);
    let tokens = vec![TokenTarget::at_revision(&gone)];
    install
        .call("member", RevokeTokens { tokens, with_made: false, expected_made: None, confirmation: "gone".to_owned() })
        .unwrap();
    install
}

/// Returns the day, count and address of the row under the cursor.
fn current(s: &TuiHarness) -> (i64, u64, String) {
    let row = s.uses().current().unwrap();
    (row.day, row.uses, row.address.clone())
}

#[test]
fn uses_are_listed_by_day_newest_first() {
    let mut s = TuiHarness::signed_in(with_uses());
    s.requests.clear();
    s.keys("7");
    assert_eq!(s.requests, ["ledger.uses"]);
    s.assert_top("uses");
    let today = s.install.now().0.div_euclid(DAY);
    assert_eq!(current(&s), (today, 1_240, "10.0.0.4".to_owned()));
    s.assert_shows("1 of 3");
    insta::assert_snapshot!(s.about(), @"
    ops/deploy-bot: environment.control.StopEnv · jtn_7U2DojAL, the current secret
    1 240 uses from 10.0.0.4 (curl/8.5.0) on 2026-11-21 (UTC)
    ");
    s.keys("<down>");
    assert_eq!(current(&s), (today - 1, 60, "10.0.0.9".to_owned()));
    s.keys("<down>");
    insta::assert_snapshot!(s.about(), @"
    ops/deploy-bot: method not recorded · jtn_7U2DojAL, the current secret
    7 uses from several callers (-) on 2026-11-19 (UTC)
    ");
    s.keys("y");
    assert!(s.copied.is_empty(), "uses of several callers have no address: {:?}", s.copied);
    s.keys("<home>y");
    assert_eq!(s.copied.pop().as_deref(), Some("10.0.0.4"));
}

#[test]
fn use_leads_to_its_token() {
    let mut s = TuiHarness::signed_in(with_uses());
    s.keys("7<down><enter>");
    s.assert_top("uses-row");
    insta::assert_snapshot!(s.dialog_text(), @"
    60 uses
    Day       2026-11-20 (UTC)
    Uses      60
    Token     member/gone
              id t:2
              the token is in the trash
    Secret    jtn_bBxggqft
              the secret of a revoked token
    Method    environment.control.StopEnv
    Address   10.0.0.9
    Client    python-requests/2.32
    ");
    s.keys("<enter>");
    assert!(s.tokens().source.options.trashed);
    s.assert_shows("▶   gone");
}

#[test]
fn uses_filter_narrows_by_words_and_fields() {
    let mut s = TuiHarness::signed_in(with_uses());
    s.keys("7/stopenv");
    s.assert_shows("2 match");
    s.keys("<c-u>token:deploy address:10.0.0");
    s.assert_shows("1 match");
    s.keys("x");
    insta::assert_snapshot!(s.body(), @r#"
     DAY (UTC)       USES TOKEN          METHOD                     ADDRESS

    Nothing matches "token:deploy address:10.0.0x".  Esc clears the filter.
    "#);
    s.keys("<c-u>tokn:deploy");
    insta::assert_snapshot!(s.filter_line(), @r#"/ tokn:deploy                                     unknown field "tokn"   ↓ day"#);
    s.keys("<esc>");
    s.assert_shows("of 3");
    s.keys("<esc>");
    s.assert_top("tokens");
}

#[test]
fn uses_of_tokens_that_the_account_may_see_are_listed() {
    let screens_of = |who: &str| {
        let mut s = TuiHarness::signed_out(with_uses());
        s.keys(&format!("<s-tab><c-u>{who}<enter>{PASSWORD}<enter>7"));
        s
    };
    for who in ["member", "admin"] {
        let s = screens_of(who);
        s.assert_shows("1 of 1");
        s.assert_shows("member/gone");
        s.assert_hides("deploy-bot");
    }
    let viewer = screens_of("viewer");
    assert!(viewer.uses().rows.error().is_none());
    insta::assert_snapshot!(viewer.body(), @"
     DAY (UTC)       USES  TOKEN           METHOD                   ADDRESS

    No uses of your tokens are recorded.
    ");
    let mut owner = TuiHarness::signed_in(TestInstall::new());
    owner.keys("7");
    insta::assert_snapshot!(owner.body(), @"
     DAY (UTC)       USES  TOKEN           METHOD                   ADDRESS

    No uses of tokens are recorded.
    ");
}

#[test]
fn new_uses_appear_while_they_are_shown() {
    let mut s = TuiHarness::signed_in(with_uses());
    s.keys("7");
    assert!(s.app.shows_ledger());
    let other = s.install.issue(OWNER, "other").token;
    used(&s.install, &other, STOP, ("10.0.0.77", "curl/8.5.0"), 0, 1);
    s.requests.clear();
    s.message(Msg::LedgerChanged);
    assert_eq!(s.requests, ["ledger.uses"]);
    s.assert_shows("of 4");
    s.assert_shows("ops/other");
}

#[test]
fn use_during_a_read_is_read_after_it() {
    let mut s = TuiHarness::signed_in(with_uses());
    s.keys("7");
    s.held_replies = Some(Default::default());
    s.keys("R");
    let other = s.install.issue(OWNER, "other").token;
    used(&s.install, &other, STOP, ("10.0.0.77", "curl/8.5.0"), 0, 1);
    s.message(Msg::LedgerChanged);
    s.requests.clear();
    s.deliver_replies(false);
    assert_eq!(s.requests, ["ledger.uses"]);
    s.assert_shows("ops/other");
}

#[test]
fn uses_of_many_days_are_read_in_pages() {
    let install = TestInstall::new();
    let bot = install.issue(OWNER, "deploy-bot").token;
    install.fakes.clock.advance(500 * DAY);
    for days in 0..450 {
        used(&install, &bot, STOP, ("10.0.0.4", "curl/8.5.0"), days, days as u64 + 1);
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("7");
    let mut seen = vec![current(&s).1];
    for _ in 1..450 {
        s.keys("<down>");
        seen.push(current(&s).1);
    }
    assert_eq!(seen, (1..=450).collect::<Vec<u64>>());
    s.keys("<home>");
    assert_eq!(current(&s).1, 1);
    s.keys("<end>");
    assert_eq!(current(&s).1, 450);
}

#[test]
fn text_from_callers_is_shown_escaped_and_never_copied_raw() {
    let install = TestInstall::new();
    let bot = install.issue(OWNER, "deploy-bot").token;
    used(&install, &bot, "m\u{1b}[2J", ("10.0.0.4\u{1b}[31m", "evil\u{202e}\u{7}"), 0, 1);
    let mut s = TuiHarness::signed_in(install);
    s.resize(140, 40);
    s.keys("7y<enter>");
    let text = s.text();
    assert!(!text.chars().any(|c| c != '\n' && jeton::domain::untrusted_text::is_control_or_bidi(c)), "{text:?}");
    assert!(s.copied.is_empty(), "{:?}", s.copied);
}

#[test]
fn uses_at_each_size() {
    for (name, size) in [("uses_80x24", (80, 24)), ("uses_140x40", (140, 40)), ("uses_40x10", (40, 10))] {
        let mut s = TuiHarness::signed_in(with_uses());
        s.resize(size.0, size.1);
        s.keys("7<down>");
        insta::assert_snapshot!(name, s.dump());
    }
}
