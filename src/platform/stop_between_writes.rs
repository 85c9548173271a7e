//! Delays a stop of the program (Ctrl-Z) until no write transaction is open, for a limited time. If it were stopped
//! inside a transaction, it would keep the store's write lock, and nobody could revoke a token until it continued.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maximum time that a stop waits for open transactions. Most of those that take longer still wait for the lock, and
/// block no other process. A transaction that holds the lock for longer keeps it while the program is stopped.
const TIMEOUT: Duration = Duration::from_millis(500);

struct State {
    open: usize,
    stopping: bool,
}

static STATE: Mutex<State> = Mutex::new(State { open: 0, stopping: false });
static CHANGED: Condvar = Condvar::new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An open write transaction, until this is dropped.
pub struct OpenWrite(());

/// Opens a write transaction, after waiting for a stop that is under way.
pub fn enter() -> OpenWrite {
    let mut state = CHANGED.wait_while(state(), |state| state.stopping).unwrap_or_else(PoisonError::into_inner);
    state.open += 1;
    OpenWrite(())
}

impl Drop for OpenWrite {
    fn drop(&mut self) {
        state().open -= 1;
        CHANGED.notify_all();
    }
}

/// Returns `true` if a stop is under way or waits for open transactions.
pub fn is_stopping() -> bool {
    state().stopping
}

/// Calls `stop` once no write transaction is open, or after `TIMEOUT`. No transaction is opened before it returns.
pub fn between_writes(stop: impl FnOnce()) {
    let mut waiting = state();
    waiting.stopping = true;
    let waited = CHANGED.wait_timeout_while(waiting, TIMEOUT, |state| state.open > 0);
    drop(waited);
    stop();
    state().stopping = false;
    CHANGED.notify_all();
}
