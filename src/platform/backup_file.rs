//! The file of a backup, and the files of a store that a restore moves.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::bounded_read::require_named_file;
use super::new_file::rename_new;
use super::shared_folder::SharedFolder;
use super::sidecar::{JOURNAL_SUFFIX, SHM_SUFFIX, WAL_SUFFIX, sidecar_path};
use super::{paths, whole_file};
use crate::error::{Error, Fault, Result};
use crate::verbs::cli_line::quote_path;

/// The next step for a backup that another user could change.
const COPY: &str = "Copy the backup to a folder that only you can write to. Set the mode of the copy to 0600. Check \
                    the copy: jeton --store COPY audit verify. Then restore the copy";

/// Checks that the file at `path` is a complete backup that nobody else can change, and not the file of `store`. Returns
/// its absolute path.
///
/// # Errors
/// [`crate::error::Kind::NotFound`] if there is no file; [`crate::error::Kind::Failure`] if it can't be used;
/// [`crate::error::Kind::Usage`] if it is the store.
pub fn check(path: &Path, store: &Path) -> Result<PathBuf> {
    require_named_file(path, "the backup")?;
    let unusable = |why: String| Error::failure(format!("the backup {} can't be used", path.display())).why(why);
    let refused = |e: io::Error| unusable(e.to_string());
    let path = paths::absolute(path).map_err(refused)?;
    let meta = match fs::symlink_metadata(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(Error::not_found(format!("no file {}", path.display())).next("Check the path"));
        }
        meta => meta.map_err(refused)?,
    };
    if !meta.is_file() {
        return Err(unusable("it is a link, a folder, a pipe or a device".to_owned())
            .next("Use the path of the backup file itself"));
    }
    if fs::symlink_metadata(store).is_ok_and(|s| (s.dev(), s.ino()) == (meta.dev(), meta.ino())) {
        return Err(Error::usage("the backup and the store are the same file").next("Choose another backup"));
    }
    let own_uid = rustix::process::geteuid().as_raw();
    if ![own_uid, 0].contains(&meta.uid()) || meta.mode() & 0o022 != 0 {
        let why = format!("another user can change it (owner: uid {}, mode {:04o})", meta.uid(), meta.mode() & 0o7777);
        return Err(unusable(why).next(COPY));
    }
    if let Some(folder) = SharedFolder::above(&path).map_err(refused)? {
        return Err(unusable(format!("{folder}, and could replace the file")).next(COPY));
    }
    for suffix in [WAL_SUFFIX, JOURNAL_SUFFIX] {
        let companion = sidecar_path(&path, suffix);
        if fs::symlink_metadata(&companion).is_ok_and(|meta| meta.len() > 0) {
            return Err(unusable(format!("{} has changes that are not in the backup", companion.display())).next(
                format!(
                    "Make a complete copy of this backup: jeton --store {} backup COPY. Then restore the copy",
                    quote_path(&path)
                ),
            ));
        }
    }
    Ok(path)
}

/// The file at a store's path, at some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundFile(Option<(u64, u64)>);

impl FoundFile {
    /// Returns the file at `path`, if there is one.
    pub fn at(path: &Path) -> Self {
        FoundFile(fs::symlink_metadata(path).ok().map(|meta| (meta.dev(), meta.ino())))
    }
}

/// Gives the complete store at `prepared` the name `store`. What is left of an old store, or of its companions, is moved to
/// `previous` before, so that SQLite doesn't read any of it as part of the new store. Returns `true` if an old store was
/// moved. `examined` is the file that was found to be damaged or missing: another one stays.
///
/// # Errors
/// [`crate::error::Kind::Conflict`] if another file is at the path now; [`crate::error::Kind::Failure`] if a file can't be
/// moved. Then every file has its old name again, as far as that is possible; the error names the others.
pub fn replace_store(prepared: &Path, store: &Path, previous: &Path, examined: FoundFile) -> Result<bool> {
    let mut moves = Moves::default();
    let result = try_replace_store(prepared, store, previous, examined, &mut moves);
    match result {
        Ok(()) => {
            // An index of the -wal file. SQLite makes a new one.
            let shm = sidecar_path(previous, SHM_SUFFIX);
            let _ = fs::remove_file(&shm);
            Ok(moves.0.iter().any(|(_, to)| *to != shm))
        }
        Err(error) => Err(moves.undo(error)),
    }
}

fn try_replace_store(
    prepared: &Path,
    store: &Path,
    previous: &Path,
    examined: FoundFile,
    moves: &mut Moves,
) -> Result<()> {
    let changed = || {
        Error::conflict(format!("{} changed after jeton examined it; nothing was restored", store.display()))
            .next("Run the command again")
            .fault(Fault::ChangedMeanwhile)
    };
    if FoundFile::at(store) != examined {
        return Err(changed());
    }
    for suffix in ["", WAL_SUFFIX, JOURNAL_SUFFIX, SHM_SUFFIX] {
        if suffix.is_empty() && examined.0.is_none() {
            continue;
        }
        let (from, to) = (sidecar_path(store, suffix), sidecar_path(previous, suffix));
        match moves.rename(&from, &to) {
            Ok(()) if suffix.is_empty() && FoundFile::at(&to) != examined => return Err(changed()),
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(Error::failure(format!("{} can't be moved", from.display())).why(e.to_string())),
        }
    }
    let synced = fs::File::open(prepared).and_then(|file| file.sync_all());
    let placed = synced.and_then(|()| rename_new(prepared, store));
    match placed.and_then(|()| whole_file::sync_folder_of(store)) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(changed()),
        placed => placed
            .map_err(|e| Error::failure(format!("the store {} can't be written", store.display())).why(e.to_string())),
    }
}

/// Files that were renamed, with the old and the new path.
#[derive(Default)]
struct Moves(Vec<(PathBuf, PathBuf)>);

impl Moves {
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        rename_new(from, to)?;
        self.0.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    /// Gives the files their old names again, and returns `error`, with the paths of the files for which this failed.
    fn undo(self, error: Error) -> Error {
        let stay = self.0.into_iter().rev().filter(|(from, to)| rename_new(to, from).is_err());
        let stay: Vec<String> = stay.map(|(from, to)| format!("{} to {}", to.display(), from.display())).collect();
        match stay.is_empty() {
            true => error,
            false => {
                let next = format!("Restore again, or rename these files of the old store: {}", stay.join(", "));
                error.next(next)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    /// Files of a store and of its prepared successor: names with contents.
    struct Files(tempfile::TempDir);

    impl Files {
        fn new(files: &[(&str, &str)]) -> Self {
            let files_of = Files(tempfile::tempdir().unwrap());
            files.iter().for_each(|(name, text)| fs::write(files_of.path(name), text).unwrap());
            files_of
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn replace(&self, examined: FoundFile) -> Result<bool> {
            replace_store(&self.path("new"), &self.path("store"), &self.path("old"), examined)
        }

        fn all(&self) -> Vec<(String, String)> {
            let entries = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap());
            let mut all: Vec<_> = entries
                .map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap()))
                .collect();
            all.sort();
            all
        }

        #[track_caller]
        fn assert_all(&self, expected: &[(&str, &str)]) {
            let expected: Vec<_> =
                expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            assert_eq!(self.all(), expected);
        }
    }

    #[test]
    fn replace_store_keeps_what_is_left_of_the_old_one() {
        let files = Files::new(&[("new", "n"), ("store", "s"), ("store-wal", "w"), ("store-shm", "i")]);
        assert!(files.replace(FoundFile::at(&files.path("store"))).unwrap());
        files.assert_all(&[("old", "s"), ("old-wal", "w"), ("store", "n")]);
        for (left, moved) in [("store-wal", true), ("store-shm", false)] {
            let files = Files::new(&[("new", "n"), (left, "l")]);
            assert_eq!(files.replace(FoundFile::at(&files.path("store"))).unwrap(), moved, "{left}");
        }
    }

    #[test]
    fn replace_store_leaves_a_store_that_was_not_examined() {
        let missing = FoundFile(None);
        let other = Files::new(&[("file", "f")]);
        for examined in [missing, FoundFile::at(&other.path("file"))] {
            let present = [("new", "n"), ("store", "s"), ("store-wal", "w")];
            let files = Files::new(&present);
            assert_eq!(files.replace(examined).unwrap_err().kind, Kind::Conflict);
            files.assert_all(&present);
        }
    }

    #[test]
    fn replace_store_undoes_its_moves_after_a_failure() {
        // The name of the write-ahead log is taken.
        let present = [("new", "n"), ("old-wal", "o"), ("store", "s"), ("store-wal", "w")];
        let files = Files::new(&present);
        files.replace(FoundFile::at(&files.path("store"))).unwrap_err();
        files.assert_all(&present);
        // There is no new store.
        let present = [("store", "s"), ("store-shm", "i"), ("store-wal", "w")];
        let files = Files::new(&present);
        files.replace(FoundFile::at(&files.path("store"))).unwrap_err();
        files.assert_all(&present);
    }
}
