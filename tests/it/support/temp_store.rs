//! The location of a test's store.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder for a store, deleted when the test ends.
pub struct TempStore {
    folder: TempDir,
}

impl TempStore {
    pub fn new() -> Self {
        TempStore { folder: tempfile::Builder::new().prefix("jeton-it-").tempdir().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("jeton.db")
    }
}
