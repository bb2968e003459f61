//! Ranks of a stream within an error that is said beforehand, in few samples; and quantiles of several streams together.
//!
//! Greenwald and Khanna, "Space-Efficient Online Computation of Quantile Summaries": a sorted list of samples, each of which stands
//! for as many observations as it is wide, up to its own value; by how many ranks its place may be off is its slack. Where
//! neighbours are wide and slack together no more than twice the error that is allowed there ([`line`](super::line)), they become
//! one. Sketches may be put together, so that a window needs no more than one for each step.

use super::line::Line;

/// One stream.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    observed: u64,
    /// From the largest value to the least.
    samples: Vec<Sample>,
    /// Where the list is made anew.
    spare: Vec<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    value: f64,
    width: u64,
    slack: u64,
}

impl Sketch {
    pub(super) fn clear(&mut self) {
        self.observed = 0;
        self.samples.clear();
    }

    /// Takes in observations that rise, and merges what may be.
    pub(super) fn insert(&mut self, lines: &[Line], rising: &[f64]) {
        self.observed += rising.len() as u64;
        let mut list = List { out: std::mem::take(&mut self.spare), lines, all: self.observed as f64, rank: self.observed, reach: 0 };
        list.out.clear();
        let (mut left, mut slack) = (rising, 0);
        for sample in &self.samples {
            // What is above the sample: no rank of it is less certain than that of the next larger sample.
            let above = left.iter().rev().take_while(|&&value| value > sample.value).count();
            let (rest, run) = left.split_at_checked(left.len() - above).unwrap_or((left, &[]));
            list.singles(run, slack);
            list.sample(*sample);
            (left, slack) = (rest, sample.width + sample.slack - 1);
        }
        list.singles(left, slack);
        self.spare = std::mem::replace(&mut self.samples, list.out);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.samples.len()
    }
}

/// A list that is made, from the largest value to the least.
struct List<'a> {
    out: Vec<Sample>,
    lines: &'a [Line],
    all: f64,
    /// The rank of what comes next.
    rank: u64,
    /// Down to which rank the last of the list may reach.
    reach: u64,
}

impl List<'_> {
    #[inline]
    fn sample(&mut self, sample: Sample) {
        let below = self.rank.saturating_sub(sample.width);
        match self.out.last_mut() {
            Some(last) if below >= self.reach => last.width += sample.width,
            _ => self.push(sample),
        }
        self.rank = below;
    }

    /// Observations that rise, each for itself, and equally certain.
    #[inline]
    fn singles(&mut self, rising: &[f64], slack: u64) {
        let mut left = rising;
        loop {
            if let Some(last) = self.out.last_mut() {
                // As many as the last one may take.
                let taken = self.rank.saturating_sub(self.reach).min(left.len() as u64);
                last.width += taken;
                self.rank -= taken;
                left = left.get(..left.len() - taken as usize).unwrap_or(&[]);
            }
            let Some((&value, rest)) = left.split_last() else { return };
            self.push(Sample { value, width: 1, slack });
            self.rank -= 1;
            left = rest;
        }
    }

    #[inline]
    fn push(&mut self, sample: Sample) {
        let most = (self.rank + sample.slack) as f64;
        let of = |line: &Line| line.reach(most, self.all);
        let reach = self.lines.iter().map(of).fold(1.0, |one, other| if other > one { other } else { one });
        // Above 0, so that the least value stays what it is.
        self.reach = reach.ceil() as u64;
        self.out.push(sample);
    }
}

/// A sketch that is walked through from the least value to the largest.
struct Walk<'a> {
    rest: &'a [Sample],
    /// The rank of the one before.
    rank: u64,
    observed: u64,
}

impl Walk<'_> {
    /// What is before the next sample has at most this rank.
    fn most_before(&self) -> u64 {
        self.rest.last().map_or(self.observed, |next| self.rank + next.width + next.slack - 1)
    }
}

/// For each quantile a value that was observed in one of the streams, whose rank among all of them is within the error of the
/// target; NaN where nothing was observed.
pub(super) fn quantiles<'a>(streams: impl Iterator<Item = &'a Sketch>, wanted: &[f64]) -> Vec<f64> {
    let mut walks: Vec<_> = streams.map(|one| Walk { rest: &one.samples, rank: 0, observed: one.observed }).collect();
    let observed: u64 = walks.iter().map(|walk| walk.observed).sum();
    // How far the nearest rank is off, and the value that has it.
    let mut best = vec![(u64::MAX, f64::NAN); wanted.len()];
    let ranks: Vec<u64> = wanted.iter().map(|quantile| (quantile * observed as f64).ceil().max(1.0) as u64).collect();
    let (mut least, mut most_before) = (0_u64, walks.iter().map(Walk::most_before).sum::<u64>());
    loop {
        let nexts = walks.iter_mut().filter_map(|walk| walk.rest.split_last().map(|(next, _)| (next.value, walk)));
        let Some((value, walk)) = nexts.min_by(|(one, _), (other, _)| one.total_cmp(other)) else { break };
        let Some((next, rest)) = walk.rest.split_last() else { break };
        let most = most_before + 1;
        least += next.width;
        most_before -= walk.most_before();
        (walk.rest, walk.rank) = (rest, walk.rank + next.width);
        most_before += walk.most_before();
        for (best, &rank) in best.iter_mut().zip(&ranks) {
            let off = rank.abs_diff(least).max(rank.abs_diff(most));
            if off < best.0 {
                *best = (off, value);
            }
        }
    }
    let valid = |(quantile, (_, value)): (&f64, (u64, f64))| if quantile.is_nan() { f64::NAN } else { value };
    wanted.iter().zip(best).map(valid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::quantiles::Objectives;

    /// Streams in which the targets ask for more where others ask for less.
    const TARGETS: [(f64, f64); 5] = [(0.01, 0.001), (0.1, 0.01), (0.5, 0.05), (0.9, 0.01), (0.99, 0.001)];

    /// By how many ranks a value is off from the quantile's.
    fn off(sorted: &[f64], value: f64, quantile: f64) -> f64 {
        let wanted = (quantile * sorted.len() as f64).ceil().max(1.0);
        let least = sorted.partition_point(|&other| other < value) as f64 + 1.0;
        let most = sorted.partition_point(|&other| other <= value) as f64;
        assert!(most >= least, "{value} was not observed");
        (least - wanted).max(wanted - most).max(0.0)
    }

    /// Every quantile of what went into several streams, one behind the other or in turn, in batches.
    fn check(name: &str, values: &[f64], batch: usize, streams: usize, in_turn: bool) -> usize {
        let lines = Line::of_all(&TARGETS);
        let mut sketches: Vec<_> = (0..streams).map(|_| Sketch::default()).collect();
        let (batches, each) = (values.chunks(batch), values.len().div_ceil(batch).div_ceil(streams));
        for (number, batch) in batches.enumerate() {
            let mut sorted = batch.to_vec();
            sorted.sort_by(f64::total_cmp);
            sketches[if in_turn { number % streams } else { number / each }].insert(&lines, &sorted);
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let wanted: Vec<f64> = [0.0].into_iter().chain(TARGETS.map(|target| target.0)).chain([1.0]).collect();
        let found = quantiles(sketches.iter(), &wanted);
        for ((quantile, error), value) in TARGETS.into_iter().zip(&found[1..]) {
            let off = off(&sorted, *value, quantile);
            let allowed = error * values.len() as f64;
            assert!(off <= allowed, "{name}, {streams} of {}, {quantile}: off by {off} ranks of {allowed}", values.len());
        }
        assert_eq!((found[0], found[found.len() - 1]), (sorted[0], sorted[sorted.len() - 1]), "{name}");
        sketches.iter().map(Sketch::len).max().unwrap_or(0)
    }

    /// What comes, in orders that are hard: to the place where the list is coarsest.
    fn streams(len: u32) -> Vec<(&'static str, Vec<f64>)> {
        let mut uniform = crate::tests::uniform(11);
        let uniforms: Vec<f64> = (0..len).map(|_| uniform()).collect();
        let normal: Vec<f64> = (0..len).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect();
        let log_normal = normal.iter().map(|value| value.exp()).collect();
        let bimodal = normal.iter().enumerate().map(|(at, value)| value + if at % 3 == 0 { 1e6 } else { 0.0 }).collect();
        let rising: Vec<f64> = (0..len).map(f64::from).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        let half = len as usize / 2;
        let inwards: Vec<f64> = rising.iter().take(half).zip(&falling).flat_map(|(a, b)| [*a, *b]).collect();
        let outwards = inwards.iter().rev().copied().collect();
        let blocks = (0..len).map(|at| f64::from((at % 40) * 1_000 + at / 40)).collect();
        // All that comes lies right above the value that is the 99th percentile then.
        let above = (0..len).map(|at| if at < len / 100 { f64::from(at) } else { f64::from(len / 100) + 1.0 / f64::from(at) }).collect();
        // The first half of the window is small, the second large.
        let steps = (0..len).map(|at| f64::from(at % 97) + if at > len / 2 { 1e3 } else { 0.0 }).collect();
        let constant = vec![42.0; len as usize];
        vec![
            ("uniform", uniforms),
            ("normal", normal),
            ("log-normal", log_normal),
            ("bimodal", bimodal),
            ("rising", rising),
            ("falling", falling),
            ("inwards", inwards),
            ("outwards", outwards),
            ("blocks", blocks),
            ("above", above),
            ("steps", steps),
            ("constant", constant),
        ]
    }

    #[test]
    #[cfg_attr(miri, ignore = "numbers of one thread, for an hour")]
    fn ranks_are_within_the_error() {
        let all = streams(40_000);
        for (name, values) in &all {
            for (len, batch) in [(40_000, 1_024), (40_000, 9_999), (2_000, 7), (300, 1)] {
                for (streams, in_turn) in [(1, false), (5, false), (5, true)] {
                    let samples = check(name, &values[..len], batch, streams, in_turn);
                    // Not bounded by a constant, but by the logarithm of how many there are.
                    assert!(samples as f64 <= 150.0 * f64::from(len as u32).log2(), "{name}: {samples} samples of {len}");
                }
            }
        }
    }

    /// What the usual objectives take.
    #[test]
    #[cfg_attr(miri, ignore = "numbers of one thread, for an hour")]
    fn many_observations_take_few_samples() {
        let lines = Line::of_all(&Objectives::default().targets);
        for (name, values) in streams(1 << 18) {
            let mut sketch = Sketch::default();
            for batch in values.chunks(1_024) {
                let mut sorted = batch.to_vec();
                sorted.sort_by(f64::total_cmp);
                sketch.insert(&lines, &sorted);
            }
            // Where every value falls into the widest gap so far, 500 for each time that their number doubles.
            let most = if matches!(name, "inwards" | "outwards" | "above") { 3_000 } else { 250 };
            assert!(sketch.len() <= most, "{name}: {} samples", sketch.len());
        }
    }

    #[test]
    fn few_observations_are_kept_as_they_are() {
        let lines = Line::of_all(&TARGETS);
        let mut sketch = Sketch::default();
        let found = |sketch: &Sketch, wanted: &[f64]| quantiles([sketch].into_iter(), wanted);
        assert!(found(&sketch, &[0.5])[0].is_nan());
        sketch.insert(&lines, &[]);
        sketch.insert(&lines, &[1.0, 2.0, 3.0]);
        assert_eq!(found(&sketch, &[0.0, 0.5, 1.0]), [1.0, 2.0, 3.0]);
        assert!(found(&sketch, &[f64::NAN])[0].is_nan());
        sketch.clear();
        assert!(found(&sketch, &[0.5])[0].is_nan());
        sketch.insert(&lines, &[f64::NEG_INFINITY, f64::INFINITY]);
        assert_eq!(found(&sketch, &[0.0, 1.0]), [f64::NEG_INFINITY, f64::INFINITY]);
    }

    #[test]
    fn targets_at_the_ends_take_two_samples() {
        let lines = Line::of_all(&[(0.0, 0.1), (1.0, 0.1)]);
        assert!(lines.is_empty());
        let mut sketch = Sketch::default();
        let rising: Vec<f64> = (0..1_000).map(f64::from).collect();
        (0..3).for_each(|_| sketch.insert(&lines, &rising));
        assert_eq!((sketch.len(), quantiles([&sketch].into_iter(), &[0.0, 1.0])), (2, vec![0.0, 999.0]));
    }
}
