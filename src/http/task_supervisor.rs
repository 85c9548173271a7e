//! Supervises the tasks and threads of the service. A panic in one is either survived by its owner, or ends the
//! service.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Poll;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Number of consecutive panics that a worker survives. Success in between resets the count.
pub(super) const MAX_PANICS: u32 = 3;

pub(super) struct Supervisor {
    failed: watch::Sender<Option<&'static str>>,
    /// Number of panics since the start, including survived ones.
    pub panics: AtomicU64,
    #[cfg(test)]
    injected_panic: InjectedPanic,
}

impl Default for Supervisor {
    fn default() -> Self {
        Supervisor {
            failed: watch::Sender::new(None),
            panics: AtomicU64::new(0),
            #[cfg(test)]
            injected_panic: InjectedPanic::default(),
        }
    }
}

impl Supervisor {
    /// Starts a task that the service needs. A panic in the task ends the service.
    pub fn spawn_vital(
        self: &Arc<Self>,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let supervisor = Arc::clone(self);
        spawn(async move {
            if !supervisor.run_guarded(name, work).await {
                supervisor.fail(name);
            }
        })
    }

    /// Starts one of many equal tasks. A panic in one ends only that task.
    pub fn spawn_isolated(self: &Arc<Self>, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let supervisor = Arc::clone(self);
        spawn(async move {
            supervisor.run_guarded(name, work).await;
        });
    }

    /// Runs `work` on another thread, since `work` may block. The service survives a panic in `work`, or a thread that
    /// can't be started.
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

    /// Runs `work`. Returns `false` after a panic.
    async fn run_guarded(&self, name: &'static str, work: impl Future<Output = ()>) -> bool {
        let mut work = pin!(work);
        let done = poll_fn(|cx| {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                self.panic_if_injected(name);
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

    /// Runs a piece of work whose panic the caller survives. `None` after a panic.
    pub fn attempt<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> Option<T> {
        let attempted = || {
            self.panic_if_injected(name);
            work()
        };
        let done = catch_unwind(AssertUnwindSafe(attempted)).ok();
        if done.is_none() {
            self.panics.fetch_add(1, Relaxed);
        }
        done
    }

    /// Ends the service because the task `name` failed.
    pub fn fail(&self, name: &'static str) {
        tracing::error!(task = name, "a task of the service failed, so the service ends");
        self.failed.send_if_modified(|failed| failed.is_none() && failed.replace(name).is_none());
    }

    pub fn failed(&self) -> Option<&'static str> {
        *self.failed.borrow()
    }

    pub async fn failure(&self) {
        // The sender is alive here, so waiting can't fail.
        let _ = self.failed.subscribe().wait_for(Option::is_some).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

/// Causes panics in a task chosen by a test.
#[cfg(test)]
#[derive(Default)]
struct InjectedPanic(std::sync::Mutex<(&'static str, u32)>);

#[cfg(test)]
impl Supervisor {
    /// Makes the task `name` panic in its next `times` runs.
    pub fn inject_panic(&self, name: &'static str, times: u32) {
        *self.injected_panic.0.lock().unwrap() = (name, times);
    }

    fn panic_if_injected(&self, name: &str) {
        let mut victim = self.injected_panic.0.lock().unwrap();
        if victim.0 == name && victim.1 > 0 {
            victim.1 -= 1;
            drop(victim);
            panic!("{name} was killed by a test");
        }
    }
}

#[cfg(not(test))]
impl Supervisor {
    fn panic_if_injected(&self, _name: &str) {}
}
