//! A new file that gets its name only once it is complete.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::iter;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;

use super::bounded_read::require_named_file;
use super::shared_folder::SharedFolder;
use super::sidecar::{is_ours, open_options, sidecar_path, sqlite_companions};
use super::{paths, secret_files, whole_file};
use crate::error::{Error, Result};

/// Suffix of the incomplete file. A run that was killed leaves one, and the next run with the same name uses it again.
pub(super) const PARTIAL_SUFFIX: &str = ".partial";
const IN_USE: &str = "another program writes this file at the moment";
const REPLACED: &str = "another program has just replaced this file";

/// An incomplete file with mode 0600 that nobody else writes. It is removed on drop, unless it was finished.
pub struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    file: File,
    is_finished: bool,
}

impl NewFile {
    /// Creates an empty file that gets the name `path` later. `what` names its content in messages: "the backup".
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for a name that can't be used. [`crate::error::Kind::Failure`] if something has
    /// the name, or the file can't be created.
    pub fn create(path: &Path, what: &str) -> Result<Self> {
        require_named_file(path, what)?;
        let refused = |e: io::Error| create_error(path, what, &e);
        let path = paths::absolute(path).map_err(refused)?;
        if let Some(ending) = secret_files::reserved_suffix(&path) {
            return Err(Error::usage(format!("{what} can't be written to {}", path.display()))
                .why(format!("names that end in {ending} are reserved for files of a store"))
                .next("Choose another name"));
        }
        if let Some(folder) = SharedFolder::above(&path).map_err(refused)? {
            return Err(unusable(&path, what)
                .why(format!("{folder}, and could replace the unfinished file"))
                .next("Choose a folder that only you can write to"));
        }
        // SQLite would read a file with one of these suffixes as part of the new file.
        for taken in iter::once(path.clone()).chain(sqlite_companions(&path)) {
            if fs::symlink_metadata(&taken).is_ok() {
                return Err(match taken == path {
                    true => create_error(&path, what, &ErrorKind::AlreadyExists.into()),
                    false => unusable(&path, what)
                        .why(format!(
                            "{} exists. SQLite would read the existing file as a part of the new file",
                            taken.display()
                        ))
                        .next("Choose another name, or move the existing file away"),
                });
            }
        }
        let partial = sidecar_path(&path, PARTIAL_SUFFIX);
        let file = open_partial(&partial).map_err(refused)?;
        let file = NewFile { path, partial, file, is_finished: false };
        match file.lock() {
            Ok(()) => Ok(file),
            Err(why) => {
                let next = match why.as_str() {
                    IN_USE => "Wait until that program ends, or choose another name",
                    REPLACED => "Run the command again, or choose another name",
                    _ => "Choose another name, or remove this file",
                };
                let error = unusable(&file.partial, what).why(why).next(next);
                // It is not ours to remove.
                std::mem::forget(file);
                Err(error)
            }
        }
    }

    /// Returns the path of the incomplete file.
    pub fn partial_path(&self) -> &Path {
        &self.partial
    }

    /// Returns the path that the file gets.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Syncs the file to disk and gives it its name, unless something has got this name meanwhile.
    pub fn finish(mut self) -> Result<()> {
        let failed = |e: io::Error| {
            let error = Error::failure(format!("{} can't be written", self.path.display()));
            match e.kind() {
                ErrorKind::AlreadyExists => error
                    .why("another program has created a file or folder with this name meanwhile")
                    .next("Choose a path that does not exist yet"),
                _ => error.why(e.to_string()),
            }
        };
        if !self.is_in_place() {
            let error = failed(io::Error::other("another program has removed or replaced the incomplete file"));
            return Err(error.next("Run the command again"));
        }
        self.file.sync_all().and_then(|()| rename_new(&self.partial, &self.path)).map_err(failed)?;
        self.is_finished = true;
        whole_file::sync_folder_of(&self.path).map_err(failed)
    }

    /// Locks the file and empties it.
    fn lock(&self) -> std::result::Result<(), String> {
        match flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(IN_USE.to_owned()),
            Err(e) => return Err(e.to_string()),
        }
        let meta = self.file.metadata().map_err(|e| e.to_string())?;
        if !meta.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        if meta.nlink() > 1 {
            return Err("it has several names (hard links)".to_owned());
        }
        if !self.is_in_place() {
            return Err(REPLACED.to_owned());
        }
        if !is_ours(&meta, 0o077) {
            let (uid, mode) = (meta.uid(), meta.mode() & 0o7777);
            return Err(format!("another user has access to the file (owner: uid {uid}, mode {mode:04o})"));
        }
        self.file.set_len(0).map_err(|e| e.to_string())
    }

    fn is_in_place(&self) -> bool {
        let (own, current) = (self.file.metadata(), fs::symlink_metadata(&self.partial));
        own.is_ok_and(|own| current.is_ok_and(|current| (current.dev(), current.ino()) == (own.dev(), own.ino())))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_finished && self.is_in_place() {
            // An incomplete file is useless, and nobody takes it for a complete one.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

fn open_partial(path: &Path) -> io::Result<File> {
    match open_options().write(true).create_new(true).open(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => open_options().write(true).open(path),
        opened => opened,
    }
}

/// Renames `from` to `to`, which must not exist.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems offer only links.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(from, to).and_then(|()| fs::remove_file(from))
        }
        renamed => Ok(renamed?),
    }
}

fn unusable(path: &Path, what: &str) -> Error {
    Error::failure(format!("{what} can't be written to {}", path.display()))
}

fn create_error(path: &Path, what: &str, error: &io::Error) -> Error {
    let refused = unusable(path, what);
    match error.kind() {
        ErrorKind::AlreadyExists => {
            refused.why("a file or folder has this name").next("Choose a path that does not exist yet")
        }
        ErrorKind::NotFound => refused
            .why(format!("the folder {} does not exist", path.parent().unwrap_or(path).display()))
            .next("Create the folder, or choose another folder"),
        _ => refused.why(error.to_string()).next("Choose another path"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn write(file: &NewFile, text: &str) {
        fs::write(file.partial_path(), text).unwrap();
    }

    #[test]
    fn file_has_its_name_only_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = NewFile::create(&path, "it").unwrap();
        write(&file, "half");
        assert_eq!(names(folder.path()), ["file.partial"]);
        assert_eq!(fs::metadata(file.partial_path()).unwrap().mode() & 0o7777, 0o600);
        // Another run can't write the same file.
        assert!(NewFile::create(&path, "it").is_err());
        drop(file);
        assert!(names(folder.path()).is_empty());

        let file = NewFile::create(&path, "it").unwrap();
        write(&file, "whole");
        file.finish().unwrap();
        assert_eq!((names(folder.path()), fs::read(&path).unwrap()), (vec!["file".to_owned()], b"whole".to_vec()));
    }

    #[test]
    fn existing_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for taken in ["file", "file-wal", "file-shm", "file-journal"] {
            fs::write(folder.path().join(taken), "old").unwrap();
            assert!(NewFile::create(&path, "it").is_err(), "{taken}");
            assert_eq!(names(folder.path()), [taken]);
            fs::remove_file(folder.path().join(taken)).unwrap();
        }
        symlink("nowhere", &path).unwrap();
        assert!(NewFile::create(&path, "it").is_err());
        fs::remove_file(&path).unwrap();
        // The name is taken while the file is being written.
        let file = NewFile::create(&path, "it").unwrap();
        fs::write(&path, "old").unwrap();
        file.finish().unwrap_err();
        assert_eq!((names(folder.path()), fs::read(&path).unwrap()), (vec!["file".to_owned()], b"old".to_vec()));
    }

    #[test]
    fn leftover_of_a_killed_run_is_used_again_and_a_foreign_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, partial) = (folder.path().join("file"), folder.path().join("file.partial"));
        fs::write(&partial, "longer than the content").unwrap();
        fs::set_permissions(&partial, fs::Permissions::from_mode(0o600)).unwrap();
        let file = NewFile::create(&path, "it").unwrap();
        assert_eq!(fs::metadata(&partial).unwrap().len(), 0);
        drop(file);
        let other = folder.path().join("other");
        fs::write(&other, "other").unwrap();
        fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
        let leave: [&dyn Fn(); 3] =
            [&|| symlink(&other, &partial).unwrap(), &|| fs::hard_link(&other, &partial).unwrap(), &|| {
                fs::write(&partial, "readable").unwrap();
                fs::set_permissions(&partial, fs::Permissions::from_mode(0o644)).unwrap();
            }];
        for (n, leave) in leave.iter().enumerate() {
            leave();
            assert!(NewFile::create(&path, "it").is_err(), "{n}");
            assert_eq!(fs::read(&other).unwrap(), b"other", "{n}");
            fs::remove_file(&partial).unwrap();
        }
    }
}
