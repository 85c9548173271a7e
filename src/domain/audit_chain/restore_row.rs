//! The row of a restore: it says which rows of a replaced log are no longer in the store.

use serde_json::{Map, Value};

use crate::domain::audit::AuditRow;
use crate::domain::checkpoint::{Checkpoint, hex, parse_hex};
use crate::domain::time::Timestamp;

/// The verb of a restore in the audit log.
pub const RESTORE_VERB: &str = "store.restore";
/// The target of a restore in the audit log.
pub const RESTORE_TARGET: &str = "store";
/// The detail with the last row of the store that was replaced; none if the store was missing or unreadable.
pub const REPLACED: &str = "replaced";
/// The detail with the number of the last row that both logs have.
pub const LOST_AFTER: &str = "lost_after";
/// The detail with the highest number of a lost row; none if it is unknown.
pub const LOST_TO: &str = "lost_to";

/// Formats number and hash of a row as in the details of a restore: `17:0a…`.
pub fn format_row_hash(seq: i64, hash: &[u8; 32]) -> String {
    format!("{seq}:{}", hex(hash))
}

/// Reads the number of a row from number and hash.
fn parse_row_number(text: &str) -> Option<i64> {
    let (seq, hash) = text.split_once(':')?;
    parse_hex(hash)?;
    seq.parse().ok()
}

/// A restore as its row describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRow {
    pub seq: i64,
    pub at: Timestamp,
    /// Name of the backup's file.
    pub file: String,
    /// Number of the last row that the backup and the replaced log had in common.
    pub after: i64,
    /// Highest number of a lost row; `None` if it is unknown.
    pub lost_to: Option<i64>,
}

impl RestoreRow {
    /// Reads `row`. `None` if it is no restore, or a detail can't be read.
    pub fn from_row(row: &AuditRow) -> Option<Self> {
        if row.verb != RESTORE_VERB || row.target != RESTORE_TARGET {
            return None;
        }
        let details: Map<String, Value> = serde_json::from_str(&row.details).ok()?;
        let last_replaced = match details.get(REPLACED)? {
            Value::Null => None,
            text => Some(parse_row_number(text.as_str()?)?),
        };
        let after = details.get(LOST_AFTER).map_or(Some(row.seq.saturating_sub(1)), Value::as_i64)?;
        let lost_to = match details.get(LOST_TO) {
            // A restore that didn't record it.
            None => last_replaced,
            Some(Value::Null) => None,
            Some(number) => Some(number.as_i64()?),
        };
        let is_possible = (0..row.seq).contains(&after);
        is_possible.then(|| RestoreRow { seq: row.seq, at: row.at, file: row.target_name.clone(), after, lost_to })
    }

    /// Returns `true` if `checkpoint` can be one of the log that this restore replaced. The time of a checkpoint is never
    /// before that of a row it covers, so a checkpoint of the log with this row is not earlier than the row.
    pub fn replaced(&self, checkpoint: &Checkpoint) -> bool {
        self.replaced_row(checkpoint.seq) && checkpoint.at < self.at
    }

    /// Returns `true` if a lost row can have had this number.
    pub fn replaced_row(&self, seq: i64) -> bool {
        seq > self.after && self.lost_to.is_none_or(|last| seq <= last)
    }
}
