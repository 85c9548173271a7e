//! Copies of a whole store, made with SQLite's backup API while others use the store.

use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, ffi};

use super::examination::IntegrityCheck;
use super::query_helpers::sqlite_error;
use super::read_only_mount::file_uri;
use super::sqlite_store::SqliteStore;
use super::{audit, schema, wal};
use crate::error::{Error, Result};
use crate::platform::clock::Stopwatch;
use crate::verbs::ports::audit_log::AuditTip;

/// Number of pages copied between two reports: 4 MiB.
const PAGES_PER_STEP: i32 = 1_024;
/// Number of instructions of SQLite's machine between two checks if a query must stop.
pub(super) const STEPS_PER_CHECK: i32 = 1_000;
/// Position of the two version numbers in the file's header that say whether the file uses a write-ahead log.
const VERSIONS_AT: u64 = 18;
/// The versions of a file without a write-ahead log.
const WITHOUT_WAL: [u8; 2] = [1, 1];

/// Limits of a copy. While it is made, SQLite can't write back changes of others that are newer than the copy.
#[derive(Debug, Clone, Copy)]
struct CopyLimits {
    /// Number of bytes by which the write-ahead log may grow.
    wal_growth: u64,
    time: Duration,
}

const LIMITS: CopyLimits = CopyLimits { wal_growth: 1024 * 1024 * 1024, time: Duration::from_secs(3600) };

/// Called with the number of copied pages and of all. `Break` ends the copy.
pub type CopyReport<'a> = dyn FnMut(u64, u64) -> ControlFlow<()> + 'a;

impl SqliteStore {
    /// Copies the store to the empty file at `path`, and returns the end of the copy's audit log. The copy has every
    /// change that was committed before the call. It needs no other file, but is not synced to disk yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`] if `report` ended the copy; [`crate::error::Kind::Failure`] if the copy takes so
    /// long that it harms the store. The file is then incomplete, as after any error.
    pub fn copy_to(&self, path: &Path, report: &mut CopyReport<'_>) -> Result<AuditTip> {
        self.copy_within(LIMITS, path, report)
    }

    fn copy_within(&self, limits: CopyLimits, path: &Path, report: &mut CopyReport<'_>) -> Result<AuditTip> {
        let mut target = open_target(path).map_err(|e| write_error(path, e))?;
        let mut db = self.lock();
        // All steps read from one transaction. A copy without it begins again after each change of another process.
        let tx = db.transaction_with_behavior(TransactionBehavior::Deferred).map_err(sqlite_error)?;
        // A backup of an earlier version is copied as it is, and migrated as a copy.
        schema::read_schema(&tx)?;
        let tip = audit::tip(&tx)?;
        let (started, wal_before) = (Stopwatch::start(), wal::bytes(self.path()));
        let explain = |e| write_error(path, e);
        let copy = Backup::new(&tx, &mut target).map_err(explain)?;
        copy_pages(&copy, explain, &mut |done, all| {
            let growth = wal::bytes(self.path()).saturating_sub(wal_before);
            match growth > limits.wal_growth || started.elapsed() > limits.time {
                true => Err(took_too_long(growth, started.elapsed())),
                false if report(done, all).is_break() => Err(Error::cancelled()),
                false => Ok(()),
            }
        })?;
        drop(copy);
        tx.finish().map_err(sqlite_error)?;
        drop(db);
        self.check_in_place()?;
        target.close().map_err(|(_, e)| write_error(path, e))?;
        let file = std::fs::OpenOptions::new().write(true).open(path);
        let made_single = file.and_then(|file| file.write_all_at(&WITHOUT_WAL, VERSIONS_AT));
        made_single.map_err(|e| unwritable(path).why(e.to_string()))?;
        Ok(tip)
    }

    /// Returns a fault in the structure of the file: in its pages, tables, indexes or rows. `None` if there is none.
    pub fn integrity_error(&self) -> Result<Option<String>> {
        Ok(self.first_problems(IntegrityCheck::Full, 1)?.into_iter().next())
    }

    /// Returns the version of the store's schema.
    pub fn schema_version(&self) -> Result<i64> {
        Ok(schema::read_schema(&self.lock())?.version)
    }

    /// Makes queries of this store fail once `is_stopped` returns `true`.
    pub fn stop_queries_when(&self, is_stopped: impl FnMut() -> bool + Send + 'static) -> Result<()> {
        self.lock().progress_handler(STEPS_PER_CHECK, Some(is_stopped)).map_err(sqlite_error)
    }

    /// Ends what [`SqliteStore::stop_queries_when`] began.
    pub(super) fn never_stop_queries(&self) -> Result<()> {
        self.lock().progress_handler(0, None::<fn() -> bool>).map_err(sqlite_error)
    }
}

/// Opens the empty file of a copy. Nobody else uses it, so SQLite needs neither locks nor a journal.
fn open_target(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_URI;
    let target = Connection::open_with_flags(file_uri(path, "nolock=1"), flags)?;
    // The file is synced as a whole, and useless before.
    target.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    target.pragma_update(None, "synchronous", "OFF")?;
    Ok(target)
}

/// Copies all pages, and reports them after each step. `explain` makes the error of what SQLite says.
pub(super) fn copy_pages(
    copy: &Backup<'_, '_>,
    explain: impl Fn(rusqlite::Error) -> Error,
    report: &mut dyn FnMut(u64, u64) -> Result<()>,
) -> Result<()> {
    while copy_step(copy, PAGES_PER_STEP).map_err(&explain)? {
        let progress = copy.progress();
        let [all, left] = [progress.pagecount, progress.remaining].map(|pages| u64::try_from(pages).unwrap_or(0));
        report(all.saturating_sub(left), all)?;
    }
    Ok(())
}

/// Copies some pages. Returns `true` if others are left.
pub(super) fn copy_step(copy: &Backup<'_, '_>, pages: i32) -> rusqlite::Result<bool> {
    let refused = |code| Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
    match copy.step(pages)? {
        StepResult::Done => Ok(false),
        StepResult::More => Ok(true),
        StepResult::Locked => refused(ffi::SQLITE_LOCKED),
        // A later version of SQLite may know more results.
        _ => refused(ffi::SQLITE_BUSY),
    }
}

/// The error of a copy that keeps the write-ahead log from being written back.
fn took_too_long(growth: u64, elapsed: Duration) -> Error {
    Error::failure("jeton stopped the copy of the store, because the copy took too long")
        .why(format!(
            "after {} s, the write-ahead log of the store had grown by {} MiB. This log can't shrink during a copy",
            elapsed.as_secs(),
            growth / (1024 * 1024)
        ))
        .next("Run the command again when there are fewer changes. Or write the copy to a faster disk")
}

fn unwritable(path: &Path) -> Error {
    Error::failure(format!("the copy {} can't be written", path.display()))
}

/// Explains an error of a copy. SQLite doesn't say on which of the two files it occurred.
fn write_error(path: &Path, error: rusqlite::Error) -> Error {
    let cause = sqlite_error(error);
    let why = cause.why.map_or_else(|| cause.what.clone(), |why| format!("{}: {why}", cause.what));
    let refused = unwritable(path).why(why);
    cause.next.map_or(refused.clone(), |next| refused.next(next))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::error::Kind;
    use crate::platform::secret_files::create_private;
    use crate::store::OpenMode;

    #[test]
    fn copy_ends_when_the_write_ahead_log_grows_or_time_is_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jeton.db");
        let store = SqliteStore::open(&path, OpenMode::Create).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("CREATE TABLE filler (n BLOB); INSERT INTO filler VALUES (zeroblob(12000000))").unwrap();
        let limits = CopyLimits { wal_growth: 1_000_000, time: Duration::from_secs(3600) };
        let copy = |limits: CopyLimits, written: i64| {
            let target = folder.path().join(format!("copy-{written}-{}", limits.time.as_secs()));
            drop(create_private(&target).unwrap());
            store.copy_within(limits, &target, &mut |_, _| {
                other.execute("INSERT INTO filler VALUES (zeroblob(?1))", [written]).unwrap();
                ControlFlow::Continue(())
            })
        };
        copy(limits, 1_000).unwrap();
        assert_eq!(copy(limits, 20_000_000).unwrap_err().kind, Kind::Failure);
        assert_eq!(copy(CopyLimits { time: Duration::ZERO, ..limits }, 1_000).unwrap_err().kind, Kind::Failure);
    }
}
