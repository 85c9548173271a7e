//! Searches files and git objects for secrets.

mod files;
mod findings;
mod git;
mod git_objects;
mod git_process;
mod git_repository;
mod ignore_rules;
mod names;
mod walk;
mod work_queue;

use std::path::PathBuf;

pub use findings::{FoundSecret, GitObject, Place, PlaceSource, ScanReport, Unreadable};

use self::findings::Findings;
use crate::domain::name::Prefix;
use crate::domain::secret::SecretScanner;
use crate::verbs::batches::Progress;

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

/// Searches everything that `options` name for secrets with this prefix. Never follows a link inside a folder. The report is
/// incomplete if `progress` was stopped.
pub fn scan(prefix: &Prefix, options: &ScanOptions, progress: &Progress) -> ScanReport {
    let scanner = SecretScanner::new(prefix);
    let findings = Findings::new(progress);
    let repositories = files::scan(&scanner, options, &findings);
    repositories.values().for_each(|folder| git::scan(&scanner, folder, &findings));
    if options.with_staged {
        git::scan_staged(&scanner, &findings);
    }
    let mut report = findings.into_report();
    report.sort();
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first stream never ends by itself.
    #[test]
    fn stopped_scan_ends_at_once() {
        let progress = Progress::default();
        progress.stop();
        let options = ScanOptions {
            paths: vec!["/dev/zero".into(), env!("CARGO_MANIFEST_DIR").into()],
            respects_ignore_files: true,
            with_git_objects: true,
            with_staged: false,
        };
        let report = scan(&Prefix::default(), &options, &progress);
        assert!(report.files < 100 && report.objects == 0, "{} {}", report.files, report.objects);
    }

    /// The path of a file takes the place of a folder that this user may not enter.
    #[test]
    fn only_a_missing_entry_means_that_there_is_no_repository() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(git_repository::repository_of(file.path()).is_err());
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(git_repository::repository_of(folder.path()).unwrap(), None);
    }
}
