//! Why something could not be registered.

use std::fmt;
use std::panic::Location;

use crate::desc::MetricError;

/// Error returned by [`Registry::register`](crate::Registry::register). Nothing was registered.
///
/// ```
/// use picometer_std::{Counter, Metric, Registry};
///
/// let registry = Registry::new();
/// registry.register(Metric::<Counter>::new("http_requests_total", ""))?;
/// let clash = registry.register(Metric::<Counter>::new("http.requests_total", "").utf8()).unwrap_err();
/// assert!(clash.to_string().starts_with("`http_requests_total` and `http.requests_total` would both be exposed as `http_requests"));
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The metric cannot be.
    Metric(MetricError),
    /// Samples of one name, in some format or after escaping.
    Collision {
        /// The name.
        sample: Box<str>,
        /// Who has it.
        first: Owner,
        /// Who wants it; the same, if one collector has the family twice.
        second: Owner,
    },
}

impl RegisterError {
    /// The same error, of the caller at `place`.
    #[must_use]
    pub(crate) fn at(self, place: &'static Location<'static>) -> Self {
        match self {
            Self::Metric(error) => Self::Metric(error.at(place)),
            collision @ Self::Collision { .. } => collision,
        }
    }
}

/// Who has a name.
///
/// ```
/// use picometer_std::{Counter, Metric, RegisterError, Registry};
///
/// let registry = Registry::new();
/// let jobs = || registry.register(Metric::<Counter>::new("jobs_total", ""));
/// jobs()?;
/// let Err(RegisterError::Collision { first, .. }) = jobs() else { panic!() };
/// assert_eq!(first.family(), "jobs_total");
/// # Ok::<(), RegisterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub(super) family: Box<str>,
    pub(super) place: &'static Location<'static>,
}

impl Owner {
    /// The family.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Where in the program it is registered.
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }
}

impl RegisterError {
    /// The family that was refused, as far as its name is known.
    pub(super) fn family(&self) -> &str {
        match self {
            Self::Metric(MetricError::Desc { name, .. }) => name,
            Self::Metric(_) => "declared",
            Self::Collision { second, .. } => &second.family,
        }
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(error) => error.fmt(f),
            Self::Collision { first, second, .. } if first.family == second.family && first.place == second.place => write!(
                f,
                "metric `{}` is registered twice at {}: share it by `get_or_register`, or give it labels that differ",
                first.family, first.place
            ),
            Self::Collision { first, second, .. } if first.family == second.family => write!(
                f,
                "metric `{}` is already registered at {}: use `get_or_register` to share it, or rename the one at {}",
                first.family, first.place, second.place
            ),
            Self::Collision { sample, first, second } => write!(
                f,
                "`{}` and `{}` would both be exposed as `{sample}`; registered at {} and {}: rename one",
                first.family, second.family, first.place, second.place
            ),
        }
    }
}

picometer::__speaks!(RegisterError);
impl std::error::Error for RegisterError {}

impl From<MetricError> for RegisterError {
    fn from(error: MetricError) -> Self {
        Self::Metric(error)
    }
}
