//! disable and enable.

use super::*;

#[test]
fn off_and_on_again_keeps_everything() {
    let house = House::inhabited();
    let issued = house.issue("member", "x");
    let off = house.ask("member", disable(&["x"])).unwrap();
    assert_eq!(off.equivalent_command.to_string(), "jeton token disable member/x");
    assert_eq!(why(&house, &issued.secret), DenialReason::Disabled);
    house.ask("member", disable(&["x"])).unwrap();
    house.ask("member", enable(&["x"])).unwrap();
    assert!(allowed(&house, &issued.secret));
    let verbs: Vec<String> = house.audit().iter().rev().take(3).map(|r| r.verb.clone()).collect();
    assert_eq!(verbs, ["token.enable", "token.disable", "token.disable"]);
    let kept = house.token(issued.token.id);
    assert_eq!((kept.hint, kept.created_at), (issued.token.hint, issued.token.created_at));
}

#[test]
fn several_go_together_or_not_at_all() {
    let house = House::inhabited();
    for name in ["a", "b"] {
        house.issue("member", name);
    }
    let rows = house.audit().len();
    refused(house.ask("member", disable(&["a", "none"])), Kind::NotFound);
    assert!(house.ask("member", show("a")).unwrap().token.enabled);
    assert_eq!(house.audit().len(), rows);
    house.ask("member", disable(&["a", "b"])).unwrap();
    assert_eq!(house.audit().len(), rows + 2, "a row each");
    refused(house.ask("member", disable(&[])), Kind::Usage);
}

#[test]
fn a_token_named_twice_is_meant_once() {
    let house = House::inhabited();
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
    assert_eq!(house.ask("member", twice).unwrap().value.len(), 2);
    assert_eq!(house.audit().len(), rows + 2);
    house.ask("member", delete(&["a", "b", "member/a"], "2")).unwrap();
    assert_eq!(house.audit().len(), rows + 4);
}

#[test]
fn an_expired_token_is_not_enabled() {
    let house = House::inhabited();
    let issued = house.make("member", CreateToken { expires: spec("1d"), ..create("x") });
    house.ask("member", disable(&["x"])).unwrap();
    house.fakes.clock.forward(DAY - 1);
    house.ask("member", enable(&["x"])).unwrap();
    assert!(allowed(&house, &issued.secret), "the last millisecond");
    house.fakes.clock.forward(1);
    assert_eq!(why(&house, &issued.secret), DenialReason::Expired, "the very instant");
    refused(house.ask("member", enable(&["x"])), Kind::Conflict);
    house.ask("member", disable(&["x"])).unwrap();
    let error = refused(house.ask("member", enable(&["x"])), Kind::Conflict).to_string();
    assert!(error.contains("2026-11-22T09:30:00Z") && error.contains("--expires"), "{error}");
    assert!(!house.token(issued.token.id).enabled);
}

#[test]
fn what_changed_since_it_was_looked_at_is_a_conflict() {
    let house = House::inhabited();
    let token = house.issue("member", "x").token;
    house.ask("member", disable(&["x"])).unwrap();
    let stale = || TokenTarget::at_revision(&token);
    refused(house.ask("member", EnableTokens { tokens: vec![stale()] }), Kind::Conflict);
    refused(house.ask("member", DisableTokens { tokens: vec![stale()] }), Kind::Conflict);
    let again = RegenerateToken { token: stale(), grace: None, expires: None, destination: None };
    refused(house.ask("member", again), Kind::Conflict);
    let gone = DeleteTokens { tokens: vec![stale()], with_made: false, confirmation: "x".to_owned() };
    refused(house.ask("member", gone), Kind::Conflict);
    let now = house.token(token.id);
    house.ask("member", EnableTokens { tokens: vec![TokenTarget::at_revision(&now)] }).unwrap();
}
