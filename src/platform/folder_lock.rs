//! A lock for work of which only one may run at a time on the stores of a folder.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::error::{Error, Result};

/// Holds the lock until it is dropped, or the process ends.
#[must_use]
pub struct FolderLock {
    _folder: File,
}

/// Locks the folder of the store at `store` for `command`.
///
/// # Errors
/// [`crate::error::Kind::Conflict`] if another process holds the lock; [`crate::error::Kind::Failure`] if the folder
/// can't be locked.
pub fn acquire(store: &Path, command: &str) -> Result<FolderLock> {
    let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |e: std::io::Error| {
        Error::failure(format!("the folder {} can't be locked for {command}", folder.display())).why(e.to_string())
    };
    let file = File::open(folder).map_err(refused)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(FolderLock { _folder: file }),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::conflict(format!("{command} is already running"))
            .why(format!("another process has locked {}", folder.display()))
            .next("Wait until the other process ends. Then run the command again")),
        Err(e) => Err(refused(e.into())),
    }
}
