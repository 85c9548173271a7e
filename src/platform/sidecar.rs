//! Files next to a store, and files that are replaced as a whole.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Maximum size of a file next to a store, in bytes.
pub(super) const MAX_BYTES: u64 = 4096;

/// Returns the path of the file with `suffix` after the name of the store.
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

/// Returns the folder of `path`. The folder of a bare name is the current one.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names of the files in the folder of `path` last.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// Writes a temporary file, `prefix` and a random name, and renames it to `path`, so that no reader ever sees half of
/// it. The file has mode 0600. An existing file is an error unless `overwrite`.
pub fn write_whole(path: &Path, prefix: &str, content: &[u8], overwrite: bool) -> io::Result<()> {
    let mode = Permissions::from_mode(0o600);
    let mut file = tempfile::Builder::new().prefix(prefix).permissions(mode).tempfile_in(folder_of(path))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    let persisted = if overwrite { file.persist(path) } else { file.persist_noclobber(path) };
    persisted.map_err(|e| e.error)?;
    sync_folder_of(path)
}
