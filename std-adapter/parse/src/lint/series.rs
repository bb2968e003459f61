//! The series of one family, and families among each other.

use std::collections::{HashMap, HashSet};

use picometer::Kind;

use super::{Found, Rule, shown_name};
use crate::model::{Family, Sample, Time};

pub(super) fn check(family: &Family, line: u32, values: usize, found: &mut Found<'_>) {
    repeated(family, line, found);
    mixed(family, line, found);
    cardinality(family, line, values, found);
    if matches!(family.kind, Kind::Histogram | Kind::GaugeHistogram) {
        histograms(family, line, found);
    }
}

/// A label without a value is none.
fn identity(sample: &Sample) -> Vec<(&str, &str)> {
    let mut labels = sample.labels.sorted();
    labels.retain(|(_, value)| !value.is_empty());
    labels
}

fn repeated(family: &Family, line: u32, found: &mut Found<'_>) {
    let mut seen = HashSet::new();
    for sample in &family.samples {
        let moment = sample.timestamp.and_then(Time::exact);
        let labels = identity(sample);
        if !seen.insert((&*sample.name, labels.clone(), moment)) {
            let text = format!("the series `{}` is there twice", series(&sample.name, &labels));
            found.add(Rule::RepeatedSeries, family, line, text);
        }
    }
}

fn series(name: &str, labels: &[(&str, &str)]) -> String {
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{name}{{{}}}", labels.join(","))
}

/// Labels but those that the type brings along.
fn own_labels<'a>(family: &'a Family, sample: &'a Sample) -> impl Iterator<Item = (&'a str, &'a str)> {
    sample.labels.iter().filter(move |&(name, _)| match family.kind {
        Kind::Histogram | Kind::GaugeHistogram => name != "le",
        Kind::Summary => name != "quantile",
        Kind::StateSet => name != family.name,
        _ => true,
    })
}

fn mixed(family: &Family, line: u32, found: &mut Found<'_>) {
    // The facts of an info metric are what each has to say.
    if family.kind == Kind::Info || family.kind == Kind::Unknown {
        return;
    }
    let names = |sample: &Sample| {
        let mut names: Vec<String> = own_labels(family, sample).map(|(name, _)| name.to_string()).collect();
        names.sort_unstable();
        names
    };
    // What a limited family has beyond its limit stands for series of any labels.
    let is_overflow = |sample: &&Sample| own_labels(family, sample).any(|label| label == ("overflow", "true"));
    let mut all = family.samples.iter().filter(|sample| !is_overflow(sample)).map(names);
    let Some(first) = all.next() else { return };
    if let Some(other) = all.find(|other| *other != first) {
        let text = format!("some series have the labels [{}], others [{}]", first.join(", "), other.join(", "));
        found.add(Rule::MixedLabels, family, line, text);
    }
}

fn cardinality(family: &Family, line: u32, most: usize, found: &mut Found<'_>) {
    if family.samples.len() <= most {
        return;
    }
    let mut values: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (name, value) in family.samples.iter().flat_map(|sample| own_labels(family, sample)) {
        values.entry(name).or_default().insert(value);
    }
    let mut many: Vec<_> = values.into_iter().map(|(name, values)| (name, values.len())).filter(|&(_, count)| count > most).collect();
    many.sort_unstable();
    for (name, count) in many {
        found.add(Rule::Cardinality, family, line, format!("the label `{name}` has {count} values"));
    }
}

/// The labels of a histogram, its moment, and what was seen of it.
type Metric<'a> = (Vec<(&'a str, &'a str)>, Option<Time>, Buckets);

/// Buckets of text pages, which no parser checks.
fn histograms(family: &Family, line: u32, found: &mut Found<'_>) {
    let mut metrics: Vec<Metric<'_>> = Vec::new();
    for sample in family.samples.iter().filter(|sample| sample.native_histogram.is_none()) {
        let mut labels: Vec<_> = own_labels(family, sample).collect();
        labels.sort_unstable();
        let same = |(own, time, _): &&mut Metric<'_>| *own == labels && *time == sample.timestamp;
        // Samples of a metric stand together.
        if metrics.last_mut().filter(same).is_none() {
            metrics.push((labels, sample.timestamp, Buckets::default()));
        }
        if let Some((.., buckets)) = metrics.last_mut() {
            if let Some(text) = buckets.add(family, sample) {
                found.add(Rule::Histogram, family, line, format!("`{}`: {text}", sample.name));
            }
            if let Some(text) = buckets.exemplar(sample) {
                found.add(Rule::ExemplarRange, family, line, text);
            }
        }
    }
    for (labels, _, buckets) in &metrics {
        if let Some(text) = buckets.finish() {
            found.add(Rule::Histogram, family, line, format!("`{}`: {text}", series(&family.name, labels)));
        }
    }
}

#[derive(Default)]
struct Buckets {
    /// The bound before the last one, the last one, and its count.
    before: Option<f64>,
    bound: Option<f64>,
    cumulative: f64,
    count: Option<f64>,
}

impl Buckets {
    fn add(&mut self, family: &Family, sample: &Sample) -> Option<&'static str> {
        match sample.name.strip_prefix(family.name.as_str())? {
            "_bucket" => {
                let Some(bound) = sample.labels.get("le").and_then(|bound| bound.parse::<f64>().ok()).filter(|bound| !bound.is_nan())
                else {
                    return Some("a bucket needs a label `le` with a number");
                };
                let rises = self.bound.is_none_or(|last| bound > last);
                let cumulative = sample.value.as_f64() >= self.cumulative;
                (self.before, self.bound, self.cumulative) = (self.bound, Some(bound), sample.value.as_f64());
                match (rises, cumulative) {
                    (false, _) => Some("the bounds of the buckets do not rise"),
                    (_, false) => Some("the buckets are not cumulative"),
                    _ => None,
                }
            }
            "_count" | "_gcount" => {
                self.count = Some(sample.value.as_f64());
                None
            }
            _ => None,
        }
    }

    fn exemplar(&self, sample: &Sample) -> Option<String> {
        let value = sample.exemplar.as_ref()?.value.as_f64();
        let bound = self.bound?;
        let inside = value <= bound && self.before.is_none_or(|before| value > before);
        (!inside).then(|| format!("the exemplar {value} is outside of its bucket `le={bound}`"))
    }

    fn finish(&self) -> Option<&'static str> {
        match (self.bound, self.count) {
            (None, None) => None,
            (bound, _) if bound != Some(f64::INFINITY) => Some("the bucket `+Inf` is missing"),
            (_, Some(count)) if count != self.cumulative => Some("the count is not that of the bucket `+Inf`"),
            _ => None,
        }
    }
}

/// What families do to each other.
pub(super) fn across(families: &[(u32, Family)], found: &mut Found<'_>) {
    let mut names: HashMap<&str, &Family> = HashMap::new();
    let mut escaped: HashMap<String, &str> = HashMap::new();
    for (line, family) in families {
        match names.insert(&family.name, family) {
            // Text keeps `x` and the counter `x_total` apart; OpenMetrics does not (exposition formats N11).
            Some(other) if other.kind.suffix() != family.kind.suffix() => {
                let text = format!("`{}` has the same name in OpenMetrics", shown_name(other));
                found.add(Rule::Collision, family, *line, text);
            }
            Some(_) => found.add(Rule::RepeatedFamily, family, *line, "the family is there twice, or in pieces"),
            None => {
                if let Some(other) = escaped.insert(underscores(&family.name, true), &family.name) {
                    let text = format!("`{other}` has the same name for a scraper that does not take UTF-8");
                    found.add(Rule::Collision, family, *line, text);
                }
            }
        }
        let (mut labels, mut seen): (HashMap<String, &str>, HashSet<&str>) = Default::default();
        for (name, _) in family.samples.iter().flat_map(|sample| &sample.labels) {
            if !seen.insert(name) {
                continue;
            }
            if let Some(other) = labels.insert(underscores(name, false), name) {
                let text = format!("the labels `{other}` and `{name}` have the same name for a scraper that does not take UTF-8");
                found.add(Rule::Collision, family, *line, text);
                break;
            }
        }
    }
}

/// The name under the escaping scheme `underscores`.
fn underscores(name: &str, colon: bool) -> String {
    let legal = |(index, c): (usize, char)| c.is_ascii_alphabetic() || c == '_' || (colon && c == ':') || (index > 0 && c.is_ascii_digit());
    name.chars().enumerate().map(|(index, c)| if legal((index, c)) { c } else { '_' }).collect()
}
