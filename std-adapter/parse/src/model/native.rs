//! Native histograms: sparse buckets whose bounds follow from a schema.

use super::{Exemplar, Number};

/// A native histogram of one moment.
///
/// ```
/// use picometer_std::model::{NativeBuckets, NativeHistogram, Span};
///
/// let latency = NativeHistogram {
///     count: 5_u64.into(),
///     sum: 12.5,
///     positive_spans: vec![Span { offset: 0, length: 2 }],
///     positive: NativeBuckets::Deltas(vec![2, 1]),
///     ..NativeHistogram::default()
/// };
/// assert_eq!(latency.positive.counts(), [2.0, 3.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NativeHistogram {
    /// How many observations.
    pub count: Number,
    /// Their sum.
    pub sum: f64,
    /// The resolution: bounds grow by 2^(2^-schema).
    pub schema: i32,
    /// How far from zero the zero bucket reaches.
    pub zero_threshold: f64,
    /// How many observations are in the zero bucket.
    pub zero_count: Number,
    /// Which buckets of negative observations there are.
    pub negative_spans: Vec<Span>,
    /// What they hold.
    pub negative: NativeBuckets,
    /// Which buckets of positive observations there are.
    pub positive_spans: Vec<Span>,
    /// What they hold.
    pub positive: NativeBuckets,
    /// Observations of any bucket.
    pub exemplars: Vec<Exemplar>,
}

impl Default for NativeHistogram {
    fn default() -> Self {
        Self {
            count: 0_u64.into(),
            sum: 0.0,
            schema: 0,
            zero_threshold: 0.0,
            zero_count: 0_u64.into(),
            negative_spans: Vec::new(),
            negative: NativeBuckets::default(),
            positive_spans: Vec::new(),
            positive: NativeBuckets::default(),
            exemplars: Vec::new(),
        }
    }
}

/// A run of buckets.
///
/// ```
/// let first = picometer_std::model::Span { offset: -2, length: 3 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The index of the first bucket; behind another span, how many empty buckets are between them.
    pub offset: i32,
    /// How many buckets.
    pub length: u32,
}

/// What the buckets of the spans hold.
///
/// ```
/// use picometer_std::model::NativeBuckets;
///
/// assert_eq!(NativeBuckets::Deltas(vec![3, 2, -4]).counts(), [3.0, 5.0, 1.0]);
/// assert_eq!(NativeBuckets::Counts(vec![0.5]).len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum NativeBuckets {
    /// Of an integer histogram: each count as the difference to the one before.
    Deltas(Vec<i64>),
    /// Of a float histogram: the counts.
    Counts(Vec<f64>),
}

impl Default for NativeBuckets {
    fn default() -> Self {
        Self::Deltas(Vec::new())
    }
}

impl NativeBuckets {
    /// How many buckets.
    pub fn len(&self) -> usize {
        match self {
            Self::Deltas(deltas) => deltas.len(),
            Self::Counts(counts) => counts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether they are given as integers.
    pub(crate) const fn is_deltas(&self) -> bool {
        matches!(self, Self::Deltas(_))
    }

    /// The counts themselves.
    pub fn counts(&self) -> Vec<f64> {
        match self {
            Self::Deltas(deltas) => {
                let mut count = 0_i64;
                let running = deltas.iter().map(|&delta| {
                    count = count.wrapping_add(delta);
                    count as f64
                });
                running.collect()
            }
            Self::Counts(counts) => counts.clone(),
        }
    }
}
