//! The clock for the expiry of secrets while a service runs. It never goes back, so setting the system clock back
//! doesn't revive expired tokens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::faults::{Fault, Faults};
use crate::domain::time::{SECOND, Timestamp};
use crate::verbs::ports::Clock;

/// Maximum lag of the wall clock that is not reported, in milliseconds. Corrections by NTP are smaller.
const REPORTED_LAG: i64 = 10 * SECOND;

/// A clock that never goes behind the latest time that was seen.
pub(super) struct ExpiryClock {
    clock: Arc<dyn Clock>,
    faults: Arc<Faults>,
    latest: Mutex<Seen>,
}

/// The latest wall-clock time, and the monotonic time of that moment.
struct Seen {
    wall: Timestamp,
    monotonic: Duration,
}

impl ExpiryClock {
    pub fn new(clock: Arc<dyn Clock>, faults: Arc<Faults>) -> Self {
        let latest = Mutex::new(Seen { wall: clock.now(), monotonic: clock.monotonic() });
        ExpiryClock { clock, faults, latest }
    }

    /// Continues from `seen` if the wall clock is behind that time.
    pub fn raise(&self, seen: Timestamp) {
        let mut latest = self.latest();
        if seen > latest.wall {
            *latest = Seen { wall: seen, monotonic: self.clock.monotonic() };
        }
    }

    /// Returns the wall-clock time, but never less than the latest time seen plus the time elapsed since.
    pub fn now(&self) -> Timestamp {
        let (wall, monotonic) = (self.clock.now(), self.clock.monotonic());
        let mut latest = self.latest();
        let since = i64::try_from(monotonic.saturating_sub(latest.monotonic).as_millis()).unwrap_or(i64::MAX);
        let least = Timestamp(latest.wall.0.saturating_add(since));
        if wall < least {
            drop(latest);
            self.report_lag(least.0.saturating_sub(wall.0), least);
            return least;
        }
        *latest = Seen { wall, monotonic };
        drop(latest);
        self.faults.resolve(Fault::Clock);
        wall
    }

    fn report_lag(&self, lag: i64, least: Timestamp) {
        match lag >= REPORTED_LAG {
            true => self.faults.report(
                Fault::Clock,
                &format!(
                    "the clock is {} s behind {}, the latest time that the service has seen. Correct the clock. If the \
                     clock is correct, it was ahead before. In this case, restart the service once with the option \
                     --accept-earlier-clock. With systemd, add the option to ExecStart=, restart the service, and \
                     remove the option",
                    lag / SECOND,
                    least.rfc3339()
                ),
            ),
            false => self.faults.resolve(Fault::Clock),
        }
    }

    fn latest(&self) -> MutexGuard<'_, Seen> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    use super::*;
    use crate::domain::time::Zone;

    /// The wall clock and the monotonic clock of a test, in milliseconds.
    #[derive(Default)]
    struct Hands {
        wall: AtomicI64,
        monotonic: AtomicI64,
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp(self.wall.load(Relaxed))
        }
        fn zone(&self) -> &dyn Zone {
            unreachable!()
        }
        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.monotonic.load(Relaxed).unsigned_abs())
        }
        fn sleep(&self, _: Duration) {}
    }

    #[test]
    fn expiry_clock_never_goes_back() {
        let hands = Arc::new(Hands::default());
        let faults = Arc::new(Faults::default());
        let clock = ExpiryClock::new(Arc::<Hands>::clone(&hands), Arc::clone(&faults));
        let at = |wall: i64, monotonic: i64| {
            hands.wall.store(wall, Relaxed);
            hands.monotonic.store(monotonic, Relaxed);
            (clock.now().0, faults.is_ongoing(Fault::Clock))
        };
        assert_eq!(at(1_000_000, 0), (1_000_000, false));
        assert_eq!(at(1_000_500, 400), (1_000_500, false), "ahead: taken as it is");
        assert_eq!(at(1_000_000, 900), (1_001_000, false), "back a little: unsaid");
        assert_eq!(at(5, 1_400), (1_001_500, true), "back: goes on from what was seen");
        assert_eq!(at(1_005_000, 5_400), (1_005_500, false));
        assert_eq!(at(2_000_000, 6_000), (2_000_000, false), "set right");
        clock.raise(Timestamp(1));
        assert_eq!(at(2_000_001, 6_001), (2_000_001, false));
        clock.raise(Timestamp(3_000_000));
        assert_eq!(at(2_000_101, 6_101), (3_000_100, true), "what the last run has seen counts");
        clock.raise(Timestamp(i64::MAX));
        assert_eq!(at(0, 7_000).0, i64::MAX);
    }
}
