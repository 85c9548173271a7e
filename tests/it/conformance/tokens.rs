//! Names, secrets, counts and the catalogue.

use super::*;

pub fn names_are_unique_outside_the_trash<E: Engine>() {
    let f = Fixture::<E>::new();
    let first = f.token("member", "x", Expiry::Never);
    f.token("viewer", "x", Expiry::Never);
    f.token("member", "X", Expiry::Never);
    let member = f.account("member").id;
    assert_eq!(kind(change(&f.store, |tx| add_token(tx, member, "x", Expiry::Never))), Kind::Conflict);
    f.update(&Token { deleted_at: Some(START), ..first.clone() }).unwrap();
    let second = f.token("member", "x", Expiry::Never);
    let trashed = f.get(first.id);
    assert_eq!(kind(f.update(&Token { deleted_at: None, ..trashed.clone() })), Kind::Conflict);
    f.update(&Token { deleted_at: Some(START), ..second.clone() }).unwrap();
    f.update(&Token { deleted_at: None, ..trashed }).unwrap();

    let named = |reader: &str, account, trashed| {
        let visibility = visibility(&f.account(reader));
        let found = f.store.read(|s| s.tokens_by_name(&visibility, account, &token_name("x"), trashed)).unwrap();
        let mut ids: Vec<i64> = found.iter().map(|t| t.id.0).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(named("owner", Some(member), false), [first.id.0]);
    assert_eq!(named("owner", Some(member), true), [second.id.0]);
    assert_eq!(named("owner", None, false).len(), 2);
    assert_eq!(named("member", None, false), [first.id.0], "what a reader may not see is not among them");
    assert!(named("viewer", Some(member), false).is_empty());
}

/// Hidden tokens of the same name don't count towards the limit of returned matches.
pub fn hidden_namesakes_hide_no_visible_one<E: Engine>() {
    let f = Fixture::<E>::new();
    change(&f.store, |tx| {
        for n in 0..101 {
            let id = add_account(tx, &format!("hidden{n}"), Role::Owner)?;
            add_token(tx, id, "x", Expiry::Never)?;
        }
        Ok(())
    })
    .unwrap();
    let mine = f.token("viewer", "x", Expiry::Never);
    let admin = visibility(&f.account("admin"));
    let found = f.store.read(|s| s.tokens_by_name(&admin, None, &token_name("x"), false)).unwrap();
    assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), [mine.id]);
}

pub fn usernames_are_given_once<E: Engine>() {
    let f = Fixture::<E>::new();
    assert_eq!(kind(change(&f.store, |tx| add_account(tx, "member", Role::Viewer))), Kind::Conflict);
    assert_eq!(f.account("member").role, Role::Member);
    let names: Vec<String> = f.store.read(|s| s.accounts()).unwrap().iter().map(|a| a.username.to_string()).collect();
    assert_eq!(names, ["admin", "member", "owner", "viewer"]);
    let member = f.account("member");
    assert_eq!((member.enabled, member.created_at, member.credential_version), (true, START, CredentialVersion(1)));
    assert_eq!(f.store.read(|s| s.account(AccountId(99))).unwrap(), None);
}

pub fn a_token_has_one_current_secret<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let secrets = [f.secret(), f.secret(), f.secret()];
    for secret in &secrets {
        change(&f.store, |tx| tx.set_secret(token.id, secret, Role::Owner, START, None)).unwrap();
        assert_eq!(f.get(token.id).hint, secret.hint());
    }
    let state = |id: &PublicId| f.store.read(|s| s.secret(id)).unwrap();
    let first = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    assert_eq!(state(&first).unwrap().state, SecretState::Dead);
    for (i, secret) in secrets.iter().enumerate() {
        let stored = state(secret.public_id()).unwrap();
        let wanted = if i == 2 { SecretState::Current } else { SecretState::Dead };
        assert_eq!((stored.state, stored.token), (wanted, token.id));
        assert!(stored.digest.matches(&secret.digest()));
    }
    assert!(state(f.secret().public_id()).is_none());
    let other = f.token("member", "y", Expiry::Never);
    assert!(
        change(&f.store, |tx| tx.set_secret(other.id, &secrets[0], Role::Owner, START, None)).is_err(),
        "an id is never given twice"
    );
    assert_eq!(f.get(other.id).hint, other.hint);
}

pub fn an_old_secret_is_kept_for_a_while<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let id = |hint: &str| PublicId::parse(hint.strip_prefix("jtn_").unwrap()).unwrap();
    let state = |id: &PublicId| f.store.read(|s| s.secret(id)).unwrap().unwrap().state;
    let (first, second, third) = (id(&token.hint), f.secret(), f.secret());
    let until = START.plus(DAY);
    change(&f.store, |tx| tx.set_secret(token.id, &second, Role::Viewer, START, Some(until))).unwrap();
    assert_eq!((state(&first), state(second.public_id())), (SecretState::Previous(until), SecretState::Current));
    let previous = f.get(token.id).previous.unwrap();
    assert_eq!((previous.hint.as_str(), previous.retires_at), (token.hint.as_str(), until));
    assert_eq!((previous.issued_role, f.get(token.id).issued_role), (Role::Owner, Role::Viewer), "each its own");
    change(&f.store, |tx| tx.set_secret(token.id, &third, Role::Owner, START, Some(until.plus(1)))).unwrap();
    assert_eq!((state(&first), state(second.public_id())), (SecretState::Dead, SecretState::Previous(until.plus(1))));
    change(&f.store, |tx| tx.retire_previous(token.id)).unwrap();
    assert_eq!((state(second.public_id()), state(third.public_id())), (SecretState::Dead, SecretState::Current));
    assert_eq!(f.get(token.id).previous, None);
    change(&f.store, |tx| tx.retire_previous(token.id)).unwrap();
}

pub fn a_purge_takes_what_is_meant_and_leaves_tombstones<E: Engine>() {
    let f = Fixture::<E>::new();
    let tokens: Vec<Token> = ["a", "b", "c"].map(|n| f.token("member", n, Expiry::At(START.plus(1)))).into();
    let other = f.token("admin", "d", Expiry::At(START.plus(1)));
    f.update(&Token { deleted_at: Some(START), ..tokens[1].clone() }).unwrap();
    f.update(&Token { enabled: false, ..tokens[2].clone() }).unwrap();
    let next = f.secret();
    change(&f.store, |tx| tx.set_secret(tokens[0].id, &next, Role::Owner, START, None)).unwrap();
    let doomed = |reader: &str, which, now| {
        let query = PurgeQuery { visibility: visibility(&f.account(reader)), which, now };
        let set = f.store.read(|s| s.purge_set(&query)).unwrap();
        let of = |ids: &[TokenId]| f.store.read(|s| s.purge_candidates(&query, ids)).unwrap();
        let all: Vec<TokenId> = tokens.iter().chain([&other]).map(|token| token.id).rev().collect();
        let found = of(&all);
        assert_eq!(set, found.iter().map(|one| (one.token, one.revision)).collect::<Vec<_>>());
        assert!(set.iter().all(|(id, revision)| f.get(*id).revision == *revision));
        assert_eq!(of(&all[..0]), []);
        found.into_iter().map(|one| one.full_name).collect::<Vec<String>>()
    };
    assert!(doomed("owner", Purgeable::Expired, START).is_empty(), "not before the instant");
    assert_eq!(doomed("owner", Purgeable::Expired, START.plus(1)), ["member/a", "admin/d"]);
    assert_eq!(doomed("member", Purgeable::Expired, START.plus(1)), ["member/a"]);
    assert_eq!(doomed("owner", Purgeable::Trashed, START), ["member/b"]);
    assert!(doomed("viewer", Purgeable::Trashed, START).is_empty());

    let id = |hint: &str| PublicId::parse(hint.strip_prefix("jtn_").unwrap()).unwrap();
    change(&f.store, |tx| tx.purge(&[tokens[0].id, tokens[1].id], START.plus(7))).unwrap();
    for (secret, token) in [(&id(&tokens[0].hint), 0), (next.public_id(), 0), (&id(&tokens[1].hint), 1)] {
        let stone = f.store.read(|s| s.tombstone(secret)).unwrap().unwrap();
        assert_eq!((stone.purged.token, &stone.purged.name), (tokens[token].id, &tokens[token].name));
        assert_eq!((stone.purged.account.as_str(), stone.purged.purged_at), ("member", START.plus(7)));
        assert!(f.store.read(|s| s.secret(secret)).unwrap().is_none());
    }
    let stone = f.store.read(|s| s.tombstone(next.public_id())).unwrap().unwrap();
    assert!(stone.digest.matches(&next.digest()));
    assert_eq!(f.store.read(|s| s.token(tokens[0].id)).unwrap(), None);
    assert!(f.store.read(|s| s.tombstone(&id(&other.hint))).unwrap().is_none());
    assert_eq!(f.get(other.id), other);
    assert!(f.token("member", "a", Expiry::Never).id > other.id, "no id is given again");
}

pub fn lineage_is_whole_though_makers_are_purged<E: Engine>() {
    let f = Fixture::<E>::new();
    let made: Vec<TokenId> = ["a", "b", "c", "d", "e"].map(|name| f.token("member", name, Expiry::Never).id).into();
    let [a, b, c, d, e] = made[..] else { panic!("{made:?}") };
    change(&f.store, |tx| [(b, a), (c, b), (d, b)].iter().try_for_each(|(token, maker)| tx.set_maker(*token, *maker)))
        .unwrap();
    assert_eq!((f.get(a).made_by, f.get(c).made_by), (None, Some(b)));
    let descendants = |makers: &[TokenId], limit| f.store.read(|s| s.descendants(makers, START, limit)).unwrap();
    assert_eq!(descendants(&[a], 10), [b, c, d]);
    assert_eq!(descendants(&[a, b, e], 10), [c, d], "without themselves");
    assert_eq!(descendants(&[a], 2), [b, c]);
    assert!(descendants(&[c, e], 10).is_empty() && descendants(&[], 10).is_empty());
    f.update(&Token { deleted_at: Some(START), ..f.get(c) }).unwrap();
    f.update(&Token { enabled: false, ..f.get(d) }).unwrap();
    assert_eq!(descendants(&[a], 10), [b, d], "the trash is left out, what is switched off isn't");
    change(&f.store, |tx| tx.purge(&[b], START)).unwrap();
    assert_eq!((descendants(&[a], 10), f.get(d).made_by), (vec![d], Some(b)));
    change(&f.store, |tx| tx.set_regenerated_by(e, d)).unwrap();
    assert_eq!((f.get(e).regenerated_by, f.get(e).made_by), (Some(d), None));
    assert_eq!(descendants(&[a], 10), [d, e]);
    change(&f.store, |tx| tx.purge(&[c, d], START)).unwrap();
    assert_eq!(descendants(&[a], 10), [e], "a purged maker leads on to what it regenerated");
    let next = f.secret();
    let end = START.plus(DAY);
    change(&f.store, |tx| tx.set_secret(e, &next, Role::Owner, START, Some(end))).unwrap();
    let previous = f.get(e).previous.unwrap();
    assert_eq!((f.get(e).regenerated_by, previous.regenerated_by), (None, Some(d)));
    let at = |now| f.store.read(|s| s.descendants(&[a], now, 10)).unwrap();
    assert_eq!((at(end.plus(-1)), at(end)), (vec![e], vec![]));
    change(&f.store, |tx| tx.purge(&[e], START)).unwrap();
    assert!(descendants(&[a], 10).is_empty() && descendants(&[b], 10).is_empty());
}

pub fn active_tokens_end_at_the_instant<E: Engine>() {
    let f = Fixture::<E>::new();
    let member = f.account("member").id;
    let end = START.plus(DAY);
    let token = f.token("member", "x", Expiry::At(end));
    f.token("member", "y", Expiry::Never);
    f.token("viewer", "z", Expiry::Never);
    let active = |now| f.store.read(|s| s.active_tokens(member, now)).unwrap();
    assert_eq!((active(end.plus(-1)), active(end), active(end.plus(1))), (2, 1, 1));
    f.update(&Token { enabled: false, ..token }).unwrap();
    assert_eq!(active(START), 1);
    let token = f.get(token.id);
    f.update(&Token { enabled: true, deleted_at: Some(START), ..token }).unwrap();
    assert_eq!(active(START), 1);
}

pub fn the_tally_counts_own_and_visible<E: Engine>() {
    let f = Fixture::<E>::new();
    let end = START.plus(DAY);
    for (account, name, expiry) in [
        ("admin", "a", Expiry::At(end)),
        ("admin", "b", Expiry::Never),
        ("member", "c", Expiry::At(end.plus(1))),
        ("viewer", "d", Expiry::At(end.plus(-1))),
        ("owner", "e", Expiry::At(end)),
    ] {
        f.token(account, name, expiry);
    }
    let tally = |name: &str, now| {
        let visibility = visibility(&f.account(name));
        let tally = f.store.read(|s| s.visible_counts(&visibility, now, end)).unwrap();
        (tally.own_active, tally.expiring)
    };
    assert_eq!(tally("owner", START), (1, 3), "expired by then: a, d and e");
    assert_eq!(tally("admin", START), (2, 2), "not the owner's");
    assert_eq!(tally("member", START), (1, 0));
    assert_eq!(tally("viewer", START), (1, 1));
    assert_eq!(tally("admin", end.plus(-1)), (2, 1), "d has expired already");
    assert_eq!(tally("owner", end), (0, 0));
}

pub fn every_token_is_in_one_figure<E: Engine>() {
    let f = Fixture::<E>::new();
    let (end, soon) = (START.plus(DAY), START.plus(2 * DAY));
    let make = |account, name, expiry| f.token(account, name, expiry);
    make("admin", "forever", Expiry::Never);
    make("admin", "second", Expiry::At(soon));
    make("owner", "first", Expiry::At(soon.plus(-1)));
    make("owner", "later", Expiry::At(soon.plus(1)));
    make("admin", "ended", Expiry::At(end));
    for (name, expiry) in [("off", Expiry::Never), ("off-ended", Expiry::At(end))] {
        f.update(&Token { enabled: false, ..make("member", name, expiry) }).unwrap();
    }
    f.update(&Token { deleted_at: Some(START), ..make("member", "trash", Expiry::At(soon)) }).unwrap();
    for (name, expiry) in [("guest", Expiry::Never), ("guest-soon", Expiry::At(soon)), ("guest-ended", Expiry::At(end))]
    {
        make("viewer", name, expiry);
    }
    let viewer = Account { enabled: false, ..f.account("viewer") };
    change(&f.store, |tx| tx.update_account(&viewer)).unwrap();
    let figures = |limit| f.store.read(|s| s.token_figures(end, soon, limit)).unwrap();
    let all = figures(10);
    let counts = [all.active, all.account_disabled, all.disabled, all.expired, all.deleted, all.expiring];
    assert_eq!(counts, [4, 2, 2, 2, 1, 2]);
    let soonest: Vec<_> = all.soonest.iter().map(|t| (&*t.username, t.role, &*t.name, t.expires_at)).collect();
    assert_eq!(soonest, [("owner", Role::Owner, "first", soon.plus(-1)), ("admin", Role::Admin, "second", soon)]);
    assert_eq!(all.soonest[0].account, f.account("owner").id);
    assert_eq!((figures(1).soonest.len(), figures(1).expiring), (1, 2), "the count is of all");
}

pub fn a_catalogue_replaces_what_it_said_before<E: Engine>() {
    let f = Fixture::<E>::new();
    let all = |f: &Fixture<E>| f.store.read(|s| s.api_sets()).unwrap();
    let shipped = Catalogue::shipped("cloud-platform").unwrap();
    assert_eq!(all(&f), shipped.sets);
    for method in shipped.methods() {
        assert_eq!(f.store.read(|s| s.method(&method.id)).unwrap().as_ref(), Some(method));
    }
    let mut less = shipped.clone();
    less.hosts = ["b.example".to_owned(), "a.example".to_owned()].into();
    less.trailing_slash = TrailingSlash::Either;
    let gone = less.groups.pop().unwrap().methods;
    less.sets.truncate(1);
    for _ in 0..2 {
        change(&f.store, |tx| tx.set_catalogue(&less)).unwrap();
        assert_eq!(all(&f), less.sets);
        assert!(f.store.read(|s| s.catalogues()).unwrap().contains(&less));
        assert_eq!(f.store.read(|s| s.method(&gone[0].id)).unwrap(), None);
    }
    let own = MethodId::parse("jeton.tokens.read").unwrap();
    assert!(f.store.read(|s| s.method(&own)).unwrap().is_some(), "another catalogue's methods stay");
}

pub fn new_names_reach_every_selection<E: Engine>() {
    let f = Fixture::<E>::new();
    let method = |id: &str| MethodId::parse(id).unwrap();
    let methods = |ids: &[&str]| Selection::Custom(ids.iter().map(|id| method(id)).collect());
    let sets = |names: &[&str]| Selection::Sets(names.iter().map(|&name| name.to_owned()).collect());
    let quote = "x: \"\\' é";
    let renames = Renames {
        methods: [(method("a.b"), method("x.a.b")), (method("a.c"), method("x.a.c"))].into(),
        groups: [("a".to_owned(), "x.a".to_owned())].into(),
        sets: [("One".to_owned(), "x: One".to_owned()), ("\"\\' é".to_owned(), quote.to_owned())].into(),
    };
    let cases = [
        (methods(&["a.b"]), Some(methods(&["x.a.b"]))),
        (methods(&["a.b", "a.c", "a.d"]), Some(methods(&["a.d", "x.a.b", "x.a.c"]))),
        (methods(&["a.b", "x.a.b"]), Some(methods(&["x.a.b"]))),
        (methods(&["a.d", "One"]), None),
        (sets(&["One"]), Some(sets(&["x: One"]))),
        (sets(&["One", "Two"]), Some(sets(&["Two", "x: One"]))),
        (sets(&["One", "x: One"]), Some(sets(&["x: One"]))),
        (sets(&["\"\\' é"]), Some(sets(&[quote]))),
        (sets(&["a.b", "one", "One "]), None),
        (Selection::Inherit, None),
        (Selection::nothing(), None),
    ];
    let tokens: Vec<(Token, Option<Selection>)> = cases
        .into_iter()
        .enumerate()
        .map(|(n, (selection, expected))| {
            let token = f.token("member", &format!("t{n}"), Expiry::Never);
            // Some are in the trash.
            let deleted_at = (n % 3 == 1).then_some(START);
            f.update(&Token { selection, deleted_at, ..token.clone() }).unwrap();
            (f.get(token.id), expected)
        })
        .collect();
    assert_eq!(change(&f.store, |tx| tx.rename_in_selections(&Renames::default())).unwrap(), 0);
    let changed = tokens.iter().filter(|(_, expected)| expected.is_some()).count() as u64;
    assert_eq!(change(&f.store, |tx| tx.rename_in_selections(&renames)).unwrap(), changed);
    for (token, expected) in &tokens {
        let raised = i64::from(expected.is_some());
        let selection = expected.as_ref().unwrap_or(&token.selection).clone();
        let revision = Revision(token.revision.0 + raised);
        assert_eq!(f.get(token.id), Token { selection, revision, ..token.clone() });
        // Whoever read the token before its names changed changes nothing.
        assert_eq!(f.update(token).is_err(), expected.is_some());
    }
    assert_eq!(change(&f.store, |tx| tx.rename_in_selections(&renames)).unwrap(), 0);
    // The list by API is in the order of the new names.
    for trashed in [false, true] {
        let query = WindowQuery {
            visibility: visibility(&f.account("owner")),
            account: None,
            filter: TokenFilter::default(),
            bounds: Default::default(),
            sort: Sort { column: SortColumn::Api, descending: false },
            trashed,
            now: START,
            cursor: TokenCursor::Start,
            limit: 100,
        };
        let rows = f.store.read(|s| s.window(&query)).unwrap().rows;
        let keys: Vec<String> = rows.iter().map(|token| token.selection.sort_key()).collect();
        assert!(keys.is_sorted() && keys.len() > 2, "{keys:?}");
    }
}
