//! Paths refused before SQLite sees them, with message and kind. Also the modes of created files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use jeton::error::{Error, Kind};
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;
use jeton::verbs::tokens::{DisableTokens, TokenTarget};
use jeton::verbs::verify;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{as_child, child, finished};
use crate::support::world::{Fakes, OWNER, TempStore, TestInstall, add_account, backend};
use jeton::domain::role::Role;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Returns a set-up store in a folder of its own, closed.
fn finished_store() -> TempStore {
    let TestInstall { temp_store: place, backend: jeton, .. } = TestInstall::new();
    drop(jeton);
    place
}

/// Asserts that opening fails with these words, with and without creation, and that the file stays unchanged.
fn refused(path: &Path, kind: Kind, words: &[&str]) -> Error {
    let content = || fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).and_then(|_| fs::read(path).ok());
    let before = content();
    let error = SqliteStore::open(path).err().unwrap_or_else(|| panic!("{} was opened", path.display()));
    let said = error.to_string();
    assert_eq!(error.kind, kind, "{said}");
    for word in words {
        assert!(said.contains(word), "\"{word}\" is not said: {said}");
    }
    assert_eq!(content(), before, "a refused file was touched");
    error
}

fn refused_anyway(path: &Path, words: &[&str]) {
    let error = refused(path, Kind::Failure, words);
    assert_eq!(SqliteStore::open_or_create(path).err(), Some(error), "creating is no way around");
}

#[test]
fn others_may_not_read_it() {
    for bits in [0o644, 0o640, 0o604, 0o660, 0o601] {
        let place = finished_store();
        chmod(&place.path(), bits);
        refused_anyway(&place.path(), &["can be read by others", &format!("{bits:04o}"), "chmod 600"]);
        chmod(&place.path(), 0o600);
        SqliteStore::open(&place.path()).unwrap();
    }
}

#[test]
fn no_advice_to_change_what_is_no_store() {
    let place = TempStore::new();
    let path = place.folder().join("letter.txt");
    let sqlite = finished_store();
    let mut other = fs::read(sqlite.path()).unwrap();
    other[68..72].copy_from_slice(&[0; 4]);
    for content in [b"Dear reader".to_vec(), Vec::new(), other] {
        fs::write(&path, content).unwrap();
        chmod(&path, 0o644);
        let error = refused(&path, Kind::Failure, &["no store"]);
        assert!(!error.to_string().contains("chmod"), "{error}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn only_a_plain_file_of_one_name() {
    let place = finished_store();
    let other = |name: &str| place.folder().join(name);
    symlink(place.path(), other("link")).unwrap();
    refused_anyway(&other("link"), &["it is a link", "--store"]);
    symlink(other("nowhere"), other("dangling")).unwrap();
    refused_anyway(&other("dangling"), &["it is a link"]);
    assert!(!other("nowhere").exists());
    mknodat(CWD, other("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    refused_anyway(&other("fifo"), &["not a regular file"]);
    fs::create_dir(other("folder")).unwrap();
    refused_anyway(&other("folder"), &["not a regular file"]);
    fs::hard_link(place.path(), other("twin")).unwrap();
    refused_anyway(&other("twin"), &["2 names"]);
    refused_anyway(&place.path(), &["2 names"]);
}

#[test]
fn only_our_own_database() {
    let place = TempStore::new();
    let path = place.path();
    let write = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        chmod(&path, 0o600);
    };
    write(&b"This is no database, but long enough to be one. ".repeat(100));
    refused_anyway(&path, &["not a database"]);
    write(b"short");
    refused_anyway(&path, &["not a database"]);

    for (sql, words) in [
        ("CREATE TABLE theirs (x)", "another program's"),
        ("CREATE TABLE theirs (x); PRAGMA user_version = 1", "another program's"),
        ("PRAGMA application_id = 252006674", "another program's"),
    ] {
        fs::remove_file(&path).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        chmod(&path, 0o600);
        refused_anyway(&path, &[words]);
    }
}

#[test]
fn a_newer_schema_is_left_alone() {
    let place = finished_store();
    rusqlite::Connection::open(place.path()).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    refused_anyway(&place.path(), &["schema is 999, newer than", "newer one"]);
}

#[test]
fn nothing_there_is_said_and_not_made() {
    let place = TempStore::new();
    refused(&place.path(), Kind::NotFound, &["no store at", "jeton init"]);
    assert!(!place.path().exists());
    let deep = place.folder().join("a/b/jeton.db");
    refused(&deep, Kind::NotFound, &["no store at"]);
    assert!(!place.folder().join("a").exists());
    fs::write(place.path(), b"").unwrap();
    chmod(&place.path(), 0o600);
    refused(&place.path(), Kind::NotFound, &["empty", "jeton init"]);
    assert_eq!(fs::metadata(place.path()).unwrap().len(), 0);
    SqliteStore::open_or_create(&place.path()).unwrap();
    SqliteStore::open(&place.path()).unwrap();
}

#[test]
fn no_folder_above_may_be_open_to_others() {
    let place = TempStore::new();
    let above = place.folder().join("above");
    let path = above.join("inner/jeton.db");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    drop(SqliteStore::open_or_create(&path).unwrap());
    for bits in [0o777, 0o702, 0o773, 0o775] {
        chmod(&above, bits);
        refused_anyway(&path, &["can be written by others", &format!("{bits:04o}")]);
    }
    let fresh = above.join("new/jeton.db");
    assert_eq!(SqliteStore::open_or_create(&fresh).err().unwrap().kind, Kind::Failure);
    assert!(!above.join("new").exists(), "a refusal leaves nothing behind");
    chmod(&above, 0o1777);
    SqliteStore::open(&path).unwrap();
    chmod(&above, 0o755);
    SqliteStore::open(&path).unwrap();
}

/// Root may own the parent folders, other users may not.
#[test]
fn no_folder_above_may_be_another_owners() {
    if !is_root() {
        return println!("skipped: only root can give a folder away");
    }
    let place = TempStore::new();
    let above = place.folder().join("above");
    let path = above.join("jeton.db");
    drop(SqliteStore::open_or_create(&path).unwrap());
    std::os::unix::fs::chown(&above, Some(65534), None).unwrap();
    refused_anyway(&path, &["belongs to uid 65534"]);
}

#[test]
fn what_sqlite_keeps_beside_it_is_checked_too() {
    let beside = |place: &TempStore, ending: &str| PathBuf::from(format!("{}{ending}", place.path().display()));
    for ending in ["-wal", "-shm", "-journal"] {
        let place = finished_store();
        mknodat(CWD, beside(&place, ending), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        refused_anyway(&place.path(), &[ending, "not a regular file of ours"]);
        let place = finished_store();
        fs::write(beside(&place, ending), "").unwrap();
        chmod(&beside(&place, ending), 0o666);
        refused_anyway(&place.path(), &[ending, "mode 0666"]);
    }
}

/// Other processes see another file, or none: no change may succeed here.
#[test]
fn a_store_removed_or_replaced_while_open_is_noticed() {
    for replace in [false, true] {
        let house = TestInstall::new();
        let issued = house.issue(OWNER, "bot");
        let path = house.temp_store.path();
        let copy = path.with_extension("copy");
        fs::copy(&path, &copy).unwrap();
        if replace {
            fs::rename(&copy, &path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        let disabled = house.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("bot")] });
        assert!(disabled.unwrap_err().to_string().contains("was removed or replaced"), "replace: {replace}");
        let verified = verify::verify(house.store(), &issued.secret.expose(str::to_owned), None, house.now(), CALLER);
        assert!(verified.is_err(), "replace: {replace}");
    }
}

const CALLER: verify::Origin<'static> = verify::Origin { address: "192.0.2.7", client: "it" };

/// A link on the path is followed once, and its target is checked.
#[test]
fn a_linked_folder_is_checked_where_it_leads() {
    let place = TempStore::new();
    let real = place.folder().join("real");
    fs::create_dir(&real).unwrap();
    symlink(&real, place.folder().join("alias")).unwrap();
    let path = place.folder().join("alias/jeton.db");
    drop(SqliteStore::open_or_create(&path).unwrap());
    assert!(real.join("jeton.db").is_file());
    chmod(&real, 0o777);
    refused_anyway(&path, &["can be written by others"]);
    let fresh = place.folder().join("alias/not/yet/jeton.db");
    assert_eq!(SqliteStore::open_or_create(&fresh).err().unwrap().kind, Kind::Failure);
    assert!(!real.join("not").exists());
}

#[test]
fn another_owners_store_is_refused_even_to_root() {
    if !is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    let place = finished_store();
    std::os::unix::fs::chown(place.path(), Some(65_534), None).unwrap();
    refused_anyway(&place.path(), &["belongs to uid 65534", "sudo -u "]);
}

#[test]
fn what_is_made_is_ours_alone() {
    let place = TempStore::new();
    let path = place.folder().join("data/jeton/jeton.db");
    let fakes = Fakes::new();
    let jeton = backend(&path, fakes.adapters());
    let store = jeton.store();
    add_account(store, &*fakes.hasher, "someone", Role::Member, crate::support::world::START);
    for file in ["jeton.db", "jeton.db-wal", "jeton.db-shm"] {
        assert_eq!(mode(&path.with_file_name(file)), 0o600, "{file}");
    }
    for folder in ["data", "data/jeton"] {
        assert_eq!(mode(&place.folder().join(folder)), 0o700, "{folder}");
    }
    assert_eq!(fs::metadata(&path).unwrap().nlink(), 1);
    assert_eq!(store.path(), path);
    assert_eq!(store.check_integrity().unwrap(), "ok");
}

/// SQLite could read such a path as a URI with parameters in it.
#[test]
fn a_path_is_nothing_but_a_path() {
    let place = TempStore::new();
    for name in ["file:x?nolock=1", ":memory:", "file::memory:?cache=shared", "a b%20c#d", "-x", "q\u{202e}x.db"] {
        let path = place.folder().join(name);
        drop(SqliteStore::open_or_create(&path).unwrap());
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
        SqliteStore::open(&path).unwrap();
    }
    assert!(!place.folder().join("x").exists());
    let relative = PathBuf::from("file:/nowhere/x?mode=memory");
    refused(&relative, Kind::NotFound, &["no store at"]);
    assert!(SqliteStore::open_or_create(Path::new("")).is_err());
    assert!(SqliteStore::open_or_create(Path::new("/")).is_err());
}

/// Opens a read-only store and prints the result of a change. The next test runs this as another user.
#[test]
fn read_only_child() {
    let Some(path) = as_child() else { return };
    match SqliteStore::open(&path) {
        Err(e) => println!("{:?}: {e}", e.kind),
        Ok(store) => {
            store.read(|s| s.accounts()).unwrap();
            let error = store
                .write_usage(|b| b.clear_login_attempts(&jeton::verbs::ports::LoginAttemptKey([0; 32])))
                .unwrap_err();
            println!("{:?}: {error}", error.kind);
        }
    }
}

#[test]
fn a_read_only_file_is_said_to_be_one() {
    use std::os::unix::process::CommandExt;
    let place = finished_store();
    chmod(&place.path(), 0o400);
    let mut child = child("storage::files::read_only_child", &place.path());
    if is_root() {
        // Root can write everything, so this needs another user, who owns the store and can reach this program.
        for path in [place.folder(), &place.path()] {
            std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
        }
        child.uid(65_534).gid(65_534);
    }
    match child.spawn() {
        Ok(child) => {
            let said = finished(child);
            assert!(said.contains("Failure: the store can't be written") && said.contains("Check the mode"), "{said}");
        }
        Err(e) => println!("skipped: another user can't run this program: {e}"),
    }
}
