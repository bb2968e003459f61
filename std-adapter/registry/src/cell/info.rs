//! Info metrics whose facts are known when the program runs.

use picometer::{Cell, Kind, Label, LabelSet, PointValue, SeriesEncoder, Stop};

use super::FromConfig;
use crate::atomic::RwLock;
use crate::desc::MetricError;
use crate::label::Facts;
use crate::shared::FactsName;

/// Facts in labels; the value is always 1. Starts without facts of its own: then its labels are those of the series.
///
/// ```
/// use picometer_std::{Info, Metric};
///
/// let build = Metric::<Info>::new("build_info", "What was built.");
/// build.set([("version", "1.4.0"), ("commit", "38d83d6")])?;
/// assert_eq!(build.get().len(), 2);
/// # Ok::<(), picometer_std::MetricError>(())
/// ```
#[derive(Debug)]
pub struct Info {
    /// Those that a declaration gave may be wrong, which each page reports.
    facts: RwLock<Result<Facts, Box<MetricError>>>,
    name: FactsName,
}

impl Default for Info {
    fn default() -> Self {
        Self { facts: RwLock::new(Ok(Facts::default())), name: FactsName::default() }
    }
}

impl Info {
    /// An info metric without facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces all facts.
    ///
    /// # Errors
    ///
    /// A name that is empty, reserved or there twice; then the facts stay as they are. A name that is also a label of the series
    /// is left out of the page.
    pub fn set<N: AsRef<str>, V: AsRef<str>>(&self, facts: impl IntoIterator<Item = (N, V)>) -> Result<(), MetricError> {
        let mut kept: Vec<(Box<str>, Box<str>)> = Vec::new();
        for (name, value) in facts {
            let (name, value) = (name.as_ref(), value.as_ref());
            Label::try_utf8(name, value).map_err(|error| MetricError::Label { name: name.into(), error })?;
            if kept.iter().any(|(before, _)| **before == *name) {
                return Err(MetricError::RepeatedLabel(name.into()));
            }
            kept.push((name.into(), value.into()));
        }
        let change = || *self.facts.write() = Ok(kept.into());
        self.name.change(change, |series| self.show(series));
        Ok(())
    }

    /// The same for facts of a declaration, where no caller gets the error.
    pub(crate) fn of<N: AsRef<str>, V: AsRef<str>>(facts: impl IntoIterator<Item = (N, V)>) -> Self {
        let info = Self::new();
        if let Err(error) = info.set(facts) {
            *info.facts.write() = Err(error.into());
        }
        info
    }

    /// The facts.
    pub fn get(&self) -> Facts {
        self.facts.read().clone().unwrap_or_default()
    }

    fn show(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let facts = self.facts.read().clone().map_err(|error| series.fail(error))?;
        series.value(PointValue::Info(&Others { facts: &facts, series: series.labels() }))
    }
}

impl FromConfig for Info {
    type Config = ();

    fn make((): &()) -> Self {
        Self::new()
    }

    fn removed(&self) {
        self.name.remove();
    }
}

/// Facts as labels, without those whose names the series has already.
struct Others<'a> {
    facts: &'a [(Box<str>, Box<str>)],
    series: &'a dyn LabelSet,
}

impl LabelSet for Others<'_> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let has = |name: &str| (0..).map_while(|at| self.series.label(at)).any(|label| label.name == name);
        let (name, value) = self.facts.iter().filter(|(name, _)| !has(name)).nth(index)?;
        Some(Label { name, value })
    }
}

impl Cell for Info {
    const KIND: Kind = Kind::Info;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.name.show(series, |series| self.show(series))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Metric, Registry};

    #[test]
    fn wrong_facts_of_a_declaration_are_a_failure_until_right_ones_are_set() {
        let registry = Registry::new();
        let info = registry.register(Metric::from_cell("app_info", "Facts.", Info::of([("version", "1"), ("version", "2")]))).unwrap();
        let page = || crate::tests::page(&registry, picometer::Format::Text004);
        assert!(!page().contains("app_info{"));
        let failures = registry.failures();
        assert!(failures[0].reason.contains("version"), "{failures:?}");
        info.set([("version", "2")]).unwrap();
        assert!(page().contains("app_info{version=\"2\"} 1\n"), "{}", page());
    }
}
