//! regenerate with a grace period, and retire: two live secrets of a token.

use super::*;

#[test]
fn both_secrets_work_until_the_overlap_ends() {
    let install = TestInstall::with_accounts();
    let old = install.issue("member", "x");
    let done = install.call("member", with_grace("x", "12h")).unwrap();
    assert_eq!(done.equivalent_command.to_string(), "jeton token regenerate member/x --grace 12h");
    let new = done.value;
    let previous = new.token.overlap(install.now()).unwrap();
    assert_eq!((previous.hint.as_str(), previous.retires_at), (old.secret.hint(), START.plus(12 * HOUR)));
    install.fakes.clock.advance(HOUR);
    assert!(allowed(&install, &old.secret));
    install.fakes.clock.advance(HOUR);
    assert!(allowed(&install, &new.secret));
    let shown = install.call("member", show("x")).unwrap();
    let seen = |t: &Token| t.overlap(install.now()).and_then(|p| p.last_seen_at);
    assert_eq!(seen(&shown.token), Some(START.plus(HOUR)), "each of the two on its own");
    assert_eq!(shown.usage.current_seen_at, Some(START.plus(2 * HOUR)));
    assert_eq!(shown.token.last_seen_at, Some(START.plus(2 * HOUR)));

    install.fakes.clock.set(START.plus(12 * HOUR - 1));
    assert!(allowed(&install, &old.secret), "the last millisecond");
    assert!(install.token(new.token.id).overlap(install.now()).is_some());
    install.fakes.clock.advance(1);
    assert_eq!(why(&install, &old.secret), DenialReason::Retired, "the very instant");
    assert!(allowed(&install, &new.secret));
    assert_eq!(install.token(new.token.id).overlap(install.now()), None);
    let row = &install.audit()[install.audit().len() - 1];
    assert!(row.details.contains(r#""old_until":"2026-11-21T21:30:00Z""#), "{}", row.details);
}

#[test]
fn grace_ends_with_the_expiry_and_after_thirty_days() {
    let install = TestInstall::with_accounts();
    let old = install.create("member", CreateToken { expires: spec("1d"), ..create("short") });
    let new = install.call("member", with_grace("short", "7d")).unwrap().value;
    assert_eq!(Some(new.token.previous.unwrap().retires_at), new.token.expiry.at());
    install.fakes.clock.advance(DAY);
    assert_eq!(why(&install, &old.secret), DenialReason::Retired);
    install.issue("member", "x");
    for long in ["31d", "721h", "1y", "2mo"] {
        let error = assert_error(install.call("member", with_grace("x", long)), Kind::Usage).to_string();
        assert!(error.contains("30 days"), "{error}");
    }
    install.call("member", with_grace("x", "30d")).unwrap();
}

#[test]
fn second_grace_is_a_conflict_while_the_first_lasts() {
    let install = TestInstall::with_accounts();
    let first = install.issue("member", "x");
    let second = install.call("member", with_grace("x", "2h")).unwrap().value;
    install.fakes.clock.advance(2 * HOUR - 1);
    let rows = install.audit();
    let error = assert_error(install.call("member", with_grace("x", "2h")), Kind::Conflict).to_string();
    assert!(error.contains(first.secret.hint()) && error.contains("jeton token retire member/x"), "{error}");
    assert_eq!(install.audit(), rows);
    assert!(allowed(&install, &first.secret) && allowed(&install, &second.secret));
    install.fakes.clock.advance(1);
    let third = install.call("member", with_grace("x", "2h")).unwrap().value;
    assert_eq!(why(&install, &first.secret), DenialReason::Retired);
    assert!(allowed(&install, &second.secret) && allowed(&install, &third.secret));
    // Without a grace period, both older secrets die.
    let fourth = install.call("member", regenerate("x")).unwrap().value;
    for dead in [&first, &second, &third] {
        assert_eq!(why(&install, &dead.secret), DenialReason::Retired);
    }
    assert!(allowed(&install, &fourth.secret));
    assert_eq!(fourth.token.previous, None);
}

#[test]
fn retiring_ends_the_overlap_at_once() {
    let install = TestInstall::with_accounts();
    let old = install.issue("member", "x");
    assert_error(install.call("member", retire("x")), Kind::Conflict);
    let new = install.call("member", with_grace("x", "7d")).unwrap().value;
    let stale = TokenTarget::at_revision(&old.token);
    assert_error(install.call("member", RetireToken { token: stale }), Kind::Conflict);
    let done = install.call("member", retire("x")).unwrap();
    assert_eq!(done.equivalent_command.to_string(), "jeton token retire member/x");
    assert_eq!(done.value.previous, None);
    assert_ne!(done.value.revision, new.token.revision, "an older view is out of date");
    assert_eq!(why(&install, &old.secret), DenialReason::Retired);
    assert!(allowed(&install, &new.secret));
    let row = install.audit().pop().unwrap();
    assert!(row.verb == "token.retire" && row.details.contains(old.secret.hint()), "{row:?}");
    assert_error(install.call("member", retire("x")), Kind::Conflict);
    install.call("member", with_grace("x", "1h")).unwrap();
    install.fakes.clock.advance(HOUR);
    assert_error(install.call("member", retire("x")), Kind::Conflict);
}

#[test]
fn disabled_token_stays_disabled_with_both_its_secrets() {
    let install = TestInstall::with_accounts();
    let old = install.issue("member", "x");
    install.call("member", disable(&["x"])).unwrap();
    let new = install.call("member", with_grace("x", "7d")).unwrap().value;
    assert!(!new.token.enabled);
    for secret in [&old.secret, &new.secret] {
        assert_eq!(why(&install, secret), DenialReason::Disabled);
    }
    install.call("member", enable(&["x"])).unwrap();
    assert!(allowed(&install, &old.secret) && allowed(&install, &new.secret));
}
