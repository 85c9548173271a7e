//! Pruning of the ledger: deletes rows older than the policy's limit, and the oldest days if the ledger is too large.

use crate::domain::time::{DAY, HOUR, Timestamp};
use crate::error::Result;
use crate::http::reopening_store::ReopeningStore;
use crate::verbs::ledger::{LedgerSizePart, MAX_LEDGER_BYTES, SizeCursor};
use crate::verbs::ports::{Clock, Store};

/// Number of rows deleted in one transaction.
const BATCH_SIZE: u32 = 1_000;
/// Number of days of tokens, or of attempts, measured in one read.
const ROWS_MEASURED: usize = 1_000;
/// Time between two searches for old rows, in milliseconds.
const PRUNE_INTERVAL: i64 = HOUR;

/// Deletes old rows and measures the ledger, in small steps of one call each.
pub(super) struct Pruner {
    max_bytes: u64,
    /// Time when the last pruning ended.
    finished_at: Option<Timestamp>,
    stage: Stage,
}

/// The work of the next call.
enum Stage {
    /// Finds the cutoff of the policy.
    FindCutoff,
    /// Deletes rows older than this time.
    Delete(Timestamp),
    /// Measures the remaining rows.
    Measure {
        /// The position up to which the ledger has been measured.
        after: SizeCursor,
        /// The bytes up to that position.
        bytes: u64,
    },
}

impl Default for Pruner {
    fn default() -> Self {
        Pruner { max_bytes: MAX_LEDGER_BYTES, finished_at: None, stage: Stage::FindCutoff }
    }
}

impl Pruner {
    /// Runs the next step. After the last one, does nothing for an hour.
    pub(super) fn prune(&mut self, store_handle: &mut ReopeningStore, clock: &dyn Clock) {
        let now = clock.now();
        if self.finished_at.is_some_and(|at| (now.0 - at.0).abs() < PRUNE_INTERVAL) {
            return;
        }
        // After a fault, which `ReopeningStore` has logged, the same step is tried again.
        if let Ok(stage) = self.next_stage(store_handle, clock, now) {
            self.finished_at = stage.is_none().then_some(now);
            self.stage = stage.unwrap_or(Stage::FindCutoff);
        }
    }

    /// Runs one step and returns the next stage. `None` if nothing is left to do.
    fn next_stage(
        &self,
        store_handle: &mut ReopeningStore,
        clock: &dyn Clock,
        now: Timestamp,
    ) -> Result<Option<Stage>> {
        let measure = Stage::Measure { after: SizeCursor::Start, bytes: 0 };
        match &self.stage {
            Stage::FindCutoff => {
                let policy = store_handle.maintain(|store| store.read(|snapshot| snapshot.policy()))?;
                Ok(Some(policy.ledger_keep.before(now, clock.zone()).map_or(measure, Stage::Delete)))
            }
            Stage::Delete(before) => {
                let rows = store_handle.with(|store| store.write_usage(|tx| tx.prune_ledger(*before, BATCH_SIZE)))?;
                Ok(Some(if rows >= u64::from(BATCH_SIZE) { Stage::Delete(*before) } else { measure }))
            }
            Stage::Measure { after, bytes } => {
                let LedgerSizePart { bytes: more, next } = store_handle
                    .maintain(|store| store.read(|snapshot| snapshot.ledger_size_part(*after, ROWS_MEASURED)))?;
                let bytes = bytes + more;
                if let Some(after) = next {
                    return Ok(Some(Stage::Measure { after, bytes }));
                }
                if bytes <= self.max_bytes {
                    return Ok(None);
                }
                let oldest = store_handle.maintain(|store| store.read(|snapshot| snapshot.ledger_oldest()))?;
                tracing::warn!(bytes, "the ledger is too large: jeton deletes the oldest day of the ledger");
                Ok(oldest.map(|oldest| Stage::Delete(oldest.plus(DAY))))
            }
        }
    }
}
