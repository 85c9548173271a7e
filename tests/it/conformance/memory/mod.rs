//! An engine in memory, for tests only. Runs the requirements for everything but the token list and the ledger.
//!
//! Transactions don't wait for each other. Each works on a copy of the last committed state, and is run again if
//! another one has committed meanwhile. So that closures can't rely on a single run, the first run of each transaction
//! is always discarded.

mod accounts;
mod audit;
mod state;
mod tokens;
mod usage;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use jeton::domain::audit::{AuditActor, AuditRow};
use jeton::domain::audit_chain::ChainVerifier;
use jeton::domain::time::Timestamp;
use jeton::error::{Error, Result};
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::audit_log::AuditLog;
use jeton::verbs::ports::{
    CommittedTx, DataVersion, DataVersions, FlushScope, Maintenance, Snapshot, Store, Tx, UsageTx,
};

use super::{Engine, conforms};
use state::State;

/// The last committed state, and the number of commits so far.
type Shared = Arc<Mutex<(i64, Arc<State>)>>;

struct Memory(Shared);

impl Engine for Memory {
    type S = MemoryStore;
    fn fresh() -> Self {
        Memory(Shared::default())
    }
    fn open(&self) -> MemoryStore {
        MemoryStore { shared: Arc::clone(&self.0), own_commits: AtomicI64::new(0) }
    }
    fn audit(&self) -> Vec<AuditRow> {
        let page = self.0.lock().unwrap().1.audit_page(None, usize::MAX).unwrap();
        let mut verifier = ChainVerifier::from_start(Vec::new());
        page.rows.iter().for_each(|row| verifier.check_row(row));
        assert!(verifier.finish().findings.is_empty());
        page.rows.into_iter().map(|raw| raw.row).collect()
    }
}

struct MemoryStore {
    shared: Shared,
    own_commits: AtomicI64,
}

impl MemoryStore {
    fn last(&self) -> (i64, Arc<State>) {
        self.shared.lock().unwrap().clone()
    }

    /// Runs `f` until no other transaction has committed meanwhile, at least twice.
    fn in_transaction<T>(&self, mut f: impl FnMut(&mut State) -> Result<T>) -> Result<T> {
        let mut is_first = true;
        loop {
            let (version, state) = self.last();
            let mut state = State::clone(&state);
            let out = f(&mut state);
            if std::mem::take(&mut is_first) {
                continue;
            }
            let out = out?;
            let mut last = self.shared.lock().unwrap();
            if last.0 == version {
                *last = (version + 1, Arc::new(state));
                self.own_commits.fetch_add(1, Ordering::SeqCst);
                return Ok(out);
            }
        }
    }
}

impl Store for MemoryStore {
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        f(&*self.last().1)
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
        Ok(DataVersion(self.last().0 - self.own_commits.load(Ordering::SeqCst)))
    }
}

impl Maintenance for MemoryStore {
    fn checkpoint(&self) -> Result<u64> {
        Ok(0)
    }
    fn flush_usage(&self) -> Result<()> {
        Ok(())
    }
    fn write_failed_sign_ins(&self, _now: Timestamp, _due: FlushScope) -> Result<()> {
        not_kept()
    }
}

/// The answer for data that this engine doesn't keep.
fn not_kept<T>() -> Result<T> {
    Err(Error::failure("the engine in memory doesn't keep this"))
}

conforms! { Memory:
    an_empty_store_has_nothing,
    what_was_written_reads_back,
    an_update_replaces_everything_it_names,
    a_snapshot_sees_one_state,
    a_write_sees_itself_and_what_came_before,
    a_refused_change_leaves_nothing,
    two_writers_are_serialized,
    a_data_version_shows_commits_of_others,
    every_change_is_audited,
    two_changes_of_one_token_conflict,
    names_are_unique_outside_the_trash,
    hidden_namesakes_hide_no_visible_one,
    usernames_are_given_once,
    a_token_has_one_current_secret,
    an_old_secret_is_kept_for_a_while,
    a_purge_takes_what_is_meant_and_leaves_tombstones,
    lineage_is_whole_though_makers_are_purged,
    active_tokens_end_at_the_instant,
    the_tally_counts_own_and_visible,
    tries_earn_growing_waits,
    a_clock_set_back_locks_nobody_out,
    tries_are_forgotten_in_time_and_number,
    a_rehash_needs_the_same_credentials,
    an_account_changes_role_and_state,
    a_new_password_ends_what_was_proved,
    a_deleted_account_is_gone_but_for_its_name,
    enabled_owners_are_counted,
    tokens_are_counted_by_account,
    an_account_was_seen_when_its_tokens_were,
    a_catalogue_replaces_what_it_said_before,
    recent_uses_sum_up_by_method_and_caller,
    audit_windows_agree_with_a_model,
    the_log_is_read_raw,
}
