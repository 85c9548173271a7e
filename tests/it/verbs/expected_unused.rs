//! Tokens that are expected to be unused.

use super::*;

fn mark(install: &TestInstall, name: &str, marked: bool) -> Token {
    install.call("member", EditToken { expected_unused: Some(marked), ..edit(name) }).unwrap().value.after
}

/// Returns the last row of the audit log: its verb, and if its details have `text`.
fn audited(install: &TestInstall, text: &str) -> (String, bool) {
    let row = install.audit().pop().unwrap();
    (row.verb.clone(), row.details.contains(text))
}

#[test]
fn mark_is_set_and_removed_with_an_audit_row() {
    let install = TestInstall::with_accounts();
    let marked = install.create("member", CreateToken { expected_unused: true, ..create("break-glass") }).token;
    assert_eq!(marked.expected_unused_since, Some(START));
    let since = format!(r#""expected_unused_since":"{}""#, START.rfc3339());
    assert_eq!(audited(&install, &since), ("token.create".to_owned(), true));
    install.fakes.clock.advance(DAY);
    assert_eq!(mark(&install, "break-glass", true).expected_unused_since, Some(START), "an unused mark stays");
    assert_eq!(mark(&install, "break-glass", false).expected_unused_since, None);
    let change = format!(r#""expected_unused_since":{{"after":null,"before":"{}"}}"#, START.rfc3339());
    assert_eq!(audited(&install, &change), ("token.edit".to_owned(), true));
    assert_eq!(mark(&install, "break-glass", true).expected_unused_since, Some(START.plus(DAY)));
    install.issue("member", "plain");
    assert_eq!(audited(&install, "expected_unused"), ("token.create".to_owned(), false));
}

#[test]
fn use_of_a_marked_token_is_unexpected_until_it_is_marked_again() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "break-glass");
    let seen = || install.token(issued.token.id);
    install.verify(&issued.secret);
    install.fakes.clock.advance(DAY);
    mark(&install, "break-glass", true);
    assert_eq!((seen().last_seen_at, seen().unexpected_use()), (Some(START), None), "used before the mark");
    install.fakes.clock.advance(DAY);
    install.verify(&issued.secret);
    assert_eq!(seen().unexpected_use(), Some(START.plus(2 * DAY)));
    install.fakes.clock.advance(DAY);
    mark(&install, "break-glass", true);
    assert_eq!((seen().expected_unused_since, seen().unexpected_use()), (Some(START.plus(3 * DAY)), None));
}

#[test]
fn other_changes_keep_the_mark_and_a_copy_has_its_own() {
    let install = TestInstall::with_accounts();
    let issued = install.create("member", CreateToken { expected_unused: true, ..create("break-glass") });
    install.fakes.clock.advance(DAY);
    let regenerate = RegenerateToken { token: TokenTarget::by_reference("break-glass"), grace: None, expires: None };
    install.call("member", regenerate).unwrap();
    install.call("member", EditToken { name: Some(token_name("glass")), ..edit("break-glass") }).unwrap();
    install.call("member", revoke(&["glass"], "glass")).unwrap();
    let tokens = vec![TokenTarget::by_reference("glass")];
    install.call("member", RestoreTokens { tokens, rename: None }).unwrap();
    install.call("member", enable(&["glass"])).unwrap();
    assert_eq!(install.token(issued.token.id).expected_unused_since, Some(START));
    let copy = install.call("member", copy("glass", "second")).unwrap().value.token;
    assert_eq!(copy.expected_unused_since, Some(START.plus(DAY)));
}

/// Older programs refuse fields that they don't know.
#[test]
fn replies_have_the_mark_only_if_it_is_set() {
    let install = TestInstall::with_accounts();
    let plain = install.issue("member", "plain").token;
    let marked = mark(&install, "plain", true);
    for (token, has_field) in [(plain, false), (marked, true)] {
        let reply = serde_json::to_string(&token).unwrap();
        assert_eq!(reply.contains("expected_unused_since"), has_field, "{reply}");
        assert_eq!(serde_json::from_str::<Token>(&reply).unwrap(), token);
    }
    assert!(!serde_json::to_string(&create("plain")).unwrap().contains("expected_unused"));
    let list = serde_json::to_string(&list()).unwrap();
    assert!(!list.contains("expected_unused"), "{list}");
}
