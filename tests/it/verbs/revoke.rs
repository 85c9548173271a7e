//! revoke by typed name, and restore.

use super::*;

#[test]
fn revoke_is_confirmed_by_the_exact_name() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "ci-deploy");
    let rows = install.audit();
    for wrong in ["", "ci-deplo", "CI-DEPLOY", " ci-deploy", "ci-deploy\n", "member/ci-deploy", "1", "yes"] {
        let error = assert_error(install.call("member", revoke(&["ci-deploy"], wrong)), Kind::Conflict);
        insta::allow_duplicates! { insta::assert_snapshot!(error, @"the confirmation does not match; nothing was revoked: expected the token's name: ci-deploy"); }
    }
    assert!(allowed(&install, &issued.secret));
    assert_eq!(install.audit(), rows);
    let gone = install.call("member", revoke(&["ci-deploy"], "ci-deploy")).unwrap();
    assert_eq!(gone.equivalent_command.to_string(), "jeton token revoke member/ci-deploy --confirm ci-deploy");
    assert_eq!(gone.value.tokens[0].deleted_at, Some(START));
    assert_eq!(why(&install, &issued.secret), DenialReason::Deleted);
    assert_error(install.call("member", revoke(&["ci-deploy"], "ci-deploy")), Kind::NotFound);
    install.issue("member", "ci-deploy");
}

#[test]
fn revoke_of_several_is_confirmed_by_their_number() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b", "c"] {
        install.issue("member", name);
    }
    for wrong in ["2", "4", "a", "03", "three", ""] {
        assert_error(install.call("member", revoke(&["a", "b", "c"], wrong)), Kind::Conflict);
    }
    assert_error(install.call("member", revoke(&["a", "zz"], "2")), Kind::NotFound);
    assert_error(install.call("member", revoke(&[], "0")), Kind::Usage);
    assert_eq!(install.call("member", list()).unwrap().total, 3);
    let rows = install.audit().len();
    install.call("member", revoke(&["a", "b", "c"], "3")).unwrap();
    assert_eq!((install.call("member", list()).unwrap().total, install.audit().len()), (0, rows + 3));
}

#[test]
fn restored_token_is_disabled_until_it_is_enabled() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    install.call("member", revoke(&["x"], "x")).unwrap();
    let back = install.call("member", restore("x")).unwrap();
    assert_eq!(back.equivalent_command.to_string(), "jeton token restore member/x");
    assert_eq!(back.value[0].status(install.now()), Status::Disabled);
    assert_eq!(why(&install, &issued.secret), DenialReason::Disabled);
    install.call("member", enable(&["x"])).unwrap();
    assert!(allowed(&install, &issued.secret));
    assert_error(install.call("member", restore("x")), Kind::NotFound);
}

#[test]
fn restore_of_a_taken_name_needs_another() {
    let install = TestInstall::with_accounts();
    let first = install.issue("member", "x").token;
    install.call("member", revoke(&["x"], "x")).unwrap();
    let second = install.issue("member", "x").token;
    assert_error(install.call("member", restore("x")), Kind::Conflict);
    let renamed = RestoreTokens { rename: Some(token_name("y")), ..restore("x") };
    let back = install.call("member", renamed.clone()).unwrap();
    assert_eq!((back.value[0].id, back.value[0].name.as_str()), (first.id, "y"));
    assert!(back.equivalent_command.to_string().ends_with("--as y"), "{}", back.equivalent_command);
    let row = install.audit().pop().unwrap();
    let details = r#"{"name":{"after":"y","before":"x"},"status":{"after":"disabled","before":"deleted"}}"#;
    assert_eq!((row.target_name.as_str(), row.details.as_str()), ("member/x", details));

    install.call("member", revoke(&["x"], "x")).unwrap();
    install.issue("member", "x");
    install.call("member", revoke(&["x"], "x")).unwrap();
    let error = assert_error(install.call("member", restore("x")), Kind::Conflict).to_string();
    assert!(error.contains(&second.id.to_string()), "two of that name lie there: {error}");
    install.call("member", restore(&second.id.to_string())).unwrap();
}

#[test]
fn trash_keeps_tokens_for_the_policy_span() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b"] {
        install.issue("member", name);
        install.call("member", revoke(&[name], name)).unwrap();
    }
    install.fakes.clock.advance(30 * DAY - 1);
    install.call("member", restore("a")).unwrap();
    install.fakes.clock.advance(1);
    let error = assert_error(install.call("member", restore("b")), Kind::Conflict).to_string();
    assert!(error.contains("30d"), "{error}");
    install.set_policy(|p| p.trash = Span::Days(31));
    install.call("member", restore("b")).unwrap();
}

#[test]
fn restore_of_several_is_all_or_nothing() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b", "c"] {
        install.issue("member", name);
    }
    install.call("member", revoke(&["a", "b"], "2")).unwrap();
    let some = |names: &[&str]| names.iter().map(|n| TokenTarget::by_reference(*n)).collect::<Vec<_>>();
    let rows = install.audit().len();
    assert_error(install.call("member", RestoreTokens { tokens: some(&["a", "c"]), rename: None }), Kind::NotFound);
    let renamed = RestoreTokens { tokens: some(&["a", "b"]), rename: Some(token_name("z")) };
    assert_error(install.call("member", renamed), Kind::Usage);
    assert_error(install.call("member", RestoreTokens { tokens: Vec::new(), rename: None }), Kind::Usage);
    assert_eq!(install.audit().len(), rows);
    let done = install.call("member", RestoreTokens { tokens: some(&["a", "b", "member/a"]), rename: None }).unwrap();
    assert_eq!(done.equivalent_command.to_string(), "jeton token restore member/a member/b");
    assert_eq!((done.value.len(), install.audit().len()), (2, rows + 2));
    assert!(done.value.iter().all(|t| t.status(install.now()) == Status::Disabled));
}
