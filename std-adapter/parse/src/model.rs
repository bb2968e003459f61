//! Metrics as plain data: what a parser read, what a snapshot of a registry holds.
//!
//! A [`Family`] is a name, a type and its [`Sample`]s, one for each line of a text page, in page order. Nothing is rounded:
//! integers stay integers beyond 2⁵³, timestamps keep their nanoseconds.
//!
//! ```
//! use picometer_std::Kind;
//! use picometer_std::model::{Family, Sample};
//!
//! let mut boots = Family::new("boots", Kind::Counter);
//! boots.samples.push(Sample::new("boots_total", [("board", "an385")], 17_u64));
//! assert_eq!(boots.samples[0].labels.get("board"), Some("an385"));
//! assert_eq!(
//!     boots.sample("boots_total", &[("board", "an385")]).unwrap().value.as_f64(),
//!     17.0
//! );
//! ```

mod json;
mod labels;
mod native;
mod number;
mod odd;

use std::sync::Arc;

use picometer::Kind;

pub use json::Json;
pub(crate) use json::type_name;
pub use labels::{Iter, Labels};
pub use native::{NativeBuckets, NativeHistogram, Span};
pub use number::{Number, Time};

/// A family of metrics: everything between two headers of a page.
///
/// ```
/// use picometer_std::Kind;
/// use picometer_std::model::Family;
///
/// let family = Family {
///     help: "Times the device started.".into(),
///     ..Family::new("boots", Kind::Counter)
/// };
/// assert!(family.samples.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Family<S = Sample> {
    /// The name as OpenMetrics has it: without `_total` and `_info`.
    pub name: String,
    /// The type.
    pub kind: Kind,
    /// The help text, not escaped.
    pub help: String,
    /// The unit, or nothing.
    pub unit: String,
    /// The samples in page order; of another type where they borrow from a page.
    pub samples: Vec<S>,
}

impl Family {
    /// A family without help, unit and samples.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, help: String::new(), unit: String::new(), samples: Vec::new() }
    }

    /// The name where families are called as their samples are, as in text: with `_total` or `_info` if the samples have it.
    ///
    /// ```
    /// use picometer_std::parse::{self, Dialect, Rules};
    ///
    /// let page =
    ///     "# TYPE jobs_total counter\njobs_total 1\n# TYPE errors counter\nerrors 1\n";
    /// let families = parse::families(page, Dialect::Text004, Rules::STRICT).unwrap();
    /// assert_eq!(
    ///     (families[0].name.as_str(), families[0].page_name().as_str()),
    ///     ("jobs", "jobs_total")
    /// );
    /// assert_eq!(
    ///     (families[1].name.as_str(), families[1].page_name().as_str()),
    ///     ("errors", "errors")
    /// );
    /// ```
    pub fn page_name(&self) -> String {
        let suffix = self.kind.suffix();
        let bare = || self.samples.iter().any(|sample| *sample.name == *self.name);
        if suffix.is_empty() || bare() { self.name.clone() } else { format!("{}{suffix}", self.name) }
    }

    /// What of the family is in pieces or contradicts itself, in words: buckets without a count, a count that is not that of the
    /// last bucket. Readers take such families, and a conversion to the same format keeps them.
    ///
    /// ```
    /// use picometer_std::parse::{self, Dialect, Rules};
    ///
    /// let page = "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_sum 1\nh_count 4\n";
    /// let families = parse::families(page, Dialect::Text004, Rules::STRICT).unwrap();
    /// assert_eq!(families[0].odd(), ["the count is not that of the bucket `+Inf`"]);
    /// ```
    pub fn odd(&self) -> Vec<&'static str> {
        odd::of(self)
    }

    /// The first sample of this name with exactly these labels, in any order.
    pub fn sample(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Sample> {
        let same = |own: &Labels| own.len() == labels.len() && labels.iter().all(|&(name, value)| own.get(name) == Some(value));
        self.samples.iter().find(|sample| &*sample.name == name && same(&sample.labels))
    }
}

/// One sample: a line of a text page.
///
/// ```
/// use picometer_std::Timestamp;
/// use picometer_std::model::{Sample, Time};
///
/// let load = Sample {
///     timestamp: Some(Time::Exact(Timestamp::from_millis(1_500))),
///     ..Sample::new("load", [], 0.5)
/// };
/// assert_eq!(load.timestamp.unwrap().seconds(), 1.5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The name with its suffix; shared between the samples of a family.
    pub name: Arc<str>,
    /// The labels, `le` and `quantile` among them.
    pub labels: Labels,
    /// The value; NaN where there is a native histogram instead.
    pub value: Number,
    /// When it was measured, if that was said.
    pub timestamp: Option<Time>,
    /// The observation behind it.
    pub exemplar: Option<Box<Exemplar>>,
    /// A whole native histogram, which is one sample.
    pub native_histogram: Option<Box<NativeHistogram>>,
}

impl Sample {
    /// A sample of now.
    pub fn new<'a>(name: impl Into<Arc<str>>, labels: impl IntoIterator<Item = (&'a str, &'a str)>, value: impl Into<Number>) -> Self {
        let labels = labels.into_iter().collect();
        Self { name: name.into(), labels, value: value.into(), timestamp: None, exemplar: None, native_histogram: None }
    }
}

/// An observation that a sample points to: a trace, a request.
///
/// ```
/// use picometer_std::model::Exemplar;
///
/// let exemplar = Exemplar {
///     labels: [("trace_id", "KOO5S4vxi0o")].into_iter().collect(),
///     value: 0.67.into(),
///     timestamp: None,
/// };
/// assert_eq!(exemplar.labels.get("trace_id"), Some("KOO5S4vxi0o"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// The labels.
    pub labels: Labels,
    /// The value that was observed.
    pub value: Number,
    /// When it was made, if that was said.
    pub timestamp: Option<Time>,
}
