//! Where a test's store is.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A place for a store: a folder that goes when the test does.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Place { folder: tempfile::Builder::new().prefix("jeton-it-").tempdir().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("jeton.db")
    }
}
