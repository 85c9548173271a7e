//! The issued role of a secret: an upper limit that no later event raises.

use super::*;
use crate::support::fakes::bearer;

const READ: &str = "environment.control.GetEnvInfo";

fn reaching_all() -> Selection {
    methods(&["jeton.tokens.read", "jeton.tokens.write", "jeton.tokens.read-all", "jeton.tokens.write-all", READ])
}

fn create_for(account: &str, name: &str, selection: Selection) -> CreateToken {
    CreateToken { account: Some(username(account)), selection, ..create(name) }
}

/// `effective = min(account's role now, issued role)`, for every pair and every role of the account in between.
#[test]
fn effective_role_is_the_lower_of_both_for_every_pair() {
    let install = TestInstall::with_accounts();
    for issued in Role::ALL {
        let (token, secret) = install.token_issued_under(issued, "member", issued.as_str(), &Selection::Inherit);
        for now in Role::ALL {
            install.set_role("member", now);
            assert_eq!(install.role_of(&secret), Some(issued.min(now)), "{issued} {now}");
            assert_eq!(install.token(token.id).role(), issued.min(now));
        }
    }
}

#[test]
fn promotion_gives_nothing_to_secrets_handed_out_before_and_regenerate_lifts() {
    let install = TestInstall::with_accounts();
    let own = install.create("member", CreateToken { selection: Selection::Inherit, ..create("own") });
    let by_owner = install.create(OWNER, create_for("member", "by-owner", Selection::Inherit));
    install.set_role("member", Role::Owner);
    for issued in [&own, &by_owner] {
        assert_eq!(issued.token.issued_role, Role::Member);
        assert_eq!(install.role_of(&issued.secret), Some(Role::Member), "{}", issued.token.name);
    }
    let lifted = install.call("admin", regenerate("member/own"));
    assert_error(lifted, Kind::Denied);
    let lifted = install.call("member", regenerate("own")).unwrap().value;
    assert_eq!(install.role_of(&lifted.secret), Some(Role::Owner));
    install.set_role("member", Role::Viewer);
    assert_eq!(install.role_of(&lifted.secret), Some(Role::Viewer), "a demotion reaches every secret at once");
}

/// An admin makes itself a token of a member, who becomes an owner.
#[test]
fn planted_token_never_becomes_an_owners() {
    let install = TestInstall::with_accounts();
    let planted = install.create("admin", create_for("member", "planted", reaching_all()));
    let victim = install.issue(OWNER, "victim").token;
    install.set_role("member", Role::Owner);
    let who = bearer(planted.secret);
    let target = || TokenTarget { reference: TokenRef::Id(victim.id), expected_revision: None };
    for (verb, refusal) in [
        ("show", call(&install.backend, &who, ShowToken { token: TokenRef::Id(victim.id) }).map(drop)),
        ("disable", call(&install.backend, &who, DisableTokens { tokens: vec![target()] }).map(drop)),
        ("create", call(&install.backend, &who, create_for(OWNER, "x", Selection::nothing())).map(drop)),
    ] {
        assert_eq!(refusal.map_err(|e| e.kind), Err(Kind::Denied), "{verb}");
    }
    assert!(install.token(victim.id).enabled);
}

/// During an overlap both secrets of a token work, each with its own role.
#[test]
fn each_secret_of_an_overlap_has_its_own_role() {
    let install = TestInstall::with_accounts();
    let old = install.create("member", CreateToken { selection: Selection::Inherit, ..create("x") });
    install.set_role("member", Role::Admin);
    let new = install.call("member", with_grace("x", "1d")).unwrap().value;
    assert_eq!((install.role_of(&old.secret), install.role_of(&new.secret)), (Some(Role::Member), Some(Role::Admin)));
    let token = install.token(new.token.id);
    assert_eq!((token.issued_role, token.previous.as_ref().unwrap().issued_role), (Role::Admin, Role::Member));
    assert_eq!(token.highest_role(), Role::Admin);
}

/// While an account is demoted, tokens issued under a low and a high role have the same role, but not after a
/// promotion.
#[test]
fn issued_roles_are_compared_whatever_the_account_is_today() {
    let install = TestInstall::with_accounts();
    let own_only = methods(&["jeton.tokens.read", "jeton.tokens.write", READ]);
    let (_, low) = install.token_issued_under(Role::Member, "admin", "low", &own_only);
    let (high, _) = install.token_issued_under(Role::Admin, "admin", "high", &own_only);
    let (equal, _) = install.token_issued_under(Role::Member, "admin", "equal", &own_only);
    install.set_role("admin", Role::Member);
    let low = bearer(low);
    let pointed = |id| TokenTarget { reference: TokenRef::Id(id), expected_revision: None };
    for (id, outcome) in [(high.id, Some(Kind::Denied)), (equal.id, None)] {
        let description = Some(Description::parse("longer").unwrap());
        install.call(OWNER, disable(&[&id.to_string()])).unwrap();
        let tokens = || vec![pointed(id)];
        let kind = |refused: Result<()>| refused.err().map(|e| e.kind);
        let jeton = &install.backend;
        assert_eq!(kind(call(jeton, &low, EnableTokens { tokens: tokens() }).map(drop)), outcome);
        let edit = EditToken { description, ..EditToken::new(pointed(id)) };
        assert_eq!(kind(call(jeton, &low, edit).map(drop)), outcome);
        let new = RegenerateToken { token: pointed(id), grace: None, expires: None };
        assert_eq!(kind(call(jeton, &low, new).map(drop)), outcome);
    }
    assert!(!install.token(high.id).enabled);
}

/// Only a new secret changes the issued role; every other change of a token keeps it.
#[test]
fn edit_disable_enable_trash_and_restore_lift_nothing() {
    let install = TestInstall::with_accounts();
    let x = install.create("member", CreateToken { selection: Selection::Inherit, ..create("x") });
    install.set_role("member", Role::Admin);
    install
        .call(OWNER, EditToken { selection: Some(SelectionEdit::Replace(reaching_all())), ..edit("member/x") })
        .unwrap();
    install.call(OWNER, disable(&["member/x"])).unwrap();
    install.call(OWNER, enable(&["member/x"])).unwrap();
    install.call(OWNER, revoke(&["member/x"], "x")).unwrap();
    install.call(OWNER, restore("member/x")).unwrap();
    install.call(OWNER, enable(&["member/x"])).unwrap();
    install.set_account_enabled(x.token.owner.id, false);
    install.set_account_enabled(x.token.owner.id, true);
    assert_eq!(install.role_of(&x.secret), Some(Role::Member));
    let read_all = MethodId::parse("jeton.tokens.read-all").unwrap();
    let denied = x.secret.expose(|s| install.decide(s, Some(&read_all)));
    assert!(matches!(denied, Decision::Denied(DenialReason::NotPermitted, _)), "{denied:?}");
    let who = bearer(x.secret);
    assert_error(
        call(&install.backend, &who, ShowToken { token: TokenRef::Text("viewer/none".to_owned()) }),
        Kind::Denied,
    );
}

/// A token creates, copies and regenerates secrets with its own effective role, never a higher one.
#[test]
fn minted_secret_has_the_effective_role_of_its_maker() {
    let install = TestInstall::with_accounts();
    install.account("boss", Role::Admin);
    let (maker, secret) = install.token_issued_under(
        Role::Member,
        "boss",
        "maker",
        &methods(&["jeton.tokens.read", "jeton.tokens.write", READ]),
    );
    let who = bearer(secret);
    let jeton = &install.backend;
    let minted = call(jeton, &who, CreateToken { selection: methods(&[READ]), ..create("a") }).unwrap().value.remove(0);
    assert_eq!((minted.token.issued_role, minted.token.made_by), (Role::Member, Some(maker.id)));
    let copied = call(jeton, &who, copy("a", "b")).unwrap().value;
    assert_eq!((copied.token.issued_role, copied.token.made_by), (Role::Member, Some(maker.id)));
    let again = call(jeton, &who, regenerate("a")).unwrap().value;
    assert_eq!(again.token.issued_role, Role::Member);
    let by_person = install.call("boss", regenerate("a")).unwrap().value;
    assert_eq!(
        (by_person.token.issued_role, by_person.token.made_by),
        (Role::Admin, Some(maker.id)),
        "who made it stays"
    );
    // Now the token is stronger than its maker, which may only reduce it.
    for refusal in [
        call(jeton, &who, regenerate("a")).map(drop),
        call(jeton, &who, EditToken { description: Some(Description::parse("x").unwrap()), ..edit("a") }).map(drop),
        call(jeton, &who, enable(&["a"])).map(drop),
    ] {
        assert_error(refusal, Kind::Denied);
    }
    call(jeton, &who, disable(&["a"])).unwrap();
    assert_error(call(jeton, &who, enable(&["a"])), Kind::Denied);
}

/// A set grows; a token with individually picked methods doesn't.
#[test]
fn custom_token_gives_no_set_even_if_it_holds_all_of_it() {
    let install = TestInstall::with_accounts();
    let catalogues = install.store().read(|s| s.catalogues()).unwrap();
    let mut all: BTreeSet<MethodId> = catalogues.iter().flat_map(|c| c.methods().map(|m| m.id.clone())).collect();
    all.retain(|id| !id.is_management() || id.as_str().starts_with("jeton.tokens."));
    let (_, secret) = install.token_issued_under(Role::Owner, OWNER, "maker", &Selection::Custom(all));
    let who = bearer(secret);
    let set = || Selection::Sets(["IDE Plugins".to_owned()].into());
    let jeton = &install.backend;
    install.create(OWNER, CreateToken { selection: set(), ..create("x") });
    install.create(OWNER, CreateToken { selection: methods(&[READ]), ..create("y") });
    let replaced = EditToken { selection: Some(SelectionEdit::Replace(set())), ..edit("y") };
    install.create(OWNER, CreateToken { selection: set(), ..create("z") });
    call(jeton, &who, revoke(&["z"], "z")).unwrap();
    for (verb, refusal) in [
        ("create", call(jeton, &who, CreateToken { selection: set(), ..create("a") }).map(drop)),
        ("edit", call(jeton, &who, replaced).map(drop)),
        ("copy", call(jeton, &who, copy("x", "b")).map(drop)),
        ("regenerate", call(jeton, &who, with_grace("x", "1d")).map(drop)),
        ("enable", call(jeton, &who, enable(&["x"])).map(drop)),
        ("restore", call(jeton, &who, restore("z")).map(drop)),
    ] {
        assert_eq!(refusal.map_err(|e| e.kind), Err(Kind::Denied), "{verb}");
    }
}

/// Sessions opened by a token are authorized again for each request, by the token's effective role.
#[test]
fn session_of_a_token_follows_every_change_of_role() {
    let install = TestInstall::with_accounts();
    let (_, secret) = install.token_issued_under(Role::Admin, "admin", "bot", &reaching_all());
    let session = Credential::Session(call(&install.backend, &bearer(secret), SignIn).unwrap());
    let sees_member = || {
        let account = install.account_named("member");
        call(&install.backend, &session, ListTokens { owner: OwnerFilter::Account(account.username), ..list() })
    };
    sees_member().unwrap();
    let me = call(&install.backend, &session, WhoAmI).unwrap();
    assert_eq!((me.account.role, me.account_role), (Role::Admin, Role::Admin));
    install.set_role("admin", Role::Member);
    assert_error(sees_member(), Kind::Denied);
    install.set_role("admin", Role::Owner);
    sees_member().unwrap();
    let me = call(&install.backend, &session, WhoAmI).unwrap();
    assert_eq!((me.account.role, me.account_role), (Role::Admin, Role::Owner));
    let owners = ListTokens { owner: OwnerFilter::Account(username(OWNER)), ..list() };
    assert_error(call(&install.backend, &session, owners), Kind::Denied);
}
