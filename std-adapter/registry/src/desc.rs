//! Descriptions whose text is known only when the program runs.

mod error;

use std::borrow::Cow;

pub use error::{Given, MetricError};

use picometer::{Collector, Desc, DescError, DescParts, Kind};

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
    /// The description, or an error that says what to write.
    pub(crate) fn checked(&self) -> Result<Desc<'_>, MetricError> {
        self.desc().map_err(|error| self.blame(MetricError::Desc { name: (*self.name).into(), error }))
    }

    /// The error with the name of the family that it is of.
    pub(crate) fn blame(&self, error: MetricError) -> MetricError {
        error.of(self)
    }

    /// The name, as it is on the page if it can be there.
    pub(crate) fn full_name(&self) -> String {
        let parts = [&*self.namespace, &*self.subsystem, &*self.name];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
    }

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

/// A collector that can tell whether another would stand for the same metrics: what
/// [`Registry::get_or_register`](crate::Registry::get_or_register) asks. Implemented for metrics and families.
///
/// ```
/// use picometer_std::{SameFamily, Counter, Family};
///
/// let family = |label| Family::<Counter, 1>::new("requests_total", "Requests.", [label]);
/// assert!(family("code").is_like(&family("code")));
/// assert!(!family("code").is_like(&family("method")));
/// ```
#[doc(alias("Described"))]
pub trait SameFamily: Collector {
    /// Whether names, type, unit and labels are the same.
    fn is_like(&self, other: &Self) -> bool;
}
