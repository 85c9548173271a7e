//! A token without permission gets no information.

use super::*;
use crate::support::fakes::bearer;

const WRITE: &str = "jeton.tokens.write";

fn token(install: &TestInstall, name: &str, held: &[&str]) -> Credential {
    bearer(install.create(OWNER, CreateToken { selection: methods(held), ..create(name) }).secret)
}

/// Previews of actions that need a person list every account's tokens: no token gets them, signed in or not.
#[test]
fn token_gets_no_preview_of_what_takes_a_person() {
    let install = TestInstall::with_accounts();
    let every: Vec<String> = Catalogue::shipped("jeton").unwrap().methods().map(|m| m.id.to_string()).collect();
    let held: Vec<&str> = every.iter().map(String::as_str).collect();
    let who = token(&install, "all", &held);
    let session = Credential::Session(call(&install.backend, &who, SignIn).unwrap());
    let catalogue = Catalogue::shipped("cloud-platform").unwrap();
    for who in [&who, &session] {
        let preview = PreviewCatalogue { catalogue: catalogue.clone() };
        assert_error(call(&install.backend, who, preview), Kind::Denied);
        for which in [Purgeable::Trashed, Purgeable::Expired] {
            assert_error(call(&install.backend, who, PreviewPurge { which }), Kind::Denied);
        }
    }
    let preview = || PreviewCatalogue { catalogue: catalogue.clone() };
    assert_error(call(&install.backend, &Credential::Store, preview()), Kind::Unauthenticated);
    for who in ["member", "viewer"] {
        assert_error(install.call(who, preview()), Kind::Denied);
    }
    install.call("admin", preview()).unwrap();
    install.call("member", PreviewPurge { which: Purgeable::Trashed }).unwrap();
}

#[test]
fn wrong_confirmation_names_tokens_only_to_who_may_see_them() {
    let install = TestInstall::with_accounts();
    let secretive = install.issue(OWNER, "secretive").token;
    for (name, held, is_named) in [("w", &[WRITE][..], false), ("rw", &[WRITE, "jeton.tokens.read"], true)] {
        let who = token(&install, name, held);
        let error = assert_error(call(&install.backend, &who, revoke(&[&secretive.hint], "no")), Kind::Conflict);
        assert_eq!(error.to_string().contains("secretive"), is_named, "{name}: {error}");
        let error = assert_error(call(&install.backend, &who, disable(&["secretiv"])), Kind::NotFound);
        assert_eq!(error.to_string().contains("secretive"), is_named, "{name}: {error}");
    }
}

#[test]
fn ambiguous_words_name_accounts_only_to_those_who_may_see_them() {
    let install = TestInstall::with_accounts();
    let two = |first: &str| CreateToken { names: vec![token_name(first), token_name("x")], ..create_nothing() };
    let blind = token(&install, "blind", &[WRITE]);
    assert_eq!(call(&install.backend, &blind, two("member")).unwrap().value.len(), 2);
    let knowing = token(&install, "knowing", &[WRITE, "jeton.accounts.read"]);
    assert_error(call(&install.backend, &knowing, two("viewer")), Kind::Conflict);
    assert_error(install.call(OWNER, two("viewer")), Kind::Conflict);
}

/// An owner's token that may create tokens of every account gets the error for a wrong name without the right name.
#[test]
fn similar_account_is_suggested_only_to_who_may_read_accounts() {
    let install = TestInstall::with_accounts();
    let into = |name: &str| CreateToken {
        account: Some(username(name)),
        selection: methods(&["jeton.tokens.write-all"]),
        ..create("q")
    };
    for (name, held, is_named) in [
        ("w-all", &["jeton.tokens.write-all"][..], false),
        ("rw-all", &["jeton.tokens.write-all", "jeton.accounts.read"], true),
    ] {
        let who = token(&install, name, held);
        let error = assert_error(call(&install.backend, &who, into("membre")), Kind::NotFound);
        assert_eq!(
            (error.to_string().contains("member"), error.next.is_some()),
            (is_named, is_named),
            "{name}: {error}"
        );
    }
    for (name, held, is_named) in [
        ("w-accounts", &["jeton.accounts.write"][..], false),
        ("rw-accounts", &["jeton.accounts.write", "jeton.accounts.read"], true),
    ] {
        let who = token(&install, name, held);
        let verb =
            jeton::verbs::accounts::DisableAccounts { usernames: vec![username("membre")], expected: Vec::new() };
        let error = assert_error(call(&install.backend, &who, verb), Kind::NotFound);
        assert_eq!(error.next.is_some(), is_named, "{name}: {error}");
    }
    assert!(assert_error(install.call(OWNER, into("membre")), Kind::NotFound).to_string().contains("member"));
}

fn create_nothing() -> CreateToken {
    create("x")
}
