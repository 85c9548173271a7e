//! Lifetime of an old secret, and limits on what it may create.

use std::sync::Arc;

use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::{Expiry, ExpirySpec, Span};
use jeton::domain::method::MethodId;
use jeton::domain::name::TokenName;
use jeton::domain::time::{DAY, HOUR};
use jeton::error::Kind;
use jeton::verbs::credential::{Credential, TokenCredential};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{CopyToken, CreateToken, EditToken, PreviewEdit, RegenerateToken};
use jeton::verbs::verify::Decision;

use jeton::verbs::tokens::TokenTarget;

use super::{OWNER, TestInstall, create};
use crate::support::fakes::bearer;

fn rotate(grace: Span, expires: Option<&str>) -> RegenerateToken {
    let expires = expires.map(|e| ExpirySpec::parse(e).unwrap());
    RegenerateToken { token: TokenTarget::by_reference("rot"), grace: Some(grace), expires }
}

fn lasting(days: u32) -> CreateToken {
    let methods = ["jeton.tokens.read", "jeton.tokens.write"].map(|m| MethodId::parse(m).unwrap());
    CreateToken {
        expires: Some(ExpirySpec::In(Span::Days(days))),
        selection: Selection::Custom(methods.into()),
        ..create("rot")
    }
}

/// Secrets are often rotated because the old one may have leaked.
#[test]
fn old_secret_makes_nothing_that_outlives_it() {
    let install = TestInstall::new();
    let old = install.create(OWNER, lasting(100)).secret;
    install.call(OWNER, rotate(Span::Hours(1), None)).unwrap();
    let who = Credential::Token(TokenCredential::of_any(Arc::new(old)));
    let child = |expires: Span| CreateToken { expires: Some(ExpirySpec::In(expires)), ..create("child") };
    let refused = call(&install.backend, &who, child(Span::Days(90))).unwrap_err();
    assert_eq!(refused.kind, Kind::Denied, "{refused}");
    call(&install.backend, &who, child(Span::Hours(1))).unwrap();
}

/// A default expiry is shortened to the acting token's; an explicit one that is too long is refused.
#[test]
fn default_expiry_is_shortened_to_that_of_the_token_that_makes() {
    let install = TestInstall::new();
    let maker = install.create(OWNER, lasting(10));
    let end = maker.token.expiry;
    let who = bearer(maker.secret);
    let new = |name: &str, expires| CreateToken { expires, ..create(name) };
    let made =
        |name: &str, expires| call(&install.backend, &who, new(name, expires)).map(|done| done.value[0].token.expiry);
    assert_eq!(made("a", None).unwrap(), end);
    for expires in [ExpirySpec::In(Span::Days(11)), ExpirySpec::Never] {
        assert_eq!(made("b", Some(expires)).unwrap_err().kind, Kind::Denied);
    }
    install.set_policy(|policy| policy.default_expiry = None);
    assert_eq!(made("c", None).unwrap(), end, "policy says never");
    install.set_policy(|policy| policy.default_expiry = Some(Span::Days(3)));
    assert!(made("d", None).unwrap().at() < end.at(), "it ends sooner by itself");
    assert_eq!(
        install.create(OWNER, CreateToken { expires: None, ..create("e") }).token.expiry,
        made("f", None).unwrap()
    );

    // A copy has the expiry of its source by default.
    install.create(OWNER, CreateToken { expires: Some(ExpirySpec::Never), ..create("source") });
    let copy = |name: &str, expires| CopyToken {
        token: TokenTarget::by_reference("source"),
        name: TokenName::parse(name).unwrap(),
        account: None,
        expires,
    };
    assert_eq!(call(&install.backend, &who, copy("g", None)).unwrap().value.token.expiry, end);
    assert_eq!(call(&install.backend, &who, copy("h", Some(ExpirySpec::Never))).unwrap_err().kind, Kind::Denied);
    assert_eq!(install.call(OWNER, copy("i", None)).unwrap().value.token.expiry, Expiry::Never);
}

#[test]
fn expired_secret_is_not_brought_back() {
    let install = TestInstall::new();
    let old = install.create(OWNER, lasting(10)).secret;
    install.fakes.clock.advance(11 * DAY);
    let refused = install.call(OWNER, rotate(Span::Hours(1), Some("5d"))).unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict, "{refused}");
    install.call(OWNER, RegenerateToken { grace: None, ..rotate(Span::Hours(1), Some("5d")) }).unwrap();
    assert!(!matches!(install.verify(&old), Decision::Allowed(_)));
}

#[test]
fn shorter_expiry_ends_the_overlap_for_good() {
    let install = TestInstall::new();
    let old = install.create(OWNER, lasting(10)).secret;
    let id = install.call(OWNER, rotate(Span::Days(5), None)).unwrap().value.token.id;
    let edit = |expires: &str| EditToken {
        expires: Some(ExpirySpec::parse(expires).unwrap()),
        ..EditToken::new(TokenTarget::by_reference("rot"))
    };
    install.call(OWNER, edit("12h")).unwrap();
    let token = install.token(id);
    assert_eq!(token.previous.unwrap().retires_at, token.expiry.at().unwrap());
    install.call(OWNER, edit("20d")).unwrap();
    install.fakes.clock.advance(12 * HOUR + 1_000);
    assert!(!matches!(install.verify(&old), Decision::Allowed(_)), "it was to die with the shorter expiry");
}

/// A preview reveals a token, so it needs the right to see the token. It refuses whenever the change would be refused.
#[test]
fn token_that_only_writes_reads_nothing_by_a_preview() {
    let install = TestInstall::new();
    install.issue(OWNER, "secretive");
    let bearer = |methods: &[&str], name: &str| {
        let methods = methods.iter().map(|m| MethodId::parse(m).unwrap()).collect();
        let verb = CreateToken { selection: Selection::Custom(methods), ..create(name) };
        let secret = Arc::new(install.create(OWNER, verb).secret);
        Credential::Token(TokenCredential::of_any(secret))
    };
    let preview = || {
        let description = Some(jeton::domain::name::Description::parse("x").unwrap());
        PreviewEdit(EditToken { description, ..EditToken::new(TokenTarget::by_reference("secretive")) })
    };
    let writes = bearer(&["jeton.tokens.write"], "writes");
    assert_eq!(call(&install.backend, &writes, preview()).unwrap_err().kind, Kind::Denied);
    let both = bearer(&["jeton.tokens.write", "jeton.tokens.read"], "both");
    call(&install.backend, &both, preview()).unwrap();
}
