//! Registries as the vectors describe them, turned into families of the core. What operations do to a value is computed here: it is
//! the encoder that is compared.

use picometer::{
    Collector, Desc, DescParts, Encoder, Exemplar, HistogramPoint, Kind, Label, LabelSet, Point, PointValue, Quantile, States, Stop,
    SummaryPoint, Timestamp,
};
use serde_json::Value;

pub struct Family {
    pub kind: Kind,
    pub name: String,
    pub help: String,
    pub unit: String,
    pub series: Vec<Series>,
}

#[derive(Default)]
pub struct Series {
    pub labels: Pairs,
    pub number: f64,
    exemplar: Option<(Pairs, f64, Option<Timestamp>)>,
    pub bounds: Vec<f64>,
    pub counts: Vec<u64>,
    pub sum: f64,
    pub count: u64,
    pub facts: Pairs,
    pub states: Vec<(String, bool)>,
    pub timestamp: Option<Timestamp>,
    pub created: Option<Timestamp>,
}

#[derive(Default, Clone)]
pub struct Pairs(pub Vec<(String, String)>);

impl LabelSet for Pairs {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.0.get(index).map(|(name, value)| Label { name, value })
    }
}

impl States for Series {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.states.get(index).map(|(name, on)| (name.as_str(), *on))
    }
}

impl Collector for Family {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let Self { kind, name, help, unit, series } = self;
        let desc = Desc::try_new(DescParts { name, help, unit, utf8: true, ..DescParts::new(*kind) }).unwrap();
        let mut family = out.family(&desc)?;
        for one in series {
            let exemplar = one.exemplar.as_ref().map(|(labels, value, moment)| {
                let exemplar = Exemplar::new(labels, *value);
                moment.map_or(exemplar, |moment| exemplar.at(moment))
            });
            let quantiles: [Quantile; 0] = [];
            let value = match kind {
                Kind::Histogram | Kind::GaugeHistogram => PointValue::Histogram(HistogramPoint {
                    counts: &one.counts[..one.bounds.len()],
                    beyond: one.counts[one.bounds.len()],
                    sum: Some(one.sum.into()),
                    bounds: &&*one.bounds,
                    exemplars: None,
                }),
                Kind::Summary => PointValue::Summary(SummaryPoint { quantiles: &quantiles, count: one.count, sum: one.sum.into() }),
                Kind::Info => PointValue::Info(&one.facts),
                Kind::StateSet => PointValue::StateSet(one),
                _ => PointValue::Number { value: one.number.into(), exemplar: exemplar.as_ref() },
            };
            let mut point = Point::new(value);
            point = one.timestamp.map_or(point, |moment| point.at(moment));
            point = one.created.map_or(point, |moment| point.since(moment));
            family.point(&one.labels, &point)?;
        }
        Ok(())
    }
}

/// A moment in seconds, to the nanosecond.
pub fn moment(seconds: f64) -> Timestamp {
    let whole = seconds.floor();
    // Microseconds are what a double has of today's seconds.
    Timestamp::new(whole as i64, ((seconds - whole) * 1e6).round() as u32 * 1_000)
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

pub fn float(value: &Value) -> f64 {
    match value {
        Value::Null => 1.0,
        Value::String(text) => text.parse().unwrap(),
        other => other.to_string().parse().unwrap(),
    }
}

pub fn strings(value: &Value) -> Vec<String> {
    value.as_array().map_or(Vec::new(), |all| all.iter().map(|one| one.as_str().unwrap().to_owned()).collect())
}

fn pairs(value: &Value) -> Pairs {
    let pairs = value.as_object().into_iter().flatten();
    Pairs(pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect())
}

/// `{"int"}`, `{"float"}` or `{"sec", "nsec"}`.
fn timestamp(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = value["sec"].as_i64() {
        return Some(Timestamp::new(seconds, value["nsec"].as_u64().unwrap() as u32));
    }
    value["int"].as_i64().map(Timestamp::from_seconds).or_else(|| value["float"].as_str().map(|text| moment(text.parse().unwrap())))
}

/// The family that a metric, a collector or a raw family of a case is.
pub fn family(described: &Value, case: &Value) -> Family {
    if described["metric"].is_string() {
        metric(described, case)
    } else if described["collector"].is_string() {
        collector(described)
    } else {
        raw(described)
    }
}

/// The name with what the reference adds: a unit that is not there, and the suffix of the type.
pub fn name(kind: Kind, name: &str, unit: &str) -> String {
    let name = if kind == Kind::Counter { name.strip_suffix("_total").unwrap_or(name) } else { name };
    let joint = if unit.is_empty() || name.ends_with(&format!("_{unit}")) { String::new() } else { format!("_{unit}") };
    format!("{name}{joint}{}", kind.suffix())
}

fn named(kind: Kind, given: &str, help: &str, unit: &str, series: Vec<Series>) -> Family {
    Family { kind, name: name(kind, given, unit), help: help.into(), unit: unit.into(), series }
}

fn metric(described: &Value, case: &Value) -> Family {
    let kind = kind(text(described, "metric"));
    let names = strings(&described["labelnames"]);
    let bounds: Vec<f64> =
        strings(&described["buckets"]).iter().map(|bound| bound.parse().unwrap()).filter(|bound| *bound != f64::INFINITY).collect();
    let states: Vec<_> = strings(&described["states"]).into_iter().enumerate().map(|(index, state)| (state, index == 0)).collect();
    let new =
        |labels| Series { labels, counts: vec![0; bounds.len() + 1], bounds: bounds.clone(), states: states.clone(), ..Series::default() };
    // Without labels there is one series from the start.
    let mut series = if names.is_empty() { vec![new(Pairs::default())] } else { Vec::new() };
    for done in described["ops"].as_array().unwrap() {
        let values = strings(&done["labels"]);
        let labels = Pairs(names.iter().cloned().zip(values).collect());
        let at = series.iter().position(|one| one.labels.0 == labels.0).unwrap_or_else(|| {
            series.push(new(labels));
            series.len() - 1
        });
        operate(&mut series[at], done, case);
    }
    let parts = [text(described, "namespace"), text(described, "subsystem"), text(described, "name")];
    let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    named(kind, &name, text(described, "help"), text(described, "unit"), series)
}

fn operate(series: &mut Series, done: &Value, case: &Value) {
    let value = float(&done["value"]);
    match text(done, "op") {
        "inc" => {
            series.number += value;
            if done["exemplar"].is_object() {
                series.exemplar = Some((pairs(&done["exemplar"]), value, Some(moment(float(&case["clock"])))));
            }
        }
        "dec" => series.number -= value,
        "reset" => (series.number, series.exemplar) = (0.0, None),
        "set" if series.count == 0 => series.number = value,
        // What a function gives cannot be set.
        "set" => {}
        "set_function" => (series.number, series.count) = (value, 1),
        "set_to_current_time" => series.number = float(&case["clock"]),
        "observe" => {
            series.count += 1;
            let bucket = series.bounds.iter().position(|&bound| value <= bound).unwrap_or(series.bounds.len());
            series.counts[bucket] += 1;
            series.sum += if value.is_finite() { value } else { 0.0 };
        }
        "info" => series.facts = pairs(&done["kv"]),
        "state" => series.states.iter_mut().for_each(|(name, on)| *on = name == text(done, "state")),
        other => panic!("{other}"),
    }
}

/// The type of a metric, of a raw family, and of what a collector of the reference's makes.
fn kind(word: &str) -> Kind {
    match word.trim_end_matches("MetricFamily") {
        "gauge" | "Gauge" => Kind::Gauge,
        "counter" | "Counter" => Kind::Counter,
        "summary" | "Summary" => Kind::Summary,
        "histogram" | "Histogram" => Kind::Histogram,
        "GaugeHistogram" => Kind::GaugeHistogram,
        "info" | "Info" => Kind::Info,
        "enum" | "StateSet" => Kind::StateSet,
        "unknown" | "Unknown" => Kind::Unknown,
        other => panic!("{other}"),
    }
}

fn collector(described: &Value) -> Family {
    let kwargs = &described["kwargs"];
    let kind = kind(text(described, "collector"));
    let names = strings(&kwargs["labels"]);
    let series = match described["add"].as_array() {
        None => vec![given(kwargs, &[])],
        Some(all) => all.iter().map(|one| given(one, &names)).collect(),
    };
    named(kind, text(kwargs, "name"), text(kwargs, "documentation"), text(kwargs, "unit"), series)
}

/// One series with all that it has.
fn given(one: &Value, names: &[String]) -> Series {
    let buckets = one["buckets"].as_array().map_or(&[][..], Vec::as_slice);
    let cumulative: Vec<u64> = buckets.iter().map(|bucket| float(&bucket[1]) as u64).collect();
    let counts = cumulative.iter().scan(0, |before, &count| Some(count - std::mem::replace(before, count))).collect();
    let bounds = buckets.iter().map(|bucket| float(&bucket[0])).filter(|bound| *bound != f64::INFINITY).collect();
    let sum = [&one["sum_value"], &one["gsum_value"]].into_iter().find(|sum| !sum.is_null()).map_or(0.0, float);
    let states = one["value"].as_object().into_iter().flatten().filter_map(|(name, on)| Some((name.clone(), on.as_bool()?))).collect();
    let (facts, number) = match &one["value"] {
        Value::Object(map) if map.values().all(Value::is_string) => (pairs(&one["value"]), 0.0),
        Value::Object(_) => (Pairs::default(), 0.0),
        number => (Pairs::default(), float(number)),
    };
    let created = &one["created"];
    Series {
        labels: Pairs(names.iter().cloned().zip(strings(&one["labels"])).collect()),
        number,
        bounds,
        counts,
        sum,
        count: if one["count_value"].is_null() { 0 } else { float(&one["count_value"]) as u64 },
        facts,
        states,
        timestamp: timestamp(&one["timestamp"]),
        created: (!created.is_null()).then(|| moment(float(created))),
        ..Series::default()
    }
}

fn raw(described: &Value) -> Family {
    let kind = kind(text(described, "raw"));
    let samples = described["samples"].as_array().unwrap().iter().map(|sample| {
        let exemplar = &sample["exemplar"];
        Series {
            labels: pairs(&sample["labels"]),
            number: float(&sample["value"]),
            count: float(&sample["value"]) as u64,
            timestamp: timestamp(&sample["timestamp"]),
            exemplar: exemplar.is_object().then(|| (pairs(&exemplar["labels"]), float(&exemplar["value"]), None)),
            ..Series::default()
        }
    });
    named(kind, text(described, "name"), text(described, "help"), text(described, "unit"), samples.collect())
}
