//! Changes that are too long for one transaction. They run in batches. Each batch is a short, complete and audited
//! transaction, so a revocation never waits long.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::actor::Actor;
use super::audited::Audited;
use super::cli_line::CliLine;
use super::credential::Credential;
use super::local_backend::LocalBackend;
use super::ports::{CommittedTx, Maintenance, Snapshot, Store, Tx};
use super::session::Session;
use super::{Committed, Env, Verb};
use crate::domain::audit::{AuditActor, AuditEntry};
use crate::domain::number::group_digits;
use crate::error::{Error, Result};

/// Maximum number of items changed in one transaction, all or none.
pub const MAX_ATOMIC: usize = 1_000;
/// The first batch of a longer change. Later ones have as many items as fit into [`TARGET_LOCK_TIME`].
const FIRST_BATCH_SIZE: usize = 100;
/// Target time for which a batch holds the write lock. The limit is 100 ms.
const TARGET_LOCK_TIME: Duration = Duration::from_millis(40);
/// The shortest pause between two batches. A waiting writer checks every 5 ms if the lock is free.
const MIN_PAUSE: Duration = Duration::from_millis(20);
/// Maximum bytes of the store's own log. Above it, the next batch waits for readers to release the log.
const MAX_LOG_BYTES: u64 = 48 * 1024 * 1024;
/// Maximum wait of the next batch for readers of the log.
const WRITE_BACK_TIMEOUT: Duration = Duration::from_secs(300);
/// Interval between checks while waiting.
const WRITE_BACK_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A verb that may change more items than one transaction should.
pub trait BatchedMutation: Verb<Reply = Committed<Self::Output>> {
    /// The reply at the end.
    type Output;
    /// One thing that changes, such as a token.
    type Item;

    /// Checks the request, finds the items and returns their number. Runs in a read, so that no other writer waits.
    fn begin(&mut self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<u64>;

    /// Returns the next of the items that [`BatchedMutation::begin`] found, `size` at most; empty at the end.
    fn next(&mut self, size: usize) -> Vec<Self::Item>;

    /// Changes those of `items` that are still in the state in which they were found, and returns an entry for each.
    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>, items: &[Self::Item]) -> Result<Vec<AuditEntry>>;

    /// Returns the audit entry for the start, end or stop of a change of several batches.
    fn milestone(&self, milestone: Milestone) -> AuditEntry;

    /// Returns the result after `done` items. `stopped` if somebody ended the work early.
    fn output(&self, done: u64, stopped: bool) -> Self::Output;

    /// Returns the command that makes the same change.
    fn equivalent_command(&self) -> CliLine;

    /// Returns the infinitive and the past participle of the change, for messages.
    fn words(&self) -> (&'static str, &'static str);
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
    done: AtomicU64,
    total: AtomicU64,
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

    /// Forgets a stop that came after the end of earlier work. Called when work is requested, before it begins. A later
    /// stop counts.
    pub fn begin(&self) {
        self.stopped.store(false, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
        self.total.store(0, Ordering::Relaxed);
    }

    /// Returns `true` if the caller asked to stop before the end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Fails if the caller asked to stop. Only for work that has changed nothing yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`].
    pub fn check(&self) -> Result<()> {
        if self.is_stopped() { Err(Error::cancelled()) } else { Ok(()) }
    }

    /// Returns the reported number of items done, and of all. All are 0 if their number is unknown.
    pub fn counts(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Adds to the number of items done, without a call of the listener. For several threads that share the work.
    pub fn advance(&self, items: u64) {
        self.done.fetch_add(items, Ordering::Relaxed);
    }

    /// Reports the number of items done, and of all. `total` is 0 if the number is unknown.
    pub fn report(&self, done: u64, total: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        if let Some(listener) = &*self.listener.lock().unwrap_or_else(PoisonError::into_inner) {
            listener(done, total);
        }
    }
}

struct BatchProgress {
    total: u64,
    done: u64,
    size: usize,
    audit_seq: i64,
}

impl BatchProgress {
    /// Returns `true` if everything fits in one transaction.
    fn is_atomic(&self) -> bool {
        self.total <= MAX_ATOMIC as u64
    }
}

impl<S: Store + Maintenance> LocalBackend<S> {
    /// Carries out `verb` batch by batch. The actor is authenticated once and re-read in every transaction.
    pub(super) fn run_batched<V: BatchedMutation>(&self, credential: &Credential, mut verb: V) -> Result<V::Reply> {
        let session = self.authenticate(credential, V::AUTH, V::SCOPE)?;
        let session = session.as_ref();
        let audit_actor = self.audit_actor(session);
        let total = self.read::<V, _>(session, |actor, snapshot, env| verb.begin(actor, snapshot, env))?;
        let size = if total <= MAX_ATOMIC as u64 { MAX_ATOMIC } else { FIRST_BATCH_SIZE };
        let mut batches = BatchProgress { total, done: 0, size, audit_seq: 0 };
        let ended = self.run_batches(&mut verb, session, &audit_actor, &mut batches);
        let done = batches.done;
        let stopped = match &ended {
            Ok(stopped) => *stopped,
            Err(_) => true,
        };
        if !batches.is_atomic() && done > 0 {
            let milestone = if stopped { Milestone::Stopped(done) } else { Milestone::Finished(done) };
            let mark = || Ok(Audited::one((), verb.milestone(milestone)));
            let committed = self.store().write(&audit_actor, &|| self.adapters().clock.now(), |_, _| mark());
            match (committed, &ended) {
                (Ok(committed), _) => batches.audit_seq = committed.audit_seq,
                // Without the milestone, the log would look as if the work was interrupted.
                (Err(lost), Ok(_)) => return Err(unmarked_error(lost, verb.words().1, done, total)),
                // The error that ended the work is the better message. The milestone failed for the same reason.
                (Err(_), Err(_)) => {}
            }
        }
        match ended {
            Err(error) if done > 0 => Err(partial_error(error, verb.words(), done, total)),
            Err(error) => Err(error),
            Ok(stopped) => Ok(Committed {
                value: verb.output(done, stopped),
                equivalent_command: verb.equivalent_command(),
                audit_seq: batches.audit_seq,
            }),
        }
    }

    /// Runs batches until no item is left. Returns `true` if the work was stopped before.
    fn run_batches<V: BatchedMutation>(
        &self,
        verb: &mut V,
        session: Option<&Session>,
        audit_actor: &AuditActor,
        batches: &mut BatchProgress,
    ) -> Result<bool> {
        let (clock, progress) = (&*self.adapters().clock, &self.adapters().progress);
        loop {
            let items = verb.next(batches.size);
            if items.is_empty() {
                return Ok(false);
            }
            // A stop during the last batch comes too late: everything is done.
            if progress.is_stopped() {
                return Ok(true);
            }
            let lock_time = self.run_batch(verb, session, audit_actor, batches, &items)?;
            progress.report(batches.done, batches.total);
            if batches.is_atomic() {
                return Ok(false);
            }
            batches.size = next_size(batches.size, lock_time);
            clock.sleep(lock_time.max(MIN_PAUSE));
            self.await_write_back()?;
        }
    }

    /// Runs one batch and returns the time for which it held the write lock.
    fn run_batch<V: BatchedMutation>(
        &self,
        verb: &V,
        session: Option<&Session>,
        audit_actor: &AuditActor,
        batches: &mut BatchProgress,
        items: &[V::Item],
    ) -> Result<Duration> {
        let clock = &*self.adapters().clock;
        let started_at = Cell::new(clock.monotonic());
        let nothing_left = Cell::new(false);
        let written = self.store().write(audit_actor, &|| clock.now(), |tx, now| {
            started_at.set(clock.monotonic());
            nothing_left.set(false);
            let actor = self.reload_actor::<V>(session, tx, now)?;
            let mut entries = verb.run(&actor, tx, &self.env(now), items)?;
            let count = entries.len() as u64;
            if batches.is_atomic() && count != batches.total {
                return Err(Error::conflict(
                    "some of the tokens have changed in the meantime; your change was not made",
                )
                .next("Try again"));
            }
            if batches.done == 0 && count > 0 && !batches.is_atomic() {
                entries.insert(0, verb.milestone(Milestone::Started(batches.total)));
            }
            nothing_left.set(entries.is_empty());
            Audited::each(count, entries).ok_or_else(|| Error::conflict("nothing left to change"))
        });
        match written {
            Ok(CommittedTx { value: out, audit_seq: seq }) => {
                (batches.done, batches.audit_seq) = (batches.done + out, seq)
            }
            // Somebody else changed all items since they were found, so they must not be changed here.
            Err(_) if nothing_left.get() => {}
            Err(error) => return Err(error),
        }
        Ok(clock.monotonic().saturating_sub(started_at.get()))
    }

    /// Waits while readers prevent the write-back of a large log.
    fn await_write_back(&self) -> Result<()> {
        let (clock, progress) = (&*self.adapters().clock, &self.adapters().progress);
        let started_at = clock.monotonic();
        while self.store().write_back()? > MAX_LOG_BYTES {
            if progress.is_stopped() {
                return Ok(());
            }
            if clock.monotonic().saturating_sub(started_at) > WRITE_BACK_TIMEOUT {
                return Err(Error::failure("another program has been reading the store for too long")
                    .why(
                        "the store's -wal file is too large. SQLite can't empty this file while the other program \
                         reads",
                    )
                    .next(
                        "On the machine with the store, find the program, for example with lsof. Often the program is \
                         a backup. End the program",
                    ));
            }
            clock.sleep(WRITE_BACK_POLL_INTERVAL);
        }
        Ok(())
    }
}

/// Returns the size of the next batch, after one of `size` items held the lock for `lock_time`.
fn next_size(size: usize, lock_time: Duration) -> usize {
    let fitting = size as u128 * TARGET_LOCK_TIME.as_micros() / lock_time.as_micros().max(1);
    usize::try_from(fitting).unwrap_or(MAX_ATOMIC).clamp(1, size.saturating_mul(2)).min(MAX_ATOMIC)
}

/// Returns the number of confirmed items that somebody else changed, so that they were left alone.
pub(super) fn skipped(confirmed: u64, done: u64, stopped: bool) -> u64 {
    if stopped { 0 } else { confirmed.saturating_sub(done) }
}

/// For `skip_serializing_if`.
pub(super) fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The end of a text that is true of one batch, but not of the earlier ones.
const UNCHANGED: &str = "; nothing was changed";

/// Returns the error if a batch failed after earlier ones had changed `done` items.
fn partial_error(error: Error, (change, changed): (&str, &str), done: u64, total: u64) -> Error {
    let failure = error.what.trim_end_matches(UNCHANGED);
    let rest =
        (done < total).then(|| format!("To {change} the other tokens, start again and confirm their new number"));
    let next: Vec<String> = error.next.into_iter().chain(rest).collect();
    let are = if done == 1 { "is" } else { "are" };
    let (done, total) = (group_digits(done), group_digits(total));
    Error {
        what: format!("{done} of {total} tokens {are} {changed}, then the work stopped: {failure}"),
        next: Some(next.join(". ")).filter(|next| !next.is_empty()),
        ..error
    }
}

/// Returns the error if the work was done, fully or in part, but its last row in the audit log could not be written.
fn unmarked_error(error: Error, changed: &str, done: u64, total: u64) -> Error {
    let failure = error.what.trim_end_matches(UNCHANGED);
    let why = error.why.as_ref().map_or_else(|| failure.to_owned(), |why| format!("{failure}: {why}"));
    let are = if done == 1 { "is" } else { "are" };
    let (done, total) = (group_digits(done), group_digits(total));
    Error::failure(format!(
        "{done} of {total} tokens {are} {changed}, but the audit row about the end of the work is missing"
    ))
    .why(why)
    .next("Each of these tokens has its own audit row. Keep this message together with the audit log")
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

    #[test]
    fn partial_error_says_what_was_done_and_what_is_next() {
        let full = Error::failure("the disk is full; nothing was changed").why("full").next("Free some disk space");
        let error = partial_error(full, ("purge", "purged"), 300, 6_000);
        let unmarked = unmarked_error(Error::failure("the disk is full"), "purged", 1, 200);
        insta::assert_snapshot!(unmarked, @"1 of 200 tokens is purged, but the audit row about the end of the work is missing: the disk is full. Each of these tokens has its own audit row. Keep this message together with the audit log");
        insta::assert_snapshot!(error, @"300 of 6 000 tokens are purged, then the work stopped: the disk is full: full. Free some disk space. To purge the other tokens, start again and confirm their new number");
    }
}
