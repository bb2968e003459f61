//! All values of one moment as plain data: for tests of programs that have metrics.

use std::collections::HashMap;
use std::sync::Arc;

use picometer::{
    Collector, Desc, Encoder, Exemplar, HistogramPoint, Kind, LabelSet, NativeBucket, NativeHistogramPoint, Number, Point, PointValue, Run,
    Stop, SummaryPoint,
};

use crate::model::{self, Family, NativeBuckets, NativeHistogram, Sample, Span, Time};

/// What a collector has at one moment, as [families and samples](crate::model).
///
/// Two of them show what a piece of a program did:
///
/// ```
/// use picometer_std::{Counter, Family, Registry, Snapshot};
///
/// let registry = Registry::new();
/// let requests = registry.register(Family::<Counter, 1>::new(
///     "requests_total",
///     "Requests.",
///     ["code"],
/// ))?;
/// requests.with(["200"]).inc_by(7);
///
/// let before = Snapshot::of(&registry);
/// requests.with(["200"]).inc();
/// requests.with(["404"]).inc();
/// let after = Snapshot::of(&registry);
///
/// assert_eq!(after.value("requests_total", &[("code", "200")]), Some(8.0));
/// assert_eq!(after.growth(&before, "requests_total", &[("code", "404")]), Some(1.0));
/// assert_eq!(after.changes(&before).count(), 2);
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The families, in the order in which they were collected.
    pub families: Vec<Family>,
}

/// A sample that two snapshots differ in.
///
/// ```
/// use picometer_std::{Change, Counter, Metric, Snapshot};
///
/// let jobs = Metric::<Counter>::new("jobs_total", "Jobs done.");
/// let before = Snapshot::of(&jobs);
/// jobs.inc();
/// let after = Snapshot::of(&jobs);
/// let changes: Vec<Change<'_>> = after.changes(&before).collect();
/// assert_eq!(
///     (&*changes[0].sample.name, changes[0].before),
///     ("jobs_total", Some(0.0))
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change<'a> {
    /// The sample in the later snapshot; if it is gone there, in the earlier one.
    pub sample: &'a Sample,
    /// Its value in the earlier snapshot, if it was there.
    pub before: Option<f64>,
    /// Its value in the later snapshot, if it is there.
    pub after: Option<f64>,
}

impl Snapshot {
    /// Everything that `source` has now.
    pub fn of(source: &dyn Collector) -> Self {
        let mut taker = Taker::default();
        // A collector that stops by itself is taken at its word.
        let _ = source.collect(&mut taker);
        taker.families.retain(|family| !family.samples.is_empty());
        Self { families: taker.families }
    }

    /// The family of this name, with or without the suffix of its type.
    pub fn family(&self, name: &str) -> Option<&Family> {
        self.families
            .iter()
            .find(|family| name.strip_prefix(&*family.name).is_some_and(|rest| rest.is_empty() || rest == family.kind.suffix()))
    }

    /// The sample of this name that has exactly these labels, in any order, `le` and `quantile` among them, which are compared as
    /// numbers: `1` finds the bucket `1.0`.
    pub fn sample(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Sample> {
        self.samples().find(|sample| *sample.name == *name && are_same(&sample.labels, labels))
    }

    /// The value of the sample of this name that has exactly these labels, in any order.
    ///
    /// Histograms of every kind have `…_count` and `…_sum`. A native one as a whole is no number: it is the
    /// [`native_histogram`](Self::native_histogram).
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.sample(name, labels).filter(|sample| sample.native_histogram.is_none()).map(|sample| sample.value.as_f64())
    }

    /// The native histogram of this name that has exactly these labels, in any order.
    ///
    /// ```
    /// use picometer_std::{Metric, NativeHistogram, Snapshot};
    ///
    /// let seconds =
    ///     Metric::<NativeHistogram>::new("request_seconds", "How long requests take.");
    /// seconds.observe(0.5);
    /// let snapshot = Snapshot::of(&seconds);
    /// let native = snapshot.native_histogram("request_seconds", &[]).unwrap();
    /// assert_eq!((native.schema, native.positive.counts()), (3, vec![1.0]));
    /// assert_eq!(snapshot.value("request_seconds_count", &[]), Some(1.0));
    /// ```
    pub fn native_histogram(&self, name: &str, labels: &[(&str, &str)]) -> Option<&NativeHistogram> {
        self.sample(name, labels)?.native_histogram.as_deref()
    }

    /// How much a sample grew since an earlier snapshot, in which it may not have been yet.
    pub fn growth(&self, before: &Self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        Some(self.value(name, labels)? - before.value(name, labels).unwrap_or(0.0))
    }

    /// The samples whose values are not those of an earlier snapshot, those that came, and behind them those that went.
    pub fn changes<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = Change<'a>> {
        let (earlier, later) = (before.by_series(), self.by_series());
        let value = |sample: &Sample| sample.value.as_f64();
        let now = self.samples().filter_map(move |sample| {
            let old = earlier.get(&(&*sample.name, &sample.labels)).copied();
            let same = old.is_some_and(|old| old.value == sample.value && old.native_histogram == sample.native_histogram);
            (!same).then(|| Change { sample, before: old.map(value), after: Some(value(sample)) })
        });
        let gone = before.samples().filter(move |sample| !later.contains_key(&(&*sample.name, &sample.labels)));
        now.chain(gone.map(move |sample| Change { sample, before: Some(value(sample)), after: None }))
    }

    /// The first sample of each name and labels.
    fn by_series(&self) -> HashMap<(&str, &model::Labels), &Sample> {
        let mut all = HashMap::new();
        for sample in self.samples() {
            all.entry((&*sample.name, &sample.labels)).or_insert(sample);
        }
        all
    }

    /// All samples of all families.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.families.iter().flat_map(|family| &family.samples)
    }
}

/// The value of one sample of a collector now: [`Snapshot::value`] for a single look.
///
/// ```
/// use picometer_std::{Histogram, Metric, sample_value};
///
/// let seconds =
///     Metric::<Histogram>::new("request_seconds", "How long requests take.")
///         .buckets([0.1, 1.0]);
/// seconds.observe(0.5);
/// assert_eq!(
///     sample_value(&seconds, "request_seconds_bucket", &[("le", "1.0")]),
///     Some(1.0)
/// );
/// assert_eq!(sample_value(&seconds, "request_seconds_max", &[]), None);
/// ```
#[doc(alias("get_sample_value", "ToFloat64"))]
pub fn sample_value(source: &dyn Collector, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    Snapshot::of(source).value(name, labels)
}

#[derive(Default)]
struct Taker {
    families: Vec<Family>,
    /// The names of samples of the family that was begun last, which share them.
    names: Vec<(&'static str, Arc<str>)>,
}

/// What the samples of one metric have in common.
struct Metric<'a> {
    desc: &'a Desc<'a>,
    labels: &'a dyn LabelSet,
    point: &'a Point<'a>,
}

impl Encoder for Taker {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        let mut family = Family::new(desc.family().to_string(), desc.kind());
        family.help = desc.help().to_owned();
        family.unit = desc.unit_name().to_owned();
        self.families.push(family);
        self.names.clear();
        Ok(true)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let metric = Metric { desc, labels, point };
        match &point.value {
            PointValue::Number { value, exemplar } => {
                // A counter of another library may lack the suffix.
                let suffix = if desc.name() == desc.family() { "" } else { desc.kind().suffix() };
                self.add(&metric, suffix, [], *value, exemplar.map(owned));
            }
            PointValue::Histogram(histogram) => self.histogram(&metric, histogram),
            PointValue::NativeHistogram(histogram) => {
                self.add(&metric, "", [], f64::NAN.into(), None);
                if let Some(sample) = self.families.last_mut().and_then(|family| family.samples.last_mut()) {
                    sample.native_histogram = Some(Box::new(native(histogram)));
                }
                self.histogram(&metric, &histogram.classic);
            }
            PointValue::Summary(SummaryPoint { quantiles, count, sum }) => {
                for quantile in *quantiles {
                    self.add(&metric, "", [("quantile", quantile.quantile.bound_text().as_str())], quantile.value, None);
                }
                self.add(&metric, "_sum", [], *sum, None);
                self.add(&metric, "_count", [], (*count).into(), None);
            }
            PointValue::Info(facts) => self.add(&metric, "_info", pairs(*facts), 1_u32.into(), None),
            PointValue::StateSet(states) => {
                let name = desc.name().to_string();
                for (state, on) in (0..).map_while(|index| states.state(index)) {
                    self.add(&metric, "", [(&*name, state)], on.into(), None);
                }
            }
            // Points that later versions of the core have.
            _ => {}
        }
        if let (Some(created), Kind::Counter | Kind::Histogram | Kind::Summary) = (point.created(), desc.kind()) {
            self.add(&metric, "_created", [], created.into(), None);
        }
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

impl Taker {
    fn histogram(&mut self, metric: &Metric<'_>, histogram: &HistogramPoint<'_>) {
        let mut cumulative = 0_u64;
        // What has exponential buckets alone has the count in one word, and no classic bucket.
        let is_native = matches!(metric.point.value, PointValue::NativeHistogram(_)) && histogram.counts.is_empty();
        for (index, count) in histogram.counts.iter().copied().chain([histogram.beyond]).enumerate() {
            cumulative = cumulative.wrapping_add(count);
            if is_native {
                continue;
            }
            let bound = histogram.bounds.bound(index).filter(|_| index < histogram.counts.len()).unwrap_or_else(|| f64::INFINITY.into());
            let mut exemplar = None;
            if let Some(exemplars) = histogram.exemplars {
                exemplars.show(index, &mut |shown| exemplar = Some(owned(shown)));
            }
            self.add(metric, "_bucket", [("le", bound.bound_text().as_str())], cumulative.into(), exemplar);
        }
        let (sum, count) = if metric.desc.kind() == Kind::GaugeHistogram { ("_gsum", "_gcount") } else { ("_sum", "_count") };
        if let Some(total) = histogram.sum {
            self.add(metric, sum, [], total, None);
        }
        self.add(metric, count, [], cumulative.into(), None);
    }

    fn add<'a>(
        &mut self,
        metric: &Metric<'_>,
        suffix: &'static str,
        extra: impl IntoIterator<Item = (&'a str, &'a str)>,
        value: Number,
        exemplar: Option<model::Exemplar>,
    ) {
        let name = match self.names.iter().find(|(known, _)| *known == suffix) {
            Some((_, name)) => name.clone(),
            None => {
                let name: Arc<str> = metric.desc.sample(suffix).to_string().into();
                self.names.push((suffix, name.clone()));
                name
            }
        };
        let (timestamp, exemplar) = (metric.point.timestamp().map(Time::Exact), exemplar.map(Box::new));
        let mut labels = model::Labels::new();
        pairs(metric.labels).for_each(|(name, value)| labels.push(name, value));
        extra.into_iter().for_each(|(name, value)| labels.push(name, value));
        if let Some(family) = self.families.last_mut() {
            family.samples.push(Sample { timestamp, exemplar, labels, ..Sample::new(name, [], value) });
        }
    }
}

/// Whether these are the labels, in any order; bounds and quantiles by their value.
fn are_same(own: &model::Labels, labels: &[(&str, &str)]) -> bool {
    let is_number = |name: &str| matches!(name, "le" | "quantile");
    let equal = |name: &str, one: &str, other: &str| {
        one == other || (is_number(name) && matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one == other))
    };
    own.len() == labels.len() && labels.iter().all(|&(name, value)| own.get(name).is_some_and(|own| equal(name, own, value)))
}

/// A native histogram as data, with spans in place of indices.
fn native(point: &NativeHistogramPoint<'_>) -> NativeHistogram {
    let (positive_spans, positive) = spans(point.positive);
    let (negative_spans, negative) = spans(point.negative);
    NativeHistogram {
        count: point.classic.count().into(),
        sum: point.classic.sum.map_or(f64::NAN, Number::as_f64),
        schema: point.schema.into(),
        zero_threshold: point.zero_threshold,
        zero_count: point.zero_count.into(),
        negative_spans,
        negative,
        positive_spans,
        positive,
        exemplars: point.exemplars.iter().map(owned).collect(),
    }
}

/// Runs of buckets with neighbouring indices, and each count as the difference to the one before.
fn spans(buckets: &[NativeBucket]) -> (Vec<Span>, NativeBuckets) {
    let (mut spans, mut deltas) = (Vec::<Span>::new(), Vec::new());
    let (mut next, mut before) = (0_i32, 0_u64);
    for bucket in buckets {
        match spans.last_mut().filter(|_| bucket.index == next) {
            Some(span) => span.length += 1,
            None => spans.push(Span { offset: bucket.index.wrapping_sub(next), length: 1 }),
        }
        deltas.push(bucket.count.wrapping_sub(before) as i64);
        (next, before) = (bucket.index.wrapping_add(1), bucket.count);
    }
    (spans, NativeBuckets::Deltas(deltas))
}

fn pairs(labels: &dyn LabelSet) -> impl Iterator<Item = (&str, &str)> {
    (0..).map_while(|index| labels.label(index)).map(|label| (label.name, label.value))
}

fn owned(exemplar: &Exemplar<'_>) -> model::Exemplar {
    let (labels, value) = (pairs(exemplar.labels).collect(), exemplar.value.into());
    model::Exemplar { labels, value, timestamp: exemplar.timestamp().map(Time::Exact) }
}
