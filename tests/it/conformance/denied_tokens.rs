//! Tokens of which a dead secret is still tried, and the sums of their denied attempts.

use std::collections::{BTreeMap, BTreeSet};

use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::ledger_filter::LedgerFilter;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::query::sort::SortColumn;
use jeton::domain::time::{DAY, MINUTE};
use jeton::verbs::ledger::{
    DeniedKey, DeniedRow, DeniedTokenKey, DeniedTokenRow, LedgerQuery, LedgerScope, LedgerWindow,
};
use jeton::verbs::ports::Denial;

use super::ledger_windows::holds;
use super::memory::{Start, section};
use super::token_windows::query;
use super::*;

pub(super) fn deny<E: Engine>(f: &Fixture<E>, token: Option<&Token>, reason: &str, address: &str, at: Timestamp) {
    let denied = Denial {
        token: token.map(|token| token.id),
        secret: None,
        count: 2,
        reason,
        at,
        method: "m.One",
        address,
        client: "c",
    };
    f.store.write_usage(|b| b.record_denial(&denied)).unwrap();
}

pub fn tokens_still_tried_are_found<E: Engine>() {
    let f = Fixture::<E>::new();
    let token = |account, name| f.token(account, name, Expiry::Never);
    let (off, works, rotated) = (token("member", "off"), token("owner", "works"), token("viewer", "rotated"));
    let (expired, old, gone) =
        (f.token("member", "expired", Expiry::At(START)), token("owner", "old"), token("owner", "gone"));
    for token in [&off, &old] {
        f.update(&Token { enabled: false, ..f.get(token.id) }).unwrap();
    }
    f.update(&Token { deleted_at: Some(START), ..f.get(gone.id) }).unwrap();
    let ago = |millis: i64| START.plus(-millis);
    deny(&f, Some(&off), "disabled", "a", ago(DAY));
    deny(&f, Some(&off), "disabled", "a", ago(3 * DAY));
    deny(&f, Some(&off), "not-permitted", "a", START);
    deny(&f, Some(&works), "disabled", "a", START);
    deny(&f, Some(&works), "not-permitted", "a", START);
    deny(&f, Some(&rotated), "retired", "a", ago(7 * DAY));
    deny(&f, Some(&expired), "disabled", "a", ago(1));
    deny(&f, Some(&old), "disabled", "a", ago(8 * DAY));
    deny(&f, Some(&gone), "deleted", "a", ago(5));
    deny(&f, None, "unknown", "a", START);
    let tried = TokenFilter::parse("is:tried");
    let reader = f.account("owner");
    for descending in [false, true] {
        for column in SortColumn::ALL {
            let list = |filter: &TokenFilter, trashed| {
                let sort = Sort { column, descending };
                f.store.read(|s| s.window(&query(&reader, filter, sort, trashed, 10))).unwrap()
            };
            let found = list(&tried, false);
            let mut ids: Vec<TokenId> = found.rows.iter().map(|token| token.id).collect();
            ids.sort();
            assert_eq!((ids, found.matching), (vec![off.id, rotated.id, expired.id], 3), "{column:?}");
            let at = [(off.id, ago(DAY)), (rotated.id, ago(7 * DAY)), (expired.id, ago(1))];
            assert_eq!(found.still_tried, at.into());
            assert_eq!(list(&TokenFilter::default(), false).still_tried, at.into());
            assert_eq!(list(&tried, true).still_tried, [(gone.id, ago(5))].into());
            let named = TokenFilter::parse("is:tried account:viewer");
            assert_eq!(list(&named, false).rows.iter().map(|token| token.id).collect::<Vec<_>>(), [rotated.id]);
        }
    }
    let count = |name: &str| {
        let visibility = visibility(&f.account(name));
        let counts = f.store.read(|s| s.visible_counts(&visibility, START, START)).unwrap();
        (counts.still_tried, counts.tried_in_trash, counts.denied_now)
    };
    let counts = ["owner", "admin", "member", "viewer"].map(count);
    assert_eq!(
        counts,
        [(3, 1, 5), (3, 0, 3), (2, 0, 2), (1, 0, 0)],
        "off, works, expired, gone and the unknown one were denied now"
    );
    let states = f.store.read(|s| s.matching(&query(&reader, &tried, Sort::default(), false, 10))).unwrap();
    assert_eq!(states.iter().map(|state| state.token).collect::<Vec<_>>(), [off.id, rotated.id, expired.id]);
}

/// Returns the page of `rows` that match, summed up by token.
pub(super) fn summed_window(
    mut rows: Vec<DeniedRow>,
    query: &LedgerQuery<DeniedTokenKey>,
    owners: &BTreeMap<TokenId, Account>,
) -> LedgerWindow<DeniedTokenRow> {
    let LedgerQuery { scope, since, filter, now, limit, cursor } = query.clone();
    let of_rows = LedgerQuery::<DeniedKey> { scope, since, filter, now, limit, cursor: PageCursor::Newest };
    rows.retain(|row| holds(row, &of_rows, owners));
    rows.sort_by_key(|row| std::cmp::Reverse(row.key));
    let ids: BTreeSet<i64> = rows.iter().map(|row| row.token.as_ref().map_or(0, |token| token.id.0)).collect();
    let mut sums: Vec<DeniedTokenRow> = Vec::new();
    for id in ids {
        let of_token = || rows.iter().filter(move |row| row.token.as_ref().map_or(0, |token| token.id.0) == id);
        let newest = of_token().next().unwrap().clone();
        let at = of_token().map(|row| row.at).max().unwrap();
        let addresses: BTreeSet<&str> =
            of_token().take(100).map(|row| &*row.address).filter(|a| !a.is_empty()).collect();
        sums.push(DeniedTokenRow {
            key: DeniedTokenKey { at, token: TokenId(id) },
            token: newest.token,
            attempts: of_token().map(|row| row.attempts).sum(),
            at,
            reason: newest.reason,
            secret: newest.secret,
            address: newest.address,
            client: newest.client,
            addresses: addresses.len() as u64,
        });
    }
    sums.sort_by_key(|row| std::cmp::Reverse(row.key));
    let above = |key: &DeniedTokenKey| sums.partition_point(|row| row.key > *key);
    let start = match &cursor {
        PageCursor::Newest => Start::From(0),
        PageCursor::Oldest => Start::Before(sums.len()),
        PageCursor::Newer(key) => Start::Before(above(key)),
        PageCursor::Older(key) => Start::From(sums.partition_point(|row| row.key >= *key)),
        PageCursor::Around(key) => Start::Around(above(key)),
    };
    let range = section(start, sums.len(), limit);
    LedgerWindow {
        newer: range.start > 0 || matches!(cursor, PageCursor::Older(_)),
        older: range.end < sums.len() || matches!(cursor, PageCursor::Newer(_)),
        rows: sums[range].to_vec(),
        unreadable: Vec::new(),
    }
}

pub fn sums_of_denied_attempts_agree_with_a_model<E: Engine>() {
    let f = Fixture::<E>::new();
    let tokens: Vec<Token> = [("owner", "own"), ("admin", "adm"), ("member", "m1"), ("member", "m2"), ("viewer", "v")]
        .map(|(account, name)| f.token(account, name, Expiry::Never))
        .into();
    for n in 0..60_i64 {
        let token = tokens.get(n as usize % 6);
        let reason = ["disabled", "not-permitted", "retired"][n as usize % 3];
        let address = ["10.0.0.1", "10.0.0.2", "fe80::1", ""][n as usize / 3 % 4];
        deny(&f, token, reason, address, START.plus(-n * MINUTE / 3 - n % 7));
    }
    let owners: BTreeMap<TokenId, Account> =
        tokens.iter().map(|t| (t.id, f.account(t.owner.username.as_str()))).collect();
    let of =
        |name: &str, unknown_tokens| LedgerScope::Visible { visibility: visibility(&f.account(name)), unknown_tokens };
    let scopes = [
        LedgerScope::All,
        of("admin", true),
        of("member", false),
        of("viewer", false),
        LedgerScope::Token(tokens[2].id),
    ];
    let all = |scope: &LedgerScope, text: &str| LedgerQuery {
        scope: scope.clone(),
        since: None,
        filter: LedgerFilter::parse(text),
        cursor: PageCursor::Newest,
        now: START,
        limit: 1_000,
    };
    let rows = f
        .store
        .read(|s| {
            s.denied_window(&LedgerQuery::<DeniedKey> {
                scope: LedgerScope::All,
                since: None,
                filter: LedgerFilter::default(),
                cursor: PageCursor::Newest,
                now: START,
                limit: 1_000,
            })
        })
        .unwrap()
        .rows;
    let (mut asked, mut found_some) = (0, 0);
    for scope in &scopes {
        for text in ["", "reason:retired", "address:10.0.0.2", "token:m", "m.One 10.0", "jtn_", "nothing"] {
            for since in [None, Some(START.plus(-4 * MINUTE)), Some(START.plus(1))] {
                let keys = f.store.read(|s| s.denied_tokens_window(&all(scope, ""))).unwrap().rows;
                let (first, last) = (keys.first().unwrap().key, keys.last().unwrap().key);
                use PageCursor::{Around, Newer, Newest, Older, Oldest};
                for cursor in [Newest, Oldest, Newer(last), Older(first), Around(last)] {
                    for limit in [0, 1, 2, 100] {
                        let query = LedgerQuery { cursor, since, limit, ..all(scope, text) };
                        let found = f.store.read(|s| s.denied_tokens_window(&query)).unwrap();
                        assert_eq!(found, summed_window(rows.clone(), &query, &owners), "{query:?}");
                        asked += 1;
                        found_some += usize::from(!found.rows.is_empty());
                    }
                }
            }
        }
    }
    assert!(found_some > asked / 10 && found_some < asked * 9 / 10, "{found_some} of {asked}");
}
