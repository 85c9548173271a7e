//! Files next to a store.

use std::fs::{Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Maximum size of a file next to a store, in bytes.
pub(super) const MAX_BYTES: u64 = 4096;

/// Suffix of SQLite's write-ahead log.
pub const WAL_SUFFIX: &str = "-wal";
/// Suffix of the index of the write-ahead log, which the processes that have the store open share.
pub const SHM_SUFFIX: &str = "-shm";
/// Suffix of a rollback journal.
pub const JOURNAL_SUFFIX: &str = "-journal";
/// Suffixes of the files that SQLite may keep next to a database, and reads as part of it.
pub const SQLITE_SUFFIXES: [&str; 3] = [WAL_SUFFIX, SHM_SUFFIX, JOURNAL_SUFFIX];

/// Returns the paths of the files that SQLite may keep next to the database at `path`.
pub fn sqlite_companions(path: &Path) -> [PathBuf; 3] {
    SQLITE_SUFFIXES.map(|suffix| sidecar_path(path, suffix))
}

/// Returns the path of the file with `suffix` after the name of the store, or of another file.
pub fn sidecar_path(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Returns options that don't follow a link, and don't wait for a pipe. A new file gets mode 0600.
pub(super) fn open_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    options
}

/// Returns `true` for a regular file of our own for which no mode bit of `forbidden` is set.
pub(super) fn is_ours(meta: &Metadata, forbidden: u32) -> bool {
    meta.is_file() && meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & forbidden == 0
}
