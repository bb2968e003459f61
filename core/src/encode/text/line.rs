//! One sample line: name, labels, value, timestamp, exemplar.

use super::{Metric, TextEncoder};
use crate::encode::{Exemplar, Stop, escape};
use crate::label::{Label, LabelSet};
use crate::number::{Dot, Number, NumberText};
use crate::time::Timestamp;

/// A label that a sample has besides those of its metric.
#[derive(Clone, Copy)]
pub(super) enum Extra<'a> {
    None,
    /// `le` or `quantile`; no bound is `+Inf`.
    Bound(&'static str, Option<Number>),
    /// A state of a state set, under the name of its family.
    State(&'a str),
    /// The facts of an info metric.
    Labels(&'a dyn LabelSet),
}

/// What stands behind the labels.
pub(super) enum Shown {
    Number(Number),
    /// Seconds since the epoch.
    Moment(Timestamp),
}

impl<T: Into<Number>> From<T> for Shown {
    fn from(number: T) -> Self {
        Self::Number(number.into())
    }
}

impl From<Timestamp> for Shown {
    fn from(moment: Timestamp) -> Self {
        Self::Moment(moment)
    }
}

impl TextEncoder<'_, '_> {
    /// Writes a sample up to where an exemplar may follow. Whether it is to be written at all: it may be sent already.
    pub(super) fn begin_sample(&mut self, metric: Metric<'_>, suffix: &str, extra: Extra<'_>, value: impl Into<Shown>) -> bool {
        let wanted = self.page.begin_unit();
        if wanted {
            self.series(metric, suffix, extra);
            self.value(value.into());
            if let Some(timestamp) = metric.timestamp {
                self.page.put(b" ");
                self.timestamp(timestamp);
            }
        }
        wanted
    }

    pub(super) fn end_sample(&mut self) -> Result<(), Stop> {
        self.page.put(b"\n");
        self.page.end_unit()
    }

    /// Name and labels.
    fn series(&mut self, metric: Metric<'_>, suffix: &str, extra: Extra<'_>) {
        let Metric { desc, labels, .. } = metric;
        let escaping = self.style.escaping;
        let mut separator = b'{';
        if escaping.quotes(desc.is_legacy()) {
            self.page.put(b"{");
            separator = b',';
        }
        escape::metric_name(self.page, desc.sample(suffix), desc.is_legacy(), escaping);
        match labels.rendered() {
            Some(text) if escaping.keeps(true) => {
                if !text.is_empty() {
                    self.page.put(&[separator]);
                    self.page.put(text.as_bytes());
                    separator = b',';
                }
            }
            _ => separator = self.labels(labels, separator),
        }
        match extra {
            Extra::None => {}
            Extra::Labels(labels) => separator = self.labels(labels, separator),
            Extra::State(state) => {
                self.page.put(&[separator]);
                escape::state_label(self.page, desc.name(), escaping);
                self.page.put(b"=\"");
                escape::text(self.page, state, true);
                self.page.put(b"\"");
                separator = b',';
            }
            Extra::Bound(name, bound) => {
                let mut text = NumberText::new();
                match bound {
                    Some(bound) => bound.write_bound(&mut text),
                    None => text.push_all(b"+Inf"),
                }
                self.page.put(&[separator]);
                self.page.put(name.as_bytes());
                self.page.put(b"=\"");
                self.page.put(text.as_bytes());
                self.page.put(b"\"");
                separator = b',';
            }
        }
        if separator == b',' {
            self.page.put(b"}");
        }
        self.page.put(b" ");
    }

    /// The labels of a set, each behind a separator; returns the separator for the next one.
    fn labels(&mut self, labels: &dyn LabelSet, mut separator: u8) -> u8 {
        let plain = labels.is_plain() && self.style.escaping.keeps(true);
        let mut index = 0;
        while let Some(Label { name, value }) = labels.label(index) {
            self.page.put(&[separator]);
            if plain {
                self.page.put(name.as_bytes());
                self.page.put(b"=\"");
                self.page.put(value.as_bytes());
            } else {
                escape::label_name(self.page, name, self.style.escaping);
                self.page.put(b"=\"");
                escape::text(self.page, value, true);
            }
            self.page.put(b"\"");
            separator = b',';
            index += 1;
        }
        separator
    }

    fn value(&mut self, value: Shown) {
        let mut text = NumberText::new();
        match value {
            Shown::Number(number) => number.write(if self.style.open_metrics { Dot::Always } else { Dot::AsNeeded }, &mut text),
            Shown::Moment(moment) => moment.write_seconds(&mut text),
        }
        self.page.put(text.as_bytes());
    }

    fn timestamp(&mut self, timestamp: Timestamp) {
        let mut text = NumberText::new();
        if self.style.open_metrics {
            timestamp.write_seconds(&mut text)
        } else {
            timestamp.write_millis(&mut text)
        }
        self.page.put(text.as_bytes());
    }

    pub(super) fn exemplar(&mut self, exemplar: &Exemplar<'_>) {
        self.page.put(b" # ");
        if self.labels(exemplar.labels, b'{') == b'{' {
            self.page.put(b"{");
        }
        self.page.put(b"} ");
        self.value(Shown::Number(exemplar.value));
        if let Some(timestamp) = exemplar.timestamp {
            self.page.put(b" ");
            self.timestamp(timestamp);
        }
    }
}
