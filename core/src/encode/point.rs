//! What one metric has to say at one moment (OpenMetrics: MetricPoint).

mod exemplar;

pub use exemplar::{BucketExemplars, Exemplar};

use crate::atomic::Uint;
use crate::label::LabelSet;
use crate::number::Number;
use crate::time::Timestamp;

/// The value of one metric at one moment.
///
/// ```
/// use picometer::{Point, Timestamp};
///
/// let point = Point::number(17_u32).at(Timestamp::from_millis(1_395_066_363_000));
/// assert_eq!(point.timestamp().unwrap().seconds(), 1_395_066_363);
/// ```
#[derive(Clone, Copy)]
pub struct Point<'a> {
    /// The value.
    pub value: PointValue<'a>,
    // As numbers, which carry the code that writes them: a program whose points have no moments does not link it.
    pub(crate) timestamp: Option<Number>,
    pub(crate) created: Option<Number>,
}

impl<'a> Point<'a> {
    /// A point of now.
    pub const fn new(value: PointValue<'a>) -> Self {
        Self { value, timestamp: None, created: None }
    }

    /// A point with a single number.
    pub fn number(value: impl Into<Number>) -> Self {
        Self::new(PointValue::Number { value: value.into(), exemplar: None })
    }

    /// The same point, measured at `timestamp`: for values that come from elsewhere. Usually left out: the scraper's clock counts.
    #[must_use]
    pub const fn at(self, timestamp: Timestamp) -> Self {
        Self { timestamp: Some(Number::stamp(timestamp)), ..self }
    }

    /// The same counter, histogram or summary, which started from zero at `created`.
    #[must_use]
    pub const fn since(self, created: Timestamp) -> Self {
        Self { created: Some(Number::moment(created)), ..self }
    }

    /// When it was measured, if that was said.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp.map(Number::as_timestamp)
    }

    /// When it started from zero, if that was said.
    pub fn created(&self) -> Option<Timestamp> {
        self.created.map(Number::as_timestamp)
    }
}

/// What kind of value a [`Point`] holds. Which one goes with which [`Kind`](crate::Kind): the number with counters, gauges and
/// unknown metrics, the histogram with both kinds of histograms.
///
/// ```
/// use picometer::PointValue;
///
/// let value = PointValue::Number { value: 1.5.into(), exemplar: None };
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum PointValue<'a> {
    /// A number; counters may carry an exemplar.
    Number {
        /// The number.
        value: Number,
        /// The observation behind the last increment.
        exemplar: Option<&'a Exemplar<'a>>,
    },
    /// A histogram.
    Histogram(HistogramPoint<'a>),
    /// A histogram with exponential buckets, and perhaps classic ones beside them.
    #[cfg(feature = "protobuf")]
    NativeHistogram(&'a NativeHistogramPoint<'a>),
    /// A summary.
    Summary(SummaryPoint<'a>),
    /// The facts of an info metric that are not among its labels.
    Info(&'a dyn LabelSet),
    /// The states of a state set.
    StateSet(&'a dyn States),
}

impl<'a> PointValue<'a> {
    /// The classic buckets of a histogram of either kind.
    pub(crate) fn classic(&self) -> Option<&HistogramPoint<'a>> {
        match self {
            Self::Histogram(point) => Some(point),
            #[cfg(feature = "protobuf")]
            Self::NativeHistogram(point) => Some(&point.classic),
            _ => None,
        }
    }

    /// The number itself, or how many observations or states there are.
    fn brief(&self) -> Number {
        match self {
            Self::Number { value, .. } => *value,
            Self::Histogram(point) => point.count().into(),
            #[cfg(feature = "protobuf")]
            Self::NativeHistogram(point) => point.classic.count().into(),
            Self::Summary(point) => point.count.into(),
            Self::Info(_) => 1_u32.into(),
            Self::StateSet(states) => (0..).take_while(|&index| states.state(index).is_some()).count().into(),
        }
    }
}

/// A histogram of one moment.
///
/// ```
/// use picometer::{HistogramPoint, Number};
///
/// let latency = HistogramPoint {
///     counts: &[17, 4],
///     beyond: 1,
///     sum: Some(Number::from(0.75)),
///     bounds: &[0.1, 0.5],
///     exemplars: None,
/// };
/// assert_eq!(latency.count(), 22);
/// ```
#[derive(Clone, Copy)]
pub struct HistogramPoint<'a> {
    /// How many observations fell in each bucket, not cumulative, in the order of `bounds`.
    pub counts: &'a [Uint],
    /// How many lie beyond the last bound.
    pub beyond: Uint,
    /// The sum of all observations; absent where it means nothing.
    pub sum: Option<Number>,
    /// The upper bounds, inclusive and rising, without `+Inf`.
    pub bounds: &'a dyn Bounds,
    /// Exemplars of the buckets.
    pub exemplars: Option<&'a dyn BucketExemplars>,
}

impl HistogramPoint<'_> {
    /// How many observations there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(u64::from(self.beyond), |total, &count| total.wrapping_add(u64::from(count)))
    }
}

/// A native histogram of one moment: exponential buckets, of which only those are there that counted something (native
/// histograms, section 1).
///
/// Text 0.0.4 and OpenMetrics 1.0 show the classic buckets of it; of a histogram without any that is `+Inf`, sum and count.
///
/// ```
/// use picometer::{HistogramPoint, NativeBucket, NativeHistogramPoint};
///
/// let latency = NativeHistogramPoint {
///     classic: HistogramPoint {
///         counts: &[],
///         beyond: 8,
///         sum: Some(3.5.into()),
///         bounds: &[0.0; 0],
///         exemplars: None,
///     },
///     schema: 3,
///     zero_threshold: 2.938735877055719e-39,
///     zero_count: 1,
///     positive: &[
///         NativeBucket { index: -8, count: 5 },
///         NativeBucket { index: 1, count: 2 },
///     ],
///     negative: &[],
///     exemplars: &[],
/// };
/// assert_eq!(latency.classic.count(), 8);
/// ```
#[cfg(feature = "protobuf")]
#[derive(Clone, Copy)]
pub struct NativeHistogramPoint<'a> {
    /// Count, sum and classic buckets. What is counted in no exponential bucket was NaN.
    pub classic: HistogramPoint<'a>,
    /// The resolution, from −4 to 8: bounds grow by the factor 2^(2^−schema).
    pub schema: i8,
    /// Values from minus this to this are counted in the zero bucket.
    pub zero_threshold: f64,
    /// How many those are.
    pub zero_count: u64,
    /// Buckets of positive values, with rising indices.
    pub positive: &'a [NativeBucket],
    /// Buckets of negative values, with rising indices.
    pub negative: &'a [NativeBucket],
    /// Observations to point to. Only those with a timestamp are exposed, because servers take no others.
    pub exemplars: &'a [Exemplar<'a>],
}

/// One exponential bucket.
///
/// ```
/// // At schema 0 the values above 2 and up to 4.
/// let bucket = picometer::NativeBucket { index: 2, count: 17 };
/// ```
#[cfg(feature = "protobuf")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NativeBucket {
    /// Which one: values above base^(index−1) and up to base^index, where base is 2^(2^−schema).
    pub index: i32,
    /// How many values, not cumulative.
    pub count: u64,
}

/// The upper bounds of a histogram's buckets.
///
/// ```
/// use picometer::Bounds;
///
/// assert_eq!([0.1, 0.5].bound(1).unwrap().text(), "0.5");
/// ```
pub trait Bounds {
    /// The bound at `index`, counted from 0; `None` behind the last one.
    fn bound(&self, index: usize) -> Option<Number>;

    /// All of them, if they lie side by side: then a page asks once for each histogram instead of once for each bucket.
    #[cfg(target_pointer_width = "64")]
    #[doc(hidden)]
    fn doubles(&self) -> Option<&[f64]> {
        None
    }
}

impl Bounds for [f64] {
    fn bound(&self, index: usize) -> Option<Number> {
        self.get(index).map(|&bound| Number::from(bound))
    }

    #[cfg(target_pointer_width = "64")]
    fn doubles(&self) -> Option<&[f64]> {
        Some(self)
    }
}

impl<const N: usize> Bounds for [f64; N] {
    fn bound(&self, index: usize) -> Option<Number> {
        self.as_slice().bound(index)
    }

    #[cfg(target_pointer_width = "64")]
    fn doubles(&self) -> Option<&[f64]> {
        Some(self)
    }
}

impl<T: Bounds + ?Sized> Bounds for &T {
    fn bound(&self, index: usize) -> Option<Number> {
        (**self).bound(index)
    }

    #[cfg(target_pointer_width = "64")]
    fn doubles(&self) -> Option<&[f64]> {
        (**self).doubles()
    }
}

/// A summary of one moment.
///
/// ```
/// use picometer::{Quantile, SummaryPoint};
///
/// let sizes = SummaryPoint {
///     quantiles: &[Quantile { quantile: 0.5.into(), value: 120.into() }],
///     count: 17,
///     sum: 2_040.into(),
/// };
/// ```
#[derive(Clone, Copy)]
pub struct SummaryPoint<'a> {
    /// Quantiles, rising.
    pub quantiles: &'a [Quantile],
    /// How many observations.
    pub count: u64,
    /// Their sum.
    pub sum: Number,
}

/// One quantile of a summary.
///
/// ```
/// let median = picometer::Quantile { quantile: 0.5.into(), value: 3.into() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Quantile {
    /// Which one, from 0 to 1.
    pub quantile: Number,
    /// Its value; NaN when nothing was observed.
    pub value: Number,
}

/// The states of a state set.
///
/// ```
/// use picometer::States;
///
/// struct Door {
///     open: bool,
/// }
///
/// impl States for Door {
///     fn state(&self, index: usize) -> Option<(&str, bool)> {
///         [("open", self.open), ("closed", !self.open)].get(index).copied()
///     }
/// }
/// ```
pub trait States {
    /// The name of the state at `index`, counted from 0, and whether it is true; `None` behind the last one.
    fn state(&self, index: usize) -> Option<(&str, bool)>;
}

shown_as!([] Point<'_>, self => self.value);
shown_as!([] PointValue<'_>, self => self.brief());
shown_as!([] HistogramPoint<'_>, self => "{} observations, sum {:?}", self.count(), self.sum);
#[cfg(feature = "protobuf")]
shown_as!([] NativeHistogramPoint<'_>, self => self.classic);
shown_as!([] SummaryPoint<'_>, self => "{} observations, sum {}", self.count, self.sum.text().as_str());
