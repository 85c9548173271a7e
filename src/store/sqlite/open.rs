//! Opens the store's file: the checks before SQLite reads it, and the setup of the connection.

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::file_identity::FileIdentity;
use super::query_helpers::sqlite_error;
use super::read_only_mount::{ReadOnly, WriteObstacle};
use super::{busy_handler, read_only_mount, schema, token_list_query, token_search, wal};
use crate::error::{Error, Result};
use crate::platform::shared_folder::SharedFolder;
use crate::platform::sidecar::sqlite_companions;
use crate::platform::{paths, unix_user};
use crate::store::OpenMode;
use crate::verbs::cli_line::{CliLine, quote_absolute};

/// Maximum size of SQLite's page cache, in KiB. With a million tokens, it holds the upper pages of every tree and
/// index.
const CACHE_KIB: i64 = 32 * 1024;
/// Size of the cache while a store is filled, when whole tables are rewritten.
const BULK_CACHE_KIB: i64 = 256 * 1024;
/// Size of the cache for screens, which keep the texts of all tokens while they filter.
const SCREEN_CACHE_KIB: i64 = 4 * 1024;
/// Size of the cache for a service, which has its own cache.
const SERVICE_CACHE_KIB: i64 = 8 * 1024;
/// Older versions of SQLite can lose commits in WAL mode (the WAL-reset bug, fixed in 3.51.3).
const MIN_SQLITE_VERSION: i32 = 3_051_003;
/// Time that a writer waits for another one.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the store at `path`, after the checks that need no connection.
pub(super) fn open(path: &Path, mode: OpenMode) -> Result<(Connection, FileIdentity)> {
    if rusqlite::version_number() < MIN_SQLITE_VERSION {
        return Err(Error::failure("the SQLite library of this jeton can lose changes")
            .why(format!("its version is {}, and jeton needs 3.51.3 or newer", rusqlite::version()))
            .next("Build jeton with the bundled SQLite"));
    }
    let path = absolute(path)?;
    if mode == OpenMode::Copy {
        return open_copy(path);
    }
    check_owner(&path)?;
    if mode.creates() && metadata(&path)?.is_none() {
        create_file(&path)?;
    }
    check_ancestors(&path)?;
    check_file(&path)?;
    check_sidecars(&path)?;
    if let Some(obstacle) = WriteObstacle::find(&path) {
        if matches!(mode, OpenMode::Service(_) | OpenMode::Ledger(_)) {
            return Err(obstacle.refuse_service(&path));
        }
        // Record the identity before anything is read.
        let mut identity = FileIdentity::new(path.clone())?;
        let mut db = match read_only_mount::connect_read_only(&path, obstacle)? {
            ReadOnly::Alone(db) => {
                identity.freeze()?;
                db
            }
            ReadOnly::Shared(db) => db,
        };
        configure(&mut db, mode).and_then(|()| token_list_query::prepare(&db)).map_err(sqlite_error)?;
        read_only_mount::check_schema(&path, obstacle, schema::read_schema(&db)?)?;
        identity.check_in_place()?;
        return Ok((db, identity));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut db = Connection::open_with_flags(&path, flags).map_err(sqlite_error)?;
    configure(&mut db, mode).and_then(|()| token_list_query::prepare(&db)).map_err(sqlite_error)?;
    schema::migrate(&mut db, mode)?;
    enter_wal(&db, &path)?;
    // NORMAL can lose the last commits in WAL mode, but never damages the file.
    let synchronous = if matches!(mode, OpenMode::Ledger(_)) { "NORMAL" } else { "FULL" };
    db.pragma_update(None, "synchronous", synchronous).map_err(sqlite_error)?;
    let identity = FileIdentity::new(path)?;
    Ok((db, identity))
}

/// Opens a copy to read it. The folder doesn't matter: nothing is created there, and each change of the file is noticed.
fn open_copy(path: PathBuf) -> Result<(Connection, FileIdentity)> {
    let mut identity = FileIdentity::new(path)?;
    identity.freeze()?;
    open_immutable(identity)
}

/// Opens the file at `path` alone, to read it without the changes in its -wal file.
pub(super) fn open_file_alone(path: PathBuf) -> Result<(Connection, FileIdentity)> {
    open_immutable(FileIdentity::new(path)?)
}

fn open_immutable(identity: FileIdentity) -> Result<(Connection, FileIdentity)> {
    let mut db = read_only_mount::connect_immutable(identity.path())?;
    configure(&mut db, OpenMode::Copy).and_then(|()| token_list_query::prepare(&db)).map_err(sqlite_error)?;
    schema::read_schema(&db)?;
    identity.check_in_place()?;
    Ok((db, identity))
}

/// Returns the path with its folder resolved as far as it exists. So links are followed only once, before the checks.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    let refused = |e: std::io::Error| unreadable(path, &e);
    let path = paths::absolute(path).map_err(refused)?;
    let name = path.file_name().ok_or_else(|| {
        Error::usage("the store's path does not end with a file name").next("Use the path of a file: --store PATH")
    })?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    for ancestor in folder.ancestors() {
        match fs::canonicalize(ancestor) {
            Ok(resolved) => {
                let missing = folder.strip_prefix(ancestor).unwrap_or(Path::new(""));
                return Ok(resolved.join(missing).join(name));
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(refused(e)),
        }
    }
    Ok(path)
}

pub(super) fn open_error(path: &Path) -> Error {
    Error::failure(format!("the store {} can't be opened", path.display()))
}

/// Returns the error for a path that the system doesn't let us examine.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    open_error(path)
        .why(error.to_string())
        .next("Check the path. If another user owns the store, run the command as that user: sudo -u USER jeton …")
}

/// Returns the metadata of the path itself; `None` if it doesn't exist.
fn metadata(path: &Path) -> Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unreadable(path, &e)),
    }
}

/// Returns the absolute path of a store, and `true` if there is a file.
pub(super) fn examine_place(path: &Path) -> Result<(PathBuf, bool)> {
    let path = absolute(path)?;
    check_owner(&path)?;
    check_ancestors(&path)?;
    let exists = metadata(&path)?.is_some();
    if exists {
        check_file(&path)?;
    }
    Ok((path, exists))
}

fn create_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => fs::DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

/// Creates the folder (0700) and an empty file (0600), before SQLite could create either with wider modes.
fn create_file(path: &Path) -> Result<()> {
    let refused = |e: std::io::Error| {
        Error::failure(format!("the store {} can't be created", path.display()))
            .why(e.to_string())
            .next("Use a path in a folder that you can write to: --store PATH")
    };
    check_ancestors(path)?;
    create_folder(path).map_err(refused)?;
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(refused(e)),
    }
}

/// Refuses a store of another user, or a place for one, before anything is opened or created. The companion files of
/// SQLite would belong to us, and lock the owner out. Root is no exception.
pub(super) fn check_owner(path: &Path) -> Result<()> {
    let own_uid = rustix::process::geteuid().as_raw();
    if let Ok(meta) = fs::symlink_metadata(path) {
        return if meta.uid() == own_uid { Ok(()) } else { Err(wrong_owner(path, "the store", meta.uid())) };
    }
    // The store doesn't exist yet, so the owner of its future folder counts. Any user may use root's own folders.
    let folder = path.ancestors().skip(1).find_map(|folder| Some((folder, fs::metadata(folder).ok()?.uid())));
    match folder.filter(|(_, owner)| ![0, own_uid].contains(owner)) {
        Some((folder, owner)) => Err(wrong_owner(path, &format!("the folder {}", folder.display()), owner)),
        None => Ok(()),
    }
}

/// Returns the error for a store whose file or folder, `what`, belongs to another user.
fn wrong_owner(path: &Path, what: &str, owner: u32) -> Error {
    let own_uid = rustix::process::geteuid().as_raw();
    let (who, word) = match unix_user::name_of(owner) {
        Some(name) => (format!("uid {owner} ({name})"), name),
        None => (format!("uid {owner}"), format!("'#{owner}'")),
    };
    open_error(path)
        .why(format!("{what} belongs to {who}, but you are uid {own_uid}. Only the owner can open the store"))
        .next(format!("Run the command as the owner: sudo -u {word} jeton …"))
}

/// Returns `true` if the file at `path` is an SQLite database with jeton's application id.
fn is_store(path: &Path) -> bool {
    const MARK_AT: usize = 68;
    let mut head = [0; MARK_AT + 4];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    let mark = head.last_chunk().map_or(0, |mark| i32::from_be_bytes(*mark));
    read.is_ok()
        && head.starts_with(b"SQLite format 3\0")
        && [schema::APPLICATION_ID, schema::UNINDEXED_ID].contains(&mark)
}

/// Checks that no other user can replace the file, its companions or a folder above them.
pub(super) fn check_ancestors(path: &Path) -> Result<()> {
    match SharedFolder::above(path).map_err(|e| unreadable(path, &e))? {
        None => Ok(()),
        Some(folder @ SharedFolder::Writable(..)) => Err(open_error(path).why(folder.to_string()).next(
            "If the folder is yours, remove the write access of other users: chmod go-w FOLDER. Otherwise use a store \
             in another folder: --store PATH",
        )),
        Some(SharedFolder::Foreign(folder, uid)) => Err(open_error(path)
            .why(format!(
                "the folder {} belongs to uid {uid}, and this user could replace the files in it",
                folder.display()
            ))
            .next("Use a store in a folder of your own: --store PATH")),
    }
}

/// Checks the companion files, because SQLite reads them as part of the store.
pub(super) fn check_sidecars(path: &Path) -> Result<()> {
    let own_uid = rustix::process::geteuid().as_raw();
    for companion in sqlite_companions(path) {
        let meta = match fs::symlink_metadata(&companion) {
            Ok(meta) => meta,
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => return Err(open_error(path).why(format!("{}: {e}", companion.display()))),
        };
        if !meta.is_file() {
            let (what, next) = match meta.is_symlink() {
                true => (
                    "is a symbolic link",
                    "Replace the link by the file that the link leads to. If there is no such file, remove the link",
                ),
                false => (
                    "is not a regular file",
                    "Find out who created this path. Then move it to another folder, but don't delete it",
                ),
            };
            return Err(open_error(path).why(format!("{} {what}", companion.display())).next(next));
        }
        if meta.uid() != own_uid || meta.mode() & 0o077 != 0 {
            return Err(open_error(path)
                .why(format!(
                    "the file {} must be readable only by you, but the file has uid {} and mode {:04o}",
                    companion.display(),
                    meta.uid(),
                    meta.mode() & 0o7777
                ))
                .next(format!(
                    "Set the owner of the file to uid {own_uid}, and the mode to 0600. Don't delete the file, because \
                     it can contain your last changes"
                )));
        }
    }
    Ok(())
}

fn check_file(path: &Path) -> Result<()> {
    check_kind(path)?;
    let own_uid = rustix::process::geteuid().as_raw();
    if let Some(meta) = metadata(path)?.filter(|meta| meta.uid() != own_uid) {
        return Err(wrong_owner(path, "the store", meta.uid()));
    }
    check_mode(path)?;
    read_only_mount::check_is_local(path)
}

/// Checks that a regular file with one name is at `path`.
pub(super) fn check_kind(path: &Path) -> Result<()> {
    let Some(meta) = metadata(path)? else {
        let run = |args: &[&str]| CliLine::new(args).option("store", path.display().to_string());
        return Err(Error::not_found(format!("no store at {}", path.display())).next(format!(
            "Check the path. For a new store, run: {}. If the store was lost, restore a backup: {}",
            run(&["init"]),
            run(&["restore", "FILE"])
        )));
    };
    if meta.is_symlink() {
        return Err(open_error(path)
            .why("the path is a symbolic link")
            .next("Use the path of the file itself: --store PATH"));
    }
    if !meta.is_file() {
        return Err(open_error(path).why("the path is not a regular file").next("Use another path: --store PATH"));
    }
    if meta.nlink() > 1 {
        return Err(open_error(path)
            .why(format!("the file has {} names (hard links)", meta.nlink()))
            .next("Remove the other names, or use another file: --store PATH"));
    }
    Ok(())
}

/// Checks that only the owner has access to the file.
pub(super) fn check_mode(path: &Path) -> Result<()> {
    let Some(meta) = metadata(path)?.filter(|meta| meta.mode() & 0o077 != 0) else { return Ok(()) };
    let refused =
        open_error(path).why(format!("other users have access to the file (mode {:04o})", meta.mode() & 0o7777));
    // The path may be mistyped, so the advice to change a mode must be given only for a jeton store.
    Err(match is_store(path) {
        true => refused.next(format!("Run: chmod 600 {}", quote_absolute(path))),
        false => refused.why("the file is not a jeton store").next("Use another file: --store PATH"),
    })
}

pub(super) fn configure(db: &mut Connection, mode: OpenMode) -> rusqlite::Result<()> {
    match mode {
        OpenMode::Service(busy_timeout) | OpenMode::Ledger(busy_timeout) => db.busy_timeout(busy_timeout)?,
        OpenMode::Existing | OpenMode::Screens | OpenMode::Create | OpenMode::CreateUnindexed | OpenMode::Copy => {
            db.busy_handler(Some(busy_handler::wait))?
        }
    }
    let cache = match mode {
        OpenMode::Existing | OpenMode::Create | OpenMode::Copy => CACHE_KIB,
        OpenMode::Screens => SCREEN_CACHE_KIB,
        OpenMode::CreateUnindexed => BULK_CACHE_KIB,
        OpenMode::Service(_) | OpenMode::Ledger(_) => SERVICE_CACHE_KIB,
    };
    db.set_prepared_statement_cache_capacity(128);
    token_search::prepare(db)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Without this setting, statements over tables with partial indexes are compiled again for each bound value.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    db.pragma_update(None, "cache_size", -cache)?;
    db.pragma_update_and_check(None, "journal_size_limit", wal::MAX_WAL_BYTES, |_| Ok(()))?;
    db.execute_batch(
        "PRAGMA mmap_size = 0;
         PRAGMA cell_size_check = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;",
    )
}

/// Switches a new store to WAL mode; an existing one already uses it. While another process reads the file, SQLite
/// refuses the switch at once, whatever the timeout. So this first waits for an exclusive lock of the file, which
/// respects the timeout.
fn enter_wal(db: &Connection, path: &Path) -> Result<()> {
    let switch = || db.pragma_update_and_check(None, "journal_mode", "WAL", |r| r.get::<_, String>(0));
    let mut mode = switch();
    for _ in 0..100 {
        match mode.as_ref().map_err(rusqlite::Error::sqlite_error_code) {
            Err(Some(ErrorCode::DatabaseBusy)) => {}
            _ => break,
        }
        db.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(sqlite_error)?;
        mode = switch();
    }
    match mode.map_err(sqlite_error)?.as_str() {
        "wal" => Ok(()),
        other => Err(open_error(path)
            .why(format!("SQLite can't switch the file to WAL mode (the journal mode is {other})"))
            .next("Use a store on a local file system that supports SQLite's WAL mode: --store PATH")),
    }
}
