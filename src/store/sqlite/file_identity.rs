//! The identity of a store's file. Detects that the file was removed or replaced.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::open::open_error;
use super::wal;
use crate::error::{Error, Result};
use crate::platform::sidecar::{SHM_SUFFIX, WAL_SUFFIX, sidecar_path};

/// The files through which all processes with the open store coordinate.
const SHARED_SUFFIXES: [&str; 2] = [WAL_SUFFIX, SHM_SUFFIX];

/// The identity of the opened file, to detect that it was removed or replaced. Includes its companions (`-wal`, `-shm`)
/// for the same reason. A process that opens the store without our companions doesn't see our changes, nor do we see
/// its changes. While we have the companions open, they disappear only if someone deletes them by hand.
pub(super) struct FileIdentity {
    path: PathBuf,
    file: Inode,
    sidecars: Vec<(PathBuf, Inode)>,
    /// The file's state when it was opened, if the file is read as immutable.
    frozen: Option<FileState>,
    /// The folder when all files were last seen in their places; `None` while the folder has just changed.
    verified_in: Mutex<Option<FolderState>>,
}

/// A folder, and when an entry was last added, removed or renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FolderState {
    device: u64,
    number: u64,
    changed: (i64, i64),
}

impl FolderState {
    /// Seconds that a folder must be unchanged before its time reliably shows each further change. The system's clock
    /// ticks are some milliseconds long.
    const QUIET_SECONDS: i64 = 1;

    fn read(path: &Path) -> Option<Self> {
        let meta = fs::symlink_metadata(path.parent()?).ok()?;
        Some(FolderState { device: meta.dev(), number: meta.ino(), changed: (meta.mtime(), meta.mtime_nsec()) })
    }

    #[expect(clippy::disallowed_methods, reason = "compared with the system's own times of files, not with ours")]
    fn is_quiet(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        i64::try_from(now).is_ok_and(|now| now > self.changed.0 + Self::QUIET_SECONDS)
    }
}

/// The size and times of the store's file. They change with every write to the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

#[derive(Debug, PartialEq, Eq)]
struct Inode {
    device: u64,
    number: u64,
}

impl Inode {
    fn read(path: &Path) -> std::io::Result<Self> {
        fs::symlink_metadata(path).map(|meta| Inode { device: meta.dev(), number: meta.ino() })
    }
}

impl FileIdentity {
    pub(super) fn new(path: PathBuf) -> Result<Self> {
        let file = Inode::read(&path).map_err(|e| open_error(&path).why(e.to_string()))?;
        let companions = SHARED_SUFFIXES.iter().filter_map(|ending| {
            let path = sidecar_path(&path, ending);
            Inode::read(&path).ok().map(|inode| (path, inode))
        });
        let companions = companions.collect();
        Ok(FileIdentity { file, sidecars: companions, path, frozen: None, verified_in: Mutex::new(None) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file_state(&self) -> Result<FileState> {
        let meta = fs::symlink_metadata(&self.path).map_err(|e| open_error(&self.path).why(e.to_string()))?;
        let (modified, changed) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        Ok(FileState { len: meta.len(), modified, changed })
    }

    /// From now on, treats each change of the file as an error. SQLite reads the file without locks, and could mix old
    /// and new content.
    pub(super) fn freeze(&mut self) -> Result<()> {
        self.frozen = Some(self.file_state()?);
        Ok(())
    }

    fn is_unchanged(&self) -> Result<()> {
        match &self.frozen {
            Some(frozen) if self.file_state()? != *frozen || wal::bytes(&self.path) > 0 => {
                Err(Error::failure(format!("the store {} was changed while jeton read it", self.path.display()))
                    .why("another program writes to the file, or to its file system through another mount")
                    .next("Start jeton again"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Checks that the file and its companions are still in their places.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the file was moved, removed or replaced. Reads would then differ from what
    /// others see, and writes would be lost.
    pub(super) fn check_in_place(&self) -> Result<()> {
        self.is_unchanged()?;
        // Read before the files are checked, so that a change during the check is noticed.
        let folder = FolderState::read(&self.path);
        let mut seen_in = self.verified_in.lock().unwrap_or_else(PoisonError::into_inner);
        if folder.is_some() && *seen_in == folder {
            return Ok(());
        }
        *seen_in = None;
        self.check_inodes()?;
        *seen_in = folder.filter(FolderState::is_quiet);
        Ok(())
    }

    /// Returns `true` if another file is at the path, and none of our companions is in its place.
    pub(super) fn is_replaced(&self) -> bool {
        Inode::read(&self.path).is_ok_and(|found| found != self.file)
            && !self.sidecars.iter().any(|(path, inode)| Inode::read(path).is_ok_and(|found| found == *inode))
    }

    fn check_inodes(&self) -> Result<()> {
        let stays = |path: &Path, inode: &Inode| Inode::read(path).is_ok_and(|found| found == *inode);
        let gone = |path: &Path| {
            Err(Error::failure(format!("the store {} was removed or replaced", self.path.display()))
                .why(format!("{} no longer exists, or is not the file that jeton opened", path.display()))
                .next(
                    "If somebody moved the store, move it back. Then start jeton again, and check that your last \
                     change is there",
                ))
        };
        if !stays(&self.path, &self.file) {
            return gone(&self.path);
        }
        match self.sidecars.iter().find(|(path, inode)| !stays(path, inode)) {
            Some((path, _)) => gone(path),
            None => Ok(()),
        }
    }
}
