//! Which names a collector claims, found by collecting.

use std::any::TypeId;

use picometer::__private::OneRun;
use picometer::{Desc, Encoder, Kind, LabelSet, Point, PointValue, Run, Stop};

use super::RegisterError;
use crate::caught::caught;
use crate::desc::MetricError;
use crate::label::{Facts, are_one, escaped_metric};
use crate::registering::{Registering, is_reserved};
use crate::scrape::is_probe;

/// A family, and the names of all samples that it may have, as a scraper sees them that takes no UTF-8.
pub(super) struct Claimed {
    pub(super) name: Box<str>,
    kind: Kind,
    unit: Box<str>,
    pub(super) samples: Vec<Box<str>>,
}

impl Claimed {
    pub(super) fn new(desc: &Desc<'_>) -> Self {
        let samples = desc.kind().suffixes().iter().map(|suffix| escaped_metric(desc.sample(suffix).chars())).collect();
        Self { name: desc.name().to_string().into(), kind: desc.kind(), unit: desc.unit_name().into(), samples }
    }

    /// Whether both can stand under one header.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.name, self.kind, &self.unit) == (&other.name, other.kind, &other.unit)
    }

    /// Whether this is the family.
    pub(super) fn is(&self, desc: &Desc<'_>) -> bool {
        self.kind == desc.kind() && desc.name() == *self.name && *self.unit == *desc.unit_name()
    }
}

/// What is known of a collector once it collected for its names.
pub(super) struct Known {
    /// Its families. One that cannot collect has those that it gave.
    pub(super) families: Vec<Claimed>,
    /// Whether those are all that it has now.
    pub(super) whole: bool,
    /// Whether it never has others.
    pub(super) names: bool,
    /// Whether its series need no check.
    pub(super) series: bool,
    /// What the panic said that it ended in.
    pub(super) panicked: Option<String>,
}

/// Collects for names, within labels of a registry.
pub(super) fn known(
    collector: TypeId,
    outer: Facts,
    collect: impl FnOnce(&mut dyn Encoder) -> Result<(), Stop>,
) -> Result<Known, RegisterError> {
    let registering = Registering::new(collector, outer);
    let mut names = Names { families: Vec::new(), run: OneRun(registering) };
    let result = caught(|| collect(&mut names));
    let whole = matches!(result, Ok(Ok(())));
    let panicked = result.err().map(|message| format!("it panicked: {message}"));
    match names.run.0.error.take() {
        Some(error) => Err(error.into()),
        None => {
            let Names { families, run: OneRun(registering) } = names;
            Ok(Known { families, whole, names: registering.is_known, series: registering.knows_series, panicked })
        }
    }
}

struct Names {
    families: Vec<Claimed>,
    run: OneRun<Registering>,
}

impl Encoder for Names {
    /// Metrics are wanted where their labels may clash with those of the registry, which only the metrics tell.
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        if is_probe(desc) {
            return Ok(false);
        }
        self.families.push(Claimed::new(desc));
        let registering = &mut self.run.0;
        registering.begin(desc);
        Ok(registering.has_outer_labels() && !registering.is_known)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let facts: &dyn LabelSet = if let PointValue::Info(facts) = point.value { facts } else { &() };
        let mut before: Vec<&str> = Vec::new();
        for label in (0..).map_while(|index| labels.label(index)).chain((0..).map_while(|index| facts.label(index))) {
            let error = match () {
                () if is_reserved(desc, label.name) => Some(MetricError::ReservedLabel(label.name.into())),
                () if before.iter().any(|name| are_one(name, label.name)) => Some(MetricError::RepeatedLabel(label.name.into())),
                () => None,
            };
            before.push(label.name);
            if let Some(error) = error {
                self.run.0.error.get_or_insert(error);
            }
        }
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut self.run)
    }
}
