//! Pages of anything, for properties.

use picometer_std::model::{Exemplar, Family, Labels, Number, Sample, Time};
use picometer_std::{Kind, Timestamp};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// A family that fits its type; `index` keeps names apart.
pub fn families() -> impl Strategy<Value = Vec<Family>> {
    vec(described(), 0..6).prop_map(|families| {
        let named = families.into_iter().enumerate().map(|(index, described)| described.family(&format!("f{index}")));
        named.collect()
    })
}

#[derive(Clone, Debug)]
struct Described {
    kind: Kind,
    /// What follows the start of the name.
    end: String,
    help: String,
    unit: bool,
    metrics: Vec<Metric>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,8}", "[ -~\n\t\\\\\"é😱\u{0}]{0,12}"]
}

/// None of them is `le` or `quantile`, which the samples get.
fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![4 => "l_[a-z0-9]{0,6}", 1 => "n[a-z.é \"\\\\]{1,6}"];
    btree_map(name, text(), 0..4).prop_map(|labels| labels.into_iter().collect())
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<u64>().prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        // Zero has no sign on a page (exposition formats F4).
        any::<f64>().prop_map(|value| Number::from(if value == 0.0 { 0.0 } else { value })),
    ]
}

fn moment() -> impl Strategy<Value = Option<Time>> {
    proptest::option::of((-2_000_000_000_000_i64..2_000_000_000_000).prop_map(|millis| Time::Exact(Timestamp::from_millis(millis))))
}

fn exemplar() -> impl Strategy<Value = Option<Box<Exemplar>>> {
    let made = ("[a-z0-9]{0,16}", number(), moment()).prop_map(|(trace, value, timestamp)| {
        Box::new(Exemplar { labels: [("trace_id", trace.as_str())].into_iter().collect(), value, timestamp })
    });
    proptest::option::of(made)
}

/// One metric: its labels, numbers, and moment.
#[derive(Clone, Debug)]
struct Metric {
    labels: Vec<(String, String)>,
    counts: Vec<u32>,
    value: Number,
    moment: Option<Time>,
    exemplar: Option<Box<Exemplar>>,
}

fn metric() -> impl Strategy<Value = Metric> {
    (labels(), vec(any::<u32>(), 4), number(), moment(), exemplar()).prop_map(|(labels, counts, value, moment, exemplar)| Metric {
        labels,
        counts,
        value,
        moment,
        exemplar,
    })
}

fn described() -> impl Strategy<Value = Described> {
    use Kind::{Counter, Gauge, GaugeHistogram, Histogram, Info, StateSet, Summary, Unknown};
    let kind = prop::sample::select(vec![Counter, Gauge, Histogram, GaugeHistogram, Summary, Unknown, Info, StateSet]);
    let name = prop_oneof![4 => Just(String::new()), 1 => ".[a-zé ]{1,4}"];
    // Help neither starts nor ends with blanks, which text readers take off.
    let help = text().prop_map(|help| help.trim_matches([' ', '\t']).to_string());
    (kind, name, help, any::<bool>(), vec(metric(), 1..4)).prop_map(|(kind, end, help, unit, metrics)| Described {
        kind,
        end,
        help,
        unit,
        metrics,
    })
}

impl Described {
    fn family(&self, start: &str) -> Family {
        let Self { kind, end, help, unit, metrics } = self;
        let unit = if *unit && !matches!(kind, Kind::Info | Kind::StateSet) { "seconds" } else { "" };
        let name = if unit.is_empty() { format!("{start}{end}") } else { format!("{start}{end}_{unit}") };
        let mut family = Family { help: help.clone(), unit: unit.into(), ..Family::new(name, *kind) };
        let mut seen: Vec<&[(String, String)]> = Vec::new();
        for metric in metrics {
            if !seen.contains(&metric.labels.as_slice()) {
                seen.push(&metric.labels);
                samples(&mut family, metric);
            }
        }
        family
    }
}

fn samples(family: &mut Family, metric: &Metric) {
    let (kind, name) = (family.kind, family.name.clone());
    let mut push = |suffix: &str, extra: Option<(&str, &str)>, value: Number, exemplar: Option<Box<Exemplar>>| {
        let own = metric.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let labels: Labels = own.chain(extra).collect();
        let sample = Sample::new(format!("{name}{suffix}"), [], value);
        family.samples.push(Sample { labels, timestamp: metric.moment, exemplar, ..sample });
    };
    let whole = |count: u32| Number::from(u64::from(count));
    let positive = match metric.value {
        Number::Integer(value) => Number::Integer(value.abs()),
        Number::Float(value) if value.is_nan() => Number::Integer(0),
        Number::Float(value) => Number::Float(value.abs()),
    };
    match kind {
        Kind::Counter => push("_total", None, positive, metric.exemplar.clone()),
        Kind::Info => push("_info", None, whole(1), None),
        Kind::StateSet => {
            for (state, count) in ["on", "off", "é\"\\\n"].into_iter().zip(&metric.counts) {
                push("", Some((&name, state)), whole(count & 1), None);
            }
        }
        Kind::Summary => {
            for (quantile, count) in [("0.5", metric.counts[0]), ("0.99", metric.counts[1])] {
                push("", Some(("quantile", quantile)), whole(count), None);
            }
            push("_sum", None, positive, None);
            push("_count", None, whole(metric.counts[2]), None);
        }
        Kind::Histogram | Kind::GaugeHistogram => {
            let mut total = 0;
            for (bound, count) in ["0.1", "1.0", "1e+06", "+Inf"].into_iter().zip(&metric.counts) {
                total += u64::from(*count);
                // An exemplar comes with the observation that it stands for.
                let exemplar = metric.exemplar.clone().filter(|_| *count > 0);
                push("_bucket", Some(("le", bound)), total.into(), exemplar);
            }
            let (sum, count) = if kind == Kind::Histogram { ("_sum", "_count") } else { ("_gsum", "_gcount") };
            push(sum, None, positive, None);
            push(count, None, total.into(), None);
        }
        _ => push("", None, metric.value, None),
    }
}
