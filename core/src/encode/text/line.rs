//! One sample line: name, labels, value, timestamp, exemplar.

use super::lines::{Extra, Sample, Shown};
use super::{Metric, TextEncoder};
use crate::desc::Parts;
use crate::encode::escape;
use crate::encode::{Exemplar, HistogramPoint, Point, PointValue, Stop};
use crate::label::{Label, LabelSet};
use crate::number::{Dot, NumberText};
use crate::time::Timestamp;

impl TextEncoder<'_, '_> {
    /// Writes a sample up to where an exemplar may follow. Whether it is to be written at all: it may be sent already.
    pub(super) fn begin_sample(&mut self, metric: &Metric<'_>, sample: &Sample<'_>) -> bool {
        let wanted = self.page.begin_unit();
        if wanted {
            self.series(metric, sample);
            self.value(&sample.value);
            self.timestamp(metric.timestamp);
        }
        wanted
    }

    pub(super) fn end_sample(&mut self) -> Result<(), Stop> {
        self.page.put(b"\n");
        self.page.end_unit()
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
        names.metric(self.page, desc.sample(sample.suffix).parts(), legacy);
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

    fn value(&mut self, value: &Shown) {
        let mut text = NumberText::new();
        match value {
            Shown::Number(number) => number.write(if self.style.open_metrics.is_some() { Dot::Always } else { Dot::AsNeeded }, &mut text),
            Shown::Count(count) => text.push_u64(*count),
            Shown::Moment(moment, write) => write(*moment, &mut text),
        }
        self.page.put(text.as_bytes());
    }

    fn timestamp(&mut self, timestamp: Option<Timestamp>) {
        if let Some(timestamp) = timestamp {
            let mut text = NumberText::new();
            text.push(b' ');
            match self.style.open_metrics {
                Some(additions) => (additions.seconds)(timestamp, &mut text),
                None => timestamp.write_millis(&mut text),
            }
            self.page.put(text.as_bytes());
        }
    }

    /// The exemplar of a counter, or of a bucket.
    pub(super) fn exemplar_of(&mut self, point: &Point<'_>, bucket: usize) {
        match &point.value {
            PointValue::Number { exemplar: Some(exemplar), .. } => self.exemplar(exemplar),
            PointValue::Histogram(HistogramPoint { exemplars: Some(exemplars), .. }) => {
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
        self.value(&Shown::Number(exemplar.value));
        self.timestamp(exemplar.timestamp);
    }
}
