//! Changes of the store that the audit log doesn't show: somebody edited its tables or its file directly.
//!
//! Checking for such changes at each request would be too frequent, and rereading everything once a second would take
//! most of that second. The ledger's connection is cheaper: SQLite shows each connection if another one has committed.
//! Apart from that connection the service itself commits nothing, so the ledger's thread checks. If that check fails,
//! cached data is used for no longer than a second.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Release};
use std::time::Duration;

use super::overwritten_file::OverwrittenFile;
use super::reopening_store::ReopeningStore;
use crate::error::Result;
use crate::platform::clock::Stopwatch;
use crate::store::{FileState, OpenStore};
use crate::verbs::ports::{DataVersion, DataVersions};

/// Maximum age of cached data without a check. Together with the time a request waits, this is less than a second.
pub(super) const MAX_AGE: Duration = Duration::from_millis(900);

/// The changes found so far, shared with the caches.
pub(super) struct ExternalChanges {
    commits: AtomicU64,
    writes: AtomicU64,
    is_older_file: AtomicBool,
    /// Time of the last check, in milliseconds since `started`.
    checked_at: AtomicU64,
    started: Stopwatch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ChangeCounts {
    /// Number of commits or file writes by others.
    pub commits: u64,
    /// Number of writes into the file by any process.
    pub writes: u64,
}

impl Default for ExternalChanges {
    fn default() -> Self {
        let counter = AtomicU64::default;
        ExternalChanges {
            commits: counter(),
            writes: counter(),
            is_older_file: AtomicBool::default(),
            checked_at: counter(),
            started: Stopwatch::start(),
        }
    }
}

impl ExternalChanges {
    pub fn counts(&self) -> ChangeCounts {
        ChangeCounts { commits: self.commits.load(Acquire), writes: self.writes.load(Acquire) }
    }

    /// Returns `true` if an older copy was written onto the store's file.
    pub fn is_older_file(&self) -> bool {
        self.is_older_file.load(Acquire)
    }

    /// Returns `true` if the last check was less than [`MAX_AGE`] ago.
    pub fn is_watched(&self) -> bool {
        let age = self.started.elapsed().saturating_sub(Duration::from_millis(self.checked_at.load(Acquire)));
        age < MAX_AGE
    }

    fn mark_checked(&self, began: Duration) {
        self.checked_at.store(u64::try_from(began.as_millis()).unwrap_or(u64::MAX), Release);
    }
}

#[derive(Default)]
pub(super) struct ChangeWatcher {
    last: Option<(u64, DataVersion, FileState)>,
    overwritten_file: OverwrittenFile,
}

impl ChangeWatcher {
    /// Checks the store through `store_handle`, the only connection through which the service records usage. Returns
    /// `true` if another connection has committed.
    pub fn check(&mut self, store_handle: &mut ReopeningStore, changes: &ExternalChanges) -> bool {
        let began = changes.started.elapsed();
        // `ReopeningStore` has noted the fault.
        let Ok((edition, file)) = store_handle.maintain(state) else {
            self.last = None;
            return false;
        };
        if self.last.as_ref().is_none_or(|(.., before)| *before != file) {
            changes.writes.fetch_add(1, AcqRel);
        }
        changes.is_older_file.store(self.overwritten_file.check(store_handle, &file), Release);
        let state = Some((store_handle.open_count(), edition, file));
        let is_changed = self.last != state;
        if is_changed {
            changes.commits.fetch_add(1, AcqRel);
        }
        self.last = state;
        changes.mark_checked(began);
        is_changed
    }

    /// Records the service's own writes into the file since the last check.
    pub fn record_own_write(&mut self, store_handle: &mut ReopeningStore, changes: &ExternalChanges) {
        let Some((.., file)) = &mut self.last else { return };
        if let Ok(now) = store_handle.maintain(OpenStore::file_state)
            && *file != now
        {
            *file = now;
            changes.writes.fetch_add(1, AcqRel);
        }
    }
}

fn state(store: &OpenStore) -> Result<(DataVersion, FileState)> {
    Ok((store.data_version()?, store.file_state()?))
}
