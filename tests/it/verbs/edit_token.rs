//! edit: changes only the given fields.

use super::*;

fn described(text: &str) -> Option<Description> {
    Some(Description::parse(text).unwrap())
}

fn add(sets: &[&str]) -> Option<SelectionEdit> {
    Some(SelectionEdit::Sets { add: sets.iter().map(|s| (*s).to_owned()).collect(), drop: BTreeSet::new() })
}

#[test]
fn edit_changes_given_fields_and_keeps_the_secret() {
    let install = TestInstall::with_accounts();
    let selection = Selection::Sets(["Marketplace".to_owned()].into());
    let issued = install.create("member", CreateToken { selection, ..create("x") });
    install.fakes.clock.advance(HOUR);
    let verb = EditToken {
        name: Some(token_name("y")),
        description: described("it's nightly"),
        expires: spec("30d"),
        selection: add(&["IDE Plugins"]),
        ..edit("x")
    };
    let rows = install.audit();
    let preview = install.call("member", PreviewEdit(verb.clone())).unwrap();
    assert_eq!(
        (preview.before.clone(), install.audit()),
        (issued.token.clone(), rows.clone()),
        "a look changes nothing"
    );
    let done = install.call("member", verb).unwrap();
    assert_eq!(
        done.equivalent_command.to_string(),
        "jeton token edit member/x --name y --description 'it'\\''s nightly' --expires 30d --add-set 'IDE Plugins'"
    );
    let after = done.value.after;
    assert_eq!((&done.value.before, &after.name), (&issued.token, &token_name("y")));
    assert_eq!(Token { revision: after.revision, ..preview.after }, after, "done as it was shown");
    assert_eq!(after.selection, Selection::Sets(["IDE Plugins".to_owned(), "Marketplace".to_owned()].into()));
    assert_eq!(after.expiry, Expiry::At(START.plus(HOUR + 30 * DAY)));
    assert_eq!((&after.hint, after.secret_since), (&issued.token.hint, issued.token.secret_since));
    assert!(allowed(&install, &issued.secret));
    let row = install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.target_name.as_str()), ("token.edit", "member/x"));
    for expected in [
        r#""name":{"after":"y","before":"x"}"#,
        r#""expires":{"after":"2026-12-21T10:30:00Z","before":null}"#,
        r#""api":{"after":{"sets":["IDE Plugins","Marketplace"]},"before":{"sets":["Marketplace"]}}"#,
    ] {
        assert!(row.details.contains(expected), "{}", row.details);
    }
    assert!(!row.details.contains("secret"), "{}", row.details);
}

#[test]
fn refused_edit_changes_nothing() {
    let install = TestInstall::with_accounts();
    install.issue("member", "x");
    install.issue("member", "taken");
    let before = (install.audit(), install.call(OWNER, list()).unwrap());
    let mut tries = 0;
    let mut no = |verb: EditToken, kind| {
        tries += 1;
        assert_error(install.call("member", verb), kind)
    };
    insta::assert_snapshot!(no(edit("x"), Kind::Usage), @"nothing to change. Give at least one new value, e.g. a description or an expiry (in a command: --description, --expires)");
    no(EditToken { name: Some(token_name("taken")), ..edit("x") }, Kind::Conflict);
    no(EditToken { name: Some(token_name("jtn_12345678")), ..edit("x") }, Kind::Usage);
    no(EditToken { expires: spec("20-11-2026"), ..edit("x") }, Kind::Usage);
    let error = no(EditToken { selection: add(&["IDE Plugins"]), ..edit("x") }, Kind::Usage);
    insta::assert_snapshot!(error, @r#"API sets can't be added to this token or dropped from it: the token's API selection is "no access". Replace the whole API selection with sets: --set NAME (can be repeated)"#);
    let replace = |selection| Some(SelectionEdit::Replace(selection));
    no(EditToken { selection: replace(methods(&["no.Such"])), ..edit("x") }, Kind::NotFound);
    no(EditToken { selection: replace(Selection::Sets(["None".to_owned()].into())), ..edit("x") }, Kind::NotFound);
    no(EditToken { selection: replace(Selection::Sets(BTreeSet::new())), ..edit("x") }, Kind::Usage);
    let drop =
        SelectionEdit::Methods { add: BTreeSet::new(), drop: [MethodId::parse("jeton.tokens.read").unwrap()].into() };
    no(EditToken { selection: Some(drop), ..edit("x") }, Kind::NotFound);
    no(EditToken { description: described("a"), ..edit("none") }, Kind::NotFound);
    install.set_policy(|p| p.max_expiry = Some(Span::Days(30)));
    assert_error(install.call("member", EditToken { expires: spec("31d"), ..edit("x") }), Kind::Conflict);
    assert_eq!(tries, 10);
    assert_eq!(install.audit().len(), before.0.len() + 1, "the policy's row alone");
    assert_eq!(install.call(OWNER, list()).unwrap(), before.1);
}

#[test]
fn edit_leaves_an_expired_token_expired() {
    let install = TestInstall::with_accounts();
    let issued = install.create("member", CreateToken { expires: spec("1d"), ..create("x") });
    install.fakes.clock.advance(DAY);
    install.call("member", EditToken { description: described("why"), ..edit("x") }).unwrap();
    assert_eq!(why(&install, &issued.secret), DenialReason::Expired);
    install.call("member", EditToken { expires: spec("1d"), ..edit("x") }).unwrap();
    assert!(allowed(&install, &issued.secret));
}

/// A new expiry reactivates an expired token, which counts towards the limit like a new one.
#[test]
fn new_expiry_of_an_expired_token_counts_towards_the_limit() {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| p.active_tokens = 1);
    install.create("member", CreateToken { expires: spec("1d"), ..create("x") });
    install.fakes.clock.advance(DAY);
    install.issue("member", "y");
    let renewed = EditToken { expires: spec("1d"), ..edit("x") };
    let error = assert_error(install.call("member", renewed.clone()), Kind::Conflict);
    insta::assert_snapshot!(error, @"the account member would have 2 active tokens: the limit for each account is 1 (policy.active_tokens). First disable or revoke other tokens of the account. An owner can also raise the limit: jeton policy set policy.active_tokens NUMBER");
    install.call("member", disable(&["y"])).unwrap();
    install.call("member", renewed).unwrap();
    install.call("member", EditToken { expires: spec("2d"), ..edit("x") }).unwrap();
}

/// A method that is in no catalogue any more stays listed, and doesn't prevent an edit of the others.
#[test]
fn vanished_methods_stay_listed() {
    let install = TestInstall::with_accounts();
    let selection = methods(&["environment.control.StopEnv", "environment.control.StartEnv"]);
    install.create("member", CreateToken { selection, ..create("x") });
    install
        .raw_connection()
        .execute("UPDATE token_methods SET method_id = 'gone.Method' WHERE method_id LIKE '%.StartEnv'", [])
        .unwrap();
    let both = methods(&["environment.control.StopEnv", "gone.Method", "jeton.tokens.read"]);
    let more = EditToken { selection: Some(SelectionEdit::Replace(both.clone())), ..edit("x") };
    assert_eq!(install.call("member", more).unwrap().value.after.selection, both);
    let another = methods(&["gone.Other"]);
    let another = EditToken { selection: Some(SelectionEdit::Replace(another)), ..edit("x") };
    assert_error(install.call("member", another), Kind::NotFound);
}

#[test]
fn edit_conflict_names_both_sides() {
    let install = TestInstall::with_accounts();
    let seen = install.issue("member", "x").token;
    install
        .call("admin", EditToken { description: described("theirs"), expires: spec("7d"), ..edit("member/x") })
        .unwrap();
    let mine = EditToken {
        expected: Some(Box::new(seen.clone())),
        description: described("mine"),
        ..EditToken::new(TokenTarget::at_revision(&seen))
    };
    let rows = install.audit();
    for error in [
        assert_error(install.call("member", PreviewEdit(mine.clone())), Kind::Conflict),
        assert_error(install.call("member", mine), Kind::Conflict),
    ] {
        insta::allow_duplicates! { insta::assert_snapshot!(error, @r#"another program or session changed the token x; your change was not made: description was none and is now "theirs" (you chose "mine"); expires was never and is now 2026-11-28 (you did not change it). Check the token's current values, then make your change again"#); }
    }
    let blind = EditToken { description: described("mine"), ..EditToken::new(TokenTarget::at_revision(&seen)) };
    assert_error(install.call("member", blind), Kind::Conflict);
    install.call("admin", disable(&["member/x"])).unwrap();
    install.call("admin", enable(&["member/x"])).unwrap();
    assert_eq!(install.audit().len(), rows.len() + 2);
    let now = install.token(seen.id);
    let mine = EditToken {
        expected: Some(Box::new(now.clone())),
        description: described("mine"),
        ..EditToken::new(TokenTarget::at_revision(&now))
    };
    assert_eq!(install.call("member", mine).unwrap().value.after.description.as_str(), "mine");
}
