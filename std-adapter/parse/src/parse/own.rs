//! From samples that borrow to samples that own.

use std::fmt::Write;
use std::sync::Arc;

use super::budget::PER_BYTE;
use super::composite;
use super::event::{Exemplar, Sample};
use super::labels::Labels;
use super::native;
use crate::model;

/// Makes samples that own; the samples of a family share their names.
#[derive(Debug, Default)]
pub(super) struct Owner {
    name: Option<Arc<str>>,
    /// Whether a sample stood for more than its line has room to say: each with all the labels.
    exceeded: bool,
}

impl Owner {
    /// Whether samples were left out for want of memory.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    /// Adds a sample, or all those that it stands for.
    #[inline]
    pub(super) fn samples(&mut self, sample: &Sample<'_>, out: &mut Vec<model::Sample>) {
        if sample.native_histogram.is_none() && sample.start.is_none() {
            return out.push(self.sample(sample));
        }
        self.expanded(sample, out);
    }

    #[inline(never)]
    fn expanded(&mut self, sample: &Sample<'_>, out: &mut Vec<model::Sample>) {
        let whole = self.sample(sample);
        let created = sample.start.map(|start| {
            let stem = if sample.native_histogram.is_some() { None } else { whole.name.strip_suffix("_total") };
            let name = format!("{}_created", stem.unwrap_or(&whole.name)).into();
            let (labels, value) = (whole.labels.clone(), model::Number::Float(start.seconds()));
            model::Sample { name, labels, value, timestamp: whole.timestamp, exemplar: None, native_histogram: None }
        });
        match sample.native_histogram.and_then(|text| composite::read(text).ok()) {
            Some(composite) if !allows(composite.size(&whole.labels), sample) => {
                self.exceeded = true;
                out.push(whole);
            }
            Some(composite) => composite.into_samples(&whole, sample.exemplars().map(|exemplar| own_exemplar(&exemplar)).collect(), out),
            None => out.push(whole),
        }
        out.extend(created);
    }

    #[inline]
    pub(super) fn sample(&mut self, sample: &Sample<'_>) -> model::Sample {
        let name = match &self.name {
            Some(name) if sample.name == **name => name,
            _ => self.name.insert(sample.name.to_string().into()),
        };
        model::Sample {
            name: name.clone(),
            labels: labels(sample.labels),
            value: sample.number(),
            timestamp: sample.timestamp,
            exemplar: sample.exemplar.map(|exemplar| Box::new(own_exemplar(&exemplar))),
            // One that cannot be read was refused where rules are strict, and is left out where they are not.
            native_histogram: sample.native_histogram.and_then(|text| native::read(text).ok()).map(Box::new),
        }
    }
}

/// Whether what one line stands for is in proportion to it.
fn allows(size: usize, sample: &Sample<'_>) -> bool {
    let line = sample.labels.raw().len() + sample.native_histogram.map_or(0, str::len);
    size <= line.saturating_mul(PER_BYTE).saturating_add(1 << 20)
}

fn own_exemplar(exemplar: &Exemplar<'_>) -> model::Exemplar {
    model::Exemplar { labels: labels(exemplar.labels), value: exemplar.number(), timestamp: exemplar.timestamp }
}

#[inline]
fn labels(labels: Labels<'_>) -> model::Labels {
    if labels.raw().is_empty() {
        return model::Labels::new();
    }
    let mut own = model::Labels::with_capacity(labels.raw().len());
    for (name, value) in labels {
        match (name.as_str(), value.as_str()) {
            (Some(name), Some(value)) => own.push(name, value),
            // Writing into a string does not fail.
            _ => own.push_with(&name.to_string(), |text| _ = write!(text, "{value}")),
        }
    }
    own
}

impl Sample<'_> {
    /// The same sample with memory of its own. One that stands for several, as in OpenMetrics 2.0, has no value then; its family's
    /// [`to_model`](model::Family::to_model) has all of them.
    pub fn to_model(&self) -> model::Sample {
        Owner::default().sample(self)
    }
}

impl model::Family<Sample<'_>> {
    /// The same family with memory of its own.
    pub fn to_model(&self) -> model::Family {
        let mut owner = Owner::default();
        let mut samples = Vec::with_capacity(self.samples.len());
        self.samples.iter().for_each(|sample| owner.samples(sample, &mut samples));
        let (name, help, unit) = (self.name.clone(), self.help.clone(), self.unit.clone());
        model::Family { name, kind: self.kind, help, unit, samples }
    }
}
