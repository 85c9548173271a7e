//! The file outside the store with checkpoints of the audit log. Lines are only appended, by one process at a time.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::secret_files::read_text;
use super::{paths, sidecar, whole_file};
use crate::error::{Error, Result};
use crate::verbs::cli_line::quote_absolute;
use crate::verbs::ports::Clock;

/// Maximum size of the file, in bytes: a checkpoint an hour for three centuries.
const MAX_BYTES: usize = 512 * 1024 * 1024;
/// Number of attempts to lock the file, with [`LOCK_RETRY_DELAY`] between them: 10 s in all.
const MAX_LOCK_ATTEMPTS: usize = 100;
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Reads the file at `path`, to compare the log with its text.
pub fn read(path: &Path) -> Result<String> {
    read_text(path, MAX_BYTES)
}

/// An open and locked anchor file. If the file was created now and nothing was appended, it is removed on drop.
pub struct AnchorFile {
    path: PathBuf,
    file: File,
    text: String,
    /// Size of the file, in bytes. The text is shorter if the file begins with a byte order mark.
    length: u64,
    is_new: bool,
}

impl AnchorFile {
    /// Opens the file at `path` once no other process appends to the file. A missing file is created with mode 0600.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if `path` is a link, a pipe, a folder or a file that others can write. The same
    /// error if the file can't be opened or read, or if another program doesn't release the lock.
    pub fn open(path: &Path, clock: &dyn Clock) -> Result<Self> {
        super::bounded_read::require_named_file(path, "an anchor")?;
        let refused = |e: io::Error| unusable(path).why(e.to_string());
        let path = paths::absolute(path).map_err(refused)?;
        if let Some(ending) = super::secret_files::reserved_suffix(&path) {
            return Err(unusable(&path)
                .why(format!(
                    "names that end in {ending} are reserved for files of a store. jeton or SQLite could replace or \
                     remove the anchor"
                ))
                .next("Choose another name"));
        }
        let open = |create: bool| sidecar::open_options().append(true).create_new(create).open(&path);
        let (file, is_new) = match open(true) {
            Ok(file) => (file, true),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => (open(false).map_err(|e| open_error(&path, e))?, false),
            Err(e) => return Err(open_error(&path, e)),
        };
        let mut file = AnchorFile { path, file, text: String::new(), length: 0, is_new };
        file.check()?;
        file.lock(clock)?;
        file.read()?;
        Ok(file)
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Appends `line` and syncs it to disk, completely or not at all.
    pub fn append(&mut self, line: &str) -> Result<()> {
        let failed = |e: io::Error| {
            Error::failure(format!("the checkpoint can't be written to {}", self.path.display()))
                .why(e.to_string())
                .next("Check the free space and the state of the disk, then try again")
        };
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        if let Err(e) = written {
            // Half a line would damage the file. If truncating fails too, the next user of the file gets an error
            // for the damage.
            let _ = self.file.set_len(self.length);
            return Err(failed(e));
        }
        if self.is_new {
            whole_file::sync_folder_of(&self.path).map_err(failed)?;
        }
        self.is_new = false;
        self.length += line.len() as u64;
        self.text.push_str(line);
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let meta = self.file.metadata().map_err(|e| unusable(&self.path).why(e.to_string()))?;
        let own_uid = rustix::process::geteuid().as_raw();
        let (why, next) = if !meta.is_file() {
            ("it is a folder, a pipe or a device".to_owned(), "Choose a regular file".to_owned())
        } else if meta.uid() != own_uid {
            let why = format!("it belongs to uid {}, but jeton runs as uid {own_uid}", meta.uid());
            (why, format!("Run jeton as uid {}, or choose a file of your own", meta.uid()))
        } else if meta.mode() & 0o022 != 0 {
            let why = format!("other users can write to the file (mode {:04o})", meta.mode() & 0o7777);
            (why, format!("Let only the owner write to the file: chmod go-w {}", quote_absolute(&self.path)))
        } else if meta.nlink() > 1 {
            let why = format!("the file has {} names (hard links)", meta.nlink());
            (why, "Choose a file without hard links".to_owned())
        } else {
            return Ok(());
        };
        Err(unusable(&self.path).why(why).next(next))
    }

    fn lock(&self, clock: &dyn Clock) -> Result<()> {
        for _ in 0..MAX_LOCK_ATTEMPTS {
            match flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return self.check_in_place(),
                Err(Errno::WOULDBLOCK | Errno::INTR) => clock.sleep(LOCK_RETRY_DELAY),
                Err(e) => return Err(unusable(&self.path).why(e.to_string())),
            }
        }
        Err(unusable(&self.path).why("another program has locked the file").next("Try again in a moment"))
    }

    /// Checks that the path still leads to this file: the process that held the lock may have removed or replaced
    /// it.
    fn check_in_place(&self) -> Result<()> {
        let failed = |e: io::Error| unusable(&self.path).why(e.to_string());
        let (own, current) = (self.file.metadata().map_err(failed)?, std::fs::symlink_metadata(&self.path));
        match current {
            Ok(current) if (current.dev(), current.ino()) == (own.dev(), own.ino()) => Ok(()),
            Ok(_) | Err(_) => {
                Err(unusable(&self.path).why("another program has removed or replaced the file").next("Try again"))
            }
        }
    }

    fn read(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        let failed = |e: io::Error| unusable(&self.path).why(e.to_string());
        (&self.file).take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > MAX_BYTES {
            return Err(unusable(&self.path)
                .why(format!("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024))
                .next("Check the path, or choose another file"));
        }
        self.length = bytes.len() as u64;
        self.text = super::bounded_read::decode_utf8(&self.path.display().to_string(), bytes)
            .map_err(|e| unusable(&self.path).why(e.what).next("Check the path, or choose another file"))?;
        Ok(())
    }
}

impl Drop for AnchorFile {
    fn drop(&mut self) {
        // The file is ours alone while it is locked: a second process would wait for the lock and then see that the
        // file is gone.
        if self.is_new && self.text.is_empty() && self.check_in_place().is_ok() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn unusable(path: &Path) -> Error {
    Error::failure(format!("the anchor {} can't be used", path.display()))
        .next("Check the path and the disk, or choose another file")
}

/// Explains a failed open. For some kinds of file the failure is the only sign of the kind.
fn open_error(path: &Path, e: io::Error) -> Error {
    let link = std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink());
    if link {
        unusable(path).why("it is a symbolic link").next("Use the path of the file that the link leads to")
    } else if e.kind() == ErrorKind::IsADirectory {
        unusable(path).why("it is a folder").next("Add a file name to the path")
    } else if let Some(folder) = paths::missing_folder(path).filter(|_| e.kind() == ErrorKind::NotFound) {
        unusable(path)
            .why(format!("the folder {} does not exist", folder.display()))
            .next("Create the folder, or use a file in another folder")
    } else if e.kind() == ErrorKind::PermissionDenied {
        let (why, next) = match std::fs::symlink_metadata(path) {
            Ok(_) => (
                "the user who runs jeton isn't permitted to read and write this file",
                "Run jeton as the owner of the file, or choose a file of your own",
            ),
            Err(_) => (
                "the user who runs jeton isn't permitted to create a file in this folder",
                "Give this user access to the folder, or choose a file in another folder",
            ),
        };
        unusable(path).why(why).next(next)
    } else {
        unusable(path).why(e.to_string())
    }
}
