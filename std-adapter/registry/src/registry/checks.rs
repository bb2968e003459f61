//! What a page needs of each metric, for collectors that are not this crate's: one bad series makes Prometheus refuse the page.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use foldhash::quality::RandomState;
use picometer::{
    Desc, Exemplar, HistogramPoint, Kind, Label, LabelSet, NativeBucket, NativeHistogramPoint, Number, Point, PointValue, States,
    SummaryPoint, Timestamp,
};

use crate::epoch::once;
use crate::label::{Beyond, are_one, escaped_label};
use crate::registering::is_reserved;

/// The series of one family so far, known by a keyed hash: to keep their labels would take more time than everything else.
#[derive(Debug, Default)]
pub(super) struct SeriesSeen {
    all: HashSet<u64, RandomState>,
    /// The one that came last, and its timestamp: a metric may have several points with rising timestamps.
    last: Option<(u64, Option<Timestamp>)>,
}

impl SeriesSeen {
    /// Another family begins.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.last = None;
    }

    /// What the series is known by that came last, in all pages of this process.
    pub(super) fn last(&self) -> u64 {
        self.last.map_or(0, |(hash, _)| hash)
    }

    /// Adds a series; whether it is new. The order of labels does not count, and an empty value is no label.
    pub(super) fn insert(&mut self, labels: &dyn LabelSet, point: &Point<'_>) -> bool {
        static KEYS: OnceLock<RandomState> = OnceLock::new();
        let keys = once(&KEYS, RandomState::default);
        let mut hash = 0_u64;
        let facts: &dyn LabelSet = if let PointValue::Info(facts) = point.value { facts } else { &() };
        for Label { name, value } in iter(labels).chain(iter(facts)).filter(|label| !label.value.is_empty()) {
            let mut hasher = keys.build_hasher();
            escaped_label(name).for_each(|c| hasher.write_u8(c));
            hasher.write_u8(0xff);
            hasher.write(value.as_bytes());
            // Added up, so that the order says nothing.
            hash = hash.wrapping_add(hasher.finish());
        }
        let time = point.timestamp();
        let before = self.last.replace((hash, time));
        let continues = match (before, time) {
            (Some((last, Some(then))), Some(now)) => last == hash && then < now,
            _ => false,
        };
        self.all.insert(hash) || continues
    }
}

/// The labels of a set.
fn iter(labels: &dyn LabelSet) -> impl Iterator<Item = Label<'_>> {
    (0..).map_while(|index| labels.label(index))
}

/// What is wrong with the labels of a series, if anything is.
pub(super) fn labels(desc: &Desc<'_>, labels: &dyn LabelSet, value: &PointValue<'_>) -> Result<(), String> {
    let facts: &dyn LabelSet = if let PointValue::Info(facts) = *value { facts } else { &() };
    let mut beyond = Beyond::default();
    for (index, Label { name, .. }) in iter(labels).chain(iter(facts)).enumerate() {
        Label::try_utf8(name, "").map_err(|error| format!("label `{name}` of `{}`: {error}", desc.name()))?;
        if is_reserved(desc, name) {
            return Err(format!("label `{name}` of `{}` is reserved for the samples of its type: rename it", desc.name()));
        }
        let mut few = iter(labels).chain(iter(facts)).take(index.min(Beyond::FEW));
        if !beyond.is_new(index, name) || few.any(|before| are_one(before.name, name)) {
            return Err(format!("`{}` has label `{name}` twice: rename one", desc.name()));
        }
    }
    Ok(())
}

/// What is wrong with a number, if anything is: the check that every collector needs, because callbacks give any number.
pub(super) fn number(desc: &Desc<'_>, value: &PointValue<'_>) -> Result<(), String> {
    match value {
        PointValue::Number { value, .. } if desc.kind() == Kind::Counter && !value.fits_counter() => {
            Err(format!("counter `{}` is {}: a counter is a number and not negative", desc.name(), value.text().as_str()))
        }
        _ => Ok(()),
    }
}

/// What is wrong with a value, if anything is.
pub(super) fn value(desc: &Desc<'_>, value: &PointValue<'_>) -> Result<(), String> {
    let fault = match (value, desc.kind()) {
        (PointValue::Number { .. }, Kind::Counter | Kind::Gauge | Kind::Unknown) => return number(desc, value),
        (PointValue::Histogram(point), Kind::Histogram | Kind::GaugeHistogram) => buckets(point),
        (PointValue::NativeHistogram(point), Kind::Histogram | Kind::GaugeHistogram) => native(point),
        (PointValue::Summary(point), Kind::Summary) => quantiles(point),
        (PointValue::Info(_), Kind::Info) => Ok(()),
        (PointValue::StateSet(states), Kind::StateSet) => distinct(*states),
        _ => Err("the value is of another type than the family"),
    };
    fault.map_err(|fault| format!("`{}`: {fault}", desc.name()))
}

#[allow(clippy::useless_conversion, reason = "a word where there are no atomics of 64 bits")]
fn buckets(point: &HistogramPoint<'_>) -> Result<(), &'static str> {
    let mut before: Option<f64> = None;
    let mut count = u64::from(point.beyond);
    for (index, &own) in point.counts.iter().enumerate() {
        let Some(bound) = point.bounds.bound(index).map(Number::as_f64) else { return Err("a bucket has no bound") };
        if bound.is_nan() || bound == f64::INFINITY || before.is_some_and(|before| before >= bound) {
            return Err("the bounds of its buckets must be numbers that rise, without +Inf");
        }
        before = Some(bound);
        count = count.checked_add(own.into()).ok_or("the counts of its buckets overflow")?;
    }
    Ok(())
}

fn native(point: &NativeHistogramPoint<'_>) -> Result<(), &'static str> {
    buckets(&point.classic)?;
    let rises = |buckets: &[NativeBucket]| buckets.is_sorted_by(|one, next| one.index < next.index);
    let total = [point.positive, point.negative].into_iter().flatten().try_fold(point.zero_count, |sum, own| sum.checked_add(own.count));
    match () {
        () if !(-4..=8).contains(&point.schema) => Err("the schema of a native histogram is from -4 to 8"),
        () if point.zero_threshold.is_nan() || point.zero_threshold < 0.0 => {
            Err("the zero threshold of a native histogram is not negative")
        }
        () if !rises(point.positive) || !rises(point.negative) => Err("the indices of its exponential buckets must rise"),
        () if total.is_none_or(|total| total > point.classic.count()) => Err("its exponential buckets have more than it counted"),
        () => Ok(()),
    }
}

fn quantiles(point: &SummaryPoint<'_>) -> Result<(), &'static str> {
    let all = || point.quantiles.iter().map(|quantile| quantile.quantile.as_f64());
    let twice = |(index, quantile): (usize, f64)| all().take(index).any(|before| before == quantile);
    match () {
        () if !all().all(|quantile| (0.0..=1.0).contains(&quantile)) => Err("quantiles are from 0 to 1"),
        () if all().enumerate().any(twice) => Err("it has a quantile twice"),
        () => Ok(()),
    }
}

fn distinct(states: &dyn States) -> Result<(), &'static str> {
    let all = || (0..).map_while(|index| states.state(index));
    let twice = |(index, (name, _)): (usize, (&str, bool))| all().take(index).any(|(before, _)| before == name);
    match () {
        () if all().next().is_none() => Err("a state set needs states"),
        () if all().enumerate().any(twice) => Err("it has a state twice"),
        () => Ok(()),
    }
}

/// Whether all exemplars of a point may be on a page.
pub(super) fn has_good_exemplars(value: &PointValue<'_>) -> bool {
    let mut good = true;
    let mut see = |exemplar: &Exemplar<'_>| {
        let labels: Vec<(&str, &str)> = iter(exemplar.labels).map(|label| (label.name, label.value)).collect();
        good &= picometer::__private::check_exemplar(&labels, usize::MAX).is_ok();
    };
    let classic = match value {
        PointValue::Number { exemplar, .. } => {
            exemplar.iter().for_each(|exemplar| see(exemplar));
            None
        }
        PointValue::Histogram(point) => Some(point),
        PointValue::NativeHistogram(point) => {
            point.exemplars.iter().for_each(&mut see);
            Some(&point.classic)
        }
        _ => None,
    };
    if let Some(HistogramPoint { counts, exemplars: Some(exemplars), .. }) = classic {
        (0..=counts.len()).for_each(|bucket| exemplars.show(bucket, &mut see));
    }
    good
}

/// The value without exemplars.
pub(super) fn without_exemplars<'p>(value: &PointValue<'p>) -> Option<PointValue<'p>> {
    match *value {
        PointValue::Number { value, .. } => Some(PointValue::Number { value, exemplar: None }),
        PointValue::Histogram(point) => Some(PointValue::Histogram(HistogramPoint { exemplars: None, ..point })),
        _ => None,
    }
}
