//! Searches files and git objects for secrets.

mod files;
mod findings;
mod git;
mod git_process;

use std::path::PathBuf;
use std::sync::PoisonError;

pub use findings::{FoundSecret, GitObject, MAX_PLACES, Place, PlaceSource, ScanReport, Unreadable};

use self::findings::Findings;
use crate::domain::name::Prefix;
use crate::domain::secret::SecretScanner;

/// The texts to search.
pub struct ScanOptions {
    /// Files and folders. `-` is stdin.
    pub paths: Vec<PathBuf>,
    /// Leaves out files that `.gitignore` and `.ignore` files name.
    pub respects_ignore_files: bool,
    /// Also searches the objects of the git repositories in the folders.
    pub with_git_objects: bool,
    /// Also searches the files of the next commit in the working directory.
    pub with_staged: bool,
}

/// Searches everything that `options` name for secrets with this prefix. Never follows a link inside a folder.
pub fn scan(prefix: &Prefix, options: &ScanOptions) -> ScanReport {
    let scanner = SecretScanner::new(prefix);
    let findings = Findings::default();
    let repositories = files::scan(&scanner, options, &findings);
    if options.with_git_objects {
        repositories.iter().for_each(|folder| git::scan(&scanner, folder, &findings));
    }
    if options.with_staged {
        git::scan_staged(&scanner, &findings);
    }
    let mut report = findings.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.sort();
    report
}
