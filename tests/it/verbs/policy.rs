//! policy: readable by everyone, set by owners.

use super::*;

#[test]
fn everybody_reads_it_and_owners_set_it() {
    let house = TestInstall::with_accounts();
    for who in [OWNER, "admin", "member", "viewer"] {
        assert_eq!(house.call(who, ListPolicy).unwrap(), house.store().read(|s| s.policy()).unwrap());
    }
    let before = house.audit();
    for who in ["admin", "member", "viewer"] {
        let error = refused(house.call(who, set_policy(&[("trash", "7d")])), Kind::Denied).to_string();
        assert!(error.contains(who) && error.contains("owners may"), "{error}");
        refused(house.call(who, set_policy(&[("no.such", "")])), Kind::Denied);
    }
    assert_eq!(house.audit(), before);
    let changed = house.call(OWNER, set_policy(&[("trash", "7d"), ("self_service", "off"), ("ledger_keep", "90d")]));
    let changed = changed.unwrap();
    assert_eq!((changed.value.trash, changed.value.self_service), (Span::Days(7), false));
    assert_eq!(house.call("viewer", ListPolicy).unwrap(), changed.value);
    assert_eq!(
        changed.equivalent_command.to_string(),
        "jeton policy set policy.trash=7d policy.self_service=off policy.ledger_keep=90d"
    );
    let row = house.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.target.as_str(), row.name.as_str()), ("policy.set", "policy", OWNER));
    let expected =
        r#"{"policy.self_service":{"after":"off","before":"on"},"policy.trash":{"after":"7d","before":"30d"}}"#;
    assert_eq!(row.details, expected, "what stayed is not told");
}

#[test]
fn all_or_nothing() {
    let house = TestInstall::with_accounts();
    let state = || (house.audit(), house.call(OWNER, ListPolicy).unwrap());
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
        refused(house.call(OWNER, set_policy(&[("active_tokens", "3"), (key, value)])), Kind::Usage);
    }
    refused(house.call(OWNER, set_policy(&[])), Kind::Usage);
    assert_eq!(state(), before);
}

#[test]
fn it_holds_from_the_next_verb_on() {
    let house = TestInstall::with_accounts();
    let x = house.issue("member", "x");
    house.call(OWNER, set_policy(&[("active_tokens", "1")])).unwrap();
    refused(house.call("member", create("y")), Kind::Conflict);
    assert!(allowed(&house, &x.secret));
    house.call(OWNER, set_policy(&[("active_tokens", "0"), ("self_service", "off")])).unwrap();
    refused(house.call("member", create("y")), Kind::Denied);
    house.call("member", disable(&["x"])).unwrap();
    house.call("admin", create("y")).unwrap();
    house.call(OWNER, set_policy(&[("self_service", "on"), ("max_expiry", "30d")])).unwrap();
    refused(house.call("member", CreateToken { expires: spec("31d"), ..create("y") }), Kind::Conflict);
    house.call(OWNER, set_policy(&[("max_expiry", "none")])).unwrap();
    house.call("member", CreateToken { expires: spec("never"), ..create("y") }).unwrap();
}
