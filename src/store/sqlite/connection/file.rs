//! The store as a file.

use std::path::Path;

use super::SqliteStore;
use crate::error::Result;
use crate::store::sqlite::FileState;
use crate::store::sqlite::convert::failed;

impl SqliteStore {
    /// Whether the file that was opened still stands in its place.
    pub fn is_in_place(&self) -> bool {
        self.identity.holds().is_ok()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state of the file itself.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it can't be told.
    pub fn file_state(&self) -> Result<FileState> {
        self.identity.file_state()
    }

    /// Drops what SQLite remembers of the file, so that it is read anew.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when SQLite refuses.
    pub fn drop_pages(&self) -> Result<()> {
        self.lock().execute_batch("PRAGMA shrink_memory").map_err(failed)
    }

    /// SQLite's own check of the file: `ok`, or what is wrong with it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it can't be read.
    pub fn integrity(&self) -> Result<String> {
        self.lock().query_row("PRAGMA integrity_check", [], |r| r.get(0)).map_err(failed)
    }
}
