//! A store that is opened anew after a fault, so that the service recovers by itself once the fault is gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::text::shown;
use crate::domain::time::{SECOND, Timestamp};
use crate::error::{Error, Result};
use crate::store::sqlite::SqliteStore;
use crate::verbs::ports::Clock;

/// How often it tries to open a store that it couldn't, in milliseconds.
const TRY_EVERY: i64 = SECOND / 10;
/// As long, to wait for the next try.
pub(super) const NEXT_TRY: Duration = Duration::from_millis(TRY_EVERY.unsigned_abs());

type Opening = fn(&Path, Duration) -> Result<SqliteStore>;

/// A store, and how it is opened.
pub(super) struct Keeper {
    /// What can't be done without it.
    purpose: &'static str,
    path: PathBuf,
    /// How long it waits for others that hold the store.
    patience: Duration,
    open: Opening,
    clock: Arc<dyn Clock>,
    store: SqliteStore,
    faulty_since: Option<Timestamp>,
    /// Whether the store is opened anew before it is used again.
    is_stale: bool,
    /// How often work with the store has failed.
    failures: u64,
    last_try: Timestamp,
    /// How often it was opened.
    opened: u64,
}

impl Keeper {
    /// # Errors
    /// Those of `open`.
    pub fn open(
        purpose: &'static str,
        path: &Path,
        patience: Duration,
        clock: Arc<dyn Clock>,
        open: Opening,
    ) -> Result<Self> {
        let (store, path) = (open(path, patience)?, path.to_owned());
        Ok(Keeper {
            purpose,
            path,
            patience,
            open,
            clock,
            store,
            faulty_since: None,
            is_stale: false,
            failures: 0,
            last_try: Timestamp(0),
            opened: 1,
        })
    }

    /// Works with the store. After a fault it is opened anew, if the file that was opened still stands in its place:
    /// another one is not ours to read, and closing ours would take away what SQLite keeps beside the other. Between two
    /// tries nobody waits for what is at fault. Success ends a fault: `work` does what the store is here for.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn with<T>(&mut self, work: impl FnOnce(&SqliteStore) -> Result<T>) -> Result<T> {
        let out = self.maintain(work)?;
        if let Some(since) = self.faulty_since.take() {
            let seconds = (self.clock.now().0 - since.0) / SECOND;
            tracing::info!(store = %self.path.display(), seconds, "the store can be used again, {}", self.purpose);
        }
        Ok(out)
    }

    /// Does [`Keeper::with`] for work of another kind. Its success says nothing of the fault, so the fault goes on.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn maintain<T>(&mut self, work: impl FnOnce(&SqliteStore) -> Result<T>) -> Result<T> {
        let worked = match self.is_stale {
            true => self.mend().and_then(|()| work(&self.store)),
            false => work(&self.store),
        };
        if let Err(e) = &worked {
            self.failures += 1;
            self.note(e);
        }
        worked
    }

    /// Whether there was a fault, and nothing has shown since that it is gone.
    pub fn is_faulty(&self) -> bool {
        self.faulty_since.is_some()
    }

    /// How often work with the store has failed.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// How often the store was opened: what SQLite counts for a connection begins anew with each.
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// Has the store opened anew before it is used again: a panic may have left it in the middle of something.
    pub fn distrust(&mut self) {
        self.note(&Error::failure("a panic while it was used"));
    }

    fn note(&mut self, error: &Error) {
        self.is_stale = true;
        if self.faulty_since.is_none() {
            tracing::error!(store = %self.path.display(), why = %shown(&error.to_string()), "the store can't be used {}", self.purpose);
            self.faulty_since = Some(self.clock.now());
        }
    }

    fn mend(&mut self) -> Result<()> {
        let now = self.clock.now();
        if (now.0 - self.last_try.0).abs() < TRY_EVERY {
            return Err(Error::failure("the store can't be used").why("it was at fault a moment ago"));
        }
        self.last_try = now;
        if self.store.is_in_place() {
            self.store = (self.open)(&self.path, self.patience)?;
            self.opened += 1;
            self.is_stale = false;
        }
        Ok(())
    }
}
