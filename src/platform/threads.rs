//! Starts threads; all threads of the program start here. A panic of a thread is never lost: its owner is notified,
//! or the thread restarts.

use std::io;
use std::num::NonZero;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::error::Error;

const RESTART_DELAY: Duration = Duration::from_millis(100);
/// Maximum number of threads that share one piece of work.
const MAX_PARALLEL: usize = 12;

/// Starts a thread. If `work` panics, `failed` is called with the name, and joining returns `None`.
#[expect(clippy::disallowed_methods, reason = "the one place that starts threads")]
pub fn spawn<T: Send + 'static>(
    name: &'static str,
    failed: impl FnOnce(&'static str) + Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<Option<T>>> {
    Builder::new().name(name.to_owned()).spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(work)).ok();
        if done.is_none() {
            failed(name);
        }
        done
    })
}

/// Explains why a thread could not be started.
pub fn not_started(e: io::Error) -> Error {
    let next = "Raise the limit of processes: ulimit -u, or TasksMax= in the systemd unit";
    Error::failure("a thread can't be started").why(e.to_string()).next(next)
}

/// Starts a thread that runs `work` again after a panic, until it returns. Only for work whose state remains valid
/// after a panic.
pub fn spawn_restarting(name: &'static str, work: impl Fn() + Send + 'static) -> io::Result<()> {
    let again = move || {
        while catch_unwind(AssertUnwindSafe(&work)).is_err() {
            pause();
        }
    };
    spawn(name, |_| (), again).map(drop)
}

/// Runs `work` on this thread and on one for each other processor, until all have returned. A panic of one of them becomes
/// a panic of this thread.
pub fn run_parallel(work: impl Fn() + Sync) {
    let all = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_PARALLEL);
    std::thread::scope(|scope| {
        for _ in 1..all {
            // Without this thread, the others do its work.
            let _ = Builder::new().name("parallel".to_owned()).spawn_scoped(scope, &work);
        }
        work();
    });
}

/// Lets `work` add all parts of `0..count`, of `size` numbers at most, to results. Several threads work at the same time, each
/// with a result of its own. Returns the results. A panic of `work` becomes a panic of this thread.
pub fn fold_parts<T: Default + Send>(count: usize, size: usize, work: impl Fn(&mut T, Range<usize>) + Sync) -> Vec<T> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    run_parallel(|| {
        let mut result = T::default();
        loop {
            let first = next.fetch_add(size, Ordering::Relaxed);
            if first >= count {
                break;
            }
            work(&mut result, first..first.saturating_add(size).min(count));
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Lets this thread run while other threads have little to do. `nice` is from 1 to 19: at 10 the thread gets about a
/// tenth of a processor that another thread wants, at 19 a hundredth. If the system refuses, the priority stays.
pub fn lower_priority(nice: i32) {
    // Elsewhere this would slow the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(nice);
}

#[expect(clippy::disallowed_methods, reason = "a panic that comes at once again must not take the processor")]
fn pause() {
    std::thread::sleep(RESTART_DELAY);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn thread_reports_a_panic_by_name() {
        let (send, received) = channel();
        let failed = move |name| send.send(name).unwrap();
        let thread = spawn("works", failed, || -> u8 { panic!("killed by a test") }).unwrap();
        assert_eq!((received.recv(), thread.join().unwrap()), (Ok("works"), None));
        let fine = super::spawn("works", |_| panic!("it has not failed"), || 7).unwrap();
        assert_eq!(fine.join().unwrap(), Some(7));
    }

    #[test]
    fn restarted_thread_goes_on_after_a_panic() {
        let (send, received) = channel();
        let (supply, supplied) = channel();
        (0..3).for_each(|n| supply.send(n).unwrap());
        spawn_restarting("works", move || {
            while let Ok(n) = supplied.try_recv() {
                assert!(n != 1, "killed by a test");
                send.send(n).unwrap();
            }
        })
        .unwrap();
        assert_eq!(received.iter().take(2).collect::<Vec<_>>(), [0, 2]);
    }
}
