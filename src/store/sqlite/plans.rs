//! How SQLite means to read the lists: a plan that sorts or scans a million tokens passes every other test.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;

use super::listing::{Listing, Step};
use super::{accounts, open, tokens};
use crate::domain::account::AccountId;
use crate::domain::expiry::Expiry;
use crate::domain::filter::Filter;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::password::PasswordHash;
use crate::domain::role::Role;
use crate::domain::selection::Selection;
use crate::domain::sort::{Sort, SortColumn};
use crate::domain::time::Timestamp;
use crate::verbs::ports::{Anchor, NewAccount, NewToken, Visibility, WindowQuery};

const NOW: Timestamp = Timestamp(1_795_253_400_000);

/// A store with one token of an owner's.
fn furnished() -> (Connection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (db, _) = open::open(&folder.path().join("x.db"), true).unwrap();
    let password = PasswordHash("hash".to_owned());
    let username = Username::parse("ops").unwrap();
    accounts::insert(&db, &NewAccount { username: &username, role: Role::Owner, password: &password, now: NOW })
        .unwrap();
    let new = NewToken {
        account: AccountId(1),
        name: &TokenName::parse("a").unwrap(),
        description: &Description::none(),
        selection: &Selection::Inherit,
        expiry: Expiry::Never,
        now: NOW,
    };
    tokens::insert(&db, &new).unwrap();
    (db, folder)
}

fn plan(db: &Connection, query: &WindowQuery, keyed: bool, step: Step) -> String {
    let list = Listing::of(db, query).unwrap();
    let key = list.key_of(db, 1).unwrap().filter(|_| keyed);
    let (sql, values) = list.page_sql(key.as_deref(), step, 200);
    explained(db, &sql, &values)
}

fn query(roles: &[Role], sort: Sort, trashed: bool) -> WindowQuery {
    WindowQuery {
        visibility: Visibility { own: AccountId(1), roles: roles.to_vec() },
        account: None,
        filter: Filter::default(),
        expiring_by: None,
        sort,
        trashed,
        now: NOW,
        anchor: Anchor::Start,
        limit: 200,
    }
}

fn explained(db: &Connection, sql: &str, values: &[Value]) -> String {
    let mut explained = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines = explained.query_map(params_from_iter(values), |r| r.get::<_, String>(3)).unwrap();
    lines.map(|l| l.unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_accounts_tokens_are_counted_among_its_own() {
    let (db, _folder) = furnished();
    let plan = explained(&db, tokens::ACTIVE, &[1, NOW.0].map(Value::from));
    assert!(plan.contains("tokens_live_of_account (account_id=?)"), "{plan}");
}

#[test]
fn every_order_is_read_along_its_index() {
    let (db, _folder) = furnished();
    for column in SortColumn::ALL {
        for (descending, trashed, keyed) in
            [(false, false, false), (false, false, true), (true, false, true), (false, true, false), (true, true, true)]
        {
            for step in [Step::At, Step::On, Step::Back] {
                for roles in [&Role::ALL[..], &[Role::Member, Role::Viewer]] {
                    let plan = plan(&db, &query(roles, Sort { column, descending }, trashed), keyed, step);
                    assert!(!plan.contains("TEMP B-TREE"), "{column:?} {plan}");
                    assert!(!plan.contains("SCAN t\n") && !plan.ends_with("SCAN t"), "{column:?} {plan}");
                    let index = match (column, trashed) {
                        (SortColumn::LastSeen, _) => "last_seen_in_order",
                        (_, false) => "tokens_by_",
                        (_, true) => "tokens_trashed_by_",
                    };
                    assert!(plan.contains(index), "{column:?} {plan}");
                    // The key is a place in the index, and no condition on every row.
                    let seeks = [",tie)>(?,?", ",tie)<(?,?", "(at,token_id)>(?,?)", "(at,token_id)<(?,?)"];
                    let seeks = seeks.iter().any(|s| plan.contains(s));
                    assert!(seeks || !keyed, "{column:?} {plan}");
                }
            }
        }
    }
}

#[test]
fn accounts_count_their_tokens_without_looking_at_each() {
    let (db, _folder) = furnished();
    assert_eq!(accounts::token_counts(&db, None, NOW).unwrap()[&AccountId(1)].active, 1);
    for (of_one, found) in [
        (true, "SEARCH tokens USING INDEX tokens_live_of_account (account_id=?)"),
        (false, "SCAN tokens USING INDEX tokens_live_of_account"),
    ] {
        let plan = explained(&db, &accounts::counts_sql(of_one), &[NOW.0, 1].map(Value::from));
        assert!(plan.contains(found), "{plan}");
        assert_eq!(plan.matches(" tokens ").count(), 1, "{plan}");
    }
}

#[test]
fn members_lists_and_short_ones_are_found_by_what_makes_them_short() {
    let (db, _folder) = furnished();
    for column in SortColumn::ALL {
        for (trashed, index) in [(false, "tokens_name_in_account"), (true, "tokens_trashed_in_account")] {
            let plan = plan(&db, &query(&[], Sort { column, descending: false }, trashed), true, Step::At);
            assert!(plan.contains(&format!("SEARCH t USING INDEX {index} (account_id=?")), "{column:?} {plan}");
        }
    }
    for (text, found) in [
        ("status:disabled", "tokens_by_status (enabled=?)"),
        ("status:expired", "tokens_by_status (enabled=? AND until<?)"),
        ("seen:never", "last_seen_in_order (trashed=? AND at=?)"),
        ("is:stale", "last_seen_in_order (trashed=? AND at<?)"),
        ("account:op", "tokens_name_in_account (account_id=?)"),
    ] {
        let filter = Filter::parse(text);
        let plan = plan(&db, &WindowQuery { filter, ..query(&Role::ALL, Sort::default(), false) }, false, Step::At);
        assert!(plan.contains(found), "{text} {plan}");
    }
}
