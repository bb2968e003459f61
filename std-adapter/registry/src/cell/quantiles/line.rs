//! By how many ranks a sketch may be off, so that sketches can be put together.
//!
//! A target allows the quantile φ an error of εn ranks. Cormode, Korn, Muthukrishnan and Srivastava let the error grow with the
//! distance from φ, as the *larger* of two lines through that point, and such summaries cannot be put together: a median of two
//! streams may be at the very end of each. So here it is *one* line through that point, and the least of the lines of all targets:
//!
//! ```text
//! L(r, n) = ε (λ (n − r)/(1 − φ) + (1 − λ) r/φ),   E(r, n) = min L(r, n) over the targets
//! ```
//!
//! L is linear in ranks and number of observations together, so the errors of several streams add up to no more than what their
//! union is allowed: E(r, n) + E(s, m) ≤ E(r + s, n + m). Streams may be put together in any number, and every quantile of the
//! union is within its target. For the same reason nothing that is allowed is lost when observations are added.

/// An error that grows or falls linearly with the rank, between those at the least and the largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// Twice the error, for each observation above and below.
    above: f64,
    below: f64,
}

impl Line {
    /// That of a target; none at the ends, whose values are kept as they are.
    fn of(quantile: f64, error: f64) -> Option<Self> {
        if quantile <= 0.0 || quantile >= 1.0 {
            return None;
        }
        // Steeper lines would leave neighbours no clear end; at a quarter there is none.
        let error = error.min(0.25);
        let lambda = 0.5_f64.max(1.0 - 0.25 * quantile / error).min(0.25 * (1.0 - quantile) / error);
        Some(Self { above: 2.0 * error * lambda / (1.0 - quantile), below: 2.0 * error * (1.0 - lambda) / quantile })
    }

    /// Those of all targets, without what others make superfluous.
    pub(super) fn of_all(targets: &[(f64, f64)]) -> Box<[Self]> {
        let all: Vec<Self> = targets.iter().filter_map(|&(quantile, error)| Self::of(quantile, error)).collect();
        let beaten = |at: usize, line: &Self| {
            let beats = |(other, by): (usize, &Self)| by.above <= line.above && by.below <= line.below && (by != line || other < at);
            all.iter().enumerate().any(|(other, by)| other != at && beats((other, by)))
        };
        all.iter().enumerate().filter(|&(at, line)| !beaten(at, line)).map(|(_, line)| *line).collect()
    }

    /// How far down a sample may reach whose own rank is at most `most`: the largest rank that no part of it may be below.
    #[inline]
    pub(super) fn reach(self, most: f64, all: f64) -> f64 {
        // most − r ≤ twice the error at `most`, and twice that at r.
        let there = most - self.below * most - self.above * (all - most);
        let here = (most - self.above * all) / (1.0 + self.below - self.above);
        if there > here { there } else { here }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{turns, uniform};

    /// Errors of several streams add up to no more than what all of them together are allowed, for any targets.
    #[test]
    fn errors_add_up() {
        let mut uniform = uniform(5);
        for _ in 0..turns(2_000) {
            let targets: Vec<_> = (0..3).map(|_| (uniform(), uniform())).collect();
            let lines = Line::of_all(&targets);
            let allowed = |rank: f64, all: f64| {
                let of = |line: &Line| line.below * rank + line.above * (all - rank);
                lines.iter().map(of).fold(f64::INFINITY, f64::min)
            };
            let [n, m] = [uniform(), uniform()].map(|share| share * 1e6);
            let (r, s) = (uniform() * n, uniform() * m);
            assert!(allowed(r, n) + allowed(s, m) <= allowed(r + s, n + m) * (1.0 + 1e-9), "{targets:?}");
            for &(quantile, error) in &targets {
                assert!(allowed(quantile * n, n) <= 2.0 * error * n * (1.0 + 1e-9), "{targets:?}");
            }
        }
    }
}
