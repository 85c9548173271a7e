//! copy: the parameters of another token, with a secret of its own.

use super::*;

#[test]
fn copy_takes_the_parameters_and_makes_a_new_secret() {
    let install = TestInstall::with_accounts();
    let new = CreateToken {
        description: Description::parse("for CI").unwrap(),
        expires: spec("30d"),
        selection: methods(&["jeton.tokens.read"]),
        ..create("x")
    };
    let source = install.create("member", new);
    install.call("member", disable(&["x"])).unwrap();
    install.fakes.clock.advance(DAY);
    let made = install.call("member", copy("x", "y")).unwrap();
    assert_eq!(made.equivalent_command.to_string(), "jeton token copy x y");
    let made = made.value;
    assert_ne!((made.token.id, &made.token.hint), (source.token.id, &source.token.hint));
    let kept = |t: &Token| (t.description.clone(), t.selection.clone(), t.expiry, t.owner.clone());
    assert_eq!(kept(&made.token), kept(&source.token), "the same instant, not the same span");
    assert_eq!((made.token.created_at, made.token.enabled), (START.plus(DAY), true));
    assert!(allowed(&install, &made.secret));
    assert_eq!(why(&install, &source.secret), DenialReason::Disabled, "the one copied is as it was");
    let row = install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.target_name.as_str()), ("token.copy", "member/y"));
    assert!(row.details.contains(r#""of":"member/x""#), "{}", row.details);
}

#[test]
fn copy_can_go_into_another_account() {
    let install = TestInstall::with_accounts();
    install.issue("member", "x");
    let there = CopyToken { account: Some(username("viewer")), ..copy("member/x", "x") };
    let made = install.call("admin", there).unwrap();
    assert_eq!(made.value.token.full_name(), "viewer/x");
    assert_eq!(made.equivalent_command.to_string(), "jeton token copy member/x x --account viewer");
    assert_eq!(install.call("admin", copy("member/x", "y")).unwrap().value.token.full_name(), "member/y");
}

#[test]
fn refused_copy_changes_nothing() {
    let install = TestInstall::with_accounts();
    install.create("member", CreateToken { expires: spec("1d"), ..create("short") });
    install.issue("member", "long");
    install.issue("member", "gone");
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    install.fakes.clock.advance(DAY);
    let rows = install.audit();
    let error = assert_error(install.call("member", copy("short", "y")), Kind::Conflict).to_string();
    assert!(error.contains("--expires") && error.contains("2026-11-22T09:30:00Z"), "{error}");
    assert_error(install.call("member", copy("long", "short")), Kind::Conflict);
    assert_error(install.call("member", copy("long", "jtn_12345678")), Kind::Usage);
    assert_error(install.call("member", copy("gone", "y")), Kind::NotFound);
    let seen = install.call("member", show("long")).unwrap().token;
    let stale =
        TokenTarget { expected_revision: Some(jeton::domain::token::Revision(9)), ..TokenTarget::at_revision(&seen) };
    assert_error(install.call("member", CopyToken { token: stale, ..copy("long", "y") }), Kind::Conflict);
    assert_eq!(install.audit(), rows);
    install.set_policy(|p| p.active_tokens = 1);
    assert_error(install.call("member", copy("long", "y")), Kind::Conflict);
    install.set_policy(|p| {
        p.active_tokens = 0;
        p.max_expiry = Some(Span::Days(30));
    });
    assert_error(install.call("member", copy("long", "y")), Kind::Conflict);
    install.call("member", CopyToken { expires: spec("30d"), ..copy("short", "y") }).unwrap();
}
