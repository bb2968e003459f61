//! Which quantiles, how exactly, of how long a time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::cell::buckets::Refused;
use crate::cell::exemplar::millis;
use crate::desc::MetricError;

/// Which quantiles a [`QuantileSummary`](crate::QuantileSummary) shows, how exactly, and of how long a time.
///
/// ```
/// use picometer_std::{ObjectiveError, Objectives};
/// use std::time::Duration;
///
/// // The median within 5 % of all ranks, the 99th percentile within 0.1 %.
/// let objectives =
///     Objectives::new([(0.5, 0.05), (0.99, 0.001)])?.max_age(Duration::from_secs(60));
/// assert_eq!(objectives.quantiles().collect::<Vec<_>>(), [0.5, 0.99]);
/// let error = Objectives::new([(1.5, 0.05)]).unwrap_err();
/// assert_eq!(error, ObjectiveError::Quantile(1.5.into()));
/// # Ok::<(), ObjectiveError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Objectives {
    pub(super) targets: Arc<[(f64, f64)]>,
    max_age: Duration,
    ages: u32,
}

const MOST_AGES: u32 = 64;

impl Objectives {
    /// Quantiles from 0 to 1, each with the share of ranks that its value may be off by.
    ///
    /// # Errors
    ///
    /// [`ObjectiveError`] says what is wrong.
    pub fn new(targets: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, ObjectiveError> {
        let mut targets: Vec<_> = targets.into_iter().collect();
        if let Some(&(quantile, _)) = targets.iter().find(|(quantile, _)| !(0.0..=1.0).contains(quantile)) {
            return Err(ObjectiveError::Quantile(quantile.into()));
        }
        if let Some(&(_, error)) = targets.iter().find(|&&(_, error)| !(error > 0.0 && error < 1.0)) {
            return Err(ObjectiveError::Error(error.into()));
        }
        targets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let twice = |pair: &[(f64, f64)]| matches!(pair, [(a, _), (b, _)] if a == b);
        if let Some([(quantile, _), _]) = targets.windows(2).find(|pair| twice(pair)) {
            return Err(ObjectiveError::Repeated((*quantile).into()));
        }
        Ok(Self { targets: targets.into(), max_age: Duration::from_secs(600), ages: 5 })
    }

    /// How old observations are at most that quantiles are of; 10 minutes unless told otherwise.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// In how many steps old observations leave the window, from 1 to 64, 5 unless told otherwise. Each takes memory.
    #[must_use]
    pub const fn age_buckets(mut self, ages: u32) -> Self {
        self.ages = ages;
        self
    }

    /// The quantiles, rising.
    pub fn quantiles(&self) -> impl Iterator<Item = f64> {
        self.targets.iter().map(|&(quantile, _)| quantile)
    }

    /// Whether the settings are within their ranges.
    pub(super) fn check(&self) -> Result<(), MetricError> {
        match self.ages {
            1..=MOST_AGES => Ok(()),
            _ => Err(MetricError::Setting("`age_buckets` of a summary is from 1 to 64".into())),
        }
    }

    /// In how many steps observations leave; a number that registering refuses is brought into the range.
    pub(super) fn ages(&self) -> u32 {
        self.ages.clamp(1, MOST_AGES)
    }

    /// How long a step is, in milliseconds.
    pub(super) fn step_millis(&self) -> u64 {
        (millis(self.max_age) / u64::from(self.ages())).max(1)
    }
}

impl Default for Objectives {
    /// Median, 90th and 99th percentile, within 5 %, 1 % and 0.1 % of the ranks.
    fn default() -> Self {
        Self { targets: [(0.5, 0.05), (0.9, 0.01), (0.99, 0.001)].into(), max_age: Duration::from_secs(600), ages: 5 }
    }
}

/// Error returned by [`Objectives::new`].
///
/// ```
/// use picometer_std::{ObjectiveError, Objectives};
///
/// let error = Objectives::new([(95.0, 0.01)]).unwrap_err();
/// assert_eq!(error, ObjectiveError::Quantile(95.0.into()));
/// assert!(error.to_string().starts_with("a quantile is from 0 to 1, and 95 is not"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// A quantile that is not from 0 to 1.
    Quantile(Refused),
    /// An allowed error that is not between 0 and 1.
    Error(Refused),
    /// A quantile that is given twice.
    Repeated(Refused),
}

impl fmt::Display for ObjectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantile(given) => {
                write!(f, "a quantile is from 0 to 1, and {given} is not: write 0.99 for the value that 99 % are not above")
            }
            Self::Error(given) => {
                write!(f, "the allowed error of a quantile is between 0 and 1, and {given} is not: write 0.01 for 1 % of the ranks")
            }
            Self::Repeated(given) => write!(f, "quantile {given} is given twice: leave one out"),
        }
    }
}

picometer::__speaks!(ObjectiveError);
impl std::error::Error for ObjectiveError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_are_checked() {
        assert_eq!(Objectives::new([(0.5, 0.1), (0.5, 0.2)]).unwrap_err(), ObjectiveError::Repeated(0.5.into()));
        assert_eq!(Objectives::new([(f64::NAN, 0.1)]).unwrap_err(), ObjectiveError::Quantile(f64::NAN.into()));
        assert!(Objectives::new([(0.9, 0.1), (0.0, 0.1), (1.0, 0.1)]).unwrap().quantiles().eq([0.0, 0.9, 1.0]));
        assert_eq!(Objectives::default().max_age(Duration::ZERO).step_millis(), 1);
        assert_eq!(Objectives::default().max_age(Duration::MAX).age_buckets(0).step_millis(), u64::MAX);
    }
}
