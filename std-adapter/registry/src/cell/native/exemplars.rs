//! Exemplars of a native histogram: a few, spread over its range.

use std::time::{Duration, Instant};

use picometer::{Exemplar, Timestamp};

use crate::cell::exemplar::Kept as Labels;

/// Exemplars in the order of their values.
pub(super) struct Exemplars {
    most: usize,
    ttl: Duration,
    kept: Vec<Kept>,
}

struct Kept {
    value: f64,
    labels: Labels,
    moment: Timestamp,
    at: Instant,
}

impl Exemplars {
    pub(super) const fn new(most: usize, ttl: Duration) -> Self {
        Self { most, ttl, kept: Vec::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Exemplar<'_>> {
        self.kept.iter().map(|kept| Exemplar::new(&kept.labels, kept.value).at(kept.moment))
    }

    /// Keeps one. Where there is no room, the oldest makes it if its time is up; else the older of the two that are nearest to each
    /// other, measured by their ratio, so that what is left stays spread over the range.
    pub(super) fn keep(&mut self, value: f64, labels: Labels, moment: Timestamp, now: Instant) {
        if self.most == 0 || value.is_nan() {
            return;
        }
        let place = self.kept.partition_point(|kept| kept.value < value);
        self.kept.insert(place, Kept { value, labels, moment, at: now });
        if self.kept.len() <= self.most {
            return;
        }
        let others = self.kept.iter().enumerate().filter(|&(at, _)| at != place);
        let oldest = others.min_by_key(|(_, kept)| kept.at).map(|(at, _)| at);
        let expired = oldest.filter(|&at| self.kept.get(at).is_some_and(|kept| now.duration_since(kept.at) > self.ttl));
        let leaves = expired.or_else(|| self.nearest(place)).or(oldest);
        if let Some(at) = leaves {
            self.kept.remove(at);
        }
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    /// Of the two neighbours that are nearest to each other the older one, which the new one never is.
    fn nearest(&self, new: usize) -> Option<usize> {
        let distance = |low: &Kept, high: &Kept| scale(high.value) - scale(low.value);
        let pairs = self.kept.iter().zip(self.kept.iter().skip(1)).enumerate();
        let nearest = pairs.min_by(|(_, (a, b)), (_, (c, d))| distance(a, b).total_cmp(&distance(c, d)));
        let (at, (low, high)) = nearest?;
        Some(if at == new || (at + 1 != new && high.at < low.at) { at + 1 } else { at })
    }
}

/// Larger for larger values, on both sides of zero, and as far apart as their ratio: powers of e above what is as good as zero.
fn scale(value: f64) -> f64 {
    value.signum() * (value.abs().min(f64::MAX) / 1e-39).max(1.0).ln().min(1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(exemplars: &Exemplars) -> Vec<f64> {
        exemplars.iter().map(|exemplar| exemplar.value.as_f64()).collect()
    }

    #[test]
    fn they_are_spread_over_the_range() {
        let mut exemplars = Exemplars::new(4, Duration::from_secs(300));
        let start = Instant::now();
        let mut keep = |value: f64, seconds| {
            exemplars.keep(value, Labels::given(&[("id", "x")]), Timestamp::from_seconds(1), start + Duration::from_secs(seconds))
        };
        for (second, value) in [1.0, 10.0, 100.0, 1_000.0].into_iter().enumerate() {
            keep(value, second as u64);
        }
        keep(11.0, 5);
        keep(0.001, 6);
        let found = values(&exemplars);
        assert_eq!(found.len(), 4);
        assert!(found.is_sorted() && found.contains(&0.001) && found.contains(&11.0) && !found.contains(&10.0), "{found:?}");
        // After their time the oldest goes, wherever it is.
        exemplars.keep(500.0, Labels::given(&[]), Timestamp::from_seconds(1), start + Duration::from_secs(302));
        assert!(!values(&exemplars).contains(&1.0));
        exemplars.keep(f64::NAN, Labels::given(&[]), Timestamp::from_seconds(1), start);
        assert_eq!(values(&exemplars).len(), 4);
    }

    #[test]
    fn negative_values_and_none_at_all() {
        let mut exemplars = Exemplars::new(2, Duration::ZERO);
        let now = Instant::now();
        for value in [-5.0, 0.0, 5.0, f64::INFINITY, f64::NEG_INFINITY] {
            exemplars.keep(value, Labels::given(&[]), Timestamp::from_seconds(1), now);
            assert!(values(&exemplars).contains(&value));
        }
        let mut none = Exemplars::new(0, Duration::ZERO);
        none.keep(1.0, Labels::given(&[]), Timestamp::from_seconds(1), now);
        assert_eq!(none.iter().count(), 0);
    }
}
