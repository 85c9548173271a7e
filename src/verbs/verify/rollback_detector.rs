//! Detects a store that went back in time: an older copy, or another store, in the place of the one that a service has
//! read. A token revoked since then would work again, and nothing in the store would show it.
//!
//! The audit log only grows. So the last seen row must still exist with the same hash, which covers all rows before
//! it. The only exception is a restore with `jeton restore`: its row in the log names the last row of the log that it
//! replaced or, if that log was lost, is later than the time at which the row was last seen.

use crate::domain::checkpoint::{Checkpoint, StoreId};
use crate::domain::time::{MINUTE, Timestamp};
use crate::error::{Error, Result};
use crate::verbs::ports::Snapshot;
use crate::verbs::ports::audit_log::AuditTip;
use crate::verbs::restore_record::RestoreRecord;

/// The next step of the error, for a person who has checked that the store is the right one.
const ACKNOWLEDGE: &str = "If an older copy replaced the store, put the newer store back. To use a backup, run: \
     jeton restore FILE. If the present store is the right one, start the service once with: \
     jeton serve --accept-older-store. Under systemd, add this option to ExecStart=, restart the service, then remove \
     the option";

/// Interval at which the time of the last seen row is refreshed while the log doesn't grow, in milliseconds.
const REFRESH_INTERVAL: i64 = 10 * MINUTE;

/// The last audit row that a service has seen, and the check against it.
#[derive(Debug, Clone, Default)]
pub struct RollbackDetector {
    seen: Option<Checkpoint>,
    /// The reason why the last seen row is unknown.
    unreadable: Option<String>,
    is_rolled_back: bool,
}

impl RollbackDetector {
    /// Continues from the row seen before. `None` if there is none.
    pub fn from_seen(seen: Option<Checkpoint>) -> Self {
        RollbackDetector { seen, ..RollbackDetector::default() }
    }

    /// Creates a state for a lost record of the last seen row: `why`. Every check fails then.
    pub fn unreadable(why: String) -> Self {
        RollbackDetector { unreadable: Some(why), ..RollbackDetector::default() }
    }

    /// Returns the newest checkpoint that was seen.
    pub fn seen(&self) -> Option<&Checkpoint> {
        self.seen.as_ref()
    }

    /// Returns `true` if the last checked store is not the one that was seen.
    pub fn is_rolled_back(&self) -> bool {
        self.is_rolled_back
    }

    /// Returns the last seen row with the time `now`, if its time differs by `REFRESH_INTERVAL` or more.
    pub fn refresh(&mut self, now: Timestamp) -> Option<&Checkpoint> {
        let seen =
            self.seen.as_mut().filter(|seen| (now.0.saturating_sub(seen.at.0)).saturating_abs() >= REFRESH_INTERVAL)?;
        seen.at = now;
        Some(seen)
    }

    /// Checks that the log in `snapshot`, which ends with `tip`, continues the log that was seen. Returns `true` if the
    /// log has grown.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the log doesn't continue the log that was seen, or the store can't be read.
    pub fn check(&mut self, snapshot: &dyn Snapshot, tip: AuditTip, now: Timestamp) -> Result<bool> {
        if let Some(why) = &self.unreadable {
            self.is_rolled_back = true;
            return Err(Error::failure("the service can't read which row of the audit log it saw last")
                .why(why)
                .next(ACKNOWLEDGE));
        }
        if let Some(seen) = &self.seen {
            let last = AuditTip { seq: seen.seq, hash: seen.hash };
            let continues = last == tip || snapshot.audit_contains(last)? || RestoreRecord::replaces(snapshot, seen)?;
            if !continues {
                self.is_rolled_back = true;
                return Err(rollback_error(last, tip));
            }
            self.is_rolled_back = false;
            if last == tip {
                return Ok(false);
            }
        }
        let Some(installation) = snapshot.installation()?.filter(|_| tip.seq > 0) else { return Ok(false) };
        let store = StoreId::new(&installation.prefix, installation.created_at);
        self.seen = Some(Checkpoint { seq: tip.seq, hash: tip.hash, at: now, store });
        Ok(true)
    }
}

fn rollback_error(seen: AuditTip, tip: AuditTip) -> Error {
    let why = match tip.seq < seen.seq {
        true => format!("the audit log ends at row {}, but the service has already seen row {}", tip.seq, seen.seq),
        false => format!("row {} of the audit log differs from the row that the service has already seen", seen.seq),
    };
    Error::failure("the store is an older copy or another store").why(why).next(ACKNOWLEDGE)
}
