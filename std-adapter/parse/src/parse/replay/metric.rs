//! Samples put together to metrics, and how each is given to an encoder.

use picometer::{
    BucketExemplars, Desc, Encoder, Exemplar, HistogramPoint, Kind, NativeHistogramPoint, Point, PointValue, Quantile, States, Stop,
    SummaryPoint, Timestamp, Uint,
};

use super::native::Native;
use crate::model::{self, Family, Labels, Number, Sample, Time};

/// One metric, as an encoder takes it.
#[derive(Debug)]
pub(super) struct Metric {
    labels: Labels,
    timestamp: Option<Timestamp>,
    created: Option<Timestamp>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Number(Number, Option<Box<model::Exemplar>>),
    Histogram(Histogram),
    Native(Histogram, Native),
    Summary { quantiles: Vec<Quantile>, count: u64, sum: picometer::Number },
    Info,
    States(StateNames),
}

#[derive(Debug)]
struct Histogram {
    counts: Vec<Uint>,
    beyond: Uint,
    sum: Option<picometer::Number>,
    bounds: Bounds,
    exemplars: Exemplars,
}

/// Upper bounds, which an encoder asks for one by one.
#[derive(Debug)]
struct Bounds(Vec<f64>);

impl picometer::Bounds for Bounds {
    fn bound(&self, index: usize) -> Option<picometer::Number> {
        self.0.get(index).map(|&bound| bound.into())
    }
}

impl Histogram {
    fn point(&self) -> HistogramPoint<'_> {
        let Self { counts, beyond, sum, bounds, exemplars } = self;
        HistogramPoint { counts, beyond: *beyond, sum: *sum, bounds, exemplars: Some(exemplars) }
    }
}

#[derive(Debug)]
struct StateNames(Vec<(String, bool)>);

impl States for StateNames {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.0.get(index).map(|(name, on)| (name.as_str(), *on))
    }
}

#[derive(Debug)]
struct Exemplars(Vec<Option<Box<model::Exemplar>>>);

impl BucketExemplars for Exemplars {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        if let Some(Some(exemplar)) = self.0.get(bucket) {
            see(&encoded(exemplar));
        }
    }
}

pub(super) fn encoded(exemplar: &model::Exemplar) -> Exemplar<'_> {
    let shown = Exemplar::new(&exemplar.labels, exemplar.value.to_encode());
    exemplar.timestamp.and_then(Time::exact).map_or(shown, |moment| shown.at(moment))
}

impl Metric {
    fn new(labels: Labels, timestamp: Option<Time>, value: Value) -> Self {
        Self { labels, timestamp: timestamp.and_then(Time::exact), created: None, value }
    }

    /// A sample that stands for itself.
    pub(super) fn number(sample: &Sample) -> Self {
        let value = Value::Number(sample.value, sample.exemplar.clone());
        Self::new(sample.labels.clone(), sample.timestamp, value)
    }

    pub(super) fn collect(&self, desc: &Desc<'_>, out: &mut dyn Encoder) -> Result<(), Stop> {
        let (exemplar, exemplars, native_point);
        let value = match &self.value {
            Value::Number(value, given) => {
                exemplar = given.as_deref().map(encoded);
                PointValue::Number { value: value.to_encode(), exemplar: exemplar.as_ref() }
            }
            Value::Histogram(histogram) => PointValue::Histogram(histogram.point()),
            Value::Native(classic, native) => {
                exemplars = native.exemplars.iter().map(encoded).collect::<Vec<_>>();
                native_point = NativeHistogramPoint {
                    classic: classic.point(),
                    schema: native.schema,
                    zero_threshold: native.zero_threshold,
                    zero_count: native.zero_count,
                    positive: &native.positive,
                    negative: &native.negative,
                    exemplars: &exemplars,
                };
                PointValue::NativeHistogram(&native_point)
            }
            Value::Summary { quantiles, count, sum } => PointValue::Summary(SummaryPoint { quantiles, count: *count, sum: *sum }),
            Value::Info => PointValue::Info(&()),
            Value::States(states) => PointValue::StateSet(states),
        };
        let mut point = Point::new(value);
        if let Some(timestamp) = self.timestamp {
            point = point.at(timestamp);
        }
        if let Some(created) = self.created {
            point = point.since(created);
        }
        out.metric(desc, &self.labels, &point)
    }
}

/// Whether two samples have the same labels but for one, and the same moment.
pub(super) fn same_metric(one: &Sample, other: &Sample, but: &str) -> bool {
    let labels = |sample: &Sample| {
        let mut labels: Vec<_> =
            sample.labels.iter().filter(|(name, _)| *name != but).map(|(n, v)| (n.to_string(), v.to_string())).collect();
        labels.sort_unstable();
        labels
    };
    let without = |sample: &'_ Sample| -> usize { sample.labels.iter().filter(|(name, _)| *name != but).count() };
    // In the same order they nearly always are.
    one.timestamp == other.timestamp
        && without(one) == without(other)
        && (one.labels.iter().filter(|(name, _)| *name != but).eq(other.labels.iter().filter(|(name, _)| *name != but))
            || labels(one) == labels(other))
}

/// The metrics of a family, unless something of it does not fit its type.
pub(super) fn metrics(family: &Family) -> Option<Vec<Metric>> {
    let own = match family.kind {
        Kind::Histogram | Kind::GaugeHistogram => "le",
        Kind::Summary => "quantile",
        Kind::StateSet => family.name.as_str(),
        Kind::Counter | Kind::Info => "",
        _ => {
            let fits = family.samples.iter().all(|sample| *sample.name == *family.name);
            return fits.then(|| family.samples.iter().map(Metric::number).collect());
        }
    };
    let groups = family.samples.chunk_by(|one, other| same_metric(one, other, own));
    groups.map(|samples| metric(family, samples, own)).collect::<Option<Vec<Vec<_>>>>().map(|all| all.into_iter().flatten().collect())
}

fn metric(family: &Family, samples: &[Sample], own: &str) -> Option<Vec<Metric>> {
    let first = samples.first()?;
    let labels: Labels = first.labels.iter().filter(|(name, _)| own.is_empty() || *name != own).collect();
    let created = created(family, samples)?;
    let values = match family.kind {
        Kind::Counter | Kind::Info => {
            let mut values = Vec::new();
            for sample in samples {
                match suffix(family, sample)? {
                    "_total" => values.push(Value::Number(sample.value, sample.exemplar.clone())),
                    "_info" if sample.value.as_f64() == 1.0 => values.push(Value::Info),
                    "_created" => {}
                    _ => return None,
                }
            }
            // Nothing but the moment of creation is no metric.
            if values.is_empty() {
                return None;
            }
            values
        }
        Kind::StateSet => vec![Value::States(states(family, samples)?)],
        Kind::Summary => vec![summary(family, samples)?],
        _ => {
            let classic = histogram(family, samples)?;
            let native = samples.iter().find_map(|sample| sample.native_histogram.as_deref()).and_then(Native::new);
            vec![match native {
                Some(native) => Value::Native(classic, native),
                None => Value::Histogram(classic),
            }]
        }
    };
    let made = values.into_iter().map(|value| Metric { created, ..Metric::new(labels.clone(), first.timestamp, value) });
    Some(made.collect())
}

fn suffix<'s>(family: &Family, sample: &'s Sample) -> Option<&'s str> {
    sample.name.strip_prefix(family.name.as_str())
}

/// The moment of creation among the samples of a metric; nothing if there is one that is no moment.
#[expect(clippy::option_option, reason = "none there, or one that does not fit")]
fn created(family: &Family, samples: &[Sample]) -> Option<Option<Timestamp>> {
    let mut created = None;
    for sample in samples {
        if suffix(family, sample)? == "_created" && family.kind != Kind::GaugeHistogram {
            created = Some(moment(sample.value)?);
        }
    }
    Some(created)
}

/// Seconds since the epoch, to the microsecond that a double of today holds.
fn moment(value: Number) -> Option<Timestamp> {
    match value {
        Number::Integer(seconds) => i64::try_from(seconds).ok().map(Timestamp::from_seconds),
        Number::Float(seconds) => {
            // By way of the shortest decimal: the double nearest to 1395066363.1 is not a tenth.
            let text = format!("{seconds:?}");
            let exact = super::super::number::seconds(&text).ok().and_then(Time::exact);
            exact.filter(|_| seconds.is_finite())
        }
    }
}

fn states(family: &Family, samples: &[Sample]) -> Option<StateNames> {
    let state = |sample: &Sample| {
        let value = sample.value.as_f64();
        let fits = *sample.name == *family.name && (value == 0.0 || value == 1.0);
        Some((sample.labels.get(&family.name).filter(|_| fits)?.to_string(), value == 1.0))
    };
    samples.iter().map(state).collect::<Option<_>>().map(StateNames)
}

fn summary(family: &Family, samples: &[Sample]) -> Option<Value> {
    let (mut quantiles, mut count, mut sum) = (Vec::new(), None, None);
    for sample in samples {
        match suffix(family, sample)? {
            "" => {
                let quantile = bound(sample, "quantile")?;
                quantiles.push(Quantile { quantile: quantile.into(), value: sample.value.to_encode() });
            }
            "_sum" if sum.is_none() => sum = Some(sample.value.to_encode()),
            "_count" if count.is_none() => count = Some(sample.value.as_u64()?),
            "_created" => {}
            _ => return None,
        }
    }
    Some(Value::Summary { quantiles, count: count?, sum: sum? })
}

fn bound(sample: &Sample, name: &str) -> Option<f64> {
    super::super::number::value(sample.labels.get(name)?).ok().filter(|bound| !bound.is_nan())
}

fn histogram(family: &Family, samples: &[Sample]) -> Option<Histogram> {
    let gauge = family.kind == Kind::GaugeHistogram;
    let (mut counts, mut bounds, mut exemplars) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cumulative, mut total, mut sum, mut count) = (0_u64, None, None, None);
    for sample in samples {
        match (suffix(family, sample)?, gauge) {
            ("_bucket", _) => {
                let (bound, now) = (bound(sample, "le")?, sample.value.as_u64()?);
                if total.is_some() || bounds.last().is_some_and(|&last| bound <= last) {
                    return None;
                }
                let own = now.checked_sub(cumulative)?;
                cumulative = now;
                exemplars.push(sample.exemplar.clone());
                if bound == f64::INFINITY {
                    total = Some(own);
                } else {
                    bounds.push(bound);
                    counts.push(Uint::try_from(own).ok()?);
                }
            }
            ("_sum", false) | ("_gsum", true) if sum.is_none() => sum = Some(sample.value.to_encode()),
            ("_count", false) | ("_gcount", true) if count.is_none() => count = Some(sample.value.as_u64()?),
            ("_created", false) => {}
            // What a native histogram says in text: everything is in the last bucket (native histograms M5).
            ("", _) => {
                let native = sample.native_histogram.as_deref()?;
                if samples.iter().all(|sample| suffix(family, sample).is_some_and(|suffix| suffix.is_empty() || suffix == "_created")) {
                    total = Some(native.count.as_u64()?);
                    cumulative = native.count.as_u64()?;
                    (sum, count) = (Some(native.sum.into()), Some(cumulative));
                }
            }
            _ => return None,
        }
    }
    let beyond = match (total, count) {
        (Some(own), None) => own,
        (Some(own), Some(count)) if count == cumulative => own,
        (None, Some(count)) => count.checked_sub(cumulative)?,
        _ => return None,
    };
    Some(Histogram { counts, beyond: Uint::try_from(beyond).ok()?, sum, bounds: Bounds(bounds), exemplars: Exemplars(exemplars) })
}
