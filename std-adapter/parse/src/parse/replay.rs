//! From a page back to metrics: what was read drives an encoder, so that any format becomes any other.

mod metric;
mod native;

use std::collections::HashMap;

use picometer::{Collector, Desc, DescParts, Encoder, Kind, Stop};

use crate::model::{Family, Sample};
use metric::Metric;

/// A page that was read, as a collector: it can be written in any format, and registered beside metrics of the program's own.
///
/// No sample is lost: what OpenMetrics' types cannot express is given as metrics of unknown type, under the names of its samples.
/// That is a counter without `_total`, for example, or a histogram whose buckets fall.
///
/// ```
/// use picometer_std::parse::{self, Dialect, Page, Rules};
/// use picometer_std::{Exposition, Format};
///
/// let text = "# TYPE t_seconds summary\nt_seconds_sum 0.5\nt_seconds_count 2\n";
/// let page =
///     Page::new(parse::families(text, Dialect::Text004, Rules::STRICT).unwrap());
/// let mut buffer = [0; 256];
/// let len = Exposition::new(&page, Format::OpenMetrics100).fill(&mut buffer).unwrap();
/// assert_eq!(
///     &buffer[..len],
///     b"# TYPE t_seconds summary\nt_seconds_sum 0.5\nt_seconds_count 2\n# EOF\n"
/// );
/// ```
#[derive(Debug)]
pub struct Page {
    families: Vec<Replayed>,
}

/// A family that an encoder can take.
#[derive(Debug)]
struct Replayed {
    kind: Kind,
    /// The name with the suffix of its type.
    name: String,
    help: String,
    unit: String,
    metrics: Vec<Metric>,
}

impl Page {
    /// A page of these families.
    pub fn new(families: Vec<Family>) -> Self {
        let mut families = whole(families);
        join_gauge_histograms(&mut families);
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut all: Vec<Replayed> = Vec::with_capacity(families.len());
        for family in families.into_iter().flat_map(Replayed::all) {
            let place = *places.entry(family.name.clone()).or_insert(all.len());
            match all.get_mut(place) {
                // What one family fell into may be what another one is.
                Some(first) if family.kind == Kind::Unknown && matches!(first.kind, Kind::Unknown | Kind::Gauge | Kind::Counter) => {
                    first.metrics.extend(family.metrics);
                }
                _ => all.push(family),
            }
        }
        Self { families: all }
    }
}

impl Collector for Page {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.families.iter().try_for_each(|family| family.collect(out))
    }
}

impl Replayed {
    /// The family, or the families of unknown type that its samples make.
    fn all(family: Family) -> Vec<Self> {
        let name = format!("{}{}", family.name, family.kind.suffix());
        let metrics = metric::metrics(&family);
        let mut whole = Self { kind: family.kind, name, help: family.help, unit: family.unit, metrics: Vec::new() };
        if let Some(metrics) = metrics {
            whole.metrics = metrics;
            if whole.desc().is_none() {
                whole.unit.clear();
            }
            if whole.desc().is_some() {
                return vec![whole];
            }
        }
        let mut unknown: Vec<Self> = Vec::new();
        for sample in &family.samples {
            let at = unknown.iter().position(|family| family.name == *sample.name).unwrap_or_else(|| {
                let (name, help) = (sample.name.to_string(), whole.help.clone());
                unknown.push(Self { kind: Kind::Unknown, name, help, unit: String::new(), metrics: Vec::new() });
                unknown.len() - 1
            });
            if let Some(family) = unknown.get_mut(at) {
                family.metrics.push(Metric::number(sample));
            }
        }
        unknown
    }

    fn desc(&self) -> Option<Desc<'_>> {
        let Self { kind, name, help, unit, .. } = self;
        Desc::try_new(DescParts { name, help, unit, utf8: true, ..DescParts::new(*kind) }).ok()
    }

    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let Some(desc) = self.desc() else { return Ok(()) };
        if !out.begin(&desc)? {
            return Ok(());
        }
        let behind = out.resume_at();
        self.metrics.iter().skip(behind).try_for_each(|metric| metric.collect(&desc, out))
    }
}

/// Puts families together that come in pieces: a page has each once.
fn whole(families: Vec<Family>) -> Vec<Family> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Family> = Vec::with_capacity(families.len());
    for family in families {
        let full = format!("{}{}", family.name, family.kind.suffix());
        let suffixed = family.samples.iter().any(|sample| *sample.name == *full);
        let place = *places.entry(if suffixed { full } else { family.name.clone() }).or_insert(all.len());
        match all.get_mut(place) {
            Some(first) => first.samples.extend(family.samples),
            None => all.push(family),
        }
    }
    all
}

/// The text formats have no gauge histograms: count and sum of one are families of their own. Puts them
/// together again where all three are there and nothing else would be lost.
pub(crate) fn join_gauge_histograms(families: &mut Vec<Family>) {
    let buckets_only = |family: &Family| {
        let buckets = |sample: &Sample| sample.name.ends_with("_bucket");
        family.kind == Kind::Histogram && !family.samples.is_empty() && family.samples.iter().all(buckets)
    };
    if !families.iter().any(buckets_only) {
        return;
    }
    let places: HashMap<String, usize> = families.iter().enumerate().map(|(at, family)| (family.name.clone(), at)).collect();
    let mut used = vec![false; families.len()];
    for at in 0..families.len() {
        let Some(family) = families.get(at).filter(|family| buckets_only(family)) else { continue };
        let find = |suffix: &str| {
            let at = *places.get(&format!("{}{suffix}", family.name))?;
            let samples = &families.get(at).filter(|family| family.kind == Kind::Gauge)?.samples;
            Some((at, samples.clone()))
        };
        let (Some((counts_at, counts)), Some((sums_at, sums))) = (find("_gcount"), find("_gsum")) else { continue };
        let joined = joined(&family.samples, &counts, &sums);
        if let (Some(samples), Some(family)) = (joined, families.get_mut(at)) {
            (family.kind, family.samples) = (Kind::GaugeHistogram, samples);
            for at in [counts_at, sums_at] {
                used.get_mut(at).into_iter().for_each(|used| *used = true);
            }
        }
    }
    let mut used = used.into_iter();
    families.retain(|_| !used.next().unwrap_or(false));
}

/// Whether the buckets are in order, up to the infinite one, which has the count.
fn is_whole(buckets: &[Sample], count: &Sample) -> bool {
    let (mut bound, mut below) = (f64::NEG_INFINITY, 0.0);
    let mut first = true;
    let in_order = buckets.iter().all(|bucket| {
        let own = bucket.labels.get("le").and_then(super::number::number_value).unwrap_or(f64::NAN);
        let fits = (own > bound || first) && bucket.value.as_f64() >= below && bucket.timestamp == count.timestamp;
        (bound, below, first) = (own, bucket.value.as_f64(), false);
        fits && !own.is_nan()
    });
    in_order && bound == f64::INFINITY && below == count.value.as_f64()
}

/// Buckets, and behind those of each metric its sum and count; nothing if they do not go together one to one.
fn joined(buckets: &[Sample], counts: &[Sample], sums: &[Sample]) -> Option<Vec<Sample>> {
    let (mut all, mut counts, mut sums) = (Vec::new(), counts.iter(), sums.iter());
    for metric in buckets.chunk_by(|one, other| metric::same_metric(one, other, "le")) {
        let first = metric.first()?;
        let (count, sum) = (counts.next()?, sums.next()?);
        if !metric::same_metric(first, count, "le") || !metric::same_metric(first, sum, "le") {
            return None;
        }
        if !is_whole(metric, count) || sum.timestamp != count.timestamp {
            return None;
        }
        all.extend_from_slice(metric);
        all.extend([sum.clone(), count.clone()]);
    }
    (counts.next().is_none() && sums.next().is_none()).then_some(all)
}
