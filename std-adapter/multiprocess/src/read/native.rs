//! Native histograms of many workers, at the resolution that all of them have.
//!
//! A worker's are the tables of the core, in words of its file: each place means the same whatever becomes of the others, so
//! a worker that is killed leaves every count there once. Those that were put together are words, too: schema, zero threshold, how many
//! are zero, count, sum, then the classic buckets, positive and negative ones, each behind how many there are.

use std::sync::atomic::AtomicU64;

use picometer::__private::{Plan, Scale};
use picometer::NativeBucket;

use crate::file::mapping;
use crate::file::tags::total;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Native {
    pub(crate) schema: i8,
    pub(crate) zero_threshold: f64,
    pub(crate) zero_count: u64,
    pub(crate) count: u64,
    pub(crate) sum: f64,
    /// Not cumulative, without what lies beyond the last bound.
    pub(crate) classic: Vec<u64>,
    pub(crate) positive: Vec<NativeBucket>,
    pub(crate) negative: Vec<NativeBucket>,
}

/// Larger tables are not ours.
const MOST: usize = 1 << 17;
/// Larger counts neither.
const MOST_COUNT: u64 = 1 << 60;

/// Words of a cell of so many sets, of which one is in use: which, and for each how many observations are under way, the sum,
/// classic buckets, and the table.
pub fn words(sets: usize, classic: usize, slots: usize) -> usize {
    1 + sets * (2 + classic + mapping::STATE + slots)
}

/// What a key says of a table besides its name, in 32 bits: how fine it starts, and how many sets there are.
pub fn about(schema: i8, sets: usize) -> u32 {
    u32::from(schema.cast_unsigned()) | (sets as u32) << 8
}

impl Native {
    /// What the words of a worker's cell say.
    pub(crate) fn of_table(cell: &[u64], about: u32, zero_threshold: f64, classic: usize) -> Option<Self> {
        let (current, sets) = cell.split_first()?;
        let size = sets.len().checked_div((about >> 8) as usize)?;
        let set = sets.chunks_exact(size.max(1)).nth(*current as usize)?;
        let [_, sum, set @ ..] = set else { return None };
        let (counts, table) = set.split_at_checked(classic)?;
        let words: Vec<AtomicU64> = table.iter().map(|word| AtomicU64::new(*word)).collect();
        let table = mapping::table(&words).filter(|table| table.slots.len() <= MOST)?;
        let scale = Scale::new((about as u8).cast_signed());
        let plan = Plan { scale, zero_threshold, max_zero_threshold: zero_threshold, limit: u32::MAX };
        if !table.state.is_possible(&plan) {
            return None;
        }
        let mut buckets = vec![NativeBucket::default(); table.slots.len()];
        let read = table.read(&plan, &mut buckets, || ());
        let (positive, negative) = read.sides(&buckets);
        // What is under way may be in a classic bucket already.
        let mut left = read.count;
        let counts = counts.iter().map(|count| {
            let count = (*count).min(left);
            left -= count;
            count
        });
        Some(Self {
            schema: read.schema,
            zero_threshold: read.zero_threshold,
            zero_count: read.zero_count,
            count: read.count,
            sum: f64::from_bits(*sum),
            classic: counts.collect(),
            positive: positive.into(),
            negative: negative.into(),
        })
    }

    /// What those words say that [`Self::words`] made.
    pub(crate) fn of_words(words: &[u64]) -> Option<Self> {
        let [schema, zero_threshold, zero_count, count, sum, rest @ ..] = words else { return None };
        let mut rest = rest;
        let mut part = |size: usize| {
            let (len, behind) = rest.split_first()?;
            let (part, behind) = behind.split_at_checked(usize::try_from(*len).ok()?.checked_mul(size)?)?;
            rest = behind;
            Some(part)
        };
        let classic = part(1)?.to_vec();
        let buckets = |words: &[u64]| {
            let mut buckets = Vec::new();
            for pair in words.chunks_exact(2) {
                let [index, count] = pair else { return None };
                let index = i32::try_from(index.cast_signed()).ok()?;
                // Rising, and of a double.
                let fits = buckets.last().is_none_or(|last: &NativeBucket| last.index < index)
                    && index.unsigned_abs() < 1 << 20
                    && *count < MOST_COUNT;
                buckets.push(fits.then_some(NativeBucket { index, count: *count })?);
            }
            Some(buckets)
        };
        let (positive, negative) = (buckets(part(2)?)?, buckets(part(2)?)?);
        let schema = i8::try_from(schema.cast_signed()).ok().filter(|schema| (-4..=8).contains(schema))?;
        let (zero_threshold, sum) = (f64::from_bits(*zero_threshold), f64::from_bits(*sum));
        let (zero_count, count) = (*zero_count, *count);
        (zero_threshold >= 0.0 && zero_count.max(count) < MOST_COUNT).then_some(Self {
            schema,
            zero_threshold,
            zero_count,
            count,
            sum,
            classic,
            positive,
            negative,
        })
    }

    pub(crate) fn words(&self) -> Vec<u64> {
        let Self { schema, zero_threshold, zero_count, count, sum, classic, positive, negative } = self;
        let mut words = vec![i64::from(*schema).cast_unsigned(), zero_threshold.to_bits(), *zero_count, *count, sum.to_bits()];
        words.push(classic.len() as u64);
        words.extend(classic);
        for side in [positive, negative] {
            words.push(side.len() as u64);
            words.extend(side.iter().flat_map(|bucket| [i64::from(bucket.index).cast_unsigned(), bucket.count]));
        }
        words
    }

    /// Adds another, at the coarser resolution and the wider zero bucket of both.
    pub(crate) fn add(&mut self, mut other: Self) {
        let schema = self.schema.min(other.schema);
        [&mut *self, &mut other].into_iter().for_each(|one| one.reduce(schema));
        let mut threshold = self.zero_threshold.max(other.zero_threshold);
        // A bucket that the wider zero bucket reaches into goes there whole.
        loop {
            let wider = self.widen(threshold).max(other.widen(threshold));
            if wider <= threshold {
                break;
            }
            threshold = wider;
        }
        self.zero_count = self.zero_count.wrapping_add(other.zero_count);
        self.count = self.count.wrapping_add(other.count);
        self.sum = total(self.sum + other.sum);
        self.classic.iter_mut().zip(other.classic).for_each(|(own, other)| *own = own.wrapping_add(other));
        for (own, other) in [(&mut self.positive, other.positive), (&mut self.negative, other.negative)] {
            own.extend(other);
            together(own);
        }
    }

    fn reduce(&mut self, schema: i8) {
        let times = u32::from(self.schema.abs_diff(schema));
        for side in [&mut self.positive, &mut self.negative] {
            side.iter_mut().for_each(|bucket| bucket.index = (bucket.index + ((1 << times) - 1)) >> times);
            together(side);
        }
        self.schema = schema;
    }

    /// Takes what is up to a threshold into the zero bucket, and returns how far that reaches: to the end of a bucket that lies on
    /// both sides of it.
    fn widen(&mut self, threshold: f64) -> f64 {
        if threshold <= self.zero_threshold {
            return self.zero_threshold;
        }
        let scale = Scale::new(self.schema);
        let mut reach = threshold;
        let Self { zero_count, positive, negative, .. } = self;
        for side in [positive, negative] {
            side.retain(|bucket| {
                let inside = scale.upper_bound(bucket.index - 1, 0) < threshold;
                if inside {
                    *zero_count = zero_count.wrapping_add(bucket.count);
                    reach = reach.max(scale.upper_bound(bucket.index, 0));
                }
                !inside
            });
        }
        self.zero_threshold = reach;
        reach
    }
}

/// In order, and one bucket of each index.
fn together(buckets: &mut Vec<NativeBucket>) {
    buckets.sort_by_key(|bucket| bucket.index);
    buckets.dedup_by(|next, bucket| {
        let same = next.index == bucket.index;
        bucket.count = bucket.count.wrapping_add(if same { next.count } else { 0 });
        same
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(schema: i8, zero_threshold: f64, positive: &[(i32, u64)]) -> Native {
        let positive: Vec<_> = positive.iter().map(|&(index, count)| NativeBucket { index, count }).collect();
        let count = positive.iter().map(|bucket| bucket.count).sum();
        Native { schema, zero_threshold, zero_count: 0, count, sum: 1.5, classic: vec![1], positive, negative: Vec::new() }
    }

    #[test]
    fn the_coarser_resolution_is_that_of_both() {
        // At schema 1: up to 2^0.5, 2, 2^1.5, 4; at schema 0: up to 2, 4.
        let mut one = native(1, 0.0, &[(-1, 1), (1, 1), (2, 2), (3, 4), (4, 8)]);
        one.add(native(0, 0.0, &[(1, 100), (3, 100)]));
        assert_eq!(one, Native { count: 216, sum: 3.0, classic: vec![2], ..native(0, 0.0, &[(0, 1), (1, 103), (2, 12), (3, 100)]) });
        assert_eq!(Native::of_words(&one.words()), Some(one.clone()));
        for end in 0..one.words().len() {
            assert_eq!(Native::of_words(&one.words()[..end]), None);
        }
    }

    #[test]
    fn the_wider_zero_bucket_is_that_of_both() {
        // 3 lies within the bucket of 2 to 4, which it takes; then 4 is where the other one's zero bucket ends as well.
        let mut one = native(0, 3.0, &[(3, 1)]);
        one.add(native(0, 0.0, &[(1, 2), (2, 4), (3, 8)]));
        assert_eq!((one.zero_threshold, one.zero_count, &*one.positive), (4.0, 6, &[NativeBucket { index: 3, count: 9 }][..]));
        assert_eq!(one.count, 15);
    }
}
