//! Changes that are too long for one transaction. They go in batches, each short, whole and audited, so that a
//! revocation never waits long behind them.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::actor::{Actor, Credential, Session};
use super::audited::Audited;
use super::cli_line::CliLine;
use super::local::Local;
use super::ports::{Committed, Snapshot, Store, Tx};
use super::{Changed, Env, Verb};
use crate::domain::audit::{AuditActor, AuditEntry};
use crate::error::{Error, Result};

/// Up to this many items are changed in one transaction, all or none.
pub const MAX_WHOLE: usize = 1_000;
/// The first batch of a longer change. Later ones have as many items as fit into [`HOLD_TARGET`].
const FIRST_BATCH: usize = 100;
/// How long a batch should hold the write lock. The limit is 100 ms.
const HOLD_TARGET: Duration = Duration::from_millis(40);
/// The shortest pause between two batches. A waiting writer looks every 5 ms whether the lock is free.
const MIN_PAUSE: Duration = Duration::from_millis(20);
/// The write-ahead log may have this many bytes before the next batch waits for readers to let go of it.
const MAX_WAL: u64 = 48 * 1024 * 1024;
/// How long the next batch waits for them.
const WAL_TIMEOUT: Duration = Duration::from_secs(300);
/// How often it looks.
const WAL_POLL: Duration = Duration::from_millis(100);

/// A verb that may change more than one transaction should.
pub trait BatchedChange: Verb<Reply = Changed<Self::Out>> {
    /// The result.
    type Out;
    /// One thing to change.
    type Item;

    /// Checks what was asked for and returns how many items there are. Runs in a read.
    ///
    /// # Errors
    /// Whatever the verb refuses; then nothing has changed.
    fn begin(&mut self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<u64>;

    /// The next items, `size` at most, none at the end. Runs in a read, so that finding them holds up nobody.
    ///
    /// # Errors
    /// Whatever the verb refuses.
    fn next(&mut self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>, size: usize) -> Result<Vec<Self::Item>>;

    /// Changes those of `items` that are still as they were found, and returns an entry for each.
    ///
    /// # Errors
    /// Whatever the verb refuses.
    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>, items: &[Self::Item]) -> Result<Vec<AuditEntry>>;

    /// The audit entry that tells where a change of several batches begins, ends or was stopped.
    fn milestone(&self, milestone: Milestone) -> AuditEntry;

    /// The result after `done` items. `stopped` if somebody ended the work early.
    fn out(&self, done: u64, stopped: bool) -> Self::Out;

    /// The command that does the same.
    fn cli(&self) -> CliLine;
}

/// A point in a change of several batches. Without [`Milestone::Finished`] or [`Milestone::Stopped`] behind it, a
/// [`Milestone::Started`] in the audit log shows a change that broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    /// Ahead of the first batch, with the number of all items.
    Started(u64),
    /// Behind the last batch, with the number of items that were changed.
    Finished(u64),
    /// Ended early, with the number of items that were changed.
    Stopped(u64),
}

/// Progress of the long work of a process. One side reports and asks whether to go on, the other listens and stops it.
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

    /// Ends the work under way after its current batch.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn reset(&self) {
        self.stopped.store(false, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn report(&self, done: u64, total: u64) {
        if let Some(listener) = &*self.listener.lock().unwrap_or_else(PoisonError::into_inner) {
            listener(done, total);
        }
    }
}

/// How far a change has come.
struct Course {
    total: u64,
    done: u64,
    size: usize,
    /// The last row in the audit log.
    seq: i64,
}

impl Course {
    /// Whether everything goes in one transaction.
    fn is_whole(&self) -> bool {
        self.total <= MAX_WHOLE as u64
    }
}

impl<S: Store> Local<S> {
    /// Carries out `verb` batch by batch. Who asks is proved once and read again in every transaction.
    pub(super) fn run_batched<V: BatchedChange>(&self, who: &Credential, mut verb: V) -> Result<V::Reply> {
        let session = self.proved(who, V::PROOF, V::NEEDS)?;
        let session = session.as_ref();
        let audited = self.audit_actor(session);
        let progress = &self.adapters().progress;
        let total = self.look::<V, _>(session, |by, snapshot, env| verb.begin(by, snapshot, env))?;
        let size = if total <= MAX_WHOLE as u64 { MAX_WHOLE } else { FIRST_BATCH };
        let mut course = Course { total, done: 0, size, seq: 0 };
        let ended = self.run_batches(&mut verb, session, &audited, &mut course);
        let done = course.done;
        let stopped = match &ended {
            Ok(stopped) => *stopped,
            Err(_) => true,
        };
        // What was stopped has stopped. Whoever stops ahead of the first batch is heard, too.
        progress.reset();
        if !course.is_whole() && done > 0 {
            let milestone = if stopped { Milestone::Stopped(done) } else { Milestone::Finished(done) };
            let entry = verb.milestone(milestone);
            let mark =
                self.store().write(&audited, &|| self.adapters().clock.now(), |_, _| Ok(Audited::one((), entry)));
            match (mark, &ended) {
                (Ok(committed), _) => course.seq = committed.seq,
                // Whoever reads the log would take the work for one that broke off.
                (Err(lost), Ok(_)) => return Err(unmarked(lost, done, total)),
                // What ended the work is the better thing to say, and ended this too.
                (Err(_), Err(_)) => {}
            }
        }
        match ended {
            Err(error) if done > 0 => Err(partly(error, done, total)),
            Err(error) => Err(error),
            Ok(stopped) => Ok(Changed { out: verb.out(done, stopped), cli: verb.cli(), seq: course.seq }),
        }
    }

    /// Runs batches until none is left. Returns whether the work was stopped before.
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

    /// Runs one batch and returns how long it held the write lock.
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
            Ok(Committed { out, seq }) => (course.done, course.seq) = (course.done + out, seq),
            // Somebody else changed all of them since they were found: they are not ours to change any more.
            Err(_) if nothing_left.get() => {}
            Err(error) => return Err(error),
        }
        Ok(clock.monotonic().saturating_sub(begun.get()))
    }

    /// Waits while readers keep a large write-ahead log from being written back.
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

/// How many items the next batch should have, after one of `size` items held the lock for `held`.
fn next_size(size: usize, held: Duration) -> usize {
    let fitting = size as u128 * HOLD_TARGET.as_micros() / held.as_micros().max(1);
    usize::try_from(fitting).unwrap_or(MAX_WHOLE).clamp(1, size.saturating_mul(2)).min(MAX_WHOLE)
}

/// Adds to `error` how much was done before it.
fn partly(error: Error, done: u64, total: u64) -> Error {
    Error { what: format!("{}; {done} of {total} were done before", error.what), ..error }
}

/// The work is done, as far as it came, and its last row in the audit log could not be written.
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
