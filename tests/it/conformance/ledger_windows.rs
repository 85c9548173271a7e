//! Windows of the ledger, compared with a model that has all rows in memory and scans them.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::*;
use jeton::domain::query::ledger_filter::LedgerFilter;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::time::utc_day_number;
use jeton::verbs::ledger::{
    DeniedKey, DeniedRow, LedgerQuery, LedgerScope, LedgerToken, LedgerWindow, SecretStatus, TokenState, UseKey, UseRow,
};
use jeton::verbs::ports::DeniedSince;

const MINUTE: i64 = 60_000;
const ADDRESSES: [&str; 4] = ["10.0.0.1", "10.0.0.12", "FE80::1", "100%"];
const CLIENTS: [&str; 3] = ["curl/8.5", "Éclair_1", ""];
const REASONS: [&str; 3] = ["disabled", "retired", "wrong-secret"];
const NOW: Timestamp = Timestamp(START.0 + DAY);

/// A ledger of tokens of every role, one in the trash and one purged, and of unknown secrets.
struct Recorded<E: Engine> {
    fixture: Fixture<E>,
    tokens: Vec<Token>,
    purged: TokenId,
}

fn public_id(hint: &str) -> PublicId {
    PublicId::parse(hint.strip_prefix("jtn_").unwrap()).unwrap()
}

fn recorded<E: Engine>() -> Recorded<E> {
    let f = Fixture::<E>::new();
    let names = [("owner", "own"), ("admin", "adm"), ("member", "m1"), ("member", "m2"), ("viewer", "gone")];
    let tokens: Vec<Token> = names.iter().map(|(account, name)| f.token(account, name, Expiry::Never)).collect();
    f.store
        .write_usage(|b| {
            for n in 0..90_i64 {
                let (token, pick) = (&tokens[n as usize % 5], n as usize / 5);
                let secret = public_id(&token.hint);
                let at = START.plus((n * 7 % 40) * MINUTE / 4);
                let (address, client) = (ADDRESSES[pick % 4], CLIENTS[pick % 3]);
                let method = if n % 2 == 0 { "m.One" } else { "m.Two" };
                let known = n % 6 != 0;
                let (reason, count) = (REASONS[pick % 3], n as u64 % 3 + 1);
                let (id, shown) = (known.then_some(token.id), known.then_some(&secret));
                b.record_denial(&Denial { token: id, secret: shown, reason, at, count, method, address, client })?;
                let at = START.plus(-(n * 5 % 9) * DAY);
                b.record_use(&Use { token: token.id, secret: &secret, at, count, method, address, client })?;
            }
            Ok(())
        })
        .unwrap();
    f.update(&Token { deleted_at: Some(START), ..f.get(tokens[3].id) }).unwrap();
    let purged = tokens[4].id;
    change(&f.store, |tx| tx.purge(&[purged], START)).unwrap();
    Recorded { fixture: f, tokens, purged }
}

fn whole_query<K>(sight: LedgerScope) -> LedgerQuery<K> {
    LedgerQuery {
        scope: sight,
        since: None,
        filter: LedgerFilter::default(),
        cursor: PageCursor::Newest,
        now: NOW,
        limit: 10_000,
    }
}

/// Every row is returned, newest first, with the recorded counts.
pub fn ledger_rows_say_what_was_recorded<E: Engine>() {
    let w = recorded::<E>();
    let denied = w.fixture.store.read(|s| s.denied_window(&whole_query(LedgerScope::All))).unwrap();
    assert!(!denied.newer && !denied.older);
    assert_eq!(denied.rows.iter().map(|row| row.attempts).sum::<u64>(), 180);
    assert!(denied.rows.is_sorted_by(|a, b| a.key > b.key), "the newest first");
    assert!(denied.rows.iter().all(|row| row.at.0.div_euclid(MINUTE) == row.key.minute));
    let unknown: Vec<&DeniedRow> = denied.rows.iter().filter(|row| row.token.is_none()).collect();
    assert_eq!(unknown.iter().map(|row| row.attempts).sum::<u64>(), 15);
    assert!(unknown.iter().all(|row| row.secret.is_none() && row.method.is_empty()));
    let uses = w.fixture.store.read(|s| s.uses_window(&whole_query(LedgerScope::All))).unwrap();
    assert_eq!(uses.rows.iter().map(|row| row.uses).sum::<u64>(), 180);
    assert!(uses.rows.is_sorted_by(|a, b| a.key() > b.key()));
    let expected: BTreeMap<String, (TokenState, SecretStatus)> = [
        ("owner/own", TokenState::Live, SecretStatus::Current),
        ("admin/adm", TokenState::Live, SecretStatus::Current),
        ("member/m1", TokenState::Live, SecretStatus::Current),
        ("member/m2", TokenState::Trashed, SecretStatus::Deleted),
        ("viewer/gone", TokenState::Purged, SecretStatus::Purged),
    ]
    .map(|(name, at, is)| (name.to_owned(), (at, is)))
    .into();
    let state = |token: &LedgerToken, is: SecretStatus| (token.full_name(), (token.state, is));
    let of_uses: BTreeMap<_, _> =
        uses.rows.iter().map(|row| state(&row.token, row.secret.as_ref().unwrap().status)).collect();
    assert_eq!(of_uses, expected);
    for row in denied.rows.iter().filter(|row| row.token.is_some()) {
        let (token, secret) = (row.token.as_ref().unwrap(), row.secret.as_ref().unwrap());
        let is = if row.reason == "wrong-secret" { SecretStatus::Wrong } else { expected[&token.full_name()].1 };
        assert_eq!(state(token, secret.status), (token.full_name(), (expected[&token.full_name()].0, is)));
        assert_eq!(secret.hint, w.tokens.iter().find(|t| t.id == token.id).unwrap().hint);
    }
}

/// The common interface of both lists.
pub(super) trait Row: Clone + Debug + PartialEq {
    type Key: Ord + Clone + Debug;
    fn key(&self) -> Self::Key;
    fn token(&self) -> Option<&LedgerToken>;
    fn texts(&self) -> Vec<&str>;
    fn hint(&self) -> String;
    fn method(&self) -> &str;
    fn address(&self) -> &str;
    fn reason(&self) -> Option<&str>;
    fn is_since(&self, since: Timestamp) -> bool;
}

impl Row for DeniedRow {
    type Key = DeniedKey;
    fn key(&self) -> DeniedKey {
        self.key
    }
    fn token(&self) -> Option<&LedgerToken> {
        self.token.as_ref()
    }
    fn texts(&self) -> Vec<&str> {
        vec![&self.reason, &self.method, &self.address, &self.client]
    }
    fn hint(&self) -> String {
        self.secret.as_ref().map_or_else(String::new, |secret| secret.hint.clone())
    }
    fn method(&self) -> &str {
        &self.method
    }
    fn address(&self) -> &str {
        &self.address
    }
    fn reason(&self) -> Option<&str> {
        Some(&self.reason)
    }
    fn is_since(&self, since: Timestamp) -> bool {
        self.at >= since
    }
}

impl Row for UseRow {
    type Key = UseKey;
    fn key(&self) -> UseKey {
        UseRow::key(self)
    }
    fn token(&self) -> Option<&LedgerToken> {
        Some(&self.token)
    }
    fn texts(&self) -> Vec<&str> {
        vec![&self.method, &self.address, &self.client]
    }
    fn hint(&self) -> String {
        self.secret.as_ref().map_or_else(String::new, |secret| secret.hint.clone())
    }
    fn method(&self) -> &str {
        &self.method
    }
    fn address(&self) -> &str {
        &self.address
    }
    fn reason(&self) -> Option<&str> {
        None
    }
    fn is_since(&self, since: Timestamp) -> bool {
        self.day >= utc_day_number(since)
    }
}

pub(super) fn holds<R: Row>(row: &R, query: &LedgerQuery<R::Key>, owners: &BTreeMap<TokenId, Account>) -> bool {
    let has = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let (name, hint) = (row.token().map_or_else(String::new, LedgerToken::full_name), row.hint());
    let named = |part: &String| has(&name, part) || has(&hint, part);
    let filter = &query.filter;
    let seen = match &query.scope {
        LedgerScope::All => true,
        LedgerScope::Token(id) => row.token().is_some_and(|token| token.id == *id),
        LedgerScope::Visible { visibility, unknown_tokens: unknown } => row.token().map_or(*unknown, |token| {
            let owner = &owners[&token.id];
            owner.id == visibility.own || visibility.roles.contains(&owner.role)
        }),
    };
    seen && query.since.is_none_or(|since| row.is_since(since))
        && filter.words.iter().all(|word| named(word) || row.texts().iter().any(|text| has(text, word)))
        && filter.token.as_ref().is_none_or(|t| named(t) || row.token().is_some_and(|token| token.id.to_string() == *t))
        && filter.method.as_ref().is_none_or(|m| has(row.method(), m))
        && filter.address.as_ref().is_none_or(|a| has(row.address(), a))
        && filter.reason.as_ref().is_none_or(|r| row.reason().is_some_and(|reason| has(reason, r)))
}

/// Returns the result of scanning each of `rows`, newest first.
fn model<R: Row>(rows: &[R], query: &LedgerQuery<R::Key>, owners: &BTreeMap<TokenId, Account>) -> LedgerWindow<R> {
    let found: Vec<&R> = rows.iter().filter(|row| holds(*row, query, owners)).collect();
    let (limit, count) = (query.limit, found.len());
    // Number of rows above a key, and above the rows below that key.
    let above = |key: &R::Key| found.partition_point(|row| row.key() > *key);
    let upto = |key: &R::Key| found.partition_point(|row| row.key() >= *key);
    let (from, to) = match &query.cursor {
        PageCursor::Newest => (0, limit.min(count)),
        PageCursor::Oldest => (count - limit.min(count), count),
        PageCursor::Newer(key) => (above(key) - limit.min(above(key)), above(key)),
        PageCursor::Older(key) => (upto(key), (upto(key) + limit).min(count)),
        PageCursor::Around(key) => {
            let at = above(key);
            let below = (count - at).min(limit - at.min(limit / 2));
            (at - at.min(limit - below), at + below)
        }
    };
    LedgerWindow {
        rows: found[from..to].iter().map(|row| (*row).clone()).collect(),
        newer: from > 0 || matches!(query.cursor, PageCursor::Older(_)),
        unreadable: Vec::new(),
        older: to < count || matches!(query.cursor, PageCursor::Newer(_)),
    }
}

fn assert_agree<E: Engine, R: Row>(
    w: &Recorded<E>,
    rows: &[R],
    ask: impl Fn(&LedgerQuery<R::Key>) -> LedgerWindow<R>,
    sinces: [Option<Timestamp>; 3],
) {
    let owners: BTreeMap<TokenId, Account> =
        w.tokens.iter().map(|t| (t.id, w.fixture.account(t.owner.username.as_str()))).collect();
    let of = |name: &str, unknown| LedgerScope::Visible {
        visibility: visibility(&w.fixture.account(name)),
        unknown_tokens: unknown,
    };
    let of_purged = LedgerScope::Token(w.purged);
    let sights = [LedgerScope::All, of("admin", true), of("member", false), of("viewer", false), of_purged];
    let id = format!("token:{}", w.tokens[0].id);
    let texts = [
        "",
        "10.0.0.1",
        "éclair",
        "address:fe80 M.One",
        "method:m.T 10.0",
        "token:m",
        &id,
        "100%",
        "reason:ed curl",
        "jtn_",
    ];
    let keys = [&rows[0], &rows[rows.len() / 2], &rows[rows.len() - 1]].map(Row::key);
    let (mut asked, mut seen_ids) = (0, 0);
    for sight in &sights {
        for text in texts {
            for since in sinces {
                for key in &keys {
                    use PageCursor::{Around, Newer, Newest, Older, Oldest};
                    for anchor in [Newest, Oldest, Newer(key.clone()), Older(key.clone()), Around(key.clone())] {
                        for limit in [0, 1, 7, 1_000] {
                            let (filter, sight) = (LedgerFilter::parse(text), sight.clone());
                            let query =
                                LedgerQuery { scope: sight, since, filter, cursor: anchor.clone(), now: NOW, limit };
                            let found = ask(&query);
                            assert_eq!(found, model(rows, &query, &owners), "{query:?}");
                            asked += 1;
                            seen_ids += usize::from(!found.rows.is_empty());
                        }
                    }
                }
            }
        }
    }
    assert!(seen_ids > asked / 10 && seen_ids < asked * 9 / 10, "{seen_ids} of {asked}");
}

pub fn denied_windows_agree_with_a_model<E: Engine>() {
    let w = recorded::<E>();
    let rows = w.fixture.store.read(|s| s.denied_window(&whole_query(LedgerScope::All))).unwrap().rows;
    let ask = |query: &LedgerQuery<DeniedKey>| w.fixture.store.read(|s| s.denied_window(query)).unwrap();
    assert_agree(&w, &rows, ask, [None, Some(START.plus(4 * MINUTE + MINUTE / 4)), Some(NOW)]);
}

pub fn use_windows_agree_with_a_model<E: Engine>() {
    let w = recorded::<E>();
    let rows = w.fixture.store.read(|s| s.uses_window(&whole_query(LedgerScope::All))).unwrap().rows;
    let ask = |query: &LedgerQuery<UseKey>| w.fixture.store.read(|s| s.uses_window(query)).unwrap();
    assert_agree(&w, &rows, ask, [None, Some(START.plus(-3 * DAY)), Some(NOW)]);
}

/// A token's usage has thirty days, every method of the kept ledger, and recent denials.
pub fn a_usage_tells_days_methods_and_evidence<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = f.token("member", "x", Expiry::At(START.plus(3 * DAY)));
    let old = public_id(&token.hint);
    let record = |secret: &PublicId, at: Timestamp, method: &str, count: u64| {
        let used = Use { token: token.id, secret, at, count, method, address: "a", client: "c" };
        f.store.write_usage(|b| b.record_use(&used)).unwrap();
    };
    let deny = |at: Timestamp, address: &str| {
        let (token, secret, reason, client) = (Some(token.id), Some(&old), "retired", "curl");
        let denied = Denial { token, secret, reason, at, count: 2, method: "", address, client };
        f.store.write_usage(|b| b.record_denial(&denied)).unwrap();
    };
    for (ago, method, count) in [(0, "m.A", 5), (29, "m.B", 7), (30, "m.C", 9), (80, "m.B", 40)] {
        record(&old, START.plus(-ago * DAY), method, count);
    }
    let usage = |now: Timestamp| f.store.read(|s| s.usage(token.id, now)).unwrap();
    let counts = usage(START);
    let mut days = vec![0; 30];
    (days[0], days[29]) = (7, 5);
    assert_eq!((counts.days, counts.today, counts.week), (days, 5, 5));
    let kept: Vec<(&str, u64)> = counts.all_methods.iter().map(|(m, n)| (m.as_str(), *n)).collect();
    assert_eq!(kept, [("m.B", 47), ("m.C", 9), ("m.A", 5)]);
    assert!(!counts.methods_truncated && counts.previous.is_none());
    assert_eq!((counts.denied.since, counts.denied.attempts, counts.denied.last), (DeniedSince::Week, 0, None));

    deny(START.plus(-DAY), "10.0.0.1");
    // In the minute of the rotation, but before it.
    deny(START.plus(1), "10.0.0.1");
    let rotated = START.plus(MINUTE / 2);
    let secret = f.secret();
    let until = Some(START.plus(DAY));
    change(&f.store, |tx| tx.set_secret(token.id, &secret, Role::Owner, rotated, until)).unwrap();
    deny(START.plus(MINUTE), "10.0.0.2");
    deny(START.plus(2 * MINUTE), "10.0.0.3");
    record(&old, START, "m.A", 3);
    record(secret.public_id(), START, "m.A", 1);
    let counts = usage(START.plus(2 * MINUTE));
    let previous = counts.previous.unwrap();
    assert_eq!((previous.today, previous.week, counts.today), (8, 8, 9), "of the old secret alone");
    assert_eq!((counts.denied_week, counts.denied.attempts), (8, 4));
    assert_eq!((counts.denied.since, counts.denied.since_at), (DeniedSince::Rotated, Some(rotated)));
    let last = counts.denied.last.unwrap();
    assert_eq!((last.at, last.address.as_str()), (START.plus(2 * MINUTE), "10.0.0.3"));
    assert_eq!(usage(START.plus(DAY)).previous, None, "the overlap is over");

    deny(START.plus(4 * DAY), "10.0.0.4");
    let counts = usage(START.plus(5 * DAY)).denied;
    assert_eq!((counts.since, counts.since_at), (DeniedSince::Expired, Some(START.plus(3 * DAY))));
    assert_eq!(counts.attempts, 2);
    let switch = |verb, at| {
        let off = Token { enabled: false, ..f.get(token.id) };
        let entry = AuditEntry::new(verb, token.id, "member/x");
        f.store
            .write(&tester(), &|| at, |tx, _| tx.update_token(&off).map(|()| Audited::one((), entry.clone())))
            .unwrap();
    };
    let at = |millis| START.plus(4 * DAY + millis);
    for (verb, millis) in [("token.disable", 1), ("token.enable", 2), ("token.disable", 3), ("token.disable", 4)] {
        switch(verb, at(millis));
    }
    let since = || {
        let denied = usage(START.plus(5 * DAY)).denied;
        (denied.since, denied.since_at)
    };
    assert_eq!(since(), (DeniedSince::Disabled, Some(at(3))), "as the audit log says, whoever disabled it once more");
    let deleted = at(5);
    f.update(&Token { deleted_at: Some(deleted), ..f.get(token.id) }).unwrap();
    assert_eq!(since(), (DeniedSince::Deleted, Some(deleted)));
}
