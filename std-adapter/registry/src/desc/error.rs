//! What is wrong with a metric, of which family, and where in the program.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;

use picometer::{DescError, Kind, LabelError};

use super::OwnedDesc;
use crate::cell::buckets::BucketError;

/// Error returned by [`Registry::register`](crate::Registry::register) and `check` for a bad name, label or bound.
///
/// Its text names the metric and says what to write. What is registered has the caller's place in it too.
///
/// ```
/// use picometer_std::{Counter, DescError, Metric, MetricError, Registry};
///
/// let failures = Metric::<Counter>::new("my_failures", "Failures.");
/// assert_eq!(
///     failures.check(),
///     Err(MetricError::Desc {
///         name: "my_failures".into(),
///         error: DescError::CounterWithoutTotal
///     })
/// );
///
/// let error = Registry::new().register(failures).unwrap_err().to_string();
/// assert!(error.contains("write `my_failures_total`") && error.contains(file!()));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricError {
    /// Name, unit, namespace and type do not fit each other.
    Desc {
        /// The name that was given.
        name: Given<Box<str>>,
        /// Which rule is broken.
        error: DescError,
    },
    /// A label name is invalid.
    Label {
        /// The label name that was given.
        name: Given<Box<str>>,
        /// Which rule is broken.
        error: LabelError,
    },
    /// A label name is given twice.
    RepeatedLabel(Given<Box<str>>),
    /// A label that samples of this type have for themselves: `le`, `quantile`, the name of a state set, or `overflow` where a
    /// family has a cap.
    ReservedLabel(Given<Box<str>>),
    /// A label is constrained and not among those of the family.
    NoSuchLabel(Given<Box<str>>),
    /// The bounds of the buckets are invalid.
    Buckets(Given<BucketError>),
    /// A setting of the cell is out of its range.
    Setting(Given<&'static str>),
    /// A state set has no states, or more than 64: how many it has.
    States(Given<usize>),
    /// A state set has a state twice.
    RepeatedState(Given<Box<str>>),
}

/// A part of a metric as the program gave it, with the metric and the place in the program that it is of.
///
/// Equal to another if the part is: where it comes from is not compared.
///
/// ```
/// use picometer_std::{Family, Gauge, Given, MetricError};
///
/// let error =
///     Family::<Gauge, 1>::new("load", "Load.", ["__host"]).check().unwrap_err();
/// let MetricError::Label { name, .. } = &error else { panic!() };
/// assert_eq!((name.to_string().as_str(), name.metric()), ("__host", Some("load")));
/// assert_eq!(*name, Given::from("__host"));
/// ```
#[derive(Clone)]
pub struct Given<T> {
    what: T,
    origin: Option<Box<Origin>>,
}

#[derive(Clone, Default)]
struct Origin {
    metric: Option<Box<str>>,
    /// What the program could have written.
    better: Option<Box<str>>,
    place: Option<&'static Location<'static>>,
}

impl<T> Given<T> {
    /// The metric that it is of, where that is known.
    pub fn metric(&self) -> Option<&str> {
        self.origin.as_ref()?.metric.as_deref()
    }

    /// Where in the program it was registered.
    pub fn place(&self) -> Option<&'static Location<'static>> {
        self.origin.as_ref()?.place
    }

    fn origin(&mut self) -> &mut Origin {
        self.origin.get_or_insert_default()
    }

    /// Says of which family it is; one that is known stays.
    pub(crate) fn set_metric(&mut self, desc: &OwnedDesc) {
        self.origin().metric.get_or_insert_with(|| desc.full_name().into());
    }

    /// Says where it was given; a place that is known stays.
    pub(crate) fn set_place(&mut self, place: &'static Location<'static>) {
        self.origin().place.get_or_insert(place);
    }
}

impl<T> From<T> for Given<T> {
    fn from(what: T) -> Self {
        Self { what, origin: None }
    }
}

impl From<&str> for Given<Box<str>> {
    fn from(text: &str) -> Self {
        Box::<str>::from(text).into()
    }
}

impl<T> Deref for Given<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.what
    }
}

impl<T: PartialEq> PartialEq for Given<T> {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

impl<T: Eq> Eq for Given<T> {}

impl<T: fmt::Display> fmt::Display for Given<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Given<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

impl MetricError {
    /// The same error of this family; one that is known stays.
    pub(super) fn of(mut self, desc: &OwnedDesc) -> Self {
        let better = match &self {
            Self::Desc { error, .. } => better(desc, *error),
            _ => None,
        };
        if let Some(origin) = self.origin() {
            origin.metric.get_or_insert_with(|| desc.full_name().into());
            origin.better = origin.better.take().or(better);
        }
        self
    }

    /// The same error at the place where it is registered.
    #[must_use]
    pub(crate) fn at(mut self, place: &'static Location<'static>) -> Self {
        if let Some(origin) = self.origin() {
            origin.place.get_or_insert(place);
        }
        self
    }

    /// The metric that it is of, where that is known.
    pub(crate) fn metric(&self) -> Option<&str> {
        self.origin_if_known()?.metric.as_deref()
    }

    fn origin(&mut self) -> Option<&mut Origin> {
        match self {
            Self::Desc { name, .. } | Self::Label { name, .. } => Some(name.origin()),
            Self::RepeatedLabel(name) | Self::ReservedLabel(name) | Self::NoSuchLabel(name) | Self::RepeatedState(name) => {
                Some(name.origin())
            }
            Self::Buckets(error) => Some(error.origin()),
            Self::Setting(range) => Some(range.origin()),
            Self::States(count) => Some(count.origin()),
        }
    }

    fn origin_if_known(&self) -> Option<&Origin> {
        match self {
            Self::Desc { name, .. } | Self::Label { name, .. } => name.origin.as_deref(),
            Self::RepeatedLabel(name) | Self::ReservedLabel(name) | Self::NoSuchLabel(name) | Self::RepeatedState(name) => {
                name.origin.as_deref()
            }
            Self::Buckets(error) => error.origin.as_deref(),
            Self::Setting(range) => range.origin.as_deref(),
            Self::States(count) => count.origin.as_deref(),
        }
    }
}

/// The name that follows the rule, where adding to it is enough.
fn better(desc: &OwnedDesc, error: DescError) -> Option<Box<str>> {
    let stem = desc.name.strip_suffix(desc.kind.suffix()).unwrap_or(&desc.name);
    let name = match error {
        DescError::CounterWithoutTotal | DescError::InfoWithoutSuffix => format!("{}{}", desc.name, desc.kind.suffix()),
        DescError::UnitNotInName if matches!(desc.kind, Kind::Info | Kind::StateSet) => return None,
        DescError::UnitNotInName => format!("{stem}_{}{}", desc.unit, desc.kind.suffix()),
        _ => return None,
    };
    let better = OwnedDesc { name: name.clone().into(), ..desc.clone() };
    better.desc().is_ok().then(|| name.into())
}

impl fmt::Display for MetricError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.origin_if_known();
        let metric = origin.and_then(|origin| origin.metric.as_deref());
        match (self, metric) {
            (Self::Desc { name, .. }, None) => write!(f, "metric `{name}`: ")?,
            (_, Some(metric)) => write!(f, "metric `{metric}`: ")?,
            (_, None) => {}
        }
        match self {
            Self::Desc { error, .. } => error.fmt(f)?,
            Self::Label { name, error } => {
                let advice = match error {
                    LabelError::BadName => ": write letters, digits and `_`, or call `.utf8()` on the family",
                    LabelError::Reserved => ": take another name",
                    _ => "",
                };
                write!(f, "label `{name}`: {error}{advice}")?;
            }
            Self::RepeatedLabel(name) => write!(f, "label `{name}` is given twice: rename one")?,
            Self::ReservedLabel(name) => write!(f, "label `{name}` belongs to the samples of the metric itself: rename it")?,
            Self::NoSuchLabel(name) => write!(f, "label `{name}` is constrained, and the family has no such label")?,
            Self::Buckets(error) => error.fmt(f)?,
            Self::Setting(range) => f.write_str(range)?,
            Self::States(count) => write!(f, "a state set needs from 1 to 64 states, and was given {count}: see `states`")?,
            Self::RepeatedState(state) => write!(f, "state `{state}` is given twice: leave one out")?,
        }
        if let Some(better) = origin.and_then(|origin| origin.better.as_deref()) {
            write!(f, ": write `{better}`")?;
        }
        match origin.and_then(|origin| origin.place) {
            Some(place) => write!(f, " (at {place})"),
            None => Ok(()),
        }
    }
}

picometer::__speaks!(MetricError);

impl std::error::Error for MetricError {}

impl From<BucketError> for MetricError {
    fn from(error: BucketError) -> Self {
        Self::Buckets(error.into())
    }
}
