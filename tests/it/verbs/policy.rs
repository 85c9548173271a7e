//! policy: readable by everyone, set by owners.

use super::*;
use jeton::verbs::policy::SetPolicy;

#[test]
fn policy_is_read_by_everybody_and_set_by_owners() {
    let install = TestInstall::with_accounts();
    for who in [OWNER, "admin", "member", "viewer"] {
        assert_eq!(install.call(who, ListPolicy).unwrap(), install.store().read(|s| s.policy()).unwrap());
    }
    let before = install.audit();
    for who in ["admin", "member", "viewer"] {
        let error = assert_error(install.call(who, set_policy(&[("trash", "7d")])), Kind::Denied);
        assert!(error.to_string().contains(who), "{error}");
        assert_error(install.call(who, set_policy(&[("no.such", "")])), Kind::Denied);
    }
    assert_eq!(install.audit(), before);
    let changed = install.call(OWNER, set_policy(&[("trash", "7d"), ("self_service", "off"), ("ledger_keep", "90d")]));
    let changed = changed.unwrap();
    assert_eq!((changed.value.trash, changed.value.self_service), (Span::Days(7), false));
    assert_eq!(install.call("viewer", ListPolicy).unwrap(), changed.value);
    assert_eq!(
        changed.equivalent_command.to_string(),
        "jeton policy set policy.trash=7d policy.self_service=off policy.ledger_keep=90d"
    );
    let row = install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.target.as_str(), row.name.as_str()), ("policy.set", "policy", OWNER));
    let expected =
        r#"{"policy.self_service":{"after":"off","before":"on"},"policy.trash":{"after":"7d","before":"30d"}}"#;
    assert_eq!(row.details, expected, "unchanged rules are not listed");
}

#[test]
fn policy_is_set_all_or_nothing() {
    let install = TestInstall::with_accounts();
    let state = || (install.audit(), install.call(OWNER, ListPolicy).unwrap());
    let before = state();
    for (key, value) in [
        ("trash", "soon"),
        ("trash", "never"),
        ("trash", "0d"),
        ("self_service", "maybe"),
        ("active_tokens", "-1"),
        ("active_tokens", "4294967296"),
        ("max_expiry", ""),
        ("colour", "red"),
    ] {
        assert_error(install.call(OWNER, set_policy(&[("active_tokens", "3"), (key, value)])), Kind::Usage);
    }
    assert_error(install.call(OWNER, set_policy(&[])), Kind::Usage);
    assert_eq!(state(), before);
}

#[test]
fn policy_applies_from_the_next_verb() {
    let install = TestInstall::with_accounts();
    let x = install.issue("member", "x");
    install.call(OWNER, set_policy(&[("active_tokens", "1")])).unwrap();
    assert_error(install.call("member", create("y")), Kind::Conflict);
    assert!(allowed(&install, &x.secret));
    install.call(OWNER, set_policy(&[("active_tokens", "0"), ("self_service", "off")])).unwrap();
    assert_error(install.call("member", create("y")), Kind::Denied);
    install.call("member", disable(&["x"])).unwrap();
    install.call("admin", create("y")).unwrap();
    install.call(OWNER, set_policy(&[("self_service", "on"), ("max_expiry", "30d")])).unwrap();
    assert_error(install.call("member", CreateToken { expires: spec("31d"), ..create("y") }), Kind::Conflict);
    install.call(OWNER, set_policy(&[("max_expiry", "none")])).unwrap();
    install.call("member", CreateToken { expires: spec("never"), ..create("y") }).unwrap();
}

#[test]
fn policy_is_changed_only_as_it_was_seen() {
    let install = TestInstall::with_accounts();
    let seen = install.call(OWNER, ListPolicy).unwrap();
    let change = |expected| SetPolicy { expected: Some(expected), ..set_policy(&[("self_service", "off")]) };
    install.call(OWNER, set_policy(&[("trash", "9d")])).unwrap();
    assert_error(install.call(OWNER, change(seen)), Kind::Conflict);
    install.call(OWNER, change(install.call(OWNER, ListPolicy).unwrap())).unwrap();
}
