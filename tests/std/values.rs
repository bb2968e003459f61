//! What updates do to values: every type, and every odd value.

use std::panic::{AssertUnwindSafe, catch_unwind};

use picometer_std::{
    BucketBounds, Counter, CounterFn, CounterWithExemplar, ExemplarError, Family, Format, Gauge, GaugeFn, GaugeHistogram, Histogram, Info,
    Metric, MetricError, NamedStates, NotGrowth, Snapshot, StateSet, Summary, Unknown, labels, linear, sample_value,
};

use crate::{in_format, page, samples};

#[test]
fn counters_only_grow() {
    let counter = Metric::<Counter<f64>>::new("a_total", "");
    counter.inc();
    counter.inc_by(1.6);
    for amount in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(counter.try_inc_by(amount), Err(NotGrowth));
        counter.inc_by(amount);
    }
    assert_eq!((counter.get(), counter.try_inc_by(0.0)), (2.6, Ok(())));
    let exact = Metric::<Counter>::new("b_total", "");
    exact.inc_by((1 << 53) + 1);
    assert_eq!(samples(&exact), ["b_total 9007199254740993"], "integers are exact where doubles are not");
    exact.reset();
    assert_eq!(exact.get(), 0);
}

#[test]
fn gauges_take_what_they_are_given() {
    let gauge = Metric::<Gauge>::new("a", "");
    gauge.inc_by(0.5);
    gauge.dec_by(10.0);
    assert_eq!(gauge.get(), -9.5);
    gauge.inc_to(3.0);
    gauge.inc_to(-7.0);
    gauge.dec_to(2.0);
    gauge.dec_to(8.0);
    assert_eq!(gauge.get(), 2.0);
    for (value, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "+Inf"), (f64::NEG_INFINITY, "-Inf")] {
        gauge.set(value);
        assert_eq!(samples(&gauge), [format!("a {text}")]);
    }
    let whole = Metric::<Gauge<i64>>::new("b", "");
    whole.dec();
    assert_eq!(samples(&whole), ["b -1"]);
    assert_eq!(page(&Metric::<Unknown<i64>>::new("c", "")), "# TYPE c untyped\nc 0\n");
}

#[test]
fn histograms_count_every_observation_once() {
    let histogram = Metric::<Histogram>::new("a", "").buckets(linear::<3>(-1.0, 1.0));
    for value in [-5.0, -1.0, 0.5, 1.0, 7.0, f64::INFINITY] {
        histogram.observe(value);
    }
    // An infinity is counted, and left out of the sum.
    assert_eq!((histogram.counts(), histogram.count(), histogram.sum()), (vec![2, 0, 2, 2], 6, 2.5));
    assert_eq!(histogram.bounds().as_slice(), [-1.0, 0.0, 1.0]);
    histogram.reset();
    histogram.observe(f64::NAN);
    histogram.observe(0.25);
    assert_eq!(
        samples(&histogram),
        [
            "a_bucket{le=\"-1.0\"} 0",
            "a_bucket{le=\"0.0\"} 0",
            "a_bucket{le=\"1.0\"} 1",
            "a_bucket{le=\"+Inf\"} 2",
            "a_sum 0.25",
            "a_count 2"
        ]
    );
    let page = in_format(&histogram, Format::OpenMetrics100);
    assert!(!page.contains("_sum") && !page.contains("_count"), "OpenMetrics has neither where a bound is negative (O19)");
}

#[test]
fn histograms_of_any_number_of_buckets() {
    for count in [1, 63, 64, 65, 300] {
        let bounds: Vec<f64> = (0..count).map(f64::from).collect();
        let histogram = Metric::<Histogram>::new("a", "").buckets(&bounds);
        for value in 0..=count {
            histogram.observe(f64::from(value));
        }
        let snapshot = Snapshot::of(&histogram);
        for (index, bound) in bounds.iter().enumerate() {
            let le = if index < 1 { "0.0".to_owned() } else { format!("{bound:?}") };
            assert_eq!(snapshot.value("a_bucket", &[("le", &le)]), Some(index as f64 + 1.0));
        }
        assert_eq!(snapshot.value("a_count", &[]), Some(f64::from(count) + 1.0));
        assert_eq!(samples(&histogram).len(), count as usize + 3);
    }
    assert_eq!(Histogram::default().bounds(), &BucketBounds::default());
}

#[test]
fn summaries_and_gauge_histograms() {
    let summary = Metric::<Summary>::new("a", "");
    summary.observe(1.5);
    summary.observe(f64::NAN);
    summary.observe(-2.0);
    assert_eq!(samples(&summary), ["a_sum -0.5", "a_count 3"]);
    summary.reset();
    assert_eq!((summary.count(), summary.sum()), (0, 0.0));
    let now = Metric::<GaugeHistogram>::new("b", "").buckets([1.0, 2.0]);
    [0.5, 1.5, 9.0].into_iter().for_each(|value| now.insert(value));
    now.remove(9.0);
    assert_eq!((now.count(), now.sum()), (2, 2.0));
    assert_eq!(
        in_format(&now, Format::OpenMetrics100),
        "# TYPE b gaugehistogram\nb_bucket{le=\"1.0\"} 1\nb_bucket{le=\"2.0\"} 2\nb_bucket{le=\"+Inf\"} 2\nb_gsum 2.0\nb_gcount 2\n# EOF\n"
    );
}

#[test]
fn infos_replace_all_their_facts_or_none() {
    let info = Family::<Info, 1>::new("a_info", "", ["x"]);
    let one = info.with(["1"]);
    one.set([("version", "1"), ("commit", "a\"b")]).unwrap();
    assert_eq!(one.set([("version", "2"), ("version", "3")]), Err(MetricError::RepeatedLabel("version".into())));
    assert!(matches!(one.set([("__x", "2")]), Err(MetricError::Label { .. })));
    assert_eq!(samples(&info), [r#"a_info{x="1",version="1",commit="a\"b"} 1"#]);
    one.set([("x", "other"), ("y", "2")]).unwrap();
    assert_eq!(samples(&info), [r#"a_info{x="1",y="2"} 1"#], "labels of the series come first");
    assert_eq!(samples(&Metric::<Info>::new("b_info", "")), ["b_info 1"]);
}

labels! { enum Link as "link" { Down = "down", Up = "up" } }

#[test]
fn state_sets_of_enums_and_of_strings() {
    let link = Metric::<StateSet<Link>>::new("link", "");
    link.set(Link::Up);
    assert_eq!(samples(&link), ["link{link=\"down\"} 0", "link{link=\"up\"} 1"]);
    let states = Family::<NamedStates, 1>::new("job", "", ["id"]).states(["idle", "busy"]);
    assert!(states.with(["7"]).set("busy") && !states.with(["7"]).set("flying"));
    assert_eq!(samples(&states), ["job{id=\"7\",job=\"idle\"} 0", "job{id=\"7\",job=\"busy\"} 1"]);
    assert!(states.with(["7"]).switch("idle", true));
    assert!(states.with(["7"]).get().eq(["idle", "busy"]));
    assert!(states.with(["7"]).switch("busy", false) && !states.with(["7"]).is("busy"));
    assert!(NamedStates::new((0..65).map(|state| state.to_string())).is_err());
    assert!(NamedStates::new((0..64).map(|state| state.to_string())).unwrap().set("63"));
}

#[test]
fn an_exemplar_that_is_refused_counts_nothing() {
    let counter = Metric::<CounterWithExemplar>::new("a_total", "");
    let long = "x".repeat(128);
    assert_eq!(counter.inc_with(&[("id", &long)]), Err(ExemplarError::TooLong));
    assert_eq!(counter.get(), 0);
    counter.inc_with(&[("id", "7")]).unwrap();
    // Behind the value stands when it was.
    assert!(in_format(&counter, Format::OpenMetrics100).starts_with("# TYPE a counter\na_total 1 # {id=\"7\"} 1 1"));
    assert_eq!(samples(&counter), ["a_total 1"], "text has no exemplars");
}

#[test]
fn callbacks_cost_only_their_own_series() {
    let read = Family::<GaugeFn, 1>::new("a", "", ["x"]);
    read.with(["unset"]);
    read.with(["works"]).set_function(|| Some(1.5));
    read.with(["panics"]).set_function(|| -> Option<f64> { panic!("as it should") });
    read.with(["fails"]).set_function(|| "no number".parse::<f64>().ok());
    read.with(["whole"]).set_function(|| Some(-3_i64));
    assert_eq!(samples(&read), ["a{x=\"works\"} 1.5", "a{x=\"whole\"} -3"]);
    assert_eq!((read.with(["panics"]).failures(), read.with(["fails"]).failures()), (1, 0));
    read.with(["panics"]).set_function(|| Some(1_u32));
    assert_eq!(sample_value(&read, "a", &[("x", "panics")]), Some(1.0), "it can be replaced");
    // A callback may use its own family.
    let family = std::sync::Arc::new(Family::<CounterFn, 1>::new("b_total", "", ["x"]));
    let again = family.clone();
    family.with(["1"]).set_function(move || {
        again.with(["made by a callback"]);
        Some(again.len())
    });
    assert_eq!(samples(&*family), ["b_total{x=\"1\"} 2"]);
    let result = catch_unwind(AssertUnwindSafe(|| family.with(["1"]).get().unwrap().as_u64()));
    assert_eq!(result.unwrap(), Some(2));
}

#[test]
fn cells_that_know_since_when_they_count() {
    use picometer_std::{Created, Registry, Timestamp};
    let registry = Registry::new();
    let requests = Metric::<Created<Counter>>::from_cell("a_total", "", Created::at(Timestamp::from_millis(1_500), Counter::new()));
    registry.register(requests).unwrap().inc();
    let waits = Family::<Created<Histogram>, 1>::new("b", "", ["x"]).buckets([1.0]);
    let waits = registry.register(waits).unwrap();
    waits.with(["1"]).observe(0.5);
    assert_eq!(samples(&registry).len(), 5, "text has no moments");
    let page = in_format(&registry, Format::OpenMetrics100);
    assert!(page.starts_with("# TYPE a counter\na_total 1\na_created 1.5\n"), "{page}");
    assert!(page.contains("\nb_created{x=\"1\"} 1"), "{page}");
    let created = |x: &str| waits.with([x]).created().unwrap();
    let first = created("1");
    waits.remove(["1"]);
    assert!(created("1") >= first && registry.register(Metric::<Gauge>::new("b_created", "")).is_err());
}
