//! The results of a scan, collected by several threads.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::secret::{Position, SecretText, redact_secrets};
use crate::verbs::batches::Progress;

/// Maximum number of places that a scan collects. Anybody can write texts that look like secrets, so the memory for them
/// is bounded.
pub const MAX_PLACES: usize = 1_000_000;
/// Maximum number of unreadable files with a reason. All are counted.
const MAX_UNREADABLE: usize = 1_000;

/// A place of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub source: Arc<PlaceSource>,
    pub position: Position,
}

/// A text that holds secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceSource {
    File(PathBuf),
    /// The name of a file or folder, not its content.
    Name(PathBuf),
    /// A file as the next commit would have it.
    Staged(PathBuf),
    Object(GitObject),
}

/// An object of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitObject {
    /// The folder of the repository, such as `.git`.
    pub repository: PathBuf,
    /// The newest commit that brought the object. `None` if there is none.
    pub commit: Option<String>,
    /// The path in that commit.
    pub path: Option<PathBuf>,
    pub id: String,
}

/// A secret and all its places.
#[derive(Debug)]
pub struct FoundSecret {
    pub secret: SecretText,
    /// The places in the order of their paths.
    pub places: Vec<Place>,
}

/// A file or folder that could not be searched.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    pub path: PathBuf,
    pub why: String,
}

/// The result of a scan.
#[derive(Debug, Default)]
pub struct ScanReport {
    /// Each secret once, in the order of their first places.
    pub found: Vec<FoundSecret>,
    /// Number of places of all secrets.
    pub places: usize,
    /// The first `MAX_UNREADABLE` files and folders that could not be searched.
    pub unreadable: Vec<Unreadable>,
    /// The reason, without secrets.
    /// Number of files and folders that could not be searched.
    pub unreadable_count: u64,
    /// Number of searched files.
    pub files: u64,
    /// Number of searched git objects.
    pub objects: u64,
    /// Number of searched bytes.
    pub bytes: u64,
    /// Positions in `found` by the digest of the secret.
    by_digest: HashMap<[u8; 32], usize>,
}

impl ScanReport {
    /// Returns `true` if the scan ended early, because [`MAX_PLACES`] was reached.
    pub fn is_full(&self) -> bool {
        self.places >= MAX_PLACES
    }

    fn add(&mut self, secret: SecretText, place: Place) {
        let Ok(fingerprint) = secret.parse() else { return };
        if self.is_full() {
            return;
        }
        self.places += 1;
        let next = self.found.len();
        let index = *self.by_digest.entry(*fingerprint.digest().as_bytes()).or_insert(next);
        match self.found.get_mut(index) {
            Some(found) => found.places.push(place),
            None => self.found.push(FoundSecret { secret, places: vec![place] }),
        }
    }

    /// Brings the results of parallel threads into one order.
    pub(super) fn sort(&mut self) {
        self.by_digest.clear();
        self.found.iter_mut().for_each(|found| found.places.sort());
        self.found.sort_by(|a, b| a.places.cmp(&b.places));
        self.unreadable.sort();
    }
}

/// A [`ScanReport`] that threads share. Findings are rare, so one lock is enough.
pub(super) struct Findings<'a> {
    report: Mutex<ScanReport>,
    progress: &'a Progress,
}

impl<'a> Findings<'a> {
    pub(super) fn new(progress: &'a Progress) -> Self {
        Findings { report: Mutex::default(), progress }
    }

    pub(super) fn into_report(self) -> ScanReport {
        self.report.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts searched files and objects for the progress bar.
    ///
    /// # Errors
    /// [`io::ErrorKind::Other`] if the user has stopped the scan.
    pub(super) fn advance(&self, texts: u64) -> io::Result<()> {
        self.progress.advance(texts);
        if self.progress.is_stopped() { Err(io::Error::other("the scan was stopped")) } else { Ok(()) }
    }

    fn with<T>(&self, f: impl FnOnce(&mut ScanReport) -> T) -> T {
        f(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn add(&self, secret: SecretText, place: Place) {
        self.with(|report| report.add(secret, place));
    }

    pub(super) fn add_unreadable(&self, path: &Path, why: impl Into<String>) {
        let (path, why) = (path.to_owned(), redact_secrets(&why.into()).into_owned());
        self.with(|report| {
            report.unreadable_count += 1;
            if report.unreadable.len() < MAX_UNREADABLE {
                report.unreadable.push(Unreadable { path, why });
            }
        });
    }

    /// Counts a searched file.
    pub(super) fn add_file(&self, bytes: u64) {
        self.add_counts(1, bytes);
    }

    /// Counts searched git objects.
    pub(super) fn add_objects(&self, objects: u64, bytes: u64) {
        self.with(|report| {
            report.objects += objects;
            report.bytes += bytes;
    /// Adds a path that can't be searched. The reason can name other paths, and these can contain secrets.
        });
    }

    /// Returns how many more places can be added.
    pub(super) fn room(&self) -> usize {
        self.with(|report| MAX_PLACES.saturating_sub(report.places))
    }

    /// Adds what a thread has searched.
    pub(super) fn add_counts(&self, files: u64, bytes: u64) {
        self.with(|report| {
            report.files += files;
            report.bytes += bytes;
        });
    }

    /// Returns `true` if the scan must end early.
    pub(super) fn must_end(&self) -> bool {
        self.progress.is_stopped() || self.with(|report| report.is_full())
    }
}
