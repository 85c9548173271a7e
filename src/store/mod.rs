//! The store of an installation: where it is, and the engine that opens it. All SQL of the project is below this folder.

pub mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use sqlite::SqliteStore;
pub use sqlite::{
    FileSizes, FileState, IntegrityCheck, NEWEST_SCHEMA, NotReplaced, OPENING_RULES, OpeningRule, SchemaState,
    StoreSpace,
};

/// An open store. The engine behind every location.
pub type OpenStore = SqliteStore;

/// The purpose for which a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Use an existing store.
    Existing,
    /// Use the store, or create an empty one.
    Create,
    /// Create a store for a large number of tokens. Its indexes are built the next time it is opened.
    CreateUnindexed,
    /// Serve from an existing store. Waits this long for other writers; people wait longer.
    Service(Duration),
    /// Record the service's ledger, waiting this long. A power failure may lose the last commits. No caller was promised
    /// that they are stored. In return no commit waits for the disk.
    Ledger(Duration),
    /// Read a copy that nobody changes, such as a backup. Neither writes the file nor creates files next to it.
    Copy,
}

impl OpenMode {
    /// Returns `true` if a missing store is created.
    const fn creates(self) -> bool {
        matches!(self, OpenMode::Create | OpenMode::CreateUnindexed)
    }
}

/// The state of the file at a store's location.
pub enum StoreState {
    Usable(OpenStore),
    Missing,
    /// The file has no readable store, for this reason.
    Damaged(Error),
}

/// The location of a store, which may not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLocation(PathBuf);

impl StoreLocation {
    pub fn file(path: impl Into<PathBuf>) -> Self {
        StoreLocation(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Opens the store for a restore, and checks its pages, until `is_over` returns `true`.
    ///
    /// # Errors
    /// Those of [`StoreLocation::open`], unless the file is damaged.
    pub fn inspect(&self, is_over: impl FnMut() -> bool + Send + 'static) -> Result<StoreState> {
        SqliteStore::inspect(self.path(), is_over)
    }

    /// # Errors
    /// [`crate::error::Kind::NotFound`] if there is none; [`crate::error::Kind::Failure`] if it is refused or can't be
    /// created.
    pub fn open(&self, mode: OpenMode) -> Result<OpenStore> {
        SqliteStore::open(self.path(), mode)
    }
}
