//! Bounds of the ledger: rows older than the policy keeps, and its oldest days when it is too large.

use crate::domain::time::{DAY, HOUR, Timestamp};
use crate::error::Result;
use crate::http::keeper::Keeper;
use crate::verbs::ledger::LedgerSize;
use crate::verbs::ports::{Clock, Store};

/// Rows deleted in one transaction.
const BATCH_SIZE: u32 = 1_000;
/// The bytes that the rows of the ledger may have in all.
const MAX_LEDGER_BYTES: u64 = 512 * 1024 * 1024;
/// How often the old rows are looked for, in milliseconds.
const PRUNE_INTERVAL: i64 = HOUR;

/// Deletes old rows, a batch a call.
#[derive(Default)]
pub(super) struct Pruner {
    /// When nothing was left to delete.
    finished_at: Option<Timestamp>,
    /// Rows older than this are being deleted.
    before: Option<Timestamp>,
}

impl Pruner {
    /// Deletes the next batch. After the last one, does nothing for an hour.
    pub(super) fn prune(&mut self, keeper: &mut Keeper, clock: &dyn Clock) {
        let now = clock.now();
        if self.finished_at.is_some_and(|at| (now.0 - at.0).abs() < PRUNE_INTERVAL) {
            return;
        }
        let before = match self.before {
            Some(before) => Some(before),
            None => match oldest_kept(keeper, now, clock) {
                Ok(before) => before,
                // The keeper has logged the fault.
                Err(_) => return,
            },
        };
        let Some(before) = before else {
            self.finished_at = Some(now);
            return;
        };
        match keeper.maintain(|store| store.bookkeep(|book| book.prune_ledger(before, BATCH_SIZE))) {
            Ok(rows) if rows >= u64::from(BATCH_SIZE) => self.before = Some(before),
            // The next call looks whether the ledger is small enough now.
            Ok(rows) if rows > 0 => self.before = None,
            Ok(_) => (self.before, self.finished_at) = (None, Some(now)),
            Err(_) => {}
        }
    }
}

/// The instant before which rows are deleted. `None` if none are.
fn oldest_kept(keeper: &mut Keeper, now: Timestamp, clock: &dyn Clock) -> Result<Option<Timestamp>> {
    let (policy, size) =
        keeper.maintain(|store| store.read(|snapshot| Ok((snapshot.policy()?, snapshot.ledger_size()?))))?;
    let by_policy = policy.ledger_keep.before(now, clock.zone());
    let by_size = oldest_by_size(size, MAX_LEDGER_BYTES);
    if by_size.is_some() {
        tracing::warn!(bytes = size.bytes, "the ledger is too large: its oldest day is dropped");
    }
    Ok(by_policy.max(by_size))
}

/// The end of the oldest day, if the ledger has more than `max` bytes.
fn oldest_by_size(size: LedgerSize, max: u64) -> Option<Timestamp> {
    let oldest = size.oldest.filter(|_| size.bytes > max)?;
    Some(oldest.plus(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_day_goes_only_beyond_the_bound() {
        let size = |bytes, oldest| LedgerSize { bytes, oldest };
        assert_eq!(oldest_by_size(size(10, Some(Timestamp(5))), 10), None);
        assert_eq!(oldest_by_size(size(11, Some(Timestamp(5))), 10), Some(Timestamp(5 + DAY)));
        assert_eq!(oldest_by_size(size(11, None), 10), None);
    }
}
