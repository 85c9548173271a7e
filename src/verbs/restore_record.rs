//! The audit row of a restore: where the content came from, and which log it replaced.

use serde_json::Value;

use super::ports::Snapshot;
use super::ports::audit_log::AuditTip;
use crate::domain::audit::{AuditEntry, AuditRow};
use crate::domain::audit_chain::restore_row::{
    LOST_AFTER, LOST_TO, REPLACED, RESTORE_TARGET, RESTORE_VERB, RestoreRow, format_row_hash,
};
use crate::domain::checkpoint::Checkpoint;
use crate::error::Result;

/// Maximum number of restores that are read, the newest first.
const MAX_RESTORES: usize = 100;

/// A restore of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRecord {
    /// Name of the backup's file.
    pub file: String,
    /// The last row of the backup.
    pub backup: AuditTip,
    /// The last row of the store that was replaced. `None` if it was missing or unreadable.
    pub replaced: Option<AuditTip>,
    /// The last row that a service had recorded as seen.
    pub seen: Option<AuditTip>,
    /// Number of the last row that the backup and the replaced store have in common.
    pub lost_after: i64,
    /// Highest number of a lost row, of this or an earlier lost log. `None` if it is unknown.
    pub lost_to: Option<i64>,
}

impl RestoreRecord {
    /// Returns the audit entry.
    pub fn to_entry(&self) -> AuditEntry {
        let entry = AuditEntry::new(RESTORE_VERB, RESTORE_TARGET, self.file.as_str());
        let rows = [("backup", Some(self.backup)), (REPLACED, self.replaced), ("seen", self.seen)];
        let entry = rows.into_iter().fold(entry, |entry, (key, tip)| entry.with(key, tip.map(to_text)));
        entry.with(LOST_AFTER, self.lost_after).with(LOST_TO, self.lost_to)
    }

    /// Returns the rows of the newest restores, the newest first.
    pub fn rows(snapshot: &dyn Snapshot) -> Result<Vec<AuditRow>> {
        snapshot.audit_rows(RESTORE_VERB, RESTORE_TARGET, MAX_RESTORES)
    }

    /// Returns the highest number of a row that is lost with the rows after `common` of the log of `snapshot`: that of its
    /// end, or of a log that an earlier restore replaced. `None` if it is unknown.
    pub fn highest_lost(snapshot: &dyn Snapshot, common: i64) -> Result<Option<i64>> {
        let end = snapshot.audit_tip()?.seq;
        let rows = RestoreRecord::rows(snapshot)?;
        let restores = rows.iter().filter(|row| row.seq > common).filter_map(RestoreRow::from_row);
        Ok(restores.map(|restore| restore.lost_to).try_fold(end, |highest, to| Some(highest.max(to?))))
    }

    /// Returns `true` if a restore in the log of `snapshot` replaced a log that ended with `seen`, or whose row `seen`
    /// was the last one that a service had recorded. The hash of a row covers all rows before it. So a row that was seen
    /// after a restore is never one that this restore replaced.
    ///
    /// If the replaced store was missing or unreadable, its last row is unknown. The restore then replaced each log that
    /// was seen before it.
    pub fn replaces(snapshot: &dyn Snapshot, seen: &Checkpoint) -> Result<bool> {
        let wanted = Value::String(to_text(AuditTip { seq: seen.seq, hash: seen.hash }));
        Ok(RestoreRecord::rows(snapshot)?.iter().any(|row| match serde_json::from_str(&row.details) {
            Ok(Value::Object(details)) => {
                let is_lost = details.get(REPLACED) == Some(&Value::Null);
                [REPLACED, "seen"].iter().any(|key| details.get(*key) == Some(&wanted))
                    || is_lost && RestoreRow::from_row(row).is_some_and(|restore| restore.replaced(seen))
            }
            Ok(_) | Err(_) => false,
        }))
    }
}

fn to_text(tip: AuditTip) -> String {
    format_row_hash(tip.seq, &tip.hash)
}
