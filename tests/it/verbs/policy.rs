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
    install
        .call(OWNER, set_policy(&[("self_service", "on"), ("default_expiry", "30d"), ("max_expiry", "30d")]))
        .unwrap();
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

/// A shorter retention takes tokens out of reach that could be restored. It is confirmed like a purge.
#[test]
fn shorter_trash_is_confirmed_by_the_number_of_lost_tokens() {
    let install = TestInstall::with_accounts();
    let trash = |owner: &str, names: &[&str]| {
        names.iter().for_each(|name| drop(install.issue(owner, name)));
        let confirmation = if names.len() == 1 { names[0].to_owned() } else { names.len().to_string() };
        install.call(owner, revoke(names, &confirmation)).unwrap();
    };
    trash("viewer", &["gone"]);
    install.fakes.clock.advance(20 * DAY);
    trash("member", &["a", "b"]);
    trash("viewer", &["c"]);
    install.call(OWNER, delete_account("viewer")).unwrap();
    install.fakes.clock.advance(5 * DAY);
    trash("member", &["later"]);
    let change = |confirm| SetPolicy { confirm, ..set_policy(&[("trash", "2d")]) };
    let seen = || {
        let removal = Removal::Policy(change(None).changes);
        install.call(OWNER, GetImpact { removal }).unwrap()
    };
    let before = (install.audit(), install.call(OWNER, ListPolicy).unwrap());
    // Not `later`, and not the tokens of a deleted account.
    assert_eq!((seen().lost.trashed, seen().count), (2, 0));
    for confirm in [None, Some(1), Some(3)] {
        let error = assert_error(install.call(OWNER, change(confirm)), Kind::Conflict);
        assert!(error.to_string().contains("member/a, member/b"), "{error}");
        assert!(error.to_string().contains("--confirm 2"), "{error}");
    }
    assert_eq!((install.audit(), install.call(OWNER, ListPolicy).unwrap()), before);
    // The same number of tokens, but others.
    let shown = Some(seen().set);
    install.call("member", restore("b")).unwrap();
    install.call("member", revoke(&["b"], "b")).unwrap();
    let expecting = |confirm, expected_trash| SetPolicy { expected_trash, ..change(confirm) };
    assert_error(install.call(OWNER, expecting(Some(1), shown)), Kind::Conflict);
    assert_eq!(seen().lost.trashed, 1);
    let changed = install.call(OWNER, expecting(Some(1), Some(seen().set))).unwrap();
    assert_eq!(changed.equivalent_command.to_string(), "jeton policy set policy.trash=2d --confirm 1");
    assert_error(install.call("member", restore("a")), Kind::Conflict);
    // Nothing more is lost, and a longer retention loses nothing.
    install.call(OWNER, change(None)).unwrap();
    install.call(OWNER, set_policy(&[("trash", "30d")])).unwrap();
}

#[test]
fn shorter_ledger_is_shown_before_rows_are_deleted() {
    let install = TestInstall::with_accounts();
    let token = install.issue("member", "x");
    assert!(allowed(&install, &token.secret));
    install.fakes.clock.advance(10 * DAY);
    let end = |keep: &str| {
        let removal = Removal::Policy(set_policy(&[("ledger_keep", keep)]).changes);
        install.call(OWNER, GetImpact { removal }).unwrap().lost.ledger_before
    };
    assert_eq!(end("1d"), Some(install.now().plus(-DAY)));
    assert_eq!([end("30d"), end("1y")], [None, None]);
}

#[test]
fn rule_is_given_once() {
    let install = TestInstall::with_accounts();
    let twice = set_policy(&[("max_expiry", "1d"), ("trash", "40d"), ("max_expiry", "2d")]);
    let removal = Removal::Policy(twice.changes.clone());
    assert_error(install.call(OWNER, GetImpact { removal }), Kind::Usage);
    assert_error(install.call(OWNER, twice), Kind::Usage);
}
