//! Changes that are too long for one transaction. They run in batches. Each batch is short, whole and audited, so a
//! revocation never waits long.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::actor::{Actor, Credential, Session};
use super::audited::Audited;
use super::cli_line::CliLine;
use super::local::Local;
use super::ports::{CommittedTx, Snapshot, Store, Tx};
use super::{Changed, Env, Verb};
use crate::domain::audit::{AuditActor, AuditEntry};
use crate::error::{Error, Result};

/// Maximum number of items changed in one transaction, all or none.
pub const MAX_WHOLE: usize = 1_000;
/// The first batch of a longer change. Later ones have as many items as fit into [`HOLD_TARGET`].
const FIRST_BATCH: usize = 100;
/// Target time for which a batch holds the write lock. The limit is 100 ms.
const HOLD_TARGET: Duration = Duration::from_millis(40);
/// The shortest pause between two batches. A waiting writer checks every 5 ms if the lock is free.
const MIN_PAUSE: Duration = Duration::from_millis(20);
/// Maximum bytes of the write-ahead log. Above it, the next batch waits for readers to release the log.
const MAX_WAL: u64 = 48 * 1024 * 1024;
/// Maximum wait of the next batch for those readers.
const WAL_TIMEOUT: Duration = Duration::from_secs(300);
/// Interval between checks while waiting.
const WAL_POLL: Duration = Duration::from_millis(100);

/// A verb that may change more than one transaction should.
pub trait BatchedChange: Verb<Reply = Changed<Self::Out>> {
    /// The result.
    type Out;
    /// One thing to change.
    type Item;

    /// Checks the request and returns the number of items. Runs in a read.
    ///
    /// # Errors
    /// Any error of the verb; then nothing has changed.
    fn begin(&mut self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<u64>;

    /// Returns the next items, `size` at most; empty at the end. Runs in a read, so that finding items delays nobody.
    ///
    /// # Errors
    /// Any error of the verb.
    fn next(&mut self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, size: usize) -> Result<Vec<Self::Item>>;

    /// Changes those of `items` that are still in the state in which they were found, and returns an entry for each.
    ///
    /// # Errors
    /// Any error of the verb.
    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>, items: &[Self::Item]) -> Result<Vec<AuditEntry>>;

    /// Returns the audit entry that marks the start, end or stop of a change of several batches.
    fn milestone(&self, milestone: Milestone) -> AuditEntry;

    /// Returns the result after `done` items. `stopped` if somebody ended the work early.
    fn out(&self, done: u64, stopped: bool) -> Self::Out;

    /// Returns the equivalent command.
    fn cli(&self) -> CliLine;
}

/// A point in a change of several batches. A [`Milestone::Started`] in the audit log without a later
/// [`Milestone::Finished`] or [`Milestone::Stopped`] shows a change that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    /// Before the first batch, with the number of all items.
    Started(u64),
    /// After the last batch, with the number of items that were changed.
    Finished(u64),
    /// Ended early, with the number of items that were changed.
    Stopped(u64),
}

/// Progress of long work in this process. The worker reports progress and checks if it should stop; the other side
/// listens and can stop it.
#[derive(Default)]
pub struct Progress {
    stopped: AtomicBool,
    listener: Mutex<Option<Listener>>,
}

/// Called with the number of items done, and of all.
type Listener = Box<dyn Fn(u64, u64) + Send>;

impl Progress {
    /// Calls `listener` after each batch from now on.
    pub fn listen(&self, listener: impl Fn(u64, u64) + Send + 'static) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(listener));
    }

    /// Ends the current work after its current batch.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Forgets a stop that came after the end of earlier work. Called when work is asked for, before it begins: a stop
    /// from then on counts.
    pub fn begin(&self) {
        self.stopped.store(false, Ordering::Relaxed);
    }

    /// `true` if the work should end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn report(&self, done: u64, total: u64) {
        if let Some(listener) = &*self.listener.lock().unwrap_or_else(PoisonError::into_inner) {
            listener(done, total);
        }
    }
}

/// State of a running change.
struct Course {
    total: u64,
    done: u64,
    size: usize,
    /// The last row in the audit log.
    seq: i64,
}

impl Course {
    /// `true` if everything fits in one transaction.
    fn is_whole(&self) -> bool {
        self.total <= MAX_WHOLE as u64
    }
}

impl<S: Store> Local<S> {
    /// Carries out `verb` batch by batch. The actor is proved once and re-read in every transaction.
    pub(super) fn run_batched<V: BatchedChange>(&self, who: &Credential, mut verb: V) -> Result<V::Reply> {
        let session = self.proved(who, V::PROOF, V::NEEDS)?;
        let session = session.as_ref();
        let audited = self.audit_actor(session);
        let total = self.look::<V, _>(session, |by, snapshot, env| verb.begin(by, snapshot, env))?;
        let size = if total <= MAX_WHOLE as u64 { MAX_WHOLE } else { FIRST_BATCH };
        let mut course = Course { total, done: 0, size, seq: 0 };
        let ended = self.run_batches(&mut verb, session, &audited, &mut course);
        let done = course.done;
        let stopped = match &ended {
            Ok(stopped) => *stopped,
            Err(_) => true,
        };
        if !course.is_whole() && done > 0 {
            let milestone = if stopped { Milestone::Stopped(done) } else { Milestone::Finished(done) };
            let entry = verb.milestone(milestone);
            let mark =
                self.store().write(&audited, &|| self.adapters().clock.now(), |_, _| Ok(Audited::one((), entry)));
            match (mark, &ended) {
                (Ok(committed), _) => course.seq = committed.audit_seq,
                // Without the mark, a reader of the log would think that the work was interrupted.
                (Err(lost), Ok(_)) => return Err(unmarked(lost, done, total)),
                // The error that ended the work is the better message, and it ended this too.
                (Err(_), Err(_)) => {}
            }
        }
        match ended {
            Err(error) if done > 0 => Err(partly(error, done, total)),
            Err(error) => Err(error),
            Ok(stopped) => Ok(Changed { out: verb.out(done, stopped), cli: verb.cli(), seq: course.seq }),
        }
    }

    /// Runs batches until no item is left. Returns `true` if the work was stopped before.
    fn run_batches<V: BatchedChange>(
        &self,
        verb: &mut V,
        session: Option<&Session>,
        audited: &AuditActor,
        course: &mut Course,
    ) -> Result<bool> {
        let (clock, progress) = (&*self.adapters().clock, &self.adapters().progress);
        loop {
            if progress.is_stopped() {
                return Ok(true);
            }
            let size = course.size;
            let items = self.look::<V, _>(session, |by, snapshot, env| verb.next(by, snapshot, env, size))?;
            if items.is_empty() {
                return Ok(false);
            }
            let held = self.run_batch(verb, session, audited, course, &items)?;
            progress.report(course.done, course.total);
            if course.is_whole() {
                return Ok(false);
            }
            course.size = next_size(course.size, held);
            clock.sleep(held.max(MIN_PAUSE));
            self.await_wal()?;
        }
    }

    /// Runs one batch and returns the time for which it held the write lock.
    fn run_batch<V: BatchedChange>(
        &self,
        verb: &V,
        session: Option<&Session>,
        audited: &AuditActor,
        course: &mut Course,
        items: &[V::Item],
    ) -> Result<Duration> {
        let clock = &*self.adapters().clock;
        let begun = Cell::new(clock.monotonic());
        let nothing_left = Cell::new(false);
        let written = self.store().write(audited, &|| clock.now(), |tx, now| {
            begun.set(clock.monotonic());
            let by = self.actor::<V>(session, tx, now)?;
            let mut entries = verb.run(&by, tx, &self.env(now), items)?;
            let count = entries.len() as u64;
            if course.is_whole() && count != course.total {
                return Err(Error::conflict("the store was changed meanwhile; nothing was done").next("Try again"));
            }
            if course.done == 0 && count > 0 && !course.is_whole() {
                entries.insert(0, verb.milestone(Milestone::Started(course.total)));
            }
            nothing_left.set(entries.is_empty());
            Audited::each(count, entries).ok_or_else(|| Error::conflict("nothing is left to change"))
        });
        match written {
            Ok(CommittedTx { value: out, audit_seq: seq }) => (course.done, course.seq) = (course.done + out, seq),
            // Somebody else changed all items since they were found, so they must not be changed here.
            Err(_) if nothing_left.get() => {}
            Err(error) => return Err(error),
        }
        Ok(clock.monotonic().saturating_sub(begun.get()))
    }

    /// Waits while readers prevent a large write-ahead log from being written back.
    fn await_wal(&self) -> Result<()> {
        let (clock, progress) = (&*self.adapters().clock, &self.adapters().progress);
        let begun = clock.monotonic();
        while self.store().checkpoint()? > MAX_WAL {
            if progress.is_stopped() {
                return Ok(());
            }
            if clock.monotonic().saturating_sub(begun) > WAL_TIMEOUT {
                return Err(Error::failure("another program has been reading the store for too long")
                    .why("until it ends, nothing can be written back from the write-ahead log")
                    .next("End that program, then repeat this command"));
            }
            clock.sleep(WAL_POLL);
        }
        Ok(())
    }
}

/// Returns the size of the next batch, after one of `size` items held the lock for `held`.
fn next_size(size: usize, held: Duration) -> usize {
    let fitting = size as u128 * HOLD_TARGET.as_micros() / held.as_micros().max(1);
    usize::try_from(fitting).unwrap_or(MAX_WHOLE).clamp(1, size.saturating_mul(2)).min(MAX_WHOLE)
}

/// Adds to `error` the number of items done before it.
fn partly(error: Error, done: u64, total: u64) -> Error {
    Error { what: format!("{}; {done} of {total} were done before", error.what), ..error }
}

/// Error if the work was done, fully or in part, but its last row in the audit log could not be written.
fn unmarked(error: Error, done: u64, total: u64) -> Error {
    let why = error.why.as_ref().map_or_else(|| error.what.clone(), |why| format!("{}: {why}", error.what));
    Error::failure(format!("{done} of {total} were done, but the audit log doesn't say that the work has ended"))
        .why(why)
        .next("Each of them has its own row there; keep this message with the log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_size_follows_the_time_the_lock_was_held() {
        let ms = Duration::from_millis;
        assert_eq!(next_size(100, ms(40)), 100);
        assert_eq!(next_size(100, ms(1)), 200);
        assert_eq!(next_size(100, ms(400)), 10);
        assert_eq!(next_size(1, ms(4_000)), 1);
        assert_eq!(next_size(900, ms(0)), 1_000);
    }
}
