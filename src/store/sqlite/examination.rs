//! Examines a store without changing it: each rule of opening on its own, then the content over a connection that
//! creates no file, migrates nothing and writes nothing.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::ErrorCode;
use rustix::fs::statvfs;

use super::file_identity::FileIdentity;
use super::query_helpers::sqlite_error;
use super::read_only_mount::{self, ReadOnly, WriteObstacle};
use super::schema::{self, NEWEST};
use super::sqlite_store::SqliteStore;
use super::{open, row_rules, token_list_query, wal};
use crate::error::{Error, Result};
use crate::platform::sidecar::{JOURNAL_SUFFIX, SHM_SUFFIX, sidecar_path};
use crate::store::OpenMode;

/// Number of SQLite's steps between two questions whether a long read is to end.
const STEPS_BETWEEN_QUESTIONS: i32 = 10_000;
/// Number of problems that SQLite lists at most.
const MAX_PROBLEMS: usize = 10;

/// A rule that a store must follow before jeton opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpeningRule {
    /// The file is a regular file with one name.
    Kind,
    /// The file belongs to the current user.
    Owner,
    /// Only the owner has access.
    Mode,
    /// Nobody else can replace the file or a folder above it.
    Folders,
    /// The files that SQLite keeps next to it follow the same rules.
    Companions,
    /// SQLite can coordinate several processes on the file system.
    FileSystem,
}

/// Every rule, in the order in which they are checked.
pub const OPENING_RULES: [OpeningRule; 6] = [
    OpeningRule::Kind,
    OpeningRule::Owner,
    OpeningRule::Mode,
    OpeningRule::Folders,
    OpeningRule::Companions,
    OpeningRule::FileSystem,
];

/// The depth of a check of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegrityCheck {
    /// Checks the pages and tables.
    Quick,
    /// Also compares indexes with their tables.
    Full,
}

/// Returns `true` if SQLite found damage. Every other error may be over soon.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Returns a problem that SQLite found in one line, without the heading.
fn in_one_line(problem: &str) -> String {
    problem.trim_start_matches("*** in database main ***\n").replace('\n', "; ")
}

/// The version of a store's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    pub version: i64,
    /// The version that this program writes.
    pub newest: i64,
    /// `true` if filling the store was never finished.
    pub lacks_indexes: bool,
}

/// The space that is left for a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSpace {
    /// Number of bytes that this user can still write.
    pub bytes: u64,
    /// Number of files that can still be created. `None` if the file system has no such limit.
    pub files: Option<u64>,
}

/// The examination of the file at the path of a store.
impl SqliteStore {
    /// Returns `true` if anything is at the path of the store.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the path can't be read.
    pub fn exists(path: &Path) -> Result<bool> {
        let path = open::absolute(path)?;
        match fs::symlink_metadata(&path) {
            Ok(_) => Ok(true),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
            Err(e) => Err(open::unreadable(&path, &e)),
        }
    }

    /// Checks one rule of opening the store.
    ///
    /// # Errors
    /// The error that every command would report.
    pub fn check_rule(path: &Path, rule: OpeningRule) -> Result<()> {
        let path = open::absolute(path)?;
        match rule {
            OpeningRule::Kind => open::check_kind(&path),
            OpeningRule::Owner => open::check_owner(&path),
            OpeningRule::Mode => open::check_mode(&path),
            OpeningRule::Folders => open::check_ancestors(&path),
            OpeningRule::Companions => open::check_sidecars(&path),
            OpeningRule::FileSystem => read_only_mount::check_is_local(&path),
        }
    }

    /// Returns `true` if the store can be read but not changed, because of its mount.
    pub fn is_on_read_only_mount(path: &Path) -> bool {
        WriteObstacle::find(path) == Some(WriteObstacle::Mount)
    }

    /// Returns the error of each change, if the mode of the file permits only reading.
    pub fn read_only_mode(path: &Path) -> Option<Error> {
        let path = open::absolute(path).ok()?;
        let obstacle = WriteObstacle::find(&path).filter(|obstacle| matches!(obstacle, WriteObstacle::Mode(_)))?;
        Some(obstacle.refuse_change(&path))
    }

    /// Returns the number of bytes of the write-ahead log, and the number that stay after a checkpoint.
    pub fn wal_size(path: &Path) -> (u64, u64) {
        (wal::bytes(path), wal::MAX_WAL_BYTES.unsigned_abs())
    }

    /// Returns `true` if a rollback journal is next to the store. jeton's stores never have one.
    pub fn has_rollback_journal(path: &Path) -> bool {
        fs::metadata(sidecar_path(path, JOURNAL_SUFFIX)).is_ok_and(|meta| meta.len() > 0)
    }

    /// Returns the space that is left in the folder of the store.
    pub fn space(path: &Path) -> Result<StoreSpace> {
        let path = open::absolute(path)?;
        let left = statvfs(path.parent().unwrap_or(Path::new("/")));
        let unknown = Error::failure("the free disk space is unknown");
        let left =
            left.map_err(|e| unknown.why(e.to_string()).next("Check that you have access to the store's folder"))?;
        Ok(StoreSpace {
            bytes: left.f_bavail.saturating_mul(left.f_frsize),
            files: (left.f_files > 0).then_some(left.f_favail),
        })
    }

    /// Opens the store for an examination. Nothing is created, migrated or written, and the schema isn't checked. Other
    /// programs are waited for `wait` long. Long reads ask `is_over` from time to time, and end with an error once it is
    /// `true`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the store breaks a rule of opening, or can't be read without creating a file.
    pub fn open_unchanged(
        given: &Path,
        wait: Duration,
        is_over: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Self> {
        let path = open::absolute(given)?;
        OPENING_RULES.into_iter().try_for_each(|rule| SqliteStore::check_rule(given, rule))?;
        if wal::bytes(&path) > 0 && !sidecar_path(&path, SHM_SUFFIX).exists() {
            return Err(open::open_error(&path)
                .why(
                    "the -shm file next to the store is missing. SQLite needs the file, but this command creates no \
                     files",
                )
                .next("Open the store once with another command: jeton check. Then run this command again"));
        }
        let mut identity = FileIdentity::new(path.clone())?;
        let obstacle = WriteObstacle::find(&path).unwrap_or(WriteObstacle::Mount);
        let mut db = match read_only_mount::connect_read_only(&path, obstacle)? {
            ReadOnly::Alone(db) => {
                identity.freeze()?;
                db
            }
            ReadOnly::Shared(db) => db,
        };
        open::configure(&mut db, OpenMode::Existing)
            .and_then(|()| token_list_query::prepare(&db))
            .and_then(|()| db.busy_timeout(wait))
            .and_then(|()| db.progress_handler(STEPS_BETWEEN_QUESTIONS, Some(is_over)))
            .map_err(sqlite_error)?;
        Ok(SqliteStore::from_parts(db, identity, given, OpenMode::Existing))
    }
}

impl SqliteStore {
    /// Returns the version of the schema. 0 = the file is empty.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] for another program's file, or a schema that is newer than this program.
    pub fn schema_state(&self) -> Result<SchemaState> {
        let found = schema::read_schema(&self.lock())?;
        Ok(SchemaState { version: found.version, newest: NEWEST, lacks_indexes: found.lacks_indexes })
    }

    /// Lets SQLite check the file and the rows, and returns the problems, the first ones only.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the check can't be made, or was ended.
    pub fn integrity_problems(&self, check: IntegrityCheck) -> Result<Vec<String>> {
        self.first_problems(check, MAX_PROBLEMS)
    }

    /// Returns [`SqliteStore::integrity_problems`], `max` of them at most.
    pub(super) fn first_problems(&self, check: IntegrityCheck, max: usize) -> Result<Vec<String>> {
        let pragma = match check {
            IntegrityCheck::Full => "integrity_check",
            IntegrityCheck::Quick => "quick_check",
        };
        let db = self.lock();
        let found = db.prepare(&format!("PRAGMA {pragma}({max})")).and_then(|mut check| {
            let rows = check.query_map([], |row| row.get::<_, String>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        let mut problems: Vec<String> = match found {
            Ok(rows) => rows.into_iter().filter(|row| row != "ok").map(|row| in_one_line(&row)).collect(),
            Err(e) if is_damage(&e) => vec![e.to_string()],
            Err(e) => return Err(sqlite_error(e)),
        };
        problems.extend(row_rules::broken(&db, max.saturating_sub(problems.len()))?);
        // A file that changed under a read without locks looks damaged.
        self.identity.check_in_place()?;
        Ok(problems)
    }
}
