//! Which bucket a value falls into, without a search where bounds are above zero.
//!
//! The upper bits of a double are the exponent and some behind it. They divide each octave into bins, so narrow that none has
//! more than one bound. A table says for each bin how many bounds lie below it, and which comes next; what is left is one
//! comparison. Sixteen entries of sixteen bytes or more for each octave that the bounds span, shared by all series of a family.

/// Above this many entries of the table bounds are searched by halves.
const MOST: i64 = 4_096;

#[derive(Debug, PartialEq)]
pub(crate) struct Search {
    bounds: Box<[f64]>,
    /// How many bits of a double do not matter.
    shift: u32,
    /// The bin of the first bound.
    first: i64,
    /// For each bin from that on; empty where there is no table.
    bins: Box<[Bin]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bin {
    /// The bound that is in the bin, or the next one behind it.
    bound: f64,
    /// How many bounds are below the bin.
    below: usize,
}

impl Search {
    /// Of bounds that rise.
    pub(crate) fn new(bounds: &[f64]) -> Self {
        // From sixteen bins an octave on.
        let found = (40..=48).rev().find_map(|shift| Some((shift, table(bounds, shift)?)));
        let (shift, bins) = found.unwrap_or_default();
        Self { bounds: bounds.into(), shift, first: bounds.first().copied().map_or(0, |bound| bin(bound, shift)), bins }
    }

    pub(crate) fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// The index of the first bound that is not below a value; behind the last one there is none, and for NaN.
    #[inline]
    pub(crate) fn bucket_of(&self, value: f64) -> usize {
        if value.is_nan() {
            return self.bounds.len();
        }
        // Below the first bound and above the last is as good as in their bins, and what has the sign is below.
        let at = bin(value, self.shift).wrapping_sub(self.first).max(0) as usize;
        let last = self.bins.len().wrapping_sub(1);
        match self.bins.get(at.min(last)) {
            Some(bin) => bin.below + usize::from(value > bin.bound),
            None => self.halve(value),
        }
    }

    #[cold]
    fn halve(&self, value: f64) -> usize {
        self.bounds.partition_point(|&bound| value > bound)
    }
}

/// Rises with the value from zero up; below zero for what has the sign.
#[inline]
fn bin(value: f64, shift: u32) -> i64 {
    value.to_bits() as i64 >> shift
}

/// The table with bins of this width; none where it is too large, or a bin has two bounds.
fn table(bounds: &[f64], shift: u32) -> Option<Box<[Bin]>> {
    let (&first, &last) = (bounds.first()?, bounds.last()?);
    let bin = |bound| bin(bound, shift);
    let bins = bin(last).checked_sub(bin(first))?.checked_add(1)?;
    let crowded = bounds.windows(2).any(|pair| matches!(pair, &[low, high] if bin(low) == bin(high)));
    if first.is_nan() || first <= 0.0 || bins > MOST || crowded {
        return None;
    }
    let of = |own| {
        let below = bounds.partition_point(|&bound| bin(bound) < own);
        Bin { bound: bounds.get(below).copied().unwrap_or(f64::INFINITY), below }
    };
    Some((bin(first)..=bin(last)).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{random, turns, uniform};

    #[test]
    fn the_table_finds_what_a_search_finds() {
        let linear: Vec<f64> = (1..=100).map(|bound| f64::from(bound) * 0.1).collect();
        let steep: Vec<f64> = (0..40).map(|power| 1e-9 * 10_f64.powi(power)).collect();
        let wide = [1e-300, 1.0, 1e300];
        let tables: [(&[f64], bool); 8] = [
            (&super::super::buckets::DEFAULT_BUCKETS, true),
            (&linear, true),
            (&steep, true),
            (&[1.0], true),
            (&[1.0, 1.0 + f64::EPSILON, 1.0 + 2.0 * f64::EPSILON], false),
            (&[0.0, 1.0], false),
            (&[-5.0, 1.0], false),
            (&wide, false),
        ];
        for (bounds, has_table) in tables {
            let search = Search::new(bounds);
            assert_eq!(!search.bins.is_empty(), has_table);
            let check = |value: f64| {
                let expected = bounds.iter().position(|&bound| value <= bound).unwrap_or(bounds.len());
                assert_eq!(search.bucket_of(value), expected, "{value} in {bounds:?}");
            };
            for &bound in bounds {
                [bound, bound.next_up(), bound.next_down(), bound * 1.03, bound * 0.97, -bound].into_iter().for_each(check);
            }
            [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN, f64::MIN_POSITIVE, f64::MAX, 1e-320]
                .into_iter()
                .for_each(check);
            let (mut uniform, mut random) = (uniform(1), random(1));
            for _ in 0..turns(20_000) {
                check(12.0 * uniform());
                check(f64::from_bits(random()));
            }
        }
    }
}
