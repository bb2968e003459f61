//! Lines of the text formats, and the families that they stand in.

use std::collections::HashMap;
use std::fmt::Write;

use picometer::Kind;

use super::loss::{Loss, Losses};
use super::names::is_legacy;
use crate::model::{Exemplar, Labels, NativeHistogram, Number, Sample, Span, Time};

/// A family as a page has it: what is written under one header.
#[derive(Debug)]
pub(super) struct Block {
    /// The name in its header.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) help: String,
    pub(super) unit: String,
    pub(super) samples: Vec<Sample>,
}

impl Block {
    /// Adds another block of the name.
    pub(super) fn join(&mut self, other: Self, losses: &mut Losses) {
        if self.help.is_empty() {
            self.help = other.help;
        } else if !other.help.is_empty() && other.help != self.help {
            losses.add(Loss::Help, &self.name);
        }
        self.samples.extend(other.samples);
    }
}

/// Puts blocks of one name together, at the place of the first.
pub(super) fn whole(blocks: Vec<Block>, losses: &mut Losses) -> Vec<Block> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks {
        let place = *places.entry(block.name.clone()).or_insert(all.len());
        match all.get_mut(place) {
            Some(first) => first.join(block, losses),
            None => all.push(block),
        }
    }
    all
}

/// Samples of unknown type, each name a block of its own.
pub(super) fn unknown(samples: Vec<Sample>, help: &str) -> Vec<Block> {
    let one = |sample: Sample| {
        let (name, help, unit) = (sample.name.to_string(), help.to_string(), String::new());
        Block { name, kind: Kind::Unknown, help, unit, samples: vec![sample] }
    };
    // They have one help.
    whole(samples.into_iter().map(one).collect(), &mut Losses::default())
}

/// Writes lines in one of the text formats.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) text: String,
    open_metrics: bool,
}

impl Lines {
    pub(super) fn new(open_metrics: bool) -> Self {
        Self { text: String::new(), open_metrics }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = self.text.write_fmt(text);
    }

    pub(super) fn header(&mut self, block: &Block) {
        let kind = match (block.kind, self.open_metrics) {
            (Kind::Unknown, false) => "untyped",
            (Kind::GaugeHistogram, false) => "histogram",
            (Kind::Info | Kind::StateSet, false) => "gauge",
            (kind, _) => crate::model::type_name(kind),
        };
        if !block.help.is_empty() {
            self.text += "# HELP ";
            self.family_name(&block.name);
            self.text.push(' ');
            let quotes = self.open_metrics;
            self.escaped(&block.help, quotes);
            self.text.push('\n');
        }
        self.text += "# TYPE ";
        self.family_name(&block.name);
        self.put(format_args!(" {kind}\n"));
        if self.open_metrics && !block.unit.is_empty() {
            self.text += "# UNIT ";
            self.family_name(&block.name);
            self.put(format_args!(" {}\n", block.unit));
        }
    }

    fn family_name(&mut self, name: &str) {
        if is_legacy(name, true) { self.text += name } else { self.quoted(name) }
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        self.escaped(text, true);
        self.text.push('"');
    }

    fn escaped(&mut self, text: &str, quotes: bool) {
        for c in text.chars() {
            match c {
                '\\' => self.text += "\\\\",
                '\n' => self.text += "\\n",
                '"' if quotes => self.text += "\\\"",
                c => self.text.push(c),
            }
        }
    }

    /// Name and labels, and the blank behind them.
    pub(super) fn series(&mut self, name: &str, labels: &Labels) {
        let quoted = !is_legacy(name, true);
        if quoted {
            self.text.push('{');
            self.quoted(name);
        } else {
            self.text += name;
        }
        let mut separator = if quoted { ',' } else { '{' };
        for (name, value) in labels {
            self.text.push(separator);
            separator = ',';
            self.label(name, value);
        }
        self.text += if separator == ',' { "} " } else { " " };
    }

    fn label(&mut self, name: &str, value: &str) {
        if is_legacy(name, false) {
            self.text += name
        } else {
            self.quoted(name)
        }
        self.text.push('=');
        self.quoted(value);
    }

    /// A whole line of a sample.
    pub(super) fn sample(&mut self, sample: &Sample, losses: &mut Losses) {
        self.series(&sample.name, &sample.labels);
        match &sample.native_histogram {
            Some(native) => self.native(native),
            None => self.text += &number(sample.value, self.open_metrics),
        }
        self.timestamp(sample.timestamp, &sample.name, losses);
        if let Some(exemplar) = &sample.exemplar {
            self.exemplar(exemplar);
        }
        self.text.push('\n');
    }

    pub(super) fn timestamp(&mut self, time: Option<Time>, name: &str, losses: &mut Losses) {
        let Some(time) = time else { return };
        if self.open_metrics {
            return self.put(format_args!(" {}", seconds(time)));
        }
        let moment = time.exact();
        if moment.is_none_or(|moment| picometer::Timestamp::from_millis(moment.millis()) != moment) {
            losses.add(Loss::TimestampDigits, name);
        }
        if let Some(moment) = moment {
            self.put(format_args!(" {}", moment.millis()));
        }
    }

    pub(super) fn exemplar(&mut self, exemplar: &Exemplar) {
        self.text += " # {";
        for (index, (name, value)) in exemplar.labels.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.label(name, value);
        }
        self.put(format_args!("}} {}", number(exemplar.value, true)));
        if let Some(time) = exemplar.timestamp {
            self.put(format_args!(" {}", seconds(time)));
        }
    }

    /// A native histogram as the Python client writes it.
    fn native(&mut self, native: &NativeHistogram) {
        let NativeHistogram { count, sum, schema, zero_threshold, zero_count, .. } = native;
        let (count, zero_count) = (number(*count, false), number(*zero_count, false));
        let (sum, zero_threshold) = (number((*sum).into(), false), number((*zero_threshold).into(), false));
        self.put(format_args!("{{count:{count},sum:{sum},schema:{schema},zero_threshold:{zero_threshold},zero_count:{zero_count}"));
        for (side, spans) in [("positive", &native.positive_spans), ("negative", &native.negative_spans)] {
            if !spans.is_empty() {
                self.put(format_args!(",{side}_spans:[{}]", self::spans(spans)));
            }
        }
        for (side, buckets) in [("positive", &native.positive), ("negative", &native.negative)] {
            if let crate::model::NativeBuckets::Deltas(deltas) = buckets
                && !deltas.is_empty()
            {
                let deltas: Vec<String> = deltas.iter().map(i64::to_string).collect();
                self.put(format_args!(",{side}_deltas:[{}]", deltas.join(",")));
            }
        }
        self.text.push('}');
    }
}

pub(super) fn spans(spans: &[Span]) -> String {
    let spans: Vec<String> = spans.iter().map(|span| format!("{}:{}", span.offset, span.length)).collect();
    spans.join(",")
}

/// A value with every digit, and zero with its sign; `real` has a point or an exponent in every double.
pub(super) fn number(number: Number, real: bool) -> String {
    match number {
        Number::Integer(value) => value.to_string(),
        Number::Float(value) => {
            let sign = if value == 0.0 && value.is_sign_negative() { "-" } else { "" };
            let number = picometer::Number::from(value);
            if real { format!("{sign}{}", number.bound_text().as_str()) } else { format!("{sign}{}", number.text().as_str()) }
        }
    }
}

/// Seconds since the epoch with every digit.
pub(super) fn seconds(time: Time) -> String {
    let moment = match time {
        Time::Float(seconds) => return number(seconds.into(), true),
        Time::Exact(moment) => moment,
    };
    let (mut seconds, mut nanos) = (i128::from(moment.seconds()), moment.nanos());
    let negative = seconds < 0;
    if negative && nanos > 0 {
        (seconds, nanos) = (seconds + 1, 1_000_000_000 - nanos);
    }
    let sign = if negative { "-" } else { "" };
    let whole = format!("{sign}{}", seconds.unsigned_abs());
    if nanos == 0 { whole } else { format!("{whole}.{nanos:09}").trim_end_matches('0').to_string() }
}
