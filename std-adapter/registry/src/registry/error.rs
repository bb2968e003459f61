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
/// let clash = registry
///     .register(Metric::<Counter>::new("http.requests_total", "").utf8())
///     .unwrap_err();
/// let both = "`http_requests_total` and `http.requests_total` would both be exposed as";
/// assert!(clash.to_string().starts_with(both));
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
    /// Whether it is a declaration, which nothing else can share.
    pub(super) declared: bool,
}

impl Owner {
    /// The family.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Where in the program it is registered, or where the block of its declaration begins.
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }
}

impl RegisterError {
    /// The family that was refused, as far as its name is known.
    pub(super) fn family(&self) -> &str {
        match self {
            Self::Metric(MetricError::Desc { name, .. }) => name,
            Self::Metric(error) => error.metric().unwrap_or("declared"),
            Self::Collision { second, .. } => &second.family,
        }
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(error) => error.fmt(f),
            Self::Collision { first, second, .. } if first.family == second.family && first.declared => {
                let Owner { family, place, .. } = first;
                match second.declared {
                    true if second.place == *place => write!(f, "metric `{family}` is declared twice in the block at {place}: rename one"),
                    true => write!(f, "metric `{family}` is declared at {place} and at {}: rename one", second.place),
                    false => write!(f, "metric `{family}` is declared at {place}: use that static, or rename the one at {}", second.place),
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collision_names_both_declarations() {
        let here = Location::caller();
        let owner = |declared| Owner { family: "jobs_total".into(), place: here, declared };
        let said = |first, second| RegisterError::Collision { sample: "jobs_total".into(), first, second }.to_string();
        assert_eq!(said(owner(true), owner(true)), format!("metric `jobs_total` is declared twice in the block at {here}: rename one"));
        let elsewhere = Owner { place: [Location::caller()][0], ..owner(true) };
        let both = format!("metric `jobs_total` is declared at {here} and at {}: rename one", elsewhere.place);
        assert_eq!(said(owner(true), elsewhere), both);
        let later = said(owner(true), owner(false));
        assert_eq!(later, format!("metric `jobs_total` is declared at {here}: use that static, or rename the one at {here}"));
    }

    #[test]
    fn refused_metric_is_known_by_its_name() {
        let name = |error: MetricError| RegisterError::from(error).family().to_owned();
        let metric = crate::Metric::<crate::Histogram>::new("wait_seconds", "").buckets([2.0, 1.0]);
        assert_eq!(name(metric.check().unwrap_err()), "wait_seconds");
        assert_eq!(name(crate::Metric::<crate::Counter>::new("wait", "").check().unwrap_err()), "wait");
    }
}
