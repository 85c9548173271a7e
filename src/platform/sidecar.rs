//! Files next to a store.

use std::fs::{Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Maximum size of a file next to a store, in bytes.
pub(super) const MAX_BYTES: u64 = 4096;

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
