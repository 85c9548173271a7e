//! Windows of tokens, compared with a model that has all tokens in memory and scans them.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::planned_tokens::{insert_planned, planned, thirty};
use super::token_filter_model::holds;
use super::*;
use jeton::domain::catalogue::method_holders::MethodHolders;
use jeton::domain::query::span_bound::TimeBound;
use jeton::domain::query::token_filter::FilterBounds;
use jeton::domain::time::utc_zone;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Number(i64),
    Text(&'a str),
    Words(String),
}

/// Returns the sort key of a token.
fn key(token: &Token, column: SortColumn) -> (Vec<Key<'_>>, TokenId) {
    let until = || Key::Number(token.expiry.at().map_or(i64::MAX, |at| at.0));
    let name = || Key::Text(token.name.as_str());
    let keys = match column {
        SortColumn::Name => vec![name()],
        SortColumn::Status => vec![Key::Number(token.enabled.into()), until()],
        SortColumn::Account => vec![Key::Text(token.owner.username.as_str()), name()],
        SortColumn::Api => vec![Key::Words(token.selection.summary())],
        SortColumn::Expires => vec![until()],
        SortColumn::LastSeen => vec![Key::Number(token.last_seen_at.map_or(0, |at| at.0))],
        SortColumn::Created => vec![Key::Number(token.created_at.0)],
        SortColumn::Hint => vec![Key::Text(&token.hint)],
    };
    (keys, token.id)
}

pub(super) fn compare(a: &Token, b: &Token, sort: Sort) -> Ordering {
    let order = key(a, sort.column).cmp(&key(b, sort.column));
    if sort.descending { order.reverse() } else { order }
}

pub(super) fn model(tokens: &[Token], query: &WindowQuery) -> Window {
    let in_scope = |t: &&Token| {
        t.deleted_at.is_some() == query.trashed
            && (t.owner.id == query.visibility.own || query.visibility.roles.contains(&t.owner.role))
            && query.account.is_none_or(|a| a == t.owner.id)
    };
    let mut scope: Vec<&Token> = tokens.iter().filter(in_scope).collect();
    scope.sort_by(|a, b| compare(a, b, query.sort));
    let total = scope.len() as u64;
    let found: Vec<&Token> = scope.into_iter().filter(|t| holds(t, query)).collect();
    let limit = query.limit.min(found.len());
    if let TokenCursor::After(id) = query.cursor {
        let key = match id.map(|id| tokens.iter().find(|t| t.id == id)) {
            Some(None) => return Window::default(),
            key => key.flatten(),
        };
        let after = |t: &&&Token| key.is_none_or(|key| compare(t, key, query.sort).is_gt());
        let rows: Vec<Token> = found.iter().filter(after).take(query.limit).map(|t| (*t).clone()).collect();
        let last = rows.last().map(|token| token.id);
        return Window { rows, last, total: if key.is_none() { total } else { 0 }, ..Window::default() };
    }
    let start = match query.cursor {
        TokenCursor::Start | TokenCursor::StartUncounted | TokenCursor::After(_) => 0,
        TokenCursor::End => found.len() - limit,
        TokenCursor::Around(id, _) => match tokens.iter().find(|t| t.id == id) {
            None => 0,
            Some(key) => {
                let at = found.partition_point(|t| compare(t, key, query.sort).is_lt());
                at.saturating_sub(query.limit / 2).min(found.len() - limit)
            }
        },
    };
    let rows: Vec<Token> = found[start..start + limit].iter().map(|t| (*t).clone()).collect();
    let position = if rows.is_empty() { 0 } else { start as u64 };
    let last = rows.last().map(|token| token.id);
    Window {
        rows,
        unreadable: Vec::new(),
        last,
        position,
        matching: found.len() as u64,
        matching_is_lower_bound: false,
        total,
        still_tried: Default::default(),
    }
}

/// The selections that the methods of [`filters`] mean, with the catalogues of the fixture.
static HOLDERS: LazyLock<BTreeMap<String, MethodHolders>> = LazyLock::new(|| {
    let catalogues = ["jeton", "cloud-platform"].map(|name| Catalogue::shipped(name).unwrap());
    let texts = filters().into_iter().filter_map(|filter| filter.method);
    texts.map(|text| (text.clone(), MethodHolders::new(&catalogues, &text))).collect()
});

fn filters() -> Vec<TokenFilter> {
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
        "account:zzz",
        "method:stopenv",
        "method:E status:active",
        "method:listenvs",
        "method:deleteenv seen:never",
        "method:marketplace",
        "method:tokens.read",
        "method:gone",
        "method:zzz",
        "is:stale",
        "is:expiring",
        "is:expected-unused",
        "is:expected-unused seen:never",
        "is:expected-unused is:stale",
        "status:deleted is:expected-unused b",
        "is:stale is:expiring seen:never b",
        "expires:<7d",
        "expires:>7d",
        "expires:never",
        "expires:<7d status:disabled a",
        "seen:>90d",
        "seen:<90d",
        "seen:>90d is:stale expires:>1h b",
    ]
    .map(TokenFilter::parse)
    .into()
}

fn agree<E: Engine>(f: &Fixture<E>, tokens: &[Token], query: &WindowQuery) -> Window {
    let got = f.store.read(|s| s.window(query)).unwrap();
    assert_eq!(got, model(tokens, query), "{query:#?}");
    matching_tokens::agree(f, tokens, query);
    got
}

pub(super) fn query(reader: &Account, filter: &TokenFilter, sort: Sort, trashed: bool, limit: usize) -> WindowQuery {
    WindowQuery {
        visibility: visibility(reader),
        account: None,
        filter: filter.clone(),
        // 14 days would include every planned expiry.
        bounds: FilterBounds {
            expiring_by: filter.expiring.map(|_| START.plus(1)),
            expires: filter.expires.map(|bound| match bound.is_beyond {
                true => TimeBound::After(START.plus(1)),
                false => TimeBound::UpTo(START.plus(1)),
            }),
            method: filter.method.as_ref().map(|text| HOLDERS[text].clone()),
            ..FilterBounds::new(filter, &[], START, &utc_zone())
        },
        sort,
        trashed,
        now: START,
        cursor: TokenCursor::Start,
        limit,
    }
}

fn sorts() -> impl Iterator<Item = Sort> {
    SortColumn::ALL.into_iter().flat_map(|column| [false, true].map(|descending| Sort { column, descending }))
}

pub fn windows_agree_with_a_model<E: Engine>() {
    let cases = if std::env::var_os("JETON_SOAK").is_some() { 300 } else { 16 };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() };
    let plans = prop::collection::vec(planned(), 0..24);
    let picks = (0..filters().len(), 0..16usize, 0..4usize, prop::option::of(0..4usize), 1..9usize);
    TestRunner::new(config)
        .run(&(plans, prop::collection::vec(picks, 12)), |(plan, picks)| {
            let f = Fixture::<E>::new();
            let tokens = insert_planned(&f, &plan);
            let accounts: Vec<Account> = Role::ALL.map(|r| f.account(r.as_str())).into();
            let (filters, sorts): (Vec<TokenFilter>, Vec<Sort>) = (filters(), sorts().collect());
            for (filter, sort, reader, account, limit) in picks {
                for trashed in [false, true] {
                    let mut query = query(&accounts[reader], &filters[filter], sorts[sort], trashed, limit);
                    query.account = account.map(|a| accounts[a].id);
                    agree(&f, &tokens, &query);
                    query.cursor = TokenCursor::End;
                    agree(&f, &tokens, &query);
                    for token in &tokens {
                        query.cursor = TokenCursor::Around(token.id, None);
                        agree(&f, &tokens, &query);
                        query.cursor = TokenCursor::After(Some(token.id));
                        agree(&f, &tokens, &query);
                    }
                    for cursor in [TokenCursor::After(None), TokenCursor::Around(TokenId(9_999), None)] {
                        query.cursor = cursor;
                        agree(&f, &tokens, &query);
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}

pub fn every_filter_and_page_border<E: Engine>() {
    let f = Fixture::<E>::new();
    let tokens = insert_planned(&f, &thirty());
    let reader = f.account("admin");
    for filter in filters() {
        for limit in [0, 1, 2, 3, 5, tokens.len(), 1_000, usize::MAX] {
            for trashed in [false, true] {
                let middle = tokens[tokens.len() / 2].id;
                for cursor in [
                    TokenCursor::Start,
                    TokenCursor::End,
                    TokenCursor::Around(middle, None),
                    TokenCursor::After(None),
                    TokenCursor::After(Some(middle)),
                ] {
                    let sort = Sort { column: SortColumn::ALL[limit % 8], descending: trashed };
                    agree(&f, &tokens, &WindowQuery { cursor, ..query(&reader, &filter, sort, trashed, limit) });
                }
            }
        }
    }
}

/// Returns the ids of a list read from one end to the other. Each window starts at the last row of the one before, with
/// the returned position, and must match the model.
fn walk<E: Engine>(f: &Fixture<E>, tokens: &[Token], mut query: WindowQuery, onwards: bool) -> Vec<TokenId> {
    query.cursor = if onwards { TokenCursor::Start } else { TokenCursor::End };
    let mut window = agree(f, tokens, &query);
    let mut seen_ids: Vec<TokenId> = Vec::new();
    loop {
        let rows = window.rows.iter().map(|t| t.id).filter(|id| !seen_ids.contains(id)).collect::<Vec<_>>();
        if onwards {
            seen_ids.extend(rows)
        } else {
            seen_ids.splice(..0, rows).for_each(drop)
        }
        let end = window.position + window.rows.len() as u64;
        let (edge, at, more) = if onwards {
            (window.rows.last(), end.saturating_sub(1), end < window.matching)
        } else {
            (window.rows.first(), window.position, window.position > 0)
        };
        let Some(edge) = edge.filter(|_| more) else { return seen_ids };
        query.cursor = TokenCursor::Around(edge.id, Some(at));
        window = agree(f, tokens, &query);
    }
}

pub fn every_order_is_walked_from_either_end<E: Engine>() {
    let f = Fixture::<E>::new();
    let tokens = insert_planned(&f, &thirty());
    for reader in ["owner", "admin", "member"].map(|name| f.account(name)) {
        for sort in sorts() {
            for (text, trashed) in
                [("", false), ("", true), ("b", false), ("seen:ever", true), ("status:active", false)]
            {
                let query = query(&reader, &TokenFilter::parse(text), sort, trashed, 3);
                let whole = model(&tokens, &WindowQuery { limit: 100, ..query.clone() });
                let whole: Vec<TokenId> = whole.rows.iter().map(|t| t.id).collect();
                assert_eq!(walk(&f, &tokens, query.clone(), true), whole, "{sort:?} {text}");
                assert_eq!(walk(&f, &tokens, query.clone(), false), whole, "{sort:?} {text}");
                let mut pages: Vec<TokenId> = agree(&f, &tokens, &query).rows.iter().map(|t| t.id).collect();
                while let Some(last) = pages.last().filter(|_| pages.len() < whole.len()) {
                    let next = WindowQuery { cursor: TokenCursor::After(Some(*last)), ..query.clone() };
                    let rows = agree(&f, &tokens, &next).rows;
                    assert!(!rows.is_empty());
                    pages.extend(rows.iter().map(|t| t.id));
                }
                assert_eq!(pages, whole, "{sort:?} {text}");
            }
        }
    }
}
