//! Folders above a file in which another user could replace the file.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o022;

/// A folder in which another user could replace a file, or a folder above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedFolder {
    /// Others can write to the folder, which has this mode.
    Writable(PathBuf, u32),
    /// The folder belongs to the user with this id.
    Foreign(PathBuf, u32),
}

impl SharedFolder {
    /// Returns the first such folder above the absolute `path`. A missing folder, and one in which only owners can remove
    /// their files (sticky, such as /tmp), is none.
    ///
    /// # Errors
    /// If a folder can't be examined.
    pub fn above(path: &Path) -> io::Result<Option<Self>> {
        let parent = path.parent().unwrap_or(Path::new("/"));
        // Links are followed once, so that the folders above their targets count too.
        let parent = fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned());
        let own_uid = rustix::process::geteuid().as_raw();
        for folder in parent.ancestors() {
            let meta = match fs::metadata(folder) {
                Ok(meta) => meta,
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(io::Error::new(e.kind(), format!("{}: {e}", folder.display()))),
            };
            if meta.mode() & OTHERS_WRITE != 0 && meta.mode() & STICKY == 0 {
                return Ok(Some(SharedFolder::Writable(folder.to_owned(), meta.mode() & 0o7777)));
            }
            if meta.uid() != own_uid && meta.uid() != 0 {
                return Ok(Some(SharedFolder::Foreign(folder.to_owned(), meta.uid())));
            }
        }
        Ok(None)
    }
}

/// The users who can replace a file: `other users can write to /srv (mode 0777)`.
impl fmt::Display for SharedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SharedFolder::Writable(folder, mode) => {
                write!(f, "other users can write to {} (mode {mode:04o})", folder.display())
            }
            SharedFolder::Foreign(folder, uid) => {
                write!(f, "another user (uid {uid}) owns the folder {}", folder.display())
            }
        }
    }
}
