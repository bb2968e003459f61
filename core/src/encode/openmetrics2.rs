//! OpenMetrics 2.0, release candidate (exposition formats, section 7): a family is called what its samples are, and histograms and
//! summaries are one line each, native ones too.
//!
//! A writer of its own, because hardly a line is that of the text formats: there is nothing to be cut between two lines but state
//! sets.

mod composite;

use crate::atomic::Uint;
use crate::desc::{Desc, Kind, Parts};
use crate::encode::escape::{self, Names};
use crate::encode::latch::{Held, LatchRef};
use crate::encode::page::Page;
use crate::encode::{Encoder, Exemplar, Point, PointValue, Run, States, Stop};
use crate::label::{Label, LabelSet};
use crate::number::{Dot, Number, NumberText};

/// Writes metrics as OpenMetrics 2.0.
pub(crate) struct OpenMetrics2Encoder<'e, 'p> {
    page: &'e mut Page<'p>,
    latch: LatchRef<'e>,
    names: &'static Names,
    started: Option<Number>,
    filter: Option<&'e dyn Fn(&Desc<'_>) -> bool>,
    wanted: bool,
    headless: bool,
}

impl<'e, 'p> OpenMetrics2Encoder<'e, 'p> {
    pub(crate) fn new(
        page: &'e mut Page<'p>,
        latch: LatchRef<'e>,
        names: &'static Names,
        started: Option<Number>,
        filter: Option<&'e dyn Fn(&Desc<'_>) -> bool>,
    ) -> Self {
        Self { page, latch, names, started, filter, wanted: false, headless: false }
    }

    /// The last line of a page.
    pub(crate) fn end(&mut self) -> Result<(), Stop> {
        if self.page.begin_unit() {
            self.page.put(b"# EOF\n");
            self.page.end_unit()?;
        }
        Ok(())
    }

    fn header(&mut self, desc: &Desc<'_>) -> Result<(), Stop> {
        self.header_line(desc, "HELP", desc.help(), desc.help().is_empty())?;
        let kind = match desc.kind() {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::GaugeHistogram => "gaugehistogram",
            Kind::Summary => "summary",
            Kind::Info => "info",
            Kind::StateSet => "stateset",
            Kind::Unknown => "unknown",
        };
        self.header_line(desc, "TYPE", kind, false)?;
        self.header_line(desc, "UNIT", desc.unit_name(), desc.unit_name().is_empty())
    }

    fn header_line(&mut self, desc: &Desc<'_>, keyword: &str, text: &str, left_out: bool) -> Result<(), Stop> {
        if left_out || !self.page.begin_header_unit() {
            return Ok(());
        }
        self.page.put(b"# ");
        self.page.put(keyword.as_bytes());
        self.page.put(b" ");
        self.names.metric(self.page, desc.sample(full_suffix(desc)).parts(), desc.is_legacy());
        self.page.put(b" ");
        escape::text(self.page, text.as_bytes(), true);
        self.page.put(b"\n");
        self.page.end_header_unit()
    }

    /// A line of its own, unless it is sent already: name, labels, whatever `value` writes, and what goes with the point.
    fn line(&mut self, series: &Series<'_>, value: &mut dyn FnMut(&mut Self)) -> Result<(), Stop> {
        if !self.page.begin_unit() {
            return Ok(());
        }
        self.series(series);
        value(self);
        let Series { desc, point, .. } = *series;
        if let Some(timestamp) = &point.timestamp {
            self.page.put(b" ");
            self.number(timestamp);
        }
        let starts = matches!(desc.kind(), Kind::Counter | Kind::Histogram | Kind::Summary);
        if let (Some(created), true) = (point.created.or(self.started), starts) {
            self.page.put(b" st@");
            self.number(&created);
        }
        self.exemplars(desc, point);
        self.page.put(b"\n");
        self.page.end_unit()
    }

    /// Name and labels.
    fn series(&mut self, series: &Series<'_>) {
        let Series { desc, labels, facts, state, .. } = *series;
        let (names, legacy) = (self.names, desc.is_legacy());
        let mut separator: &[u8] = b"{";
        if names.quotes && !legacy {
            self.page.put(b"{");
            separator = b",";
        }
        names.metric(self.page, desc.sample(full_suffix(desc)).parts(), legacy);
        match labels.rendered() {
            Some("") => {}
            Some(text) if names.keeps_legacy => {
                self.page.put(separator);
                self.page.put(text.as_bytes());
                separator = b",";
            }
            _ => separator = self.labels(labels, separator),
        }
        separator = self.labels(facts, separator);
        if let Some(state) = state {
            self.page.put(separator);
            separator = b",";
            names.label(self.page, desc.name().parts());
            self.label_value(state);
        }
        self.page.put(if separator == b"," { b"} " } else { b" " });
    }

    /// The labels of a set, each behind a separator; returns that for the next one.
    fn labels<'s>(&mut self, labels: &dyn LabelSet, mut separator: &'s [u8]) -> &'s [u8] {
        let mut index = 0;
        while let Some(Label { name, value }) = labels.label(index) {
            self.page.put(separator);
            separator = b",";
            // An empty name becomes `_`, so that the page stays one.
            self.names.label(self.page, Parts::of(if name.is_empty() { "_" } else { name }));
            self.label_value(value);
            index += 1;
        }
        separator
    }

    fn label_value(&mut self, value: &str) {
        self.page.put(b"=\"");
        escape::text(self.page, value.as_bytes(), true);
        self.page.put(b"\"");
    }

    fn number(&mut self, value: &Number) {
        let mut text = NumberText::new();
        value.write(Dot::Always, &mut text);
        self.page.put(text.as_bytes());
    }

    /// An exemplar, which has a timestamp or is left out.
    fn exemplar(&mut self, exemplar: &Exemplar<'_>) {
        let Some(timestamp) = &exemplar.timestamp else { return };
        self.page.put(b" # ");
        if self.labels(exemplar.labels, b"{") == b"{" {
            self.page.put(b"{");
        }
        self.page.put(b"} ");
        self.number(&exemplar.value);
        self.page.put(b" ");
        self.number(timestamp);
    }

    fn states(&mut self, series: &Series<'_>, states: &dyn States) -> Result<(), Stop> {
        let (mut mask, mut index): (Uint, usize) = (0, 0);
        while let Some((_, on)) = states.state(index) {
            mask |= Uint::from(on).checked_shl(index as u32).unwrap_or(0);
            index += 1;
        }
        let mut held = Held::new(mask, None);
        self.latch.resume(self.page, series.labels, &mut held)?;
        index = 0;
        while let Some((state, on)) = states.state(index) {
            // Beyond the width of the mask it is as it is now.
            let on = held.beyond.checked_shr(index as u32).map_or(on, |mask| mask & 1 != 0);
            let line = Series { state: Some(state), ..*series };
            let written = self.line(&line, &mut |encoder| encoder.page.put(if on { b"1" } else { b"0" }));
            if written.is_err() {
                self.latch.hold(self.page, series.labels, &[], &held);
            }
            written?;
            index += 1;
        }
        Ok(())
    }
}

/// What a line shows besides its value.
#[derive(Clone, Copy)]
struct Series<'a> {
    desc: &'a Desc<'a>,
    labels: &'a dyn LabelSet,
    /// Of an info metric.
    facts: &'a dyn LabelSet,
    /// Of a state set.
    state: Option<&'a str>,
    point: &'a Point<'a>,
}

/// The name of a family is that of its samples.
fn full_suffix(desc: &Desc<'_>) -> &'static str {
    if desc.kind() == Kind::Info { Kind::Info.suffix() } else { desc.own_suffix() }
}

impl Encoder for OpenMetrics2Encoder<'_, '_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        self.wanted = self.page.begin_family(desc) && self.filter.is_none_or(|wanted| wanted(desc));
        // The header waits for the first metric, so that a family without any shows nothing.
        self.headless = true;
        Ok(self.wanted)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        if !self.wanted || !self.page.next_place() {
            return Ok(());
        }
        if core::mem::take(&mut self.headless) {
            self.header(desc)?;
        }
        let mut series = Series { desc, labels, facts: &(), state: None, point };
        match &point.value {
            PointValue::Number { value, .. } => self.line(&series, &mut |encoder| encoder.number(value)),
            PointValue::Info(facts) => {
                series.facts = *facts;
                self.line(&series, &mut |encoder| encoder.page.put(b"1"))
            }
            PointValue::StateSet(states) => self.states(&series, *states),
            _ => self.line(&series, &mut |encoder| encoder.composite(desc, point)),
        }
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut *self.page)
    }
}
