//! Exemplars.

use crate::label::LabelSet;
use crate::number::Number;
use crate::time::Timestamp;

/// One observation that an increment or a bucket points to: a trace, a request.
///
/// ```
/// use picometer::Exemplar;
///
/// let exemplar = Exemplar::new(&[("trace_id", "KOO5S4vxi0o")], 0.67)
///     .at(picometer::Timestamp::from_seconds(1_395_066_363));
/// assert_eq!(exemplar.value.text(), "0.67");
/// ```
#[derive(Clone, Copy)]
pub struct Exemplar<'a> {
    /// Labels; at most 128 characters in all names and values together.
    pub labels: &'a dyn LabelSet,
    /// The value that was observed.
    pub value: Number,
    pub(crate) timestamp: Option<Number>,
}

impl<'a> Exemplar<'a> {
    /// An observation of unknown time.
    pub fn new(labels: &'a dyn LabelSet, value: impl Into<Number>) -> Self {
        Self { labels, value: value.into(), timestamp: None }
    }

    /// The same observation, made at `timestamp`.
    #[must_use]
    pub const fn at(self, timestamp: Timestamp) -> Self {
        Self { timestamp: Some(Number::stamp(timestamp)), ..self }
    }

    /// When it was made, if that was said.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp.map(Number::as_timestamp)
    }
}

/// Exemplars of a histogram's buckets.
///
/// ```
/// use picometer::{BucketExemplars, Exemplar};
///
/// struct Slowest;
///
/// impl BucketExemplars for Slowest {
///     fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
///         if bucket == 2 {
///             see(&Exemplar::new(&[("trace_id", "KOO5S4vxi0o")], 9.8));
///         }
///     }
/// }
/// ```
pub trait BucketExemplars {
    /// Calls `see` with the exemplar of a bucket, counted from 0, if it has one. The bucket behind the last bound is `+Inf`.
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>));
}

shown_as!([] Exemplar<'_>, self => self.value);
