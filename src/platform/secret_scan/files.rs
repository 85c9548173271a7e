//! Searches files and folders, with a thread per processor. Finds the git repositories among them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};
use rustix::fs::{Mode, OFlags};

use super::ScanOptions;
use super::findings::{Findings, Place, PlaceSource};
use super::git_repository::{is_repository, repository_of};
use super::ignore_rules::IgnoreRules;
use super::names::search_name;
use crate::domain::secret::{ScanBuffer, SecretScanner};
use crate::platform::bounded_read::is_standard;

/// The paths of repositories, by their canonical paths.
pub(super) type Repositories = BTreeMap<PathBuf, PathBuf>;

/// Returns the git repositories in `options.paths`, if their objects are to be searched.
pub(super) fn scan(scanner: &SecretScanner, options: &ScanOptions, findings: &Findings<'_>) -> Repositories {
    let mut folders = Vec::new();
    let mut searcher = Searcher::new(scanner, findings);
    for path in &options.paths {
        match path.metadata() {
            _ if is_standard(path) => searcher.search(path, &mut io::stdin().lock()),
            Ok(meta) if meta.is_dir() => folders.push(path.as_path()),
            // A named file is searched also if it is a link, a pipe or ignored.
            Ok(_) => match File::open(path) {
                Ok(mut file) => searcher.search(path, &mut file),
                Err(e) => searcher.fail(path, &e),
            },
            Err(e) => searcher.fail(path, &e),
        }
    }
    let repositories = Mutex::default();
    for folder in folders {
        walk(folder, options, scanner, findings, options.with_git_objects.then_some(&repositories));
    }
    repositories.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Searches the files below `folder`.
fn walk(
    folder: &Path,
    options: &ScanOptions,
    scanner: &SecretScanner,
    findings: &Findings<'_>,
    repositories: Option<&Mutex<Repositories>>,
) {
    let rules = match options.respects_ignore_files.then(|| IgnoreRules::new(folder, findings)).transpose() {
        Ok(rules) => rules,
        Err(e) => return findings.add_unreadable(folder, e.to_string()),
    };
    let mut entries = WalkBuilder::new(folder);
    // The walk itself must read no ignore files: it would wait for a pipe.
    entries.standard_filters(false).follow_links(false);
    // The objects are compressed, and git reads them.
    entries.filter_entry(|entry| entry.file_name() != "objects" || !entry.path().parent().is_some_and(is_repository));
    entries.build_parallel().visit(&mut Searchers { scanner, findings, rules: rules.as_ref(), repositories });
}

/// Makes a searcher for each thread.
struct Searchers<'a> {
    scanner: &'a SecretScanner,
    findings: &'a Findings<'a>,
    rules: Option<&'a IgnoreRules>,
    repositories: Option<&'a Mutex<Repositories>>,
}

impl<'a> ParallelVisitorBuilder<'a> for Searchers<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        let searcher = Searcher::new(self.scanner, self.findings);
        Box::new(Walker { searcher, rules: self.rules, repositories: self.repositories })
    }
}

/// Searches one file after another.
struct Searcher<'a> {
    scanner: &'a SecretScanner,
    findings: &'a Findings<'a>,
    buffer: ScanBuffer,
    /// Searched files and bytes that the findings don't count yet.
    files: u64,
    bytes: u64,
}

impl<'a> Searcher<'a> {
    fn new(scanner: &'a SecretScanner, findings: &'a Findings<'a>) -> Self {
        Searcher { scanner, findings, buffer: ScanBuffer::default(), files: 0, bytes: 0 }
    }

    fn fail(&self, path: &Path, error: &io::Error) {
        self.findings.add_unreadable(path, error.to_string());
    }

    fn search(&mut self, path: &Path, file: &mut impl Read) {
        let mut shared: Option<Arc<PlaceSource>> = None;
        let found = |position, secret| {
            let source = shared.get_or_insert_with(|| Arc::new(PlaceSource::File(path.to_owned())));
            self.findings.add(secret, Place { source: Arc::clone(source), position });
        };
        let read = |buffer: &mut [u8]| {
            // Also a stream without end can be stopped.
            self.findings.advance(0)?;
            file.read(buffer)
        };
        match self.scanner.scan(&mut self.buffer, read, found) {
            Ok(bytes) => {
                self.files += 1;
                self.bytes += bytes;
                // The walk looks for a stop itself.
                let _ = self.findings.advance(1);
            }
            Err(e) => self.fail(path, &e),
        }
    }

    /// Searches a regular file. Links, pipes, sockets and devices are left out.
    fn search_entry(&mut self, entry: &DirEntry) {
        match open_regular(entry.path()) {
            Ok(Some(mut file)) => self.search(entry.path(), &mut file),
            Ok(None) => {}
            Err(e) => self.fail(entry.path(), &e),
        }
    }
}

/// Opens a regular file. `None` if it is something else by now: a link could lead out of the tree, and a pipe would
/// block.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(opened) => {
            let file = File::from(opened);
            Ok(file.metadata()?.is_file().then_some(file))
        }
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Searches the files that one thread of the walk finds.
struct Walker<'a> {
    searcher: Searcher<'a>,
    rules: Option<&'a IgnoreRules>,
    repositories: Option<&'a Mutex<Repositories>>,
}

impl Walker<'_> {
    /// Notes the repositories of a folder, which the walk itself may leave out as ignored.
    fn note_repositories(&self, folder: &Path) {
        let Some(repositories) = self.repositories else { return };
        let named = repository_of(folder).unwrap_or_else(|e| {
            let why = format!("its git objects were skipped: {e}");
            self.searcher.findings.add_unreadable(&folder.join(".git"), why);
            None
        });
        let bare = is_repository(folder).then(|| folder.to_owned());
        for path in named.into_iter().chain(bare) {
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

impl ParallelVisitor for Walker<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => {
                let is_root = entry.depth() == 0;
                if !is_root && self.rules.is_some_and(|rules| rules.is_ignored(&entry, self.searcher.findings)) {
                    return WalkState::Skip;
                }
                search_name(self.searcher.scanner, entry.path(), self.searcher.findings);
                match entry.file_type() {
                    // A named folder is searched also if it is a link.
                    kind if is_root || kind.is_some_and(|kind| kind.is_dir()) => self.note_repositories(entry.path()),
                    Some(kind) if kind.is_file() => self.searcher.search_entry(&entry),
                    Some(_) | None => {}
                }
            }
            Err(e) => self.searcher.fail_to_walk(&e),
        }
        if self.searcher.findings.must_end() { WalkState::Quit } else { WalkState::Continue }
    }
}

impl Searcher<'_> {
    fn fail_to_walk(&self, error: &ignore::Error) {
        let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        self.findings.add_unreadable(&path_of(error).unwrap_or_default(), why);
    }
}

/// Returns the path that an error of the walk is about.
fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

impl Drop for Searcher<'_> {
    fn drop(&mut self) {
        self.findings.add_counts(self.files, self.bytes);
    }
}
