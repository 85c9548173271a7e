//! Accounts: create, look at, role, switch, password, delete.

use super::*;

/// Returns the secret of a new token of `who` with everything its role permits.
fn inheriting(house: &TestInstall, who: &str, name: &str) -> Secret {
    house.call(who, CreateToken { selection: Selection::Inherit, ..create(name) }).unwrap().value.remove(0).secret
}

/// Returns the decisions of the next request with `secret` for a read, a write and an admin method.
fn may(house: &TestInstall, secret: &Secret) -> [&'static str; 3] {
    let shipped = Catalogue::shipped("cloud-platform").unwrap();
    let of = |access: &str| shipped.methods().find(|m| m.access.as_str() == access).unwrap().id.clone();
    ["read", "write", "admin"].map(|access| match secret.expose(|s| house.decide(s, Some(&of(access)))) {
        Decision::Allowed(_) => "yes",
        Decision::Denied(reason, _) => reason.as_str(),
        Decision::UnknownMethod => "unknown",
    })
}

/// Returns verb, target name and details of the last rows of the audit log.
fn last_rows(house: &TestInstall, n: usize) -> Vec<(String, String, String)> {
    let rows = house.audit();
    rows[rows.len() - n..].iter().map(|r| (r.verb.clone(), r.target_name.clone(), r.details.clone())).collect()
}

fn row(verb: &str, name: &str, details: &str) -> (String, String, String) {
    (verb.to_owned(), name.to_owned(), details.to_owned())
}

#[test]
fn a_new_account_signs_in_and_owns_tokens() {
    let house = TestInstall::new();
    let made = house.call(OWNER, create_account("ci", Role::Member)).unwrap();
    assert_eq!(made.equivalent_command.to_string(), "jeton account create ci --role member");
    let account = &made.value.account;
    assert_eq!((account.role, account.enabled, account.created_at), (Role::Member, true, START));
    assert_eq!(made.value.tokens, TokenCounts::default());
    assert_eq!(last_rows(&house, 1), [row("account.create", "ci", r#"{"role":"member"}"#)]);
    assert!(account.temporary_password, "the owner knows it");
    house.call("ci", set_password("ci", "seven brown foxes")).unwrap();
    let ci = || Credential::from_password(username("ci"), typed("seven brown foxes"));
    let issued = call(&house.backend, &ci(), create("x")).unwrap().value.remove(0);
    assert!(allowed(&house, &issued.secret));
    assert_eq!(call(&house.backend, &ci(), ListAccounts).unwrap().accounts.len(), 1);
}

#[test]
fn a_name_is_given_once() {
    let house = TestInstall::with_accounts();
    let rows = house.audit().len();
    for taken in ["member", OWNER] {
        let error = refused(house.call(OWNER, create_account(taken, Role::Viewer)), Kind::Conflict).to_string();
        assert!(error.contains("even after deletion"), "{error}");
    }
    assert_eq!(house.audit().len(), rows);
    house.call(OWNER, delete_account("member")).unwrap();
    let error = refused(house.call(OWNER, create_account("member", Role::Viewer)), Kind::Conflict).to_string();
    assert!(error.contains("never given to another account, even after deletion"), "{error}");
}

#[test]
fn a_new_password_has_twelve_bytes_whatever_the_face() {
    let house = TestInstall::with_accounts();
    let before = (house.audit(), house.fakes.hasher.counts().0);
    for bad in ["", "elevenbytes", &"x".repeat(1025)] {
        refused(house.call("member", set_password("member", bad)), Kind::Usage);
        let mut new = create_account("new", Role::Viewer);
        new.password = NewPassword::Plain(typed(bad));
        refused(house.call(OWNER, new), Kind::Usage);
    }
    assert_eq!((house.audit(), house.fakes.hasher.counts().0), before, "nothing was even hashed");
    house.call("member", set_password("member", &"x".repeat(1024))).unwrap();
}

#[test]
fn a_list_counts_tokens() {
    let house = TestInstall::with_accounts();
    for name in ["a", "b", "c", "d"] {
        house.issue("member", name);
    }
    house.call("member", disable(&["b"])).unwrap();
    house.call("member", delete(&["c"], "c")).unwrap();
    house.call("member", CreateToken { expires: spec("1d"), ..create("e") }).unwrap();
    house.fakes.clock.advance(DAY);
    let counts = TokenCounts { active: 2, live: 4, trashed: 1 };
    let listed = |who: &str| -> Vec<(String, TokenCounts)> {
        let accounts = house.call(who, ListAccounts).unwrap();
        accounts.accounts.into_iter().map(|a| (a.account.username.to_string(), a.tokens)).collect()
    };
    let none = |name: &str| (name.to_owned(), TokenCounts::default());
    let member = ("member".to_owned(), counts);
    assert_eq!(listed(OWNER), [none("admin"), member.clone(), none("ops"), none("viewer")]);
    assert_eq!(listed("admin"), [none("admin"), member.clone(), none("viewer")]);
    assert_eq!(listed("member"), [member]);
    assert_eq!(listed("viewer"), [none("viewer")]);
}

#[test]
fn show_tells_when_an_account_was_last_seen() {
    let house = TestInstall::with_accounts();
    let shown = || house.call("admin", ShowAccount { username: username("member") }).unwrap();
    let issued = house.issue("member", "x");
    assert_eq!((shown().last_seen_at, shown().counted.tokens.active), (None, 1));
    house.fakes.clock.advance(7);
    assert!(allowed(&house, &issued.secret));
    house.call("member", delete(&["x"], "x")).unwrap();
    assert_eq!(shown().last_seen_at, Some(START.plus(7)));
    assert_eq!(shown().counted.tokens, TokenCounts { active: 0, live: 0, trashed: 1 });
    refused(house.call(OWNER, ShowAccount { username: username("nobody") }), Kind::NotFound);
}

#[test]
fn a_demoted_account_takes_its_tokens_along_at_once() {
    let house = TestInstall::with_accounts();
    let secret = inheriting(&house, "admin", "x");
    let session = Credential::Session(house.call("admin", SignIn).unwrap());
    assert_eq!(may(&house, &secret), ["yes"; 3]);
    let changed = house.call(OWNER, set_role("admin", Role::Viewer)).unwrap();
    assert_eq!(may(&house, &secret), ["yes", "not-permitted", "not-permitted"]);
    assert_eq!((changed.value.account.role, changed.value.tokens.active), (Role::Viewer, 1));
    assert_eq!(changed.equivalent_command.to_string(), "jeton account role admin viewer");
    let details = r#"{"role":{"after":"viewer","before":"admin"}}"#;
    assert_eq!(last_rows(&house, 1), [row("account.role", "admin", details)]);
    refused(call(&house.backend, &session, WhoAmI), Kind::Unauthenticated);
    house.call(OWNER, set_role("admin", Role::Member)).unwrap();
    assert_eq!(may(&house, &secret), ["yes", "yes", "not-permitted"]);
    house.call(OWNER, set_role("admin", Role::Owner)).unwrap();
    assert_eq!(may(&house, &secret), ["yes"; 3]);
}

#[test]
fn a_role_it_has_already_ends_no_session() {
    let house = TestInstall::with_accounts();
    let session = Credential::Session(house.call("member", SignIn).unwrap());
    house.call(OWNER, set_role("member", Role::Member)).unwrap();
    house.call(OWNER, switch_on(&["member"])).unwrap();
    call(&house.backend, &session, WhoAmI).unwrap();
    let rows = last_rows(&house, 2);
    assert_eq!(rows, [row("account.role", "member", "{}"), row("account.enable", "member", "{}")]);
}

#[test]
fn a_disabled_account_and_its_tokens_are_denied_until_it_is_enabled() {
    let house = TestInstall::with_accounts();
    let secrets = [inheriting(&house, "member", "x"), inheriting(&house, "member", "y")];
    let other = inheriting(&house, "viewer", "x");
    let session = Credential::Session(house.call("member", SignIn).unwrap());
    let off = house.call("admin", switch_off(&["member"])).unwrap();
    assert_eq!(off.equivalent_command.to_string(), "jeton account disable member");
    assert!(!off.value[0].account.enabled);
    for secret in &secrets {
        assert_eq!(may(&house, secret), ["account-disabled"; 3]);
        assert_eq!(why(&house, secret), DenialReason::AccountDisabled);
    }
    assert_eq!(may(&house, &other)[0], "yes");
    refused(call(&house.backend, &session, WhoAmI), Kind::Unauthenticated);
    refused(house.call("member", SignIn), Kind::Unauthenticated);
    house.call("admin", switch_on(&["member"])).unwrap();
    for secret in &secrets {
        assert_eq!(may(&house, secret), ["yes", "yes", "not-permitted"]);
    }
    house.fakes.clock.advance(60 * SECOND);
    house.call("member", SignIn).unwrap();
    refused(call(&house.backend, &session, WhoAmI), Kind::Unauthenticated);
    let (off, on) = (r#"{"enabled":{"after":false,"before":true}}"#, r#"{"enabled":{"after":true,"before":false}}"#);
    let rows = last_rows(&house, 2);
    assert_eq!(rows, [row("account.disable", "member", off), row("account.enable", "member", on)]);
}

#[test]
fn several_accounts_are_switched_together_or_not_at_all() {
    let house = TestInstall::with_accounts();
    let before = house.audit();
    let enabled = |name: &str| house.account_named(name).enabled;
    refused(house.call(OWNER, switch_off(&["member", "nobody"])), Kind::NotFound);
    refused(house.call("admin", switch_off(&["member", OWNER])), Kind::Denied);
    refused(house.call(OWNER, switch_off(&["member", OWNER])), Kind::Conflict);
    refused(house.call(OWNER, switch_off(&[])), Kind::Usage);
    assert!(enabled("member") && enabled(OWNER));
    assert_eq!(house.audit(), before);
    let both = house.call("admin", switch_off(&["viewer", "member", "viewer"])).unwrap();
    assert_eq!((both.value.len(), house.audit().len()), (2, before.len() + 2), "each once, a row each");
    assert_eq!(both.equivalent_command.to_string(), "jeton account disable viewer member");
    assert!(!enabled("member") && !enabled("viewer"));
    house.call("admin", switch_on(&["member", "viewer"])).unwrap();
    assert!(enabled("member") && enabled("viewer"));
}

#[test]
fn a_new_password_ends_sessions_and_leaves_tokens() {
    let house = TestInstall::with_accounts();
    let secret = inheriting(&house, "member", "x");
    let session = Credential::Session(house.call("member", SignIn).unwrap());
    let (own, given) = ("seven brown foxes", "eight brown foxes");
    let changed = house.call("member", set_password("member", own)).unwrap();
    assert_eq!(changed.equivalent_command.to_string(), "jeton account passwd member");
    assert_eq!(last_rows(&house, 1), [row("account.passwd", "member", "{}")]);
    refused(call(&house.backend, &session, WhoAmI), Kind::Unauthenticated);
    assert!(allowed(&house, &secret));
    let sign_in = |with: &str| {
        house.fakes.clock.advance(60 * SECOND);
        call(&house.backend, &Credential::from_password(username("member"), typed(with)), SignIn)
    };
    refused(sign_in(PASSWORD), Kind::Unauthenticated);
    sign_in(own).unwrap();
    house.call("admin", set_password("member", given)).unwrap();
    let details = r#"{"temporary":{"after":true,"before":false}}"#;
    assert_eq!(last_rows(&house, 1), [row("account.passwd", "member", details)]);
    refused(sign_in(own), Kind::Unauthenticated);
    sign_in(given).unwrap();
}

#[test]
fn an_account_with_active_tokens_is_not_deleted() {
    let house = TestInstall::with_accounts();
    let secret = inheriting(&house, "member", "live");
    house.issue("member", "live2");
    let before = (house.audit(), house.account_named("member"));
    let error = refused(house.call(OWNER, delete_account("member")), Kind::Conflict).to_string();
    assert!(error.contains("2 active tokens") && error.contains("jeton account disable member"), "{error}");
    assert_eq!((house.audit(), house.account_named("member")), before);
    assert_eq!(may(&house, &secret)[0], "yes");
    house.call(OWNER, disable(&["member/live2"])).unwrap();
    house.call(OWNER, switch_off(&["member"])).unwrap();
    let error = refused(house.call(OWNER, delete_account("member")), Kind::Conflict).to_string();
    assert!(error.contains("1 active token") && !error.contains("account disable"), "{error}");
}

#[test]
fn a_deleted_account_takes_its_tokens_into_the_trash_for_good() {
    let house = TestInstall::with_accounts();
    let off = house.issue("member", "off");
    house.call("member", disable(&["off"])).unwrap();
    let old = house.call("member", CreateToken { expires: spec("1d"), ..create("old") }).unwrap().value.remove(0);
    house.issue("member", "gone");
    house.call("member", delete(&["gone"], "gone")).unwrap();
    house.fakes.clock.advance(DAY);
    let before = house.audit();
    for wrong in ["", "Member", "member ", "1", "yes"] {
        let verb = DeleteAccount { confirmation: wrong.to_owned(), ..delete_account("member") };
        let error = refused(house.call(OWNER, verb), Kind::Conflict).to_string();
        assert!(error.contains("nothing was deleted"), "{error}");
    }
    assert_eq!(house.audit(), before);
    let deleted = house.call("admin", delete_account("member")).unwrap();
    assert_eq!(deleted.equivalent_command.to_string(), "jeton account delete member --confirm member");
    assert_eq!(deleted.value.tokens, TokenCounts { active: 0, live: 0, trashed: 3 });
    let with = |was: &str| format!(r#"{{"status":{{"after":"deleted","before":"{was}"}},"with":"account.delete"}}"#);
    let rows = [
        row("account.delete", "member", r#"{"enabled":true,"role":"member","trashed":2}"#),
        row("token.revoke", "member/off", &with("disabled")),
        row("token.revoke", "member/old", &with("expired")),
    ];
    assert_eq!(last_rows(&house, 3), rows);
    assert_eq!(house.audit().len(), before.len() + 3);
    for token in [&off.token, &old.token] {
        assert_eq!(house.token(token.id).deleted_at, Some(house.now()));
        let back = RestoreTokens { tokens: vec![TokenTarget::by_reference(token.id.to_string())], rename: None };
        let error = refused(house.call(OWNER, back), Kind::Conflict).to_string();
        assert!(error.contains("its account, member, was deleted"), "{error}");
    }
    assert_eq!(why(&house, &off.secret), DenialReason::Deleted);
    refused(house.call("member", SignIn), Kind::Unauthenticated);
    refused(house.call(OWNER, delete_account("member")), Kind::NotFound);
    assert_eq!(house.call(OWNER, ListAccounts).unwrap().accounts.len(), 3);
    let hash: String = house
        .raw_connection()
        .query_row("SELECT password_hash FROM accounts WHERE username = 'member'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(hash, "", "nothing is left to guess at");
}
