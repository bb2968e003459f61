//! What the collectors of this crate tell the registry that they are registered in, through the extension of the run.

use std::any::TypeId;

use picometer::__private::{PageNote, Restarting};
use picometer::{Desc, Encoder, Kind, Run, Stop};

use crate::desc::MetricError;
use crate::label::{Facts, are_one};

/// A collector is being registered: it collects once, for the names of its families.
#[derive(Debug)]
pub(crate) struct Registering {
    /// The type of the collector.
    collector: TypeId,
    /// What is put on all its series.
    outer: Facts,
    /// The labels that it says its series have.
    own: Vec<Box<str>>,
    /// Whether the collector is one of this crate's that has its families from the start, valid labels and no series twice.
    pub(crate) is_known: bool,
    /// Whether at least its series are as good.
    pub(crate) knows_series: bool,
    /// What makes it invalid.
    pub(crate) error: Option<MetricError>,
}

impl Registering {
    pub(crate) fn new(collector: TypeId, outer: Facts) -> Self {
        Self { collector, outer, own: Vec::new(), is_known: false, knows_series: false, error: None }
    }

    /// Whether the collector is a `T`, or a static one.
    fn is_of<T: 'static>(&self) -> bool {
        self.collector == TypeId::of::<T>() || self.collector == TypeId::of::<&'static T>()
    }

    /// Whether series have labels besides those that the collector gives.
    pub(crate) fn has_outer_labels(&self) -> bool {
        !self.outer.is_empty()
    }

    /// Checks the labels that are known against a family that begins.
    pub(crate) fn begin(&mut self, desc: &Desc<'_>) {
        let all = self.outer.iter().map(|(name, _)| name).chain(&self.own);
        if let Some(reserved) = all.into_iter().find(|name| is_reserved(desc, name)) {
            self.error.get_or_insert(MetricError::ReservedLabel(reserved.clone().into()));
        }
    }
}

/// Whether samples of the family have this label besides those of the series.
pub(crate) fn is_reserved(desc: &Desc<'_>, label: &str) -> bool {
    match desc.kind() {
        Kind::Histogram | Kind::GaugeHistogram => label == "le",
        Kind::Summary => label == "quantile",
        Kind::StateSet => desc.name() == *label,
        _ => false,
    }
}

/// The extension of a run within a registry, in a pass behind the first one.
#[derive(Debug)]
pub(crate) struct LaterPass;

/// Whether the page passes over its collectors once more, to write what its format has behind the other families.
pub(crate) fn is_later_pass(out: &mut dyn Encoder) -> bool {
    let extension = out.run().and_then(Run::extension);
    extension.is_some_and(|any| any.is::<LaterPass>() || any.downcast_ref().is_some_and(PageNote::is_later))
}

/// Whether collectors go back to their start in this run.
pub(crate) fn is_restarting(out: &mut dyn Encoder) -> bool {
    out.run().and_then(Run::extension).is_some_and(|extension| extension.is::<Restarting>())
}

/// The registering that goes on, if any.
fn registering(out: &mut dyn Encoder) -> Option<&mut Registering> {
    out.run()?.extension()?.downcast_mut()
}

/// Whether the collectors are asked for their names.
pub(crate) fn is_registering(out: &mut dyn Encoder) -> bool {
    registering(out).is_some()
}

/// Says, before its first family, what a collector of type `T` keeps: these label names, which are valid; each series once; no
/// families but those that it begins now.
#[inline]
pub(crate) fn vouch<'n, T: 'static>(out: &mut dyn Encoder, labels: impl IntoIterator<Item = &'n str>) {
    if let Some(registering) = registering(out) {
        let labels: Vec<Box<str>> = labels.into_iter().map(Into::into).collect();
        let is_outer = |label: &str| registering.outer.iter().any(|(name, _)| are_one(name, label));
        if let Some(repeated) = labels.iter().find(|label| is_outer(label)) {
            registering.error.get_or_insert(MetricError::RepeatedLabel(repeated.clone().into()));
        }
        // A collector of another type may have changed what this one gives.
        if registering.is_of::<T>() {
            registering.own = labels;
            (registering.is_known, registering.knows_series) = (true, true);
        }
    }
}

/// Says that a collector of type `T` checks the series that it hands on, before labels of its registry come to them.
pub(crate) fn vouch_series<T: 'static>(out: &mut dyn Encoder) {
    if let Some(registering) = registering(out) {
        registering.knows_series |= registering.is_of::<T>() && registering.outer.is_empty();
    }
}

/// Reports a metric that is invalid: an error of the registration, if the collector is being registered.
#[cold]
pub(crate) fn refuse(out: &mut dyn Encoder, error: MetricError) -> Stop {
    let stop = out.fail(&error);
    if let Some(registering) = registering(out) {
        registering.error.get_or_insert(error);
    }
    stop
}
