//! The results of a scan, collected by several threads.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::secret::{Position, SecretText, redact_secrets};
use crate::verbs::batches::Progress;

/// Maximum number of places that a scan collects. Anybody can write texts that look like secrets, so the memory for them
/// is bounded.
const MAX_PLACES: usize = 1_000_000;
/// Maximum number of bytes of the paths of these places.
pub(super) const MAX_PATH_BYTES: usize = 64 << 20;
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

impl PlaceSource {
    fn path_bytes(&self) -> usize {
        match self {
            PlaceSource::File(path) | PlaceSource::Name(path) | PlaceSource::Staged(path) => path.as_os_str().len(),
            // The repository's path is shared.
            PlaceSource::Object(object) => object.path.as_ref().map_or(0, |path| path.as_os_str().len()),
        }
    }
}

/// An object of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitObject {
    /// The folder of the repository, such as `.git`.
    pub repository: Arc<Path>,
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
    /// The reason, without secrets.
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
    /// Number of bytes of the paths of all places.
    path_bytes: usize,
    /// The source that was added last. Its other places share its path.
    last_source: Option<Arc<PlaceSource>>,
}

impl ScanReport {
    /// Returns `true` if the scan ended early, because `MAX_PLACES` or `MAX_PATH_BYTES` was reached.
    pub fn is_full(&self) -> bool {
        self.places >= MAX_PLACES || self.path_bytes >= MAX_PATH_BYTES
    }

    fn add(&mut self, secret: SecretText, place: Place) {
        let Ok(fingerprint) = secret.parse() else { return };
        if self.is_full() {
            return;
        }
        self.places += 1;
        if self.last_source.as_ref().is_none_or(|last| !Arc::ptr_eq(last, &place.source)) {
            self.path_bytes += place.source.path_bytes();
            self.last_source = Some(Arc::clone(&place.source));
        }
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
    /// [`ScanReport::is_full`], which is read for each entry of a folder.
    is_full: AtomicBool,
    progress: &'a Progress,
}

impl<'a> Findings<'a> {
    pub(super) fn new(progress: &'a Progress) -> Self {
        Findings { report: Mutex::default(), is_full: AtomicBool::new(false), progress }
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
        self.with(|report| {
            report.add(secret, place);
            self.is_full.store(report.is_full(), Ordering::Relaxed);
        });
    }

    /// Adds a path that can't be searched. The reason can name other paths, and these can contain secrets.
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
        });
    }

    /// Returns how many more places can be added.
    pub(super) fn room(&self) -> usize {
        self.with(|report| if report.is_full() { 0 } else { MAX_PLACES - report.places })
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
        self.progress.is_stopped() || self.is_full.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::name::Prefix;
    use crate::domain::secret::Secret;

    /// Paths can be long, and anybody can choose them.
    #[test]
    fn report_is_full_of_long_paths() {
        let secret = Secret::generate(&Prefix::default(), |_| Ok(())).unwrap();
        let secret = SecretText::new(secret.expose(|text| Zeroizing::new(text.to_owned())));
        let mut report = ScanReport::default();
        let add = |report: &mut ScanReport, source: &Arc<PlaceSource>| {
            let place = Place { source: Arc::clone(source), position: Position { line: 1, column: 1 } };
            report.add(secret.clone(), place);
        };
        let path = PathBuf::from("x".repeat(64 * 1024));
        let shared = Arc::new(PlaceSource::File(path.clone()));
        (0..2_000).for_each(|_| add(&mut report, &shared));
        assert!(!report.is_full(), "all places of a file share its path");
        for n in 2..=MAX_PATH_BYTES / path.as_os_str().len() {
            assert!(!report.is_full(), "{n}");
            add(&mut report, &Arc::new(PlaceSource::File(path.clone())));
        }
        assert!(report.is_full());
        let places = report.places;
        add(&mut report, &shared);
        assert_eq!(report.places, places);
    }
}
