//! What any engine behind the `Store` port must do. Written against the port alone: a second engine implements
//! [`Engine`] and adds its line to the end of this file.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jeton::domain::account::{Account, AccountId, CredentialVersion};
use jeton::domain::audit::{AuditActor, AuditEntry, AuditRow, Face};
use jeton::domain::catalogue::Catalogue;
use jeton::domain::expiry::{Expiry, Span};
use jeton::domain::filter::Filter;
use jeton::domain::method::MethodId;
use jeton::domain::name::{Description, Prefix};
use jeton::domain::password::PasswordHash;
use jeton::domain::policy::Policy;
use jeton::domain::role::Role;
use jeton::domain::secret::{PublicId, Secret};
use jeton::domain::selection::Selection;
use jeton::domain::time::{DAY, Timestamp};
use jeton::domain::token::{Revision, Token, TokenId};
use jeton::error::{Error, Kind, Result};
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{
    Anchor, Denial, Entropy, Installation, NewAccount, NewToken, SecretState, Store, TryKey, Tx, Use, Visibility,
    Window, WindowQuery,
};

use crate::support::world::{Place, START, SeededEntropy, entry, tester, token_name, username};
use jeton::store::sqlite::SqliteStore;

/// A storage engine on trial.
pub trait Engine {
    type S: Store;
    /// A new, empty place for a store.
    fn fresh() -> Self;
    /// One more handle on the store there, as another process would have it.
    fn open(&self) -> Self::S;
    /// The audit log, its chain verified.
    fn audit(&self) -> Vec<AuditRow>;
}

/// A store that is set up: policy, catalogues, and an account of each role, named after it.
struct Furnished<E: Engine> {
    engine: E,
    store: E::S,
    entropy: SeededEntropy,
}

impl<E: Engine> Furnished<E> {
    fn new() -> Self {
        let engine = E::fresh();
        let store = engine.open();
        change(&store, |tx| {
            tx.set_installation(&Installation { prefix: Prefix::default(), created_at: START })?;
            tx.set_policy(&Policy::default())?;
            tx.set_catalogue(&Catalogue::shipped("jeton")?)?;
            tx.set_catalogue(&Catalogue::shipped("cloud-platform")?)?;
            for role in Role::ALL {
                add_account(tx, role.word(), role)?;
            }
            Ok(())
        })
        .unwrap();
        Furnished { engine, store, entropy: SeededEntropy::new(7) }
    }

    fn account(&self, name: &str) -> Account {
        self.store.read(|s| s.account_named(&username(name))).unwrap().unwrap()
    }

    fn secret(&self) -> Secret {
        Secret::generate(&Prefix::default(), |buffer| self.entropy.fill(buffer)).unwrap()
    }

    /// A token with a secret.
    fn token(&self, account: &str, name: &str, expiry: Expiry) -> Token {
        let account = self.account(account).id;
        let secret = self.secret();
        change(&self.store, |tx| {
            let id = add_token(tx, account, name, expiry)?;
            tx.set_secret(id, &secret, START)?;
            Ok(tx.token(id)?.unwrap())
        })
        .unwrap()
    }

    fn get(&self, id: TokenId) -> Token {
        self.store.read(|s| s.token(id)).unwrap().unwrap()
    }

    fn update(&self, token: &Token) -> Result<()> {
        change(&self.store, |tx| tx.update_token(token))
    }
}

fn change<T>(store: &impl Store, f: impl FnOnce(&mut dyn Tx) -> Result<T>) -> Result<T> {
    store.write(&tester(), START, |tx| f(tx).map(|out| Audited::one(out, entry("x"))))
}

fn add_account(tx: &mut dyn Tx, name: &str, role: Role) -> Result<AccountId> {
    let password = PasswordHash("hash".to_owned());
    tx.insert_account(&NewAccount { username: &username(name), role, password: &password, now: START })
}

fn add_token(tx: &mut dyn Tx, account: AccountId, name: &str, expiry: Expiry) -> Result<TokenId> {
    tx.insert_token(&NewToken {
        account,
        name: &token_name(name),
        description: &Description::none(),
        selection: &Selection::nothing(),
        expiry,
        now: START,
    })
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> Kind {
    result.unwrap_err().kind
}

fn an_empty_store_has_nothing<E: Engine>() {
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

fn what_was_written_reads_back<E: Engine>() {
    let f = Furnished::<E>::new();
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
                now: START,
            })?;
            tx.set_secret(id, &secret, START.plus(5))?;
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

fn an_update_replaces_everything_it_names<E: Engine>() {
    let f = Furnished::<E>::new();
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

fn a_snapshot_sees_one_state<E: Engine>() {
    let f = Furnished::<E>::new();
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
    assert!(f.store.read(|s| s.account_named(&username("later"))).unwrap().is_some());
}

fn a_write_sees_itself_and_what_came_before<E: Engine>() {
    let f = Furnished::<E>::new();
    let other = f.engine.open();
    change(&other, |tx| add_account(tx, "a", Role::Member)).unwrap();
    change(&f.store, |tx| {
        assert!(tx.account_named(&username("a"))?.is_some());
        let id = add_account(tx, "b", Role::Member)?;
        assert_eq!(tx.account(id)?.unwrap().username, username("b"));
        assert_eq!(tx.accounts()?.len(), 6);
        Ok(())
    })
    .unwrap();
}

fn a_refused_change_leaves_nothing<E: Engine>() {
    let f = Furnished::<E>::new();
    let (audit, owner) = (f.engine.audit(), f.account("owner").id);
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

    let refused: Result<()> = f.store.bookkeep(|b| {
        b.reserve_try(&TryKey([1; 32]), START)?;
        Err(Error::usage("no"))
    });
    assert!(refused.is_err());
    assert_eq!(f.store.bookkeep(|b| b.reserve_try(&TryKey([1; 32]), START)).unwrap(), None);
    assert_eq!(f.engine.audit(), audit);
}

fn every_change_is_audited<E: Engine>() {
    let f = Furnished::<E>::new();
    let before = f.engine.audit();
    let by = AuditActor { account: "a9".to_owned(), name: "zoë".to_owned(), proof: "password", face: Face::Tui };
    let entries =
        [AuditEntry::new("one", "t1", "a/b").with("was", "on").with("n", 7), AuditEntry::new("two", "t2", "a/c")];
    let out = f.store.write(&by, START.plus(9), |_| Ok(Audited::each(42, entries).unwrap())).unwrap();
    assert_eq!(out, 42);
    let after = f.engine.audit();
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

fn two_changes_of_one_token_conflict<E: Engine>() {
    let f = Furnished::<E>::new();
    let mine = f.token("member", "x", Expiry::Never);
    let theirs = Token { enabled: false, ..mine.clone() };
    f.update(&theirs).unwrap();
    let mut late = mine.clone();
    late.expiry = Expiry::At(START.plus(DAY));
    assert_eq!(kind(f.update(&late)), Kind::Conflict);
    assert_eq!(f.get(mine.id), Token { revision: Revision(2), ..theirs });
    assert_eq!(kind(f.update(&Token { id: TokenId(999), ..mine })), Kind::Conflict);
}

fn names_are_unique_outside_the_trash<E: Engine>() {
    let f = Furnished::<E>::new();
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

    let named = |account, trashed| {
        let found = f.store.read(|s| s.tokens_named(account, &token_name("x"), trashed)).unwrap();
        let mut ids: Vec<i64> = found.iter().map(|t| t.id.0).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(named(Some(member), false), [first.id.0]);
    assert_eq!(named(Some(member), true), [second.id.0]);
    assert_eq!(named(None, false).len(), 2);
}

fn usernames_are_given_once<E: Engine>() {
    let f = Furnished::<E>::new();
    assert_eq!(kind(change(&f.store, |tx| add_account(tx, "member", Role::Viewer))), Kind::Conflict);
    assert_eq!(f.account("member").role, Role::Member);
    let names: Vec<String> = f.store.read(|s| s.accounts()).unwrap().iter().map(|a| a.username.to_string()).collect();
    assert_eq!(names, ["admin", "member", "owner", "viewer"]);
    let member = f.account("member");
    assert_eq!((member.enabled, member.created_at, member.credential_version), (true, START, CredentialVersion(1)));
    assert_eq!(f.store.read(|s| s.account(AccountId(99))).unwrap(), None);
}

fn a_token_has_one_current_secret<E: Engine>() {
    let f = Furnished::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let secrets = [f.secret(), f.secret(), f.secret()];
    for secret in &secrets {
        change(&f.store, |tx| tx.set_secret(token.id, secret, START)).unwrap();
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
    assert!(change(&f.store, |tx| tx.set_secret(other.id, &secrets[0], START)).is_err(), "an id is never given twice");
    assert_eq!(f.get(other.id).hint, other.hint);
}

fn active_tokens_end_at_the_instant<E: Engine>() {
    let f = Furnished::<E>::new();
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

fn the_tally_counts_own_and_visible<E: Engine>() {
    let f = Furnished::<E>::new();
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
        let tally = f.store.read(|s| s.tally(&visibility, now, end)).unwrap();
        (tally.own_active, tally.expiring)
    };
    assert_eq!(tally("owner", START), (1, 3), "expired by then: a, d and e");
    assert_eq!(tally("admin", START), (2, 2), "not the owner's");
    assert_eq!(tally("member", START), (1, 0));
    assert_eq!(tally("viewer", START), (1, 1));
    assert_eq!(tally("admin", end.plus(-1)), (2, 1), "d has expired already");
    assert_eq!(tally("owner", end), (0, 0));
}

fn uses_sum_up_by_day<E: Engine>() {
    let f = Furnished::<E>::new();
    let (token, other) = (f.token("member", "x", Expiry::Never), f.token("member", "y", Expiry::Never));
    let id = |t: &Token| PublicId::parse(t.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let (secret, others) = (id(&token), id(&other));
    let midnight = Timestamp(START.0.div_euclid(DAY) * DAY);
    let now = midnight.plus(DAY - 1);
    let record = |at: Timestamp, method: &str, address: &str, times: usize| {
        for _ in 0..times {
            let used = Use { token: token.id, secret: &secret, at, method, address, client: "c" };
            f.store.bookkeep(|b| b.record_use(&used)).unwrap();
        }
    };
    record(midnight, "m.One", "10.0.0.1", 3);
    record(midnight.plus(-1), "m.Two", "10.0.0.2", 2);
    record(midnight.plus(-6 * DAY), "", "10.0.0.2", 2);
    record(midnight.plus(-6 * DAY - 1), "m.Old", "10.0.0.9", 50);
    let used = Use { token: other.id, secret: &others, at: now, method: "", address: "", client: "" };
    f.store.bookkeep(|b| b.record_use(&used)).unwrap();

    let usage = f.store.read(|s| s.usage(token.id, now)).unwrap();
    assert_eq!((usage.today, usage.week), (3, 7));
    assert_eq!(usage.last_seen_at, Some(midnight), "the latest use, not the last told");
    assert_eq!(usage.methods, [("m.One".to_owned(), 3), ("m.Two".to_owned(), 2)]);
    let origins: Vec<(&str, u64)> = usage.origins.iter().map(|o| (o.address.as_str(), o.uses)).collect();
    assert_eq!(origins, [("10.0.0.2", 4), ("10.0.0.1", 3)]);
    assert_eq!(f.get(token.id).last_seen_at, Some(midnight));
    let tomorrow = f.store.read(|s| s.usage(token.id, now.plus(1))).unwrap();
    assert_eq!((tomorrow.today, tomorrow.week), (0, 5));
    let never = f.store.read(|s| s.usage(TokenId(99), now)).unwrap();
    assert_eq!((never.last_seen_at, never.today, never.week), (None, 0, 0));

    for i in 0..12 {
        record(now, &format!("n.M{i:02}"), &format!("10.1.0.{i}"), 1);
    }
    let usage = f.store.read(|s| s.usage(token.id, now)).unwrap();
    assert_eq!((usage.methods.len(), usage.origins.len()), (10, 5));
}

/// A clock that was forward for a while leaves uses on days to come: they are no uses of today.
fn uses_of_days_to_come_are_not_todays<E: Engine>() {
    let f = Furnished::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let at = START.plus(3650 * DAY);
    let used = Use { token: token.id, secret: &secret, at, method: "m.X", address: "a", client: "c" };
    f.store.bookkeep(|b| b.record_use(&used)).unwrap();
    let usage = f.store.read(|s| s.usage(token.id, START)).unwrap();
    assert_eq!((usage.today, usage.week, usage.methods.len(), usage.origins.len()), (0, 0, 0, 0));
}

fn denied_attempts_are_counted<E: Engine>() {
    let f = Furnished::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let deny = |token: Option<TokenId>, at: Timestamp| {
        let denied = Denial { token, reason: "expired", at, method: "", address: "a", client: "c" };
        f.store.bookkeep(|b| b.record_denial(&denied)).unwrap();
    };
    deny(Some(token.id), START);
    deny(Some(token.id), START);
    deny(Some(token.id), START.plus(-6 * DAY));
    deny(Some(token.id), START.plus(-8 * DAY));
    deny(None, START);
    let usage = f.store.read(|s| s.usage(token.id, START)).unwrap();
    assert_eq!((usage.denied_week, usage.week, usage.last_seen_at), (3, 0, None));
    assert_eq!(f.get(token.id).last_seen_at, None, "a denied attempt is no use");
}

fn tries_earn_growing_waits<E: Engine>() {
    let f = Furnished::<E>::new();
    let key = TryKey([7; 32]);
    let reserve = |now| f.store.bookkeep(|b| b.reserve_try(&key, now)).unwrap();
    let mut now = START;
    for wait in [0, 1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let wait = Duration::from_secs(wait);
        if !wait.is_zero() {
            assert_eq!(reserve(now), Some(wait));
            let nearly = now.plus(wait.as_millis() as i64 - 1);
            assert_eq!(reserve(nearly), Some(Duration::from_millis(1)), "a refused try doesn't add to the wait");
        }
        now = now.plus(wait.as_millis() as i64);
        assert_eq!(reserve(now), None);
    }
    assert_eq!(f.store.bookkeep(|b| b.reserve_try(&TryKey([8; 32]), now)).unwrap(), None, "others don't wait");
    f.store.bookkeep(|b| b.clear_tries(&key)).unwrap();
    assert_eq!(reserve(now), None);
    assert_eq!(reserve(now), Some(Duration::from_secs(1)));
}

fn a_clock_set_back_locks_nobody_out<E: Engine>() {
    let f = Furnished::<E>::new();
    let key = TryKey([7; 32]);
    let reserve = |now| f.store.bookkeep(|b| b.reserve_try(&key, now)).unwrap();
    assert_eq!(reserve(START.plus(3650 * DAY)), None);
    let mut now = START;
    let wait = reserve(now).unwrap_or_default();
    assert!(wait <= Duration::from_secs(60));
    now = now.plus(wait.as_millis() as i64);
    assert_eq!(reserve(now), None, "having waited as told, the next try is free");
}

fn tries_are_forgotten_in_time_and_number<E: Engine>() {
    let f = Furnished::<E>::new();
    let key = |n: u32| {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.to_be_bytes());
        TryKey(key)
    };
    f.store
        .bookkeep(|b| {
            for n in 0..10_001u32 {
                assert_eq!(b.reserve_try(&key(n), START.plus(i64::from(n / 100)))?, None);
            }
            Ok(())
        })
        .unwrap();
    let now = START.plus(200);
    let wait = |n| f.store.bookkeep(|b| b.reserve_try(&key(n), now)).unwrap();
    assert!(wait(10_000).is_some(), "the newest is kept");
    assert!(wait(5_000).is_some());
    let kept = (0..100).filter(|n| wait(*n).is_some()).count();
    assert!(kept < 100, "one of the oldest made room");
    assert_eq!(f.store.bookkeep(|b| b.reserve_try(&key(5_000), START.plus(2 * DAY))).unwrap(), None);
}

fn a_rehash_needs_the_same_credentials<E: Engine>() {
    let f = Furnished::<E>::new();
    let member = f.account("member");
    let stored = || f.store.read(|s| s.password_hash(member.id)).unwrap().unwrap().0;
    let rehash = |version, to: &str| {
        f.store.bookkeep(|b| b.rehash(member.id, CredentialVersion(version), &PasswordHash(to.to_owned()))).unwrap();
    };
    rehash(2, "stale");
    assert_eq!(stored(), "hash");
    rehash(1, "stronger");
    assert_eq!(stored(), "stronger");
    assert_eq!(f.account("member").credential_version, member.credential_version, "sessions stay");
    assert!(f.store.read(|s| s.password_hash(AccountId(99))).unwrap().is_none());
}

fn a_catalogue_replaces_what_it_said_before<E: Engine>() {
    let f = Furnished::<E>::new();
    let all = |f: &Furnished<E>| f.store.read(|s| s.api_sets()).unwrap();
    let shipped = Catalogue::shipped("cloud-platform").unwrap();
    assert_eq!(all(&f), shipped.sets);
    for method in shipped.methods() {
        assert_eq!(f.store.read(|s| s.method(&method.id)).unwrap().as_ref(), Some(method));
    }
    let mut less = shipped.clone();
    let gone = less.groups.pop().unwrap().methods;
    less.sets.truncate(1);
    for _ in 0..2 {
        change(&f.store, |tx| tx.set_catalogue(&less)).unwrap();
        assert_eq!(all(&f), less.sets);
        assert_eq!(f.store.read(|s| s.method(&gone[0].id)).unwrap(), None);
    }
    let own = MethodId::parse("jeton.tokens.read").unwrap();
    assert!(f.store.read(|s| s.method(&own)).unwrap().is_some(), "another catalogue's methods stay");
}

fn visibility(account: &Account) -> Visibility {
    let roles = Role::ALL.into_iter().filter(|r| account.role.manages(*r)).collect();
    Visibility { own: account.id, roles }
}

mod windows {
    //! Windows against a model that has all tokens in memory and looks at each.

    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};

    fn holds(token: &Token, filter: &Filter, now: Timestamp) -> bool {
        let texts = [token.name.as_str(), token.description.as_str(), token.owner.username.as_str(), &token.hint];
        let word = |word: &String| texts.iter().any(|t| t.to_lowercase().contains(&word.to_lowercase()));
        filter.words.iter().all(word)
            && filter.status.is_none_or(|s| s == token.status(now))
            && filter.account.as_ref().is_none_or(|a| token.owner.username.as_str().contains(a.as_str()))
            && filter.seen.is_none_or(|s| s == token.last_seen_at.is_some())
    }

    fn model(tokens: &[Token], query: &WindowQuery) -> Window {
        let in_scope = |t: &&Token| {
            t.deleted_at.is_some() == query.trashed
                && (t.owner.id == query.visibility.own || query.visibility.roles.contains(&t.owner.role))
                && query.account.is_none_or(|a| a == t.owner.id)
        };
        let mut scope: Vec<&Token> = tokens.iter().filter(in_scope).collect();
        scope.sort_by(|a, b| (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)));
        let total = scope.len() as u64;
        let found: Vec<&Token> = scope.into_iter().filter(|t| holds(t, &query.filter, query.now)).collect();
        let limit = query.limit.min(found.len());
        if let Anchor::After(id) = query.anchor {
            let Some(key) = tokens.iter().find(|t| t.id == id) else { return Window::default() };
            let after = |t: &&&Token| (t.name.as_str(), t.id) > (key.name.as_str(), key.id);
            let rows = found.iter().filter(after).take(query.limit).map(|t| (*t).clone()).collect();
            return Window { rows, ..Window::default() };
        }
        let start = match query.anchor {
            Anchor::Start | Anchor::After(_) => 0,
            Anchor::End => found.len() - limit,
            Anchor::Around(id) => match tokens.iter().find(|t| t.id == id) {
                None => 0,
                Some(key) => {
                    let at = found.partition_point(|t| (t.name.as_str(), t.id) < (key.name.as_str(), key.id));
                    at.saturating_sub(query.limit / 2).min(found.len() - limit)
                }
            },
        };
        let rows: Vec<Token> = found[start..start + limit].iter().map(|t| (*t).clone()).collect();
        let position = if rows.is_empty() { 0 } else { start as u64 };
        Window { rows, position, matching: found.len() as u64, total }
    }

    #[derive(Debug, Clone)]
    struct Planned {
        account: usize,
        name: String,
        description: String,
        enabled: bool,
        expires: Option<i64>,
        trashed: bool,
        seen: bool,
    }

    fn planned() -> impl Strategy<Value = Planned> {
        let words = prop::sample::select(vec!["", "50%", "a_b", "c\\d", "Grün", "ÄRGER x", "deploy A_B", "ſtrange"]);
        (
            0..4usize,
            "[aAbB][ab%._]{0,2}",
            words,
            any::<bool>(),
            prop::option::of(-2..3i64),
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(|(account, name, description, enabled, expires, trashed, seen)| Planned {
                account,
                name: name.replace('%', "-"),
                description: description.to_owned(),
                enabled,
                expires,
                trashed,
                seen,
            })
    }

    fn filters() -> Vec<Filter> {
        [
            "",
            "a",
            "B",
            "%",
            "_",
            "a_b",
            "A_B",
            "\\",
            "c\\d",
            "50%",
            "grün",
            "GRÜN",
            "ärger",
            "jtn_",
            "JTN_",
            "member",
            "a b",
            "status:active",
            "status:disabled",
            "status:expired",
            "status:deleted",
            "account:m",
            "account:EMBER",
            "account:_",
            "seen:never",
            "seen:ever",
            "status:active seen:never a",
            "zzz",
        ]
        .map(Filter::parse)
        .into()
    }

    fn plant<E: Engine>(f: &Furnished<E>, plan: &[Planned]) -> Vec<Token> {
        let accounts: Vec<AccountId> = Role::ALL.map(|r| f.account(r.word()).id).into();
        let mut taken = BTreeSet::new();
        let ids = change(&f.store, |tx| {
            let mut ids = Vec::new();
            for p in plan {
                if !p.trashed && !taken.insert((p.account, p.name.clone())) {
                    continue;
                }
                let id = tx.insert_token(&NewToken {
                    account: accounts[p.account],
                    // Names in the trash may repeat, so each goes there before the next comes.
                    name: &token_name(if p.trashed { "passing" } else { &p.name }),
                    description: &Description::parse(&p.description)?,
                    selection: &Selection::nothing(),
                    expiry: p.expires.map_or(Expiry::Never, |d| Expiry::At(START.plus(d))),
                    now: START,
                })?;
                tx.set_secret(id, &f.secret(), START)?;
                let mut token = tx.token(id)?.unwrap();
                token.enabled = p.enabled;
                token.name = token_name(&p.name);
                token.deleted_at = p.trashed.then_some(START);
                tx.update_token(&token)?;
                ids.push((id, p.seen));
            }
            Ok(ids)
        })
        .unwrap();
        let tokens: Vec<Token> = ids.iter().map(|(id, _)| f.get(*id)).collect();
        f.store
            .bookkeep(|b| {
                for (token, _) in tokens.iter().zip(&ids).filter(|(_, (_, seen))| *seen) {
                    let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
                    b.record_use(&Use {
                        token: token.id,
                        secret: &secret,
                        at: START,
                        method: "",
                        address: "",
                        client: "",
                    })?;
                }
                Ok(())
            })
            .unwrap();
        ids.iter().map(|(id, _)| f.get(*id)).collect()
    }

    fn agree<E: Engine>(f: &Furnished<E>, tokens: &[Token], query: &WindowQuery) {
        let got = f.store.read(|s| s.window(query)).unwrap();
        let wanted = model(tokens, query);
        assert_eq!(got, wanted, "{query:#?}");
    }

    pub fn windows_agree_with_a_model<E: Engine>() {
        let cases = if std::env::var_os("JETON_SOAK").is_some() { 300 } else { 16 };
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() };
        let plans = prop::collection::vec(planned(), 0..24);
        let picks = prop::collection::vec((0..28usize, 0..4usize, prop::option::of(0..4usize), 1..9usize), 12);
        TestRunner::new(config)
            .run(&(plans, picks), |(plan, picks)| {
                let f = Furnished::<E>::new();
                let tokens = plant(&f, &plan);
                let accounts: Vec<Account> = Role::ALL.map(|r| f.account(r.word())).into();
                let filters = filters();
                for (filter, reader, account, limit) in picks {
                    for trashed in [false, true] {
                        let mut query = WindowQuery {
                            visibility: visibility(&accounts[reader]),
                            account: account.map(|a| accounts[a].id),
                            filter: filters[filter].clone(),
                            trashed,
                            now: START,
                            anchor: Anchor::Start,
                            limit,
                        };
                        agree(&f, &tokens, &query);
                        query.anchor = Anchor::End;
                        agree(&f, &tokens, &query);
                        for token in &tokens {
                            query.anchor = Anchor::Around(token.id);
                            agree(&f, &tokens, &query);
                            query.anchor = Anchor::After(token.id);
                            agree(&f, &tokens, &query);
                        }
                        query.anchor = Anchor::Around(TokenId(9_999));
                        agree(&f, &tokens, &query);
                    }
                }
                Ok(())
            })
            .unwrap();
    }

    pub fn every_filter_and_page_border<E: Engine>() {
        let f = Furnished::<E>::new();
        let mut runner = TestRunner::deterministic();
        let plan: Vec<Planned> = (0..30).map(|_| planned().new_tree(&mut runner).unwrap().current()).collect();
        let tokens = plant(&f, &plan);
        let reader = f.account("admin");
        for filter in filters() {
            for limit in [0, 1, 2, 3, 5, tokens.len(), 1_000, usize::MAX] {
                for trashed in [false, true] {
                    for anchor in [Anchor::Start, Anchor::End, Anchor::Around(tokens[tokens.len() / 2].id)] {
                        let visibility = visibility(&reader);
                        let filter = filter.clone();
                        let query =
                            WindowQuery { visibility, account: None, filter, trashed, now: START, anchor, limit };
                        agree(&f, &tokens, &query);
                    }
                }
            }
        }
    }
}

use windows::{every_filter_and_page_border, windows_agree_with_a_model};

/// A test for each requirement, for one engine.
macro_rules! conforms {
    ($engine:ty: $($check:ident),* $(,)?) => {
        $(#[test] fn $check() { super::$check::<$engine>(); })*
    };
}

mod sqlite {
    use super::*;

    struct Sqlite(Place);

    impl Engine for Sqlite {
        type S = SqliteStore;
        fn fresh() -> Self {
            Sqlite(Place::new())
        }
        fn open(&self) -> SqliteStore {
            SqliteStore::open_or_create(&self.0.path()).unwrap()
        }
        fn audit(&self) -> Vec<AuditRow> {
            self.open().audit_log().unwrap()
        }
    }

    conforms!(Sqlite:
        an_empty_store_has_nothing,
        what_was_written_reads_back,
        an_update_replaces_everything_it_names,
        a_snapshot_sees_one_state,
        a_write_sees_itself_and_what_came_before,
        a_refused_change_leaves_nothing,
        every_change_is_audited,
        two_changes_of_one_token_conflict,
        names_are_unique_outside_the_trash,
        usernames_are_given_once,
        a_token_has_one_current_secret,
        active_tokens_end_at_the_instant,
        the_tally_counts_own_and_visible,
        uses_sum_up_by_day,
        uses_of_days_to_come_are_not_todays,
        denied_attempts_are_counted,
        tries_earn_growing_waits,
        a_clock_set_back_locks_nobody_out,
        tries_are_forgotten_in_time_and_number,
        a_rehash_needs_the_same_credentials,
        a_catalogue_replaces_what_it_said_before,
        windows_agree_with_a_model,
        every_filter_and_page_border,
    );
}
