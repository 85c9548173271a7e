//! Snapshots, changes and their audit rows.

use std::sync::Barrier;

use super::*;

pub fn an_empty_store_has_nothing<E: Engine>() {
    let engine = E::fresh();
    let store = engine.open();
    store
        .read(|s| {
            assert_eq!(s.installation()?, None);
            assert!(s.accounts()?.is_empty());
            assert_eq!(s.policy()?, Policy::default());
            assert_eq!(s.token(TokenId(1))?, None);
            assert!(s.api_sets()?.is_empty());
            Ok(())
        })
        .unwrap();
}

pub fn what_was_written_reads_back<E: Engine>() {
    let f = Fixture::<E>::new();
    let sets: BTreeSet<String> = ["IDE Plugins", "Marketplace"].map(str::to_owned).into();
    let methods: BTreeSet<MethodId> = ["jeton.tokens.read", "gone.Method"].map(|m| MethodId::parse(m).unwrap()).into();
    let selections = [Selection::Inherit, Selection::Sets(sets), Selection::Custom(methods), Selection::nothing()];
    let owner = f.account("owner");
    for (i, selection) in selections.iter().enumerate() {
        let expiry = if i % 2 == 0 { Expiry::Never } else { Expiry::At(START.plus(DAY)) };
        let name = token_name(&format!("T{i}._-x"));
        let description = Description::parse("it's \"100 %\" _ \\ naïve 漢字 🦀 ; DROP TABLE tokens; --").unwrap();
        let secret = f.secret();
        let id = change(&f.store, |tx| {
            let id = tx.insert_token(&NewToken {
                account: owner.id,
                name: &name,
                description: &description,
                selection,
                expiry,
                expected_unused: false,
                now: START,
            })?;
            tx.set_secret(id, &secret, Role::Owner, START.plus(5), None)?;
            Ok(id)
        })
        .unwrap();
        let token = f.get(id);
        assert_eq!((token.name, token.description, &token.selection), (name, description, selection));
        assert_eq!((token.expiry, token.created_at, token.secret_since), (expiry, START, START.plus(5)));
        assert_eq!((token.hint.as_str(), token.revision), (secret.hint(), Revision(1)));
        assert_eq!((token.enabled, token.deleted_at, token.last_seen_at, token.previous), (true, None, None, None));
        assert_eq!((token.owner.id, token.owner.role, token.owner.enabled), (owner.id, Role::Owner, true));
    }
    let installation = f.store.read(|s| s.installation()).unwrap().unwrap();
    assert_eq!((installation.prefix.as_str(), installation.created_at), ("jtn", START));
    let policy =
        Policy { self_service: false, max_expiry: Some(Span::Years(1)), default_expiry: None, ..Policy::default() };
    change(&f.store, |tx| tx.set_policy(&policy)).unwrap();
    assert_eq!(f.store.read(|s| s.policy()).unwrap(), policy);
}

pub fn an_update_replaces_everything_it_names<E: Engine>() {
    let f = Fixture::<E>::new();
    let mut token = f.token("member", "before", Expiry::Never);
    token.name = token_name("after");
    token.description = Description::parse("why").unwrap();
    token.enabled = false;
    token.selection = Selection::Sets(["Marketplace".to_owned()].into());
    token.expiry = Expiry::At(START.plus(DAY));
    token.deleted_at = Some(START.plus(3));
    f.update(&token).unwrap();
    assert_eq!(f.get(token.id), Token { revision: Revision(2), ..token.clone() });
    token = f.get(token.id);
    token.selection = Selection::Inherit;
    token.deleted_at = None;
    f.update(&token).unwrap();
    assert_eq!(f.get(token.id), Token { revision: Revision(3), ..token });
}

pub fn a_snapshot_sees_one_state<E: Engine>() {
    let f = Fixture::<E>::new();
    let other = f.engine.open();
    f.store
        .read(|s| {
            let before = s.accounts()?;
            change(&other, |tx| add_account(tx, "later", Role::Member))?;
            assert_eq!(other.read(|s| s.accounts())?.len(), before.len() + 1);
            assert_eq!(s.accounts()?, before);
            Ok(())
        })
        .unwrap();
    assert!(f.store.read(|s| s.account_by_name(&username("later"))).unwrap().is_some());
}

pub fn a_write_sees_itself_and_what_came_before<E: Engine>() {
    let f = Fixture::<E>::new();
    let other = f.engine.open();
    change(&other, |tx| add_account(tx, "a", Role::Member)).unwrap();
    change(&f.store, |tx| {
        assert!(tx.account_by_name(&username("a"))?.is_some());
        let id = add_account(tx, "b", Role::Member)?;
        assert_eq!(tx.account(id)?.unwrap().username, username("b"));
        assert_eq!(tx.accounts()?.len(), 6);
        Ok(())
    })
    .unwrap();
}

pub fn a_refused_change_leaves_nothing<E: Engine>() {
    let f = Fixture::<E>::new();
    let (audit, owner) = (audit_rows(&f.store), f.account("owner").id);
    let state = || f.store.read(|s| Ok((s.accounts()?, s.policy()?, s.active_tokens(owner, START)?))).unwrap();
    let before = state();

    let refused: Result<()> = change(&f.store, |tx| {
        add_account(tx, "x", Role::Member)?;
        add_token(tx, owner, "x", Expiry::Never)?;
        tx.set_policy(&Policy { active_tokens: 3, ..Policy::default() })?;
        Err(Error::usage("no"))
    });
    assert_eq!(refused.unwrap_err(), Error::usage("no"));
    assert_eq!(state(), before);

    let conflict = change(&f.store, |tx| {
        add_token(tx, owner, "x", Expiry::Never)?;
        add_token(tx, owner, "x", Expiry::Never)
    });
    assert_eq!(kind(conflict), Kind::Conflict);
    assert_eq!(state(), before);

    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _: Result<()> = change(&f.store, |tx| {
            add_token(tx, owner, "x", Expiry::Never)?;
            std::panic::resume_unwind(Box::new("thrown on purpose"))
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(state(), before);

    let refused: Result<()> = f.store.write_usage(|b| {
        b.reserve_login_attempt(&LoginAttemptKey([1; 32]), START)?;
        Err(Error::usage("no"))
    });
    assert!(refused.is_err());
    assert_eq!(f.store.write_usage(|b| b.reserve_login_attempt(&LoginAttemptKey([1; 32]), START)).unwrap(), None);
    assert_eq!(audit_rows(&f.store), audit);
}

pub fn every_change_is_audited<E: Engine>() {
    let f = Fixture::<E>::new();
    let before = audit_rows(&f.store);
    let by =
        AuditActor { account: "a9".to_owned(), name: "zoë".to_owned(), proof: "password".to_owned(), face: Face::Tui };
    let entries =
        [AuditEntry::new("one", "t1", "a/b").with("was", "on").with("n", 7), AuditEntry::new("two", "t2", "a/c")];
    let out = f.store.write(&by, &|| START.plus(9), |_, _| Ok(Audited::each(42, entries.clone()).unwrap())).unwrap();
    assert_eq!((out.value, out.audit_seq), (42, f.store.read(|s| s.audit_head()).unwrap()));
    let after = audit_rows(&f.store);
    assert_eq!(after[..before.len()], before);
    let [one, two] = &after[before.len()..] else { panic!("{} rows", after.len() - before.len()) };
    assert_eq!((one.seq, two.seq), (before.len() as i64 + 1, before.len() as i64 + 2));
    assert_eq!((one.at, one.account.as_str(), one.name.as_str()), (START.plus(9), "a9", "zoë"));
    assert_eq!((one.proof.as_str(), one.face.as_str()), ("password", "tui"));
    assert_eq!((one.verb.as_str(), one.target.as_str(), one.target_name.as_str()), ("one", "t1", "a/b"));
    assert_eq!(one.details, r#"{"n":7,"was":"on"}"#);
    assert_eq!((two.verb.as_str(), two.details.as_str()), ("two", "{}"));
    assert!(Audited::each((), []).is_none(), "a change without an entry can't even be made");
}

pub fn two_changes_of_one_token_conflict<E: Engine>() {
    let f = Fixture::<E>::new();
    let mine = f.token("member", "x", Expiry::Never);
    let theirs = Token { enabled: false, ..mine.clone() };
    f.update(&theirs).unwrap();
    let mut late = mine.clone();
    late.expiry = Expiry::At(START.plus(DAY));
    assert_eq!(kind(f.update(&late)), Kind::Conflict);
    assert_eq!(f.get(mine.id), Token { revision: Revision(2), ..theirs });
    assert_eq!(kind(f.update(&Token { id: TokenId(999), ..mine })), Kind::Conflict);
}

/// Two writers read and change the same value: as if one had waited for the other. A reader meanwhile sees the log grow
/// by whole changes, in order and without gaps.
pub fn two_writers_are_serialized<E: Engine>() {
    const CHANGES: u32 = 20;
    let f = Fixture::<E>::new();
    let first = f.store.read(|s| s.audit_head()).unwrap();
    change(&f.store, |tx| tx.set_policy(&Policy { active_tokens: 0, ..Policy::default() })).unwrap();
    let step = |store: &E::S| {
        let written = store.write(&tester(), &|| START, |tx, _| {
            let policy = tx.policy()?;
            let active_tokens = policy.active_tokens + 1;
            // The other writer gets its turn now, if the engine lets it.
            (0..50).for_each(|_| std::thread::yield_now());
            tx.set_policy(&Policy { active_tokens, ..policy })?;
            let entry = || AuditEntry::new("step", active_tokens, "");
            Ok(Audited::each(active_tokens, [entry(), entry()]).unwrap())
        });
        let written = written.unwrap();
        assert_eq!(written.audit_seq, first + 1 + 2 * i64::from(written.value), "in the order of the commits");
    };
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let (store, start, step) = (f.engine.open(), &start, &step);
                scope.spawn(move || {
                    start.wait();
                    (0..CHANGES).for_each(|_| step(&store));
                })
            })
            .collect();
        let reader = f.engine.open();
        let mut seen = 0;
        while seen < 2 * CHANGES && !writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let (steps, head) = reader.read(|s| Ok((s.policy()?.active_tokens, s.audit_head()?))).unwrap();
            assert!(steps >= seen, "{steps} after {seen}");
            assert_eq!(head, first + 1 + 2 * i64::from(steps), "a change and its rows are seen together");
            seen = steps;
        }
    });
    assert_eq!(f.store.read(|s| s.policy()).unwrap().active_tokens, 2 * CHANGES);
    let seqs: Vec<i64> = audit_rows(&f.store).iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>());
}

/// Runs `f` on two handles at once, and returns both results.
fn two_at_once<E: Engine, T: Send>(engine: &E, f: impl Fn(&E::S, usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let run = |side| {
            let (store, start, f) = (engine.open(), &start, &f);
            scope.spawn(move || {
                start.wait();
                f(&store, side)
            })
        };
        [0, 1].map(run).into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Each of two writers changes another row, after reading both. Without serializable transactions both would change
/// theirs.
pub fn what_two_writers_read_still_holds_at_their_commits<E: Engine>() {
    let f = Fixture::<E>::new();
    change(&f.store, |tx| add_account(tx, "second", Role::Owner)).unwrap();
    for round in 0..20 {
        let changed = two_at_once(&f.engine, |store, side| {
            change(store, |tx| {
                let owner = tx.account_by_name(&username(["owner", "second"][side]))?.unwrap();
                let may_disable = tx.enabled_owners()? > 1;
                (0..50).for_each(|_| std::thread::yield_now());
                match may_disable {
                    true => tx.update_account(&Account { enabled: false, ..owner }),
                    false => Err(Error::denied("the last owner")),
                }
            })
        });
        assert_eq!(changed.iter().filter(|result| result.is_ok()).count(), 1, "round {round}: {changed:?}");
        assert_eq!(f.store.read(|s| s.enabled_owners()).unwrap(), 1);
        for name in ["owner", "second"] {
            let owner = f.account(name);
            change(&f.store, |tx| tx.update_account(&Account { enabled: true, ..owner.clone() })).unwrap();
        }
    }
}

/// Two writers take the same names: each name is given once, and all ids differ.
pub fn two_writers_never_take_the_same_name<E: Engine>() {
    const NAMES: usize = 20;
    let f = Fixture::<E>::new();
    let member = f.account("member").id;
    let taken = two_at_once(&f.engine, |store, _| {
        let take = |n| change(store, |tx| add_token(tx, member, &format!("t{n}"), Expiry::Never));
        (0..NAMES).map(take).collect::<Vec<_>>()
    });
    for (one, two) in taken[0].iter().zip(&taken[1]) {
        let [refused] = [one, two].into_iter().filter_map(|result| result.as_ref().err()).collect::<Vec<_>>()[..]
        else {
            panic!("{one:?} {two:?}");
        };
        assert_eq!(refused.kind, Kind::Conflict);
    }
    let ids: BTreeSet<TokenId> = taken.into_iter().flatten().flatten().collect();
    assert_eq!(ids.len(), NAMES);
    assert_eq!(f.store.read(|s| s.active_tokens(member, START)).unwrap() as usize, NAMES);
}

/// Usage is counted once for each use, while the token changes as well.
pub fn usage_and_changes_are_serialized<E: Engine>() {
    const STEPS: i64 = 20;
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let (method, address, client) = ("m.X", "a", "c");
    let used = Use { token: token.id, secret: &secret, at: START, count: 1, method, address, client };
    two_at_once(&f.engine, |store, side| {
        for step in 0..STEPS {
            store.write_usage(|b| b.record_use(&used)).unwrap();
            if side == 0 {
                let expiry = Expiry::At(START.plus(DAY + step));
                change(store, |tx| tx.update_token(&Token { expiry, ..tx.token(token.id)?.unwrap() })).unwrap();
            }
        }
    });
    assert_eq!(f.store.read(|s| s.usage(token.id, START)).unwrap().today, 2 * STEPS as u64);
    let after = f.get(token.id);
    assert_eq!((after.revision, after.last_seen_at), (Revision(1 + STEPS), Some(START)));
}

pub fn a_data_version_shows_commits_of_others<E: Engine>() {
    let f = Fixture::<E>::new();
    let other = f.engine.open();
    let version = || f.store.data_version().unwrap();
    let before = version();
    other.read(|s| s.policy()).unwrap();
    assert_eq!(version(), before, "reading changes nothing");
    change(&other, |tx| add_account(tx, "a", Role::Member)).unwrap();
    let changed = version();
    assert_ne!(changed, before);
    other.write_usage(|b| b.reserve_login_attempt(&LoginAttemptKey([1; 32]), START)).unwrap();
    assert_ne!(version(), changed, "usage counts as well");
}
