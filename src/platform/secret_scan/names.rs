//! Searches the names of files and folders.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::findings::{Findings, Place, PlaceSource};
use crate::domain::secret::{ScanBuffer, SecretScanner};

/// Searches the last part of `path`.
pub(super) fn search_name(scanner: &SecretScanner, path: &Path, findings: &Findings<'_>) {
    let mut name = path.file_name().unwrap_or_default().as_bytes();
    // Almost no name is as long as a secret.
    if name.len() < scanner.secret_len() {
        return;
    }
    let found = |position, secret| {
        findings.add(secret, Place { source: Arc::new(PlaceSource::Name(path.to_owned())), position });
    };
    // A slice can always be read.
    let _ = scanner.scan(&mut ScanBuffer::default(), |buffer| std::io::Read::read(&mut name, buffer), found);
}
