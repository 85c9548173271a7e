//! Deletes old rows of the ledger after every change, a few at a time, because there may be no running service that
//! does.

use super::local_backend::LocalBackend;
use super::ports::{Maintenance, Store};
use crate::error::Result;

/// Rows deleted after a change, of each kind.
const BATCH_SIZE: u32 = 1_000;

impl<S: Store + Maintenance> LocalBackend<S> {
    /// Deletes some of the rows older than the policy's limit. Best effort: the change itself is done.
    pub(super) fn prune_ledger(&self) {
        let _ = self.prune_batch();
    }

    fn prune_batch(&self) -> Result<u64> {
        let clock = &*self.adapters().clock;
        let (policy, oldest) = self.store().read(|snapshot| Ok((snapshot.policy()?, snapshot.ledger_oldest()?)))?;
        let before = policy.ledger_keep.before(clock.now(), clock.zone());
        match before.filter(|before| oldest.is_some_and(|oldest| oldest < *before)) {
            Some(before) => self.store().write_usage(|book| book.prune_ledger(before, BATCH_SIZE)),
            None => Ok(0),
        }
    }
}
