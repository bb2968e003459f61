//! Samples that belong together: the metrics of a family, and the points of a metric.

use std::collections::{HashMap, HashSet};

use picometer::Kind;

use super::loss::{Loss, Losses};
use crate::model::{Family, Labels, Sample, Time};
use crate::parse::number_value;

/// The label that tells the samples of one metric apart.
pub(super) fn own_label(family: &Family) -> &str {
    match family.kind {
        Kind::Histogram | Kind::GaugeHistogram => "le",
        Kind::Summary => "quantile",
        Kind::StateSet => &family.name,
        _ => "",
    }
}

/// The labels but the metric's own one, sorted, as one text.
fn key(labels: &Labels, own: &str) -> String {
    let mut sorted = labels.sorted();
    sorted.retain(|(name, _)| own.is_empty() || *name != own);
    let mut key = String::new();
    for (name, value) in sorted {
        // Lengths in front keep two labels from looking like one.
        key += &format!("{}:{name}{}:{value}", name.len(), value.len());
    }
    key
}

/// Whether two samples have the same labels in the same order but for one.
fn same(one: &Sample, other: &Sample, own: &str) -> bool {
    let labels = |sample: &'_ Sample| -> Vec<(String, String)> {
        sample.labels.iter().filter(|(name, _)| own.is_empty() || *name != own).map(|(n, v)| (n.into(), v.into())).collect()
    };
    one.labels.len().abs_diff(other.labels.len()) <= 1 && labels(one) == labels(other)
}

/// The samples of each metric, in the order in which metrics appear.
pub(super) fn metrics(samples: Vec<Sample>, own: &str) -> Vec<Vec<Sample>> {
    let mut all: Vec<Vec<Sample>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut last = 0;
    for sample in samples {
        // Samples of a metric nearly always stand together.
        let stays = all.get(last).and_then(|metric| metric.last()).is_some_and(|before| same(before, &sample, own));
        if !stays {
            last = *places.entry(key(&sample.labels, own)).or_insert(all.len());
        }
        match all.get_mut(last) {
            Some(metric) => metric.push(sample),
            None => all.push(vec![sample]),
        }
    }
    all
}

/// The keys of the points of a family.
pub(super) fn keys(family: &Family) -> HashSet<String> {
    let own = own_label(family);
    family.samples.iter().map(|sample| point_key(sample, own)).collect()
}

/// The key of a sample that has no label of its own kind.
pub(super) fn key_of(sample: &Sample) -> String {
    point_key(sample, "")
}

fn point_key(sample: &Sample, own: &str) -> String {
    format!("{}{:?}", key(&sample.labels, own), sample.timestamp)
}

/// The samples of each moment of a metric, the earliest first. Where some have no moment, all is one.
pub(super) fn points(metric: Vec<Sample>) -> Vec<Vec<Sample>> {
    if metric.iter().all(|sample| sample.timestamp == metric.first().and_then(|first| first.timestamp)) {
        return vec![metric];
    }
    if metric.iter().any(|sample| sample.timestamp.is_none()) {
        return vec![metric];
    }
    let mut sorted = metric;
    let moment = |sample: &Sample| sample.timestamp.map_or(0.0, Time::seconds);
    let exact = |sample: &Sample| sample.timestamp.and_then(Time::exact);
    sorted.sort_by(|one, other| moment(one).total_cmp(&moment(other)).then(exact(one).cmp(&exact(other))));
    let mut points: Vec<Vec<Sample>> = Vec::new();
    for sample in sorted {
        match points.last_mut().filter(|point| point.first().is_some_and(|first| first.timestamp == sample.timestamp)) {
            Some(point) => point.push(sample),
            None => points.push(vec![sample]),
        }
    }
    points
}

/// Leaves out of a point what it has already.
pub(super) fn without_repeats(point: Vec<Sample>, losses: &mut Losses) -> Vec<Sample> {
    if point.len() < 2 {
        return point;
    }
    let mut seen = HashSet::new();
    let mut keep = |sample: &Sample| {
        let new = seen.insert((sample.name.clone(), sample.native_histogram.is_some(), key(&sample.labels, "")));
        if !new {
            losses.add(Loss::RepeatedSeries, &sample.name);
        }
        new
    };
    point.into_iter().filter(|sample| keep(sample)).collect()
}

/// The number in `le` or `quantile`.
pub(super) fn bound(sample: &Sample, own: &str) -> Option<f64> {
    number_value(sample.labels.get(own)?).filter(|bound| !bound.is_nan())
}

/// Whether a moment of creation that goes with another sample comes out under its own name: readers take `_total` off that of the
/// family.
pub(super) fn keeps_created(family: &Family) -> bool {
    let full = |stem: &str| !stem.is_empty() && family.page_name() == family.name;
    family.kind != Kind::Counter || !family.name.strip_suffix("_total").is_some_and(full)
}

/// Whether buckets and quantiles have the label that tells them apart once, and other samples do not have it: a count with it has a
/// meaning of its own.
pub(super) fn has_own_labels(family: &Family, point: &[Sample]) -> bool {
    let own = own_label(family);
    let fits = |sample: &Sample| {
        let most = usize::from(matches!(sample.name.strip_prefix(family.name.as_str()), Some("" | "_bucket")));
        sample.labels.iter().filter(|(name, _)| *name == own).count() <= most
    };
    own.is_empty() || family.kind == Kind::StateSet || point.iter().all(fits)
}

/// Puts the samples of a point in the order that OpenMetrics has them in: buckets by their bounds, sum, count, creation.
pub(super) fn in_order(family: &Family, point: &mut [Sample]) {
    let own = own_label(family);
    let rank = |sample: &Sample| match sample.name.strip_prefix(family.name.as_str()) {
        Some("") if sample.native_histogram.is_some() => 1,
        Some("" | "_bucket" | "_total" | "_info") => 0,
        Some("_created") => 4,
        Some("_count" | "_gcount") => 3,
        _ => 2,
    };
    if matches!(family.kind, Kind::Histogram | Kind::GaugeHistogram) {
        let place = |sample: &Sample| bound(sample, own).unwrap_or(f64::INFINITY);
        point.sort_by(|one, other| rank(one).cmp(&rank(other)).then(place(one).total_cmp(&place(other))));
    } else if matches!(family.kind, Kind::Counter | Kind::Summary) {
        point.sort_by_key(rank);
    }
}
