//! The bounds of histogram buckets, and functions that make some.

use std::fmt;
use std::sync::{Arc, OnceLock};

use picometer::{Bounds, Number};

use super::search::Search;
use crate::epoch::once;

/// The bounds that a histogram has unless it is given others: for seconds that a network service takes.
#[doc(alias("DefBuckets"))]
pub const DEFAULT_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// `N` bounds from `start` on, each `width` above the last.
///
/// ```
/// const SIZES: [f64; 4] = picometer_std::linear(100.0, 50.0);
/// assert_eq!(SIZES, [100.0, 150.0, 200.0, 250.0]);
/// ```
#[doc(alias("LinearBuckets", "linear_buckets"))]
pub const fn linear<const N: usize>(start: f64, width: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut at = 1;
    while at < N {
        bounds[at] = start + width * at as f64;
        at += 1;
    }
    bounds
}

/// `N` bounds from `start` on, each `factor` times the last.
///
/// ```
/// const SECONDS: [f64; 4] = picometer_std::exponential(0.25, 2.0);
/// assert_eq!(SECONDS, [0.25, 0.5, 1.0, 2.0]);
/// ```
#[doc(alias("ExponentialBuckets", "exponential_buckets"))]
pub const fn exponential<const N: usize>(start: f64, factor: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut at = 1;
    while at < N {
        bounds[at] = bounds[at - 1] * factor;
        at += 1;
    }
    bounds
}

/// `N` bounds from `least` to `most`, each the same factor above the last; not numbers where `least` is not above zero.
///
/// ```
/// const SECONDS: [f64; 4] = picometer_std::exponential_range(0.001, 1.0);
/// assert_eq!(SECONDS.map(|bound| (bound * 1e9).round() / 1e9), [0.001, 0.01, 0.1, 1.0]);
/// assert_eq!(SECONDS[3], 1.0);
/// ```
#[doc(alias("ExponentialBucketsRange"))]
pub const fn exponential_range<const N: usize>(least: f64, most: f64) -> [f64; N] {
    if N < 2 {
        return [least; N];
    }
    if least <= 0.0 || least.is_nan() {
        return [f64::NAN; N];
    }
    let mut bounds = exponential(least, root(most / least, N - 1));
    bounds[N - 1] = most;
    bounds
}

/// The factor that multiplied `count` times by itself is `power`, by halving: constants have no `powf`.
const fn root(power: f64, count: usize) -> f64 {
    let (mut low, mut high) = (0.0, if power > 1.0 { power } else { 1.0 });
    // Each step decides a bit: more than a double has, so that the ends meet.
    let mut step = 0;
    while step < 1_100 {
        let middle = low + (high - low) / 2.0;
        let (mut product, mut at) = (1.0, 0);
        while at < count {
            product *= middle;
            at += 1;
        }
        if product < power {
            low = middle;
        } else {
            high = middle;
        }
        if low >= high || middle == low && middle == high {
            break;
        }
        step += 1;
    }
    high
}

/// Upper bounds of buckets, inclusive and rising; `+Inf` comes by itself. Cheap to clone: all series of a family share them.
///
/// ```
/// use picometer_std::{BucketBounds, BucketError};
///
/// let bounds = BucketBounds::new([0.1, 0.5, 2.5])?;
/// assert_eq!(bounds.as_slice(), [0.1, 0.5, 2.5]);
/// assert_eq!(BucketBounds::default().as_slice(), picometer_std::DEFAULT_BUCKETS);
/// assert_eq!(BucketBounds::new([0.5, 0.1]), Err(BucketError::NotRising(0.1.into())));
/// # Ok::<(), BucketError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BucketBounds(Arc<Search>);

impl BucketBounds {
    /// Checks bounds. An infinite one at the end is left out.
    ///
    /// # Errors
    ///
    /// [`BucketError`] says what is wrong.
    pub fn new(bounds: impl AsRef<[f64]>) -> Result<Self, BucketError> {
        let bounds = bounds.as_ref();
        let bounds = bounds.strip_suffix(&[f64::INFINITY]).unwrap_or(bounds);
        if bounds.is_empty() {
            return Err(BucketError::Empty);
        }
        if let Some(&bound) = bounds.iter().find(|bound| !bound.is_finite()) {
            return Err(BucketError::NotFinite(bound.into()));
        }
        let falls = |pair: &[f64]| matches!(pair, [low, high] if low >= high);
        if let Some([_, bound]) = bounds.windows(2).find(|pair| falls(pair)) {
            return Err(BucketError::NotRising((*bound).into()));
        }
        Ok(Self(Arc::new(Search::new(bounds))))
    }

    /// The bounds.
    pub fn as_slice(&self) -> &[f64] {
        self.0.bounds()
    }

    /// The index of a value's bucket; behind the last bound for what lies beyond, and for NaN.
    #[inline]
    pub(crate) fn bucket_of(&self, value: f64) -> usize {
        self.0.bucket_of(value)
    }
}

/// Configurations that have bucket bounds: what `buckets` of metrics and families sets.
///
/// ```
/// use picometer_std::{BucketBounds, NativeBuckets, HasBuckets};
///
/// let mut both = NativeBuckets::new();
/// both.set_buckets(BucketBounds::default());
/// ```
#[diagnostic::on_unimplemented(
    message = "a metric of this type has no buckets",
    label = "`.buckets(…)` is for histograms and gauge histograms"
)]
#[doc(alias("TakesBuckets"))]
pub trait HasBuckets {
    /// The upper bounds.
    fn set_buckets(&mut self, bounds: BucketBounds);
}

impl HasBuckets for BucketBounds {
    fn set_buckets(&mut self, bounds: BucketBounds) {
        *self = bounds;
    }
}

impl Default for BucketBounds {
    /// [`DEFAULT_BUCKETS`].
    fn default() -> Self {
        static DEFAULT: OnceLock<Arc<Search>> = OnceLock::new();
        Self(once(&DEFAULT, || Arc::new(Search::new(&DEFAULT_BUCKETS))).clone())
    }
}

impl Bounds for BucketBounds {
    fn bound(&self, index: usize) -> Option<Number> {
        self.as_slice().get(index).map(|&bound| bound.into())
    }

    #[cfg(target_pointer_width = "64")]
    fn doubles(&self) -> Option<&[f64]> {
        Some(self.as_slice())
    }
}

/// Error returned by [`BucketBounds::new`].
///
/// ```
/// use picometer_std::{BucketBounds, BucketError};
///
/// assert_eq!(BucketBounds::new([]), Err(BucketError::Empty));
/// let error = BucketBounds::new([0.5, 0.1]).unwrap_err();
/// assert_eq!(error, BucketError::NotRising(0.1.into()));
/// let sentence = "bucket bounds must rise: 0.1 is not above the one before";
/// assert!(error.to_string().starts_with(sentence));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BucketError {
    /// There is no bound besides `+Inf`.
    Empty,
    /// A bound that is NaN or infinite, and not the `+Inf` at the end.
    NotFinite(Refused),
    /// A bound that is not above the one before.
    NotRising(Refused),
}

/// A number that an error is about. Equal to the same number, NaN to NaN.
///
/// ```
/// use picometer_std::Refused;
///
/// assert_eq!(Refused::from(f64::NAN), Refused::from(f64::NAN));
/// assert_eq!(Refused::from(0.5).get(), 0.5);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Refused(f64);

impl Refused {
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl From<f64> for Refused {
    fn from(number: f64) -> Self {
        Self(number)
    }
}

impl PartialEq for Refused {
    fn eq(&self, other: &Self) -> bool {
        self.0.total_cmp(&other.0).is_eq()
    }
}

impl Eq for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Number::from(self.0).text().as_str())
    }
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a histogram needs a bucket besides +Inf: write a bound, as in `[0.1, 1.0]`"),
            Self::NotFinite(bound) => write!(f, "bucket bounds must be finite, and {bound} is not: leave it out; +Inf comes by itself"),
            Self::NotRising(bound) => {
                write!(f, "bucket bounds must rise: {bound} is not above the one before: sort them, and give each once")
            }
        }
    }
}

picometer::__speaks!(BucketError);
impl std::error::Error for BucketError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_bounds_rise_and_end_where_they_should() {
        let range: [f64; 30] = exponential_range(1e-6, 1e3);
        assert_eq!((range[0], range[29]), (1e-6, 1e3));
        BucketBounds::new(range).unwrap();
        let factor = range[1] / range[0];
        assert!(range.windows(2).all(|pair| (pair[1] / pair[0] / factor - 1.0).abs() < 1e-9));
        assert_eq!(exponential_range::<1>(2.0, 4.0), [2.0]);
        assert_eq!(exponential_range::<2>(2.0, 4.0), [2.0, 4.0]);
        assert!(BucketBounds::new(linear::<5>(-1.0, 0.5)).is_ok());
        assert_eq!(BucketBounds::new(linear::<2>(1.0, 0.0)), Err(BucketError::NotRising(1.0.into())));
        assert!(BucketBounds::new(exponential_range::<3>(0.0, 1.0)).is_err());
        assert!(BucketBounds::new(exponential_range::<3>(-1.0, 1.0)).is_err());
    }

    #[test]
    fn infinity_at_the_end_is_the_one_that_comes_by_itself() {
        assert_eq!(BucketBounds::new([1.0, f64::INFINITY]).unwrap().as_slice(), [1.0]);
        assert_eq!(BucketBounds::new([f64::INFINITY]), Err(BucketError::Empty));
        assert_eq!(BucketBounds::new([f64::INFINITY, f64::INFINITY]), Err(BucketError::NotFinite(f64::INFINITY.into())));
        assert_eq!(BucketBounds::new([f64::NEG_INFINITY, 1.0]), Err(BucketError::NotFinite(f64::NEG_INFINITY.into())));
    }

    #[test]
    fn bounds_are_inclusive() {
        let bounds = BucketBounds::new([-1.0, 0.0, 2.5]).unwrap();
        let values = [-2.0, -1.0, -0.5, -0.0, 2.5, 2.6, f64::INFINITY, f64::NAN, f64::NEG_INFINITY];
        assert_eq!(values.map(|value| bounds.bucket_of(value)), [0, 0, 1, 1, 2, 3, 3, 3, 0]);
    }
}
