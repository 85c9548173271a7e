mod loading;

use tempfile::TempDir;

use super::*;
use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::audit::{AuditActor, AuditEntry, Face};
use crate::domain::catalogue::toml_reader;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::name::{Description, Prefix, TokenName, Username};
use crate::domain::password::PasswordHash;
use crate::domain::query::filter_syntax::FilterFields;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::query::token_filter::{FilterBounds, TokenFilter};
use crate::domain::role::Role;
use crate::domain::secret::Secret;
use crate::domain::time::{Timestamp, utc_zone};
use crate::domain::token::{Token, TokenId};
use crate::error::Kind;
use crate::store::sqlite::SqliteStore;
use crate::verbs::audited::Audited;
use crate::verbs::ports::{Installation, NewAccount, NewToken, Store, TokenCursor, Tx, Visibility, WindowQuery};

const NOW: Timestamp = Timestamp(1_795_253_400_000);
const TOKENS: u8 = 120;
/// A catalogue without the hand-picked methods from `shop.Get4` on. Group4 is a set of no catalogue.
const SHOP: &str = r#"
schema = 1
name = "shop"
title = "Shop"
[[group]]
id = "shop"
title = "Shop"
method = [
    { id = "Get1", title = "Get 1", access = "read" },
    { id = "Get2", title = "Get 2", access = "read" },
    { id = "Get3", title = "Get 3", access = "write" },
    { id = "Purge", title = "Purge", access = "admin" },
    { id = "Stock", title = "Stock", access = "admin" },
]
[[set]]
name = "shop: Group0"
title = "All"
include = ["shop.*"]
exclude = ["shop.Get3"]
[[set]]
name = "shop: Group1"
title = "The other set"
include = ["set:shop: Group0"]
[[set]]
name = "shop: Group2"
title = "One"
include = ["shop.Get3"]
[[set]]
name = "shop: group2"
title = "Differs in case"
include = ["shop.Purge"]
[[set]]
name = "shop.Get5"
title = "Named like a hand-picked method"
include = ["shop.Stock"]
"#;

fn write(store: &SqliteStore, verb: &'static str, change: impl Fn(&mut dyn Tx) -> TokenId) {
    let actor = AuditActor::store(Face::Cli);
    let done = store.write(&actor, &|| NOW, |tx, _| {
        let token = change(tx);
        Ok(Audited::one((), AuditEntry::new(verb, token, "")))
    });
    done.unwrap();
}

fn add_token(store: &SqliteStore, number: u8) {
    // Capitals come before all lower case letters.
    let deploy = if number < TOKENS / 2 { "Deploy_API" } else { "deploy_api" };
    write(store, "token.create", |tx| {
        let name = format!("{}-{number}", ["payments", deploy, "nightly_50", "zz"][usize::from(number % 4)]);
        let selection = match number % 3 {
            0 => Selection::Inherit,
            1 => Selection::Sets([format!("shop: Group{}", number % 5)].into()),
            _ => Selection::Custom([MethodId::parse(&format!("shop.Get{}", number % 7)).unwrap()].into()),
        };
        let new = NewToken {
            account: AccountId(i64::from(number % 2) + 1),
            name: &TokenName::parse(&name).unwrap(),
            description: &Description::parse(["", "Für 50% of Pay-outs", "the mobile app"][usize::from(number % 3)])
                .unwrap(),
            selection: &selection,
            expiry: Expiry::Never,
            expected_unused: false,
            now: NOW,
        };
        let id = tx.insert_token(&new).unwrap();
        let fill = |bytes: &mut [u8]| {
            bytes.fill(number % 60);
            bytes[0] = number / 60;
            Ok(())
        };
        let secret = Secret::generate(&Prefix::parse("jtn").unwrap(), fill).unwrap();
        tx.set_secret(id, &secret, Role::Owner, NOW, None).unwrap();
        id
    });
}

/// Returns two handles of one store: one that searches in memory, and one that doesn't.
fn stores() -> (SqliteStore, SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let plain = SqliteStore::open(&path, OpenMode::Create).unwrap();
    write(&plain, "init", |tx| {
        let (prefix, created_at) = (Prefix::parse("jtn").unwrap(), NOW);
        tx.set_installation(&Installation { prefix, created_at }).unwrap();
        for (name, role) in [("ops", Role::Owner), ("mobile-team", Role::Member)] {
            let (username, password) = (Username::parse(name).unwrap(), PasswordHash("hash".to_owned()));
            let (username, password) = (&username, &password);
            let contact = None;
            tx.insert_account(&NewAccount { username, role, password, temporary_password: false, contact, now: NOW })
                .unwrap();
        }
        TokenId(0)
    });
    (1..=TOKENS).for_each(|number| add_token(&plain, number));
    (SqliteStore::open(&path, OpenMode::Screens).unwrap(), plain, folder)
}

fn query(filter: &str, column: SortColumn, trashed: bool, cursor: TokenCursor) -> WindowQuery {
    sorted(filter, Sort { column, descending: false }, trashed, cursor)
}

fn sorted(filter: &str, sort: Sort, trashed: bool, cursor: TokenCursor) -> WindowQuery {
    let filter = TokenFilter::parse(filter);
    let catalogue = toml_reader::read("shop.toml", SHOP, &[]).unwrap();
    WindowQuery {
        visibility: Visibility { own: AccountId(1), roles: Role::ALL.to_vec() },
        account: None,
        bounds: FilterBounds::new(&filter, &[catalogue], NOW, &utc_zone()),
        filter,
        sort,
        trashed,
        now: NOW,
        cursor,
        limit: 15,
    }
}

/// Loads the texts, and waits for them.
fn load(store: &SqliteStore) {
    let first = query("pay", SortColumn::Name, false, TokenCursor::Start);
    store.read(|snapshot| snapshot.window(&first)).unwrap();
    while !matches!(&*store.search.state.lock().unwrap(), State::Loading(thread) if thread.is_finished()) {
        std::thread::yield_now();
    }
}

fn is_ready(store: &SqliteStore) -> bool {
    matches!(&*store.search.state.lock().unwrap(), State::Ready(_))
}

const FILTERS: [&str; 22] = [
    "zz",
    "pay",
    "p",
    "a",
    "deploy_a",
    "50%",
    "zz-119",
    "nothing",
    "jtn_",
    "mobile",
    "mobile pay",
    "method:get1",
    "method:get3",
    "method:get6",
    "method:GROUP2",
    "method:group",
    "method:purge",
    "method:stock",
    "pay method:get",
    "status:active pay",
    "account:ops p",
    "seen:never zz",
];

/// Compares all windows of both handles.
fn assert_same(searched: &SqliteStore, plain: &SqliteStore) {
    let columns = [SortColumn::Name, SortColumn::LastSeen, SortColumn::Account];
    let sorts = columns.into_iter().flat_map(|column| [false, true].map(|descending| Sort { column, descending }));
    for (sort, trashed) in sorts.flat_map(|sort| [(sort, false), (sort, true)]) {
        for filter in FILTERS {
            // The first search finds the first tokens on the way.
            let read =
                |store: &SqliteStore, cursor| store.read(|s| s.window(&sorted(filter, sort, trashed, cursor))).unwrap();
            let (first, counted) = (read(searched, TokenCursor::StartUncounted), read(plain, TokenCursor::Start));
            assert_eq!((&first.rows, first.total), (&counted.rows, counted.total), "{filter} {sort:?} {trashed}");
            for cursor in [TokenCursor::Start, TokenCursor::End, TokenCursor::Around(TokenId(60), None)] {
                let query = sorted(filter, sort, trashed, cursor);
                let [found, expected] = [searched, plain].map(|store| {
                    store.read(|snapshot| Ok((snapshot.window(&query)?, snapshot.matching(&query)?))).unwrap()
                });
                assert_eq!(found, expected, "{query:?}");
            }
        }
    }
    assert!(is_ready(searched));
}

#[test]
fn search_in_memory_finds_the_same_tokens_as_sqlite() {
    let (searched, plain, _folder) = stores();
    load(&searched);
    assert_same(&searched, &plain);
    // Typed letter by letter, a filter is searched in what was found before.
    for filter in ["z", "zz", "zz-", "zz-1", "zz-11", "zz-119", "zz-11"] {
        let query = query(filter, SortColumn::Name, false, TokenCursor::Start);
        let [found, expected] = [&searched, &plain].map(|store| store.read(|s| s.window(&query)).unwrap());
        assert_eq!(found, expected, "{filter}");
    }
}

#[test]
fn frequent_matches_are_returned_before_they_are_counted() {
    let (searched, plain, _folder) = stores();
    load(&searched);
    for (filter, is_counted) in [
        ("pay", false),
        ("method:get1", false),
        ("method:get6", true),
        ("mobile", false),
        ("zz-119", true),
        ("nothing", true),
    ] {
        for store in [&searched, &plain] {
            let read = |cursor| store.read(|s| s.window(&query(filter, SortColumn::Name, false, cursor))).unwrap();
            let (found, counted) = (read(TokenCursor::StartUncounted), read(TokenCursor::Start));
            assert_eq!((&found.rows, found.total), (&counted.rows, counted.total), "{filter}");
            assert_eq!(found.matching, if is_counted { counted.matching } else { 0 }, "{filter}");
        }
    }
}

#[test]
fn total_includes_changes_of_all_connections() {
    let (one, other, _folder) = stores();
    let total = |trashed| {
        let query = query("", SortColumn::Name, trashed, TokenCursor::End);
        let [of_one, of_other] = [&one, &other].map(|store| store.read(|s| Ok(s.window(&query)?.total)).unwrap());
        assert_eq!(of_one, of_other);
        of_one
    };
    assert_eq!((total(false), total(true)), (120, 0));
    add_token(&other, TOKENS + 1);
    assert_eq!(total(false), 121);
    add_token(&one, TOKENS + 2);
    assert_eq!(total(false), 122);
    change(&one, "token.revoke", 4, |token| token.deleted_at = Some(NOW));
    assert_eq!((total(true), total(false)), (1, 121));
}

#[test]
fn interrupted_search_fails_and_the_next_one_does_not() {
    let (searched, _plain, _folder) = stores();
    load(&searched);
    let search = || searched.read(|s| s.window(&query("p", SortColumn::Name, false, TokenCursor::Start)));
    let interrupted = searched.read(|s| {
        searched.interrupt_read();
        s.window(&query("p", SortColumn::Name, false, TokenCursor::Start))
    });
    assert_eq!(interrupted.unwrap_err().kind, Kind::Cancelled);
    assert!(search().unwrap().matching > 0);
}

fn change(store: &SqliteStore, verb: &'static str, id: i64, change: impl Fn(&mut Token)) {
    write(store, verb, |tx| {
        let mut token = tx.token(TokenId(id)).unwrap().unwrap();
        change(&mut token);
        tx.update_token(&token).unwrap();
        token.id
    });
}

#[test]
fn search_in_memory_includes_changes_of_others() {
    let (searched, plain, _folder) = stores();
    load(&searched);
    assert_same(&searched, &plain);
    change(&plain, "token.edit", 3, |token| token.name = TokenName::parse("pay-3").unwrap());
    // Now the first of its matches, and the last one by its old name.
    change(&plain, "token.edit", 99, |token| token.name = TokenName::parse("zy-zz").unwrap());
    change(&plain, "token.edit", 5, |token| token.selection = Selection::Inherit);
    change(&plain, "token.edit", 6, |token| token.selection = Selection::Sets(["shop: Group1".to_owned()].into()));
    change(&plain, "token.revoke", 4, |token| token.deleted_at = Some(NOW));
    change(&plain, "token.revoke", 8, |token| token.deleted_at = Some(NOW));
    add_token(&plain, TOKENS + 1);
    assert_same(&searched, &plain);
    change(&plain, "token.restore", 4, |token| token.deleted_at = None);
    write(&plain, "token.purge", |tx| {
        tx.purge(&[TokenId(8)], NOW).unwrap();
        TokenId(8)
    });
    assert_same(&searched, &plain);
    // This change may have changed any token: *Inherit* now includes methods with the access level admin.
    let done = plain.write(&AuditActor::store(Face::Cli), &|| NOW, |tx, _| {
        let mut member = tx.account(AccountId(2))?.unwrap();
        member.role = Role::Admin;
        tx.update_account(&member)?;
        Ok(Audited::one((), AuditEntry::new("account.role", "mobile-team", "")))
    });
    done.unwrap();
    load(&searched);
    assert_same(&searched, &plain);
}

#[test]
fn search_in_memory_finds_the_same_rows_around_each_token() {
    let (searched, plain, _folder) = stores();
    load(&searched);
    for filter in FILTERS {
        for id in (1..=i64::from(TOKENS)).step_by(3) {
            let query = query(filter, SortColumn::Name, false, TokenCursor::Around(TokenId(id), None));
            let [found, expected] = [&searched, &plain].map(|store| store.read(|s| s.window(&query)).unwrap());
            assert_eq!(found, expected, "{filter} {id}");
        }
    }
}

#[test]
fn search_in_memory_separates_the_trash() {
    let (_, plain, folder) = stores();
    // First the first and the last tokens with "zz" in the order of names, then many on both sides.
    for ids in [vec![103, 107, 99], (1..=i64::from(TOKENS)).filter(|id| id % 5 < 2).collect()] {
        ids.into_iter().for_each(|id| change(&plain, "token.revoke", id, |token| token.deleted_at = Some(NOW)));
        let searched = SqliteStore::open(&folder.path().join("x.db"), OpenMode::Screens).unwrap();
        load(&searched);
        assert_same(&searched, &plain);
    }
}

#[test]
fn only_screens_load_texts() {
    let (searched, plain, folder) = stores();
    load(&searched);
    for mode in [OpenMode::Existing, OpenMode::Create] {
        let store = SqliteStore::open(&folder.path().join("x.db"), mode).unwrap();
        store.read(|s| s.window(&query("pay", SortColumn::Name, false, TokenCursor::Start))).unwrap();
        assert!(matches!(&*store.search.state.lock().unwrap(), State::Unused));
    }
    let other = SqliteStore::open(&folder.path().join("x.db"), OpenMode::Screens).unwrap();
    other.read(|s| s.matching(&query("pay", SortColumn::Name, false, TokenCursor::Start))).unwrap();
    assert!(matches!(&*other.search.state.lock().unwrap(), State::Absent), "a change in batches searches once");
    drop(other);
    drop((searched, plain));
    assert!(!folder.path().join("x.db-wal").exists(), "the last connection is closed");
}
