//! Supervises the tasks and threads of the service: a panic in one is either survived by its owner, or ends the service.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Poll;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Panics in a row that one worker survives. A worker that does its work in between starts counting anew.
pub(super) const SURVIVED: u32 = 3;

/// Knows which task has failed, if any.
pub(super) struct Supervisor {
    failed: watch::Sender<Option<&'static str>>,
    /// Panics since the start, survived ones included.
    pub panics: AtomicU64,
    #[cfg(test)]
    fault: Fault,
}

impl Default for Supervisor {
    fn default() -> Self {
        Supervisor {
            failed: watch::Sender::new(None),
            panics: AtomicU64::new(0),
            #[cfg(test)]
            fault: Fault::default(),
        }
    }
}

impl Supervisor {
    /// Starts a task that the service can't be without: a panic in it ends the service.
    pub fn vital(
        self: &Arc<Self>,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let supervisor = Arc::clone(self);
        spawn(async move {
            if !supervisor.outlives(name, work).await {
                supervisor.fail(name);
            }
        })
    }

    /// Starts a task of which there are many: a panic in one is its own end only.
    pub fn single(self: &Arc<Self>, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let supervisor = Arc::clone(self);
        spawn(async move {
            supervisor.outlives(name, work).await;
        });
    }

    /// Does `work` on another thread, since it may block. A panic in it, or no thread for it, is survived.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
    pub async fn blocking(&self, work: impl FnOnce() + Send + 'static) {
        let started = catch_unwind(AssertUnwindSafe(|| tokio::task::spawn_blocking(work)));
        let done = match started {
            // A panic in the work is an error of its handle.
            Ok(started) => started.await.is_ok(),
            Err(_) => false,
        };
        if !done {
            self.panics.fetch_add(1, Relaxed);
        }
    }

    /// Does `work`; false once it has panicked.
    async fn outlives(&self, name: &'static str, work: impl Future<Output = ()>) -> bool {
        let mut work = pin!(work);
        let done = poll_fn(|cx| {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                self.strike(name);
                work.as_mut().poll(cx)
            }));
            polled.map_or(Poll::Ready(false), |poll| poll.map(|()| true))
        });
        let done = done.await;
        if !done {
            self.panics.fetch_add(1, Relaxed);
        }
        done
    }

    /// Does a piece of work whose panic its caller survives; `None` after a panic.
    pub fn attempt<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> Option<T> {
        let attempted = || {
            self.strike(name);
            work()
        };
        let done = catch_unwind(AssertUnwindSafe(attempted)).ok();
        if done.is_none() {
            self.panics.fetch_add(1, Relaxed);
        }
        done
    }

    /// Ends the service because of the task `name`.
    pub fn fail(&self, name: &'static str) {
        tracing::error!(task = name, "a task of the service has failed: the service ends");
        self.failed.send_if_modified(|failed| failed.is_none() && failed.replace(name).is_none());
    }

    /// Returns the task that failed first, if any.
    pub fn failed(&self) -> Option<&'static str> {
        *self.failed.borrow()
    }

    /// Waits until a task fails.
    pub async fn failure(&self) {
        // The sender is here, so waiting can't fail.
        let _ = self.failed.subscribe().wait_for(Option::is_some).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

/// Panics in a task of the tests' choice.
#[cfg(test)]
#[derive(Default)]
struct Fault(std::sync::Mutex<(&'static str, u32)>);

#[cfg(test)]
impl Supervisor {
    /// Has the task `name` panic the next `times` that it is at work.
    pub fn kill(&self, name: &'static str, times: u32) {
        *self.fault.0.lock().unwrap() = (name, times);
    }

    fn strike(&self, name: &str) {
        let mut victim = self.fault.0.lock().unwrap();
        if victim.0 == name && victim.1 > 0 {
            victim.1 -= 1;
            drop(victim);
            panic!("{name} was killed by a test");
        }
    }
}

#[cfg(not(test))]
impl Supervisor {
    fn strike(&self, _name: &str) {}
}
