//! Searches files and folders, with a thread per processor.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};
use rustix::fs::{Mode, OFlags};

use super::ScanOptions;
use super::findings::{Findings, Place};
use crate::domain::secret::{ScanBuffer, SecretScanner};
use crate::platform::bounded_read::is_standard;

pub(super) fn scan(scanner: &SecretScanner, options: &ScanOptions, findings: &Findings) {
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
    let Some((first, others)) = folders.split_first() else { return };
    let mut walk = WalkBuilder::new(first);
    for path in others {
        walk.add(path);
    }
    walk.standard_filters(options.respects_ignore_files).hidden(false).follow_links(false);
    walk.build_parallel().visit(&mut Searchers { scanner, findings });
}

/// Makes a searcher for each thread.
struct Searchers<'a> {
    scanner: &'a SecretScanner,
    findings: &'a Findings,
}

impl<'a> ParallelVisitorBuilder<'a> for Searchers<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        Box::new(Searcher::new(self.scanner, self.findings))
    }
}

/// Searches one file after another.
struct Searcher<'a> {
    scanner: &'a SecretScanner,
    findings: &'a Findings,
    buffer: ScanBuffer,
    /// Searched files and bytes that the findings don't count yet.
    files: u64,
    bytes: u64,
}

impl<'a> Searcher<'a> {
    fn new(scanner: &'a SecretScanner, findings: &'a Findings) -> Self {
        Searcher { scanner, findings, buffer: ScanBuffer::default(), files: 0, bytes: 0 }
    }

    fn fail(&self, path: &Path, error: &io::Error) {
        self.findings.add_unreadable(path, error.to_string());
    }

    fn search(&mut self, path: &Path, file: &mut impl Read) {
        let mut shared: Option<Arc<Path>> = None;
        let found = |position, secret| {
            let path = Arc::clone(shared.get_or_insert_with(|| Arc::from(path)));
            self.findings.add(secret, Place { path, position });
        };
        match self.scanner.scan(&mut self.buffer, |buffer| file.read(buffer), found) {
            Ok(bytes) => {
                self.files += 1;
                self.bytes += bytes;
            }
            Err(e) => self.fail(path, &e),
        }
    }

    fn search_entry(&mut self, entry: &DirEntry) {
        // Folders are read by the walk. Links, pipes, sockets and devices are left out.
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            return;
        }
        match open_regular(entry.path()) {
            Ok(Some(mut file)) => self.search(entry.path(), &mut file),
            Ok(None) => {}
            Err(e) => self.fail(entry.path(), &e),
        }
    }
}

/// Opens a regular file. `None` if it is something else by now: a link could lead out of the tree, and a pipe would
/// block.
fn open_regular(path: &Path) -> io::Result<Option<File>> {
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

impl ParallelVisitor for Searcher<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.search_entry(&entry),
            Err(e) => self.fail_to_walk(&e),
        }
        if self.findings.is_full() { WalkState::Quit } else { WalkState::Continue }
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
