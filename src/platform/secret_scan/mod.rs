//! Searches files and git objects for secrets.

mod files;
mod findings;

use std::path::PathBuf;
use std::sync::PoisonError;

pub use findings::{FoundSecret, MAX_PLACES, Place, ScanReport, Unreadable};

use self::findings::Findings;
use crate::domain::name::Prefix;
use crate::domain::secret::SecretScanner;

/// What to search.
pub struct ScanOptions {
    /// Files and folders. `-` is stdin.
    pub paths: Vec<PathBuf>,
    /// Leaves out files that `.gitignore` and `.ignore` files name.
    pub respects_ignore_files: bool,
}

/// Searches everything that `options` name for secrets with this prefix. Never follows a link inside a folder.
pub fn scan(prefix: &Prefix, options: &ScanOptions) -> ScanReport {
    let scanner = SecretScanner::new(prefix);
    let findings = Findings::default();
    files::scan(&scanner, options, &findings);
    let mut report = findings.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.sort();
    report
}
