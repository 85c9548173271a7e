//! A histogram of latencies with a precision of 1.6 %.

use std::time::Duration;

/// Buckets for each power of two.
const LINEAR_BUCKETS: u64 = 64;

/// Number of samples by length.
#[derive(Clone, Default)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Histogram {
    pub fn add(&mut self, length: Duration) {
        let at = bucket(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX));
        if at >= self.buckets.len() {
            self.buckets.resize(at + 1, 0);
        }
        self.buckets[at] += 1;
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the length in milliseconds that the share `of` doesn't exceed.
    pub fn quantile(&self, of: f64) -> f64 {
        let wanted = (self.count as f64 * of).ceil() as u64;
        let mut seen = 0;
        for (at, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return ceiling(at) as f64 / 1e6;
            }
        }
        0.0
    }
}

fn bucket(ns: u64) -> usize {
    let shift = (64 - ns.leading_zeros()).saturating_sub(LINEAR_BUCKETS.ilog2() + 1);
    (u64::from(shift) * LINEAR_BUCKETS + (ns >> shift)) as usize
}

/// Returns the longest length of a bucket, in nanoseconds.
fn ceiling(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / LINEAR_BUCKETS).saturating_sub(1);
    ((bucket - shift * LINEAR_BUCKETS + 1) << shift) - 1
}

/// Returns the median.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    match figures.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => figures[n / 2],
        n => f64::midpoint(figures[n / 2 - 1], figures[n / 2]),
    }
}
