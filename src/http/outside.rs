//! Changes of the store that the audit log doesn't show: a hand on its tables, or on its file.
//!
//! Somebody must look for them, for each request too often, and once a second: who only re-reads everything each second
//! spends the second on that. The ledger's connection knows better: SQLite tells each connection whether anybody else
//! has committed, and beside that connection the service itself commits nothing. So its thread looks; where it can't,
//! nothing is remembered for longer than a second.

use std::sync::atomic::{AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Release};
use std::time::Duration;

use super::keeper::Keeper;
use crate::error::Result;
use crate::platform::clock::Stopwatch;
use crate::store::sqlite::{FileState, SqliteStore};
use crate::verbs::ports::{Edition, Store};

/// How old what is remembered may be without a look: with the time that a request waits, under a second.
pub(super) const MAX_AGE: Duration = Duration::from_millis(900);

/// What was found, for those who remember.
pub(super) struct OutsideChanges {
    commits: AtomicU64,
    writes: AtomicU64,
    /// When somebody looked last, in milliseconds since `started`.
    looked_at: AtomicU64,
    started: Stopwatch,
}

/// How much had been found at some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// How often something was committed, or written into the file, by others.
    pub commits: u64,
    /// How often anything was written into the file.
    pub writes: u64,
}

impl Default for OutsideChanges {
    fn default() -> Self {
        let counter = AtomicU64::default;
        OutsideChanges { commits: counter(), writes: counter(), looked_at: counter(), started: Stopwatch::start() }
    }
}

impl OutsideChanges {
    /// Returns what has been found so far.
    pub fn found(&self) -> Found {
        Found { commits: self.commits.load(Acquire), writes: self.writes.load(Acquire) }
    }

    /// Returns whether somebody has looked a moment ago.
    pub fn is_watched(&self) -> bool {
        let age = self.started.time().saturating_sub(Duration::from_millis(self.looked_at.load(Acquire)));
        age < MAX_AGE
    }

    fn looked(&self, began: Duration) {
        self.looked_at.store(u64::try_from(began.as_millis()).unwrap_or(u64::MAX), Release);
    }
}

/// Who looks.
#[derive(Default)]
pub(super) struct Watcher {
    last: Option<(u64, Edition, FileState)>,
}

impl Watcher {
    /// Looks at the store through `keeper`, the only one through which the service commits.
    pub fn look(&mut self, keeper: &mut Keeper, outside: &OutsideChanges) {
        let began = outside.started.time();
        // A fault is noted by the keeper.
        let Ok((edition, file)) = keeper.maintain(state) else { return self.last = None };
        let opened = keeper.opened();
        match &self.last {
            Some((o, e, f)) if (*o, *e, f) == (opened, edition, &file) => {}
            Some((.., f)) => {
                if *f != file {
                    outside.writes.fetch_add(1, AcqRel);
                }
                outside.commits.fetch_add(1, AcqRel);
            }
            None => {
                outside.writes.fetch_add(1, AcqRel);
                outside.commits.fetch_add(1, AcqRel);
            }
        }
        self.last = Some((opened, edition, file));
        outside.looked(began);
    }

    /// Takes note of what we ourselves have written into the file since the last look.
    pub fn wrote(&mut self, keeper: &mut Keeper, outside: &OutsideChanges) {
        let Some((.., file)) = &mut self.last else { return };
        if let Ok(now) = keeper.maintain(SqliteStore::file_state)
            && *file != now
        {
            *file = now;
            outside.writes.fetch_add(1, AcqRel);
        }
    }
}

fn state(store: &SqliteStore) -> Result<(Edition, FileState)> {
    Ok((store.edition()?, store.file_state()?))
}
