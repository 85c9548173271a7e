//! disable and enable.

use super::*;

#[test]
fn disable_and_enable_keep_everything() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    let off = install.call("member", disable(&["x"])).unwrap();
    assert_eq!(off.equivalent_command.to_string(), "jeton token disable member/x");
    assert_eq!(why(&install, &issued.secret), DenialReason::Disabled);
    install.call("member", disable(&["x"])).unwrap();
    install.call("member", enable(&["x"])).unwrap();
    assert!(allowed(&install, &issued.secret));
    let verbs: Vec<String> = install.audit().iter().rev().take(3).map(|r| r.verb.clone()).collect();
    assert_eq!(verbs, ["token.enable", "token.disable", "token.disable"]);
    let kept = install.token(issued.token.id);
    assert_eq!((kept.hint, kept.created_at), (issued.token.hint, issued.token.created_at));
}

#[test]
fn disable_of_several_is_all_or_nothing() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b"] {
        install.issue("member", name);
    }
    let rows = install.audit().len();
    assert_error(install.call("member", disable(&["a", "none"])), Kind::NotFound);
    assert!(install.call("member", show("a")).unwrap().token.enabled);
    assert_eq!(install.audit().len(), rows);
    install.call("member", disable(&["a", "b"])).unwrap();
    assert_eq!(install.audit().len(), rows + 2, "a row each");
    assert_error(install.call("member", disable(&[])), Kind::Usage);
}

#[test]
fn token_named_twice_is_meant_once() {
    let install = TestInstall::with_accounts();
    let token = install.issue("member", "a").token;
    install.issue("member", "b");
    let rows = install.audit().len();
    let twice = DisableTokens {
        tokens: vec![
            TokenTarget::at_revision(&token),
            TokenTarget::by_reference("b"),
            TokenTarget::at_revision(&token),
        ],
    };
    assert_eq!(install.call("member", twice).unwrap().value.len(), 2);
    assert_eq!(install.audit().len(), rows + 2);
    install.call("member", revoke(&["a", "b", "member/a"], "2")).unwrap();
    assert_eq!(install.audit().len(), rows + 4);
}

#[test]
fn expired_token_is_not_enabled() {
    let install = TestInstall::with_accounts();
    let issued = install.create("member", CreateToken { expires: spec("1d"), ..create("x") });
    install.call("member", disable(&["x"])).unwrap();
    install.fakes.clock.advance(DAY - 1);
    install.call("member", enable(&["x"])).unwrap();
    assert!(allowed(&install, &issued.secret), "the last millisecond");
    install.fakes.clock.advance(1);
    assert_eq!(why(&install, &issued.secret), DenialReason::Expired, "the very instant");
    assert_error(install.call("member", enable(&["x"])), Kind::Conflict);
    install.call("member", disable(&["x"])).unwrap();
    let error = assert_error(install.call("member", enable(&["x"])), Kind::Conflict).to_string();
    assert!(error.contains("2026-11-22T09:30:00Z") && error.contains("--expires"), "{error}");
    assert!(!install.token(issued.token.id).enabled);
}

#[test]
fn enable_of_a_changed_token_is_a_conflict() {
    let install = TestInstall::with_accounts();
    let token = install.issue("member", "x").token;
    install.call("member", disable(&["x"])).unwrap();
    let stale = || TokenTarget::at_revision(&token);
    assert_error(install.call("member", EnableTokens { tokens: vec![stale()] }), Kind::Conflict);
    assert_error(install.call("member", DisableTokens { tokens: vec![stale()] }), Kind::Conflict);
    let again = RegenerateToken { token: stale(), grace: None, expires: None };
    assert_error(install.call("member", again), Kind::Conflict);
    let gone =
        RevokeTokens { tokens: vec![stale()], with_made: false, expected_made: None, confirmation: "x".to_owned() };
    assert_error(install.call("member", gone), Kind::Conflict);
    let now = install.token(token.id);
    install.call("member", EnableTokens { tokens: vec![TokenTarget::at_revision(&now)] }).unwrap();
}
