//! Paths refused before SQLite sees them, with kind and message. Also the modes of created files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use jeton::error::{Error, Kind};
use jeton::store::OpenMode;
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

/// Asserts that opening fails and that the file stays unchanged. The error must contain each of `data`.
fn assert_refused(path: &Path, kind: Kind, data: &[&str]) -> Error {
    let content = || fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).and_then(|_| fs::read(path).ok());
    let before = content();
    let error =
        SqliteStore::open(path, OpenMode::Existing).err().unwrap_or_else(|| panic!("{} was opened", path.display()));
    assert_eq!(error.kind, kind, "{error}");
    for part in data {
        assert!(error.to_string().contains(part), "no \"{part}\": {error}");
    }
    assert_eq!(content(), before, "a refused file was touched");
    error
}

/// Asserts the same error with and without creation.
fn assert_refused_even_as_root(path: &Path, data: &[&str]) -> Error {
    let error = assert_refused(path, Kind::Failure, data);
    assert_eq!(SqliteStore::open(path, OpenMode::Create).err().as_ref(), Some(&error), "creating is no way around");
    error
}

/// Returns the error's text, with `[folder]` for the path of the store's folder.
fn without_folder(error: &Error, place: &TempStore) -> String {
    error.to_string().replace(place.folder().to_str().unwrap(), "[folder]")
}

#[test]
fn store_readable_by_others_is_refused() {
    for bits in [0o644, 0o640, 0o604, 0o660, 0o601] {
        let place = new_store();
        chmod(&place.path(), bits);
        assert_refused_even_as_root(&place.path(), &[&format!("mode {bits:04o}"), "chmod 600"]);
        chmod(&place.path(), 0o600);
        SqliteStore::open(&place.path(), OpenMode::Existing).unwrap();
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
        let error = assert_refused(&path, Kind::Failure, &["letter.txt"]);
        insta::allow_duplicates! { insta::assert_snapshot!(without_folder(&error, &place), @"the store [folder]/letter.txt can't be opened: the file is not a jeton store. Use another file: --store PATH"); }
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn store_must_be_a_plain_file_with_one_name() {
    let place = new_store();
    let other = |name: &str| place.folder().join(name);
    symlink(place.path(), other("link")).unwrap();
    let link = assert_refused_even_as_root(&other("link"), &["--store"]);
    symlink(other("nowhere"), other("dangling")).unwrap();
    let dangling = assert_refused_even_as_root(&other("dangling"), &["--store"]);
    assert!(!other("nowhere").exists());
    mknodat(CWD, other("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let fifo = assert_refused_even_as_root(&other("fifo"), &[]);
    fs::create_dir(other("folder")).unwrap();
    let folder = assert_refused_even_as_root(&other("folder"), &[]);
    fs::hard_link(place.path(), other("twin")).unwrap();
    assert_refused_even_as_root(&other("twin"), &["2 names"]);
    assert_refused_even_as_root(&place.path(), &["2 names"]);
    let messages = [link, dangling, fifo, folder].map(|error| without_folder(&error, &place));
    insta::assert_snapshot!(messages.join("\n"), @"
    the store [folder]/link can't be opened: the path is a symbolic link. Use the path of the file itself: --store PATH
    the store [folder]/dangling can't be opened: the path is a symbolic link. Use the path of the file itself: --store PATH
    the store [folder]/fifo can't be opened: the path is not a regular file. Use another path: --store PATH
    the store [folder]/folder can't be opened: the path is not a regular file. Use another path: --store PATH
    ");
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
    let long = assert_refused_even_as_root(&path, &[]);
    write(b"short");
    assert_eq!(assert_refused_even_as_root(&path, &[]), long);
    insta::assert_snapshot!(without_folder(&long, &place), @"the store [folder]/jeton.db is not an SQLite file. Check the path: --store PATH. If the path is right, the store is damaged. Then restore a backup: jeton restore FILE");

    for sql in [
        "CREATE TABLE theirs (x)",
        "CREATE TABLE theirs (x); PRAGMA user_version = 1",
        "PRAGMA application_id = 252006674",
    ] {
        fs::remove_file(&path).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        chmod(&path, 0o600);
        let error = assert_refused_even_as_root(&path, &[]);
        insta::allow_duplicates! { insta::assert_snapshot!(without_folder(&error, &place), @"the store [folder]/jeton.db can't be opened: the file is another program's database. Use another file: --store PATH"); }
    }
}

#[test]
fn newer_schema_is_left_unchanged() {
    let place = new_store();
    rusqlite::Connection::open(place.path()).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    assert_refused_even_as_root(&place.path(), &["999"]);
}

#[test]
fn missing_store_is_reported_and_not_created() {
    let place = TempStore::new();
    let missing = assert_refused(&place.path(), Kind::NotFound, &["jeton init"]);
    assert!(!place.path().exists());
    let deep = place.folder().join("a/b/jeton.db");
    assert_refused(&deep, Kind::NotFound, &["a/b/jeton.db"]);
    assert!(!place.folder().join("a").exists());
    fs::write(place.path(), b"").unwrap();
    chmod(&place.path(), 0o600);
    let empty = assert_refused(&place.path(), Kind::NotFound, &["jeton init"]);
    insta::assert_snapshot!([missing, empty].map(|error| without_folder(&error, &place)).join("\n"), @"
    no store at [folder]/jeton.db. Check the path. For a new store, run: jeton init --store [folder]/jeton.db. If the store was lost, restore a backup: jeton restore FILE --store [folder]/jeton.db
    the store [folder]/jeton.db is an empty file. Create a store with: jeton init --store [folder]/jeton.db
    ");
    assert_eq!(fs::metadata(place.path()).unwrap().len(), 0);
    SqliteStore::open(&place.path(), OpenMode::Create).unwrap();
    SqliteStore::open(&place.path(), OpenMode::Existing).unwrap();
}

#[test]
fn folder_writable_by_others_is_refused() {
    let place = TempStore::new();
    let above = place.folder().join("above");
    let path = above.join("inner/jeton.db");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    drop(SqliteStore::open(&path, OpenMode::Create).unwrap());
    for bits in [0o777, 0o702, 0o773, 0o775] {
        chmod(&above, bits);
        assert_refused_even_as_root(&path, &["above", &format!("mode {bits:04o}")]);
    }
    let fresh = above.join("new/jeton.db");
    assert_eq!(SqliteStore::open(&fresh, OpenMode::Create).err().unwrap().kind, Kind::Failure);
    assert!(!above.join("new").exists(), "a refusal leaves nothing behind");
    chmod(&above, 0o1777);
    SqliteStore::open(&path, OpenMode::Existing).unwrap();
    chmod(&above, 0o755);
    SqliteStore::open(&path, OpenMode::Existing).unwrap();
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
    drop(SqliteStore::open(&path, OpenMode::Create).unwrap());
    std::os::unix::fs::chown(&above, Some(65534), None).unwrap();
    assert_refused_even_as_root(&path, &["above", "uid 65534"]);
}

#[test]
fn sidecar_files_are_checked() {
    let beside = |place: &TempStore, ending: &str| PathBuf::from(format!("{}{ending}", place.path().display()));
    for ending in ["-wal", "-shm", "-journal"] {
        let place = new_store();
        mknodat(CWD, beside(&place, ending), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert_refused_even_as_root(&place.path(), &[ending]);
        let place = new_store();
        fs::write(beside(&place, ending), "").unwrap();
        chmod(&beside(&place, ending), 0o666);
        assert_refused_even_as_root(&place.path(), &[ending, "mode 0666"]);
        let place = new_store();
        symlink(place.folder().join("elsewhere"), beside(&place, ending)).unwrap();
        let link = assert_refused_even_as_root(&place.path(), &[ending]);
        insta::allow_duplicates! { insta::assert_snapshot!(without_folder(&link, &place).replace(ending, "[ending]"), @"the store [folder]/jeton.db can't be opened: [folder]/jeton.db[ending] is a symbolic link. Replace the link by the file that the link leads to. If there is no such file, remove the link"); }
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
        let error = without_folder(&disabled.unwrap_err(), &install.temp_store);
        insta::allow_duplicates! { insta::assert_snapshot!(error, @"the store [folder]/jeton.db was removed or replaced: [folder]/jeton.db no longer exists, or is not the file that jeton opened. If somebody moved the store, move it back. Then start jeton again, and check that your last change is there"); }
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
    drop(SqliteStore::open(&path, OpenMode::Create).unwrap());
    assert!(real.join("jeton.db").is_file());
    chmod(&real, 0o777);
    assert_refused_even_as_root(&path, &["real", "mode 0777"]);
    let fresh = place.folder().join("alias/not/yet/jeton.db");
    assert_eq!(SqliteStore::open(&fresh, OpenMode::Create).err().unwrap().kind, Kind::Failure);
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
    assert_refused_even_as_root(&place.path(), &["uid 65534", "sudo -u "]);
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
    assert_eq!(crate::support::integrity(store.path()).unwrap(), "ok");
}

/// SQLite could read such a path as a URI with parameters in it.
#[test]
fn path_is_not_parsed_as_a_uri() {
    let place = TempStore::new();
    for name in ["file:x?nolock=1", ":memory:", "file::memory:?cache=shared", "a b%20c#d", "-x", "q\u{202e}x.db"] {
        let path = place.folder().join(name);
        drop(SqliteStore::open(&path, OpenMode::Create).unwrap());
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
        SqliteStore::open(&path, OpenMode::Existing).unwrap();
    }
    assert!(!place.folder().join("x").exists());
    let relative = PathBuf::from("file:/nowhere/x?mode=memory");
    assert_refused(&relative, Kind::NotFound, &["file:/nowhere/x?mode=memory"]);
    assert!(SqliteStore::open(Path::new(""), OpenMode::Create).is_err());
    assert!(SqliteStore::open(Path::new("/"), OpenMode::Create).is_err());
}

/// Opens a read-only store and prints the result of a change. The next test runs this as another user.
#[test]
fn read_only_child() {
    let Some(path) = child_store() else { return };
    match SqliteStore::open(&path, OpenMode::Existing) {
        Err(e) => println!("{:?}: {e}", e.kind),
        Ok(store) => {
            store.read(|s| s.accounts()).unwrap();
            let error = store
                .write_usage(|b| b.clear_login_attempts(&jeton::verbs::ports::LoginAttemptKey([0; 32])))
                .unwrap_err();
            println!("{:?}: {error}", error.kind);
        }
    }
    let served = SqliteStore::open(&path, OpenMode::Service(std::time::Duration::ZERO)).map(drop);
    println!("{}", served.unwrap_err());
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
            let (_, failure) = output_text.split_once("Failure: ").expect(&output_text);
            let lines: Vec<_> = failure.lines().take(2).collect();
            insta::assert_snapshot!(lines.join("\n").replace(place.folder().to_str().unwrap(), "[folder]"), @"
            the store can't be written: the file is read-only (mode 0400). Run: chmod 600 [folder]/jeton.db
            the store [folder]/jeton.db can't be opened for writing: the file is read-only (mode 0400), but the service must write the ledger. Run: chmod 600 [folder]/jeton.db
            ");
            // Companions with the file's mode would prevent changes after the mode is corrected.
            let names = std::fs::read_dir(place.folder()).unwrap().map(|file| file.unwrap().file_name());
            assert_eq!(names.collect::<Vec<_>>(), [place.path().file_name().unwrap()]);
        }
        Err(e) => println!("skipped: another user can't run this program: {e}"),
    }
}
