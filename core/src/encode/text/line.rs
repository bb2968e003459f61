//! One sample line: name, labels, value, timestamp, exemplar.

use super::{Metric, TextEncoder};
use crate::desc::Parts;
#[cfg(feature = "protobuf")]
use crate::encode::NativeHistogramPoint;
use crate::encode::escape;
use crate::encode::{Exemplar, HistogramPoint, Point, PointValue, Stop};
use crate::label::{Label, LabelSet};
use crate::number::{Dot, Number, NumberText};

/// What a line shows besides name and labels of its metric.
pub(super) struct Sample<'a> {
    /// What follows the name of the family.
    pub(super) suffix: &'static str,
    pub(super) extra: Extra<'a>,
    pub(super) value: &'a Number,
    /// The bucket whose exemplar goes with it; 0 for a counter.
    pub(super) exemplar_of: Option<usize>,
}

impl<'a> Sample<'a> {
    pub(super) fn new(suffix: &'static str, value: &'a Number) -> Self {
        Self { suffix, extra: Extra::None, value, exemplar_of: None }
    }
}

/// A label that a sample has besides those of its metric.
pub(super) enum Extra<'a> {
    None,
    /// `le` or `quantile`; no bound is `+Inf`.
    Bound(&'static str, Option<&'a Number>),
    /// A state of a state set, under the name of its family.
    State(&'a str),
    /// The facts of an info metric.
    Labels(&'a dyn LabelSet),
}

impl TextEncoder<'_, '_> {
    /// Writes a line unless it is sent already. Where it does not fit, the metric is kept for the next buffer.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn line(&mut self, metric: &Metric<'_>, sample: &Sample<'_>) -> Result<(), Stop> {
        if !self.page.begin_unit() {
            return Ok(());
        }
        self.series(metric, sample);
        self.value(sample.value);
        self.timestamp(metric.point.timestamp.as_ref());
        if let (Some(bucket), Some(additions)) = (sample.exemplar_of, self.style.open_metrics) {
            (additions.exemplar)(self, metric.point, bucket);
        }
        self.page.put(b"\n");
        let end = self.page.end_unit();
        if end.is_err() {
            self.latch.hold(self.page, metric.labels, metric.counts(), &metric.held);
        }
        end
    }

    /// Name and labels.
    fn series(&mut self, metric: &Metric<'_>, sample: &Sample<'_>) {
        let Metric { desc, labels, .. } = *metric;
        let names = self.style.names;
        let legacy = desc.is_legacy();
        let mut separator = b"{";
        if names.quotes && !legacy {
            self.page.put(b"{");
            separator = b",";
        }
        #[cfg(not(target_pointer_width = "64"))]
        let start = self.page.total();
        names.metric(self.page, desc.sample(sample.suffix).parts(), legacy);
        #[cfg(not(target_pointer_width = "64"))]
        self.keep_name(start, metric, sample);
        match labels.rendered() {
            Some(text) if names.keeps_legacy => {
                if !text.is_empty() {
                    self.page.put(separator);
                    self.page.put(text.as_bytes());
                    separator = b",";
                }
            }
            _ => separator = self.labels(labels, separator),
        }
        match sample.extra {
            Extra::None => {}
            Extra::Labels(labels) => separator = self.labels(labels, separator),
            Extra::State(state) => {
                self.page.put(separator);
                separator = b",";
                // As the name of a label, where `:` is not legal.
                names.label(self.page, desc.name().parts());
                self.label_value(state.as_bytes(), false);
            }
            Extra::Bound(name, bound) => {
                let mut text = NumberText::new();
                match bound {
                    Some(bound) => bound.write_bound(&mut text),
                    None => text.push_all(b"+Inf"),
                }
                self.page.put(separator);
                separator = b",";
                self.page.put(name.as_bytes());
                self.label_value(text.as_bytes(), true);
            }
        }
        self.page.put(if separator == b"," { b"} " } else { b" " });
    }

    /// The labels of a set, each behind a separator; returns the separator for the next one.
    fn labels(&mut self, labels: &dyn LabelSet, mut separator: &'static [u8; 1]) -> &'static [u8; 1] {
        let names = self.style.names;
        let plain = labels.is_plain() && names.keeps_legacy;
        let mut index = 0;
        while let Some(Label { name, value }) = labels.label(index) {
            self.page.put(separator);
            separator = b",";
            // An empty name becomes `_`, so that the page stays one.
            if plain {
                self.page.put(name.as_bytes());
            } else {
                names.label(self.page, Parts::of(if name.is_empty() { "_" } else { name }));
            }
            self.label_value(value.as_bytes(), plain);
            index += 1;
        }
        separator
    }

    fn label_value(&mut self, value: &[u8], plain: bool) {
        self.page.put(b"=\"");
        if plain {
            self.page.put(value);
        } else {
            escape::text(self.page, value, true);
        }
        self.page.put(b"\"");
    }

    fn value(&mut self, value: &Number) {
        let mut text = NumberText::new();
        value.write(if self.style.open_metrics.is_some() { Dot::Always } else { Dot::AsNeeded }, &mut text);
        self.page.put(text.as_bytes());
    }

    fn timestamp(&mut self, timestamp: Option<&Number>) {
        if let Some(timestamp) = timestamp {
            self.page.put(b" ");
            self.value(timestamp);
        }
    }

    /// The exemplar of a counter, or of a bucket.
    pub(super) fn exemplar_of(&mut self, point: &Point<'_>, bucket: usize) {
        match &point.value {
            PointValue::Number { exemplar: Some(exemplar), .. } => self.exemplar(exemplar),
            PointValue::Histogram(HistogramPoint { exemplars: Some(exemplars), .. }) => {
                exemplars.show(bucket, &mut |exemplar| self.exemplar(exemplar));
            }
            #[cfg(feature = "protobuf")]
            PointValue::NativeHistogram(NativeHistogramPoint { classic: HistogramPoint { exemplars: Some(exemplars), .. }, .. }) => {
                exemplars.show(bucket, &mut |exemplar| self.exemplar(exemplar));
            }
            _ => {}
        }
    }

    fn exemplar(&mut self, exemplar: &Exemplar<'_>) {
        self.page.put(b" # ");
        if self.labels(exemplar.labels, b"{") == b"{" {
            self.page.put(b"{");
        }
        self.page.put(b"} ");
        self.value(&exemplar.value);
        self.timestamp(exemplar.timestamp.as_ref());
    }
}
