//! disable and enable.

use super::*;

#[test]
fn off_and_on_again_keeps_everything() {
    let house = TestInstall::with_accounts();
    let issued = house.issue("member", "x");
    let off = house.call("member", disable(&["x"])).unwrap();
    assert_eq!(off.equivalent_command.to_string(), "jeton token disable member/x");
    assert_eq!(why(&house, &issued.secret), DenialReason::Disabled);
    house.call("member", disable(&["x"])).unwrap();
    house.call("member", enable(&["x"])).unwrap();
    assert!(allowed(&house, &issued.secret));
    let verbs: Vec<String> = house.audit().iter().rev().take(3).map(|r| r.verb.clone()).collect();
    assert_eq!(verbs, ["token.enable", "token.disable", "token.disable"]);
    let kept = house.token(issued.token.id);
    assert_eq!((kept.hint, kept.created_at), (issued.token.hint, issued.token.created_at));
}

#[test]
fn several_go_together_or_not_at_all() {
    let house = TestInstall::with_accounts();
    for name in ["a", "b"] {
        house.issue("member", name);
    }
    let rows = house.audit().len();
    refused(house.call("member", disable(&["a", "none"])), Kind::NotFound);
    assert!(house.call("member", show("a")).unwrap().token.enabled);
    assert_eq!(house.audit().len(), rows);
    house.call("member", disable(&["a", "b"])).unwrap();
    assert_eq!(house.audit().len(), rows + 2, "a row each");
    refused(house.call("member", disable(&[])), Kind::Usage);
}

#[test]
fn a_token_named_twice_is_meant_once() {
    let house = TestInstall::with_accounts();
    let token = house.issue("member", "a").token;
    house.issue("member", "b");
    let rows = house.audit().len();
    let twice = DisableTokens {
        tokens: vec![
            TokenTarget::at_revision(&token),
            TokenTarget::by_reference("b"),
            TokenTarget::at_revision(&token),
        ],
    };
    assert_eq!(house.call("member", twice).unwrap().value.len(), 2);
    assert_eq!(house.audit().len(), rows + 2);
    house.call("member", delete(&["a", "b", "member/a"], "2")).unwrap();
    assert_eq!(house.audit().len(), rows + 4);
}

#[test]
fn an_expired_token_is_not_enabled() {
    let house = TestInstall::with_accounts();
    let issued = house.create("member", CreateToken { expires: spec("1d"), ..create("x") });
    house.call("member", disable(&["x"])).unwrap();
    house.fakes.clock.advance(DAY - 1);
    house.call("member", enable(&["x"])).unwrap();
    assert!(allowed(&house, &issued.secret), "the last millisecond");
    house.fakes.clock.advance(1);
    assert_eq!(why(&house, &issued.secret), DenialReason::Expired, "the very instant");
    refused(house.call("member", enable(&["x"])), Kind::Conflict);
    house.call("member", disable(&["x"])).unwrap();
    let error = refused(house.call("member", enable(&["x"])), Kind::Conflict).to_string();
    assert!(error.contains("2026-11-22T09:30:00Z") && error.contains("--expires"), "{error}");
    assert!(!house.token(issued.token.id).enabled);
}

#[test]
fn what_changed_since_it_was_looked_at_is_a_conflict() {
    let house = TestInstall::with_accounts();
    let token = house.issue("member", "x").token;
    house.call("member", disable(&["x"])).unwrap();
    let stale = || TokenTarget::at_revision(&token);
    refused(house.call("member", EnableTokens { tokens: vec![stale()] }), Kind::Conflict);
    refused(house.call("member", DisableTokens { tokens: vec![stale()] }), Kind::Conflict);
    let again = RegenerateToken { token: stale(), grace: None, expires: None, destination: None };
    refused(house.call("member", again), Kind::Conflict);
    let gone = DeleteTokens { tokens: vec![stale()], with_made: false, confirmation: "x".to_owned() };
    refused(house.call("member", gone), Kind::Conflict);
    let now = house.token(token.id);
    house.call("member", EnableTokens { tokens: vec![TokenTarget::at_revision(&now)] }).unwrap();
}
