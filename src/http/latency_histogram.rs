//! The histogram of answer times. Recording takes no lock: the time goes into one of the buckets and into the sum.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The upper bounds of the buckets: in nanoseconds, and in seconds as Prometheus writes them.
const BOUNDS: [(u64, &str); 14] = [
    (50_000, "0.00005"),
    (100_000, "0.0001"),
    (250_000, "0.00025"),
    (500_000, "0.0005"),
    (1_000_000, "0.001"),
    (2_500_000, "0.0025"),
    (5_000_000, "0.005"),
    (10_000_000, "0.01"),
    (25_000_000, "0.025"),
    (50_000_000, "0.05"),
    (100_000_000, "0.1"),
    (250_000_000, "0.25"),
    (500_000_000, "0.5"),
    (1_000_000_000, "1"),
];
const NANOS_PER_SECOND: f64 = 1e9;

#[derive(Debug, Default)]
pub(super) struct LatencyHistogram {
    /// Each time is counted in one bucket only. The last bucket has no bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    /// Sum of all times, in nanoseconds.
    sum: AtomicU64,
}

impl LatencyHistogram {
    pub fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|(bound, _)| *bound < nanos);
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.sum.fetch_add(nanos, Relaxed);
    }

    /// Writes the samples of the histogram `name`.
    pub fn write(&self, name: &str, text: &mut String) {
        let sum = self.sum.load(Relaxed) as f64 / NANOS_PER_SECOND;
        let bounds = BOUNDS.iter().map(|(_, seconds)| *seconds).chain(["+Inf"]);
        let mut count = 0;
        for (bucket, bound) in self.buckets.iter().zip(bounds) {
            count += bucket.load(Relaxed);
            // Writing into a string doesn't fail. The same holds below.
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(text, "{name}_sum {sum}\n{name}_count {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_rise_and_are_written_as_their_seconds() {
        assert!(BOUNDS.is_sorted_by(|(a, _), (b, _)| a < b));
        for (nanos, seconds) in BOUNDS {
            assert_eq!(Duration::from_nanos(nanos), Duration::try_from_secs_f64(seconds.parse().unwrap()).unwrap());
        }
    }

    #[test]
    fn buckets_are_cumulative_and_include_their_bound() {
        let histogram = LatencyHistogram::default();
        for nanos in [0, 50_000, 50_001, 1_000_000_000, 1_000_000_001] {
            histogram.record(Duration::from_nanos(nanos));
        }
        let mut text = String::new();
        histogram.write("x", &mut text);
        let value = |sample: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
            line.unwrap().parse::<f64>().unwrap()
        };
        for (bound, count) in [("0.00005", 2.0), ("0.0001", 3.0), ("0.5", 3.0), ("1", 4.0), ("+Inf", 5.0)] {
            assert_eq!(value(&format!("x_bucket{{le=\"{bound}\"}}")), count, "{bound}");
        }
        assert_eq!((value("x_count"), value("x_sum")), (5.0, 2.000_100_002));
    }
}
