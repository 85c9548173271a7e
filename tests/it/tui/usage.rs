//! Usage of tokens: in the details, before a revocation, and where a selection is changed.

use std::collections::BTreeSet;

use jeton::domain::api_selection::Selection;
use jeton::domain::catalogue::Catalogue;
use jeton::domain::method::MethodId;
use jeton::domain::name::Description;
use jeton::domain::secret::PublicId;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::tui::modal::picker::tree::Choice;
use jeton::tui::msg::Msg;
use jeton::tui::notice::NoticeId;
use jeton::tui::theme::Theme;
use jeton::verbs::catalogue::ApplyCatalogue;
use jeton::verbs::ports::{Store, Use};
use jeton::verbs::tokens::{DisableTokens, TokenTarget};
use jeton::verbs::verify::DenialReason;

use super::denied_attempts::deny;
use super::{dialog_lines, lines_of, tree};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::tui_harness::TuiHarness;

const DAY: i64 = 86_400_000;
pub const STOP: &str = "environment.control.StopEnv";
pub const START: &str = "environment.control.StartEnv";
const CLONE: &str = "environment.control.CloneEnv";

/// Records uses `days` ago.
fn used(install: &TestInstall, token: &Token, method: &str, from: (&str, &str), days: i64, count: u64) {
    let secret = PublicId::parse(token.hint.split('_').nth(1).unwrap()).unwrap();
    let at = Timestamp(install.now().0 - days * DAY);
    let (address, client) = from;
    let used = Use { token: token.id, secret: &secret, at, count, method, address, client };
    install.store().write_usage(|b| b.record_use(&used)).unwrap();
}

pub fn custom(methods: &[&str]) -> Selection {
    Selection::Custom(methods.iter().map(|m| MethodId::parse(m).unwrap()).collect())
}

/// Returns an installation with a token 40 days old that was used in two ways, and `another`.
pub fn busy(selection: Selection) -> TestInstall {
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
    let text = s.text();
    let row = |what: &str| text.lines().find(|line| line.contains(what)).unwrap().trim_end().to_owned();
    let (first, second) = (row("curl/8.5.0    "), row("python-requests/2.32"));
    assert_eq!(first.chars().count(), second.chars().count(), "the counts are aligned:\n{text}");
    insta::assert_snapshot!("pane", s.dump());
    s.resize(80, 24);
    insta::assert_snapshot!(lines_of(&s, "10.0.0.4"), @"denied 14 times since disabled, last from 10.0.0.4 · last used 1 min ago, 340 …");
    s.keys("<enter>");
    insta::assert_snapshot!("details_80x24", s.dump());
}

#[test]
fn new_use_is_shown_without_a_key() {
    let mut s = on_bot(busy(custom(&[STOP])), Theme::colour());
    let bot = s.tokens().current().unwrap().clone();
    s.keys("<enter>");
    s.assert_hides(" 42 ");
    used(&s.install, &bot, STOP, ("10.0.0.5", "curl/8.5.0"), 0, 41);
    s.requests.clear();
    s.message(Msg::LedgerChanged);
    assert_eq!(s.requests, ["token.show"]);
    s.assert_shows(" 42 ");
}

#[test]
fn revoke_dialog_shows_who_uses_the_token() {
    let mut s = on_bot(busy(custom(&[STOP, START])), Theme::colour());
    s.keys("x");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke ops/deploy-bot
    ! Token in use: last seen just now, 1 call today, 340 in 7 days
      from 10.0.0.5 (curl/8.5.0), 10.0.0.9 (python-requests/2.32)
      methods used: environment.control.StopEnv, …StartEnv
    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    Name                      deploy-bot
    Type the name
    Password of ops
    [ Disable instead ]  [ I understand the consequences, revoke this token ]
    ");
    s.keys("<esc>");
    s.keys(&format!("r<tab><right><tab><tab><enter>{PASSWORD}<enter>v<esc>x"));
    insta::assert_snapshot!("revoke_in_an_overlap", s.dump());
}

/// Entries without room are counted, in both dialogs and next to the table.
#[test]
fn omitted_callers_and_methods_are_counted() {
    let install = busy(custom(&[STOP, START]));
    let bot = install.call(OWNER, super::listed("deploy-bot")).unwrap().token;
    for (at, leaf) in ["AttachExtIp", "BindExtDomain", "ChangeTopology", "CloneEnv", "GetEnvInfo"].iter().enumerate() {
        used(&install, &bot, &format!("environment.control.{leaf}"), ("10.0.0.9", "curl/8.5.0"), 1, 9 - at as u64);
    }
    used(&install, &bot, "environment.node.List", (&format!("10.9.9.{}", 1), "a-long-client-of-somebody/1.0"), 0, 1);
    let mut s = on_bot(install, Theme::mono());
    s.keys("x");
    insta::assert_snapshot!(lines_of(&s, "…StartEnv"), @"methods used: environment.control.StopEnv, …StartEnv and 6 more");
    insta::assert_snapshot!(lines_of(&s, "10.0.0.9"), @"from 10.0.0.5 (curl/8.5.0), 10.0.0.9 (python-requests/2.32) and 2 more");
    s.keys("<esc>ax");
    insta::assert_snapshot!(lines_of(&s, "…StartEnv"), @"methods used: environment.control.StopEnv, …StartEnv and 6 more");
    s.keys("<esc><esc><enter>");
    insta::assert_snapshot!(dialog_lines(&s), @"
    ops/deploy-bot
    deploy-bot
    Status    ● active
    Account   ops (owner)
    API       2 methods · 2 used
    Expires   never
    Secret    jtn_7U2DojAL since 2026-11-21
    Created   2026-11-21, id t:1
    Last seen just now
    Calls, 30 days ▂▁█▇▅▄▃▂▁█▇▅▄▃▂▁█▇▅▄▃▂▁█▇▅▄█▅▁
    Calls     2 today, 376 in the last 7 days
    From      10.0.0.5  curl/8.5.0            280
              10.0.0.9  python-requests/2.32   60
              10.0.0.9  curl/8.5.0             35
              and 1 more
    ");
    s.keys("<down>");
    s.assert_shows(" 2-18 of 20");
    s.keys("<esc>");
    s.resize(140, 18);
    insta::assert_snapshot!(lines_of(&s, "│ … "), @"… Enter shows the rest");
    s.resize(140, 40);
    s.assert_hides("│ … ");
}

#[test]
fn cut_description_ends_with_an_ellipsis() {
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
fn revoke_dialog_shows_no_usage_before_it_is_known() {
    let mut s = on_bot(busy(custom(&[STOP])), Theme::colour());
    s.held_replies = Some(Default::default());
    s.keys("<up>x");
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke ops/another
    Reading the token's usage…
    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    Name                      another
    Type the name
    Password of ops
    [ Disable instead ]  [ I understand the consequences, revoke this token ]
    ");
    s.deliver_replies(false);
    insta::assert_snapshot!(dialog_lines(&s), @"
    Revoke ops/another
    This token was never used, but somebody might use it soon.
    The service denies the token from the next request on. Within 30 days, the
    token can be restored from the trash.
    Name                      another
    Type the name
    Password of ops
    [ Disable instead ]  [ I understand the consequences, revoke this token ]
    ");
}

#[test]
fn edit_shows_uses_of_the_methods_that_it_drops() {
    let mut s = on_bot(busy(custom(&[STOP, START])), Theme::colour());
    s.keys("e<tab><tab><tab><down><tab><tab><enter>");
    s.assert_top("token.edit");
    insta::assert_snapshot!(s.dialog_text(), @"
    Change ops/deploy-bot
    API          2 methods → no access
                 - environment.control.StartEnv
                 - environment.control.StopEnv
    methods      2 → 0

    ! Then the token can't call any method: its API selection has no methods
    The change takes effect on the next request. The secret stays the same.

    ! In use: 340 calls of these methods in the last 7 days:
    ops/deploy-bot: 340 calls, 1 today
      from 10.0.0.5 (curl/8.5.0), 10.0.0.9 (python-requests/2.32)
      methods used: environment.control.StopEnv, …StartEnv

    Password of ops
    ");
}

#[test]
fn revoke_of_several_tokens_lists_those_in_use_apart() {
    let mut s = on_bot(busy(custom(&[STOP])), Theme::colour());
    s.keys("ax");
    let text = s.text();
    let at = |what: &str| text.lines().position(|line| line.contains(what)).unwrap();
    let caller = at("10.0.0.5 (curl/8.5.0), 10.0.0.9 (python");
    assert!(at("! ops/deploy-bot") + 1 == caller && caller < at("  ops/another"), "{text}");
    insta::assert_snapshot!("revoke_several_in_use", s.dump());
}

#[test]
fn unused_methods_of_a_custom_selection_are_dropped() {
    let mut s = on_bot(busy(custom(&[STOP, START, CLONE, "jeton.tokens.read"])), Theme::colour());
    s.keys("e<tab><tab><tab>");
    insta::assert_snapshot!(lines_of(&s, "39 days"), @"2 methods used in the last 39 days  [ Drop unused… ]");
    s.keys("<tab><enter>");
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
    assert_eq!(
        stored.selection,
        custom(&[STOP, START, "jeton.tokens.read"]),
        "management stays: the ledger doesn't record its methods"
    );
}

#[test]
fn drop_unused_turns_sets_into_custom() {
    let set = Selection::Sets(BTreeSet::from(["Extended Access".to_owned()]));
    let mut s = on_bot(busy(set), Theme::colour());
    s.keys("e<tab><tab><tab><tab><enter>");
    assert_eq!(*tree(&s).choice(), Choice::Custom);
    s.keys("<enter><enter>");
    s.keys(&format!("{PASSWORD}<enter>"));
    let stored = s.install.call(OWNER, super::listed("deploy-bot")).unwrap().token;
    assert_eq!(stored.selection, custom(&[STOP, START]));
}

#[test]
fn drop_unused_needs_a_week_of_ledger_with_used_methods() {
    let install = TestInstall::new();
    let mut new = create("young");
    new.selection = custom(&[STOP, START]);
    let young = install.create(OWNER, new).token;
    install.fakes.clock.advance(3 * 24 * 3600 * 1000);
    used(&install, &young, STOP, ("10.0.0.5", "curl/8.5.0"), 2, 1);
    let mut s = TuiHarness::signed_in(install);
    s.keys("e<tab><tab><tab>");
    insta::assert_snapshot!(lines_of(&s, "has recorded"), @"jeton has recorded the token's uses for 2 days, and can find");
    s.keys("<space>d");
    s.assert_notice(NoticeId::NoEffect);
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
    insta::assert_snapshot!(lines_of(&s, "used"), @"the token used no method in the last 20 days. To take away");
}

/// Uses are recorded under the id that a method had at the time.
#[test]
fn drop_unused_keeps_methods_that_were_used_under_another_id() {
    let install = busy(custom(&[STOP, START, CLONE]));
    let mut catalogue = Catalogue::shipped("cloud-platform").unwrap();
    for group in catalogue.groups.iter_mut().filter(|group| STOP.starts_with(&format!("{}.", group.id))) {
        group.id = format!("{}2", group.id);
        for method in &mut group.methods {
            let (_, name) = method.id.as_str().rsplit_once('.').unwrap();
            method.id = MethodId::parse(&format!("{}.{name}", group.id)).unwrap();
        }
    }
    catalogue.sets.clear();
    let done = install.call(OWNER, ApplyCatalogue::new(catalogue, None, None)).unwrap().value;
    assert_eq!(done.renamed_tokens, 1);
    let mut s = on_bot(install, Theme::colour());
    s.keys("e<tab><tab><tab><space>");
    s.assert_shows("3 of ");
    s.keys("d");
    s.assert_notice(NoticeId::NoEffect);
    s.assert_shows("3 of ");
}

#[test]
fn hostile_callers_are_escaped() {
    let install = TestInstall::new();
    let bot = install.issue(OWNER, "bot").token;
    used(&install, &bot, STOP, ("10.0.0.4\u{1b}[2J", "evil\u{202e}\u{7}漢字"), 0, 7);
    deny(&install, Some(&bot), DenialReason::NotPermitted, "\u{1b}]0;x\u{7}", "\u{200b}", 0);
    let mut s = TuiHarness::signed_in(install);
    for (keys, size) in [("", (140, 40)), ("<enter>", (80, 24)), ("<esc>x", (80, 24)), ("", (40, 10))] {
        s.resize(size.0, size.1);
        s.keys(keys);
        let text = s.text();
        assert!(!text.chars().any(|c| c != '\n' && jeton::domain::untrusted_text::is_control_or_bidi(c)), "{text:?}");
    }
}
