//! Descriptions whose text is known only when the program runs.

use std::borrow::Cow;
use std::fmt;

use picometer::{Collector, Desc, DescError, DescParts, Kind, LabelError};

use crate::cell::buckets::BucketError;

/// A [`Desc`] that owns its text, unless that is the program's.
#[derive(Clone, Debug)]
pub(crate) struct OwnedDesc {
    pub(crate) kind: Kind,
    pub(crate) namespace: Cow<'static, str>,
    pub(crate) subsystem: Cow<'static, str>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) help: Cow<'static, str>,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) utf8: bool,
}

impl OwnedDesc {
    pub(crate) fn new(kind: Kind, name: &str, help: &str) -> Self {
        let own = |text: &str| Cow::Owned(text.to_owned());
        Self { kind, namespace: "".into(), subsystem: "".into(), name: own(name), help: own(help), unit: "".into(), utf8: false }
    }

    /// Of a static.
    pub(crate) const fn fixed(desc: Desc<'static>) -> Self {
        let DescParts { kind, namespace, subsystem, name, help, unit, utf8 } = desc.parts();
        Self {
            kind,
            namespace: Cow::Borrowed(namespace),
            subsystem: Cow::Borrowed(subsystem),
            name: Cow::Borrowed(name),
            help: Cow::Borrowed(help),
            unit: Cow::Borrowed(unit),
            utf8,
        }
    }

    /// The description, if its parts fit each other.
    pub(crate) fn desc(&self) -> Result<Desc<'_>, DescError> {
        let Self { kind, namespace, subsystem, name, help, unit, utf8 } = self;
        Desc::try_new(DescParts { kind: *kind, namespace, subsystem, name, help, unit, utf8: *utf8 })
    }
}

impl OwnedDesc {
    /// Whether it describes the same family, whatever its help says.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let key = |desc: &Self| match desc.desc() {
            Ok(desc) => (desc.kind(), desc.name().to_string(), desc.unit_name().to_owned()),
            Err(_) => (desc.kind, String::new(), String::new()),
        };
        self.desc().is_ok() && key(self) == key(other)
    }
}

/// The methods that [`Metric`](crate::Metric) and the families have in common: the parts of the name.
macro_rules! describes {
    ($($desc:ident).+) => {
        /// Puts `namespace_` in front of the name.
        #[must_use]
        pub fn namespace(mut self, namespace: &str) -> Self {
            self.$($desc).+.namespace = namespace.to_owned().into();
            self
        }

        /// Puts `subsystem_` between namespace and name.
        #[must_use]
        pub fn subsystem(mut self, subsystem: &str) -> Self {
            self.$($desc).+.subsystem = subsystem.to_owned().into();
            self
        }

        /// Names the unit, which the name must end in (before `_total`).
        #[must_use]
        pub fn unit(mut self, unit: &str) -> Self {
            self.$($desc).+.unit = unit.to_owned().into();
            self
        }

        /// Allows any UTF-8 in the name, and in label names; scrapers that do not ask for UTF-8 see it escaped.
        #[must_use]
        pub fn utf8(mut self) -> Self {
            self.$($desc).+.utf8 = true;
            self
        }
    };
}
pub(crate) use describes;

/// Why a metric or family cannot be: what [`Registry::register`](crate::Registry::register) says of a bad name, label or bound.
///
/// ```
/// use picometer_std::{Counter, DescError, Metric, MetricError};
///
/// let requests = Metric::<Counter>::new("requests", "A counter needs a name that ends in _total.");
/// assert_eq!(requests.check(), Err(MetricError::Desc { name: "requests".into(), error: DescError::CounterWithoutTotal }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricError {
    /// Name, unit, namespace and type do not fit each other.
    Desc {
        /// The name that was given.
        name: Box<str>,
        /// Which rule is broken.
        error: DescError,
    },
    /// A label name that cannot be.
    Label {
        /// The label name that was given.
        name: Box<str>,
        /// Which rule is broken.
        error: LabelError,
    },
    /// A label name that is given twice.
    RepeatedLabel(Box<str>),
    /// A label that samples of this type have for themselves: `le`, `quantile`, the name of a state set, or `overflow` where a
    /// family has a cap.
    ReservedLabel(Box<str>),
    /// A label that is constrained and not among those of the family.
    NoSuchLabel(Box<str>),
    /// Bounds that cannot be.
    Buckets(BucketError),
    /// A state set without states, or with one twice.
    States,
}

impl fmt::Display for MetricError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Desc { name, error } => write!(f, "metric `{name}`: {error}"),
            Self::Label { name, error } => write!(f, "label `{name}`: {error}"),
            Self::RepeatedLabel(name) => write!(f, "label `{name}` is given twice"),
            Self::ReservedLabel(name) => write!(f, "label `{name}` belongs to the metric itself"),
            Self::NoSuchLabel(name) => write!(f, "label `{name}` is constrained, and the family has no such label"),
            Self::Buckets(error) => error.fmt(f),
            Self::States => f.write_str("a state set needs states, each of them once"),
        }
    }
}

impl std::error::Error for MetricError {}

impl From<BucketError> for MetricError {
    fn from(error: BucketError) -> Self {
        Self::Buckets(error)
    }
}

/// A collector that can tell whether another would stand for the same metrics: what
/// [`Registry::get_or_register`](crate::Registry::get_or_register) asks. Implemented for metrics and families.
///
/// ```
/// use picometer_std::{Described, Counter, Family};
///
/// let family = |label| Family::<Counter, 1>::new("requests_total", "Requests.", [label]);
/// assert!(family("code").is_like(&family("code")));
/// assert!(!family("code").is_like(&family("method")));
/// ```
pub trait Described: Collector {
    /// Whether names, type, unit and labels are the same.
    fn is_like(&self, other: &Self) -> bool;
}
