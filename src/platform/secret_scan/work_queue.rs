//! Work that threads share, and that grows while they work.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub(super) struct WorkQueue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: Vec<T>,
    /// Number of items in work, each of which may add more.
    in_work: usize,
}

/// An item in work, until this is dropped.
pub(super) struct InWork<'a, T>(&'a WorkQueue<T>);

impl<T> WorkQueue<T> {
    pub fn new(first: T) -> Self {
        WorkQueue { state: Mutex::new(State { waiting: vec![first], in_work: 0 }), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, items: impl IntoIterator<Item = T>) {
        self.lock().waiting.extend(items);
        self.changed.notify_all();
    }

    /// Takes an item, the newest first. Waits while items in work may add one. `None` if there will be no more.
    pub fn take(&self) -> Option<(T, InWork<'_, T>)> {
        let must_wait = |state: &mut State<T>| state.waiting.is_empty() && state.in_work > 0;
        let mut state = self.changed.wait_while(self.lock(), must_wait).unwrap_or_else(PoisonError::into_inner);
        let item = state.waiting.pop()?;
        state.in_work += 1;
        Some((item, InWork(self)))
    }
}

impl<T> Drop for InWork<'_, T> {
    /// Also after a panic: else the other threads would wait for ever.
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.in_work -= 1;
        if state.in_work == 0 {
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::platform::threads::run_parallel;

    #[test]
    fn each_item_is_taken_once_and_threads_end_with_the_last() {
        let (queue, taken) = (WorkQueue::new(10), AtomicUsize::new(0));
        run_parallel(|| {
            while let Some((depth, _in_work)) = queue.take() {
                taken.fetch_add(1, Ordering::Relaxed);
                queue.add((0..depth).map(|_| depth - 1).take(2));
            }
        });
        assert_eq!(taken.into_inner(), 1 + (1..=9).map(|depth| 1 << depth).sum::<usize>() + (1 << 9));
    }

    #[test]
    fn panic_of_a_thread_ends_the_others() {
        let queue = WorkQueue::new(());
        let work = || {
            while let Some((item, _in_work)) = queue.take() {
                assert_ne!(item, (), "killed by a test");
            }
        };
        assert!(catch_unwind(AssertUnwindSafe(|| run_parallel(work))).is_err());
    }
}
