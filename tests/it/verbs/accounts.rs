//! Accounts: create, show, role, disable, password, delete.

use super::*;
use jeton::domain::contact::Contact;
use jeton::verbs::accounts::{CreateAccount, DisableAccounts, SetRole};

/// Returns the secret of a new token of `who` with everything its role permits.
fn inheriting(install: &TestInstall, who: &str, name: &str) -> Secret {
    install.call(who, CreateToken { selection: Selection::Inherit, ..create(name) }).unwrap().value.remove(0).secret
}

/// Returns the decisions of the next request with `secret` for a read, a write and an admin method.
fn may(install: &TestInstall, secret: &Secret) -> [&'static str; 3] {
    let shipped = Catalogue::shipped("cloud-platform").unwrap();
    let of = |access: &str| shipped.methods().find(|m| m.access.as_str() == access).unwrap().id.clone();
    ["read", "write", "admin"].map(|access| match secret.expose(|s| install.decide(s, Some(&of(access)))) {
        Decision::Allowed(_) => "yes",
        Decision::Denied(reason, _) => reason.as_str(),
        Decision::UnknownMethod => "unknown",
    })
}

/// Returns verb, target name and details of the last rows of the audit log.
fn last_rows(install: &TestInstall, n: usize) -> Vec<(String, String, String)> {
    let rows = install.audit();
    rows[rows.len() - n..].iter().map(|r| (r.verb.clone(), r.target_name.clone(), r.details.clone())).collect()
}

fn row(verb: &str, name: &str, details: &str) -> (String, String, String) {
    (verb.to_owned(), name.to_owned(), details.to_owned())
}

#[test]
fn new_account_signs_in_and_owns_tokens() {
    let install = TestInstall::new();
    let made = install.call(OWNER, create_account("ci", Role::Member)).unwrap();
    assert_eq!(made.equivalent_command.to_string(), "jeton account create ci --role member");
    let account = &made.value.account;
    assert_eq!((account.role, account.enabled, account.created_at), (Role::Member, true, START));
    assert_eq!(made.value.tokens, TokenCounts::default());
    assert_eq!(last_rows(&install, 1), [row("account.create", "ci", r#"{"role":"member"}"#)]);
    assert!(account.temporary_password, "the owner knows it");
    install.call("ci", set_password("ci", "seven brown foxes")).unwrap();
    let ci = || Credential::from_password(username("ci"), typed("seven brown foxes"));
    let issued = call(&install.backend, &ci(), create("x")).unwrap().value.remove(0);
    assert!(allowed(&install, &issued.secret));
    assert_eq!(call(&install.backend, &ci(), ListAccounts).unwrap().accounts.len(), 1);
}

#[test]
fn account_name_is_never_reused() {
    let install = TestInstall::with_accounts();
    let rows = install.audit().len();
    for taken in ["member", OWNER] {
        let error = assert_error(install.call(OWNER, create_account(taken, Role::Viewer)), Kind::Conflict);
        assert!(error.to_string().contains(taken), "{error}");
    }
    assert_eq!(install.audit().len(), rows);
    install.call(OWNER, delete_account("member")).unwrap();
    let error = assert_error(install.call(OWNER, create_account("member", Role::Viewer)), Kind::Conflict);
    insta::assert_snapshot!(error, @"the username member is taken: a username stays taken, even after its account was deleted. Choose another username");
}

#[test]
fn new_password_has_twelve_bytes_for_every_face() {
    let install = TestInstall::with_accounts();
    let before = (install.audit(), install.fakes.hasher.counts().0);
    for bad in ["", "elevenbytes", &"x".repeat(1025)] {
        assert_error(install.call("member", set_password("member", bad)), Kind::Usage);
        let mut new = create_account("new", Role::Viewer);
        new.password = NewPassword::Plain(typed(bad));
        assert_error(install.call(OWNER, new), Kind::Usage);
    }
    assert_eq!((install.audit(), install.fakes.hasher.counts().0), before, "nothing was even hashed");
    install.call("member", set_password("member", &"x".repeat(1024))).unwrap();
}

#[test]
fn account_list_counts_tokens() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b", "c", "d"] {
        install.issue("member", name);
    }
    install.call("member", disable(&["b"])).unwrap();
    install.call("member", revoke(&["c"], "c")).unwrap();
    install.call("member", CreateToken { expires: spec("1d"), ..create("e") }).unwrap();
    install.fakes.clock.advance(DAY);
    let counts = TokenCounts { active: 2, live: 4, trashed: 1 };
    let listed = |who: &str| -> Vec<(String, TokenCounts)> {
        let accounts = install.call(who, ListAccounts).unwrap();
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
fn show_has_when_an_account_was_last_seen() {
    let install = TestInstall::with_accounts();
    let shown = || install.call("admin", ShowAccount { username: username("member") }).unwrap();
    let issued = install.issue("member", "x");
    assert_eq!((shown().last_seen_at, shown().counted.tokens.active), (None, 1));
    install.fakes.clock.advance(7_000);
    assert!(allowed(&install, &issued.secret));
    install.call("member", revoke(&["x"], "x")).unwrap();
    assert_eq!(shown().last_seen_at, Some(START.plus(7_000)));
    assert_eq!(shown().counted.tokens, TokenCounts { active: 0, live: 0, trashed: 1 });
    assert_error(install.call(OWNER, ShowAccount { username: username("nobody") }), Kind::NotFound);
}

#[test]
fn demoted_account_takes_its_tokens_along_at_once() {
    let install = TestInstall::with_accounts();
    let secret = inheriting(&install, "admin", "x");
    let session = Credential::Session(install.call("admin", SignIn).unwrap());
    assert_eq!(may(&install, &secret), ["yes"; 3]);
    let changed = install.call(OWNER, set_role("admin", Role::Viewer)).unwrap();
    assert_eq!(may(&install, &secret), ["yes", "not-permitted", "not-permitted"]);
    assert_eq!((changed.value.account.role, changed.value.tokens.active), (Role::Viewer, 1));
    assert_eq!(changed.equivalent_command.to_string(), "jeton account role admin viewer");
    let details = r#"{"role":{"after":"viewer","before":"admin"}}"#;
    assert_eq!(last_rows(&install, 1), [row("account.role", "admin", details)]);
    assert_error(call(&install.backend, &session, WhoAmI), Kind::Unauthenticated);
    install.call(OWNER, set_role("admin", Role::Member)).unwrap();
    assert_eq!(may(&install, &secret), ["yes", "yes", "not-permitted"]);
    install.call(OWNER, set_role("admin", Role::Owner)).unwrap();
    assert_eq!(may(&install, &secret), ["yes"; 3]);
}

#[test]
fn unchanged_role_ends_no_session() {
    let install = TestInstall::with_accounts();
    let session = Credential::Session(install.call("member", SignIn).unwrap());
    install.call(OWNER, set_role("member", Role::Member)).unwrap();
    install.call(OWNER, switch_on(&["member"])).unwrap();
    call(&install.backend, &session, WhoAmI).unwrap();
    let rows = last_rows(&install, 2);
    assert_eq!(rows, [row("account.role", "member", "{}"), row("account.enable", "member", "{}")]);
}

#[test]
fn disabled_account_and_its_tokens_are_denied_until_it_is_enabled() {
    let install = TestInstall::with_accounts();
    let secrets = [inheriting(&install, "member", "x"), inheriting(&install, "member", "y")];
    let other = inheriting(&install, "viewer", "x");
    let session = Credential::Session(install.call("member", SignIn).unwrap());
    let off = install.call("admin", switch_off(&["member"])).unwrap();
    assert_eq!(off.equivalent_command.to_string(), "jeton account disable member");
    assert!(!off.value[0].account.enabled);
    for secret in &secrets {
        assert_eq!(may(&install, secret), ["account-disabled"; 3]);
        assert_eq!(why(&install, secret), DenialReason::AccountDisabled);
    }
    assert_eq!(may(&install, &other)[0], "yes");
    assert_error(call(&install.backend, &session, WhoAmI), Kind::Unauthenticated);
    assert_error(install.call("member", SignIn), Kind::Unauthenticated);
    install.call("admin", switch_on(&["member"])).unwrap();
    for secret in &secrets {
        assert_eq!(may(&install, secret), ["yes", "yes", "not-permitted"]);
    }
    install.fakes.clock.advance(60 * SECOND);
    install.call("member", SignIn).unwrap();
    assert_error(call(&install.backend, &session, WhoAmI), Kind::Unauthenticated);
    let (off, on) = (r#"{"enabled":{"after":false,"before":true}}"#, r#"{"enabled":{"after":true,"before":false}}"#);
    let rows = last_rows(&install, 2);
    assert_eq!(rows, [row("account.disable", "member", off), row("account.enable", "member", on)]);
}

#[test]
fn several_accounts_are_switched_together_or_not_at_all() {
    let install = TestInstall::with_accounts();
    let before = install.audit();
    let enabled = |name: &str| install.account_named(name).enabled;
    assert_error(install.call(OWNER, switch_off(&["member", "nobody"])), Kind::NotFound);
    assert_error(install.call("admin", switch_off(&["member", OWNER])), Kind::Denied);
    assert_error(install.call(OWNER, switch_off(&["member", OWNER])), Kind::Conflict);
    assert_error(install.call(OWNER, switch_off(&[])), Kind::Usage);
    assert!(enabled("member") && enabled(OWNER));
    assert_eq!(install.audit(), before);
    let both = install.call("admin", switch_off(&["viewer", "member", "viewer"])).unwrap();
    assert_eq!((both.value.len(), install.audit().len()), (2, before.len() + 2), "each once, a row each");
    assert_eq!(both.equivalent_command.to_string(), "jeton account disable viewer member");
    assert!(!enabled("member") && !enabled("viewer"));
    install.call("admin", switch_on(&["member", "viewer"])).unwrap();
    assert!(enabled("member") && enabled("viewer"));
}

#[test]
fn new_password_ends_sessions_and_leaves_tokens() {
    let install = TestInstall::with_accounts();
    let secret = inheriting(&install, "member", "x");
    let session = Credential::Session(install.call("member", SignIn).unwrap());
    let (own, given) = ("seven brown foxes", "eight brown foxes");
    let changed = install.call("member", set_password("member", own)).unwrap();
    assert_eq!(changed.equivalent_command.to_string(), "jeton account passwd member");
    assert_eq!(last_rows(&install, 1), [row("account.passwd", "member", "{}")]);
    assert_error(call(&install.backend, &session, WhoAmI), Kind::Unauthenticated);
    assert!(allowed(&install, &secret));
    let sign_in = |with: &str| {
        install.fakes.clock.advance(60 * SECOND);
        call(&install.backend, &Credential::from_password(username("member"), typed(with)), SignIn)
    };
    assert_error(sign_in(PASSWORD), Kind::Unauthenticated);
    sign_in(own).unwrap();
    install.call("admin", set_password("member", given)).unwrap();
    let details = r#"{"temporary":{"after":true,"before":false}}"#;
    assert_eq!(last_rows(&install, 1), [row("account.passwd", "member", details)]);
    assert_error(sign_in(own), Kind::Unauthenticated);
    sign_in(given).unwrap();
}

#[test]
fn account_with_active_tokens_is_not_deleted() {
    let install = TestInstall::with_accounts();
    let secret = inheriting(&install, "member", "live");
    install.issue("member", "live2");
    let before = (install.audit(), install.account_named("member"));
    let error = assert_error(install.call(OWNER, delete_account("member")), Kind::Conflict);
    insta::assert_snapshot!(error, @"the account member can't be deleted: the account has 2 active tokens. To delete the account, first disable or revoke its tokens. Or disable the account: jeton account disable member");
    assert_eq!((install.audit(), install.account_named("member")), before);
    assert_eq!(may(&install, &secret)[0], "yes");
    install.call(OWNER, disable(&["member/live2"])).unwrap();
    install.call(OWNER, switch_off(&["member"])).unwrap();
    let error = assert_error(install.call(OWNER, delete_account("member")), Kind::Conflict);
    insta::assert_snapshot!(error, @"the account member can't be deleted: the account has 1 active token. The account is disabled, so its tokens are denied already. To delete the account, first disable or revoke its tokens");
}

#[test]
fn deleted_account_takes_its_tokens_into_the_trash_for_good() {
    let install = TestInstall::with_accounts();
    let off = install.issue("member", "off");
    install.call("member", disable(&["off"])).unwrap();
    let old = install.call("member", CreateToken { expires: spec("1d"), ..create("old") }).unwrap().value.remove(0);
    install.issue("member", "gone");
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    install.fakes.clock.advance(DAY);
    let before = install.audit();
    for wrong in ["", "Member", "member ", "1", "yes"] {
        let verb = DeleteAccount { confirmation: wrong.to_owned(), ..delete_account("member") };
        let error = assert_error(install.call(OWNER, verb), Kind::Conflict);
        insta::allow_duplicates! { insta::assert_snapshot!(error, @"the confirmation does not match; nothing was deleted: expected the account's name: member"); }
    }
    assert_eq!(install.audit(), before);
    let deleted = install.call("admin", delete_account("member")).unwrap();
    assert_eq!(deleted.equivalent_command.to_string(), "jeton account delete member --confirm member");
    assert_eq!(deleted.value.tokens, TokenCounts { active: 0, live: 0, trashed: 3 });
    let with = |was: &str| format!(r#"{{"status":{{"after":"deleted","before":"{was}"}},"with":"account.delete"}}"#);
    let rows = [
        row("account.delete", "member", r#"{"enabled":true,"role":"member","trashed":2}"#),
        row("token.revoke", "member/off", &with("disabled")),
        row("token.revoke", "member/old", &with("expired")),
    ];
    assert_eq!(last_rows(&install, 3), rows);
    assert_eq!(install.audit().len(), before.len() + 3);
    for token in [&off.token, &old.token] {
        assert_eq!(install.token(token.id).deleted_at, Some(install.now()));
        let back = RestoreTokens { tokens: vec![TokenTarget::by_reference(token.id.to_string())], rename: None };
        let error = assert_error(install.call(OWNER, back), Kind::Conflict);
        insta::allow_duplicates! { insta::assert_snapshot!(error.why.unwrap(), @"the token's account, member, was deleted"); }
    }
    assert_eq!(why(&install, &off.secret), DenialReason::Deleted);
    assert_error(install.call("member", SignIn), Kind::Unauthenticated);
    assert_error(install.call(OWNER, delete_account("member")), Kind::NotFound);
    assert_eq!(install.call(OWNER, ListAccounts).unwrap().accounts.len(), 3);
    let hash: String = install
        .raw_connection()
        .query_row("SELECT password_hash FROM accounts WHERE username = 'member'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(hash, "", "nothing is left to guess at");
}

#[test]
fn account_is_changed_only_as_it_was_seen() {
    let install = TestInstall::with_accounts();
    let seen = |removal| install.call(OWNER, GetImpact { removal }).unwrap().into_accounts();
    let member = || vec![username("member")];
    let accounts = seen(Removal::Accounts(member()));
    assert_eq!(accounts, seen(Removal::Role(username("member"), Role::Viewer)));
    let role = |expected| SetRole { expected, ..set_role("member", Role::Viewer) };
    let disable = |expected| DisableAccounts { expected, ..switch_off(&["member"]) };
    let delete = |expected| DeleteAccount { expected, ..delete_account("member") };
    for change in [Request::from(set_role("member", Role::Admin)), switch_off(&["member"]).into()] {
        install.backend.call(&credential(OWNER), change).unwrap();
        let rows = install.audit();
        assert_error(install.call(OWNER, role(accounts.clone())), Kind::Conflict);
        assert_error(install.call(OWNER, disable(accounts.clone())), Kind::Conflict);
        assert_error(install.call(OWNER, delete(accounts.clone())), Kind::Conflict);
        assert_eq!(install.audit(), rows);
    }
    install.call(OWNER, role(seen(Removal::Accounts(member())))).unwrap();
    install.call(OWNER, disable(seen(Removal::Accounts(member())))).unwrap();
    install.call(OWNER, delete(seen(Removal::Accounts(member())))).unwrap();
}

#[test]
fn account_with_active_tokens_is_refused_before_its_name_is_asked_for() {
    let install = TestInstall::with_accounts();
    let unconfirmed = || DeleteAccount { confirmation: String::new(), ..delete_account("member") };
    let is_unconfirmed = || install.call(OWNER, unconfirmed()).unwrap_err().has_fault(Fault::Unconfirmed);
    assert!(is_unconfirmed());
    install.create("member", create("a"));
    assert!(!is_unconfirmed());
}

#[test]
fn account_is_deleted_only_with_the_tokens_that_were_seen() {
    let install = TestInstall::with_accounts();
    let removal = || Removal::Accounts(vec![username("member")]);
    let seen = || Some(install.call(OWNER, GetImpact { removal: removal() }).unwrap().set);
    let delete = |expected_tokens| DeleteAccount { expected_tokens, ..delete_account("member") };
    let add_disabled = |name: &str| {
        install.create("member", create(name));
        let tokens = vec![TokenTarget::by_reference(format!("member/{name}"))];
        install.call(OWNER, DisableTokens { tokens }).unwrap();
    };
    let before = seen();
    add_disabled("a");
    assert_error(install.call(OWNER, delete(before)), Kind::Conflict);
    let with_a = seen();
    install.call(OWNER, revoke(&["member/a"], "a")).unwrap();
    add_disabled("b");
    assert_error(install.call(OWNER, delete(with_a)), Kind::Conflict);
    install.call(OWNER, delete(seen())).unwrap();
}

#[test]
fn contact_is_audited_and_ends_no_session() {
    let install = TestInstall::with_accounts();
    let session = Credential::Session(install.call("viewer", SignIn).unwrap());
    let set = install.call("viewer", set_contact("viewer", "v@example.com")).unwrap();
    assert_eq!(set.equivalent_command.to_string(), "jeton account contact viewer v@example.com");
    assert_eq!(set.value.account.contact.as_ref().map(Contact::as_str), Some("v@example.com"));
    let details = r#"{"contact":{"after":"v@example.com","before":null}}"#;
    assert_eq!(last_rows(&install, 1), [row("account.contact", "viewer", details)]);
    let removed = install.call("admin", set_contact("viewer", "")).unwrap();
    assert_eq!(removed.equivalent_command.to_string(), "jeton account contact viewer --clear");
    let details = r#"{"contact":{"after":null,"before":"v@example.com"}}"#;
    assert_eq!(last_rows(&install, 1), [row("account.contact", "viewer", details)]);
    call(&install.backend, &session, WhoAmI).unwrap();

    let contact = Some(Contact::parse("new@example.com").unwrap());
    let created = install.call(OWNER, CreateAccount { contact, ..create_account("new", Role::Viewer) }).unwrap();
    let command = "jeton account create new --role viewer --contact new@example.com";
    assert_eq!(created.equivalent_command.to_string(), command);
    assert_eq!(
        last_rows(&install, 1),
        [row("account.create", "new", r#"{"contact":"new@example.com","role":"viewer"}"#)]
    );
    install.call(OWNER, delete_account("new")).unwrap();
    let contact: Option<String> = install
        .raw_connection()
        .query_row("SELECT contact FROM accounts WHERE username = 'new'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(contact, None);
}
