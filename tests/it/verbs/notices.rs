//! notify: each notice is sent once, to the account's contact or to the owners.

// The path is named because in_memory.rs runs this file, too.
#[path = "notices/delivery.rs"]
mod delivery;

use super::*;
use std::collections::BTreeMap;

use jeton::domain::secret::PublicId;
use jeton::error::Error;
use jeton::verbs::findings::Finding;
use jeton::verbs::notices::{Delivery, Notice, NoticeMessage, NotifyOptions, NotifyOutcome, notify};
use jeton::verbs::ports::{MAX_KNOWN_NETWORKS, Use};
use jeton::verbs::tokens::IssuedToken;

const OPTIONS: NotifyOptions = NotifyOptions { stale: Span::Days(10), allows_no_recipient: false, dry_run: false };
/// The address of uses by [`TestInstall::verify`] is in another network.
const OTHER: &str = "198.51.100.1";

/// Runs notify as another process would.
fn run(
    install: &TestInstall,
    options: NotifyOptions,
    deliver: &mut dyn FnMut(&NoticeMessage) -> Delivery,
) -> Result<NotifyOutcome> {
    notify(&install.temp_store.open(), &*install.fakes.clock, options, deliver, &mut |_, _| Ok(()))
}

fn refused(_: &NoticeMessage) -> Delivery {
    Delivery::Refused("no such address".to_owned())
}

fn describe(message: &NoticeMessage) -> Vec<String> {
    let to: Vec<&str> = message.to.iter().map(|contact| contact.as_str()).collect();
    let word = |notice: &Notice| match notice {
        Notice::Finding { finding, threshold_days } => match (finding, threshold_days) {
            (Finding::Expiring { .. }, Some(days)) => format!("expires in {days}"),
            (Finding::Stale { .. }, None) => "stale".to_owned(),
            (Finding::DeadSecretTried { .. }, None) => "tried".to_owned(),
            other => panic!("{other:?}"),
        },
        Notice::NewNetwork(used) => used.networks.join(" "),
    };
    let line = |notice: &Notice| format!("{}: {} {}", to.join(","), notice.token().full_name(), word(notice));
    message.notices.iter().map(line).collect()
}

/// Delivers everything that is due, and returns a line for each notice.
fn sent(install: &TestInstall) -> Vec<String> {
    let mut lines = Vec::new();
    let outcome = run(install, OPTIONS, &mut |message| {
        lines.extend(describe(message));
        Delivery::Delivered
    });
    assert_eq!(outcome.unwrap().failed, 0);
    lines
}

/// Returns an installation in which the owner and `member` have contacts.
fn install() -> TestInstall {
    let install = TestInstall::with_accounts();
    install.call(OWNER, set_contact(OWNER, "owner@x")).unwrap();
    install.call(OWNER, set_contact("member", "member@x")).unwrap();
    install
}

fn make(install: &TestInstall, who: &str, name: &str, expires: &str) -> IssuedToken {
    install.create(who, CreateToken { expires: spec(expires), ..create(name) })
}

fn set_expiry(install: &TestInstall, token: &str, expires: &str) {
    let edit = EditToken { expires: spec(expires), ..EditToken::new(TokenTarget::by_reference(token)) };
    install.call(OWNER, edit).unwrap();
}

/// Records a use from an address.
fn use_from(install: &TestInstall, issued: &IssuedToken, address: &str) {
    let secret = PublicId::parse(issued.token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let (token, at) = (issued.token.id, install.now());
    let used = Use { token, secret: &secret, at, count: 1, method: "", address, client: "c" };
    install.store().write_usage(|book| book.record_use(&used)).unwrap();
}

/// Thirty days with two runs a day, each by another process. In the middle the clock is set back by three days.
#[test]
fn each_notice_is_sent_once_in_thirty_days() {
    let install = install();
    make(&install, "member", "months", "40d");
    make(&install, "member", "month", "20d");
    let rotated = make(&install, "member", "rotated", "never");
    let used = make(&install, "member", "used", "never");
    make(&install, "member", "unused", "never");
    make(&install, "viewer", "week", "5d");
    install.call(OWNER, regenerate("member/rotated")).unwrap();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for day in 1..=30 {
        for hour in [8, 16] {
            install.fakes.clock.advance(hour * HOUR);
            use_from(&install, &used, "192.0.2.1");
            if day >= 12 {
                use_from(&install, &used, OTHER);
            }
            install.verify(&rotated.secret);
            sent(&install).into_iter().for_each(|line| *counts.entry(line).or_default() += 1);
        }
        if day == 15 {
            install.fakes.clock.advance(-3 * DAY);
        }
    }
    let of_member = "months expires in 30, months expires in 14, month expires in 30, month expires in 14, \
                     month expires in 7, month expires in 1, months stale, month stale, unused stale, rotated stale, \
                     rotated tried, used 198.51.100.0/24";
    let mut expected: Vec<String> = of_member
        .split(", ")
        .map(|line| format!("member@x: member/{line}"))
        .chain(["7", "1"].map(|days| format!("owner@x: viewer/week expires in {days}")))
        .collect();
    expected.sort();
    assert_eq!(counts.keys().cloned().collect::<Vec<_>>(), expected);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn only_the_smallest_reached_threshold_is_sent() {
    let install = install();
    make(&install, "member", "a", "5d");
    assert_eq!(sent(&install), ["member@x: member/a expires in 7"]);
    assert!(sent(&install).is_empty());
    install.fakes.clock.advance(4 * DAY - 1);
    assert!(sent(&install).is_empty());
    install.fakes.clock.advance(1);
    assert_eq!(sent(&install), ["member@x: member/a expires in 1"]);
    install.fakes.clock.advance(DAY);
    assert!(sent(&install).is_empty(), "expired");
}

#[test]
fn another_expiry_makes_thresholds_new() {
    let install = install();
    make(&install, "member", "a", "5d");
    sent(&install);
    set_expiry(&install, "member/a", "6d");
    assert_eq!(sent(&install), ["member@x: member/a expires in 7"]);
    set_expiry(&install, "member/a", "60d");
    assert!(sent(&install).is_empty());
    install.fakes.clock.advance(9 * DAY);
    assert!(sent(&install).is_empty());
    install.fakes.clock.advance(21 * DAY);
    assert_eq!(sent(&install), ["member@x: member/a expires in 30", "member@x: member/a stale"]);
}

#[test]
fn use_ends_an_episode_of_stale() {
    let install = install();
    let issued = make(&install, "member", "a", "never");
    install.fakes.clock.advance(10 * DAY);
    assert_eq!(sent(&install), ["member@x: member/a stale"]);
    install.fakes.clock.advance(200 * DAY);
    assert!(sent(&install).is_empty());
    install.verify(&issued.secret);
    install.fakes.clock.advance(10 * DAY);
    assert_eq!(sent(&install), ["member@x: member/a stale"]);
}

#[test]
fn thirty_quiet_days_end_an_episode_of_attempts() {
    let install = install();
    let issued = make(&install, "member", "a", "never");
    install.call(OWNER, regenerate("member/a")).unwrap();
    let sent = || {
        let mut lines = sent(&install);
        lines.retain(|line| line.ends_with("tried"));
        lines
    };
    install.verify(&issued.secret);
    assert_eq!(sent(), ["member@x: member/a tried"]);
    for _ in 0..6 {
        install.fakes.clock.advance(10 * DAY);
        install.verify(&issued.secret);
        assert!(sent().is_empty(), "one episode");
    }
    install.fakes.clock.advance(30 * DAY);
    install.verify(&issued.secret);
    assert!(sent().is_empty());
    install.fakes.clock.advance(30 * DAY + 1);
    install.verify(&issued.secret);
    assert_eq!(sent(), ["member@x: member/a tried"]);
    // A purged token is still tried, and nobody gets another notice.
    install.call(OWNER, revoke(&["member/a"], "a")).unwrap();
    install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    install.verify(&issued.secret);
    assert!(sent().is_empty());
}

#[test]
fn new_network_is_one_after_the_day_of_the_first_use() {
    let install = install();
    let [early, late] = ["early", "late"].map(|name| make(&install, "member", name, "never"));
    use_from(&install, &early, "192.0.2.1");
    assert!(sent(&install).is_empty());
    use_from(&install, &early, OTHER);
    assert!(sent(&install).is_empty(), "another network on the first day");
    install.fakes.clock.advance(DAY);
    for address in ["192.0.2.99", "198.51.100.2", "local", "", "192.0.2.1:80"] {
        use_from(&install, &early, address);
    }
    use_from(&install, &late, "203.0.113.9");
    assert!(sent(&install).is_empty());
    install.fakes.clock.advance(DAY);
    use_from(&install, &early, "203.0.113.9");
    use_from(&install, &early, "2001:db8::1");
    use_from(&install, &late, "203.0.113.77");
    assert_eq!(sent(&install), ["member@x: member/early 2001:db8::/48 203.0.113.0/24"]);
    assert!(sent(&install).is_empty());
}

/// A first run on an old ledger knows nothing, and would call every network new.
#[test]
fn first_run_learns_the_networks_of_the_ledger() {
    let install = install();
    let issued = make(&install, "member", "a", "never");
    use_from(&install, &issued, "192.0.2.1");
    install.fakes.clock.advance(DAY);
    use_from(&install, &issued, OTHER);
    assert!(sent(&install).is_empty());
    use_from(&install, &issued, "203.0.113.1");
    assert_eq!(sent(&install), ["member@x: member/a 203.0.113.0/24"]);
}

#[test]
fn token_that_is_used_from_everywhere_gets_no_more_notices() {
    let install = install();
    let issued = make(&install, "member", "a", "never");
    use_from(&install, &issued, "192.0.2.1");
    sent(&install);
    for round in 0..2 {
        install.fakes.clock.advance(DAY);
        let addresses = (0..MAX_KNOWN_NETWORKS).map(|n| format!("10.{round}.{n}.1"));
        addresses.for_each(|address| use_from(&install, &issued, &address));
        let notices: Vec<String> = sent(&install);
        let networks: usize = notices.iter().map(|line| line.split(' ').count() - 2).sum();
        let expected = if round == 0 { MAX_KNOWN_NETWORKS - 1 } else { 0 };
        assert_eq!(networks, expected, "{notices:?}");
        let count = install.store().read(|s| s.known_networks(&[issued.token.id])).unwrap().len();
        assert_eq!(count, MAX_KNOWN_NETWORKS);
    }
}

#[test]
fn owners_get_what_nobody_else_gets_and_a_summary() {
    let install = install();
    make(&install, "member", "a", "5d");
    make(&install, "viewer", "b", "20d");
    let mut messages = Vec::new();
    let mut deliver = |message: &NoticeMessage| {
        messages.push(message.clone());
        Delivery::Delivered
    };
    run(&install, OPTIONS, &mut deliver).unwrap();
    let [digest, of_member] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(describe(of_member), ["member@x: member/a expires in 7"]);
    assert_eq!(describe(digest), ["owner@x: viewer/b expires in 30"]);
    let totals = digest.totals.unwrap();
    assert_eq!((totals.expiring, totals.stale, totals.messages), (2, 0, 1));
    insta::assert_snapshot!(format!("{}\n\n{}", of_member.subject, of_member.text), @"
    jeton: a notice about a token of member

    Notices about tokens of the account member:

    - member/a expires in 5 days (2026-11-26T09:30:00Z)

    To show a token, run: jeton token show TOKEN
    ");
    insta::assert_snapshot!(format!("{}\n\n{}", digest.subject, digest.text), @"
    jeton: summary of notices about tokens

    New notices about tokens: 2 expiring.
    The notices of 1 account are sent to its contact.

    Tokens whose account has no contact:

    - viewer/b expires in 20 days (2026-12-11T09:30:00Z)

    To give an account a contact, run: jeton account contact NAME EMAIL
    To show a token, run: jeton token show TOKEN
    ");
}

#[test]
fn notice_without_any_contact_waits_for_one() {
    let install = TestInstall::with_accounts();
    make(&install, "member", "a", "5d");
    let nobody = run(&install, OPTIONS, &mut |message| panic!("{message:?}")).unwrap();
    assert_eq!(nobody, NotifyOutcome { without_recipient: 1, ..NotifyOutcome::default() });
    // A program may know where the message goes.
    let mut seen = Vec::new();
    let options = NotifyOptions { allows_no_recipient: true, dry_run: true, ..OPTIONS };
    run(&install, options, &mut |message| {
        seen.extend(describe(message));
        Delivery::Delivered
    })
    .unwrap();
    assert_eq!(seen, [": member/a expires in 7"]);
    install.call(OWNER, set_contact(OWNER, "owner@x")).unwrap();
    assert_eq!(sent(&install), ["owner@x: member/a expires in 7"]);
    assert!(sent(&install).is_empty());
}

#[test]
fn dry_run_records_nothing() {
    let install = install();
    let used = make(&install, "member", "a", "5d");
    use_from(&install, &used, "192.0.2.1");
    run(&install, NotifyOptions { dry_run: true, ..OPTIONS }, &mut |_| Delivery::Delivered).unwrap();
    assert_eq!(install.store().read(|s| s.networks_known_to()).unwrap(), None);
    assert_eq!(sent(&install), ["member@x: member/a expires in 7"]);
}

#[test]
fn text_of_callers_is_escaped_and_no_secret_is_in_a_message() {
    let install = install();
    let issued = make(&install, "member", "a", "never");
    install.call(OWNER, regenerate("member/a")).unwrap();
    let presented = issued.secret.expose(str::to_owned);
    let from = jeton::verbs::verify::Origin { address: "192.0.2.7", client: "evil\r\nBcc: x@y\u{1b}[2J\u{202e}" };
    jeton::verbs::verify::verify(install.store(), &presented, None, install.now(), from).unwrap();
    let mut texts = Vec::new();
    run(&install, OPTIONS, &mut |message| {
        texts.push(format!("{}\n{}\n{}", message.subject, message.text, serde_json::to_string(message).unwrap()));
        Delivery::Delivered
    })
    .unwrap();
    let text = texts.concat();
    assert!(text.contains("still tried") && !text.contains(&presented), "{text}");
    let is_hostile = |c: char| c != '\n' && jeton::domain::untrusted_text::is_control_or_bidi(c);
    let plain: String = texts.iter().flat_map(|text| text.lines().take_while(|line| !line.starts_with('{'))).collect();
    assert!(!plain.chars().any(is_hostile), "{plain}");
}

#[test]
fn purge_forgets_networks_and_notices() {
    let install = install();
    let issued = make(&install, "member", "a", "5d");
    use_from(&install, &issued, "192.0.2.1");
    sent(&install);
    install.call(OWNER, revoke(&["member/a"], "a")).unwrap();
    install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    install.fakes.clock.advance(HOUR);
    sent(&install);
    let ids = [issued.token.id];
    assert!(install.store().read(|s| s.known_networks(&ids)).unwrap().is_empty());
    let kind = jeton::verbs::ports::SentKind::Expiring;
    assert!(install.store().read(|s| s.sent_notices(kind, &ids)).unwrap().is_empty());
}
