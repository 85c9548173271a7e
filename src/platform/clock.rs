use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::time::{Timestamp, Zone, local_zone};
use crate::verbs::ports::Clock;

/// The machine's clock, in the machine's zone (`TZ`, else `/etc/localtime`).
pub struct SystemClock {
    zone: Box<dyn Zone>,
    started: Stopwatch,
}

impl SystemClock {
    pub fn new() -> Self {
        SystemClock { zone: Box::new(local_zone()), started: Stopwatch::start() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn zone(&self) -> &dyn Zone {
        &*self.zone
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits for time to pass")]
    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// A measurement of elapsed time, independent of changes of the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that measures time")]
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
