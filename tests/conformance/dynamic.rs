//! The registries of the vectors once more, made of metrics of the std adapter by the operations that the vectors name: their
//! pages are those of the core's encoder over values that were computed by hand, byte for byte.

use picometer::{Collector, Escaping, Exposition, Format, Kind};
use picometer_std::{
    ConstFamily, ConstPoint, Counter, Family, FromConfig, Gauge, GaugeFn, Histogram, Info, NamedStates, RegisterError, Registry, Summary,
};
use serde_json::Value;

use crate::fixture::text;
use crate::neutral::{self, Series, float, strings};

/// Cases that are not made of metrics of ours, and why.
const LEFT_OUT: [(&str, &str); 2] = [
    ("counter_exemplar_utf8_label", "label names of exemplars are in the legacy character set"),
    ("exemplar_on_gauge_fails", "a gauge has no way to get an exemplar"),
];

/// Done to a cell by an operation.
type Operate<C> = fn(&C, &Value, &Value);

struct Described<'a> {
    metric: &'a Value,
    case: &'a Value,
    kind: Kind,
}

impl Described<'_> {
    fn part(&self, key: &str) -> &str {
        neutral::text(self.metric, key)
    }

    /// Registers the family with as many labels as the metric has, and runs the operations.
    fn register<C: FromConfig>(
        &self,
        registry: &Registry,
        config: impl Fn() -> C::Config,
        operate: Operate<C>,
    ) -> Result<(), RegisterError> {
        let names = strings(&self.metric["labelnames"]);
        match &*names.iter().map(String::as_str).collect::<Vec<_>>() {
            [] => self.register_with::<C, 0>(registry, [], config(), operate),
            &[a] => self.register_with::<C, 1>(registry, [a], config(), operate),
            &[a, b] => self.register_with::<C, 2>(registry, [a, b], config(), operate),
            _ => panic!("more labels than the vectors have"),
        }
    }

    fn register_with<C: FromConfig, const N: usize>(
        &self,
        registry: &Registry,
        names: [&str; N],
        config: C::Config,
        operate: Operate<C>,
    ) -> Result<(), RegisterError> {
        let family = Family::<C, N>::new(&neutral::name(self.kind, self.part("name"), self.part("unit")), self.part("help"), names)
            .config(config)
            .utf8();
        let family = family.namespace(self.part("namespace")).subsystem(self.part("subsystem")).unit(self.part("unit"));
        let family = registry.register(family)?;
        if N == 0 {
            family.with([""; N]);
        }
        for done in self.metric["ops"].as_array().unwrap() {
            let values: [String; N] = strings(&done["labels"]).try_into().unwrap();
            operate(&family.with(values), done, self.case);
        }
        Ok(())
    }
}

fn metric(metric: &Value, case: &Value, registry: &Registry) -> Result<(), RegisterError> {
    let op = |done: &Value| done["op"].as_str().unwrap().to_owned();
    let ops: Vec<String> = metric["ops"].as_array().unwrap().iter().map(op).collect();
    let described = |kind| Described { metric, case, kind };
    match metric["metric"].as_str().unwrap() {
        "counter"
            if metric["ops"].as_array().unwrap().iter().any(|done| done["exemplar"].is_object()) && !ops.contains(&"reset".into()) =>
        {
            described(Kind::Counter).register::<picometer::CounterWithExemplar<160, f64>>(
                registry,
                || (),
                |counter, done, case| {
                    let labels: Vec<(&str, &str)> =
                        done["exemplar"].as_object().unwrap().iter().map(|(name, value)| (&**name, value.as_str().unwrap())).collect();
                    counter.inc_by_with(float(&done["value"]), &labels, Some(neutral::moment(float(&case["clock"])))).unwrap();
                },
            )
        }
        "counter" => described(Kind::Counter).register::<Counter<f64>>(
            registry,
            || (),
            |counter, done, _| match neutral::text(done, "op") {
                "inc" => counter.try_inc_by(float(&done["value"])).unwrap(),
                "reset" => counter.reset(),
                other => panic!("{other}"),
            },
        ),
        "gauge" if ops.contains(&"set_function".into()) => {
            described(Kind::Gauge).register::<GaugeFn>(
                registry,
                || (),
                |gauge, done, _| {
                    // What a function gives cannot be set.
                    if done["op"] == "set_function" {
                        let value = float(&done["value"]);
                        gauge.set_function(move || Some(value));
                    }
                },
            )
        }
        "gauge" => {
            described(Kind::Gauge).register::<Gauge<f64>>(registry, Default::default, |gauge, done, case| match neutral::text(done, "op") {
                "inc" => gauge.inc_by(float(&done["value"])),
                "dec" => gauge.dec_by(float(&done["value"])),
                "set" => gauge.set(float(&done["value"])),
                "set_to_current_time" => gauge.set(float(&case["clock"])),
                other => panic!("{other}"),
            })
        }
        "histogram" => {
            let bounds: Vec<f64> = strings(&metric["buckets"]).iter().map(|bound| bound.parse().unwrap()).collect();
            let config = || if bounds.is_empty() { Default::default() } else { picometer_std::BucketBounds::new(&bounds).unwrap() };
            described(Kind::Histogram)
                .register::<Histogram>(registry, config, |histogram, done, _| histogram.observe(float(&done["value"])))
        }
        "summary" => {
            described(Kind::Summary).register::<Summary>(registry, || (), |summary, done, _| summary.observe(float(&done["value"])))
        }
        "info" => described(Kind::Info).register::<Info>(
            registry,
            || (),
            |info, done, _| {
                info.set(done["kv"].as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap()))).unwrap();
            },
        ),
        "enum" => {
            let states = || strings(&metric["states"]).into_iter().map(String::into_boxed_str).collect();
            described(Kind::StateSet)
                .register::<NamedStates>(registry, states, |states, done, _| assert!(states.set(neutral::text(done, "state"))))
        }
        other => panic!("{other}"),
    }
}

/// A family whose values are given.
fn constant(family: neutral::Family, registry: &Registry) {
    let neutral::Family { kind, name, help, unit, series } = family;
    let point = |one: &Series| {
        let point = match kind {
            Kind::Histogram | Kind::GaugeHistogram => {
                let cumulative = one.counts.iter().scan(0, |below, count| {
                    *below += count;
                    Some(*below)
                });
                ConstPoint::histogram(one.bounds.iter().copied().chain([f64::INFINITY]).zip(cumulative), one.sum).unwrap()
            }
            Kind::Summary => ConstPoint::summary(one.count, one.sum, []).unwrap(),
            Kind::Info => ConstPoint::info(one.facts.0.iter().map(|(name, value)| (name, value.as_str()))).unwrap(),
            Kind::StateSet => ConstPoint::states(one.states.iter().map(|(name, on)| (name, *on))).unwrap(),
            _ => ConstPoint::number(one.number),
        };
        let point = one.timestamp.map_or(point.clone(), |moment| point.at(moment));
        one.created.map_or(point.clone(), |moment| point.since(moment))
    };
    match &*series[0].labels.0 {
        [] => {
            let mut family = ConstFamily::new(kind, &name, &help, []).unit(&unit).utf8();
            series.iter().for_each(|one| family.insert((), point(one)).unwrap());
            registry.register(family).unwrap();
        }
        [(label, _)] => {
            let mut family = ConstFamily::new(kind, &name, &help, [label]).unit(&unit).utf8();
            series.iter().for_each(|one| family.insert([&one.labels.0[0].1], point(one)).unwrap());
            registry.register(family).unwrap();
        }
        _ => panic!("more labels than the vectors have"),
    }
}

fn build(case: &Value) -> Result<Registry, RegisterError> {
    let registry = Registry::new();
    for described in case["registry"].as_array().unwrap() {
        if described["metric"].is_string() {
            metric(described, case, &registry)?;
        } else {
            constant(neutral::family(described, case), &registry);
        }
    }
    Ok(registry)
}

#[test]
fn metrics_made_at_run_time_show_what_they_should() {
    let cases = include_str!("vectors/exposition.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut compared = 0;
    for case in cases {
        let id = case["id"].as_str().unwrap();
        if LEFT_OUT.iter().any(|(left_out, _)| *left_out == id) {
            continue;
        }
        let registry = match build(&case) {
            Ok(registry) => registry,
            Err(RegisterError::Collision { sample, first, second }) => {
                assert_eq!((id, &*sample, first.family(), second.family()), ("escape_collision", "a_b", "a.b", "a_b"));
                continue;
            }
            Err(error) => panic!("{id}: {error}"),
        };
        let families: Vec<_> = case["registry"].as_array().unwrap().iter().map(|described| neutral::family(described, &case)).collect();
        let members: Vec<&dyn Collector> = families.iter().map(|family| family as &dyn Collector).collect();
        let by_hand = picometer::Registry::new(&members);
        for format in [Format::Text004, Format::Text100, Format::OpenMetrics100] {
            for scheme in Escaping::ALL {
                let page = |source| {
                    let page = Exposition::new(source, format).escaping(scheme);
                    text(&if case["created"] == true { page.started(neutral::moment(float(&case["clock"]))) } else { page })
                };
                assert_eq!(page(&registry), page(&by_hand), "{id} {format:?} {scheme:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 20 * 3 * 4);
}
