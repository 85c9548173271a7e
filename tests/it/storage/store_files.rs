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

use super::{child_command, child_store, wait_for_output};
use crate::support::fakes::{Fakes, OWNER, TempStore, TestInstall, add_account, backend};
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
fn new_store() -> TempStore {
    let TestInstall { temp_store: place, backend: jeton, .. } = TestInstall::new();
    drop(jeton);
    place
}

/// Asserts that opening fails with these words, with and without creation, and that the file stays unchanged.
fn assert_refused(path: &Path, kind: Kind, words: &[&str]) -> Error {
    let content = || fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).and_then(|_| fs::read(path).ok());
    let before = content();
    let error = SqliteStore::open(path).err().unwrap_or_else(|| panic!("{} was opened", path.display()));
    let output_text = error.to_string();
    assert_eq!(error.kind, kind, "{output_text}");
    for word in words {
        assert!(output_text.contains(word), "\"{word}\" is not said: {output_text}");
    }
    assert_eq!(content(), before, "a refused file was touched");
    error
}

fn assert_refused_even_as_root(path: &Path, words: &[&str]) {
    let error = assert_refused(path, Kind::Failure, words);
    assert_eq!(SqliteStore::open_or_create(path).err(), Some(error), "creating is no way around");
}

#[test]
fn store_readable_by_others_is_refused() {
    for bits in [0o644, 0o640, 0o604, 0o660, 0o601] {
        let place = new_store();
        chmod(&place.path(), bits);
        assert_refused_even_as_root(&place.path(), &["can be read by others", &format!("{bits:04o}"), "chmod 600"]);
        chmod(&place.path(), 0o600);
        SqliteStore::open(&place.path()).unwrap();
    }
}

#[test]
fn advice_never_names_a_file_that_is_no_store() {
    let place = TempStore::new();
    let path = place.folder().join("letter.txt");
    let sqlite = new_store();
    let mut other = fs::read(sqlite.path()).unwrap();
    other[68..72].copy_from_slice(&[0; 4]);
    for content in [b"Dear reader".to_vec(), Vec::new(), other] {
        fs::write(&path, content).unwrap();
        chmod(&path, 0o644);
        let error = assert_refused(&path, Kind::Failure, &["no store"]);
        assert!(!error.to_string().contains("chmod"), "{error}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn store_must_be_a_plain_file_with_one_name() {
    let place = new_store();
    let other = |name: &str| place.folder().join(name);
    symlink(place.path(), other("link")).unwrap();
    assert_refused_even_as_root(&other("link"), &["it is a link", "--store"]);
    symlink(other("nowhere"), other("dangling")).unwrap();
    assert_refused_even_as_root(&other("dangling"), &["it is a link"]);
    assert!(!other("nowhere").exists());
    mknodat(CWD, other("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert_refused_even_as_root(&other("fifo"), &["not a regular file"]);
    fs::create_dir(other("folder")).unwrap();
    assert_refused_even_as_root(&other("folder"), &["not a regular file"]);
    fs::hard_link(place.path(), other("twin")).unwrap();
    assert_refused_even_as_root(&other("twin"), &["2 names"]);
    assert_refused_even_as_root(&place.path(), &["2 names"]);
}

#[test]
fn other_database_is_refused() {
    let place = TempStore::new();
    let path = place.path();
    let write = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        chmod(&path, 0o600);
    };
    write(&b"This is no database, but long enough to be one. ".repeat(100));
    assert_refused_even_as_root(&path, &["not a database"]);
    write(b"short");
    assert_refused_even_as_root(&path, &["not a database"]);

    for (sql, words) in [
        ("CREATE TABLE theirs (x)", "another program's"),
        ("CREATE TABLE theirs (x); PRAGMA user_version = 1", "another program's"),
        ("PRAGMA application_id = 252006674", "another program's"),
    ] {
        fs::remove_file(&path).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        chmod(&path, 0o600);
        assert_refused_even_as_root(&path, &[words]);
    }
}

#[test]
fn newer_schema_is_left_unchanged() {
    let place = new_store();
    rusqlite::Connection::open(place.path()).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    assert_refused_even_as_root(&place.path(), &["schema is 999, newer than", "newer one"]);
}

#[test]
fn missing_store_is_reported_and_not_created() {
    let place = TempStore::new();
    assert_refused(&place.path(), Kind::NotFound, &["no store at", "jeton init"]);
    assert!(!place.path().exists());
    let deep = place.folder().join("a/b/jeton.db");
    assert_refused(&deep, Kind::NotFound, &["no store at"]);
    assert!(!place.folder().join("a").exists());
    fs::write(place.path(), b"").unwrap();
    chmod(&place.path(), 0o600);
    assert_refused(&place.path(), Kind::NotFound, &["empty", "jeton init"]);
    assert_eq!(fs::metadata(place.path()).unwrap().len(), 0);
    SqliteStore::open_or_create(&place.path()).unwrap();
    SqliteStore::open(&place.path()).unwrap();
}

#[test]
fn folder_writable_by_others_is_refused() {
    let place = TempStore::new();
    let above = place.folder().join("above");
    let path = above.join("inner/jeton.db");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    drop(SqliteStore::open_or_create(&path).unwrap());
    for bits in [0o777, 0o702, 0o773, 0o775] {
        chmod(&above, bits);
        assert_refused_even_as_root(&path, &["can be written by others", &format!("{bits:04o}")]);
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
fn folder_of_another_owner_is_refused() {
    if !is_root() {
        return println!("skipped: only root can give a folder away");
    }
    let place = TempStore::new();
    let above = place.folder().join("above");
    let path = above.join("jeton.db");
    drop(SqliteStore::open_or_create(&path).unwrap());
    std::os::unix::fs::chown(&above, Some(65534), None).unwrap();
    assert_refused_even_as_root(&path, &["belongs to uid 65534"]);
}

#[test]
fn sidecar_files_are_checked() {
    let beside = |place: &TempStore, ending: &str| PathBuf::from(format!("{}{ending}", place.path().display()));
    for ending in ["-wal", "-shm", "-journal"] {
        let place = new_store();
        mknodat(CWD, beside(&place, ending), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert_refused_even_as_root(&place.path(), &[ending, "not a regular file of ours"]);
        let place = new_store();
        fs::write(beside(&place, ending), "").unwrap();
        chmod(&beside(&place, ending), 0o666);
        assert_refused_even_as_root(&place.path(), &[ending, "mode 0666"]);
    }
}

/// Other processes see another file, or none: no change may succeed here.
#[test]
fn replaced_store_is_noticed_while_open() {
    for replace in [false, true] {
        let install = TestInstall::new();
        let issued = install.issue(OWNER, "bot");
        let path = install.temp_store.path();
        let copy = path.with_extension("copy");
        fs::copy(&path, &copy).unwrap();
        if replace {
            fs::rename(&copy, &path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        let disabled = install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::by_reference("bot")] });
        assert!(disabled.unwrap_err().to_string().contains("was removed or replaced"), "replace: {replace}");
        let verified =
            verify::verify(install.store(), &issued.secret.expose(str::to_owned), None, install.now(), ORIGIN);
        assert!(verified.is_err(), "replace: {replace}");
    }
}

const ORIGIN: verify::Origin<'static> = verify::Origin { address: "192.0.2.7", client: "it" };

/// A link on the path is followed once, and its target is checked.
#[test]
fn linked_folder_is_checked_at_its_target() {
    let place = TempStore::new();
    let real = place.folder().join("real");
    fs::create_dir(&real).unwrap();
    symlink(&real, place.folder().join("alias")).unwrap();
    let path = place.folder().join("alias/jeton.db");
    drop(SqliteStore::open_or_create(&path).unwrap());
    assert!(real.join("jeton.db").is_file());
    chmod(&real, 0o777);
    assert_refused_even_as_root(&path, &["can be written by others"]);
    let fresh = place.folder().join("alias/not/yet/jeton.db");
    assert_eq!(SqliteStore::open_or_create(&fresh).err().unwrap().kind, Kind::Failure);
    assert!(!real.join("not").exists());
}

#[test]
fn store_of_another_owner_is_refused_even_to_root() {
    if !is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    let place = new_store();
    std::os::unix::fs::chown(place.path(), Some(65_534), None).unwrap();
    assert_refused_even_as_root(&place.path(), &["belongs to uid 65534", "sudo -u "]);
}

#[test]
fn created_files_are_private() {
    let place = TempStore::new();
    let path = place.folder().join("data/jeton/jeton.db");
    let fakes = Fakes::new();
    let jeton = backend(&path, fakes.adapters());
    let store = jeton.store();
    add_account(store, &*fakes.hasher, "someone", Role::Member, crate::support::fakes::START);
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
fn path_is_not_parsed_as_a_uri() {
    let place = TempStore::new();
    for name in ["file:x?nolock=1", ":memory:", "file::memory:?cache=shared", "a b%20c#d", "-x", "q\u{202e}x.db"] {
        let path = place.folder().join(name);
        drop(SqliteStore::open_or_create(&path).unwrap());
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
        SqliteStore::open(&path).unwrap();
    }
    assert!(!place.folder().join("x").exists());
    let relative = PathBuf::from("file:/nowhere/x?mode=memory");
    assert_refused(&relative, Kind::NotFound, &["no store at"]);
    assert!(SqliteStore::open_or_create(Path::new("")).is_err());
    assert!(SqliteStore::open_or_create(Path::new("/")).is_err());
}

/// Opens a read-only store and prints the result of a change. The next test runs this as another user.
#[test]
fn read_only_child() {
    let Some(path) = child_store() else { return };
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
fn read_only_file_is_named_as_such() {
    use std::os::unix::process::CommandExt;
    let place = new_store();
    chmod(&place.path(), 0o400);
    let mut child = child_command("storage::store_files::read_only_child", &place.path());
    if is_root() {
        // Root can write everything, so this needs another user, who owns the store and can reach this program.
        for path in [place.folder(), &place.path()] {
            std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
        }
        child.uid(65_534).gid(65_534);
    }
    match child.spawn() {
        Ok(child) => {
            let output_text = wait_for_output(child);
            assert!(
                output_text.contains("Failure: the store can't be written") && output_text.contains("Check the mode"),
                "{output_text}"
            );
        }
        Err(e) => println!("skipped: another user can't run this program: {e}"),
    }
}
