//! check: tokens that expire soon, unused tokens, and denied callers that still try.

use super::*;
use jeton::domain::expiry::Span;
use jeton::verbs::actor::Credential;
use jeton::verbs::attention::{Finding, FindingKind, FindingPage, FindingReason, ListFindings};

fn look(house: &TestInstall, look: FindingKind, limit: usize) -> Vec<Finding> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let FindingPage { mut findings, next } =
            jeton::verbs::request::call(&house.backend, &Credential::Store, ListFindings { kind: look, after, limit })
                .unwrap();
        found.append(&mut findings);
        match next {
            None => return found,
            Some(_) => after = next,
        }
    }
}

/// Returns the names that a check finds, for every page size.
fn names(house: &TestInstall, what: FindingKind) -> Vec<String> {
    let found = look(house, what, 1_000);
    for limit in [1, 2, 3] {
        assert_eq!(look(house, what, limit), found, "pages of {limit}");
    }
    found.iter().map(|finding| finding.token.full_name()).collect()
}

pub fn expiring() -> ListFindings {
    ListFindings { kind: SOON, after: None, limit: 1 }
}

const SOON: FindingKind = FindingKind::Expiring(Span::Days(14));
const STALE: FindingKind = FindingKind::Stale(Span::Days(90));

#[test]
fn active_tokens_that_expire_soon() {
    let house = TestInstall::with_accounts();
    let make = |who: &str, name: &str, expires: &str| {
        house.create(who, CreateToken { expires: spec(expires), ..create(name) })
    };
    make("member", "later", "15d");
    make("member", "second", "14d");
    make("member", "also-second", "14d");
    make("viewer", "first", "1d");
    make("member", "off", "1d");
    make("member", "gone", "1d");
    make("admin", "past", "1h");
    house.issue("member", "never");
    house.call("member", disable(&["off"])).unwrap();
    house.call("member", delete(&["gone"], "gone")).unwrap();
    assert_eq!(names(&house, SOON), ["admin/past", "viewer/first", "member/second", "member/also-second"]);
    house.fakes.clock.advance(HOUR);
    assert_eq!(names(&house, SOON), ["viewer/first", "member/second", "member/also-second"], "expired is no warning");
    let viewer = house.account_named("viewer").id;
    house.set_account_enabled(viewer, false);
    assert_eq!(names(&house, SOON).len(), 2, "nothing of an account that is off works");
}

#[test]
fn active_tokens_that_nobody_uses() {
    let house = TestInstall::with_accounts();
    let used = house.issue("member", "used");
    let quiet = house.issue("member", "quiet");
    house.issue("member", "never");
    house.issue("member", "off");
    house.call("member", disable(&["off"])).unwrap();
    house.fakes.clock.advance(DAY);
    house.verify(&quiet.secret);
    house.fakes.clock.advance(89 * DAY - 1);
    house.verify(&used.secret);
    house.issue("member", "young");
    assert_eq!(names(&house, STALE), Vec::<String>::new());
    house.fakes.clock.advance(1);
    assert_eq!(names(&house, STALE), ["member/never"], "made 90 days ago");
    house.fakes.clock.advance(DAY);
    assert_eq!(names(&house, STALE), ["member/never", "member/quiet"]);
    let why = look(&house, STALE, 10).into_iter().map(|finding| finding.reason).collect::<Vec<_>>();
    let quiet = FindingReason::Stale { last_seen_at: Some(START.plus(DAY)), created_at: START };
    assert_eq!(why, [FindingReason::Stale { last_seen_at: None, created_at: START }, quiet]);
}

#[test]
fn secrets_that_work_no_more_and_are_still_tried() {
    let house = TestInstall::with_accounts();
    let issue = |name: &str| house.create("member", CreateToken { expires: spec("1d"), ..create(name) });
    let [rotated, off, gone, purged, late, back, fine] =
        ["rotated", "off", "gone", "purged", "late", "back", "fine"].map(issue);
    house.call("member", regenerate("rotated")).unwrap();
    house.call("member", disable(&["off", "back"])).unwrap();
    for name in ["gone", "purged"] {
        house.call("member", delete(&[name], name)).unwrap();
    }
    for issued in [&rotated, &off, &gone, &purged, &late, &back, &fine] {
        house.verify(&issued.secret);
    }
    house.call("member", enable(&["back"])).unwrap();
    assert_eq!(
        names(&house, FindingKind::DeadSecretTried),
        ["member/rotated", "member/off", "member/gone", "member/purged"]
    );
    house.fakes.clock.advance(DAY);
    for _ in 0..3 {
        house.verify(&late.secret);
    }
    let found = look(&house, FindingKind::DeadSecretTried, 10);
    let late = found.iter().find(|finding| finding.token.full_name() == "member/late").unwrap();
    let FindingReason::DeadSecretTried(knocks) = &late.reason else { panic!("{late:?}") };
    assert_eq!((knocks.attempts, knocks.reason.as_str(), knocks.at), (3, "expired", START.plus(DAY)));
    assert_eq!((knocks.address.as_str(), knocks.client.as_str()), ("192.0.2.7", "it/1.0"));
    house.fakes.clock.advance(6 * DAY + 60_000);
    assert_eq!(names(&house, FindingKind::DeadSecretTried), ["member/late"], "the others have been quiet for 7 days");
}
