//! What a nested registry puts around its collectors. It knows no registry: it wraps an encoder.

use picometer::{Collector, Desc, DescParts, Encoder, Kind, Label, Stop};

use crate::desc::MetricError;
#[cfg(feature = "metrics")]
use crate::label::are_one;
use crate::label::{Facts, check_names};

/// A prefix and labels, checked.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Nesting {
    prefix: Box<str>,
    pub(crate) labels: Facts,
}

impl Nesting {
    /// Collects with this around.
    pub(crate) fn collect(&self, collector: &dyn Collector, out: &mut dyn Encoder) -> Result<(), Stop> {
        // The core's registry does it; it is made of references.
        let members = [collector];
        let labels: Vec<Label<'_>> = self.labels.iter().map(|(name, value)| Label { name, value }).collect();
        picometer::Registry::new(&members).prefix(&self.prefix).labels(&labels).collect_unchecked(out)
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|(own, _)| are_one(own, name))
    }

    pub(crate) fn new<N: AsRef<str>, V: AsRef<str>>(
        outer: Option<&Self>,
        prefix: &str,
        labels: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, MetricError> {
        let prefix = outer.map_or("", |outer| &outer.prefix).to_owned() + prefix;
        let before = outer.iter().flat_map(|outer| outer.labels.iter()).cloned();
        let labels: Facts = before.chain(labels.into_iter().map(|(name, value)| (name.as_ref().into(), value.as_ref().into()))).collect();
        // A prefix is good if it is a good name by itself.
        if !prefix.is_empty() {
            Desc::try_new(DescParts { name: &prefix, ..DescParts::new(Kind::Unknown) })
                .map_err(|error| MetricError::Desc { name: prefix.as_str().into(), error })?;
        }
        check_names(labels.iter().map(|(name, _)| &**name), true, &[])?;
        Ok(Self { prefix: prefix.into(), labels })
    }
}
