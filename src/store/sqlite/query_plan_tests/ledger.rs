//! Plans of the lists of the ledger.

use super::super::denied_tokens;
use super::super::ledger_read::LedgerTable;
use super::super::ledger_window::{self, PageStart};
use super::*;
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::verbs::ledger::{DeniedKey, DeniedRow, DeniedTokenKey, LedgerQuery, LedgerScope, UseKey, UseRow};

fn ledger_query<K>(sight: LedgerScope, text: &str) -> LedgerQuery<K> {
    LedgerQuery {
        scope: sight,
        since: Some(NOW),
        filter: LedgerFilter::parse(text),
        cursor: PageCursor::Newest,
        now: NOW,
        limit: 200,
    }
}

/// Returns the plan of each page of a list of the ledger: from either end and around a key, with and without a filter.
fn ledger_plans<R: LedgerTable>(db: &Connection, key: &R::Key, one: bool) -> Vec<(bool, String)> {
    let strangers = true;
    let sights = match one {
        true => vec![LedgerScope::Token(TokenId(1))],
        false => [&Role::ALL[..], &[Role::Member, Role::Viewer]]
            .map(|roles| Visibility { own: AccountId(1), roles: roles.to_vec() })
            .map(|visibility| LedgerScope::Visible { visibility, unknown_tokens: strangers })
            .into_iter()
            .chain([LedgerScope::All])
            .collect(),
    };
    let mut plans = Vec::new();
    for sight in sights {
        for text in ["", "a reason:b token:c address:d"] {
            for from in [
                PageStart::Top,
                PageStart::Bottom,
                PageStart::Above(key.clone()),
                PageStart::At(key.clone()),
                PageStart::Below(key.clone()),
            ] {
                let query = ledger_query(sight.clone(), text);
                let (sql, found) = ledger_window::page_sql::<R>(&query, one.then_some(TokenId(1)), &from, 200);
                let keyed = !matches!(from, PageStart::Top | PageStart::Bottom);
                plans.push((keyed, explain(db, &sql, &found.values)));
            }
        }
    }
    for (_, plan) in &plans {
        for table in ["d", "t", "a", "s", "p", "tombstones"] {
            let scan = format!("SCAN {table}");
            assert!(!plan.lines().any(|l| l == scan || l.starts_with(&format!("{scan} "))), "{plan}");
        }
    }
    plans
}

#[test]
fn ledger_page_uses_the_time_index() {
    let (db, _folder) = store_with_token();
    let (denied, used) = (DeniedKey { minute: 1, row: 1 }, use_key());
    // Continuing from a key seeks to its exact position, and doesn't walk through the rest of its minute or day.
    for (keyed, plan) in ledger_plans::<DeniedRow>(&db, &denied, false) {
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(plan.starts_with("SEARCH d USING INDEX denied_attempts_by_time ("), "{plan}");
        assert!(!keyed || plan.contains("(minute,tie)"), "{plan}");
    }
    for (keyed, plan) in ledger_plans::<UseRow>(&db, &used, false) {
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(plan.starts_with("SEARCH d USING") && plan.contains("daily_uses_by_day ("), "{plan}");
        assert!(!keyed || plan.contains("(day,token_id,public_id,method,address,client)"), "{plan}");
    }
}

#[test]
fn sums_of_denied_attempts_are_read_from_an_index() {
    let (db, _folder) = store_with_token();
    let key = DeniedTokenKey { at: NOW, token: TokenId(1) };
    let of = |roles: &[Role], unknown_tokens| {
        let visibility = Visibility { own: AccountId(1), roles: roles.to_vec() };
        LedgerScope::Visible { visibility, unknown_tokens }
    };
    for scope in
        [LedgerScope::All, of(&[Role::Member, Role::Viewer], true), of(&[], false), LedgerScope::Token(TokenId(1))]
    {
        for text in ["", "reason:disabled"] {
            let (sums, rows) = (ledger_query(scope.clone(), text), ledger_query(scope.clone(), text));
            let (sql, found) = denied_tokens::sums_sql(&sums, &rows, Some(("<", key)), false, 200);
            let plan = explain(&db, &sql, &found.values);
            assert!(plan.contains("COVERING INDEX denied_attempts_by_token"), "{plan}");
            assert!(!plan.contains("FOR GROUP BY"), "{plan}");
        }
    }
}

fn use_key() -> UseKey {
    let text = String::new;
    UseKey { day: 1, token: TokenId(1), secret: text(), method: text(), address: text(), client: text() }
}

#[test]
fn ledger_page_of_one_token_uses_its_time_index() {
    let (db, _folder) = store_with_token();
    for (_, plan) in ledger_plans::<DeniedRow>(&db, &DeniedKey { minute: 1, row: 1 }, true) {
        // A token has a bounded number of rows in a minute; these are sorted.
        assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "{plan}");
        assert!(plan.contains("denied_attempts_once (token_id=? AND minute"), "{plan}");
    }
    for (_, plan) in ledger_plans::<UseRow>(&db, &use_key(), true) {
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(plan.contains("SEARCH d USING PRIMARY KEY (token_id=? AND day"), "{plan}");
    }
}
