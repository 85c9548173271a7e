//! Walks through a folder with a thread per processor. Finds its files and git repositories.
//!
//! Each folder is listed once, before its entries are visited. So its ignore files and its repository are known without a
//! look for each of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::ScanOptions;
use super::files::Searcher;
use super::findings::Findings;
use super::git_repository::{is_repository, repository_of};
use super::ignore_rules::{FolderRules, IgnoreRules};
use super::names::search_name;
use super::work_queue::WorkQueue;
use crate::domain::secret::SecretScanner;
use crate::platform::threads;

/// Number of files of a folder that a thread searches before others can help.
const FILES_AT_ONCE: usize = 64;

/// The paths of repositories, by their canonical paths.
pub(super) type Repositories = BTreeMap<PathBuf, PathBuf>;

/// Searches the files below `root`, and adds its repositories to `repositories` if their objects are to be searched.
pub(super) fn walk(
    root: &Path,
    options: &ScanOptions,
    scanner: &SecretScanner,
    findings: &Findings<'_>,
    repositories: &Mutex<Repositories>,
) {
    let rules = match options.respects_ignore_files.then(|| IgnoreRules::new(root, findings)).transpose() {
        Ok(rules) => rules,
        Err(e) => return findings.add_unreadable(root, format!("could not be read: {e}")),
    };
    let above = rules.as_ref().and_then(IgnoreRules::above);
    let walk = Walk {
        scanner,
        findings,
        rules,
        repositories: options.with_git_objects.then_some(repositories),
        queue: WorkQueue::new(Work::Folder(root.to_owned(), above)),
    };
    search_name(scanner, root, findings);
    threads::run_parallel(|| walk.work());
}

enum Work {
    /// A folder, and the rules of the nearest folder above that has some.
    Folder(PathBuf, Option<Arc<FolderRules>>),
    /// Files that are not ignored.
    Files(Vec<PathBuf>),
}

struct Walk<'a> {
    scanner: &'a SecretScanner,
    findings: &'a Findings<'a>,
    rules: Option<IgnoreRules>,
    repositories: Option<&'a Mutex<Repositories>>,
    queue: WorkQueue<Work>,
}

/// The names in a folder.
pub(super) struct Listing(Vec<(OsString, FileType)>);

impl Listing {
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(listed, _)| listed == name)
    }
}

impl Walk<'_> {
    fn work(&self) {
        let mut searcher = Searcher::new(self.scanner, self.findings);
        while let Some((work, _in_work)) = self.queue.take() {
            match work {
                Work::Folder(folder, above) if !self.findings.must_end() => self.visit(&folder, above, &mut searcher),
                Work::Files(files) => self.search(&files, &mut searcher),
                Work::Folder(..) => {}
            }
        }
    }

    fn search(&self, files: &[PathBuf], searcher: &mut Searcher<'_>) {
        for file in files {
            if self.findings.must_end() {
                return;
            }
            searcher.search_regular(file);
        }
    }

    fn visit(&self, folder: &Path, above: Option<Arc<FolderRules>>, searcher: &mut Searcher<'_>) {
        let listing = self.list(folder, searcher);
        let is_bare = listing.has("HEAD") && is_repository(folder);
        self.note_repositories(folder, is_bare, listing.has(".git"));
        let rules = match &self.rules {
            Some(all) => all.enter(folder, &listing, above, self.findings),
            None => None,
        };
        let absolute = rules.as_ref().zip(self.rules.as_ref()).map(|(_, all)| all.absolute(folder));
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for (name, kind) in listing.0 {
            // The objects are compressed, and git reads them.
            if is_bare && name == "objects" {
                continue;
            }
            let is_ignored = |all: &IgnoreRules| {
                let rules = rules.as_ref().zip(absolute.as_ref());
                rules.is_some_and(|(rules, absolute)| all.is_ignored(rules, &absolute.join(&name), kind.is_dir()))
            };
            if self.rules.as_ref().is_some_and(is_ignored) {
                continue;
            }
            let path = folder.join(name);
            search_name(self.scanner, &path, self.findings);
            if kind.is_dir() {
                folders.push(Work::Folder(path, rules.clone()));
            } else if kind.is_file() {
                files.push(path);
            }
        }
        let later = files.split_off(files.len().min(FILES_AT_ONCE));
        folders.extend(later.chunks(FILES_AT_ONCE).map(|files| Work::Files(files.to_vec())));
        self.queue.add(folders);
        self.search(&files, searcher);
    }

    /// Lists a folder. What can't be read is missing, and reported.
    fn list(&self, folder: &Path, searcher: &Searcher<'_>) -> Listing {
        let mut listing = Vec::new();
        let entries = folder.read_dir().map_err(|e| searcher.fail(folder, &e));
        for entry in entries.into_iter().flatten() {
            match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                Ok(entry) => listing.push(entry),
                Err(e) => searcher.fail(folder, &e),
            }
            if self.findings.must_end() {
                break;
            }
        }
        Listing(listing)
    }

    /// Notes the repositories of a folder, which the walk itself may leave out as ignored.
    fn note_repositories(&self, folder: &Path, is_bare: bool, has_git: bool) {
        let Some(repositories) = self.repositories else { return };
        let named = has_git.then(|| repository_of(folder)).transpose().unwrap_or_else(|e| {
            let why = format!("its git objects were skipped: {e}");
            self.findings.add_unreadable(&folder.join(".git"), why);
            None
        });
        let bare = is_bare.then(|| folder.to_owned());
        for path in named.flatten().into_iter().chain(bare) {
            // The repository of a submodule also lies in the one around it.
            let canonical = path.canonicalize().unwrap_or_else(|_| path.clone());
            let mut repositories = repositories.lock().unwrap_or_else(PoisonError::into_inner);
            let shown = repositories.entry(canonical).or_insert_with(|| path.clone());
            // A path in the searched folder is shorter than an absolute one.
            let rank = |path: &Path| (path.components().count(), path.to_owned());
            if rank(&path) < rank(shown) {
                *shown = path;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan;
    use super::*;
    use crate::domain::name::Prefix;
    use crate::verbs::batches::Progress;

    #[test]
    fn files_of_a_large_folder_are_searched_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = 3 * FILES_AT_ONCE + 7;
        (0..files).for_each(|number| std::fs::write(folder.path().join(number.to_string()), "text").unwrap());
        let options = ScanOptions {
            paths: vec![folder.path().to_owned()],
            respects_ignore_files: true,
            with_git_objects: true,
            with_staged: false,
        };
        let report = scan(&Prefix::default(), &options, &Progress::default());
        assert_eq!((report.files, report.bytes), (files as u64, 4 * files as u64));
    }
}
