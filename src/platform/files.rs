//! Secrets saved to files.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::verbs::ports::{Delivery, SavedSecret};

/// Endings of the files that SQLite keeps beside a store.
const RESERVED: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Files on this machine.
pub struct FileDelivery;

struct SavedFile {
    path: PathBuf,
    kept: bool,
}

impl SavedSecret for SavedFile {
    fn keep(&mut self) {
        self.kept = true;
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SavedFile {
    fn drop(&mut self) {
        if !self.kept {
            // A leftover holds a secret that was never put into force: nothing depends on its removal.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Delivery for FileDelivery {
    /// `O_EXCL` refuses whatever is there already, links included.
    fn save(&self, path: &Path, secret: &Secret) -> Result<Box<dyn SavedSecret>> {
        let refused = |e: std::io::Error| {
            let next = match e.kind() {
                ErrorKind::AlreadyExists => "Choose a path where nothing is yet",
                ErrorKind::NotFound => "Choose a folder that is there",
                _ => "Choose another path",
            };
            Error::failure(format!("the secret can't be saved to {}", path.display())).why(e.to_string()).next(next)
        };
        let path = std::path::absolute(path).map_err(refused)?;
        if RESERVED.iter().any(|ending| path.as_os_str().as_encoded_bytes().ends_with(ending.as_bytes())) {
            return Err(Error::usage(format!("the secret can't be saved to {}", path.display()))
                .why("SQLite takes files of that ending for its own and removes them")
                .next("Choose another name"));
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(refused)?;
        let saved = SavedFile { path, kept: false };
        secret.expose(|s| file.write_all(s.as_bytes())).map_err(refused)?;
        file.write_all(b"\n").map_err(refused)?;
        file.sync_all().map_err(refused)?;
        if let Some(folder) = saved.path.parent() {
            File::open(folder).and_then(|f| f.sync_all()).map_err(refused)?;
        }
        Ok(Box::new(saved))
    }
}
