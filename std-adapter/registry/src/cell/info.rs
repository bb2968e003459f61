//! Info metrics whose facts are known when the program runs.

use picometer::{Cell, Kind, Label, LabelSet, PointValue, SeriesEncoder, Stop};

use super::Make;
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
#[derive(Debug, Default)]
pub struct Info {
    facts: RwLock<Facts>,
    name: FactsName,
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
        let change = || *self.facts.write() = kept.into();
        self.name.change(change, |series| self.show(series));
        Ok(())
    }

    /// The facts.
    pub fn get(&self) -> Facts {
        self.facts.read().clone()
    }

    fn show(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let facts = self.get();
        series.value(PointValue::Info(&Others { facts: &facts, series: series.labels() }))
    }
}

impl Make for Info {
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
