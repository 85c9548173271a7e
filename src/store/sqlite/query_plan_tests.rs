//! Tests of SQLite's query plans for the lists. A plan that sorts or scans a million tokens would pass every other
//! test.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;

use super::sqlite_tx::SqliteTx;
use super::token_list_path::AccessPath;
use super::token_list_query::{Step, TokenListing, sort_key};
use super::token_search::{TextMatch, TokenSearch};
use super::{accounts, findings, notices, open, still_tried, token_figures, tokens};
use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::expiry::Expiry;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::password::PasswordHash;
use crate::domain::query::filter_syntax::FilterFields;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::query::token_filter::{FilterBounds, TokenFilter};
use crate::domain::role::Role;
use crate::domain::time::{Timestamp, utc_zone};
use crate::domain::token::TokenId;
use crate::store::OpenMode;
use crate::verbs::ports::{
    AccountReader, AccountWriter, NamesQuery, NewAccount, NewToken, TokenCursor, Visibility, WindowQuery,
};

mod ledger;

const NOW: Timestamp = Timestamp(1_795_253_400_000);

/// Returns a store with one token of an owner.
fn store_with_token() -> (Connection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (db, _) = open::open(&folder.path().join("x.db"), OpenMode::Create).unwrap();
    let password = PasswordHash("hash".to_owned());
    let username = Username::parse("ops").unwrap();
    let account = NewAccount {
        username: &username,
        role: Role::Owner,
        password: &password,
        temporary_password: false,
        contact: None,
        now: NOW,
    };
    let tx = db.unchecked_transaction().unwrap();
    SqliteTx(&tx, &TokenSearch::new(Path::new(""), OpenMode::Existing)).insert_account(&account).unwrap();
    tx.commit().unwrap();
    let new = NewToken {
        account: AccountId(1),
        name: &TokenName::parse("a").unwrap(),
        description: &Description::none(),
        selection: &Selection::Inherit,
        expiry: Expiry::Never,
        expected_unused: false,
        now: NOW,
    };
    tokens::insert(&db, None, &new).unwrap();
    (db, folder)
}

fn plan(db: &Connection, query: &WindowQuery, keyed: bool, step: Step) -> String {
    let list = TokenListing::counted(db, query, 1, TextMatch::Sql).unwrap();
    let key = sort_key(db, query.sort, 1).unwrap().filter(|_| keyed);
    let (sql, values) = list.page_sql(key.as_deref(), step, 200);
    explain(db, &sql, &values)
}

fn query(roles: &[Role], sort: Sort, trashed: bool) -> WindowQuery {
    WindowQuery {
        visibility: Visibility { own: AccountId(1), roles: roles.to_vec() },
        account: None,
        filter: TokenFilter::default(),
        bounds: Default::default(),
        sort,
        trashed,
        now: NOW,
        cursor: TokenCursor::Start,
        limit: 200,
    }
}

#[test]
fn search_of_similar_names_reads_a_part_of_an_index() {
    let (db, _folder) = store_with_token();
    let visibility = Visibility { own: AccountId(1), roles: Role::ALL.to_vec() };
    for (account, trashed) in [(None, false), (Some(AccountId(1)), false), (None, true), (Some(AccountId(1)), true)] {
        let query = NamesQuery { visibility: &visibility, account, beginning: "ci", trashed, limit: 200 };
        let values = ["ci".to_owned().into(), "cj".to_owned().into(), 200.into()];
        let plan = explain(&db, &tokens::names_sql(&query), &values);
        assert!(plan.contains("name>? AND name<?") && !plan.contains("TEMP B-TREE"), "{plan}");
        assert!(!plan.contains("SCAN t") && !plan.contains("SCAN a"), "{plan}");
    }
}

#[test]
fn usernames_with_a_beginning_are_read_from_their_index() {
    let (db, _folder) = store_with_token();
    let plan = explain(&db, accounts::USERNAMES, &["a".to_owned().into(), "b".to_owned().into(), 200.into()]);
    assert!(plan.contains("username>? AND username<?") && !plan.contains("TEMP B-TREE"), "{plan}");
}

fn explain(db: &Connection, sql: &str, values: &[Value]) -> String {
    let mut explained = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines = explained.query_map(params_from_iter(values), |r| r.get::<_, String>(3)).unwrap();
    lines.map(|l| l.unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn active_tokens_are_counted_by_account_index() {
    let (db, _folder) = store_with_token();
    let plan = explain(&db, tokens::COUNT_ACTIVE, &[1, NOW.0].map(Value::from));
    assert!(plan.contains("tokens_live_of_account (account_id=?)"), "{plan}");
}

#[test]
fn every_sort_order_uses_its_index() {
    let (db, _folder) = store_with_token();
    for column in SortColumn::ALL {
        for (descending, trashed, keyed) in
            [(false, false, false), (false, false, true), (true, false, true), (false, true, false), (true, true, true)]
        {
            for step in [Step::From, Step::After, Step::Before] {
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
                    // The key must be a position in the index, not a condition on every row.
                    let seeks = [",tie)>(?,?", ",tie)<(?,?", "(at,token_id)>(?,?)", "(at,token_id)<(?,?)"];
                    let seeks = seeks.iter().any(|s| plan.contains(s));
                    assert!(seeks || !keyed, "{column:?} {plan}");
                }
            }
        }
    }
}

#[test]
fn secrets_of_a_list_are_read_from_an_index_alone() {
    let (db, _folder) = store_with_token();
    let plan = explain(&db, &format!("{} WHERE t.id = ?1", tokens::SELECT), &[Value::from(1)]);
    for secret in ["c", "p"] {
        let search = format!("SEARCH {secret} USING COVERING INDEX secrets_of_token (token_id=? AND state=?)");
        assert!(plan.contains(&search), "{plan}");
    }
}

#[test]
fn token_counts_use_an_index() {
    let (db, _folder) = store_with_token();
    let tx = db.unchecked_transaction().unwrap();
    assert_eq!(
        SqliteTx(&tx, &TokenSearch::new(Path::new(""), OpenMode::Existing)).token_counts(None, NOW).unwrap()
            [&AccountId(1)]
            .active,
        1
    );
    tx.commit().unwrap();
    for (of_one, found) in [
        (true, "SEARCH tokens USING INDEX tokens_live_of_account (account_id=?)"),
        (false, "SCAN tokens USING INDEX tokens_live_of_account"),
    ] {
        let plan = explain(&db, &accounts::counts_sql(of_one), &[NOW.0, 1].map(Value::from));
        assert!(plan.contains(found), "{plan}");
        assert_eq!(plan.matches(" tokens ").count(), 1, "{plan}");
    }
}

#[test]
fn short_listings_use_the_selective_index() {
    let (db, _folder) = store_with_token();
    for column in SortColumn::ALL {
        for (trashed, index) in [(false, "tokens_name_in_account"), (true, "tokens_trashed_in_account")] {
            let plan = plan(&db, &query(&[], Sort { column, descending: false }, trashed), true, Step::From);
            assert!(plan.contains(&format!("SEARCH t USING INDEX {index} (account_id=?")), "{column:?} {plan}");
        }
    }
    for (text, found) in [
        ("status:disabled", "tokens_by_status (enabled=?)"),
        ("status:expired", "tokens_by_status (enabled=? AND until<?)"),
        ("seen:never", "last_seen_in_order (trashed=? AND at=?)"),
        ("is:stale", "last_seen_in_order (trashed=? AND at<?)"),
        ("seen:>30d", "last_seen_in_order (trashed=? AND at>? AND at<?)"),
        ("expires:<7d", "tokens_by_status (enabled=? AND until>? AND until<?)"),
        ("expires:>7d", "tokens_by_status (enabled=? AND until>?)"),
        ("expires:never", "tokens_by_status (enabled=? AND until=?)"),
        ("is:expected-unused", "SCAN t USING INDEX tokens_expected_unused"),
        ("is:tried", "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"),
        ("account:op", "tokens_name_in_account (account_id=?)"),
    ] {
        let filter = TokenFilter::parse(text);
        let bounds = FilterBounds::new(&filter, &[], NOW, &utc_zone());
        let plan =
            plan(&db, &WindowQuery { filter, bounds, ..query(&Role::ALL, Sort::default(), false) }, false, Step::From);
        assert!(plan.contains(found), "{text} {plan}");
    }
}

/// The tables of a short filter's index, of the sample and of the order are each read from one place on, without a sort.
#[test]
fn choice_of_a_path_reads_parts_of_indexes() {
    let (db, _folder) = store_with_token();
    for column in SortColumn::ALL {
        for (text, found) in [
            ("status:disabled x", "SEARCH t USING INDEX tokens_by_status (enabled=?)"),
            ("status:expired x", "SEARCH t USING INDEX tokens_by_status (enabled=? AND until<?)"),
            ("status:active x", "SEARCH t USING INDEX tokens_by_status (enabled=? AND until>?)"),
            ("seen:never x", "SEARCH s USING COVERING INDEX last_seen_in_order (trashed=? AND at=?)"),
            ("is:stale x", "SEARCH s USING COVERING INDEX last_seen_in_order (trashed=? AND at<?)"),
        ] {
            let sort = Sort { column, descending: false };
            let query = WindowQuery { filter: TokenFilter::parse(text), ..query(&Role::ALL, sort, false) };
            let list = TokenListing::counted(&db, &query, 1, TextMatch::Sql).unwrap();
            let (sql, values) = list.index_count_sql(100);
            let plan = explain(&db, &sql, values);
            assert!(plan.contains(found), "{text} {plan}");
            assert!(list.has_other_conditions(), "{text}");
            let order = TokenListing::with_path(AccessPath::Order, &query, None, 1_000_000, TextMatch::Sql);
            for key in [None, sort_key(&db, sort, 1).unwrap()] {
                let (sql, values) = order.sample_sql(key.as_deref(), 2_000);
                let plan = explain(&db, &sql, &values);
                let index = if column == SortColumn::LastSeen { "last_seen_in_order" } else { "tokens_by_" };
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{column:?} {text} {plan}");
                let seeks = [",tie)>(?,?", "(at,token_id)>(?,?)"].iter().any(|seek| plan.contains(seek));
                assert!(seeks == key.is_some(), "{column:?} {text} {plan}");
            }
        }
    }
}

#[test]
fn attention_report_uses_indexes() {
    let (db, _folder) = store_with_token();
    let values = [NOW.0, NOW.0, 0, 0, 100].map(Value::from);
    for (sql, found) in [
        (findings::expiring_sql(), "SEARCH tokens USING INDEX tokens_by_expires ((until,tie)>(?,?) AND until<?)"),
        (
            findings::stale_sql(),
            "SEARCH last_seen USING COVERING INDEX last_seen_in_order (trashed=? AND (at,token_id)>(?,?) AND at<?)",
        ),
    ] {
        let plan = explain(&db, &sql, &values);
        assert!(plan.contains(found) && !plan.contains("SCAN t") && !plan.contains("SCAN a"), "{plan}");
    }
    let plan = explain(&db, &findings::unknown_names_sql(), &[NOW.0, 0, 100].map(Value::from));
    for found in [
        "SEARCH tokens USING INTEGER PRIMARY KEY (rowid>?)",
        "SEARCH m USING PRIMARY KEY (token_id=?)",
        "SEARCH s USING PRIMARY KEY (token_id=?)",
    ] {
        assert!(plan.contains(found), "{plan}");
    }
    for (roles, trashed, found) in [
        (Role::ALL.to_vec(), false, "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"),
        (Role::ALL.to_vec(), true, "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"),
        (Vec::new(), false, "SEARCH t USING INDEX tokens_name_in_account (account_id=?)"),
        (Vec::new(), true, "SEARCH t USING INDEX tokens_trashed_in_account (account_id=?)"),
    ] {
        let visibility = Visibility { own: AccountId(1), roles };
        let (sql, values) = still_tried::count_sql(&visibility, trashed, NOW);
        let plan = explain(&db, &sql, &values.values);
        let attempts = "USING COVERING INDEX denied_attempts_once (token_id";
        assert!(plan.contains(found) && plan.contains(attempts), "{plan}");
        assert!(!plan.contains("SCAN t") && !plan.contains("SCAN denied_attempts"), "{plan}");
    }
    let plan = explain(&db, findings::NEXT_DENIED_TOKEN, &[Value::from(1)]);
    assert_eq!(plan, "SEARCH denied_attempts USING COVERING INDEX denied_attempts_once (token_id>?)");
}

#[test]
fn figures_read_only_the_tokens_that_they_count() {
    let (db, _folder) = store_with_token();
    let live = "t USING INDEX tokens_live";
    let values = [NOW.0, NOW.0, 100].map(Value::from);
    for (sql, values, found) in [
        (token_figures::DISABLED.to_owned(), 0, "SEARCH tokens USING INDEX tokens_by_status (enabled=?)".to_owned()),
        (
            token_figures::EXPIRED.to_owned(),
            1,
            "SEARCH tokens USING INDEX tokens_by_status (enabled=? AND until<?)".to_owned(),
        ),
        (token_figures::account_disabled_sql(), 1, format!("SEARCH {live}_of_account (account_id=?")),
        (token_figures::expiring_count_sql(), 2, format!("SEARCH {live}_by_expiry (expires_at>? AND expires_at<?)")),
        (
            token_figures::soonest_sql(),
            3,
            "SEARCH t USING INDEX tokens_live_by_expiry (expires_at>? AND expires_at<?)".to_owned(),
        ),
    ]
    .map(|(sql, count, found)| (sql, &values[..count], found))
    {
        let plan = explain(&db, &sql, values);
        assert!(plan.contains(&found) && !plan.contains("SCAN t") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn notices_read_only_what_is_about_their_tokens() {
    let (db, _folder) = store_with_token();
    for (sql, values, found) in [
        (notices::SENT_NOTICES, 2, "SEARCH n USING PRIMARY KEY (kind=? AND token_id=?)"),
        (notices::KNOWN_NETWORKS, 1, "SEARCH n USING PRIMARY KEY (token_id=?)"),
        (
            notices::USED_ADDRESSES,
            7,
            "SEARCH daily_uses USING COVERING INDEX daily_uses_by_day ((day,token_id,public_id,method,address,client)>",
        ),
        (notices::FORGET_OLD_EPISODES, 2, "USING COVERING INDEX sent_notices_by_time (kind=? AND about<?)"),
    ] {
        let plan = explain(&db, sql, &vec![Value::from(1); values]);
        let scans = ["SCAN n", "SCAN daily_uses", "SCAN sent_notices"];
        assert!(plan.contains(found) && !scans.iter().any(|scan| plan.contains(scan)), "{plan}");
    }
}
