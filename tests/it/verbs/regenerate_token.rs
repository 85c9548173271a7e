//! regenerate: a new secret, everything else unchanged.

use super::*;

#[test]
fn regenerate_replaces_the_secret_and_nothing_else() {
    let install = TestInstall::with_accounts();
    let old =
        install.create("member", CreateToken { expires: spec("30d"), selection: Selection::Inherit, ..create("x") });
    assert!(allowed(&install, &old.secret));
    install.fakes.clock.advance(HOUR);
    let new = install.call("member", regenerate("x")).unwrap();
    assert_eq!(new.equivalent_command.to_string(), "jeton token regenerate member/x");
    let new = new.value;
    assert_eq!(why(&install, &old.secret), DenialReason::Retired);
    assert!(allowed(&install, &new.secret));
    let kept = |t: &Token| (t.id, t.name.clone(), t.expiry, t.selection.clone(), t.created_at, t.enabled);
    assert_eq!(kept(&new.token), kept(&old.token));
    assert_eq!(new.token.last_seen_at, Some(START), "seen before, seen still");
    assert_eq!(new.token.secret_since, START.plus(HOUR));
    let row = install.audit().pop().unwrap();
    assert!(row.details.contains(old.secret.hint()) && row.details.contains(new.secret.hint()));
}

#[test]
fn disabled_token_stays_disabled() {
    let install = TestInstall::with_accounts();
    install.issue("member", "x");
    install.call("member", disable(&["x"])).unwrap();
    let new = install.call("member", regenerate("x")).unwrap().value;
    assert!(!new.token.enabled);
    assert_eq!(why(&install, &new.secret), DenialReason::Disabled);
}

#[test]
fn expired_token_needs_a_new_expiry() {
    let install = TestInstall::with_accounts();
    let old = install.create("member", CreateToken { expires: spec("1d"), ..create("x") });
    install.fakes.clock.advance(DAY);
    let error = assert_error(install.call("member", regenerate("x")), Kind::Conflict).to_string();
    assert!(error.contains("--expires"), "{error}");
    assert_eq!(why(&install, &old.secret), DenialReason::Expired, "a refusal retires nothing");
    let past = RegenerateToken { expires: spec("21-11-2026"), ..regenerate("x") };
    assert_error(install.call("member", past), Kind::Usage);
    let new = install.call("member", RegenerateToken { expires: spec("1y"), ..regenerate("x") }).unwrap();
    assert_eq!(new.equivalent_command.to_string(), "jeton token regenerate member/x --expires 1y");
    assert!(allowed(&install, &new.value.secret));
    assert_eq!(new.value.token.expiry.at().unwrap().rfc3339(), "2027-11-22T09:30:00Z");
}

#[test]
fn secret_that_cannot_be_saved_is_not_replaced() {
    let install = TestInstall::with_accounts();
    let old = install.issue("member", "x");
    let out = SecretDestination::File(install.temp_store.path());
    assert_error(install.call_with_delivery("member", regenerate("x"), out), Kind::Failure);
    assert!(allowed(&install, &old.secret));
}
