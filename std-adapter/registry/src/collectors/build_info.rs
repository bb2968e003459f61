//! What was built.

use picometer::{Collector, Encoder, Kind, Point, PointValue, Stop};

use crate::desc::{MetricError, OwnedDesc};
use crate::label::{FactLabels, Facts, check_names};
use crate::registering::{refuse, vouch};

/// An info metric `<program>_build_info`: which version of a program runs. [`build_info!`](crate::build_info) makes one of the
/// crate that it is in.
///
/// ```
/// use picometer_std::collectors::BuildInfo;
/// use picometer_std::{Format, Registry, render};
///
/// let registry = Registry::new();
/// registry
///     .register(BuildInfo::new("shop-api", "1.4.0").fact("revision", "38d83d6"))?;
///
/// let mut page = Vec::new();
/// render(&registry, Format::Text004, &mut page);
/// assert!(
///     page.ends_with(
///         b"shop_api_build_info{version=\"1.4.0\",revision=\"38d83d6\"} 1\n"
///     )
/// );
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BuildInfo {
    desc: OwnedDesc,
    facts: Facts,
}

impl BuildInfo {
    /// Of this version. In the name of the program every character that a metric name cannot have becomes `_`.
    pub fn new(program: &str, version: &str) -> Self {
        let name: String = program.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == ':' { c } else { '_' }).collect();
        let desc = OwnedDesc::new(Kind::Info, &(name + "_build_info"), "Build information.");
        Self { desc, facts: [("version".into(), version.into())].into() }
    }

    /// Adds what else is known: a revision, a branch, a builder. An empty value adds nothing.
    #[must_use]
    pub fn fact(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.facts = self.facts.iter().cloned().chain([(name.into(), value.into())]).collect();
        }
        self
    }
}

impl Collector for BuildInfo {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        check_names(self.facts.iter().map(|(name, _)| &**name), true, &[]).map_err(|error| refuse(out, error))?;
        let problem = |error| MetricError::Desc { name: (*self.desc.name).into(), error };
        let desc = self.desc.desc().map_err(|error| refuse(out, problem(error)))?;
        vouch::<Self>(out, self.facts.iter().map(|(name, _)| &**name));
        if out.begin(&desc)? { out.metric(&desc, &(), &Point::new(PointValue::Info(&FactLabels(&self.facts)))) } else { Ok(()) }
    }
}

/// [`BuildInfo`] of the crate that this is written in: its name and version, and where the environment of the compiler has
/// them, `GIT_COMMIT` as `revision` and `GIT_BRANCH` as `branch`.
///
/// ```
/// let registry = picometer_std::Registry::new();
/// registry.register(picometer_std::build_info!())?;
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
#[macro_export]
macro_rules! build_info {
    () => {
        $crate::collectors::BuildInfo::new(::core::env!("CARGO_PKG_NAME"), ::core::env!("CARGO_PKG_VERSION"))
            .fact("revision", ::core::option_env!("GIT_COMMIT").unwrap_or(""))
            .fact("branch", ::core::option_env!("GIT_BRANCH").unwrap_or(""))
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RegisterError, Registry};

    #[test]
    fn facts_that_cannot_be_are_errors() {
        let register = |info: BuildInfo| Registry::new().register(info).map(drop);
        assert_eq!(register(BuildInfo::new("a.b-c", "1").fact("branch", "")), Ok(()));
        let repeated = MetricError::RepeatedLabel("version".into());
        assert_eq!(register(BuildInfo::new("a", "1").fact("version", "2")), Err(RegisterError::Metric(repeated)));
        assert!(register(BuildInfo::new("9a", "1")).is_err());
    }
}
