//! Stored usage: uses, denied attempts, failed sign-ins.

use super::*;
use jeton::domain::recent_usage::RecentUse;
use jeton::domain::time::utc_day_number;

pub fn uses_sum_up_by_day<E: Engine>() {
    let f = Fixture::<E>::new();
    let (token, other) = (f.token("member", "x", Expiry::Never), f.token("member", "y", Expiry::Never));
    let id = |t: &Token| PublicId::parse(t.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let (secret, others) = (id(&token), id(&other));
    let midnight = Timestamp(START.0.div_euclid(DAY) * DAY);
    let now = midnight.plus(DAY - 1);
    let record = |at: Timestamp, method: &str, address: &str, times: usize| {
        for _ in 0..times {
            let used = Use { token: token.id, secret: &secret, at, count: 1, method, address, client: "c" };
            f.store.write_usage(|b| b.record_use(&used)).unwrap();
        }
    };
    record(midnight, "m.One", "10.0.0.1", 3);
    record(midnight.plus(-1), "m.Two", "10.0.0.2", 2);
    record(midnight.plus(-6 * DAY), "", "10.0.0.2", 2);
    record(midnight.plus(-6 * DAY - 1), "m.Old", "10.0.0.9", 50);
    let used = Use { token: other.id, secret: &others, at: now, count: 1, method: "", address: "", client: "" };
    f.store.write_usage(|b| b.record_use(&used)).unwrap();

    let usage = f.store.read(|s| s.usage(token.id, now)).unwrap();
    assert_eq!((usage.today, usage.week), (3, 7));
    assert_eq!(usage.last_seen_at, Some(midnight), "the latest use, not the last recorded");
    assert_eq!(usage.methods, [("m.One".to_owned(), 3), ("m.Two".to_owned(), 2)]);
    let origins: Vec<(&str, u64)> = usage.clients.iter().map(|o| (o.address.as_str(), o.uses)).collect();
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
    assert_eq!((usage.methods.len(), usage.clients.len()), (10, 5));
}

/// Secrets and days are added up. Uses of other tokens, older and future days are left out.
pub fn recent_uses_sum_up_by_method_and_caller<E: Engine>() {
    let f = Fixture::<E>::new();
    let (token, other) = (f.token("member", "x", Expiry::Never), f.token("member", "y", Expiry::Never));
    let record = |token: &Token, at: Timestamp, count: u64, [method, address]: [&str; 2]| {
        let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
        let used = Use { token: token.id, secret: &secret, at, count, method, address, client: "c" };
        f.store.write_usage(|b| b.record_use(&used)).unwrap();
    };
    record(&token, START, 3, ["m.One", "10.0.0.1"]);
    record(&token, START.plus(-6 * DAY), 4, ["m.One", "10.0.0.1"]);
    record(&token, START.plus(-DAY), 5, ["m.One", "10.0.0.2"]);
    record(&token, START.plus(-2 * DAY), 9, ["", "10.0.0.1"]);
    record(&token, START.plus(-7 * DAY), 50, ["m.Old", "10.0.0.1"]);
    record(&token, START.plus(DAY), 50, ["m.One", "10.0.0.1"]);
    record(&other, START, 50, ["m.One", "10.0.0.1"]);
    let today = utc_day_number(START);
    let recent = |limit| f.store.read(|s| s.recent_uses(token.id, None, START, limit)).unwrap();
    let row = |method: &str, address: &str, today: u64, week: u64, last_day: i64| RecentUse {
        method: method.to_owned(),
        address: address.to_owned(),
        client: "c".to_owned(),
        today,
        week,
        last_day,
    };
    let rows = [
        row("", "10.0.0.1", 0, 9, today - 2),
        row("m.One", "10.0.0.1", 3, 7, today),
        row("m.One", "10.0.0.2", 0, 5, today - 1),
    ];
    assert_eq!(recent(10), rows);
    assert_eq!(recent(2), rows[..2]);
    let of_secret = |secret: &PublicId| f.store.read(|s| s.recent_uses(token.id, Some(secret), START, 10)).unwrap();
    assert_eq!(of_secret(&PublicId::from_hint(&token.hint).unwrap()), rows);
    assert_eq!(of_secret(&PublicId::from_hint(&other.hint).unwrap()), []);
}

/// A clock that was ahead leaves uses on future days: they don't count as today's.
pub fn uses_of_days_to_come_are_not_todays<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let at = START.plus(3650 * DAY);
    let used = Use { token: token.id, secret: &secret, at, count: 1, method: "m.X", address: "a", client: "c" };
    f.store.write_usage(|b| b.record_use(&used)).unwrap();
    let usage = f.store.read(|s| s.usage(token.id, START)).unwrap();
    assert_eq!((usage.today, usage.week, usage.methods.len(), usage.clients.len()), (0, 0, 0, 0));
}

/// Such uses don't hide later ones either, once the clock is right again.
pub fn a_use_from_a_clock_that_was_ahead_hides_no_later_one<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let record = |instants: &[Timestamp]| {
        let used = |at: &Timestamp| Use {
            token: token.id,
            secret: &secret,
            at: *at,
            count: 1,
            method: "m.X",
            address: "a",
            client: "c",
        };
        // A batch small enough to be recorded at once, then one that waits in the journal.
        let uses: Vec<Use<'_>> = instants.iter().map(used).collect();
        f.store.write_usage(|b| b.record_all(&uses, &[])).unwrap();
        f.store.flush_usage().unwrap();
    };
    let seen = || {
        let account = f.store.read(|s| s.last_seen(token.owner.id)).unwrap();
        assert_eq!(f.get(token.id).last_seen_at, account);
        account.unwrap()
    };
    for many in [1, 600] {
        record(&[START.plus(DAY)]);
        assert_eq!(seen(), START.plus(DAY));
        let later: Vec<Timestamp> = (0..many).map(|n| START.plus(n)).collect();
        record(&later);
        assert_eq!(seen(), START.plus(many - 1), "the clock was put back by a day");
        record(&[START.plus(-30_000)]);
        assert_eq!(seen(), START.plus(many - 1), "a use recorded late is no later use");
    }
}

pub fn denied_attempts_are_counted<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let deny = |token: Option<TokenId>, at: Timestamp| {
        let denied =
            Denial { token, secret: None, count: 1, reason: "expired", at, method: "", address: "a", client: "c" };
        f.store.write_usage(|b| b.record_denial(&denied)).unwrap();
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

/// A large batch reads the same as many small ones, right away and for every reader.
pub fn large_batches_read_like_small_ones<E: Engine>() {
    let f = Fixture::<E>::new();
    let (one, two) = (f.token("member", "x", Expiry::Never), f.token("member", "y", Expiry::Never));
    let id = |t: &Token| PublicId::parse(t.hint.strip_prefix("jtn_").unwrap()).unwrap();
    let (secrets, clients) = ([id(&one), id(&two)], ["curl/8.5", "\"quoted\" \u{1b}[2J \\ é", ""]);
    let tokens = [one.id, two.id];
    let addresses: Vec<String> = (0..300).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let at = |n: usize| START.plus(n as i64);
    let uses = |t: usize| {
        let (token, secret, addresses) = (tokens[t], &secrets[t], &addresses);
        (0..300).map(move |n| {
            let (address, client) = (addresses[n].as_str(), clients[n % 3]);
            Use { token, secret, at: at(n), count: n as u64, method: "m.One", address, client }
        })
    };
    let denials = |t: usize| {
        uses(t).map(|u| {
            let Use { token, secret, at, count, method, address, client } = u;
            Denial { token: Some(token), secret: Some(secret), reason: "expired", at, count, method, address, client }
        })
    };
    f.store.write_usage(|b| uses(0).try_for_each(|used| b.record_use(&used))).unwrap();
    f.store.write_usage(|b| denials(0).try_for_each(|denied| b.record_denial(&denied))).unwrap();
    let batch: (Vec<Use<'_>>, Vec<Denial<'_>>) = (uses(1).collect(), denials(1).collect());
    f.store.write_usage(|b| b.record_all(&batch.0, &batch.1)).unwrap();
    f.store.write_usage(|b| b.record_all(&batch.0[..1], &[])).unwrap();
    f.store.flush_usage().unwrap();
    let usage = |t: usize| f.store.read(|s| s.usage(tokens[t], START.plus(DAY / 4))).unwrap();
    let (small, large) = (usage(0), usage(1));
    assert_eq!((large.week, large.denied_week), (299 * 300 / 2, 299 * 300 / 2));
    let told =
        |u: &jeton::verbs::ports::Usage| (u.week, u.denied_week, u.clients.clone(), u.methods.clone(), u.last_seen_at);
    assert_eq!(told(&large), told(&small));
    f.store.flush_usage().unwrap();
    assert_eq!(told(&usage(1)), told(&small), "once is enough");
}

/// A caller that changes its name each time can't fill the disk.
pub fn the_ledger_keeps_so_many_callers_apart<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::Never);
    let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
    f.store
        .write_usage(|b| {
            for n in 0..3_000 {
                let (address, client) = (format!("10.0.{}.{}", n / 250, n % 250), format!("c{n}"));
                let (token, at) = (token.id, START);
                let (address, client) = (address.as_str(), client.as_str());
                b.record_use(&Use { token, secret: &secret, at, count: 2, method: "m.One", address, client })?;
                for token in [Some(token), None] {
                    let (reason, method) = ("expired", "m.One");
                    let secret = token.map(|_| &secret);
                    b.record_denial(&Denial { token, secret, reason, at, count: 3, method, address, client })?;
                }
            }
            Ok(())
        })
        .unwrap();
    let usage = f.store.read(|s| s.usage(token.id, START)).unwrap();
    assert_eq!((usage.today, usage.denied_week), (6_000, 9_000), "nothing is lost");
    let pruned = f.store.write_usage(|b| b.prune_ledger(START.plus(DAY), 100_000)).unwrap();
    assert!((1_000..1_400).contains(&pruned), "{pruned}");
    let usage = f.store.read(|s| s.usage(token.id, START)).unwrap();
    assert_eq!((usage.today, usage.denied_week), (0, 0));
    assert_eq!(usage.last_seen_at, Some(START), "when it was last seen stays");
}

pub fn tries_earn_growing_waits<E: Engine>() {
    let f = Fixture::<E>::new();
    let key = LoginAttemptKey([7; 32]);
    let reserve = |now| f.store.write_usage(|b| b.reserve_login_attempt(&key, now)).unwrap();
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
    assert_eq!(
        f.store.write_usage(|b| b.reserve_login_attempt(&LoginAttemptKey([8; 32]), now)).unwrap(),
        None,
        "others don't wait"
    );
    f.store.write_usage(|b| b.clear_login_attempts(&key)).unwrap();
    assert_eq!(reserve(now), None);
    assert_eq!(reserve(now), Some(Duration::from_secs(1)));
}

pub fn a_clock_set_back_locks_nobody_out<E: Engine>() {
    let f = Fixture::<E>::new();
    let key = LoginAttemptKey([7; 32]);
    let reserve = |now| f.store.write_usage(|b| b.reserve_login_attempt(&key, now)).unwrap();
    assert_eq!(reserve(START.plus(3650 * DAY)), None);
    let mut now = START;
    let wait = reserve(now).unwrap_or_default();
    assert!(wait <= Duration::from_secs(60));
    now = now.plus(wait.as_millis() as i64);
    assert_eq!(reserve(now), None, "having waited as told, the next try is free");
}

pub fn tries_are_forgotten_in_time_and_number<E: Engine>() {
    let f = Fixture::<E>::new();
    let key = |n: u32| {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.to_be_bytes());
        LoginAttemptKey(key)
    };
    f.store
        .write_usage(|b| {
            for n in 0..10_001u32 {
                assert_eq!(b.reserve_login_attempt(&key(n), START.plus(i64::from(n / 100)))?, None);
            }
            Ok(())
        })
        .unwrap();
    let now = START.plus(200);
    let wait = |n| f.store.write_usage(|b| b.reserve_login_attempt(&key(n), now)).unwrap();
    assert!(wait(10_000).is_some(), "the newest is kept");
    assert!(wait(5_000).is_some());
    let kept = (0..100).filter(|n| wait(*n).is_some()).count();
    assert!(kept < 100, "one of the oldest made room");
    assert_eq!(f.store.write_usage(|b| b.reserve_login_attempt(&key(5_000), START.plus(2 * DAY))).unwrap(), None);
}

pub fn a_rehash_needs_the_same_credentials<E: Engine>() {
    let f = Fixture::<E>::new();
    let member = f.account("member");
    let stored = || f.store.read(|s| s.password_hash(member.id)).unwrap().unwrap().0;
    let rehash = |version, to: &str| {
        f.store.write_usage(|b| b.rehash(member.id, CredentialVersion(version), &PasswordHash(to.to_owned()))).unwrap();
    };
    rehash(2, "stale");
    assert_eq!(stored(), "hash");
    rehash(1, "stronger");
    assert_eq!(stored(), "stronger");
    assert_eq!(f.account("member").credential_version, member.credential_version, "sessions stay");
    assert!(f.store.read(|s| s.password_hash(AccountId(99))).unwrap().is_none());
}
