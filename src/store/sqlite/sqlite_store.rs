//! The store with one connection: snapshots, audited changes, bookkeeping.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, InterruptHandle, MAIN_DB, Transaction, TransactionBehavior};

use super::file_identity::{FileIdentity, FileState};
use super::query_helpers::{NOT_WRITABLE, name_file, sqlite_error};
use super::read_only_mount::WriteObstacle;
use super::sqlite_tx::SqliteTx;
use super::token_search::TokenSearch;
use super::{audit, busy_handler, failed_sign_in_audit, ledger_read, open, schema, tokens, usage_journal, wal};
use crate::domain::audit::AuditActor;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::platform::stop_between_writes;
use crate::store::OpenMode;
use crate::verbs::audited::Audited;
use crate::verbs::ports::{
    CommittedTx, DataVersion, DataVersions, FlushScope, Maintenance, Snapshot, Store, Tx, UsageTx,
};

pub struct SqliteStore {
    db: Mutex<Connection>,
    interrupt: InterruptHandle,
    pub(super) identity: FileIdentity,
    path: PathBuf,
    pub(super) search: Box<TokenSearch>,
}

/// The sizes of the store's files, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSizes {
    pub main: u64,
    /// The write-ahead log.
    pub wal: u64,
}

impl SqliteStore {
    pub fn open(path: &Path, mode: OpenMode) -> Result<Self> {
        let (db, identity) = open::open(path, mode).map_err(|error| name_file(error, path))?;
        Ok(Self::from_parts(db, identity, path, mode))
    }

    /// Opens the file of this store alone, without the changes in its write-ahead log. It has what checkpoints wrote.
    pub fn open_file_alone(&self) -> Result<Self> {
        let (db, identity) = open::open_file_alone(self.path.clone())?;
        Ok(Self::from_parts(db, identity, &self.path, OpenMode::Copy))
    }

    pub(super) fn from_parts(db: Connection, identity: FileIdentity, path: &Path, mode: OpenMode) -> Self {
        SqliteStore {
            interrupt: db.get_interrupt_handle(),
            db: Mutex::new(db),
            identity,
            path: path.to_owned(),
            search: Box::new(TokenSearch::new(path, mode)),
        }
    }

    /// Runs one immediate transaction on the file that was opened.
    fn in_write_transaction<T>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut db = self.lock();
        let _open = stop_between_writes::enter();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite_error)?;
        schema::check_unchanged(&tx)?;
        let out = f(&tx).map_err(|e| self.explain_read_only(e))?;
        self.identity.check_in_place()?;
        tx.commit().map_err(sqlite_error)?;
        // The file may have disappeared between the two checks. The change would then be lost, so it must not be
        // reported as done.
        self.identity.check_in_place()?;
        Ok(out)
    }

    /// Names the obstacle if `error` says only that the store can't be written.
    fn explain_read_only(&self, error: Error) -> Error {
        match error.what == NOT_WRITABLE {
            true => {
                let path = self.identity.path();
                WriteObstacle::find(path).map_or(error, |obstacle| obstacle.refuse_change(path))
            }
            false => error,
        }
    }

    /// A panic elsewhere leaves the connection usable, because its transaction was rolled back on drop.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn check_in_place(&self) -> Result<()> {
        self.identity.check_in_place()
    }

    pub fn is_in_place(&self) -> bool {
        self.identity.check_in_place().is_ok()
    }

    /// Returns `true` if another store is at the path, with none of the files through which others write to this one.
    /// So a change of one never reaches the other.
    pub fn is_replaced(&self) -> bool {
        self.identity.is_replaced()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file_state(&self) -> Result<FileState> {
        self.identity.file_state()
    }

    /// # Errors
    /// [`crate::error::Kind::Failure`] if there is no file.
    pub fn file_sizes(&self) -> Result<FileSizes> {
        let main = fs::metadata(&self.path).map_err(|e| open::open_error(&self.path).why(e.to_string()))?.len();
        Ok(FileSizes { main, wal: wal::bytes(&self.path) })
    }

    /// Drops SQLite's cached pages, so that the file is read again.
    pub fn shrink_cache(&self) -> Result<()> {
        self.lock().execute_batch("PRAGMA shrink_memory").map_err(sqlite_error)
    }
}

impl Drop for SqliteStore {
    /// SQLite removes the write-ahead log by its name when the last connection is closed. If the file was moved or
    /// replaced, this name may belong to another store.
    fn drop(&mut self) {
        if self.identity.check_in_place().is_err() {
            let _ = self.lock().set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

impl Store for SqliteStore {
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        let mut db = self.lock();
        self.search.begin();
        let tx = db.transaction_with_behavior(TransactionBehavior::Deferred).map_err(sqlite_error)?;
        schema::check_unchanged(&tx)?;
        let out = f(&SqliteTx(&tx, &self.search))?;
        tx.finish().map_err(sqlite_error)?;
        self.identity.check_in_place()?;
        Ok(out)
    }

    fn interrupt_read(&self) {
        self.search.interrupt();
        self.interrupt.interrupt();
    }

    fn is_read_only(&self) -> bool {
        self.lock().is_readonly(MAIN_DB).unwrap_or(false)
    }

    fn dry_run<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        mut f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<T> {
        self.in_write_transaction(|tx| {
            tx.execute_batch("SAVEPOINT rehearsal").map_err(sqlite_error)?;
            let (_, out) = f(&mut SqliteTx(tx, &self.search), now())?.into_parts();
            let newest = tokens::newest_id(tx)?;
            tx.execute_batch("ROLLBACK TO rehearsal; RELEASE rehearsal").map_err(sqlite_error)?;
            tokens::reserve_ids(tx, newest)?;
            Ok(out)
        })
    }

    fn write<T>(
        &self,
        actor: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        mut f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<CommittedTx<T>> {
        self.in_write_transaction(|tx| {
            let now = now();
            let (entries, out) = f(&mut SqliteTx(tx, &self.search), now)?.into_parts();
            let seq = audit::append(tx, actor, now, &entries)?;
            Ok(CommittedTx { value: out, audit_seq: seq })
        })
    }

    fn write_usage<T>(&self, mut f: impl FnMut(&mut dyn UsageTx) -> Result<T>) -> Result<T> {
        self.in_write_transaction(|tx| f(&mut SqliteTx(tx, &self.search)))
    }
}

impl Maintenance for SqliteStore {
    fn write_back(&self) -> Result<u64> {
        wal::checkpoint(&self.lock()).map_err(sqlite_error)
    }

    fn flush_usage(&self) -> Result<()> {
        if usage_journal::has_pending(&self.lock())? {
            // In many short transactions, so that other writers get their turn.
            for part in 0..usage_journal::PARTS {
                while self.in_write_transaction(|tx| usage_journal::flush(tx, part))? {
                    busy_handler::yield_to_others();
                }
            }
        }
        Ok(())
    }

    fn write_failed_sign_ins(&self, now: Timestamp, due: FlushScope) -> Result<()> {
        if failed_sign_in_audit::has_pending(&self.lock(), now, due)? {
            self.in_write_transaction(|tx| failed_sign_in_audit::flush(tx, now, due))?;
        }
        Ok(())
    }
}

impl DataVersions for SqliteStore {
    fn data_version(&self) -> Result<DataVersion> {
        let version = ledger_read::data_version(&self.lock())?;
        self.identity.check_in_place()?;
        Ok(DataVersion(version))
    }
}
