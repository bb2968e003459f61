//! Quantiles of a stream within an error of rank that is said beforehand.
//!
//! Cormode, Korn, Muthukrishnan and Srivastava, "Effective Computation of Biased Quantiles over Data Streams", in the variant for
//! targets (summary quantiles, section 3). A stream is a sorted list of samples. Each stands for as many observations as it is
//! wide, up to its own value; by how many ranks its place may be off is its slack. Where no target needs the resolution,
//! neighbours become one. Targets at the ends, of which the error function would allow any rank, are kept exactly.

use std::sync::Arc;

pub(super) struct Stream {
    targets: Arc<[Target]>,
    observed: u64,
    samples: Vec<Sample>,
    /// Where the list is made anew.
    spare: Vec<Sample>,
}

/// How the error that a target allows grows with the ranks below and above it.
#[derive(Clone, Copy, Debug)]
struct Target {
    quantile: f64,
    below: f64,
    above: f64,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    value: f64,
    width: u64,
    slack: u64,
}

impl Stream {
    pub(super) fn new(targets: &[(f64, f64)]) -> Self {
        let target = |&(quantile, error): &(f64, f64)| {
            // A target at an end asks nothing of the ranks beyond it, of which there are none.
            let slope = |share: f64| if share > 0.0 { 2.0 * error / share } else { f64::INFINITY };
            Target { quantile, below: slope(1.0 - quantile), above: slope(quantile) }
        };
        let targets = targets.iter().map(target).collect();
        Self { targets, observed: 0, samples: Vec::new(), spare: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.observed = 0;
        self.samples.clear();
    }

    /// By how many ranks a sample at `rank` may be off (C13), twice.
    #[inline]
    fn allowed(&self, rank: u64) -> f64 {
        let (rank, all) = (rank as f64, self.observed as f64);
        let of = |target: &Target| if target.quantile * all <= rank { target.above * rank } else { target.below * (all - rank) };
        // Not `f64::min`, which makes a case of NaN.
        self.targets.iter().map(of).fold(all, |least, allowed| if allowed < least { allowed } else { least })
    }

    /// Takes in observations that are sorted, and merges what may be.
    pub(super) fn insert(&mut self, sorted: &[f64]) {
        if sorted.is_empty() {
            return;
        }
        let (mut list, mut rank, mut left) = (std::mem::take(&mut self.spare), 0, sorted);
        list.clear();
        for sample in &self.samples {
            // What is not above the sample stands before it, but nothing before the first place is uncertain.
            let before = left.iter().position(|&value| value >= sample.value).unwrap_or(left.len());
            let (own, behind) = left.split_at_checked(before).unwrap_or((left, &[]));
            for &value in own {
                let slack = if list.is_empty() { 0 } else { (sample.width + sample.slack).saturating_sub(1) };
                list.push(Sample { value, width: 1, slack });
                rank += 1;
            }
            list.push(*sample);
            rank += sample.width;
            left = behind;
        }
        list.extend(left.iter().map(|&value| Sample { value, width: 1, slack: 0 }));
        self.observed = rank + left.len() as u64;
        self.spare = std::mem::replace(&mut self.samples, list);
        self.compress();
    }

    /// Merges samples into their right neighbours where the error allows it (C15). The first and the last stay.
    fn compress(&mut self) {
        let mut list = std::mem::take(&mut self.spare);
        list.clear();
        let mut rank = self.observed;
        let mut samples = self.samples.iter().rev();
        let Some(mut right) = samples.next().copied() else { return };
        rank -= right.width;
        let mut last = true;
        // At the upper end of `right`, and at that of `sample`.
        let mut above = self.allowed(self.observed);
        let mut here = self.allowed(rank);
        for (below, sample) in samples.enumerate() {
            // `rank` is that of `sample`; the first of the list is the least value.
            let least = below + 2 == self.samples.len();
            let together = sample.width + right.width + right.slack;
            rank -= sample.width;
            let next = self.allowed(rank);
            if !least && !last && together as f64 <= if next < above { next } else { above } {
                right.width += sample.width;
            } else {
                list.push(right);
                right = *sample;
                last = false;
                above = here;
            }
            here = next;
        }
        list.push(right);
        list.reverse();
        self.spare = std::mem::replace(&mut self.samples, list);
    }

    /// A value that was observed, whose rank is within what is allowed of the quantile's (C16); NaN before there is one.
    pub(super) fn query(&self, quantile: f64) -> f64 {
        let wanted = (quantile * self.observed as f64).ceil().max(1.0);
        // Of all samples the one whose rank is known to be nearest.
        let mut rank = 0_u64;
        let mut best = (f64::INFINITY, f64::NAN);
        for sample in &self.samples {
            rank += sample.width;
            let (least, most) = (rank as f64, (rank + sample.slack) as f64);
            let off = (wanted - least).abs().max((most - wanted).abs());
            if off < best.0 {
                best = (off, sample.value);
            }
        }
        if quantile.is_nan() { f64::NAN } else { best.1 }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.samples.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGETS: [(f64, f64); 4] = [(0.1, 0.01), (0.5, 0.05), (0.9, 0.01), (0.99, 0.001)];

    /// By how many ranks a value is off from the quantile's.
    fn off(sorted: &[f64], value: f64, quantile: f64) -> f64 {
        let wanted = (quantile * sorted.len() as f64).ceil().max(1.0);
        let least = sorted.partition_point(|&other| other < value) as f64 + 1.0;
        let most = sorted.partition_point(|&other| other <= value) as f64;
        assert!(most >= least, "{value} was not observed");
        (least - wanted).max(wanted - most).max(0.0)
    }

    fn check(name: &str, values: &[f64], batch: usize) {
        let mut stream = Stream::new(&TARGETS);
        for batch in values.chunks(batch) {
            let mut sorted = batch.to_vec();
            sorted.sort_by(f64::total_cmp);
            stream.insert(&sorted);
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        for (quantile, error) in TARGETS {
            let off = off(&sorted, stream.query(quantile), quantile);
            let allowed = error * values.len() as f64 + 1.0;
            assert!(off <= allowed, "{name}, {quantile}: off by {off} ranks of {allowed}");
        }
        assert_eq!((stream.query(0.0), stream.query(1.0)), (sorted[0], sorted[sorted.len() - 1]), "{name}");
        // Not bounded by a constant: where all that comes falls into one gap, little can be merged.
        assert!(stream.len() <= 1_000 + values.len() / 50, "{name}: {} samples", stream.len());
    }

    #[test]
    fn ranks_are_within_the_error() {
        let mut seed = 11_u64;
        let mut uniform = move || {
            seed = seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            ((seed ^ seed >> 29) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let uniforms: Vec<f64> = (0..40_000).map(|_| uniform()).collect();
        let normals: Vec<f64> = (0..40_000).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect();
        let log_normal: Vec<f64> = normals.iter().map(|value| value.exp()).collect();
        let bimodal: Vec<f64> = normals.iter().enumerate().map(|(at, value)| value + if at % 3 == 0 { 1e6 } else { 0.0 }).collect();
        let rising: Vec<f64> = (0..40_000).map(f64::from).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        // Each value lands where the list is coarsest so far: from both ends to the middle, and from the middle to both ends.
        let inwards: Vec<f64> = rising.iter().take(20_000).zip(&falling).flat_map(|(a, b)| [*a, *b]).collect();
        let outwards: Vec<f64> = inwards.iter().rev().copied().collect();
        let blocks: Vec<f64> = (0..40_000).map(|at| f64::from((at % 40) * 1_000 + at / 40)).collect();
        let constant = vec![42.0; 40_000];
        // Batches as they come when the buffer is full, and small ones, as when a page is written often.
        for (values, batch) in [(40_000, 512), (40_000, 10_000), (2_000, 7)] {
            let check = |name, all: &[f64], batch| check(name, &all[..values], batch);
            check("uniform", &uniforms, batch);
            check("normal", &normals, batch);
            check("log-normal", &log_normal, batch);
            check("bimodal", &bimodal, batch);
            check("constant", &constant, batch);
            check("rising", &rising, batch);
            check("falling", &falling, batch);
            check("inwards", &inwards, batch);
            check("outwards", &outwards, batch);
            check("blocks", &blocks, batch);
        }
    }

    #[test]
    fn few_observations_are_kept_as_they_are() {
        let mut stream = Stream::new(&TARGETS);
        assert!(stream.query(0.5).is_nan());
        stream.insert(&[1.0, 2.0, 3.0]);
        assert_eq!([0.0, 0.5, 1.0].map(|quantile| stream.query(quantile)), [1.0, 2.0, 3.0]);
        assert!(stream.query(f64::NAN).is_nan());
        stream.clear();
        assert!(stream.query(0.5).is_nan());
        stream.insert(&[f64::NEG_INFINITY, f64::INFINITY]);
        assert_eq!(stream.query(1.0), f64::INFINITY);
    }
}
