//! Waiting for the write lock, and leaving it to others.

use std::time::Duration;

use super::open::BUSY_TIMEOUT;

/// How often a writer that waits looks whether the lock is free.
const LOCK_POLL: Duration = Duration::from_millis(5);

/// Waits for the write lock and looks often whether it is free. SQLite's own handler soon looks only every 100 ms, so
/// that a writer which has waited for long loses against those that have just come.
#[expect(clippy::disallowed_methods, reason = "SQLite calls this without a way to hand it a clock")]
pub(super) fn wait(tries: i32) -> bool {
    std::thread::sleep(LOCK_POLL);
    LOCK_POLL.saturating_mul(tries.unsigned_abs()) < BUSY_TIMEOUT
}

/// Leaves the write lock to others between two transactions of one piece of work.
#[expect(clippy::disallowed_methods, reason = "a pause between two transactions, not a wait for something")]
pub(super) fn give_way() {
    std::thread::sleep(LOCK_POLL * 2);
}
