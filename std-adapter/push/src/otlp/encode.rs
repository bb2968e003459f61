//! The messages, and the answer.

use picometer::protobuf::Buffer;
use picometer::{Desc, Encoder, Exemplar, HistogramPoint, Kind, LabelSet, Point, PointValue, Run, Stop, SummaryPoint, Timestamp, Uint};

/// A text field, left out where it is empty.
fn text(out: &mut Buffer, field: u32, content: &str) {
    if !content.is_empty() {
        out.string(field, content);
    }
}

/// A varint field, left out where it is zero.
fn uint(out: &mut Buffer, field: u32, value: u64) {
    if value != 0 {
        out.uint(field, value);
    }
}

/// Writes requests of about as many points as asked for; a family is never parted.
pub(super) struct Requests {
    resource: Buffer,
    now: u64,
    started: u64,
    batch: usize,
    done: Vec<(usize, Vec<u8>)>,
    /// The metrics of the request under way, and how many points they have.
    metrics: Buffer,
    points: usize,
    /// The points of the family under way.
    family: Buffer,
    head: Option<Head>,
}

struct Head {
    name: String,
    help: String,
    unit: String,
    /// The field of the metric's data.
    data: u32,
    monotonic: bool,
}

const GAUGE: u32 = 5;
const SUM: u32 = 7;
const HISTOGRAM: u32 = 9;
const SUMMARY: u32 = 11;
const CUMULATIVE: u64 = 2;

impl Requests {
    pub(super) fn new(resource: &[(String, String)], now: Timestamp, started: Timestamp, batch: usize) -> Self {
        let mut encoded = Buffer::new();
        encoded.message(1, |out| resource.iter().for_each(|(name, value)| attribute(out, 1, name, value)));
        Self {
            resource: encoded,
            now: nanos(now),
            started: nanos(started),
            batch,
            done: Vec::new(),
            metrics: Buffer::new(),
            points: 0,
            family: Buffer::new(),
            head: None,
        }
    }

    /// How many points each request has, and the request. None is empty.
    pub(super) fn finish(mut self) -> Vec<(usize, Vec<u8>)> {
        self.end_family();
        self.end_request();
        self.done
    }

    fn end_family(&mut self) {
        let Some(Head { name, help, unit, data, monotonic }) = self.head.take() else { return };
        let points = std::mem::take(&mut self.family);
        if points.is_empty() {
            return;
        }
        self.metrics.message(2, |out| {
            text(out, 1, &name);
            text(out, 2, &help);
            text(out, 3, &unit);
            out.message(data, |out| {
                out.raw(points.as_bytes());
                if matches!(data, SUM | HISTOGRAM) {
                    uint(out, 2, CUMULATIVE);
                }
                uint(out, 3, (data == SUM && monotonic).into());
            });
        });
        if self.points >= self.batch {
            self.end_request();
        }
    }

    fn end_request(&mut self) {
        let (metrics, points) = (std::mem::take(&mut self.metrics), std::mem::take(&mut self.points));
        if metrics.is_empty() {
            return;
        }
        let mut out = Buffer::with_capacity(metrics.len() + self.resource.len() + 32);
        out.message(1, |out| {
            out.raw(self.resource.as_bytes());
            out.message(2, |out| {
                out.message(1, |out| text(out, 1, "picometer"));
                out.raw(metrics.as_bytes());
            });
        });
        self.done.push((points, out.into_bytes()));
    }

    fn point(&mut self, content: impl FnOnce(&mut Buffer)) {
        self.points += 1;
        self.family.message(1, content);
    }

    fn number(&mut self, labels: &dyn LabelSet, extra: Option<(&str, &str)>, times: Times, value: f64, exemplar: Option<&Exemplar<'_>>) {
        self.point(|out| {
            times.put(out);
            out.double(4, value);
            if let Some(exemplar) = exemplar {
                self::exemplar(out, 5, exemplar, times.now);
            }
            attributes(out, 7, labels);
            if let Some((name, value)) = extra {
                attribute(out, 7, name, value);
            }
        });
    }
}

#[derive(Clone, Copy)]
struct Times {
    started: u64,
    now: u64,
}

impl Times {
    fn put(self, out: &mut Buffer) {
        if self.started != 0 {
            out.fixed64(2, self.started);
        }
        out.fixed64(3, self.now);
    }
}

impl Encoder for Requests {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.end_family();
        let (data, monotonic) = match desc.kind() {
            Kind::Counter => (SUM, true),
            Kind::Histogram | Kind::GaugeHistogram => (HISTOGRAM, true),
            Kind::Summary => (SUMMARY, false),
            _ => (GAUGE, false),
        };
        // Receivers put `_total` behind sums themselves (O5); an info metric is a gauge, whose name stays.
        let name = if desc.kind() == Kind::Info { desc.name() } else { desc.family() };
        let unit = unit(desc.unit_name()).to_owned();
        self.head = Some(Head { name: name.to_string(), help: desc.help().to_owned(), unit, data, monotonic });
        Ok(true)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let starts = matches!(desc.kind(), Kind::Counter | Kind::Histogram | Kind::Summary);
        let started = if starts { point.created().map_or(self.started, nanos) } else { 0 };
        let times = Times { started, now: point.timestamp().map_or(self.now, nanos) };
        match &point.value {
            PointValue::Number { value, exemplar } => self.number(labels, None, times, value.as_f64(), *exemplar),
            PointValue::Info(facts) => self.point(|out| {
                times.put(out);
                out.double(4, 1.0_f64);
                attributes(out, 7, labels);
                attributes(out, 7, *facts);
            }),
            PointValue::StateSet(states) => {
                let name = desc.name().to_string();
                let mut index = 0;
                while let Some((state, on)) = states.state(index) {
                    self.number(labels, Some((&name, state)), times, f64::from(u8::from(on)), None);
                    index += 1;
                }
            }
            PointValue::Histogram(histogram) => self.point(|out| put_histogram(out, histogram, labels, times)),
            // Its classic buckets: sparse ones have no counterpart (O4).
            PointValue::NativeHistogram(native) => self.point(|out| put_histogram(out, &native.classic, labels, times)),
            PointValue::Summary(summary) => self.point(|out| put_summary(out, summary, labels, times)),
            // What is not known here yet is left out.
            #[allow(unreachable_patterns, reason = "the enum is open")]
            _ => {}
        }
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

fn put_histogram(out: &mut Buffer, histogram: &HistogramPoint<'_>, labels: &dyn LabelSet, times: Times) {
    times.put(out);
    out.fixed64(4, histogram.count());
    if let Some(sum) = histogram.sum {
        out.double(5, sum.as_f64());
    }
    let counts = histogram.counts.iter().chain([&histogram.beyond]);
    out.message(6, |out| counts.for_each(|&count| out.raw(&wide(count).to_le_bytes())));
    let bounds = (0..histogram.counts.len()).map_while(|index| histogram.bounds.bound(index));
    out.message(7, |out| bounds.for_each(|bound| out.raw(&bound.as_f64().to_le_bytes())));
    if let Some(exemplars) = histogram.exemplars {
        for bucket in 0..=histogram.counts.len() {
            exemplars.show(bucket, &mut |found| exemplar(out, 8, found, times.now));
        }
    }
    attributes(out, 9, labels);
}

fn put_summary(out: &mut Buffer, summary: &SummaryPoint<'_>, labels: &dyn LabelSet, times: Times) {
    times.put(out);
    out.fixed64(4, summary.count);
    out.double(5, summary.sum.as_f64());
    for quantile in summary.quantiles {
        out.message(6, |out| {
            out.double(1, quantile.quantile.as_f64());
            out.double(2, quantile.value.as_f64());
        });
    }
    attributes(out, 7, labels);
}

#[allow(clippy::useless_conversion, reason = "`Uint` has 32 bits elsewhere")]
fn wide(count: Uint) -> u64 {
    count.into()
}

/// Trace and span have fields of their own, if they are what OpenTelemetry calls them.
fn exemplar(out: &mut Buffer, field: u32, exemplar: &Exemplar<'_>, now: u64) {
    out.message(field, |out| {
        out.fixed64(2, exemplar.timestamp().map_or(now, nanos));
        out.double(3, exemplar.value.as_f64());
        for label in (0..).map_while(|index| exemplar.labels.label(index)) {
            match (label.name, unhex(label.value)) {
                ("span_id", Some(id)) if id.len() == 8 => out.bytes(4, id),
                ("trace_id", Some(id)) if id.len() == 16 => out.bytes(5, id),
                _ => attribute(out, 7, label.name, label.value),
            }
        }
    });
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<_>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, &digit| byte << 4 | digit as u8)).collect())
}

fn attributes(out: &mut Buffer, field: u32, labels: &dyn LabelSet) {
    for label in (0..).map_while(|index| labels.label(index)).filter(|label| !label.value.is_empty()) {
        attribute(out, field, label.name, label.value);
    }
}

fn attribute(out: &mut Buffer, field: u32, name: &str, value: &str) {
    out.message(field, |out| {
        out.string(1, name);
        out.message(2, |out| out.string(1, value));
    });
}

fn nanos(moment: Timestamp) -> u64 {
    u64::try_from(moment.seconds()).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(moment.nanos().into())
}

/// The units of OpenMetrics in UCUM, which receivers translate back.
fn unit(name: &str) -> &str {
    match name {
        "seconds" => "s",
        "bytes" => "By",
        "celsius" => "Cel",
        "meters" => "m",
        "volts" => "V",
        "amperes" => "A",
        "joules" => "J",
        "watts" => "W",
        "grams" => "g",
        "hertz" => "Hz",
        "ratio" => "1",
        other => other,
    }
}

/// How many points were refused, and why; nothing where the answer is empty or cannot be read.
pub(super) fn rejected(response: &[u8]) -> Option<(u64, String)> {
    let mut partial = field(response, 1)?;
    let (mut count, mut why) = (0, String::new());
    while let Some((number, value, rest)) = next(partial) {
        match (number, value) {
            (1, Wire::Varint(rejected)) => count = rejected,
            (2, Wire::Bytes(text)) => why = String::from_utf8_lossy(text).into_owned(),
            _ => {}
        }
        partial = rest;
    }
    Some((count, why))
}

enum Wire<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Other,
}

fn field(mut message: &[u8], wanted: u64) -> Option<&[u8]> {
    while let Some((number, value, rest)) = next(message) {
        if let (true, Wire::Bytes(content)) = (number == wanted, value) {
            return Some(content);
        }
        message = rest;
    }
    None
}

fn next(message: &[u8]) -> Option<(u64, Wire<'_>, &[u8])> {
    let (tag, rest) = read_varint(message)?;
    let (value, rest) = match tag & 7 {
        0 => read_varint(rest).map(|(value, rest)| (Wire::Varint(value), rest))?,
        1 => (Wire::Other, rest.get(8..)?),
        2 => {
            let (len, rest) = read_varint(rest)?;
            let (content, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
            (Wire::Bytes(content), rest)
        }
        5 => (Wire::Other, rest.get(4..)?),
        _ => return None,
    };
    Some((tag >> 3, value, rest))
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let len = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let (own, rest) = bytes.split_at_checked(len)?;
    Some((own.iter().rev().fold(0_u64, |value, byte| value << 7 | u64::from(byte & 0x7f)), rest))
}

#[cfg(test)]
mod tests;
