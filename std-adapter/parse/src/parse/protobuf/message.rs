//! The messages of `io.prometheus.client` (exposition formats, section 8.2), as samples.

mod histogram;

use std::sync::Arc;

use picometer::{Kind, Timestamp};

use super::super::budget::Budget;
use super::super::error::{Error, ErrorKind};
use super::super::native;
use super::kind;
use super::wire::Wire;
use crate::model::{self, Labels, Number, Sample, Time};
use histogram::Histogram;

pub(super) fn family(mut wire: Wire<'_>, budget: &mut Budget) -> Result<model::Family, Error> {
    let (mut name, mut help, mut unit, mut family_kind, mut metrics) = ("", "", "", Kind::Counter, Vec::new());
    let start = wire;
    while let Some((number, value)) = wire.field()? {
        match number {
            1 => name = value.string(&wire)?,
            2 => help = value.string(&wire)?,
            3 => match kind(value.uint(&wire)?) {
                Some(kind) => family_kind = kind,
                None => return wire.error(ErrorKind::UnknownType),
            },
            // Each is a sample at least.
            4 if metrics.len() < budget.samples_left() => {
                budget.memory(size_of::<Wire<'_>>()).or_else(|kind| wire.error(kind))?;
                metrics.push(value.bytes(&wire)?);
            }
            4 => return wire.error(ErrorKind::PageTooLong),
            5 => unit = value.string(&wire)?,
            _ => {}
        }
    }
    if name.is_empty() {
        return start.error(ErrorKind::MissingName);
    }
    let stem = match family_kind {
        Kind::Counter => name.strip_suffix("_total").filter(|stem| !stem.is_empty()).unwrap_or(name),
        _ => name,
    };
    let mut samples = Samples { names: Names::new(name, stem), kind: family_kind, samples: Vec::new(), budget };
    for metric in metrics {
        samples.metric(metric)?;
    }
    let (name, help, unit) = (stem.to_string(), help.to_string(), unit.to_string());
    Ok(model::Family { name, kind: family_kind, help, unit, samples: samples.samples })
}

/// The names of samples, made when they are met.
struct Names<'a> {
    name: Arc<str>,
    stem: &'a str,
    made: Vec<(&'static str, Arc<str>)>,
}

impl<'a> Names<'a> {
    fn new(name: &str, stem: &'a str) -> Self {
        Self { name: name.into(), stem, made: Vec::new() }
    }

    fn with(&mut self, suffix: &'static str) -> Arc<str> {
        if let Some((_, name)) = self.made.iter().find(|(own, _)| *own == suffix) {
            return name.clone();
        }
        let name: Arc<str> = format!("{}{suffix}", self.stem).into();
        self.made.push((suffix, name.clone()));
        name
    }
}

struct Samples<'a, 'b> {
    names: Names<'a>,
    kind: Kind,
    samples: Vec<Sample>,
    budget: &'b mut Budget,
}

/// What the samples of one metric share.
struct Shared {
    labels: Labels,
    timestamp: Option<Time>,
    /// The byte of the page at which the metric starts.
    at: usize,
}

impl Samples<'_, '_> {
    fn metric(&mut self, mut wire: Wire<'_>) -> Result<(), Error> {
        let (mut shared, mut content) = (Shared { labels: Labels::new(), timestamp: None, at: wire.offset() }, None);
        while let Some((number, value)) = wire.field()? {
            match (number, self.kind) {
                (1, _) => label(value.bytes(&wire)?, &mut shared.labels)?,
                (6, _) => shared.timestamp = Some(Timestamp::from_millis(value.uint(&wire)? as i64).into()),
                (2, Kind::Gauge) | (3, Kind::Counter) | (4, Kind::Summary) | (5, Kind::Unknown) => content = Some(value.bytes(&wire)?),
                (7, Kind::Histogram | Kind::GaugeHistogram) => content = Some(value.bytes(&wire)?),
                _ => {}
            }
        }
        // An absent message is one of zeros (P5).
        let content = content.unwrap_or(Wire::new(&[], wire.offset()));
        match self.kind {
            Kind::Summary => self.summary(content, &shared),
            Kind::Histogram | Kind::GaugeHistogram => self.histogram(content, &shared),
            _ => self.number(content, &shared),
        }
    }

    fn push(&mut self, name: Arc<str>, shared: &Shared, extra: Option<(&str, f64)>, value: Number) -> Result<&mut Sample, Error> {
        let bytes = size_of::<Sample>() + shared.labels.text_len() + extra.map_or(0, |_| 32);
        self.budget.samples(1, bytes).or_else(|kind| Wire::new(&[], shared.at).error(kind))?;
        let mut labels = shared.labels.clone();
        if let Some((name, bound)) = extra {
            labels.push(name, &canonical(bound));
        }
        let timestamp = shared.timestamp;
        let index = self.samples.len();
        self.samples.push(Sample { name, labels, value, timestamp, exemplar: None, native_histogram: None });
        // It was pushed just now.
        Ok(&mut self.samples[index])
    }

    fn created(&mut self, created: Option<Timestamp>, shared: &Shared) -> Result<(), Error> {
        if let Some(created) = created {
            let name = self.names.with("_created");
            let value = Number::Float(Time::Exact(created).seconds());
            self.push(name, shared, None, value)?;
        }
        Ok(())
    }

    fn number(&mut self, mut wire: Wire<'_>, shared: &Shared) -> Result<(), Error> {
        let (mut value, mut exemplar, mut created) = (0.0, None, None);
        while let Some((number, field)) = wire.field()? {
            match (number, self.kind) {
                (1, _) => value = field.float(&wire)?,
                (2, Kind::Counter) => exemplar = Some(self::exemplar(field.bytes(&wire)?)?),
                (3, Kind::Counter) => created = Some(timestamp(field.bytes(&wire)?)?),
                _ => {}
            }
        }
        let name = self.names.name.clone();
        self.push(name, shared, None, value.into())?.exemplar = exemplar.map(Box::new);
        self.created(created, shared)
    }

    fn summary(&mut self, mut wire: Wire<'_>, shared: &Shared) -> Result<(), Error> {
        let (mut count, mut sum, mut created, mut seen) = (None, None, None, false);
        while let Some((number, field)) = wire.field()? {
            match number {
                1 => count = Some(field.uint(&wire)?),
                2 => sum = Some(field.float(&wire)?),
                3 => {
                    let (mut inner, mut quantile, mut value) = (field.bytes(&wire)?, 0.0, 0.0_f64);
                    while let Some((number, field)) = inner.field()? {
                        match number {
                            1 => quantile = field.float(&inner)?,
                            2 => value = field.float(&inner)?,
                            _ => {}
                        }
                    }
                    seen |= !value.is_nan();
                    let name = self.names.name.clone();
                    self.push(name, shared, Some(("quantile", quantile)), value.into())?;
                }
                4 => created = Some(timestamp(field.bytes(&wire)?)?),
                _ => {}
            }
        }
        seen |= count.is_some_and(|count| count > 0);
        self.totals(["_sum", "_count"], sum, count.map(Number::from), seen, shared)?;
        self.created(created, shared)
    }

    /// Sum and count. One that is absent is zero, unless something was observed: then there is none.
    fn totals(
        &mut self,
        [sum_suffix, count_suffix]: [&'static str; 2],
        sum: Option<f64>,
        count: Option<Number>,
        seen: bool,
        shared: &Shared,
    ) -> Result<(), Error> {
        if let Some(sum) = sum.or_else(|| (!seen).then_some(0.0)) {
            let name = self.names.with(sum_suffix);
            self.push(name, shared, None, sum.into())?;
        }
        if let Some(count) = count.or_else(|| (!seen).then_some(0_u64.into())) {
            let name = self.names.with(count_suffix);
            self.push(name, shared, None, count)?;
        }
        Ok(())
    }

    fn histogram(&mut self, mut wire: Wire<'_>, shared: &Shared) -> Result<(), Error> {
        let start = wire;
        let mut read = Histogram::default();
        while let Some((number, field)) = wire.field()? {
            read.field(number, field, &wire, self.budget)?;
        }
        let total = if read.count_float > 0.0 { Some(Number::Float(read.count_float)) } else { read.count.map(Number::from) };
        let count = total.unwrap_or(0_u64.into());
        let native = read.native(count);
        if let Some(native) = &native
            && let Err(kind) = native::check(native)
        {
            return start.error(kind);
        }
        if native.is_none() || !read.buckets.is_empty() {
            let infinite = read.buckets.iter().any(|bucket| bucket.bound == f64::INFINITY);
            let seen = count.as_f64() > 0.0 || read.buckets.iter().any(|bucket| bucket.count.as_f64() > 0.0);
            let name = self.names.with("_bucket");
            let last = read.buckets.last().map_or(count, |bucket| bucket.count);
            for bucket in std::mem::take(&mut read.buckets) {
                self.push(name.clone(), shared, Some(("le", bucket.bound)), bucket.count)?.exemplar = bucket.exemplar.map(Box::new);
            }
            if !infinite {
                self.push(name, shared, Some(("le", f64::INFINITY)), total.unwrap_or(last))?;
            }
            let names = if self.kind == Kind::Histogram { ["_sum", "_count"] } else { ["_gsum", "_gcount"] };
            self.totals(names, read.sum, total, seen, shared)?;
        }
        if let Some(native) = native {
            let name = self.names.name.clone();
            self.push(name, shared, None, Number::NAN)?.native_histogram = Some(Box::new(native));
        }
        self.created(read.created, shared)
    }
}

fn label(mut wire: Wire<'_>, labels: &mut Labels) -> Result<(), Error> {
    let (start, mut name, mut value) = (wire, "", "");
    while let Some((number, field)) = wire.field()? {
        match number {
            1 => name = field.string(&wire)?,
            2 => value = field.string(&wire)?,
            _ => {}
        }
    }
    if name.is_empty() {
        return start.error(ErrorKind::EmptyName);
    }
    labels.push(name, value);
    Ok(())
}

fn exemplar(mut wire: Wire<'_>) -> Result<model::Exemplar, Error> {
    let mut exemplar = model::Exemplar { labels: Labels::new(), value: 0.0.into(), timestamp: None };
    while let Some((number, field)) = wire.field()? {
        match number {
            1 => label(field.bytes(&wire)?, &mut exemplar.labels)?,
            2 => exemplar.value = field.float(&wire)?.into(),
            3 => exemplar.timestamp = Some(timestamp(field.bytes(&wire)?)?.into()),
            _ => {}
        }
    }
    Ok(exemplar)
}

fn timestamp(mut wire: Wire<'_>) -> Result<Timestamp, Error> {
    let (mut seconds, mut nanos) = (0_i64, 0);
    while let Some((number, field)) = wire.field()? {
        match number {
            1 => seconds = field.uint(&wire)? as i64,
            2 => match u32::try_from(field.uint(&wire)?) {
                Ok(value @ 0..=999_999_999) => nanos = value,
                _ => return wire.error(ErrorKind::InvalidTimestamp),
            },
            _ => {}
        }
    }
    Ok(Timestamp::new(seconds, nanos))
}

/// A bound as `le` and `quantile` have it: `1.0`, `+Inf`.
pub(crate) fn canonical(bound: f64) -> String {
    let number = picometer::Number::from(bound);
    let text = number.text();
    let is_real = text.as_bytes().iter().any(|byte| matches!(byte, b'.' | b'e' | b'f' | b'N'));
    if is_real { text.as_str().to_string() } else { format!("{}.0", text.as_str()) }
}
