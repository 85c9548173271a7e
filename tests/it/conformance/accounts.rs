//! Accounts: changes, passwords, and token counts.

use super::*;

pub fn an_account_changes_role_and_state<E: Engine>() {
    let f = Fixture::<E>::new();
    let before = f.account("admin");
    let after = Account { role: Role::Viewer, enabled: false, ..before.clone() };
    change(&f.store, |tx| tx.update_account(&after)).unwrap();
    let version = CredentialVersion(before.credential_version.0 + 1);
    assert_eq!(f.account("admin"), Account { credential_version: version, ..after.clone() });
    assert_eq!(kind(change(&f.store, |tx| tx.update_account(&after))), Kind::Conflict, "a version ago");
    assert_eq!(f.account("admin").credential_version, version);
    assert_eq!(f.account("member").role, Role::Member, "nobody else's");
    let none = Account { id: AccountId(99), ..before };
    assert_eq!(kind(change(&f.store, |tx| tx.update_account(&none))), Kind::Conflict);
    let token = f.token("admin", "x", Expiry::Never);
    assert_eq!((token.owner.role, token.owner.enabled), (Role::Viewer, false), "its tokens follow");
}

pub fn a_new_password_ends_what_was_proved<E: Engine>() {
    let f = Fixture::<E>::new();
    let (member, viewer) = (f.account("member"), f.account("viewer"));
    let hash = |account: &Account| f.store.read(|s| s.password_hash(account.id)).unwrap().map(|h| h.0);
    change(&f.store, |tx| tx.set_password(member.id, &PasswordHash("another".to_owned()), true)).unwrap();
    assert!(f.account("member").temporary_password);
    assert_eq!((hash(&member).as_deref(), hash(&viewer).as_deref()), (Some("another"), Some("hash")));
    assert_eq!(f.account("member").credential_version.0, member.credential_version.0 + 1);
    assert_eq!(f.account("viewer"), viewer);
    let nobody = change(&f.store, |tx| tx.set_password(AccountId(99), &PasswordHash("x".to_owned()), false));
    assert_eq!(kind(nobody), Kind::Conflict);
}

pub fn a_contact_is_set_and_removed<E: Engine>() {
    let f = Fixture::<E>::new();
    let (member, viewer) = (f.account("member"), f.account("viewer"));
    let contact = Contact::parse("ops@example.com").unwrap();
    assert_eq!(member.contact, None);
    change(&f.store, |tx| tx.set_contact(member.id, Some(&contact))).unwrap();
    assert_eq!(f.account("member"), Account { contact: Some(contact.clone()), ..member.clone() }, "sessions go on");
    assert_eq!(f.account("viewer"), viewer);
    change(&f.store, |tx| tx.set_contact(member.id, None)).unwrap();
    assert_eq!(f.account("member"), member);
    assert_eq!(kind(change(&f.store, |tx| tx.set_contact(AccountId(99), None))), Kind::Conflict);
    let (username, password) = (username("with"), PasswordHash("hash".to_owned()));
    let new = NewAccount {
        username: &username,
        role: Role::Viewer,
        password: &password,
        temporary_password: false,
        contact: Some(&contact),
        now: START,
    };
    change(&f.store, |tx| tx.insert_account(&new)).unwrap();
    assert_eq!(f.account("with").contact, Some(contact));
}

pub fn a_deleted_account_is_gone_but_for_its_name<E: Engine>() {
    let f = Fixture::<E>::new();
    let (member, token) = (f.account("member"), f.token("member", "x", Expiry::Never));
    change(&f.store, |tx| tx.delete_account(member.id, START)).unwrap();
    f.store
        .read(|s| {
            assert_eq!((s.account(member.id)?, s.account_by_name(&member.username)?), (None, None));
            assert_eq!(s.password_hash(member.id)?, None);
            assert_eq!(s.accounts()?.len(), 3);
            assert_eq!(s.usernames("", 2)?, ["admin", "owner"]);
            assert_eq!(s.usernames("v", 9)?, ["viewer"]);
            assert_eq!(s.usernames("mem", 9)?, [""; 0]);
            Ok(())
        })
        .unwrap();
    let left = f.get(token.id);
    assert_eq!((left.deleted_at, left.owner.enabled), (None, false), "a token of it permits nothing");
    assert_eq!(kind(change(&f.store, |tx| add_account(tx, "member", Role::Owner))), Kind::Conflict);
    assert_eq!(kind(change(&f.store, |tx| tx.update_account(&member))), Kind::Conflict);
    assert_eq!(kind(change(&f.store, |tx| tx.delete_account(member.id, START))), Kind::Conflict);
    let hash = PasswordHash("x".to_owned());
    assert_eq!(kind(change(&f.store, |tx| tx.set_password(member.id, &hash, false))), Kind::Conflict);
}

pub fn enabled_owners_are_counted<E: Engine>() {
    let f = Fixture::<E>::new();
    let owners = || f.store.read(|s| s.enabled_owners()).unwrap();
    assert_eq!(owners(), 1);
    change(&f.store, |tx| add_account(tx, "b", Role::Owner).and(add_account(tx, "c", Role::Owner))).unwrap();
    assert_eq!(owners(), 3);
    let (first, off, demoted) = (f.account("owner"), f.account("b"), f.account("c"));
    change(&f.store, |tx| {
        tx.update_account(&Account { enabled: false, ..off.clone() })?;
        assert_eq!(tx.enabled_owners()?, 2, "as the change leaves them");
        tx.update_account(&Account { role: Role::Admin, ..demoted.clone() })?;
        assert_eq!(tx.enabled_owners()?, 1);
        tx.delete_account(first.id, START)
    })
    .unwrap();
    assert_eq!(owners(), 0);
}

pub fn tokens_are_counted_by_account<E: Engine>() {
    let f = Fixture::<E>::new();
    let (member, viewer) = (f.account("member").id, f.account("viewer").id);
    assert!(f.store.read(|s| s.token_counts(None, START)).unwrap().is_empty());
    f.token("member", "d-live", Expiry::Never);
    f.token("member", "c-ends", Expiry::At(START.plus(DAY)));
    let off = f.token("member", "b-off", Expiry::Never);
    f.update(&Token { enabled: false, ..off }).unwrap();
    for name in ["a", "a2"] {
        let gone = f.token("member", name, Expiry::Never);
        f.update(&Token { deleted_at: Some(START), ..gone }).unwrap();
    }
    f.token("viewer", "x", Expiry::Never);

    let counts = |active, kept, trashed| TokenCounts { active, live: kept, trashed };
    let all = |now| f.store.read(|s| s.token_counts(None, now)).unwrap();
    assert_eq!(all(START), [(member, counts(2, 3, 2)), (viewer, counts(1, 1, 0))].into());
    assert_eq!(all(START.plus(DAY - 1))[&member], counts(2, 3, 2));
    assert_eq!(all(START.plus(DAY))[&member], counts(1, 3, 2), "expired at the instant");
    let one = |account| f.store.read(|s| s.token_counts(Some(account), START)).unwrap();
    assert_eq!(one(member), [(member, counts(2, 3, 2))].into());
    assert!(one(f.account("owner").id).is_empty());

    let kept = f.store.read(|s| s.live_tokens(member)).unwrap();
    assert_eq!(kept.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["b-off", "c-ends", "d-live"]);
}

pub fn an_account_was_seen_when_its_tokens_were<E: Engine>() {
    let f = Fixture::<E>::new();
    let member = f.account("member").id;
    let seen = || f.store.read(|s| s.last_seen(member)).unwrap();
    let use_at = |token: &Token, at: Timestamp| {
        let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
        let used = Use { token: token.id, secret: &secret, at, count: 1, method: "", address: "", client: "" };
        f.store.write_usage(|b| b.record_use(&used)).unwrap();
    };
    let (one, two) = (f.token("member", "one", Expiry::Never), f.token("member", "two", Expiry::Never));
    use_at(&f.token("viewer", "x", Expiry::Never), START.plus(9));
    assert_eq!(seen(), None);
    use_at(&one, START.plus(3));
    use_at(&two, START.plus(2));
    assert_eq!(seen(), Some(START.plus(3)));
    f.update(&Token { deleted_at: Some(START), ..one }).unwrap();
    assert_eq!(seen(), Some(START.plus(3)), "in the trash as well");
}

pub fn a_keyed_call_is_kept_for_its_account<E: Engine>() {
    let f = Fixture::<E>::new();
    let (member, viewer) = (f.account("member").id, f.account("viewer").id);
    let call = |digest, minute| StoredCall {
        digest: [digest; 32],
        tokens: vec![TokenId(7), TokenId(3)],
        created_at: START.plus(minute),
    };
    let find = |account, key: &str| f.store.read(|s| s.keyed_call(account, key)).unwrap();
    let add = |account, key: &str, call: StoredCall, oldest| {
        change(&f.store, |tx| tx.insert_keyed_call(account, key, &call, oldest)).unwrap();
    };
    add(member, "k", call(1, 0), START);
    add(viewer, "k", call(2, 0), START);
    assert_eq!((find(member, "k"), find(viewer, "k")), (Some(call(1, 0)), Some(call(2, 0))));
    assert_eq!((find(member, "K"), find(member, "")), (None, None));
    add(member, "k", call(3, 1), START);
    add(member, "later", call(4, 2), START.plus(1));
    assert_eq!((find(member, "k"), find(member, "later")), (Some(call(3, 1)), Some(call(4, 2))));
    add(member, "last", call(5, 3), START.plus(2));
    assert_eq!((find(member, "k"), find(member, "later")), (None, Some(call(4, 2))), "too old");
    assert_eq!(find(viewer, "k"), Some(call(2, 0)), "another account's");
    change(&f.store, |tx| {
        (0..MAX_KEYED_CALLS).try_for_each(|n| tx.insert_keyed_call(member, &n.to_string(), &call(6, 4), START))
    })
    .unwrap();
    assert_eq!((find(member, "later"), find(member, "last")), (None, None), "too many");
    assert!((0..MAX_KEYED_CALLS).all(|n| find(member, &n.to_string()).is_some()));
}
