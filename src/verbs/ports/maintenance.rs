//! Work on a store that changes none of its data, and the check for changes by others.

use super::FlushScope;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A version number of the store's data; see [`DataVersions::data_version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataVersion(pub i64);

/// A store that shows if another handle has committed.
pub trait DataVersions {
    /// Returns a number that changes only if another handle commits something, ledger included. While the number is
    /// the same, data that was read before is still valid. Compare it only with an earlier number of the same handle.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    fn data_version(&self) -> Result<DataVersion>;
}

/// The bookkeeping of a store: data that was counted or batched, and its log.
pub trait Maintenance {
    /// Moves recent commits from the store's own log to their final place, as far as readers permit, and returns the
    /// number of bytes left in the log. 0 for an engine without such a log.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn write_back(&self) -> Result<u64>;

    /// Flushes usage batched by [`super::UsageTx::record_all`] into the ledger. Call before reading the ledger.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn flush_usage(&self) -> Result<()>;

    /// Writes the failed sign-ins counted by [`super::UsageTx::record_failed_sign_in`] to the audit log, as far as they
    /// are due. All attempts of one name and source become one row.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be written.
    fn write_failed_sign_ins(&self, now: Timestamp, due: FlushScope) -> Result<()>;
}
