//! Usage of tokens: in the details, before a revocation, and where a selection is changed.

use std::collections::BTreeSet;

use jeton::domain::method::MethodId;
use jeton::domain::name::Description;
use jeton::domain::secret::PublicId;
use jeton::domain::selection::Selection;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use jeton::verbs::ports::{Store, Use};
use jeton::verbs::tokens::{DisableTokens, TokenTarget};
use jeton::verbs::verify::DenialReason;

use super::denied_attempts::deny;
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

const DAY: i64 = 86_400_000;
const STOP: &str = "environment.control.StopEnv";
const START: &str = "environment.control.StartEnv";
const CLONE: &str = "environment.control.CloneEnv";

/// Records uses `days` ago.
fn used(install: &TestInstall, token: &Token, method: &str, from: (&str, &str), days: i64, count: u64) {
    let secret = PublicId::parse(token.hint.split('_').nth(1).unwrap()).unwrap();
    let at = Timestamp(install.now().0 - days * DAY);
    let (address, client) = from;
    let used = Use { token: token.id, secret: &secret, at, count, method, address, client };
    install.store().write_usage(|b| b.record_use(&used)).unwrap();
}

fn custom(methods: &[&str]) -> Selection {
    Selection::Custom(methods.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

/// Returns an installation with a token 40 days old that was used in two ways, and `another`.
fn busy(selection: Selection) -> TestInstall {
    let install = TestInstall::new();
    let mut new = create("deploy-bot");
    new.selection = selection;
    let bot = install.create(OWNER, new).token;
    install.issue(OWNER, "another");
    install.fakes.clock.advance(40 * 24 * 3600 * 1000);
    for day in 0..30 {
        used(&install, &bot, STOP, ("10.0.0.5", "curl/8.5.0"), day, 1 + (day as u64 % 7) * 13);
    }
    used(&install, &bot, START, ("10.0.0.9", "python-requests/2.32"), 2, 60);
    used(&install, &bot, STOP, ("", ""), 39, 1);
    install
}

/// Puts the cursor on the row of deploy-bot.
fn on_bot(install: TestInstall, theme: Theme) -> TuiHarness {
    let mut s = TuiHarness::with(install, theme, None);
    s.keys(&format!("{PASSWORD}<enter><down>"));
    s.assert_shows("▶   deploy-bot");
    s
}

#[test]
fn pane_shows_days_callers_methods_and_denials() {
    let install = busy(custom(&[STOP, START, CLONE]));
    let bot = install.call(OWNER, super::listed("deploy-bot")).unwrap().token;
    install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::at_revision(&bot)] }).unwrap();
    install.fakes.clock.advance(60_000);
    for _ in 0..14 {
        deny(&install, Some(&bot), DenialReason::Disabled, "10.0.0.4", "curl/8.5.0", 0);
    }
    let mut s = on_bot(install, Theme::mono());
    s.resize(140, 40);
    s.assert_shows("API       3 methods · 2 used");
    s.assert_shows("Calls, 30 days ");
    s.assert_shows("Denied    14 since disabled, last 10.0.0.4");
    s.assert_shows("! knocking");
    let text = s.text();
    let row = |what: &str| text.lines().find(|line| line.contains(what)).unwrap().trim_end().to_owned();
    let (first, second) = (row("curl/8.5.0    "), row("python-requests/2.32"));
    assert_eq!(first.chars().count(), second.chars().count(), "the counts stand below each other:\n{text}");
    insta::assert_snapshot!("pane", s.dump());
    s.resize(80, 24);
    s.assert_shows("denied 14 since disabled, last 10.0.0.4");
    s.keys("<enter>");
    insta::assert_snapshot!("details_80x24", s.dump());
}

#[test]
fn use_appears_by_itself() {
    let mut s = on_bot(busy(custom(&[STOP])), Theme::colour());
    let bot = s.model.tokens().unwrap().current().unwrap().clone();
    s.keys("<enter>");
    s.assert_shows("1 today, ");
    used(&s.install, &bot, STOP, ("10.0.0.5", "curl/8.5.0"), 0, 41);
    s.requests.clear();
    s.message(Msg::LedgerChanged);
    assert_eq!(s.requests, ["token.show"]);
    s.assert_shows("42 today, ");
}

#[test]
fn what_would_break_stands_in_remove() {
    let mut s = on_bot(busy(custom(&[STOP, START])), Theme::colour());
    s.keys("x");
    s.assert_shows("! In use: last seen ");
    s.assert_shows("  from 10.0.0.5 (curl/8.5.0), 10.0.0.9 (python-requests/2.32)");
    s.assert_shows("  methods used: environment.control.StopEnv, …StartEnv ");
    s.keys("<esc>");
    s.keys(&format!("r<tab><right><tab><tab><enter>{PASSWORD}<enter>v<esc>x"));
    s.assert_shows("  an overlap is in progress, both secrets go: ");
    insta::assert_snapshot!("remove_in_an_overlap", s.dump());
}

/// Entries without room are counted, in both dialogs and next to the table.
#[test]
fn what_is_left_out_is_said() {
    let install = busy(custom(&[STOP, START]));
    let bot = install.call(OWNER, super::listed("deploy-bot")).unwrap().token;
    for (at, leaf) in ["AttachExtIp", "BindExtDomain", "ChangeTopology", "CloneEnv", "GetEnvInfo"].iter().enumerate() {
        used(&install, &bot, &format!("environment.control.{leaf}"), ("10.0.0.9", "curl/8.5.0"), 1, 9 - at as u64);
    }
    used(&install, &bot, "environment.node.List", (&format!("10.9.9.{}", 1), "a-long-client-of-somebody/1.0"), 0, 1);
    let mut s = on_bot(install, Theme::mono());
    s.keys("x");
    s.assert_shows("  methods used: environment.control.StopEnv, …StartEnv and 6 more ");
    s.assert_shows("  from 10.0.0.5 (curl/8.5.0), 10.0.0.9 (python-requests/2.32) and 2 more ");
    s.keys("<esc>ax");
    s.assert_shows("methods used: environment.control.StopEnv, …StartEnv and 6 more ");
    s.keys("<esc><esc><enter>");
    s.assert_shows("From      10.0.0.5  ");
    s.assert_shows("          and 1 more");
    s.assert_shows("↓ Down  ↑ Up   1-17 of 21");
    s.keys("<down>");
    s.assert_shows("   2-18 of 21");
    s.keys("<esc>");
    s.resize(140, 18);
    s.assert_shows("│ … Enter shows the rest");
    s.resize(140, 40);
    s.assert_hides("Enter shows the rest");
}

#[test]
fn a_description_that_is_cut_says_so() {
    let install = TestInstall::new();
    let mut new = create("bot");
    new.description = Description::parse(["word"; 39].join(" ").as_str()).unwrap();
    install.create(OWNER, new);
    let mut s = TuiHarness::signed_in(install);
    s.resize(140, 40);
    let text = s.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("│ word")).map(str::trim_end).collect();
    assert!(lines.len() == 3 && lines[2].ends_with(" word…") && !lines[1].ends_with('…'), "{text}");
}

#[test]
fn nothing_is_said_of_use_before_it_is_known() {
    let mut s = on_bot(busy(custom(&[STOP])), Theme::colour());
    s.held_replies = Some(Default::default());
    s.keys("<up>x");
    s.assert_shows("Reading how it is used…");
    s.assert_hides("never used");
    s.deliver_replies(false);
    s.assert_shows("It was never used, but somebody may be about to.");
}

#[test]
fn of_several_those_in_use_stand_apart_with_what_would_break() {
    let mut s = on_bot(busy(custom(&[STOP])), Theme::colour());
    s.keys("ax");
    s.assert_shows("! 1 of 2 in use, seen in the last 7 days:");
    s.assert_shows("1 today, from 10.0.0.5 (curl/8.5.0), 10.0.0.9 (python");
    s.assert_shows("methods used: environment.control.StopEnv, …StartEnv ");
    s.assert_shows("Not used in the last 7 days:");
    let text = s.text();
    let at = |what: &str| text.lines().position(|line| line.contains(what)).unwrap();
    assert!(
        at("! ops/deploy-bot") + 1 == at("1 today, from") && at("Not used in") + 1 == at("  ops/another"),
        "{text}"
    );
    insta::assert_snapshot!("remove_many_in_use", s.dump());
}

#[test]
fn the_unused_of_a_custom_selection_is_dropped_shown_and_stored() {
    let mut s = on_bot(busy(custom(&[STOP, START, CLONE, "jeton.tokens.read"])), Theme::colour());
    s.keys("e<tab><tab><tab>");
    s.assert_shows("2 methods used in 39 days of ledger  [ Drop the unused… ]");
    s.keys("<tab><enter>");
    s.assert_shows("1 method dropped, not used in 39 days of ledger; u brings them back");
    s.assert_shows("3 of ");
    insta::assert_snapshot!("picker_without_the_unused", s.dump());
    s.keys("u");
    s.assert_shows("4 of ");
    s.keys("d");
    s.assert_shows("3 of ");
    s.keys("<enter><enter>");
    s.assert_shows("- environment.control.CloneEnv");
    s.keys(&format!("{PASSWORD}<enter>"));
    let stored = s.install.call(OWNER, super::listed("deploy-bot")).unwrap().token;
    assert_eq!(stored.selection, custom(&[STOP, START, "jeton.tokens.read"]), "management stays: it can't be told");
}

#[test]
fn sets_become_custom_with_just_what_was_used() {
    let set = Selection::Sets(BTreeSet::from(["Extended Access".to_owned()]));
    let mut s = on_bot(busy(set), Theme::colour());
    s.keys("e<tab><tab><tab><tab><enter>");
    s.assert_shows("API: Custom");
    s.keys("<enter><enter>");
    s.keys(&format!("{PASSWORD}<enter>"));
    let stored = s.install.call(OWNER, super::listed("deploy-bot")).unwrap().token;
    assert_eq!(stored.selection, custom(&[STOP, START]));
}

#[test]
fn nothing_is_called_unused_on_thin_evidence() {
    let install = TestInstall::new();
    let mut new = create("young");
    new.selection = custom(&[STOP, START]);
    let young = install.create(OWNER, new).token;
    install.fakes.clock.advance(3 * 24 * 3600 * 1000);
    used(&install, &young, STOP, ("10.0.0.5", "curl/8.5.0"), 2, 1);
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<tab><tab><tab>");
    s.assert_shows("only 2 days of ledger, too few to call a method unused");
    s.assert_hides("Drop the unused");
    s.keys("<space>d");
    s.assert_shows("Nothing was dropped: only 2 days of ledger");
    s.assert_shows("2 of ");
    // Without any recorded use of methods, everything would be dropped.
    let install = TestInstall::new();
    let mut new = create("idle");
    new.selection = custom(&[STOP]);
    let idle = install.create(OWNER, new).token;
    used(&install, &idle, "", ("10.0.0.5", "curl/8.5.0"), 0, 1);
    install.fakes.clock.advance(20 * 24 * 3600 * 1000);
    let mut s = TuiHarness::signed_in(install);
    s.keys("e");
    s.assert_shows("none was used in 20 days of ledger");
    s.assert_hides("Drop the unused");
}

#[test]
fn hostile_callers_are_shown_safe() {
    let install = TestInstall::new();
    let bot = install.issue(OWNER, "bot").token;
    used(&install, &bot, STOP, ("10.0.0.4\u{1b}[2J", "evil\u{202e}\u{7}漢字"), 0, 7);
    deny(&install, Some(&bot), DenialReason::NotPermitted, "\u{1b}]0;x\u{7}", "\u{200b}", 0);
    let mut s = TuiHarness::signed_in(install);
    for (keys, size) in [("", (140, 40)), ("<enter>", (80, 24)), ("<esc>x", (80, 24)), ("", (40, 10))] {
        s.resize(size.0, size.1);
        s.keys(keys);
        let text = s.text();
        assert!(!text.chars().any(|c| c != '\n' && jeton::domain::text::is_control_or_bidi(c)), "{text:?}");
    }
}
