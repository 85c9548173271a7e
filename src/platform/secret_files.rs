//! Saves secrets to files, and reads texts from files.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::sidecar::SQLITE_SUFFIXES;
use super::{bounded_read, paths, signals, whole_file};
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::verbs::cli_line::quote_path;
use crate::verbs::ports::{PendingFile, SecretFileWriter};

/// Reads a text of at most `most` bytes, from a file or a pipe. `-` is stdin.
///
/// # Errors
/// [`crate::error::Kind::NotFound`] if there is no file; [`crate::error::Kind::Usage`] if it is too large or no
/// text; [`crate::error::Kind::Failure`] if it can't be read.
pub fn read_text(path: &Path, most: usize) -> Result<String> {
    if bounded_read::is_standard(path) {
        return bounded_read::read_whole_text("stdin", std::io::stdin().lock(), most);
    }
    let name = path.display().to_string();
    let failed = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound => Error::not_found(format!("no file {name}")),
        ErrorKind::IsADirectory => {
            Error::failure(format!("{name} can't be read")).why("it is a folder").next("Use the path of a file")
        }
        _ => Error::failure(format!("{name} can't be read")).why(e.to_string()),
    };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(ErrorKind::IsADirectory.into()));
    }
    bounded_read::read_whole_text(&name, file, most)
}

/// Reads a text like [`read_text`], but from a regular file only. Opening a pipe waits for a writer, which the
/// screens can't do.
///
/// # Errors
/// Those of [`read_text`]; [`crate::error::Kind::Failure`] for anything but a file.
pub fn read_file(path: &Path, most: usize) -> Result<String> {
    bounded_read::require_named_file(path, "the file")?;
    let meta = std::fs::metadata(path);
    // Files of the kernel, such as /proc/kmsg, have no size, and reading one may wait forever.
    if meta.as_ref().is_ok_and(|meta| meta.is_file() && meta.len() == 0) {
        return Ok(String::new());
    }
    if meta.is_ok_and(|meta| !meta.is_file()) {
        let why = "it is a folder, a pipe or a device";
        return Err(Error::failure(format!("{} can't be read", path.display()))
            .why(why)
            .next("Use the path of a regular file"));
    }
    read_text(path, most)
}

/// Creates a file that only we can read. `O_EXCL` refuses a path where anything exists, links included.
pub fn create_private(path: &Path) -> Result<File> {
    create_exclusive(path).map_err(|e| create_error(format!("{} can't be created", path.display()), path, &e))
}

fn create_exclusive(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn create_error(what: String, path: &Path, error: &std::io::Error) -> Error {
    let missing = paths::missing_folder(path).filter(|_| error.kind() == ErrorKind::NotFound);
    let (why, next) = match (error.kind(), missing) {
        (ErrorKind::AlreadyExists, _) => {
            ("a file or folder has this name".to_owned(), "Choose a path that does not exist yet")
        }
        (_, Some(folder)) => (
            format!("the folder {} does not exist", folder.display()),
            "Create the folder, or use a file in another folder",
        ),
        _ => (error.to_string(), "Choose another path"),
    };
    Error::failure(what).why(why).next(next)
}

/// Endings of the files that a service keeps next to a store.
pub const SERVICE_SUFFIXES: [&str; 3] =
    [super::running_service_file::SUFFIX, super::audit_position_file::SUFFIX, super::proof_file::SUFFIX];

/// Returns the endings of the files that SQLite and a service keep next to a store.
pub fn reserved_suffixes() -> impl Iterator<Item = &'static str> {
    SQLITE_SUFFIXES.into_iter().chain(SERVICE_SUFFIXES)
}

/// Returns the ending because of which SQLite or a service would use a file of that name as its own.
pub fn reserved_suffix(path: &Path) -> Option<&'static str> {
    let has = |ending: &&str| path.as_os_str().as_encoded_bytes().ends_with(ending.as_bytes());
    reserved_suffixes().find(has)
}

pub struct SecretFiles;

/// Delivery of secrets to files. A signal that ends the program makes the next file fail, so that the files before it
/// are removed.
pub struct InterruptibleDelivery;

impl SecretFileWriter for InterruptibleDelivery {
    fn reserve(&self, path: &Path) -> Result<Box<dyn PendingFile>> {
        signals::hold_ends()?;
        match signals::is_asked_to_end() {
            true => Err(Error::cancelled()),
            false => SecretFiles.reserve(path),
        }
    }
}

struct PendingSecretFile {
    path: PathBuf,
    file: File,
    is_persisted: bool,
    device: u64,
    inode: u64,
    /// Time of the last write, once everything is written. An inode number can be used again after a removal.
    modified: Option<(i64, i64)>,
}

impl PendingSecretFile {
    /// Returns `true` if the path still is the file that was saved.
    fn is_there(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok_and(|meta| {
            (meta.dev(), meta.ino()) == (self.device, self.inode)
                && self.modified.is_none_or(|modified| modified == (meta.mtime(), meta.mtime_nsec()))
        })
    }
}

impl PendingFile for PendingSecretFile {
    fn write(&mut self, secret: &Secret) -> Result<()> {
        let file = &mut self.file;
        let written = secret.expose(|text| file.write_all(text.as_bytes())).and_then(|()| file.write_all(b"\n"));
        let meta = written.and_then(|()| file.sync_all()).and_then(|()| file.metadata());
        let synced = meta.and_then(|meta| whole_file::sync_folder_of(&self.path).map(|()| meta));
        let meta = synced.map_err(|e| save_error(&self.path, &e))?;
        self.modified = Some((meta.mtime(), meta.mtime_nsec()));
        Ok(())
    }

    fn persist(&mut self) {
        self.is_persisted = true;
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PendingSecretFile {
    fn drop(&mut self) {
        if !self.is_persisted && self.is_there() {
            // A leftover holds a secret that was never activated: nothing depends on its removal.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl SecretFileWriter for SecretFiles {
    fn reserve(&self, path: &Path) -> Result<Box<dyn PendingFile>> {
        bounded_read::require_named_file(path, "the file for a secret")?;
        let refused = |e: std::io::Error| save_error(path, &e);
        let path = super::paths::absolute(path).map_err(refused)?;
        if let Some(ending) = reserved_suffix(&path) {
            return Err(Error::usage(format!("the secret can't be saved to {}", path.display()))
                .why(format!(
                    "names that end in {ending} are reserved for files of a store. jeton or SQLite could replace or \
                     remove the saved secret"
                ))
                .next("Choose another name"));
        }
        let file = create_exclusive(&path).map_err(refused)?;
        let meta = file.metadata().map_err(refused)?;
        let (device, inode) = (meta.dev(), meta.ino());
        Ok(Box::new(PendingSecretFile { path, file, is_persisted: false, device, inode, modified: None }))
    }
}

fn save_error(path: &Path, error: &std::io::Error) -> Error {
    let refused = create_error(format!("the secret can't be saved to {}", path.display()), path, error);
    match error.kind() {
        ErrorKind::AlreadyExists => refused.next(format!(
            "Choose a path that does not exist yet. If this file is from an interrupted command, look up the secret in \
             the file: jeton token whose < {}",
            quote_path(path)
        )),
        _ => refused,
    }
}

/// Returns `true` if standard output is a file that other users can read.
pub fn is_stdout_readable_by_others() -> bool {
    rustix::fs::fstat(rustix::stdio::stdout()).is_ok_and(|stat| {
        let mode = rustix::fs::Mode::from_raw_mode(stat.st_mode);
        rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile
            && mode.intersects(rustix::fs::Mode::ROTH | rustix::fs::Mode::WOTH)
    })
}
