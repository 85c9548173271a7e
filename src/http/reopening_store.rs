//! A store connection that is reopened after a fault. The service recovers by itself once the fault is gone.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::time::{SECOND, Timestamp};
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::store::{OpenMode, OpenStore, StoreLocation};
use crate::verbs::ports::Clock;

/// Minimum time between two attempts to open the store, in milliseconds.
const RETRY_INTERVAL: i64 = SECOND / 10;
/// [`RETRY_INTERVAL`] as a duration, for waiting until the next attempt.
pub(super) const RETRY_DELAY: Duration = Duration::from_millis(RETRY_INTERVAL.unsigned_abs());

/// A store connection, and the parameters to reopen it.
pub(super) struct ReopeningStore {
    /// Work that can't be done without the store, named in the log.
    purpose: &'static str,
    location: StoreLocation,
    mode: OpenMode,
    clock: Arc<dyn Clock>,
    store: OpenStore,
    failing_since: Option<Timestamp>,
    /// `true` if the store must be reopened before its next use.
    is_stale: bool,
    failures: u64,
    last_attempt: Timestamp,
    open_count: u64,
}

impl ReopeningStore {
    pub fn open(
        purpose: &'static str,
        location: &StoreLocation,
        mode: OpenMode,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let (store, location) = (location.open(mode)?, location.clone());
        Ok(ReopeningStore {
            purpose,
            location,
            mode,
            clock,
            store,
            failing_since: None,
            is_stale: false,
            failures: 0,
            last_attempt: Timestamp(0),
            open_count: 1,
        })
    }

    /// Runs `work` with the store.
    ///
    /// After a fault the store is reopened, if its path still leads to the file that was opened, or to a complete other
    /// store: a restored one, for example. A file next to the write-ahead log of ours is neither.
    ///
    /// Between two attempts, calls fail at once instead of waiting for a faulty store. Success ends a fault, because
    /// `work` is the store's main purpose here.
    pub fn with<T>(&mut self, work: impl FnOnce(&OpenStore) -> Result<T>) -> Result<T> {
        let out = self.maintain(work)?;
        if let Some(since) = self.failing_since.take() {
            let seconds = (self.clock.now().0 - since.0) / SECOND;
            tracing::info!(store = %self.location.path().display(), seconds, "the store can be used again {}", self.purpose);
        }
        Ok(out)
    }

    /// Runs [`ReopeningStore::with`] for maintenance work. Its success is no evidence that the fault is gone, so the
    /// fault continues.
    pub fn maintain<T>(&mut self, work: impl FnOnce(&OpenStore) -> Result<T>) -> Result<T> {
        let worked = match self.is_stale {
            true => self.reopen().and_then(|()| work(&self.store)),
            false => work(&self.store),
        };
        if let Err(e) = &worked {
            self.failures += 1;
            self.record_failure(e);
        }
        worked
    }

    /// Returns `true` if a fault occurred and no work has succeeded since.
    pub fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Returns the number of times the store was opened. SQLite's counters for a connection restart with each.
    pub fn open_count(&self) -> u64 {
        self.open_count
    }

    /// Makes the next use reopen the store. A panic may have left the connection in the middle of an operation.
    pub fn mark_stale(&mut self) {
        self.record_failure(&Error::failure("jeton had an internal error (panic) while it used the store"));
    }

    fn record_failure(&mut self, error: &Error) {
        self.is_stale = true;
        if self.failing_since.is_none() {
            tracing::error!(store = %self.location.path().display(), why = %escape_untrusted(&error.to_string()), "the store can't be used {}", self.purpose);
            self.failing_since = Some(self.clock.now());
        }
    }

    fn reopen(&mut self) -> Result<()> {
        let now = self.clock.now();
        if (now.0 - self.last_attempt.0).abs() < RETRY_INTERVAL {
            return Err(Error::failure("the store can't be used")
                .why("the last access failed a moment ago. jeton will try again soon"));
        }
        self.last_attempt = now;
        if self.store.is_in_place() || self.store.is_replaced() {
            self.store = self.location.open(self.mode)?;
            self.open_count += 1;
            self.is_stale = false;
        }
        Ok(())
    }
}
