//! The file of a backup, and the files of a store that a restore moves.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::bounded_read::require_named_file;
use super::new_file::rename_new;
use super::sidecar::sidecar_path;
use super::{paths, whole_file};
use crate::error::{Error, Result};

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
        return Err(unusable("it is a link, a folder, a pipe or a device".to_owned()).next("Use the path of a file"));
    }
    if fs::symlink_metadata(store).is_ok_and(|s| (s.dev(), s.ino()) == (meta.dev(), meta.ino())) {
        return Err(Error::usage("the backup and the store are the same file").next("Choose another backup"));
    }
    let own_uid = rustix::process::geteuid().as_raw();
    if ![own_uid, 0].contains(&meta.uid()) || meta.mode() & 0o022 != 0 {
        let why = format!("another user can change it (uid {}, mode {:04o})", meta.uid(), meta.mode() & 0o7777);
        return Err(unusable(why).next("Use a backup that nobody else could change, or verify a copy of this file first: jeton --store COPY audit verify"));
    }
    for suffix in ["-wal", "-journal"] {
        let companion = sidecar_path(&path, suffix);
        if fs::symlink_metadata(&companion).is_ok_and(|meta| meta.len() > 0) {
            return Err(unusable(format!("{} has changes that are not in the file", companion.display()))
                .next(format!("Make a backup of it first: jeton --store {} backup FILE", path.display())));
        }
    }
    Ok(path)
}

/// Moves what is left of the store at `store` to `kept`, so that SQLite doesn't read any of it as part of a new store.
/// Returns `true` if there was anything.
pub fn move_aside(store: &Path, kept: &Path) -> Result<bool> {
    let mut moved = false;
    for suffix in ["", "-wal", "-journal"] {
        match rename_new(&sidecar_path(store, suffix), &sidecar_path(kept, suffix)) {
            Ok(()) => moved = true,
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => {
                return Err(Error::failure(format!("{} can't be moved", store.display())).why(e.to_string()));
            }
        }
    }
    match fs::remove_file(sidecar_path(store, "-shm")) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(Error::failure(format!("{}-shm can't be removed", store.display())).why(e.to_string()))
        }
        Ok(()) | Err(_) => Ok(moved),
    }
}

/// Gives the complete store at `prepared` the name `store`, which must be free.
pub fn put_in_place(prepared: &Path, store: &Path) -> Result<()> {
    let synced = fs::File::open(prepared).and_then(|file| file.sync_all());
    synced
        .and_then(|()| rename_new(prepared, store))
        .and_then(|()| whole_file::sync_folder_of(store))
        .map_err(|e| Error::failure(format!("the store {} can't be written", store.display())).why(e.to_string()))
}
