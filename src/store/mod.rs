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
    /// Use an existing store for screens, which search it often.
    Screens,
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
    Usable(Box<OpenStore>),
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

    /// Gives the store, which nobody uses, pages of `bytes`. `is_over` ends the work.
    pub fn convert_pages(&self, bytes: u32, is_over: impl FnMut() -> bool + Send + 'static) -> Result<()> {
        SqliteStore::convert_pages(self.path(), bytes, is_over)
    }

    /// # Errors
    /// [`crate::error::Kind::NotFound`] if there is none; [`crate::error::Kind::Failure`] if it is refused or can't be
    /// created.
    pub fn open(&self, mode: OpenMode) -> Result<OpenStore> {
        SqliteStore::open(self.path(), mode)
    }

    /// Opens the store for an examination. Nothing is created, migrated or written, and the schema isn't checked. Other
    /// programs are waited for `wait` long. Long reads ask `is_over` from time to time, and end with an error once it is
    /// `true`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the store breaks a rule of opening, or can't be read without creating a file.
    pub fn open_unchanged(&self, wait: Duration, is_over: impl FnMut() -> bool + Send + 'static) -> Result<OpenStore> {
        SqliteStore::open_unchanged(self.path(), wait, is_over)
    }

    /// Returns `true` if anything is at the path of the store.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the path can't be read.
    pub fn exists(&self) -> Result<bool> {
        SqliteStore::exists(self.path())
    }

    /// Checks one rule of opening the store.
    ///
    /// # Errors
    /// The error that every command would report.
    pub fn check_rule(&self, rule: OpeningRule) -> Result<()> {
        SqliteStore::check_rule(self.path(), rule)
    }

    /// Returns `true` if the store can be read but not changed, because of its mount.
    pub fn is_on_read_only_mount(&self) -> bool {
        SqliteStore::is_on_read_only_mount(self.path())
    }

    /// Returns the error of each change, if the mode of the file permits only reading.
    pub fn read_only_mode(&self) -> Option<Error> {
        SqliteStore::read_only_mode(self.path())
    }

    /// Returns the number of bytes of the write-ahead log, and the number that stay after a checkpoint.
    pub fn wal_size(&self) -> (u64, u64) {
        SqliteStore::wal_size(self.path())
    }

    /// Returns `true` if a rollback journal is next to the store. jeton's stores never have one.
    pub fn has_rollback_journal(&self) -> bool {
        SqliteStore::has_rollback_journal(self.path())
    }

    /// Returns the space that is left in the folder of the store.
    pub fn space(&self) -> Result<StoreSpace> {
        SqliteStore::space(self.path())
    }
}
