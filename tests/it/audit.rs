//! `jeton audit`: reading, following, verifying and anchoring, with exit codes and messages.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use serde_json::Value;

use crate::support::cli_program::{CliHome, exists};
use crate::support::follower::Follower;

fn entries(home: &CliHome, args: &[&str]) -> Vec<Value> {
    let args: Vec<&str> = ["audit", "--json"].iter().chain(args).copied().collect();
    home.as_ops(&args).assert_success().json()["entries"].as_array().unwrap().clone()
}

fn seqs(entries: &[Value]) -> Vec<i64> {
    entries.iter().map(|e| e["seq"].as_i64().unwrap()).collect()
}

/// Returns the first row and the kind of each finding of `audit verify --json`.
fn findings(home: &CliHome, args: &[&str]) -> Vec<(Option<i64>, String)> {
    let args: Vec<&str> = ["audit", "verify", "--json"].iter().chain(args).copied().collect();
    let json = home.run(&args, "").assert_code(6).json();
    assert_eq!(json["whole"], false);
    let of = |finding: &Value| (finding["seq"].as_i64(), finding["kind"].as_str().unwrap().to_owned());
    json["findings"].as_array().unwrap().iter().map(of).collect()
}

fn found(seq: i64, kind: &str) -> (Option<i64>, String) {
    (Some(seq), kind.to_owned())
}

fn raw(home: &CliHome, sql: &str) {
    rusqlite::Connection::open(home.store()).unwrap().execute_batch(sql).unwrap();
}

/// Returns a home with five rows: 1 init, 2 and 3 create, 4 disable, 5 delete.
fn in_use() -> CliHome {
    let home = CliHome::set_up();
    home.create(&["ci", "--description", "\u{2764} \"quoted\""]);
    home.create(&["web"]);
    home.as_ops(&["token", "disable", "ci"]).assert_success();
    home.as_ops(&["token", "delete", "web", "--confirm", "web"]).assert_success();
    home
}

#[test]
fn audit_lists_rows_newest_last_and_filters() {
    let home = in_use();
    let all = entries(&home, &[]);
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5]);
    assert_eq!(
        (&all[0]["account"], &all[0]["proof"], &all[0]["verb"]),
        (&Value::Null, &"store".into(), &"init".into())
    );
    let disable = &all[3];
    assert_eq!(disable["details"], serde_json::json!({"enabled": {"before": true, "after": false}}));
    for (key, value) in [("name", "ops"), ("face", "cli"), ("target", "t:1"), ("target_name", "ops/ci")] {
        assert_eq!(disable[key], value);
    }
    assert_eq!((disable["account"].as_str(), disable["hash"].as_str().unwrap().len()), (Some("a:1"), 64));

    for (args, expected) in [
        (&["--limit", "2"][..], &[4, 5][..]),
        (&["--limit", "900"], &[1, 2, 3, 4, 5]),
        (&["--token", "ci"], &[2, 4]),
        (&["--token", "t:2"], &[3, 5]),
        (&["--token", "t:99"], &[]),
        (&["--token", "ci", "--limit", "1"], &[4]),
        (&["--filter", "verb:token.D"], &[4, 5]),
        (&["--filter", "verb:create by:ops quoted"], &[2]),
        (&["--filter", "\u{2764}"], &[2]),
        (&["--filter", "target:OPS/w"], &[3, 5]),
        (&["--filter", "target:t:1"], &[2, 4]),
        (&["--filter", "by:nobody"], &[]),
        (&["--since", "1h"], &[1, 2, 3, 4, 5]),
        (&["--since", "9999y"], &[1, 2, 3, 4, 5]),
        (&["--since", "6mo", "--limit", "1"], &[5]),
    ] {
        assert_eq!(seqs(&entries(&home, args)), expected, "{args:?}");
    }
    home.as_ops(&["audit", "--filter", "who:ops"])
        .assert_code(2)
        .assert_silent()
        .assert_says(&["\"who\"", "verb:, by:, target:"]);
    raw(&home, "UPDATE audit SET at = at - 7200000 WHERE seq < 4");
    assert_eq!(seqs(&entries(&home, &["--since", "1h"])), [4, 5]);

    let text = home.as_ops(&["audit"]).assert_success().out;
    let disabled = text.lines().nth(4).unwrap();
    for part in ["4 ", "ops (password)", "cli", "token.disable", "ops/ci", "enabled yes → no"] {
        assert!(disabled.contains(part), "{part}: {text}");
    }
    assert!(text.contains(r#""❤ \"quoted\"""#), "{text}");
    assert_eq!(home.as_ops(&["audit", "--quiet", "--limit", "2"]).assert_success().out, "4\n5\n");

    home.as_ops(&["audit", "--since", "soon"]).assert_code(2).assert_silent();
    home.as_ops(&["audit", "--limit", "0"]).assert_code(2).assert_silent();
    home.as_ops(&["audit", "--limit", "1", "verify"]).assert_code(2).assert_silent();
    home.as_ops(&["audit", "--token", "nope"]).assert_code(3).assert_silent();
    home.run(&["audit", "--no-input"], "").assert_code(4).assert_silent();
}

#[test]
fn verify_names_the_first_bad_row() {
    let home = in_use();
    let last = entries(&home, &["--limit", "1"])[0]["hash"].clone();
    let whole = home.run(&["audit", "verify"], "").assert_success();
    insta::assert_snapshot!(whole.out.replace(last.as_str().unwrap(), "[hash]"), @"5 rows verified; last hash [hash]");
    insta::assert_snapshot!(whole.err, @"Somebody could have removed the last rows, or rewritten the whole log. jeton can detect this only with an anchor, a file outside the store. Create an anchor: jeton audit anchor FILE. From then on, check the log with the anchor: jeton audit verify --anchor FILE");
    let json = home.run(&["audit", "--json", "verify"], "").assert_success().json();
    assert_eq!((&json["rows"], &json["whole"], &json["last_hash"]), (&5.into(), &true.into(), &last));
    assert_eq!((&json["findings"], &json["anchored_to"]), (&Value::Array(Vec::new()), &Value::Null));
    assert_eq!(home.run(&["audit", "verify", "--quiet"], "").assert_success().out.trim_end(), last.as_str().unwrap());

    raw(&home, "UPDATE audit SET name = 'eve' WHERE seq = 3; UPDATE audit SET at = at + 1 WHERE seq = 5");
    let ran = home.run(&["audit", "verify"], "").assert_code(6).assert_says(&["row 3 (", "token.create, ops/web"]);
    assert!(ran.out.starts_with("row 5 ("), "{ran:?}");
    assert_eq!(findings(&home, &[]), [found(3, "changed"), found(5, "changed")]);
    assert_eq!(home.run(&["audit", "verify", "--json"], "").json()["rows"], 5);
    home.run(&["audit", "anchor", "a"], "").assert_code(6).assert_says(&["row 3 ("]);
    assert!(!exists(&home.path("a")), "an anchor that holds nothing is not left behind");

    CliHome::new().run(&["audit", "verify"], "").assert_code(3).assert_silent();
}

#[test]
fn anchor_shows_cut_and_rewritten_rows() {
    let home = in_use();
    let added = home.run(&["audit", "anchor", "a"], "").assert_success().assert_silent();
    insta::assert_snapshot!(added.err, @"✓ checkpoint of row 5 written to a");
    assert_eq!(std::fs::metadata(home.path("a")).unwrap().mode() & 0o777, 0o600);
    let again = home.run(&["audit", "anchor", "a"], "").assert_success().assert_silent();
    insta::assert_snapshot!(again.err, @"The anchor already has a checkpoint of the last row (row 5). The file was not changed");
    home.create(&["more"]);
    insta::assert_snapshot!(home.run(&["audit", "verify", "--anchor", "a"], "").assert_success().err, @"The log is anchored up to row 5. If somebody rewrites the 1 row after this row and their hashes, jeton can't detect the change. To anchor the log up to its end, run: jeton audit anchor FILE");
    let json = home.run(&["audit", "anchor", "a", "--json"], "").assert_success().json();
    assert_eq!((&json["seq"], &json["added"]), (&6.into(), &true.into()));
    let text = std::fs::read_to_string(home.path("a")).unwrap();
    assert_eq!(text.lines().count(), 2);
    let json = home.run(&["audit", "verify", "--json", "--anchor", "a"], "").assert_success().json();
    assert_eq!(json["anchored_to"], 6);

    // An anchor of another store, and damaged anchors.
    let other = in_use();
    std::fs::write(other.path("a"), &text).unwrap();
    assert_eq!(findings(&other, &["--anchor", "a"]), [(None, "other-store".to_owned())]);
    for (damaged, line) in [
        (text.replacen(" 6 ", " 7 ", 1), "line 2"),
        (text[..text.len() - 1].to_owned(), "line 2"),
        (format!("x{text}"), "line 1"),
        (format!("{text}\n"), "line 3"),
    ] {
        home.file("b", &damaged, 0o600);
        home.run(&["audit", "verify", "--anchor", "b"], "").assert_code(1).assert_says(&["b: ", line]).assert_silent();
        home.run(&["audit", "anchor", "b"], "").assert_code(1).assert_says(&["b: ", line]).assert_silent();
        assert_eq!(std::fs::read_to_string(home.path("b")).unwrap(), damaged);
    }
    home.file("b", "", 0o600);
    insta::assert_snapshot!(home.run(&["audit", "verify", "--anchor", "b"], "").assert_code(1).err, @"
    error: the anchor b contains no checkpoint
      If the file is new, add a checkpoint: jeton audit anchor b. If the file had checkpoints, restore the file from a backup
    ");
    home.run(&["audit", "verify", "--anchor", "nowhere"], "").assert_code(3);

    raw(&home, "DELETE FROM audit WHERE seq > 4");
    home.run(&["audit", "verify"], "").assert_success();
    assert_eq!(findings(&home, &["--anchor", "a"]), [found(5, "cut")]);
    home.run(&["audit", "anchor", "a"], "").assert_code(6).assert_says(&["rows after 4 "]);
    assert_eq!(std::fs::read_to_string(home.path("a")).unwrap(), text);
    // After more changes the log is as long as before, but still a different one.
    home.create(&["x"]);
    home.create(&["y"]);
    home.run(&["audit", "verify"], "").assert_success();
    assert_eq!(findings(&home, &["--anchor", "a"]), [found(1, "rewritten")]);
}

#[test]
fn anchor_is_written_only_to_a_private_file() {
    let home = in_use();
    symlink(home.file("real", "", 0o600), home.path("link")).unwrap();
    symlink(home.path("nothing"), home.path("dangling")).unwrap();
    home.file("shared", "", 0o622);
    std::fs::hard_link(home.file("one", "", 0o600), home.path("two")).unwrap();
    std::fs::create_dir(home.path("folder")).unwrap();
    let fifo = home.path("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    for name in ["link", "dangling", "shared", "two", "folder", "fifo", "/dev/null", "missing/a"] {
        home.run(&["audit", "anchor", name], "").assert_code(1).assert_says(&[name]).assert_silent();
    }
    let refused = |name| home.run(&["audit", "anchor", name], "").message();
    insta::assert_snapshot!(["folder", "shared", "two", "fifo"].map(refused).concat(), @"
    error: the anchor [folder]/folder can't be used: it is a folder
      Add a file name to the path
    error: the anchor [folder]/shared can't be used: other users can write to the file (mode 0622)
      Let only the owner write to the file: chmod go-w [folder]/shared
    error: the anchor [folder]/two can't be used: the file has 2 names (hard links)
      Choose a file without hard links
    error: the anchor [folder]/fifo can't be used: it is a folder, a pipe or a device
      Choose a regular file
    ");
    assert_eq!(std::fs::read_to_string(home.path("real")).unwrap(), "");
    assert!(!exists(&home.path("nothing")));
    // A pipe is read like any stream: without a writer the read would wait.
    home.run(&["audit", "verify", "--anchor", "folder"], "").assert_code(1);
    std::fs::set_permissions(home.path("shared"), std::fs::Permissions::from_mode(0o644)).unwrap();
    home.run(&["audit", "anchor", "shared"], "").assert_success();
    CliHome::new().run(&["audit", "anchor", "a"], "").assert_code(3).assert_silent();
}

#[test]
fn follow_shows_changes_of_other_processes_until_ctrl_c() {
    let home = in_use();
    let mut follower = Follower::start(&home, &["audit", "--json", "--limit", "2"]);
    assert_eq!((follower.entry()["seq"].as_i64(), follower.entry()["seq"].as_i64()), (Some(4), Some(5)));
    home.as_ops(&["token", "enable", "ci"]).assert_success();
    let entry = follower.entry();
    assert_eq!((&entry["seq"], &entry["verb"]), (&6.into(), &"token.enable".into()));
    home.create(&["a"]);
    home.create(&["b"]);
    assert_eq!((follower.entry()["seq"].as_i64(), follower.entry()["seq"].as_i64()), (Some(7), Some(8)));
    rustix::process::kill_process(rustix::process::Pid::from_child(&follower.child), rustix::process::Signal::INT)
        .unwrap();
    assert_eq!(follower.line(), "");
    assert_eq!(follower.ended(), (Some(130), String::new()));

    // Each row is shown once, also those between two runs.
    for rows in [&[1, 2, 3, 4, 5, 6, 7, 8][..], &[9]] {
        let mut follower = Follower::start(&home, &["audit", "--json", "--resume", "row"]);
        for row in rows {
            assert_eq!(follower.entry()["seq"].as_i64(), Some(*row));
        }
        let is_kept = || {
            std::fs::read_to_string(home.path("row"))
                .is_ok_and(|row| row.starts_with(&format!("{} ", rows.last().unwrap())))
        };
        let clock = jeton::platform::clock::Stopwatch::start();
        while !is_kept() {
            assert!(clock.elapsed().as_secs() < 20);
        }
        follower.child.kill().unwrap();
        follower.child.wait().unwrap();
        home.create(&[&format!("row-{}", rows.len())]);
    }

    let mut follower = Follower::start(&home, &["audit", "--filter", "verb:restore"]);
    assert!(follower.line().starts_with("ROW "));
    home.as_ops(&["token", "restore", "web"]).assert_success();
    assert!(follower.line().contains(r#"token.restore  ops/web  status "deleted" → "disabled""#));
    drop(follower.out);
    let out = follower.child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), out.stderr.len()), (Some(0), 0), "nobody reads any more");
}

#[test]
fn follow_ends_with_the_account_and_with_the_store() {
    let home = in_use();
    let mut follower = Follower::start(&home, &["audit", "--quiet", "--limit", "1"]);
    assert_eq!(follower.line(), "5\n");
    raw(&home, "UPDATE accounts SET enabled = 0, credential_version = credential_version + 1");
    let (code, said) = follower.ended();
    assert_eq!(code, Some(4), "{said}");
    raw(&home, "UPDATE accounts SET enabled = 1");

    let mut follower = Follower::start(&home, &["audit", "--quiet", "--limit", "1"]);
    assert_eq!(follower.line(), "5\n");
    std::fs::rename(home.store(), home.path("moved.db")).unwrap();
    let (code, said) = follower.ended();
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(said.replace(home.store().to_str().unwrap(), "[store]"), @"
    error: the store [store] was removed or replaced: [store] no longer exists, or is not the file that jeton opened
      If somebody moved the store, move it back. Then start jeton again, and check that your last change is there
    ");
    std::fs::rename(home.path("moved.db"), home.store()).unwrap();

    let mut follower = Follower::start(&home, &["audit", "--quiet", "--limit", "1"]);
    assert_eq!(follower.line(), "5\n");
    raw(&home, "DELETE FROM audit WHERE seq = 5");
    let (code, said) = follower.ended();
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(said, @"
    error: the last row that was shown is no longer in the audit log: a restore replaced the log, or somebody altered the log
      Run: jeton audit verify
    ");
}

/// Returns the numbers and verbs of the next rows.
fn next_rows(follower: &mut Follower, count: usize) -> Vec<(i64, String)> {
    let row = |entry: Value| (entry["seq"].as_i64().unwrap(), entry["verb"].as_str().unwrap().to_owned());
    (0..count).map(|_| row(follower.entry())).collect()
}

/// Ends the follower once the file names its last row.
fn end_at(home: &CliHome, mut follower: Follower, last: i64) {
    let clock = jeton::platform::clock::Stopwatch::start();
    while !std::fs::read_to_string(home.path("row")).is_ok_and(|row| row.starts_with(&format!("{last} "))) {
        assert!(clock.elapsed().as_secs() < 20);
    }
    follower.child.kill().unwrap();
    follower.child.wait().unwrap();
}

/// A restore replaces rows by others of the same numbers. None of these may be left out, however long the log is then.
#[test]
fn resumed_follow_shows_rows_of_a_restored_log() {
    let expected = |rows: &[(i64, &str)]| rows.iter().map(|(n, verb)| (*n, (*verb).to_owned())).collect::<Vec<_>>();
    let restored = expected(&[(3, "store.restore"), (4, "token.create"), (5, "token.create"), (6, "token.create")]);
    for later in [1, 3] {
        let home = CliHome::set_up();
        home.create(&["ci"]);
        home.run(&["backup", "backup.db"], "").assert_success();
        let _ = ["a", "b", "c"].map(|name| home.create(&[name]));
        let mut follower = Follower::start(&home, &["audit", "--json", "--resume", "row"]);
        assert_eq!(next_rows(&mut follower, 5).last().unwrap().0, 5);
        end_at(&home, follower, 5);
        home.run(&["restore", "backup.db", "--confirm", "3"], "").assert_success();
        (0..later).for_each(|n| drop(home.create(&[&format!("new-{n}")])));
        let mut follower = Follower::start(&home, &["audit", "--json", "--resume", "row"]);
        assert_eq!(next_rows(&mut follower, later + 1), restored[..=later]);
        end_at(&home, follower, 3 + later as i64);
        let mut follower = Follower::start(&home, &["audit", "--json", "--resume", "row"]);
        home.create(&["last"]);
        assert_eq!(next_rows(&mut follower, 1), expected(&[(4 + later as i64, "token.create")]));
    }
}

#[test]
fn running_follow_with_a_file_goes_on_after_a_restore() {
    let home = in_use();
    home.run(&["backup", "backup.db"], "").assert_success();
    let _ = ["a", "b"].map(|name| home.create(&[name]));
    // The file of an older jeton.
    home.file("row", "6\n", 0o600);
    let mut follower = Follower::start(&home, &["audit", "--json", "--resume", "row"]);
    assert_eq!(next_rows(&mut follower, 1)[0].0, 7);
    home.run(&["restore", "backup.db", "--confirm", "2"], "").assert_success();
    home.create(&["c"]);
    assert_eq!(next_rows(&mut follower, 2), [(6, "store.restore".to_owned()), (7, "token.create".to_owned())]);
    follower.child.kill().unwrap();
    assert!(follower.ended().1.contains("Row 7"));

    // Rows that were cut off without a restore: all that is left.
    raw(&home, "DELETE FROM audit WHERE seq > 3");
    let mut follower = Follower::start(&home, &["audit", "--quiet", "--resume", "row"]);
    assert_eq!([follower.line(), follower.line(), follower.line()], ["1\n", "2\n", "3\n"]);
}

/// A restore replaces the rows that a follower has read by more rows, in one step.
#[test]
fn running_follow_goes_on_after_a_restore_of_a_longer_log() {
    let restored = [(6, "token.create"), (7, "token.create"), (8, "token.create"), (9, "store.restore")];
    // Of the rows up to 7, the filter shows only those that both logs have.
    for (filter, read, shown) in [(&[][..], 7, &restored[..]), (&["--filter", "verb:token.create"], 2, &restored[..3])]
    {
        let home = in_use();
        home.run(&["backup", "longer.db"], "").assert_success();
        for name in ["a", "b", "c"] {
            home.as_ops(&["--store", "longer.db", "token", "create", name, "--quiet"]).assert_success();
        }
        home.as_ops(&["token", "enable", "ci"]).assert_success();
        home.as_ops(&["token", "disable", "ci"]).assert_success();
        let args = [&["audit", "--json", "--resume", "row"], filter].concat();
        let mut follower = Follower::start(&home, &args);
        next_rows(&mut follower, read);
        home.run(&["restore", "longer.db", "--confirm", "2"], "").assert_success();
        for (seq, verb) in shown {
            assert_eq!(next_rows(&mut follower, 1), [(*seq, (*verb).to_owned())], "{filter:?}");
        }
        follower.child.kill().unwrap();
        follower.child.wait().unwrap();
    }
}
