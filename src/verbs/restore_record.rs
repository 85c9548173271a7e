//! The audit row of a restore: where the content came from, and which log it replaced.

use serde_json::Value;

use super::ports::Snapshot;
use super::ports::audit_log::AuditTip;
use crate::domain::audit::AuditEntry;
use crate::domain::checkpoint::hex;
use crate::error::Result;

/// The verb in the audit log.
pub const VERB: &str = "store.restore";
/// The target in the audit log.
const TARGET: &str = "store";
/// Number of restores that [`RestoreRecord::replaces`] looks at, the newest first.
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
}

impl RestoreRecord {
    /// Returns the audit entry.
    pub fn to_entry(&self) -> AuditEntry {
        let entry = AuditEntry::new(VERB, TARGET, self.file.as_str());
        let places = [("backup", Some(self.backup)), ("replaced", self.replaced), ("seen", self.seen)];
        places.into_iter().fold(entry, |entry, (key, tip)| entry.with(key, tip.map(to_text)))
    }

    /// Returns `true` if a restore in the log of `snapshot` replaced a log that ended with `seen`, or whose row `seen`
    /// was the last one that a service had recorded. The hash of a row covers all rows before it. So a row that was seen
    /// after a restore is never one that this restore replaced.
    pub fn replaces(snapshot: &dyn Snapshot, seen: AuditTip) -> Result<bool> {
        let wanted = Value::String(to_text(seen));
        let restores = snapshot.audit_details(VERB, TARGET, MAX_RESTORES)?;
        Ok(restores.iter().any(|details| match serde_json::from_str(details) {
            Ok(Value::Object(details)) => ["replaced", "seen"].iter().any(|key| details.get(*key) == Some(&wanted)),
            Ok(_) | Err(_) => false,
        }))
    }
}

/// Returns the number and hash of a row: `17:0a…`.
fn to_text(tip: AuditTip) -> String {
    format!("{}:{}", tip.seq, hex(&tip.hash))
}
