//! What a collector gave, kept to be given again.

use std::any::Any;
use std::fmt::Display;

use picometer::{
    Bounds, BucketExemplars, Desc, Encoder, Exemplar, HistogramPoint, LabelSet, NativeBucket, NativeHistogramPoint, Number, Point,
    PointValue, Quantile, Run, States, Stop, SummaryPoint, Timestamp, Uint,
};

use crate::desc::OwnedDesc;
use crate::label::FactLabels;

type Pairs = Vec<(Box<str>, Box<str>)>;

/// Families with all their metrics. An [`Encoder`] that fills itself.
#[derive(Debug, Default)]
pub(super) struct Kept {
    families: Vec<Family>,
    /// Why the collector failed, if it said so.
    reason: Option<String>,
}

#[derive(Debug)]
struct Family {
    desc: OwnedDesc,
    metrics: Vec<Metric>,
}

#[derive(Debug)]
struct Metric {
    labels: Pairs,
    value: Value,
    timestamp: Option<Timestamp>,
    created: Option<Timestamp>,
}

#[derive(Debug)]
enum Value {
    Number(Number, Option<KeptExemplar>),
    Histogram(Histogram),
    Native(Box<Native>),
    Summary { count: u64, sum: Number, quantiles: Vec<Quantile> },
    Facts(Pairs),
    States(Vec<(Box<str>, bool)>),
}

#[derive(Debug)]
struct Histogram {
    counts: Vec<Uint>,
    beyond: Uint,
    sum: Option<Number>,
    bounds: Vec<Number>,
    /// Of each bucket, the one beyond the last bound included.
    exemplars: Vec<Option<KeptExemplar>>,
}

#[derive(Debug)]
struct Native {
    classic: Histogram,
    schema: i8,
    zero_threshold: f64,
    zero_count: u64,
    positive: Vec<NativeBucket>,
    negative: Vec<NativeBucket>,
    exemplars: Vec<KeptExemplar>,
}

#[derive(Debug)]
struct KeptExemplar {
    labels: Pairs,
    value: Number,
    timestamp: Option<Timestamp>,
}

impl Kept {
    pub(super) fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    pub(super) fn take_reason(&mut self) -> Option<String> {
        self.reason.take()
    }

    /// Gives everything to an encoder.
    pub(super) fn give(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        for family in &self.families {
            // What was a description is one again.
            let Ok(desc) = family.desc.desc() else { continue };
            if out.begin(&desc)? {
                let first = out.resume_at();
                family.metrics.iter().skip(first).try_for_each(|metric| metric.give(&desc, out))?;
            }
        }
        Ok(())
    }
}

impl Encoder for Kept {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        let name = desc.name().to_string();
        let owned = OwnedDesc::new(desc.kind(), &name, desc.help());
        let desc = OwnedDesc { unit: desc.unit_name().to_owned().into(), utf8: !desc.is_legacy(), ..owned };
        self.families.push(Family { desc, metrics: Vec::new() });
        Ok(true)
    }

    fn metric(&mut self, _: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if let (Some(family), Some(value)) = (self.families.last_mut(), Value::of(&point.value)) {
            let metric = Metric { labels: pairs(labels), value, timestamp: point.timestamp(), created: point.created() };
            family.metrics.push(metric);
        }
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(self)
    }
}

/// Everything is taken in one run.
impl Run for Kept {
    fn skip(&mut self) {}

    fn resume_at(&mut self) -> usize {
        0
    }

    fn generation(&mut self, now: u32) -> u32 {
        now
    }

    fn next_part(&mut self) {}

    fn rollback(&mut self) {}

    fn fail(&mut self, reason: &dyn Display) {
        self.reason = Some(reason.to_string());
    }

    fn extension(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

fn pairs(labels: &dyn LabelSet) -> Pairs {
    (0..).map_while(|index| labels.label(index)).map(|label| (label.name.into(), label.value.into())).collect()
}

impl Metric {
    fn give(&self, desc: &Desc<'_>, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.value.show(|value| {
            let point = Point::new(value);
            let point = self.timestamp.map_or(point, |timestamp| point.at(timestamp));
            let point = self.created.map_or(point, |created| point.since(created));
            out.metric(desc, &FactLabels(&self.labels), &point)
        })
    }
}

impl Value {
    /// `None` for a kind of value that this does not know.
    fn of(value: &PointValue<'_>) -> Option<Self> {
        Some(match value {
            PointValue::Number { value, exemplar } => Self::Number(*value, exemplar.map(KeptExemplar::of)),
            PointValue::Histogram(point) => Self::Histogram(Histogram::of(point)),
            PointValue::NativeHistogram(point) => Self::Native(Box::new(Native {
                classic: Histogram::of(&point.classic),
                schema: point.schema,
                zero_threshold: point.zero_threshold,
                zero_count: point.zero_count,
                positive: point.positive.to_vec(),
                negative: point.negative.to_vec(),
                exemplars: point.exemplars.iter().map(KeptExemplar::of).collect(),
            })),
            PointValue::Summary(point) => Self::Summary { count: point.count, sum: point.sum, quantiles: point.quantiles.to_vec() },
            PointValue::Info(facts) => Self::Facts(pairs(*facts)),
            PointValue::StateSet(states) => {
                Self::States((0..).map_while(|index| states.state(index)).map(|(name, on)| (name.into(), on)).collect())
            }
            _ => return None,
        })
    }

    fn show<R>(&self, then: impl FnOnce(PointValue<'_>) -> R) -> R {
        match self {
            Self::Number(value, None) => then(PointValue::Number { value: *value, exemplar: None }),
            Self::Number(value, Some(exemplar)) => {
                exemplar.show(|exemplar| then(PointValue::Number { value: *value, exemplar: Some(exemplar) }))
            }
            Self::Histogram(histogram) => then(PointValue::Histogram(histogram.point())),
            Self::Native(native) => {
                let labels: Vec<_> = native.exemplars.iter().map(|exemplar| FactLabels(&exemplar.labels)).collect();
                let exemplars: Vec<_> = native.exemplars.iter().zip(&labels).map(|(exemplar, labels)| exemplar.with(labels)).collect();
                then(PointValue::NativeHistogram(&NativeHistogramPoint {
                    classic: native.classic.point(),
                    schema: native.schema,
                    zero_threshold: native.zero_threshold,
                    zero_count: native.zero_count,
                    positive: &native.positive,
                    negative: &native.negative,
                    exemplars: &exemplars,
                }))
            }
            Self::Summary { count, sum, quantiles } => then(PointValue::Summary(SummaryPoint { quantiles, count: *count, sum: *sum })),
            Self::Facts(facts) => then(PointValue::Info(&FactLabels(facts))),
            Self::States(states) => then(PointValue::StateSet(&KeptStates(states))),
        }
    }
}

impl Histogram {
    fn of(point: &HistogramPoint<'_>) -> Self {
        let exemplar = |bucket| {
            let mut kept = None;
            point.exemplars?.show(bucket, &mut |exemplar| kept = Some(KeptExemplar::of(exemplar)));
            kept
        };
        Self {
            counts: point.counts.to_vec(),
            beyond: point.beyond,
            sum: point.sum,
            bounds: (0..).map_while(|index| point.bounds.bound(index)).collect(),
            exemplars: if point.exemplars.is_some() { (0..=point.counts.len()).map(exemplar).collect() } else { Vec::new() },
        }
    }

    fn point(&self) -> HistogramPoint<'_> {
        let exemplars = (!self.exemplars.is_empty()).then_some(self as &dyn BucketExemplars);
        HistogramPoint { counts: &self.counts, beyond: self.beyond, sum: self.sum, bounds: self, exemplars }
    }
}

impl Bounds for Histogram {
    fn bound(&self, index: usize) -> Option<Number> {
        self.bounds.get(index).copied()
    }
}

impl BucketExemplars for Histogram {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        if let Some(Some(exemplar)) = self.exemplars.get(bucket) {
            exemplar.show(|exemplar| see(exemplar));
        }
    }
}

struct KeptStates<'a>(&'a [(Box<str>, bool)]);

impl States for KeptStates<'_> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.0.get(index).map(|(name, on)| (&**name, *on))
    }
}

impl KeptExemplar {
    fn of(exemplar: &Exemplar<'_>) -> Self {
        Self { labels: pairs(exemplar.labels), value: exemplar.value, timestamp: exemplar.timestamp() }
    }

    fn with<'a>(&self, labels: &'a dyn LabelSet) -> Exemplar<'a> {
        let exemplar = Exemplar::new(labels, self.value);
        self.timestamp.map_or(exemplar, |timestamp| exemplar.at(timestamp))
    }

    fn show<R>(&self, then: impl FnOnce(&Exemplar<'_>) -> R) -> R {
        then(&self.with(&FactLabels(&self.labels)))
    }
}
