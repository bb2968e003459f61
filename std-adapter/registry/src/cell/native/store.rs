//! The buckets of a native histogram, for one at a time: observations come in batches, from the queues of threads.

use picometer::__private::{Plan, Scale};
use picometer::{NativeBucket, Uint};

use crate::cell::buckets::BucketBounds;
use crate::cell::total::total;

/// Everything that a reset forgets.
#[derive(Debug)]
pub(super) struct Store {
    plan: Plan,
    /// The resolution of now, and how much coarser it is than that of the start.
    scale: Scale,
    reduced: u32,
    zero_threshold: f64,
    pub(super) zero_count: u64,
    /// All observations, those of NaN too, and the sum of the others.
    pub(super) count: u64,
    pub(super) sum: f64,
    positive: Side,
    negative: Side,
    /// Not cumulative, without what lies beyond the last bound.
    pub(super) classic: Box<[Uint]>,
}

impl Store {
    pub(super) fn new(plan: Plan, bounds: usize) -> Self {
        Self {
            plan,
            scale: plan.scale,
            reduced: 0,
            zero_threshold: plan.zero_threshold,
            zero_count: 0,
            count: 0,
            sum: 0.0,
            positive: Side::default(),
            negative: Side::default(),
            classic: (0..bounds).map(|_| 0).collect(),
        }
    }

    /// Counts a value; whether there are more buckets than there shall be.
    #[inline]
    pub(super) fn observe(&mut self, bounds: Option<&BucketBounds>, value: f64) -> bool {
        self.total(1, if value.is_finite() { value } else { 0.0 });
        self.bucket(bounds, value)
    }

    /// Adds to count and sum of all observations.
    pub(super) fn total(&mut self, count: u64, sum: f64) {
        self.count += count;
        self.sum = total(self.sum + sum);
    }

    /// Counts a value in its buckets only; whether there are more than there shall be.
    #[inline]
    pub(super) fn bucket(&mut self, bounds: Option<&BucketBounds>, value: f64) -> bool {
        if let Some(bounds) = bounds
            && let Some(count) = self.classic.get_mut(bounds.bucket_of(value))
        {
            *count += 1;
        }
        if value.is_nan() {
            return false;
        }
        let magnitude = value.abs();
        if magnitude <= self.zero_threshold {
            self.zero_count += 1;
            return false;
        }
        let index = self.scale.index(magnitude.to_bits());
        let side = if value > 0.0 { &mut self.positive } else { &mut self.negative };
        side.add(index, 1) && self.populated() > self.plan.limit
    }

    fn populated(&self) -> u32 {
        self.positive.populated + self.negative.populated
    }

    /// Widens the zero bucket or halves the resolution until there are no more buckets than there shall be.
    #[cold]
    pub(super) fn limit(&mut self) {
        while self.populated() > self.plan.limit {
            let smallest =
                [&self.positive, &self.negative].into_iter().filter_map(|side| side.iter().next()).map(|bucket| bucket.index).min();
            let bound = smallest.map_or(f64::INFINITY, |index| self.plan.scale.upper_bound(index, self.reduced));
            let lowest = self.scale.schema() <= Scale::LOWEST;
            // Where there is no coarser resolution, the zero bucket takes what is smallest, however large that is.
            if bound <= self.plan.max_zero_threshold || (lowest && bound < f64::MAX) {
                self.zero_threshold = self.zero_threshold.max(bound);
                for side in [&mut self.positive, &mut self.negative] {
                    self.zero_count += side.without(smallest.unwrap_or(i32::MIN));
                }
            } else if !lowest {
                self.reduced += 1;
                self.scale = Scale::new(self.scale.schema() - 1);
                self.positive.halve();
                self.negative.halve();
                // What the zero bucket holds in whole may be a bucket of its own no more.
                for side in [&mut self.positive, &mut self.negative] {
                    let held = |bucket: &NativeBucket| self.plan.scale.upper_bound(bucket.index, self.reduced) <= self.zero_threshold;
                    if let Some(last) = side.iter().take_while(held).last() {
                        self.zero_count += side.without(last.index);
                    }
                }
            } else {
                return;
            }
        }
    }

    /// Whether resolution or zero bucket are no longer what they were at the start.
    pub(super) fn is_limited(&self) -> bool {
        self.reduced != 0 || self.zero_threshold > self.plan.zero_threshold
    }

    pub(super) fn schema(&self) -> i8 {
        self.scale.schema()
    }

    pub(super) fn zero_threshold(&self) -> f64 {
        self.zero_threshold
    }

    /// The buckets of positive and of negative values, each rising.
    pub(super) fn buckets(&self) -> [Vec<NativeBucket>; 2] {
        [&self.positive, &self.negative].map(|side| {
            let mut buckets = Vec::with_capacity(side.populated as usize);
            side.iter().for_each(|bucket| buckets.push(bucket));
            buckets
        })
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.plan, self.classic.len());
    }
}

/// How many buckets lie side by side in one page.
const PAGE: usize = 64;

/// Buckets of one sign, in pages that are there where something was counted.
#[derive(Debug, Default)]
struct Side {
    /// Rising.
    pages: Vec<Page>,
    /// Which was counted in last: nearly all observations come to one or two.
    latest: usize,
    populated: u32,
}

#[derive(Debug)]
struct Page {
    number: i32,
    counts: Box<[u64; PAGE]>,
}

impl Side {
    /// Adds to a bucket; whether it is a new one.
    #[inline]
    fn add(&mut self, index: i32, amount: u64) -> bool {
        let number = index.div_euclid(PAGE as i32);
        if self.pages.get(self.latest).is_none_or(|page| page.number != number) {
            self.latest = self.page(number);
        }
        let place = self.pages.get_mut(self.latest).and_then(|page| page.counts.get_mut(index.rem_euclid(PAGE as i32) as usize));
        let Some(count) = place else { return false };
        let new = *count == 0;
        *count += amount;
        self.populated += u32::from(new);
        new
    }

    #[inline(never)]
    fn page(&mut self, number: i32) -> usize {
        let at = self.pages.partition_point(|page| page.number < number);
        if self.pages.get(at).is_none_or(|page| page.number != number) {
            self.pages.insert(at, Page { number, counts: Box::new([0; PAGE]) });
        }
        at
    }

    /// Those that counted something, rising.
    fn iter(&self) -> impl Iterator<Item = NativeBucket> {
        self.pages.iter().flat_map(|page| {
            let first = page.number * PAGE as i32;
            page.counts.iter().zip(first..).filter(|(count, _)| **count > 0).map(|(&count, index)| NativeBucket { index, count })
        })
    }

    /// Two buckets become one.
    fn halve(&mut self) {
        let mut coarse = Self::default();
        self.iter().for_each(|bucket| _ = coarse.add((bucket.index + 1) >> 1, bucket.count));
        *self = coarse;
    }

    /// Takes out all buckets up to one; what they counted.
    fn without(&mut self, last: i32) -> u64 {
        let (mut rest, mut taken) = (Self::default(), 0);
        for bucket in self.iter() {
            if bucket.index <= last {
                taken += bucket.count;
            } else {
                rest.add(bucket.index, bucket.count);
            }
        }
        *self = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NativeBuckets;

    fn store(config: &NativeBuckets, values: impl IntoIterator<Item = f64>) -> Store {
        let mut store = Store::new(config.plan(), 0);
        for value in values {
            if store.observe(None, value) {
                store.limit();
            }
        }
        store
    }

    /// Each value is in the bucket that holds it.
    fn check(store: &Store, values: &[f64]) {
        let [positive, negative] = store.buckets();
        for (side, sign) in [(&positive, 1.0), (&negative, -1.0)] {
            assert!(side.is_sorted_by(|a, b| a.index < b.index));
            for bucket in side {
                let inside = |value: &&f64| {
                    let magnitude = **value * sign;
                    magnitude > store.zero_threshold() && store.scale.index(magnitude.to_bits()) == bucket.index
                };
                assert_eq!(values.iter().filter(inside).count() as u64, bucket.count, "{bucket:?} at schema {}", store.schema());
            }
        }
        assert_eq!(values.iter().filter(|value| value.abs() <= store.zero_threshold()).count() as u64, store.zero_count);
        let nan = values.iter().filter(|value| value.is_nan()).count() as u64;
        assert_eq!(store.count, store.zero_count + nan + positive.iter().chain(&negative).map(|bucket| bucket.count).sum::<u64>());
        assert_eq!((positive.len() + negative.len()) as u32, store.populated());
        assert!(store.populated() <= store.plan.limit);
    }

    #[test]
    #[cfg_attr(miri, ignore = "numbers of one thread, for minutes")]
    fn every_value_is_in_its_bucket() {
        let mut any = crate::tests::random(1);
        let all: Vec<f64> = (0..4_000).map(|_| f64::from_bits(any())).collect();
        let narrow: Vec<f64> = all.iter().map(|value| 1.0 + (value.to_bits() >> 40) as f64 / 1e8).collect();
        let specials = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, -5e-324, 1.0, -1.0, 2.0];
        for most in [8, 20, 160] {
            for factor in [1.001, 1.1, 70_000.0] {
                let config = NativeBuckets::new().factor(factor).max_buckets(most);
                for values in [&all, &narrow, &specials.to_vec()] {
                    check(&store(&config, values.iter().copied()), values);
                }
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "numbers of one thread, for minutes")]
    fn the_zero_bucket_is_widened_first() {
        let config = NativeBuckets::new().factor(1.1).max_buckets(100).zero_threshold(1e-6).max_zero_threshold(1e-2);
        let values: Vec<f64> = (0..20_000).map(|step| (f64::from(step) / 20_000.0 * 24.0 - 20.0).exp2()).collect();
        let store = store(&config, values.iter().copied());
        assert_eq!(store.schema(), 3);
        assert!(store.zero_threshold() > 1e-3 && store.zero_threshold() <= 1e-2, "{}", store.zero_threshold());
        check(&store, &values);
    }
}
