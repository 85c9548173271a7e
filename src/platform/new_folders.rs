//! Folders that are created for a file, and removed again if they stay empty.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::paths;
use crate::error::{Error, Result};

/// The created folders, the deepest first. On drop, the empty ones are removed.
#[derive(Clone)]
pub struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    /// Creates the missing folders above `path`, with mode 0700.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if one can't be created.
    pub fn above(path: &Path) -> Result<Self> {
        let refused = |e: std::io::Error| {
            Error::failure(format!("the folder for {} can't be created", path.display())).why(e.to_string())
        };
        let path = paths::absolute(path).map_err(refused)?;
        let missing = path.ancestors().skip(1).take_while(|folder| fs::symlink_metadata(folder).is_err());
        let created = NewFolders(missing.map(Path::to_owned).collect());
        if let Some(folder) = created.0.first() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refused)?;
        }
        Ok(created)
    }

    /// Removes the created folders that are empty.
    pub fn remove_empty(&self) {
        // The system refuses to remove a folder that isn't empty.
        let _ = self.0.iter().try_for_each(fs::remove_dir);
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        self.remove_empty();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn created_folders_stay_only_with_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        let created = NewFolders::above(&path).unwrap();
        assert_eq!(fs::metadata(folder.path().join("a")).unwrap().mode() & 0o7777, 0o700);
        drop(created);
        assert!(!folder.path().join("a").exists());
        let created = NewFolders::above(&path).unwrap();
        fs::write(&path, "").unwrap();
        drop(created);
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
        drop(NewFolders::above(&path).unwrap());
        assert!(folder.path().join("a/b").exists(), "an empty folder that was there before stays");
    }
}
