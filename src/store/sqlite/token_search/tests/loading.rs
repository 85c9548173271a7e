//! Loading of the texts into memory, and its bounds.

use std::process::Command;

use super::*;

/// A restore may leave as many rows in the log as there were before.
#[test]
fn texts_of_a_replaced_log_are_read_again() {
    let [(log, _log_folder), (other, _other_folder)] = ["token.edit", "token.disable"].map(|verb| {
        let (store, _, folder) = stores();
        write(&store, verb, |_| TokenId(1));
        (Connection::open(folder.path().join("x.db")).unwrap(), folder)
    });
    let mut index = SearchIndex::load(&log, MAX_BYTES).unwrap().unwrap();
    assert!(index.refresh(&log).unwrap());
    assert!(!index.refresh(&other).unwrap());
}

#[test]
fn index_is_loaded_up_to_its_bound() {
    let (_searched, plain, folder) = stores();
    let db = Connection::open(folder.path().join("x.db")).unwrap();
    let load = |max_bytes| SearchIndex::load(&db, max_bytes).unwrap();
    let bytes = || load(usize::MAX).unwrap().bytes();
    let numbers = "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)";
    for (sql, least) in [
        (format!("{numbers} INSERT INTO token_methods (token_id, method_id) SELECT 1, 'x.M' || i FROM n"), 72_000),
        (format!("{numbers} INSERT INTO token_sets (token_id, set_name) SELECT 1, 'x: S' || i FROM n"), 72_000),
        ("INSERT INTO token_methods (token_id, method_id) SELECT id, 'x.M1' FROM tokens WHERE id > 1".to_owned(), 714),
        ("UPDATE tokens SET description = hex(zeroblob(100)) WHERE id = 1".to_owned(), 170),
        ("UPDATE tokens SET deleted_at = 1 WHERE id = 1".to_owned(), 4),
    ] {
        let before = bytes();
        db.execute_batch(&sql).unwrap();
        assert!(bytes() >= before + least, "{sql}: {before} {}", bytes());
        assert!(load(bytes()).is_some() && load(bytes() - 1).is_none(), "{sql}");
    }
    let mut index = load(bytes()).unwrap();
    assert!(index.refresh(&db).unwrap());
    add_token(&plain, TOKENS + 1);
    assert!(!index.refresh(&db).unwrap(), "the changed tokens count too");
    // Each id takes up memory, with a token or without.
    skip_ids(&db, 1_000_000);
    add_token(&plain, TOKENS + 2);
    assert!(load(8_000_000).is_none() && load(9_000_000).is_some());
}

/// Lets the next token have an id after `id`.
fn skip_ids(db: &Connection, id: i64) {
    db.execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'tokens'", [id]).unwrap();
}

#[test]
fn texts_that_are_too_large_are_searched_by_sqlite() {
    let (searched, plain, folder) = stores();
    skip_ids(&Connection::open(folder.path().join("x.db")).unwrap(), (MAX_BYTES / 4) as i64);
    add_token(&plain, TOKENS + 1);
    load(&searched);
    for filter in FILTERS {
        let query = query(filter, SortColumn::Name, false, TokenCursor::Start);
        let [found, expected] = [&searched, &plain].map(|store| store.read(|s| s.window(&query)).unwrap());
        assert_eq!(found, expected, "{filter}");
    }
    assert!(matches!(&*searched.search.state.lock().unwrap(), State::Unused));
}

/// A folder that is mounted read-only until dropped.
struct ReadOnlyMount<'a>(&'a Path);

impl<'a> ReadOnlyMount<'a> {
    fn new(folder: &'a Path) -> Option<Self> {
        let mount = |args: &[&str]| {
            Command::new("mount").args(args).arg(folder).output().is_ok_and(|done| done.status.success())
        };
        let mounted = mount(&["--bind", folder.to_str()?]).then_some(ReadOnlyMount(folder))?;
        mount(&["-o", "remount,ro,bind"]).then_some(mounted)
    }
}

impl Drop for ReadOnlyMount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).output();
    }
}

#[test]
fn texts_are_loaded_from_a_read_only_mount() {
    let (searched, plain, folder) = stores();
    drop((searched, plain));
    let Some(_mounted) = ReadOnlyMount::new(folder.path()) else {
        println!("skipped: nothing can be mounted here");
        return;
    };
    let store = SqliteStore::open(&folder.path().join("x.db"), OpenMode::Screens).unwrap();
    load(&store);
    let found = store.read(|s| s.window(&query("zz-119", SortColumn::Name, false, TokenCursor::Start))).unwrap();
    assert_eq!((found.matching, is_ready(&store)), (1, true));
}
