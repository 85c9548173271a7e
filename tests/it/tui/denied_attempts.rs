//! Denied attempts on the screen.

use std::sync::Arc;

use jeton::domain::secret::PublicId;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use jeton::verbs::credential::TokenCredential;
use jeton::verbs::ports::{Denial, Store};
use jeton::verbs::tokens::{DisableTokens, RevokeTokens, TokenTarget};
use jeton::verbs::verify::DenialReason;

use crate::support::fakes::{OWNER, PASSWORD, TestInstall};
use crate::support::tui_harness::TuiHarness;

/// Records a denied attempt `ago` seconds in the past.
pub fn deny(install: &TestInstall, token: Option<&Token>, reason: DenialReason, address: &str, client: &str, ago: i64) {
    let public = token.map(|token| PublicId::parse(token.hint.split('_').nth(1).unwrap()).unwrap());
    let denied = Denial {
        token: token.map(|token| token.id),
        secret: public.as_ref(),
        reason: reason.as_str(),
        at: Timestamp(install.now().0 - ago * 1000),
        count: 1,
        method: "environment.control.StopEnv",
        address,
        client,
    };
    install.store().write_usage(|b| b.record_denial(&denied)).unwrap();
}

/// Returns an installation with several denied attempts.
fn with_denied_attempts() -> TestInstall {
    let install = TestInstall::with_accounts();
    let bot = install.issue(OWNER, "deploy-bot").token;
    let gone = install.issue("member", "gone").token;
    let pointed = vec![TokenTarget::at_revision(&bot)];
    install.call(OWNER, DisableTokens { tokens: pointed }).unwrap();
    let pointed = vec![TokenTarget::at_revision(&gone)];
    install
        .call(
            "member",
            RevokeTokens { tokens: pointed, with_made: false, expected_made: None, confirmation: "gone".to_owned() },
        )
        .unwrap();
    deny(&install, None, DenialReason::Unknown, "203.0.113.9", "zgrab/0.x", 600);
    deny(&install, Some(&gone), DenialReason::Deleted, "10.0.0.9", "python-requests/2.32", 300);
    for _ in 0..3 {
        deny(&install, Some(&bot), DenialReason::Disabled, "10.0.0.4", "curl/8.5.0", 90);
    }
    install
}

/// Returns the caller's address in the row under the cursor.
fn current_address(s: &TuiHarness) -> String {
    s.denied().current().unwrap().address().to_owned()
}

#[test]
fn denied_attempts_are_listed_newest_first() {
    let mut s = TuiHarness::signed_in(with_denied_attempts());
    s.keys("6g");
    let text = s.text();
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not there:\n{text}"));
    assert!(at("○ disabled") < at("† revoked") && at("† revoked") < at("? unknown"), "{text}");
    s.assert_shows("1 of 3");
    s.assert_shows("ops/deploy-bot");
    insta::assert_snapshot!(s.about(), @"
    ops/deploy-bot: the token is disabled · jtn_7U2DojAL, the current secret
    3 attempts of environment.control.StopEnv from 10.0.0.4 (curl/8.5.0), 1 min ag…
    ");
    s.keys("<down><down>");
    insta::assert_snapshot!(s.about(), @"
    unknown: the secret is unknown to this store
    1 attempt from 203.0.113.9 (zgrab/0.x), 10 min ago, 2026-11-21 09:20:00 +00:00
    ");
    s.keys("y");
    assert_eq!(s.copied.pop().as_deref(), Some("203.0.113.9"));
}

#[test]
fn denied_attempts_are_summed_up_by_token() {
    let install = with_denied_attempts();
    deny(&install, Some(&install.issue(OWNER, "builder").token), DenialReason::NotPermitted, "10.0.0.7", "", 9_000);
    deny(&install, None, DenialReason::Malformed, "203.0.113.8", "", 4_000);
    let mut s = TuiHarness::signed_in(install);
    s.keys("6");
    insta::assert_snapshot!(s.body());
    insta::assert_snapshot!(s.about());
    insta::assert_snapshot!(s.footer());
    s.keys("<enter>");
    s.assert_shows("environment.control.StopEnv");
    s.assert_shows("1 match");
    s.assert_hides("gone");
    s.keys("<enter>");
    s.assert_top("denied-row");
    s.keys("<esc><esc>");
    s.assert_shows("1 of 4");
    s.keys("<down><down><enter>");
    assert_eq!(current_address(&s), "203.0.113.9", "the attempts without a token");
    s.assert_shows("2 match");
    s.keys("<esc>/reason:del<enter>");
    s.assert_shows("1 match");
    s.keys("<enter><esc>");
    s.assert_shows("/ reason:del");
    s.keys("t");
    assert!(s.tokens().source.options.trashed);
    s.assert_shows("▶   gone");
    s.keys("6<esc>g");
    s.assert_shows("1 of 5");
    s.keys("g");
    s.assert_shows("1 of 4");
}

#[test]
fn cursor_stays_on_its_token_when_tokens_are_tried() {
    let mut s = TuiHarness::signed_in(with_denied_attempts());
    s.keys("6");
    assert_eq!(current_address(&s), "10.0.0.4");
    let other = s.install.issue(OWNER, "other").token;
    deny(&s.install, Some(&other), DenialReason::NotPermitted, "10.0.0.77", "curl/8.5.0", 0);
    s.message(Msg::LedgerChanged);
    assert_eq!(current_address(&s), "10.0.0.4");
    s.keys("<down><down>");
    assert_eq!(current_address(&s), "203.0.113.9");
    deny(&s.install, None, DenialReason::Unknown, "203.0.113.10", "", 0);
    s.message(Msg::LedgerChanged);
    assert_eq!(current_address(&s), "203.0.113.10");
}

#[test]
fn still_tried_tokens_are_counted_and_one_key_away() {
    let install = with_denied_attempts();
    install.issue(OWNER, "calm");
    let mut s = TuiHarness::signed_in(install);
    assert_eq!(super::table::names(&s), ["calm", "deploy-bot"]);
    s.assert_shows("6 Denied !3");
    s.assert_shows("‼ 2 tried");
    s.assert_shows("‼ tried 1 min");
    s.keys("T");
    assert_eq!(super::table::names(&s), ["deploy-bot"]);
    s.assert_shows("still tried · 1 match");
    s.assert_shows("‼ 1 more in trash");
    s.keys("t");
    assert_eq!(super::table::names(&s), ["gone"]);
    s.assert_shows("‼ 1 tried");
    s.keys("tT/is:tri");
    assert_eq!(super::table::names(&s), ["deploy-bot"]);
    s.keys("<esc><esc>");
    assert_eq!(super::table::names(&s), ["calm", "deploy-bot"]);
}

#[test]
fn denied_attempt_leads_to_its_token() {
    let mut s = TuiHarness::signed_in(with_denied_attempts());
    s.keys("/nothing-is-called-so<enter>6g<enter>");
    s.assert_top("denied-row");
    s.assert_shows("environment.control.StopEnv");
    s.keys("<enter>");
    s.assert_shows("▶   deploy-bot");
    s.keys("6<down><enter>");
    s.assert_top("denied-row");
    insta::assert_snapshot!(s.dialog_text(), @"
    Denied attempt
    When      2026-11-21 09:25:00 +00:00
              5 min ago
    Attempts  1
    Reason    revoked
              the token was revoked or purged
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
    s.keys("6<down><enter>");
    s.assert_top("denied-row");
    let row = s.dialog_text();
    insta::assert_snapshot!(row, @"
    Denied attempt
    When      2026-11-21 09:20:00 +00:00
              10 min ago
    Attempts  1
    Reason    unknown
              the secret is unknown to this store
    Token     unknown
              no token has this secret
    Secret    unknown
    Method    not recorded, because the token is unknown
    Address   203.0.113.9
    Client    zgrab/0.x
    ");
    s.keys("<enter>");
    assert_eq!(s.dialog_text(), row);
    s.keys("<esc><esc>");
    assert!(s.tokens().source.options.trashed);
}

#[test]
fn denied_filter_narrows_by_words_and_fields() {
    let mut s = TuiHarness::signed_in(with_denied_attempts());
    s.keys("6g/");
    for text in ["reason:del", "reason:revoked", "revoked"] {
        s.keys(&format!("<c-u>{text}"));
        s.assert_shows("1 match");
        s.assert_hides("deploy-bot");
    }
    s.keys("<c-u>token:deploy address:10.0.0");
    s.assert_shows("1 match");
    s.assert_shows("deploy-bot");
    s.keys("x");
    insta::assert_snapshot!(s.body(), @r#"
     WHEN       REASON     TOKEN          METHOD                      ADDRESS

    Nothing matches "token:deploy address:10.0.0x".  Esc clears the filter.
    "#);
    s.keys("<c-u>tokn:deploy");
    insta::assert_snapshot!(s.filter_line(), @r#"/ tokn:deploy                                    unknown field "tokn"   ↓ when"#);
    insta::assert_snapshot!(s.body(), @r#"
     WHEN       REASON     TOKEN          METHOD                      ADDRESS

    Nothing matches "tokn:deploy".  Esc clears the filter.
    Unknown field "tokn": use reason:, token:, method:, address:.
    "#);
    s.keys("<esc>");
    s.assert_shows("of 3");
}

#[test]
fn members_see_their_own_attempts_and_admins_those_with_unknown_tokens() {
    let screens_of = |who: &str| {
        let mut s = TuiHarness::signed_out(with_denied_attempts());
        s.keys(&format!("<s-tab><c-u>{who}<enter>{PASSWORD}<enter>6g"));
        s
    };
    let member = screens_of("member").text();
    assert!(member.contains("1 of 1") && member.contains("† revoked"), "{member}");
    assert!(!member.contains("deploy-bot") && !member.contains("? unknown"), "{member}");
    let admin = screens_of("admin").text();
    assert!(admin.contains("? unknown") && !admin.contains("deploy-bot"), "{admin}");
    let viewer = screens_of("viewer");
    assert!(viewer.denied().rows.error().is_none());
    insta::assert_snapshot!(viewer.body(), @"
     WHEN        REASON          TOKEN             METHOD           ADDRESS

    No denied attempts with your tokens are recorded.
    ");
}

#[test]
fn token_session_sees_which_method_it_lacks() {
    for (screen, install) in [("6g", with_denied_attempts()), ("7", super::uses::with_uses())] {
        let secret = Arc::new(install.issue(OWNER, "lacking").secret);
        let token = TokenCredential::of_any(secret);
        let mut s = TuiHarness::with_config(install, Theme::colour(), |start| start.token = Some(token));
        s.keys(screen);
        s.assert_shows("jeton.ledger.read");
        s.assert_hides("deploy-bot");
        s.keys("/x");
        assert_ne!(s.app.context(), jeton::tui::keymap::Context::Filter, "there is nothing to filter");
    }
}

#[test]
fn new_attempts_appear_only_while_they_are_shown() {
    let mut s = TuiHarness::signed_in(with_denied_attempts());
    assert!(s.app.shows_ledger(), "the table of tokens shows the usage of the current one");
    s.keys("6g");
    assert!(s.app.shows_ledger());
    let bot = s.install.issue(OWNER, "other").token;
    deny(&s.install, Some(&bot), DenialReason::NotPermitted, "10.0.0.77", "curl/8.5.0", 0);
    s.requests.clear();
    s.message(Msg::LedgerChanged);
    assert_eq!(s.requests, ["ledger.denied", "token.tally"]);
    assert_eq!(current_address(&s), "10.0.0.77");
    s.assert_shows("▲ not-permitted");
    s.keys("<down><down>");
    deny(&s.install, None, DenialReason::Malformed, "10.0.0.78", "", 0);
    s.message(Msg::LedgerChanged);
    s.assert_shows("4 of 5");
    s.keys("3");
    assert!(!s.app.shows_ledger(), "the audit log shows no usage");
    s.requests.clear();
    s.message(Msg::LedgerChanged);
    assert!(s.requests.is_empty(), "{:?}", s.requests);
    s.keys("6<c-z>");
    assert!(!s.app.shows_ledger(), "nothing is shown behind the lock");
    s.requests.clear();
    s.message(Msg::LedgerChanged);
    assert!(s.requests.is_empty(), "{:?}", s.requests);
}

#[test]
fn long_list_is_read_in_pages() {
    let install = TestInstall::new();
    for n in 0..500 {
        deny(&install, None, DenialReason::Unknown, &format!("10.1.{}.{}", n / 250, n % 250), "scan", n * 60);
    }
    let mut s = TuiHarness::signed_in(install);
    s.keys("6g");
    let mut seen = vec![current_address(&s)];
    for _ in 1..500 {
        s.keys("<down>");
        seen.push(current_address(&s));
    }
    let all: Vec<String> = (0..500).map(|n| format!("10.1.{}.{}", n / 250, n % 250)).collect();
    assert_eq!(seen, all);
    s.keys("<home>");
    assert_eq!(current_address(&s), all[0]);
    s.keys("<end>");
    assert_eq!(current_address(&s), all[499]);
}

#[test]
fn text_from_callers_is_shown_escaped_and_never_copied_raw() {
    let install = TestInstall::new();
    deny(&install, None, DenialReason::Unknown, "10.0.0.4\u{1b}[31m", "evil\u{202e}\u{7}", 0);
    let mut s = TuiHarness::signed_in(install);
    s.resize(140, 40);
    s.keys("6gy<enter>");
    let text = s.text();
    assert!(!text.chars().any(|c| c != '\n' && jeton::domain::untrusted_text::is_control_or_bidi(c)), "{text:?}");
    assert!(s.copied.is_empty(), "{:?}", s.copied);
}

#[test]
fn ledger_head_changes_only_by_writes_of_others() {
    let install = TestInstall::new();
    let head = || install.call(OWNER, jeton::verbs::changes::WaitForChanges::default()).unwrap().ledger;
    let before = head();
    assert_eq!(head(), before);
    let elsewhere =
        jeton::store::sqlite::SqliteStore::open(&install.temp_store.path(), jeton::store::OpenMode::Existing).unwrap();
    let secret = install.issue(OWNER, "bot").secret;
    assert_eq!(head(), before, "own writes do not count");
    let from = jeton::verbs::verify::Origin { address: "192.0.2.7", client: "it/1.0" };
    let decide = |s: &str| jeton::verbs::verify::verify(&elsewhere, s, None, install.now(), from).unwrap();
    secret.expose(decide);
    let used = head();
    assert_ne!(used, before);
    decide("jtn_nothing");
    assert_ne!(head(), used);
}

#[test]
fn denied_at_each_size() {
    for (name, theme, size) in [
        ("denied_tokens_80x24", Theme::colour(), (80, 24)),
        ("denied_tokens_120x40", Theme::colour(), (120, 40)),
        ("denied_tokens_40x10", Theme::colour(), (40, 10)),
        ("denied_80x24", Theme::colour(), (80, 24)),
        ("denied_140x40", Theme::colour(), (140, 40)),
        ("denied_40x10", Theme::colour(), (40, 10)),
        ("denied_mono", Theme::mono(), (80, 24)),
    ] {
        let install = with_denied_attempts();
        let bot = install.issue(OWNER, "builder").token;
        deny(&install, Some(&bot), DenialReason::NotPermitted, "2001:db8::dead:beef", "Go-http-client/2.0", 4000);
        deny(&install, Some(&bot), DenialReason::WrongSecret, "10.0.0.4", "curl/8.5.0", 5000);
        deny(&install, Some(&bot), DenialReason::AccountDisabled, "10.0.0.4", "curl/8.5.0", 6000);
        let mut s = TuiHarness::with(install, theme, None);
        s.keys(&format!("{PASSWORD}<enter>"));
        s.resize(size.0, size.1);
        s.keys(if name.starts_with("denied_tokens") { "6<down>" } else { "6g<down>" });
        insta::assert_snapshot!(name, s.dump());
    }
    let mut s = TuiHarness::signed_in(with_denied_attempts());
    s.keys("6g<enter>");
    insta::assert_snapshot!("denied_attempt", s.dump());
}
