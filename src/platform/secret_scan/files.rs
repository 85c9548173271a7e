//! Searches files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};

use super::ScanOptions;
use super::findings::{Findings, Place, PlaceSource};
use super::walk::{Repositories, walk};
use crate::domain::secret::{ScanBuffer, SecretScanner};
use crate::platform::bounded_read::is_standard;

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
        walk(folder, options, scanner, findings, &repositories);
    }
    repositories.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Searches one file after another.
pub(super) struct Searcher<'a> {
    scanner: &'a SecretScanner,
    findings: &'a Findings<'a>,
    buffer: ScanBuffer,
    /// Searched files and bytes that the findings don't count yet.
    files: u64,
    bytes: u64,
}

impl<'a> Searcher<'a> {
    pub fn new(scanner: &'a SecretScanner, findings: &'a Findings<'a>) -> Self {
        Searcher { scanner, findings, buffer: ScanBuffer::default(), files: 0, bytes: 0 }
    }

    pub fn fail(&self, path: &Path, error: &io::Error) {
        self.findings.add_unreadable(path, format!("could not be read: {error}"));
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

    /// Searches a regular file of a folder. Links, pipes, sockets and devices are left out.
    pub fn search_regular(&mut self, path: &Path) {
        match open_regular(path) {
            Ok(Some(mut file)) => self.search(path, &mut file),
            Ok(None) => {}
            Err(e) => self.fail(path, &e),
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

impl Drop for Searcher<'_> {
    fn drop(&mut self) {
        self.findings.add_counts(self.files, self.bytes);
    }
}
