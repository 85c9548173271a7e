//! Migration of stores that an older jeton wrote.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use jeton::domain::account::AccountId;
use jeton::domain::catalogue::TrailingSlash;
use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::secret::PublicId;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{Store, TokenCursor, Visibility, Window, WindowQuery};

use super::{child_command, child_store, wait_for_output};
use crate::support::fakes::{START, TempStore, entry, tester};

/// The first schema, unchanged.
const FIRST: &str = include_str!("../../../src/store/sqlite/migrations/001_initial.sql");

/// Writes a store of the first schema: tokens of every selection and state, of two accounts.
pub fn write_old_store(path: &Path) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(FIRST).unwrap();
    db.execute_batch("PRAGMA application_id = 0x6a65746e; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;")
        .unwrap();
    db.execute_batch(&format!(
        "INSERT INTO installation VALUES (1, 'jtn', {0});
         INSERT INTO accounts VALUES (1, 'ops', 'owner', 1, 'h', 1, {0}, NULL), (2, 'ci', 'member', 1, 'h', 1, {0}, NULL);
         INSERT INTO tokens VALUES
             (1, 1, 'd-inherit', '', 'api', 1, 'inherit', {0} - 1, NULL, NULL, 1),
             (2, 1, 'c-set', '', 'api', 1, 'sets', {0} - 5, {0} + 9, NULL, 1),
             (3, 2, 'b-sets', '', 'api', 0, 'sets', {0} - 4, NULL, NULL, 3),
             (4, 2, 'a-custom', '', 'api', 1, 'custom', {0} - 3, {0} - 2, NULL, 1),
             (5, 1, 'e-one', '', 'api', 1, 'custom', {0} - 2, {0} + 7, NULL, 1),
             (6, 1, 'f-nothing', '', 'api', 1, 'custom', {0}, NULL, NULL, 1),
             (7, 1, 'gone', '', 'api', 1, 'inherit', {0}, NULL, {0}, 2);
         INSERT INTO catalogues VALUES ('x', 'X', 0);
         INSERT INTO method_groups VALUES ('a', 'x', 'A', 0);
         INSERT INTO methods VALUES ('a.B', 'a', 'b', 'read', NULL, 0), ('a.C', 'a', 'c', 'admin', 'https://x', 1);
         INSERT INTO method_routes VALUES ('a.B', 0, 'GET /b'), ('a.B', 1, 'GET /bb'), ('a.C', 0, 'PUT /c');
         INSERT INTO token_sets VALUES (2, 'IDE Plugins'), (3, 'IDE Plugins'), (3, 'Marketplace');
         INSERT INTO token_methods VALUES (4, 'a.B'), (4, 'a.C'), (5, 'a.B');
         INSERT INTO secrets SELECT substr('ZYXWVUT', id, 1) || 'ooooooo', zeroblob(32), id, 'current', {0}, NULL FROM tokens;
         INSERT INTO secrets VALUES ('0ooooooo', zeroblob(32), 1, 'dead', {0}, NULL);
         INSERT INTO last_uses VALUES ('Zooooooo', 1, {0} - 7), ('0ooooooo', 1, {0} - 3), ('Wooooooo', 4, {0} - 5);",
        START.0
    ))
    .unwrap();
    drop(db);
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Passwords set by other people are found in the audit log of an older store.
#[test]
fn migration_makes_passwords_set_by_others_temporary() {
    let temp_store = TempStore::new();
    write_old_store(&temp_store.path());
    let db = rusqlite::Connection::open(temp_store.path()).unwrap();
    for (name, rows) in [
        ("made", &[("account.create", 1)][..]),
        ("replaced", &[("account.create", 1), ("account.passwd", 0)]),
        ("reset", &[("account.create", 1), ("account.passwd", 0), ("account.passwd", 1), ("account.role", 0)]),
        ("unknown", &[]),
    ] {
        let sql = "INSERT INTO accounts VALUES (NULL, ?1, 'member', 1, 'h', 1, ?2, NULL)";
        db.execute(sql, rusqlite::params![name, START.0]).unwrap();
        let id = db.last_insert_rowid();
        for (verb, by) in rows {
            let by = format!("a:{}", if *by == 0 { id } else { *by });
            let sql = "INSERT INTO audit VALUES (NULL, ?1, ?2, '', 'password', 'cli', ?3, 'a:' || ?4, '', '{}', zeroblob(32))";
            db.execute(sql, rusqlite::params![START.0, by, verb, id]).unwrap();
        }
    }
    drop(db);
    let store = SqliteStore::open(&temp_store.path(), OpenMode::Existing).unwrap();
    let accounts = store.read(|s| s.accounts()).unwrap();
    let temporary: Vec<&str> = accounts.iter().filter(|a| a.temporary_password).map(|a| a.username.as_str()).collect();
    assert_eq!(temporary, ["made", "reset"]);
}

fn window(store: &SqliteStore, column: SortColumn, trashed: bool) -> Window {
    let query = WindowQuery {
        visibility: Visibility { own: AccountId(1), roles: Role::ALL.to_vec() },
        account: None,
        filter: TokenFilter::default(),
        bounds: Default::default(),
        sort: Sort { column, descending: false },
        trashed,
        now: START,
        cursor: TokenCursor::Start,
        limit: 100,
    };
    store.read(|s| s.window(&query)).unwrap()
}

fn stored_api(db: &rusqlite::Connection, token: &Token) -> String {
    db.query_row("SELECT api FROM tokens WHERE id = ?1", [token.id.0], |r| r.get(0)).unwrap()
}

#[test]
fn migration_brings_the_first_schema_to_the_newest() {
    let temp_store = TempStore::new();
    write_old_store(&temp_store.path());
    let store = SqliteStore::open(&temp_store.path(), OpenMode::Existing).unwrap();
    let ids = |column| window(&store, column, false).rows.iter().map(|t| t.id.0).collect::<Vec<_>>();
    assert_eq!(ids(SortColumn::Name), [4, 3, 2, 1, 5, 6]);
    assert_eq!(ids(SortColumn::Status), [3, 4, 5, 2, 1, 6]);
    assert_eq!(ids(SortColumn::Account), [4, 3, 2, 1, 5, 6]);
    assert_eq!(ids(SortColumn::Expires), [4, 5, 2, 1, 3, 6]);
    assert_eq!(ids(SortColumn::LastSeen), [2, 3, 5, 6, 4, 1]);
    assert_eq!(ids(SortColumn::Created), [2, 3, 4, 5, 1, 6]);
    assert_eq!(ids(SortColumn::Hint), [6, 5, 4, 3, 2, 1]);
    let by_api = window(&store, SortColumn::Api, false);
    let keys: Vec<String> = by_api.rows.iter().map(|t| t.selection.sort_key()).collect();
    assert_eq!(keys, ["1 method", "2 methods", "2 sets", "IDE Plugins", "Inherit", "nothing yet"]);
    let raw = rusqlite::Connection::open(temp_store.path()).unwrap();
    let retained: Vec<String> = by_api.rows.iter().map(|t| stored_api(&raw, t)).collect();
    assert_eq!(retained, keys);
    assert_eq!((by_api.total, window(&store, SortColumn::Name, true).total), (6, 1));
    let issued: Vec<_> = window(&store, SortColumn::Name, false).rows.iter().map(|t| t.issued_role).collect();
    let [owner, member] = [Role::Owner, Role::Member];
    assert_eq!(issued, [member, member, owner, owner, owner, owner], "the role that the account has");
    assert!(by_api.rows.iter().all(|t| t.made_by.is_none()));
    let dead = store.read(|s| s.secret(&PublicId::parse("0ooooooo").unwrap())).unwrap().unwrap();
    assert_eq!(dead.issued_role, Role::Owner);
    let seen = |t: &Token| t.last_seen_at;
    assert_eq!(by_api.rows.iter().filter_map(seen).max(), Some(Timestamp(START.0 - 3)), "by any of its secrets");

    // Methods and their routes are complete, and may be public now.
    let mut catalogue = store.read(|s| s.catalogues()).unwrap().into_iter().find(|c| c.name == "x").unwrap();
    let found: Vec<_> = catalogue.methods().map(|m| (m.id.as_str(), m.access.as_str(), m.routes.len())).collect();
    assert_eq!(found, [("a.B", "read", 2), ("a.C", "admin", 1)]);
    catalogue.groups[0].methods[0].access = jeton::domain::method::Access::Public;
    // An older catalogue is valid for any host.
    assert!(catalogue.hosts.is_empty() && catalogue.trailing_slash == TrailingSlash::Strict);
    catalogue.hosts = ["b.example".to_owned(), "a.example".to_owned()].into();
    catalogue.trailing_slash = TrailingSlash::Either;
    store
        .write(&tester(), &|| START, |tx, _| {
            tx.set_catalogue(&catalogue)?;
            Ok(Audited::one((), entry("x")))
        })
        .unwrap();
    assert!(store.read(|s| s.catalogues()).unwrap().contains(&catalogue));
    raw.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    assert!(raw.execute("UPDATE method_routes SET method_id = 'gone'", []).is_err(), "routes refer to methods");

    // New data is written in the same order.
    store
        .write(&tester(), &|| START, |tx, _| {
            let mut token = tx.token(by_api.rows[0].id)?.unwrap();
            token.deleted_at = Some(START);
            tx.update_token(&token)?;
            Ok(Audited::one((), entry("x")))
        })
        .unwrap();
    assert_eq!(
        (window(&store, SortColumn::Api, false).total, window(&store, SortColumn::LastSeen, true).total),
        (5, 2)
    );
    assert_eq!(crate::support::integrity(store.path()).unwrap(), "ok");
    assert_eq!(store.schema_difference().unwrap(), None, "as in a new store");
}

/// Opens the store once its parent gives the signal.
#[test]
fn opener_child() {
    let Some(path) = child_store() else { return };
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let store = SqliteStore::open(&path, OpenMode::Existing).unwrap();
    assert_eq!(window(&store, SortColumn::Hint, false).rows.len(), 6);
}

#[test]
fn migration_by_two_processes_runs_once() {
    for _ in 0..6 {
        let temp_store = TempStore::new();
        write_old_store(&temp_store.path());
        let mut openers: Vec<_> = (0..3)
            .map(|_| {
                child_command("storage::migration::opener_child", &temp_store.path())
                    .stdin(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for opener in &mut openers {
            opener.stdin.take().unwrap().write_all(b"go\n").unwrap();
        }
        openers.into_iter().for_each(|o| drop(wait_for_output(o)));
        let store = SqliteStore::open(&temp_store.path(), OpenMode::Existing).unwrap();
        assert_eq!(window(&store, SortColumn::Expires, false).total, 6);
        assert_eq!(crate::support::integrity(store.path()).unwrap(), "ok");
    }
}

/// A large store whose creation was interrupted before its indexes: the next open builds them.
#[test]
fn unindexed_store_is_completed_when_opened() {
    let temp_store = TempStore::new();
    drop(SqliteStore::open(&temp_store.path(), OpenMode::CreateUnindexed).unwrap());
    let store = SqliteStore::open(&temp_store.path(), OpenMode::Existing).unwrap();
    assert!(SortColumn::ALL.into_iter().all(|column| window(&store, column, false).rows.is_empty()));
    drop(store);
    // Then it equals any other store, down to each index.
    let other = TempStore::new();
    drop(SqliteStore::open(&other.path(), OpenMode::Create).unwrap());
    let schema = |path: &Path| {
        let db = rusqlite::Connection::open(path).unwrap();
        let mut query = db.prepare("SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        let rows: Vec<String> = query.query_map([], |r| r.get(0)).unwrap().map(|r| r.unwrap()).collect();
        let id: i64 = db.pragma_query_value(None, "application_id", |r| r.get(0)).unwrap();
        (rows, id)
    };
    assert_eq!(schema(&temp_store.path()), schema(&other.path()));
}
