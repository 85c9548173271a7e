//! regenerate with a grace period, and retire: two live secrets of a token.

use super::*;

#[test]
fn both_live_until_the_very_instant() {
    let house = TestInstall::with_accounts();
    let old = house.issue("member", "x");
    let done = house.call("member", with_grace("x", "12h")).unwrap();
    assert_eq!(done.equivalent_command.to_string(), "jeton token regenerate member/x --grace 12h");
    let new = done.value;
    let previous = new.token.overlap(house.now()).unwrap();
    assert_eq!((previous.hint.as_str(), previous.retires_at), (old.secret.hint(), START.plus(12 * HOUR)));
    house.fakes.clock.advance(HOUR);
    assert!(allowed(&house, &old.secret));
    house.fakes.clock.advance(HOUR);
    assert!(allowed(&house, &new.secret));
    let shown = house.call("member", show("x")).unwrap();
    let seen = |t: &Token| t.overlap(house.now()).and_then(|p| p.last_seen_at);
    assert_eq!(seen(&shown.token), Some(START.plus(HOUR)), "each of the two on its own");
    assert_eq!(shown.usage.current_seen_at, Some(START.plus(2 * HOUR)));
    assert_eq!(shown.token.last_seen_at, Some(START.plus(2 * HOUR)));

    house.fakes.clock.set(START.plus(12 * HOUR - 1));
    assert!(allowed(&house, &old.secret), "the last millisecond");
    assert!(house.token(new.token.id).overlap(house.now()).is_some());
    house.fakes.clock.advance(1);
    assert_eq!(why(&house, &old.secret), DenialReason::Retired, "the very instant");
    assert!(allowed(&house, &new.secret));
    assert_eq!(house.token(new.token.id).overlap(house.now()), None);
    let row = &house.audit()[house.audit().len() - 1];
    assert!(row.details.contains(r#""old_until":"2026-11-21T21:30:00Z""#), "{}", row.details);
}

#[test]
fn never_beyond_the_expiry_and_never_longer_than_thirty_days() {
    let house = TestInstall::with_accounts();
    let old = house.create("member", CreateToken { expires: spec("1d"), ..create("short") });
    let new = house.call("member", with_grace("short", "7d")).unwrap().value;
    assert_eq!(Some(new.token.previous.unwrap().retires_at), new.token.expiry.at());
    house.fakes.clock.advance(DAY);
    assert_eq!(why(&house, &old.secret), DenialReason::Retired);
    house.issue("member", "x");
    for long in ["31d", "721h", "1y", "2mo"] {
        let error = refused(house.call("member", with_grace("x", long)), Kind::Usage).to_string();
        assert!(error.contains("30 days"), "{error}");
    }
    house.call("member", with_grace("x", "30d")).unwrap();
}

#[test]
fn a_second_grace_is_a_conflict_while_the_first_lasts() {
    let house = TestInstall::with_accounts();
    let first = house.issue("member", "x");
    let second = house.call("member", with_grace("x", "2h")).unwrap().value;
    house.fakes.clock.advance(2 * HOUR - 1);
    let rows = house.audit();
    let error = refused(house.call("member", with_grace("x", "2h")), Kind::Conflict).to_string();
    assert!(error.contains(first.secret.hint()) && error.contains("jeton token retire member/x"), "{error}");
    assert_eq!(house.audit(), rows);
    assert!(allowed(&house, &first.secret) && allowed(&house, &second.secret));
    house.fakes.clock.advance(1);
    let third = house.call("member", with_grace("x", "2h")).unwrap().value;
    assert_eq!(why(&house, &first.secret), DenialReason::Retired);
    assert!(allowed(&house, &second.secret) && allowed(&house, &third.secret));
    // Without a grace period, both older secrets die.
    let fourth = house.call("member", regenerate("x")).unwrap().value;
    for dead in [&first, &second, &third] {
        assert_eq!(why(&house, &dead.secret), DenialReason::Retired);
    }
    assert!(allowed(&house, &fourth.secret));
    assert_eq!(fourth.token.previous, None);
}

#[test]
fn retiring_ends_the_overlap_at_once() {
    let house = TestInstall::with_accounts();
    let old = house.issue("member", "x");
    refused(house.call("member", retire("x")), Kind::Conflict);
    let new = house.call("member", with_grace("x", "7d")).unwrap().value;
    let stale = TokenTarget::at_revision(&old.token);
    refused(house.call("member", RetireToken { token: stale }), Kind::Conflict);
    let done = house.call("member", retire("x")).unwrap();
    assert_eq!(done.equivalent_command.to_string(), "jeton token retire member/x");
    assert_eq!(done.value.previous, None);
    assert_ne!(done.value.revision, new.token.revision, "who looked before is told");
    assert_eq!(why(&house, &old.secret), DenialReason::Retired);
    assert!(allowed(&house, &new.secret));
    let row = house.audit().pop().unwrap();
    assert!(row.verb == "token.retire" && row.details.contains(old.secret.hint()), "{row:?}");
    refused(house.call("member", retire("x")), Kind::Conflict);
    house.call("member", with_grace("x", "1h")).unwrap();
    house.fakes.clock.advance(HOUR);
    refused(house.call("member", retire("x")), Kind::Conflict);
}

#[test]
fn a_disabled_token_stays_disabled_with_both_its_secrets() {
    let house = TestInstall::with_accounts();
    let old = house.issue("member", "x");
    house.call("member", disable(&["x"])).unwrap();
    let new = house.call("member", with_grace("x", "7d")).unwrap().value;
    assert!(!new.token.enabled);
    for secret in [&old.secret, &new.secret] {
        assert_eq!(why(&house, secret), DenialReason::Disabled);
    }
    house.call("member", enable(&["x"])).unwrap();
    assert!(allowed(&house, &old.secret) && allowed(&house, &new.secret));
}
