//! The store as a file.

use std::path::Path;

use super::SqliteStore;
use crate::error::Result;
use crate::store::sqlite::FileState;
use crate::store::sqlite::query_helpers::sqlite_error;

impl SqliteStore {
    /// Returns `true` if the opened file is still in its place.
    pub fn is_in_place(&self) -> bool {
        self.identity.check_in_place().is_ok()
    }

    /// Returns the path of the store.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the state of the file itself.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the state can't be read.
    pub fn file_state(&self) -> Result<FileState> {
        self.identity.file_state()
    }

    /// Drops SQLite's cached pages, so that the file is read again.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if SQLite refuses.
    pub fn shrink_cache(&self) -> Result<()> {
        self.lock().execute_batch("PRAGMA shrink_memory").map_err(sqlite_error)
    }

    /// Runs SQLite's own check of the file: returns `ok`, or the problems.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the file can't be read.
    pub fn check_integrity(&self) -> Result<String> {
        self.lock().query_row("PRAGMA integrity_check", [], |r| r.get(0)).map_err(sqlite_error)
    }
}
