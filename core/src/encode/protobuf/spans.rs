//! Sparse buckets as spans and deltas (native histograms, section 6).
//!
//! A gap of one or two empty buckets is written as buckets of nothing: that is shorter than another span.

use crate::encode::NativeBucket;

const BRIDGED: i64 = 2;

/// How many empty buckets stand between two; negative where they do not rise, which is taken for the start of a span.
fn gap(before: &NativeBucket, bucket: &NativeBucket) -> i64 {
    i64::from(bucket.index) - i64::from(before.index) - 1
}

fn is_bridged(gap: i64) -> bool {
    (0..=BRIDGED).contains(&gap)
}

/// The spans of buckets: how many are passed over in front of each, the index of the first in front of the first, and how many
/// it covers.
pub(crate) fn spans(buckets: &[NativeBucket]) -> impl Iterator<Item = (i64, u64)> {
    let mut rest = buckets;
    let mut before: Option<&NativeBucket> = None;
    core::iter::from_fn(move || {
        let (mut last, mut left) = rest.split_first()?;
        let offset = before.map_or(last.index.into(), |before| gap(before, last));
        let first = i64::from(last.index);
        while let Some((next, behind)) = left.split_first() {
            if !is_bridged(gap(last, next)) {
                break;
            }
            (last, left) = (next, behind);
        }
        (rest, before) = (left, Some(last));
        Some((offset, (i64::from(last.index) - first + 1) as u64))
    })
}

/// The counts of all buckets that the spans cover, each with how much it is more than the one before.
pub(crate) fn deltas(buckets: &[NativeBucket]) -> impl Iterator<Item = i64> {
    let mut before = 0_u64;
    counts(buckets).map(move |count| {
        let delta = count.wrapping_sub(before) as i64;
        before = count;
        delta
    })
}

/// The counts of all buckets that the spans cover.
pub(crate) fn counts(buckets: &[NativeBucket]) -> impl Iterator<Item = u64> {
    let befores = core::iter::once(None).chain(buckets.iter().map(Some));
    buckets.iter().zip(befores).flat_map(|(bucket, before)| {
        let empty = before.map_or(0, |before| gap(before, bucket));
        let empty = if is_bridged(empty) { empty } else { 0 };
        (0..empty).map(|_| 0).chain(core::iter::once(bucket.count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn buckets(pairs: &[(i32, u64)]) -> Vec<NativeBucket> {
        pairs.iter().map(|&(index, count)| NativeBucket { index, count }).collect()
    }

    #[test]
    fn the_example_of_the_specification() {
        let buckets = buckets(&[(-2, 3), (-1, 5), (2, 1), (4, 3), (5, 2)]);
        assert!(spans(&buckets).eq([(-2, 8)]));
        assert!(deltas(&buckets).eq([3, 2, -5, 0, 1, -1, 3, -1]));
        assert!(counts(&buckets).eq([3, 5, 0, 0, 1, 0, 3, 2]));
    }

    #[test]
    fn wide_gaps_begin_spans() {
        let buckets = buckets(&[(-7, 1), (-3, 2), (-2, 2), (i32::MAX, 9)]);
        assert!(spans(&buckets).eq([(-7, 1), (3, 2), (i64::from(i32::MAX) + 1, 1)]));
        assert!(deltas(&buckets).eq([1, 1, 0, 7]));
        assert_eq!(spans(&[]).count() + deltas(&[]).count(), 0);
    }

    #[test]
    fn spans_cover_as_many_buckets_as_there_are_deltas() {
        let mut random = 7_u32;
        for _ in 0..500 {
            let (mut index, mut list) = (-40, Vec::new());
            for _ in 0..random % 23 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                index += 1 + (random >> 24) as i32 % 6;
                list.push((index, u64::from(random >> 20)));
            }
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let list = buckets(&list);
            let mut found = Vec::new();
            let (mut at, mut count, mut all) = (0_i64, 0_i64, deltas(&list));
            for (offset, length) in spans(&list) {
                at += offset;
                for _ in 0..length {
                    count += all.next().expect("a delta for each bucket");
                    found.push((at as i32, count as u64));
                    at += 1;
                }
            }
            assert_eq!(all.next(), None);
            found.retain(|&(_, count)| count > 0);
            assert_eq!(found, list.iter().filter(|bucket| bucket.count > 0).map(|bucket| (bucket.index, bucket.count)).collect::<Vec<_>>());
        }
    }
}
