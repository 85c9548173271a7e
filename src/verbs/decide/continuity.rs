//! Notices a store that went back in time: an older copy, or another one, in the place of the store that a service has
//! read. What was revoked since would come to life in it, and nothing in it would say so.
//!
//! The audit log only grows. So the row that was last seen must still be there, with the hash that stands for all rows
//! before it.

use crate::domain::anchor::{Checkpoint, StoreMark};
use crate::domain::time::{MINUTE, Timestamp};
use crate::error::{Error, Result};
use crate::verbs::audit_log::AuditTip;
use crate::verbs::ports::Snapshot;

/// The person's word that the store may be what it is.
const ACKNOWLEDGE: &str =
    "Put the newer store back; or, if this one is meant, start the service once with: jeton serve --accept-older-store";

/// How often the time is kept with what was seen while the log doesn't grow, in milliseconds.
const REFRESH_INTERVAL: i64 = 10 * MINUTE;

/// What a service has seen of the audit log.
#[derive(Debug, Clone, Default)]
pub struct Continuity {
    seen: Option<Checkpoint>,
    /// Why it isn't known what was seen.
    unreadable: Option<String>,
    is_broken: bool,
}

impl Continuity {
    /// Goes on from what was seen before; with `None`, nothing was.
    pub fn from_seen(seen: Option<Checkpoint>) -> Self {
        Continuity { seen, ..Continuity::default() }
    }

    /// Something was seen before, but not what: `why`. No store passes then.
    pub fn unreadable(why: String) -> Self {
        Continuity { unreadable: Some(why), ..Continuity::default() }
    }

    /// Returns the newest row that was seen.
    pub fn seen(&self) -> Option<&Checkpoint> {
        self.seen.as_ref()
    }

    /// Returns whether the last store that was looked at is not the one that was seen.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Returns what was seen with the time `now`, if the time in it is another by [`REFRESH_INTERVAL`].
    pub fn refresh(&mut self, now: Timestamp) -> Option<&Checkpoint> {
        let seen =
            self.seen.as_mut().filter(|seen| (now.0.saturating_sub(seen.at.0)).saturating_abs() >= REFRESH_INTERVAL)?;
        seen.at = now;
        Some(seen)
    }

    /// Checks that the log in `snapshot`, which ends with `tip`, continues what was seen. Returns whether it is longer.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it doesn't, or the store can't be read.
    pub fn check(&mut self, snapshot: &dyn Snapshot, tip: AuditTip, now: Timestamp) -> Result<bool> {
        if let Some(why) = &self.unreadable {
            self.is_broken = true;
            return Err(Error::failure("it isn't known how far the audit log was seen").why(why).next(ACKNOWLEDGE));
        }
        if let Some(seen) = &self.seen {
            let seen = AuditTip { seq: seen.seq, hash: seen.hash };
            if seen != tip && !snapshot.audit_contains(seen)? {
                self.is_broken = true;
                return Err(went_back(seen, tip));
            }
            self.is_broken = false;
            if seen == tip {
                return Ok(false);
            }
        }
        let Some(installation) = snapshot.installation()?.filter(|_| tip.seq > 0) else { return Ok(false) };
        let store = StoreMark::of(&installation.prefix, installation.created_at);
        self.seen = Some(Checkpoint { seq: tip.seq, hash: tip.hash, at: now, store });
        Ok(true)
    }
}

fn went_back(seen: AuditTip, found: AuditTip) -> Error {
    let why = match found.seq < seen.seq {
        true => format!("its audit log ends at row {}, and was seen up to row {}", found.seq, seen.seq),
        false => format!("row {} of its audit log is not the one that was seen", seen.seq),
    };
    Error::failure("the store is an older copy, or another one").why(why).next(ACKNOWLEDGE)
}
