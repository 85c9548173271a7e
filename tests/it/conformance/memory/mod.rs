//! An engine in memory, for tests only.
//!
//! Transactions don't wait for each other. Each works on a copy of the last committed state, and is run again if
//! another one has committed meanwhile.

mod accounts;
mod audit;
mod ledger;
mod notices;
mod state;
mod token_list;
mod tokens;
mod usage;

use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use jeton::domain::audit::AuditActor;
use jeton::domain::time::Timestamp;
use jeton::error::Result;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{
    CommittedTx, DataVersion, DataVersions, FlushScope, Maintenance, Snapshot, Store, Tx, UsageTx,
};

use super::conforms;
use super::reruns::Rerun;
use crate::support::fakes::Engine;
use state::State;

/// The last committed state.
type Shared = Arc<Mutex<Arc<State>>>;

pub struct Memory(Shared);

impl Engine for Memory {
    type S = MemoryStore;
    fn fresh() -> Self {
        Memory(Shared::default())
    }
    fn open(&self) -> MemoryStore {
        MemoryStore { shared: Arc::clone(&self.0), own_commits: AtomicI64::new(0) }
    }
}

pub struct MemoryStore {
    shared: Shared,
    own_commits: AtomicI64,
}

impl MemoryStore {
    fn last(&self) -> Arc<State> {
        Arc::clone(&self.shared.lock().unwrap())
    }

    /// Runs `f` until no other transaction has committed meanwhile.
    fn in_transaction<T>(&self, mut f: impl FnMut(&mut State) -> Result<T>) -> Result<T> {
        loop {
            let mut state = State::clone(&self.last());
            let out = f(&mut state)?;
            let mut last = self.shared.lock().unwrap();
            if last.version == state.version {
                state.version += 1;
                *last = Arc::new(state);
                self.own_commits.fetch_add(1, Ordering::SeqCst);
                return Ok(out);
            }
        }
    }
}

impl Store for MemoryStore {
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        f(&*self.last())
    }
    fn write<T>(
        &self,
        actor: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        mut f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<CommittedTx<T>> {
        self.in_transaction(|state| {
            let now = now();
            let (entries, value) = f(state, now)?.into_parts();
            let audit_seq = state.append(actor, now, &entries);
            Ok(CommittedTx { value, audit_seq })
        })
    }
    fn dry_run<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        mut f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<T> {
        self.in_transaction(|state| {
            let mut rehearsal = state.clone();
            let (_, value) = f(&mut rehearsal, now())?.into_parts();
            state.last_token = rehearsal.last_token;
            Ok(value)
        })
    }
    fn write_usage<T>(&self, mut f: impl FnMut(&mut dyn UsageTx) -> Result<T>) -> Result<T> {
        self.in_transaction(|state| f(state))
    }
}

impl DataVersions for MemoryStore {
    fn data_version(&self) -> Result<DataVersion> {
        Ok(DataVersion(self.last().version - self.own_commits.load(Ordering::SeqCst)))
    }
}

impl Maintenance for MemoryStore {
    fn write_back(&self) -> Result<u64> {
        Ok(0)
    }
    fn flush_usage(&self) -> Result<()> {
        Ok(())
    }
    fn write_failed_sign_ins(&self, now: Timestamp, due: FlushScope) -> Result<()> {
        self.in_transaction(|state| {
            state.write_failed_sign_ins(now, due);
            Ok(())
        })
    }
}

/// The start of a section of a list, as an index.
pub(super) enum Start {
    From(usize),
    /// The section ends before this row.
    Before(usize),
    /// Half of the section lies before this row. If one side runs out, the other gets more.
    Around(usize),
}

/// Returns the rows of a section, of `count` rows.
pub(super) fn section(start: Start, count: usize, limit: usize) -> Range<usize> {
    match start {
        Start::From(start) => start..start.saturating_add(limit).min(count),
        Start::Before(end) => end.saturating_sub(limit)..end,
        Start::Around(at) => {
            let after = (count - at).min(limit - at.min(limit / 2));
            at - at.min(limit - after)..at + after
        }
    }
}

conforms!(Rerun<Memory>);
