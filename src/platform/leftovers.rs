//! Copies of a store that killed runs of `backup` and `restore` left behind.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

use super::new_file::PARTIAL_SUFFIX;
use super::sidecar::{open_options, sidecar_path, sqlite_companions};
use crate::error::{Error, Result};

/// Beginning of the name of the folder in which a restore prepares a copy.
const RESTORE_PREFIX: &str = ".jeton-restore-";
/// Name of the copy in that folder.
const COPY_NAME: &str = "jeton.db";
/// Beginning of the suffix of the old store that a restore keeps.
pub const PREVIOUS_SUFFIX: &str = ".before-restore-";
/// Folder next to the store in which the packages' timer makes backups.
const BACKUPS: &str = "backups";

/// A new folder for the copy of a store, next to the store. It is removed on drop. While it exists, it is locked: so the
/// folder of a killed run can be recognized.
pub struct RestoreFolder {
    folder: tempfile::TempDir,
    _lock: File,
}

impl RestoreFolder {
    /// Creates the folder next to `store`.
    pub fn create(store: &Path) -> Result<Self> {
        let failed = |e: io::Error| {
            Error::failure(format!("no file can be created next to {}", store.display())).why(e.to_string())
        };
        let parent = store.parent().unwrap_or(Path::new("/"));
        let folder = tempfile::Builder::new()
            .prefix(RESTORE_PREFIX)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(failed)?;
        let lock = File::open(folder.path()).map_err(failed)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|e| failed(e.into()))?;
        Ok(RestoreFolder { folder, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of the copy in the folder.
    pub fn copy_path(&self) -> PathBuf {
        self.folder.path().join(COPY_NAME)
    }
}

/// Returns the path of the store with `suffix` after its name, and a number if another restore uses this name, for a file or
/// for its companions.
pub fn unused_name(store: &Path, suffix: &str) -> PathBuf {
    let numbered = (2..1_000).map(|n| format!("{suffix}-{n}"));
    let mut paths = std::iter::once(suffix.to_owned()).chain(numbered).map(|suffix| sidecar_path(store, &suffix));
    let is_free = |path: &PathBuf| {
        let files = sqlite_companions(path).into_iter().chain([path.clone(), sidecar_path(path, PARTIAL_SUFFIX)]);
        files.into_iter().all(|file| fs::symlink_metadata(file).is_err())
    };
    // A file that has the last name is never replaced: the restore is refused.
    paths.find(is_free).unwrap_or_else(|| sidecar_path(store, suffix))
}

/// A copy that nobody uses any more. It stays locked until it is dropped.
struct Leftover {
    path: PathBuf,
    is_folder: bool,
    _lock: File,
}

impl Leftover {
    /// Returns what is at `path` if it is ours alone, and no running program has locked it.
    fn at(path: PathBuf) -> Option<Self> {
        let meta = fs::symlink_metadata(&path).ok()?;
        // The copy in a folder has a mode of its own.
        let forbidden = if meta.is_dir() { 0o022 } else { 0o077 };
        let is_ours = meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & forbidden == 0;
        let is_copy = if meta.is_dir() { path.join(COPY_NAME).is_file() } else { meta.is_file() && meta.nlink() == 1 };
        if !is_ours || !is_copy {
            return None;
        }
        let lock = match meta.is_dir() {
            true => {
                rustix::fs::open(&path, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, 0.into()).ok()?.into()
            }
            false => open_options().open(&path).ok()?,
        };
        let locked = lock.metadata().ok()?;
        let is_same = (locked.dev(), locked.ino()) == (meta.dev(), meta.ino());
        flock(&lock, FlockOperation::NonBlockingLockExclusive).ok().filter(|()| is_same)?;
        Some(Leftover { path, is_folder: meta.is_dir(), _lock: lock })
    }

    /// Removes the copy, and nothing that jeton didn't create.
    fn remove(&self) -> io::Result<()> {
        if !self.is_folder {
            return fs::remove_file(&self.path);
        }
        let copy = self.path.join(COPY_NAME);
        for companion in sqlite_companions(&copy) {
            let _ = fs::remove_file(companion);
        }
        fs::remove_file(copy).and_then(|()| fs::remove_dir(&self.path))
    }
}

/// Returns the entries of `folder` whose names `is_wanted`, and which are leftovers.
fn leftovers_in<'a>(folder: &Path, is_wanted: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = Leftover> + 'a {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(move |entry| entry.file_name().to_str().is_some_and(&is_wanted))
        .filter_map(|entry| Leftover::at(entry.path()))
}

/// Returns the copies that killed runs left next to the store, and in its folder of backups.
pub fn find(store: &Path) -> Vec<PathBuf> {
    let folder = store.parent().unwrap_or(Path::new("/"));
    let is_partial = |name: &str| {
        name.strip_suffix(PARTIAL_SUFFIX).is_some_and(|name| name.ends_with(".db") || name.contains(PREVIOUS_SUFFIX))
    };
    let next_to_it = leftovers_in(folder, move |name| name.starts_with(RESTORE_PREFIX) || is_partial(name));
    let mut found: Vec<PathBuf> =
        next_to_it.chain(leftovers_in(&folder.join(BACKUPS), is_partial)).map(|left| left.path.clone()).collect();
    found.sort();
    found
}

/// Removes what killed restores of the store left behind, and returns the removed paths.
pub fn remove_of_restores(store: &Path) -> Vec<PathBuf> {
    let name = store.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_of_restore = move |entry: &str| {
        let previous = entry.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(PREVIOUS_SUFFIX));
        entry.starts_with(RESTORE_PREFIX) || previous.is_some_and(|rest| rest.ends_with(PARTIAL_SUFFIX))
    };
    let left = leftovers_in(store.parent().unwrap_or(Path::new("/")), is_of_restore);
    left.filter(|left| left.remove().is_ok()).map(|left| left.path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::DirBuilderExt;

    use super::*;

    fn private_file(path: &Path) {
        drop(open_options().write(true).create_new(true).open(path).unwrap());
    }

    /// Creates what a killed restore leaves: its folder with a copy, without the lock.
    fn killed_restore(folder: &Path, name: &str) -> PathBuf {
        let left = folder.join(name);
        fs::DirBuilder::new().mode(0o700).create(&left).unwrap();
        ["jeton.db", "jeton.db-wal", "jeton.db-shm"].iter().for_each(|file| private_file(&left.join(file)));
        left
    }

    #[test]
    fn leftovers_are_found_and_only_those_of_restores_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, store) = (folder.path(), folder.path().join("jeton.db"));
        fs::create_dir(folder.join("backups")).unwrap();
        let killed = killed_restore(folder, ".jeton-restore-aaaaaa");
        let previous = folder.join("jeton.db.before-restore-2026-11-29T10-00-00Z.partial");
        let [next_to_it, nightly] =
            ["mine.db.partial", "backups/jeton-20261129T000000Z.db.partial"].map(|n| folder.join(n));
        [&previous, &next_to_it, &nightly].into_iter().for_each(|path| private_file(path));
        let mut all = vec![killed.clone(), nightly.clone(), previous.clone(), next_to_it.clone()];
        all.sort();
        assert_eq!(find(&store), all);
        let mut removed = remove_of_restores(&store);
        removed.sort();
        assert_eq!(removed, [killed, previous]);
        assert_eq!(find(&store), [nightly, next_to_it]);
    }

    /// Of a store without its file, only companions are kept.
    #[test]
    fn names_of_kept_stores_are_used_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        for (taken, next) in [
            (None, ".before"),
            (Some(".before-wal"), ".before-2"),
            (Some(".before-2"), ".before-3"),
            (Some(".before-3.partial"), ".before-4"),
        ] {
            taken.into_iter().for_each(|suffix| private_file(&sidecar_path(&store, suffix)));
            assert_eq!(unused_name(&store, ".before"), sidecar_path(&store, next));
        }
    }

    #[test]
    fn what_may_be_in_use_or_of_others_is_no_leftover() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, store) = (folder.path(), folder.path().join("jeton.db"));
        let running = RestoreFolder::create(&store).unwrap();
        private_file(&running.copy_path());
        let file = folder.join("jeton.db.before-restore-x.partial");
        private_file(&file);
        let lock = File::open(&file).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        // A run that has just begun has an empty folder.
        fs::DirBuilder::new().mode(0o700).create(folder.join(".jeton-restore-empty")).unwrap();
        let open = killed_restore(folder, ".jeton-restore-open");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o775)).unwrap();
        std::os::unix::fs::symlink(&open, folder.join(".jeton-restore-link")).unwrap();
        private_file(&folder.join("notes.partial"));
        assert_eq!((find(&store), remove_of_restores(&store)), (vec![], vec![]));
        // Files that jeton didn't create stay.
        let foreign = killed_restore(folder, ".jeton-restore-foreign");
        private_file(&foreign.join("notes"));
        assert_eq!((remove_of_restores(&store), foreign.join("notes").exists()), (vec![], true));
        // Without its lock, the folder of a run is a leftover.
        let RestoreFolder { folder: created, _lock } = running;
        assert_eq!(fs::metadata(created.path()).unwrap().mode() & 0o7777, 0o700);
        drop(_lock);
        assert_eq!(remove_of_restores(&store), [created.path()]);
    }
}
