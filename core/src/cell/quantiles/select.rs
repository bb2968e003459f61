//! Finds quantiles in the buckets of several ages.

use crate::cell::native::Scale;
use crate::encode::NativeBucket;

/// Goes through the buckets of one table from the least value to the largest.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) scale: Scale,
    pub(super) reduced: u32,
    pub(super) negative: &'a [NativeBucket],
    pub(super) zero: u64,
    pub(super) positive: &'a [NativeBucket],
}

impl Walk<'_> {
    pub(super) const NOTHING: Self = Self { scale: Scale::new(0), reduced: 0, negative: &[], zero: 0, positive: &[] };

    /// The value of the next bucket, and how many there are of it.
    fn peek(&self) -> Option<(f64, u64)> {
        match (self.negative, self.zero, self.positive) {
            ([.., bucket], _, _) => Some((-self.middle(bucket.index), bucket.count)),
            ([], 0, [bucket, ..]) => Some((self.middle(bucket.index), bucket.count)),
            ([], 0, []) => None,
            ([], zero, _) => Some((0.0, zero)),
        }
    }

    fn advance(&mut self) {
        match (self.negative, self.zero, self.positive) {
            ([rest @ .., _], _, _) => self.negative = rest,
            ([], 0, [_, rest @ ..]) => self.positive = rest,
            _ => self.zero = 0,
        }
    }

    fn middle(&self, index: i32) -> f64 {
        let (below, bound) = (self.scale.upper_bound(index - 1, self.reduced), self.scale.upper_bound(index, self.reduced));
        // In the last bucket there is nothing but infinity.
        if below == f64::MAX { f64::INFINITY } else { below * 2.0 / (1.0 + below / bound) }
    }
}

/// Finds the values of ranks among the buckets of several tables.
pub(super) fn select(walks: &mut [Walk<'_>], total: u64, quantiles: &[f64], found: &mut [f64]) {
    found.fill(f64::NAN);
    let mut passed = 0;
    let mut wanted = quantiles.iter().zip(found).filter(|(quantile, _)| (0.0..=1.0).contains(*quantile));
    let mut next = wanted.next();
    loop {
        let mut least: Option<(&mut Walk<'_>, f64, u64)> = None;
        for walk in &mut *walks {
            if let Some((value, count)) = walk.peek()
                && least.as_ref().is_none_or(|(_, other, _)| value < *other)
            {
                least = Some((walk, value, count));
            }
        }
        let Some((walk, value, count)) = least else { return };
        walk.advance();
        passed += count;
        // The least rank that is not below the share, counted from 1.
        while let Some((quantile, place)) = &mut next
            && passed as f64 >= **quantile * total as f64
        {
            **place = value;
            next = wanted.next();
        }
        if next.is_none() {
            return;
        }
    }
}
