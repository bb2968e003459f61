//! The rules of OpenMetrics for what several lines have in common.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};

use foldhash::quality::RandomState;
use picometer::Kind;

use super::composite;
use super::error::{Error, ErrorKind};
use super::event::Sample;
use super::families::header::Header;
use super::lexer::Lexer;
use super::native;
use super::number;
use super::text::Text;
use crate::model::Time;

/// What becomes of a sample that is no error.
pub(super) enum Verdict {
    Keep,
    /// The same series at the same moment again: the first one counts.
    Drop,
}

/// Checks the samples of one family after the other.
///
/// Metrics are told apart by a keyed hash of their labels: to keep the labels would take more time than everything else.
#[derive(Debug, Default)]
pub(super) struct Validator {
    keys: RandomState,
    /// The metrics of this family so far.
    metrics: HashSet<u64, RandomState>,
    /// The one that is being read.
    metric: Option<Metric>,
    /// Its samples of one moment.
    samples: HashSet<u64, RandomState>,
}

/// What was seen of a metric, or of one of its points.
#[derive(Debug)]
struct Metric {
    hash: u64,
    time: Option<Time>,
    /// Whether there was a `_total`.
    total: bool,
    point: Point,
    line: u32,
    offset: u64,
}

/// The histogram of one moment.
#[derive(Debug, Default)]
struct Point {
    bound: Option<f64>,
    cumulative: f64,
    count: Option<f64>,
    sum: Option<f64>,
    negative_bounds: bool,
    /// Whether there is a native histogram, which needs no buckets.
    native: bool,
}

impl Validator {
    pub(super) fn sample(&mut self, header: &Header, suffix: &str, sample: &Sample<'_>, lexer: &Lexer<'_>) -> Result<Verdict, Error> {
        let verdict = self.check(header, suffix, sample, lexer);
        if let Some(metric) = &mut self.metric {
            (metric.line, metric.offset) = (lexer.line(), lexer.line_offset());
        }
        verdict
    }

    fn check(&mut self, header: &Header, suffix: &str, sample: &Sample<'_>, lexer: &Lexer<'_>) -> Result<Verdict, Error> {
        let here = |kind| lexer.line_error(kind);
        let kind = header.kind();
        let full = lexer.dialect().has_full_names();
        // There a sample is called what its family is; the rules for its value are those of 1.0.
        let suffix = if full { kind.suffix() } else { suffix };
        let own = match kind {
            Kind::Histogram | Kind::GaugeHistogram => "le",
            Kind::Summary => "quantile",
            Kind::StateSet => header.name.as_str(),
            _ => "",
        };
        let hash = self.hash(sample, own);
        let time = sample.timestamp;
        match &mut self.metric {
            Some(metric) if metric.hash == hash => {
                if metric.time.is_some() != time.is_some() {
                    return Err(here(ErrorKind::MixedTimestamps));
                }
                if metric.time != time {
                    if kind != Kind::Info && later(metric.time, time) {
                        return Err(here(ErrorKind::TimestampsNotRising));
                    }
                    point(kind, metric)?;
                    (metric.time, metric.point) = (time, Point::default());
                    self.samples.clear();
                }
            }
            _ => {
                let finished = self.finish_metric(kind);
                self.samples.clear();
                let (line, offset) = (lexer.line(), lexer.line_offset());
                self.metric = Some(Metric { hash, time, total: false, point: Point::default(), line, offset });
                finished?;
                if !self.metrics.insert(hash) {
                    return Err(here(ErrorKind::SplitMetric));
                }
            }
        }
        // Buckets that are there twice do not rise.
        let numeric = matches!(own, "le" | "quantile");
        let bound = sample.labels.get(own).filter(|_| !own.is_empty());
        if suffix != "_bucket" {
            let mut hasher = self.keys.build_hasher();
            hasher.write(suffix.as_bytes());
            if let Some(bound) = bound {
                hasher.write_u8(1);
                write(&mut hasher, bound);
            }
            if !self.samples.insert(hasher.finish()) {
                return if time.is_some() { Ok(Verdict::Drop) } else { Err(here(ErrorKind::RepeatedSeries)) };
            }
        }
        let Some(metric) = &mut self.metric else { return Ok(Verdict::Keep) };
        metric.total |= suffix == "_total";
        let composite = matches!(kind, Kind::Histogram | Kind::GaugeHistogram | Kind::Summary);
        if full && (composite || sample.native_histogram.is_some()) {
            metric.point.native = true;
            return match composite::read(sample.native_histogram.unwrap_or("")) {
                Ok(read) if read.fits(kind) => Ok(Verdict::Keep),
                Ok(_) => Err(here(ErrorKind::InvalidComposite)),
                Err(kind) => Err(here(kind)),
            };
        }
        let bound = if numeric { bound.map(bound_value) } else { None };
        values(kind, suffix, sample, bound.flatten()).map_err(here)?;
        match kind {
            Kind::StateSet if sample.labels.get(own).is_none() => return Err(here(ErrorKind::BadState)),
            Kind::Histogram | Kind::GaugeHistogram => metric.point.add(suffix, sample, bound.flatten()).map_err(here)?,
            _ => {}
        }
        Ok(Verdict::Keep)
    }

    /// The labels without the family's own one, in any order.
    fn hash(&self, sample: &Sample<'_>, own: &str) -> u64 {
        // Added up, so that the order says nothing.
        let labels = sample.labels.iter().filter(|(name, _)| own.is_empty() || name != own);
        labels.fold(0_u64, |sum, (name, value)| {
            let mut hasher = self.keys.build_hasher();
            write(&mut hasher, name);
            write(&mut hasher, value);
            sum.wrapping_add(hasher.finish())
        })
    }

    fn finish_metric(&mut self, kind: Kind) -> Result<(), Error> {
        let Some(metric) = self.metric.take() else { return Ok(()) };
        if kind == Kind::Counter && !metric.total {
            return Err(metric.error(ErrorKind::CounterWithoutTotal));
        }
        point(kind, &metric)
    }

    /// The family is whole.
    pub(super) fn finish(&mut self, header: &Header) -> Result<(), Error> {
        self.metrics.clear();
        self.samples.clear();
        self.finish_metric(header.kind())
    }
}

impl Metric {
    fn error(&self, kind: ErrorKind) -> Error {
        Error { kind, line: self.line, column: 1, offset: self.offset }
    }
}

fn write(hasher: &mut impl Hasher, text: Text<'_>) {
    match text.as_str() {
        Some(text) => hasher.write(text.as_bytes()),
        None => hasher.write(text.to_string().as_bytes()),
    }
    hasher.write_u8(0xff);
}

fn later(one: Option<Time>, other: Option<Time>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => match (one.exact(), other.exact()) {
            (Some(one), Some(other)) => one > other,
            _ => one.seconds() > other.seconds(),
        },
        _ => false,
    }
}

/// The number in `le` or `quantile`; infinity is `+Inf` and nothing else.
fn bound_value(text: Text<'_>) -> Option<f64> {
    let text = text.as_str()?;
    let value = number::value(text).ok()?;
    let canonical = if value.is_infinite() { text == if value > 0.0 { "+Inf" } else { "-Inf" } } else { !value.is_nan() };
    canonical.then_some(value)
}

/// What the value of a sample may be.
fn values(kind: Kind, suffix: &str, sample: &Sample<'_>, bound: Option<f64>) -> Result<(), ErrorKind> {
    let value = sample.value;
    match (kind, suffix) {
        (Kind::StateSet, _) if value != 0.0 && value != 1.0 => return Err(ErrorKind::BadState),
        (Kind::Info, _) if value != 1.0 => return Err(ErrorKind::BadInfo),
        (Kind::Summary, "") => {
            if !bound.is_some_and(|quantile| (0.0..=1.0).contains(&quantile)) {
                return Err(ErrorKind::BadQuantile);
            }
            if value < 0.0 {
                return Err(ErrorKind::NegativeValue);
            }
        }
        (_, "_bucket") if bound.is_none() => return Err(ErrorKind::BadBound),
        (_, "_bucket" | "_count" | "_gcount") if value.fract() != 0.0 => return Err(ErrorKind::NotAnInteger),
        (_, "_created") if !value.is_finite() => return Err(ErrorKind::NanValue),
        _ => {}
    }
    if matches!(suffix, "_total" | "_sum" | "_count" | "_bucket" | "_gcount" | "_gsum") && value.is_nan() {
        return Err(ErrorKind::NanValue);
    }
    if matches!(suffix, "_total" | "_sum" | "_count" | "_bucket" | "_gcount") && value < 0.0 {
        return Err(ErrorKind::NegativeValue);
    }
    let allowed = matches!((kind, suffix), (Kind::Counter, "_total") | (Kind::Histogram | Kind::GaugeHistogram, "_bucket"));
    if sample.exemplar.is_some() && !allowed {
        return Err(ErrorKind::ExemplarNotAllowed);
    }
    Ok(())
}

impl Point {
    fn add(&mut self, suffix: &str, sample: &Sample<'_>, bound: Option<f64>) -> Result<(), ErrorKind> {
        match suffix {
            "_bucket" => {
                let Some(bound) = bound else { return Err(ErrorKind::BadBound) };
                if self.bound.is_some_and(|last| bound <= last) {
                    return Err(ErrorKind::BoundsNotRising);
                }
                if sample.value < self.cumulative {
                    return Err(ErrorKind::BucketsFall);
                }
                self.negative_bounds |= bound < 0.0;
                (self.bound, self.cumulative) = (Some(bound), sample.value);
            }
            "_count" | "_gcount" => self.count = Some(sample.value),
            "_sum" | "_gsum" => self.sum = Some(sample.value),
            "" => {
                native::read(sample.native_histogram.unwrap_or(""))?;
                self.native = true;
            }
            _ => {}
        }
        Ok(())
    }
}

/// What must be together in one point of a metric.
fn point(kind: Kind, metric: &Metric) -> Result<(), Error> {
    let point = &metric.point;
    if !matches!(kind, Kind::Histogram | Kind::GaugeHistogram) || (point.native && point.bound.is_none()) {
        return Ok(());
    }
    let error = |kind| Err(metric.error(kind));
    if point.bound != Some(f64::INFINITY) {
        return error(ErrorKind::MissingInfBucket);
    }
    if point.count.is_some_and(|count| count != point.cumulative) {
        return error(ErrorKind::CountMismatch);
    }
    if point.count.is_some() != point.sum.is_some() {
        return error(ErrorKind::SumWithoutCount);
    }
    match (kind, point.negative_bounds, point.sum) {
        (Kind::Histogram, true, Some(_)) => error(ErrorKind::SumWithNegativeBounds),
        (Kind::GaugeHistogram, false, Some(sum)) if sum < 0.0 => error(ErrorKind::NegativeSum),
        _ => Ok(()),
    }
}
