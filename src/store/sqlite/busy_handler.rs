//! Waits for the write lock, and yields it to others.

use std::time::Duration;

use super::open::BUSY_TIMEOUT;

/// Interval at which a waiting writer checks if the lock is free.
const LOCK_POLL: Duration = Duration::from_millis(5);

/// Waits for the write lock and checks often if it is free. SQLite's own handler soon checks only every 100 ms. A
/// writer that has waited for long would then lose against new ones.
#[expect(clippy::disallowed_methods, reason = "SQLite calls this without a way to hand it a clock")]
pub(super) fn wait(tries: i32) -> bool {
    std::thread::sleep(LOCK_POLL);
    LOCK_POLL.saturating_mul(tries.unsigned_abs()) < BUSY_TIMEOUT
}

/// Yields the write lock to others between two transactions of one task.
#[expect(clippy::disallowed_methods, reason = "a pause between two transactions, not a wait for something")]
pub(super) fn yield_to_others() {
    std::thread::sleep(LOCK_POLL * 2);
}
