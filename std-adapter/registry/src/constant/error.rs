//! Why a value that was given is refused.

use std::fmt;
use std::panic::Location;

use picometer::Kind;

use crate::cell::buckets::BucketError;
use crate::desc::{Given, MetricError, OwnedDesc};

/// Error returned by [`ConstFamily::insert`](crate::ConstFamily::insert) and the constructors of
/// [`ConstPoint`](crate::ConstPoint).
///
/// Its text has what was given, the family where there is one, and the caller's place. Equality leaves the latter two out.
///
/// ```
/// use picometer_std::{ConstError, ConstFamily, ConstPoint, Kind};
///
/// let mut load = ConstFamily::new(Kind::Gauge, "load", "", ["host"]);
/// load.insert(["a"], ConstPoint::number(0.5)).unwrap();
/// let error = load.insert(["a"], ConstPoint::number(0.7)).unwrap_err();
/// assert_eq!(error, ConstError::Repeated(r#"host="a""#.into()));
/// assert!(error.to_string().starts_with(r#"metric `load`: `host="a"` is there already"#));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConstError {
    /// The family is of this type, and the point is not.
    OtherType(Given<Kind>),
    /// A counter that is negative or NaN: its value.
    NotACount(Given<Box<str>>),
    /// A family of this type has no moment of creation: only counters, histograms and summaries have.
    NeverCreated(Given<Kind>),
    /// The labels of a series that exists already, or the name of a fact that is a label of the family too.
    Repeated(Given<Box<str>>),
    /// Label values of four gigabytes: how many bytes.
    TooLong(Given<usize>),
    /// The last bound of a histogram, which is not `+Inf`, or `none`.
    NoInfinity(Given<Box<str>>),
    /// The bounds are invalid.
    Buckets(Given<BucketError>),
    /// The count of a bucket that is less than that of the bucket before.
    NotCumulative(Given<u64>),
    /// A quantile that does not rise, or is not within 0 and 1.
    Quantiles(Given<Box<str>>),
    /// Facts or states are invalid.
    Metric(MetricError),
}

/// Does the same to whatever was given.
macro_rules! given {
    ($error:expr, $given:ident => $then:expr, $metric:ident => $other:expr) => {
        match $error {
            ConstError::OtherType($given) | ConstError::NeverCreated($given) => $then,
            ConstError::NotACount($given)
            | ConstError::Repeated($given)
            | ConstError::NoInfinity($given)
            | ConstError::Quantiles($given) => $then,
            ConstError::TooLong($given) => $then,
            ConstError::Buckets($given) => $then,
            ConstError::NotCumulative($given) => $then,
            ConstError::Metric($metric) => $other,
        }
    };
}

impl ConstError {
    /// The same error of this family.
    pub(super) fn of(mut self, desc: &OwnedDesc) -> Self {
        given!(&mut self, given => given.set_metric(desc), error => *error = desc.blame(error.clone()));
        self
    }

    /// The same error of the caller at `place`.
    #[cold]
    pub(super) fn at(mut self, place: &'static Location<'static>) -> Self {
        given!(&mut self, given => given.set_place(place), error => *error = error.clone().at(place));
        self
    }
}

impl fmt::Display for ConstError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (metric, place) = given!(self, given => (given.metric(), given.place()), error => return error.fmt(f));
        if let Some(metric) = metric {
            write!(f, "metric `{metric}`: ")?;
        }
        match self {
            Self::OtherType(kind) => write!(f, "the point is not of the type of its family, {kind:?}: make one of that type"),
            Self::NotACount(value) => write!(f, "{value} is no count, which is a number from 0 on: use a gauge for what also falls"),
            Self::NeverCreated(kind) => write!(f, "what is of type {kind:?} has no moment of creation: leave out `since`"),
            Self::Repeated(labels) => write!(f, "`{labels}` is there already: give each series labels of its own"),
            Self::TooLong(bytes) => write!(f, "label values of {bytes} bytes are too long: shorten them"),
            Self::NoInfinity(last) => {
                write!(f, "the last bound of a histogram is +Inf, and not {last}: add `(f64::INFINITY, count)`")
            }
            Self::Buckets(error) => error.fmt(f),
            Self::NotCumulative(count) => write!(f, "bucket counts are cumulative: {count} is less than the one before"),
            Self::Quantiles(quantile) => write!(f, "quantiles rise, within 0 and 1, and {quantile} does not"),
            Self::Metric(error) => error.fmt(f),
        }?;
        match place {
            Some(place) => write!(f, " (at {place})"),
            None => Ok(()),
        }
    }
}

picometer::__speaks!(ConstError);
impl std::error::Error for ConstError {}
