//! The nightly backup with its anchor, and `audit verify`, after restores.

use std::fs;

use jeton::error::Kind;
use serde_json::Value;

use crate::support::cli_program::CliHome;

/// Makes the backup of a night.
fn nightly(home: &CliHome, name: &str) -> Value {
    home.run(&["backup", name, "--anchor", "anchor", "--json"], "").assert_success().json()
}

/// Verifies the log with the anchor, and returns the numbers of restores and of their checkpoints.
fn explained(home: &CliHome) -> Vec<(i64, i64)> {
    let answer = home.run(&["audit", "verify", "--anchor", "anchor", "--json"], "").assert_success().json();
    let number = |value: &Value| value.as_i64().unwrap();
    let restores = answer["restores"].as_array().unwrap();
    restores.iter().map(|restore| (number(&restore["seq"]), number(&restore["checkpoints"]))).collect()
}

/// A store with three backups, each after a change, and an anchor.
fn home_with_backups() -> CliHome {
    let home = CliHome::set_up();
    for night in ["1.db", "2.db", "3.db"] {
        home.create(&[&format!("token-{night}")]);
        nightly(&home, night);
    }
    home
}

fn restore(home: &CliHome, file: &str, confirm: &str) {
    home.run(&["restore", file, "--confirm", confirm], "").assert_success();
}

#[test]
fn nightly_backup_goes_on_after_the_restore_of_an_older_backup() {
    let home = home_with_backups();
    restore(&home, "1.db", "2");
    assert_eq!(explained(&home), [(3, 2)]);
    let first = nightly(&home, "4.db");
    assert_eq!((&first["seq"], &first["anchored"], &first["restores"][0]["seq"]), (&3.into(), &true.into(), &3.into()));
    // The next one says nothing about the restore.
    home.create(&["later"]);
    let second = nightly(&home, "5.db");
    assert_eq!((&second["seq"], &second["restores"]), (&4.into(), &Value::Array(Vec::new())));
    assert_eq!(home.run(&["audit", "anchor", "anchor", "--json"], "").assert_success().json()["added"], false);
    assert_eq!(explained(&home), [(3, 2)]);

    // The same backup again: the row of the first restore is lost with its log.
    restore(&home, "1.db", "2");
    home.run(&["audit", "anchor", "anchor"], "").assert_success();
    assert_eq!(explained(&home), [(3, 4)]);
    // And back to the newest of the first log.
    restore(&home, "3.db", "1");
    nightly(&home, "6.db");
    assert_eq!(explained(&home), [(5, 3)]);
}

#[test]
fn nightly_backup_goes_on_after_a_lost_disk() {
    let home = home_with_backups();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", home.store().display()));
    }
    restore(&home, "1.db", "unknown");
    nightly(&home, "4.db");
    assert_eq!(explained(&home), [(3, 2)]);
}

#[test]
fn log_that_was_cut_after_a_restore_is_found() {
    let home = home_with_backups();
    restore(&home, "1.db", "2");
    home.create(&["later"]);
    nightly(&home, "4.db");
    for cut in [4, 3] {
        rusqlite::Connection::open(home.store()).unwrap().execute("DELETE FROM audit WHERE seq >= ?1", [cut]).unwrap();
        home.run(&["backup", "5.db", "--anchor", "anchor", "--json"], "").assert_error(Kind::Findings);
        home.run(&["audit", "verify", "--anchor", "anchor", "--json"], "").assert_code(6);
        home.run(&["audit", "anchor", "anchor", "--json"], "").assert_error(Kind::Findings);
        assert!(!home.path("5.db").exists());
    }
}
