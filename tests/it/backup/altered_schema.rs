//! Backups and stores whose schema another program has changed.

use std::fs;

use jeton::error::Kind;

use crate::support::cli_program::CliHome;

/// Changes that keep revocations out, undo them, or break a rule of the tables.
const CHANGES: [(&str, &str); 6] = [
    (
        "table tokens was changed",
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'deleted_at   INTEGER', 'deleted_at INTEGER CHECK (deleted_at IS NULL)')
         WHERE name = 'tokens'",
    ),
    (
        "trigger revived was added",
        "CREATE TRIGGER revived AFTER UPDATE ON tokens BEGIN UPDATE tokens SET deleted_at = NULL WHERE id = new.id; END",
    ),
    ("view policies was added", "CREATE VIEW policies AS SELECT * FROM policy"),
    ("index tokens_name_in_account is missing", "DROP INDEX tokens_name_in_account"),
    ("table tokens was changed", "ALTER TABLE tokens DROP COLUMN description"),
    ("table spare was added", "CREATE TABLE spare (n)"),
];

fn change(home: &CliHome, file: &str, sql: &str) {
    let db = rusqlite::Connection::open(home.path(file)).unwrap();
    let schema = || {
        let mut query = db.prepare("SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        query.query_map([], |r| r.get::<_, String>(0)).unwrap().map(|row| row.unwrap()).collect::<Vec<_>>()
    };
    let before = schema();
    db.execute_batch(sql).unwrap();
    assert_ne!(schema(), before, "{sql}");
}

/// Returns a home with a token, and a good backup of the store.
fn with_backup() -> CliHome {
    let home = CliHome::set_up();
    home.create(&["ci"]);
    home.run(&["backup", "good.db"], "").assert_success();
    home
}

#[test]
fn restore_refuses_a_backup_with_another_schema() {
    let home = with_backup();
    let store = fs::read(home.store()).unwrap();
    for (difference, sql) in CHANGES {
        fs::copy(home.path("good.db"), home.path("altered.db")).unwrap();
        change(&home, "altered.db", sql);
        let args = ["restore", "altered.db", "--json", "--confirm", "0"];
        let error = home.run(&args, "").assert_error(Kind::Failure).error();
        assert_eq!(error["why"], difference);
        assert!(fs::read(home.store()).unwrap() == store, "{sql}");
    }
    home.run(&["restore", "good.db", "--json", "--confirm", "0"], "").assert_success();
}

#[test]
fn backup_refuses_a_store_with_another_schema() {
    for (difference, sql) in CHANGES {
        let home = with_backup();
        change(&home, home.store().to_str().unwrap(), sql);
        let error = home.run(&["backup", "new.db", "--json"], "").assert_error(Kind::Failure).error();
        assert_eq!(error["why"], difference);
        assert!(!home.path("new.db").exists());
        // A good backup replaces the store, also where its tables can't be compared.
        let shown = home.run(&["restore", "good.db", "--json", "--dry-run"], "").assert_success().json();
        let confirmation = if shown["lost"].is_null() { "unknown" } else { "0" };
        home.run(&["restore", "good.db", "--json", "--confirm", confirmation], "").assert_success();
        home.run(&["backup", "new.db", "--json"], "").assert_success();
    }
}

#[test]
fn store_whose_tables_can_not_be_read_is_replaced_as_a_damaged_one() {
    let home = with_backup();
    change(&home, home.store().to_str().unwrap(), "ALTER TABLE secrets RENAME COLUMN retires_at TO later");
    let shown = home.run(&["restore", "good.db", "--json", "--dry-run"], "").assert_success().json();
    assert!(shown["lost"].is_null() && shown["ended"].is_null(), "{shown}");
    home.run(&["restore", "good.db", "--json", "--confirm", "unknown"], "").assert_success();
    home.as_ops(&["token", "list", "--json"]).assert_success();
}

/// SQLite checks these rules only in a file that it could write to, and jeton's checks read a copy.
#[test]
fn rows_that_break_a_rule_of_their_table_are_refused() {
    let home = with_backup();
    let break_rule = |file: &str| {
        let db = rusqlite::Connection::open(home.path(file)).unwrap();
        db.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE accounts SET role = 'god'").unwrap();
    };
    fs::copy(home.path("good.db"), home.path("broken.db")).unwrap();
    break_rule("broken.db");
    let store = fs::read(home.store()).unwrap();
    home.run(&["restore", "broken.db", "--json", "--confirm", "0"], "").assert_error(Kind::Failure);
    assert!(fs::read(home.store()).unwrap() == store);
    break_rule(home.store().to_str().unwrap());
    home.run(&["backup", "new.db", "--json"], "").assert_error(Kind::Failure);
    assert!(!home.path("new.db").exists());
    home.run(&["restore", "good.db", "--json", "--confirm", "unknown"], "").assert_success();
    home.run(&["backup", "new.db", "--json"], "").assert_success();
}
