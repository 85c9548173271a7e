//! One backup: its content, its file, and what is refused.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt, MetadataExt, symlink};
use std::path::Path;

use jeton::error::Kind;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;
use serde_json::Value;

use crate::support::cli_program::CliHome;
use crate::support::fakes::{OWNER, TestInstall};

/// Returns the names of the files in the home folder that begin with `beginning`.
fn files(home: &CliHome, beginning: &str) -> Vec<String> {
    let entries = fs::read_dir(home.path("")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| name.starts_with(beginning)).collect();
    names.sort();
    names
}

fn backed_up(home: &CliHome, args: &[&str]) -> Value {
    let args: Vec<&str> = ["backup", "--json"].iter().chain(args).copied().collect();
    home.run(&args, "").assert_success().json()
}

fn last_hash(home: &CliHome, store: &Path) -> String {
    let store = store.to_str().unwrap();
    home.run(&["audit", "verify", "--quiet", "--store", store], "").assert_success().out.trim_end().to_owned()
}

#[test]
fn backup_is_a_complete_store_in_one_private_file() {
    let home = CliHome::set_up();
    let secret = home.create(&["ci"]);
    // Changes that are only in the write-ahead log belong to the backup too.
    let open = SqliteStore::open(&home.store(), OpenMode::Existing).unwrap();
    home.create(&["later"]);
    let answer = backed_up(&home, &["copy.db"]);
    drop(open);
    let copy = home.path("copy.db");
    assert_eq!((files(&home, "copy"), fs::metadata(&copy).unwrap().mode() & 0o7777), (vec!["copy.db".into()], 0o600));
    assert_eq!(answer["file"].as_str(), copy.to_str());
    assert_eq!(answer["bytes"], fs::metadata(&copy).unwrap().len());
    assert_eq!((&answer["rows"], &answer["seq"], &answer["anchored"]), (&3.into(), &3.into(), &Value::Null));
    let newest: Option<i64> =
        rusqlite::Connection::open(home.store()).unwrap().query_row("PRAGMA user_version", [], |r| r.get(0)).ok();
    assert_eq!(answer["store_schema"].as_i64(), newest);
    assert_eq!(answer["hash"], last_hash(&home, &home.store()).as_str());

    // Read in place, the backup stays as it is.
    let whole = fs::read(&copy).unwrap();
    assert_eq!(&whole[18..20], [1, 1], "the file needs no write-ahead log");
    let read_only = SqliteStore::open(&copy, OpenMode::Copy).unwrap();
    assert_eq!(read_only.read(|s| s.audit_tip()).unwrap().seq, 3);
    assert!(read_only.is_read_only());
    drop(read_only);
    assert_eq!((files(&home, "copy"), fs::read(&copy).unwrap()), (vec!["copy.db".into()], whole));

    // As a store, it works like the one that was copied.
    assert_eq!(answer["hash"], last_hash(&home, &copy).as_str());
    let copy = copy.to_str().unwrap();
    assert_eq!(home.run(&["verify", "--store", copy], format!("{secret}\n")).code, 0);
    let listed = home.as_ops(&["token", "list", "--json", "--store", copy]).assert_success().json();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 2);
}

/// Others could replace the file while SQLite writes it, or before a restore reads it.
#[test]
fn folder_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let home = CliHome::set_up();
    backed_up(&home, &["copy.db"]);
    let folder = home.path("shared");
    fs::create_dir(&folder).unwrap();
    let set_mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o777, 0o770] {
        set_mode(mode);
        home.run(&["backup", "shared/new.db", "--json"], "").assert_error(Kind::Failure);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
    // As in /tmp, only the owner can remove a file.
    set_mode(0o1777);
    backed_up(&home, &["shared/copy.db"]);
    set_mode(0o777);
    home.run(&["restore", "shared/copy.db", "--confirm", "0", "--json"], "").assert_error(Kind::Failure);
    set_mode(0o755);
    home.run(&["restore", "shared/copy.db", "--confirm", "0", "--json"], "").assert_success();
}

#[test]
fn backup_of_an_open_copy_refuses_a_changed_file() {
    let home = CliHome::set_up();
    backed_up(&home, &["copy.db"]);
    let copy = SqliteStore::open(&home.path("copy.db"), OpenMode::Copy).unwrap();
    fs::write(home.path("copy.db"), "other").unwrap();
    assert_eq!(copy.read(|_| Ok(())).unwrap_err().kind, Kind::Failure);
}

#[test]
fn backup_never_touches_an_existing_file() {
    let home = CliHome::set_up();
    fs::write(home.path("taken"), "old").unwrap();
    symlink(home.path("elsewhere"), home.path("link")).unwrap();
    for (path, kind) in [
        ("taken", Kind::Failure),
        ("link", Kind::Failure),
        (".local", Kind::Failure),
        ("no/folder", Kind::Failure),
        ("copy-wal", Kind::Usage),
        ("copy-seen", Kind::Usage),
        ("-", Kind::Usage),
    ] {
        home.run(&["backup", "--json", path], "").assert_error(kind);
    }
    let store = home.store();
    home.run(&["backup", "--json", store.to_str().unwrap()], "").assert_error(Kind::Failure);
    assert_eq!(fs::read(home.path("taken")).unwrap(), b"old");
    assert!(!home.path("elsewhere").exists() && files(&home, "copy").is_empty() && files(&home, "taken").len() == 1);
    // Nobody needs to say who asks, and no server can be asked.
    home.run(&["backup", "copy.db", "--user", "ops"], "").assert_error(Kind::Usage);
    home.run(&["backup", "copy.db", "--server", "unix:/nowhere"], "").assert_error(Kind::Usage);
    home.run(&["backup", "copy.db", "--store", "missing.db"], "").assert_error(Kind::NotFound);
    assert!(files(&home, "copy").is_empty());
    insta::assert_snapshot!(home.run(&["backup", "taken"], "").message(), @"
    error: the backup can't be written to [folder]/taken: a file or folder has this name
      Choose a path that does not exist yet
    ");
    let done = home.run(&["backup", "copy.db"], "").assert_success();
    assert_eq!(done.err.lines().count(), 1);
}

#[test]
fn backup_anchors_its_last_row() {
    let home = CliHome::set_up();
    assert_eq!(backed_up(&home, &["1.db", "--anchor", "anchor"])["anchored"], true);
    assert_eq!(backed_up(&home, &["2.db", "--anchor", "anchor"])["anchored"], false);
    home.create(&["ci"]);
    let third = backed_up(&home, &["3.db", "--anchor", "anchor"]);
    assert_eq!((&third["anchored"], &third["seq"]), (&true.into(), &2.into()));
    let verified = home.run(&["audit", "verify", "--json", "--anchor", "anchor"], "").assert_success().json();
    assert_eq!((&verified["anchored_to"], &verified["last_hash"]), (&2.into(), &third["hash"]));
    // A log that differs from its anchor gives no backup, and neither does one that was altered.
    let anchor = fs::read(home.path("anchor")).unwrap();
    let raw = rusqlite::Connection::open(home.store()).unwrap();
    raw.execute_batch("DELETE FROM audit WHERE seq = 2").unwrap();
    home.run(&["backup", "--json", "4.db", "--anchor", "anchor"], "").assert_error(Kind::Findings);
    assert_eq!(backed_up(&home, &["5.db"])["seq"], 1);
    raw.execute_batch("UPDATE audit SET verb = 'x'").unwrap();
    let refused = home.run(&["backup", "6.db"], "").assert_error(Kind::Findings);
    insta::assert_snapshot!(refused.message(), @"
    error: no backup was written: the audit log was altered or damaged: row 1 ([time] [time] +[time], x, ops) was changed or moved: its hash does not match
      Don't change the file [folder]/.local/share/jeton/jeton.db. To compare the file with a backup, run: jeton restore FILE --dry-run
    ");
    assert_eq!((files(&home, "4"), files(&home, "6")), (vec![], vec![]));
    assert_eq!(fs::read(home.path("anchor")).unwrap(), anchor);
}

#[test]
fn backup_of_a_damaged_store_is_refused() {
    let home = CliHome::set_up();
    for n in 0..9 {
        home.create(&[&format!("token-{n}")]);
    }
    let raw = rusqlite::Connection::open(home.store()).unwrap();
    raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let page: u32 =
        raw.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'tokens_by_name'", [], |r| r.get(0)).unwrap();
    drop(raw);
    // A page of an index: neither the log nor a list of tokens by status shows the fault.
    let file = fs::OpenOptions::new().write(true).open(home.store()).unwrap();
    file.write_all_at(&[0x41; 200], u64::from(page) * 4096 - 200).unwrap();
    let refused = home.run(&["backup", "copy.db"], "").assert_error(Kind::Failure);
    insta::assert_snapshot!(refused.message(), @"
    error: no backup was written: the copy of the store is damaged: Tree 12 page 12 cell 3: Extends off end of page
      To find out if the store itself has this fault, run: jeton doctor --full
    ");
    assert_eq!(files(&home, "copy"), Vec::<String>::new());
}

#[test]
fn restore_names_the_backup_that_can_not_be_used() {
    let home = CliHome::set_up();
    backed_up(&home, &["altered.db"]);
    let raw = rusqlite::Connection::open(home.path("altered.db")).unwrap();
    raw.execute_batch("UPDATE audit SET verb = 'x'").unwrap();
    drop(raw);
    let refused = home.run(&["restore", "altered.db", "--dry-run"], "").assert_error(Kind::Findings);
    insta::assert_snapshot!(refused.message(), @"
    error: the backup [folder]/altered.db: the audit log was altered or damaged: row 1 ([time] [time] +[time], x, ops) was changed or moved: its hash does not match
      Nothing was restored. Use another backup
    ");
    for n in 0..9 {
        home.create(&[&format!("token-{n}")]);
    }
    backed_up(&home, &["damaged.db"]);
    let raw = rusqlite::Connection::open(home.path("damaged.db")).unwrap();
    let page: u32 =
        raw.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'tokens_by_name'", [], |r| r.get(0)).unwrap();
    drop(raw);
    let file = fs::OpenOptions::new().write(true).open(home.path("damaged.db")).unwrap();
    file.write_all_at(&[0x41; 200], u64::from(page) * 4096 - 200).unwrap();
    let refused = home.run(&["restore", "damaged.db", "--dry-run"], "").assert_error(Kind::Failure);
    insta::assert_snapshot!(refused.message(), @"
    error: nothing was restored: the backup [folder]/damaged.db is damaged: Tree 12 page 12 cell 3: Extends off end of page
      Use another backup
    ");
}

/// A writer commits between any two steps of the copy. The copy neither begins again nor mixes two states.
#[test]
fn copy_is_the_state_at_its_beginning_and_ends_beside_a_busy_writer() {
    let install = TestInstall::new();
    let filler = "CREATE TABLE filler (content BLOB) STRICT;
                  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
                  INSERT INTO filler SELECT randomblob(1000000) FROM n";
    install.raw_connection().execute_batch(filler).unwrap();
    let path = install.temp_store.folder().join("copy.db");
    fs::write(&path, "").unwrap();
    let before = install.audit().len();
    let (mut steps, mut last) = (0, 0);
    let tip = install.store().copy_to(&path, &mut |done, all| {
        let other = SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
        drop(other);
        install
            .raw_connection()
            .execute_batch("UPDATE filler SET content = randomblob(1000000) WHERE rowid < 4")
            .unwrap();
        assert!(done > last && done <= all, "{last} {done} {all}");
        (steps, last) = (steps + 1, done);
        ControlFlow::Continue(())
    });
    assert!((4..9).contains(&steps), "{steps}");
    let copy = SqliteStore::open(&path, OpenMode::Copy).unwrap();
    assert_eq!(copy.read(|s| s.audit_tip()).unwrap(), tip.unwrap());
    assert_eq!((copy.integrity_error().unwrap(), before), (None, install.audit().len()));
    // The store goes on.
    install.issue(OWNER, "later");
}

#[test]
fn copy_ends_when_it_is_cancelled() {
    let install = TestInstall::new();
    install.raw_connection().execute_batch("CREATE TABLE filler AS SELECT randomblob(9000000)").unwrap();
    let path = install.temp_store.folder().join("copy.db");
    fs::write(&path, "").unwrap();
    let mut steps = 0;
    let copied = install.store().copy_to(&path, &mut |_, _| {
        steps += 1;
        ControlFlow::Break(())
    });
    assert_eq!((copied.unwrap_err().kind, steps), (Kind::Cancelled, 1));
    install.issue(OWNER, "later");
    let store = SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
    store.stop_queries_when(|| true).unwrap();
    assert_eq!(store.integrity_error().unwrap_err().kind, Kind::Failure);
}

#[test]
fn backup_with_another_page_size_is_restored() {
    let home = CliHome::set_up();
    home.create(&["ci"]);
    backed_up(&home, &["copy.db"]);
    let raw = rusqlite::Connection::open(home.path("copy.db")).unwrap();
    raw.execute_batch("PRAGMA page_size = 8192; VACUUM").unwrap();
    drop(raw);
    let page_size = |path: &Path| -> u32 {
        rusqlite::Connection::open(path).unwrap().query_row("PRAGMA page_size", [], |r| r.get(0)).unwrap()
    };
    assert_eq!((page_size(&home.path("copy.db")), page_size(&home.store())), (8192, 4096));
    home.create(&["later"]);
    home.run(&["restore", "copy.db", "--confirm", "1", "--json"], "").assert_success();
    assert_eq!(page_size(&home.store()), 4096);
    home.as_ops(&["token", "show", "ci"]).assert_success();
    backed_up(&home, &["again.db"]);
}

/// The names of the kept stores have a time in whole seconds.
#[test]
fn restores_of_one_second_keep_each_store() {
    let home = CliHome::set_up();
    backed_up(&home, &["copy.db"]);
    let mut kept = std::collections::BTreeSet::new();
    for turn in 0..4 {
        let confirmation = if turn % 2 == 0 { "unknown" } else { "1" };
        if turn % 2 == 0 {
            // Only a part of the store is left.
            let wal = format!("{}-wal", home.store().display());
            fs::remove_file(home.store()).unwrap();
            fs::write(&wal, "left").unwrap();
            fs::set_permissions(&wal, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        let done = home.run(&["restore", "copy.db", "--confirm", confirmation, "--json"], "").assert_success().json();
        assert!(kept.insert(done["previous_store"].as_str().unwrap().to_owned()), "{done}");
    }
}
