//! A log-linear histogram: three significant digits from one nanosecond to five centuries.

use std::time::Duration;

/// Values below this have a bucket each; above, every power of two is cut into [`HALF`] buckets.
const EXACT: u64 = 2048;
/// Buckets per power of two. A bucket is at most 1/1024 of its value wide: three significant digits.
const HALF: u64 = 1024;
/// How many bits the values of the first exact power of two have, less one.
const MANTISSA: u32 = 10;

/// Durations, counted in buckets that are never wider than a thousandth of their value.
///
/// Quantiles are rounded up to the end of their bucket (never past the true maximum), so a figure read
/// from here is never better than the truth.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Grows up to the largest value seen: a run that stays below a second needs some 180 KiB.
    buckets: Vec<u64>,
    count: u64,
    sum: u128,
    max: u64,
    min: u64,
}

impl Histogram {
    /// An empty histogram.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one duration.
    pub fn record(&mut self, value: Duration) {
        self.record_nanos(u64::try_from(value.as_nanos()).unwrap_or(u64::MAX));
    }

    fn record_nanos(&mut self, value: u64) {
        let bucket = bucket_of(value);
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        if let Some(slot) = self.buckets.get_mut(bucket) {
            *slot += 1;
        }
        self.min = if self.count == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.count += 1;
        self.sum += u128::from(value);
    }

    /// Adds everything another histogram has counted.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.min = if self.count == 0 { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
    }

    /// The duration that a share `q` (0 to 1) of all values does not exceed; zero when empty.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Duration {
        if self.count == 0 {
            return Duration::ZERO;
        }
        // The small step back keeps 0.9 × 10 from becoming rank 10 through rounding.
        let wanted = (q.clamp(0.0, 1.0) * self.count as f64 - 1e-6).ceil() as u64;
        let wanted = wanted.clamp(1, self.count);
        let mut seen = 0_u64;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Duration::from_nanos(end_of(bucket).clamp(self.min, self.max));
            }
        }
        self.max()
    }

    /// Half of all values are at most this.
    #[must_use]
    pub fn p50(&self) -> Duration {
        self.quantile(0.5)
    }

    /// Nine in ten values are at most this.
    #[must_use]
    pub fn p90(&self) -> Duration {
        self.quantile(0.9)
    }

    /// 99 in a hundred values are at most this.
    #[must_use]
    pub fn p99(&self) -> Duration {
        self.quantile(0.99)
    }

    /// 999 in a thousand values are at most this.
    #[must_use]
    pub fn p999(&self) -> Duration {
        self.quantile(0.999)
    }

    /// The largest value, exactly.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// The smallest value, exactly.
    #[must_use]
    pub fn min(&self) -> Duration {
        Duration::from_nanos(self.min)
    }

    /// The mean, exactly.
    #[must_use]
    pub fn mean(&self) -> Duration {
        let mean = self.sum.checked_div(u128::from(self.count)).unwrap_or(0);
        Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }
}

fn bucket_of(value: u64) -> usize {
    let bucket = if value < EXACT {
        value
    } else {
        let shift = value.ilog2() - MANTISSA;
        EXACT + u64::from(shift - 1) * HALF + ((value >> shift) - HALF)
    };
    usize::try_from(bucket).unwrap_or(usize::MAX)
}

/// The largest value that falls into a bucket.
fn end_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let shift = (bucket - EXACT) / HALF + 1;
    let mantissa = u128::from((bucket - EXACT) % HALF + HALF + 1);
    u64::try_from((mantissa << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanos(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        for value in values {
            histogram.record(Duration::from_nanos(value));
        }
        histogram
    }

    #[test]
    fn buckets_follow_one_another_without_gaps() {
        assert_eq!(bucket_of(0), 0);
        assert_eq!(bucket_of(2047), 2047);
        assert_eq!(bucket_of(2048), 2048);
        for bucket in 0..40_000 {
            assert_eq!(bucket_of(end_of(bucket)), bucket);
            assert_eq!(bucket_of(end_of(bucket) + 1), bucket + 1);
        }
        assert_eq!(end_of(bucket_of(u64::MAX)), u64::MAX);
    }

    #[test]
    fn an_empty_histogram_is_all_zero() {
        let empty = Histogram::new();
        assert_eq!(
            (empty.p50(), empty.max(), empty.mean(), empty.count()),
            (Duration::ZERO, Duration::ZERO, Duration::ZERO, 0)
        );
    }

    #[test]
    fn ranks_are_exact_for_small_values() {
        let ten = nanos(1..=10);
        assert_eq!(ten.p50(), Duration::from_nanos(5));
        assert_eq!(ten.p90(), Duration::from_nanos(9));
        assert_eq!(ten.p99(), Duration::from_nanos(10));
        assert_eq!(ten.quantile(0.0), Duration::from_nanos(1));
        assert_eq!(ten.min(), Duration::from_nanos(1));
        assert_eq!(ten.mean(), Duration::from_nanos(5));
    }

    #[test]
    fn a_rare_outlier_is_not_lost() {
        let mut histogram = Histogram::new();
        for _ in 0..9_999 {
            histogram.record(Duration::from_micros(100));
        }
        histogram.record(Duration::from_secs(3));
        assert!(histogram.p999() < Duration::from_micros(101));
        assert_eq!(histogram.max(), Duration::from_secs(3));
        assert_eq!(histogram.quantile(1.0), Duration::from_secs(3));
    }

    #[test]
    fn merging_is_the_same_as_recording_together() {
        let mut both = nanos([5, 70_000, 12]);
        both.merge(&nanos([3, 9_000_000]));
        both.merge(&Histogram::new());
        let together = nanos([5, 70_000, 12, 3, 9_000_000]);
        assert_eq!(both.count(), 5);
        assert_eq!((both.min(), both.max(), both.mean()), (together.min(), together.max(), together.mean()));
        assert_eq!(both.p50(), together.p50());
    }

    proptest! {
        #[test]
        fn quantiles_keep_three_digits_and_never_flatter(
            mut values in prop::collection::vec(1_u64..10_000_000_000_000, 1..300), q in 0.0_f64..=1.0,
        ) {
            let histogram = nanos(values.iter().copied());
            values.sort_unstable();
            let rank = ((q * values.len() as f64 - 1e-6).ceil() as usize).clamp(1, values.len());
            let truth = values[rank - 1];
            let told = histogram.quantile(q).as_nanos() as u64;
            prop_assert!(told >= truth);
            prop_assert!((told - truth) as f64 <= truth as f64 / 1000.0);
        }
    }
}
