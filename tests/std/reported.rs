//! Failures on the page, statics that clash, and what else costs its own series and is reported.

use picometer_std::{
    Collector, Counter, Desc, Encoder, Exemplar, Gauge, GaugeHistogram, Histogram, Metric, Point, PointValue, RegisterError, Registry,
    Stop, Summary, Timestamp, labels, statics,
};

use crate::accepted::accepted;
use crate::refused::{GAUGE, Own, Pairs, left};
use crate::samples;

labels! { enum Code as "code" { Ok = "200" } }

#[test]
fn register_survives_a_panic() {
    let registry = Registry::new();
    let panics = registry.register(Own(|out: &mut dyn Encoder| {
        out.family(&GAUGE)?.gauge(&(), 1)?;
        panic!("on purpose")
    }));
    let panics = panics.unwrap();
    assert_eq!(registry.failures()[0].reason, "it panicked: on purpose");
    assert!(registry.register(Metric::<Gauge>::new("a", "")).is_err(), "the name that it gave is its own");
    registry.register(Metric::<Gauge<i64>>::new("behind", "")).unwrap();
    let page = accepted(&registry);
    assert!(page.contains("\na 1\n") && page.contains("\nbehind 0\n"), "{page}");
    assert!(registry.unregister(&panics));
    let nested = registry.nested("", [("x", "1")]).unwrap();
    nested.register(Own(|_: &mut dyn Encoder| panic!("before any family"))).unwrap();
    assert!(registry.get_or_register(Metric::<Gauge>::new("a", "")).is_ok());
}

#[test]
fn failures_of_one_name_are_one_series() {
    let registry = Registry::new();
    for pool in ["a", "b", "c"] {
        let nested = registry.nested("", [("pool", pool)]).unwrap();
        let broken = nested.register(Own(|out: &mut dyn Encoder| {
            out.family(&GAUGE)?.gauge(&(), 1)?;
            Err(out.fail("no disk"))
        }));
        broken.unwrap();
    }
    let page = accepted(&registry);
    assert_eq!(page.matches("picometer_collector_failures_total{collector=\"a\"}").count(), 1, "{page}");
    assert_eq!(registry.failures().len(), 3);
}

#[test]
fn failures_of_an_inner_registry_are_of_the_outer_one() {
    let (outer, inner) = (Registry::new(), Registry::new());
    inner.register(Own(|out: &mut dyn Encoder| Err(out.fail("no disk")))).unwrap();
    accepted(&inner);
    outer.register(Metric::<Gauge>::new("a", "")).unwrap();
    outer.register(inner.clone()).unwrap();
    outer.register(Own(|out: &mut dyn Encoder| Err(out.fail("no net")))).unwrap();
    let page = accepted(&outer);
    assert_eq!(page.matches("# TYPE picometer_collector_failures_total").count(), 1, "{page}");
    assert!(outer.failures()[0].reason.ends_with("no disk"), "{:?}", outer.failures());
}

mod one {
    use picometer_std::{Desc, statics};
    pub static JOBS: statics::Metric<statics::Counter> = statics::Metric::new(&Desc::counter("jobs_total", "One."));
    pub static METRICS: statics::Registry = statics::Registry::new(&[&JOBS]);
}

mod two {
    use picometer_std::{Desc, statics};
    pub static JOBS: statics::Metric<statics::Counter> = statics::Metric::new(&Desc::counter("jobs_total", "Two."));
    pub static METRICS: statics::Registry = statics::Registry::new(&[&JOBS]);
}

static BEHIND: statics::Metric<statics::Gauge> = statics::Metric::new(&Desc::gauge("behind", ""));

static LABELED: statics::Family<statics::Counter, Code, 1> = statics::Family::new(&Desc::counter("served_total", ""));

#[test]
fn family_of_two_crates_is_one_in_statics() {
    static FLAT: statics::Registry = statics::Registry::new(&[&one::JOBS, &two::JOBS, &BEHIND]);
    static NESTED: statics::Registry = statics::Registry::new(&[&one::METRICS, &two::METRICS, &BEHIND]);
    for metrics in [&FLAT, &NESTED] {
        assert!(metrics.check().is_err());
        assert!(Registry::new().register(metrics).is_err());
        for _ in 0..2 {
            let page = accepted(metrics);
            assert!(page.contains("# HELP jobs_total One.\n") && page.contains("\nbehind 0\n") && !page.contains("Two."), "{page}");
            assert!(page.contains("picometer_collector_failures_total{collector=\"jobs_total\"} 1\n"), "{page}");
        }
    }
    // A prefix tells them apart.
    static APART: statics::Registry = statics::Registry::new(&[&one::METRICS, &PREFIXED, &BEHIND]);
    static PREFIXED: statics::Registry = statics::Registry::new(&[&two::METRICS]).prefix("two_");
    assert_eq!(samples(&APART), ["jobs_total 0", "two_jobs_total 0", "behind 0"]);
    assert!(!accepted(&APART).contains("failures"));
}

#[test]
fn repeated_labels_of_statics_cost_their_series() {
    static INNER: statics::Registry = statics::Registry::new(&[&LABELED, &BEHIND]).labels(&[statics::Label::new("code", "1")]);
    static OUTER: statics::Registry = statics::Registry::new(&[&INNER]).labels(&[statics::Label::new("zone", "1")]);
    for metrics in [&INNER, &OUTER] {
        let page = accepted(metrics);
        assert!(page.contains("behind{") && !page.contains("served_total{"), "{page}");
    }
}

#[test]
fn sums_that_open_metrics_forbids_are_left_out() {
    let registry = Registry::new();
    let histogram = registry.register(Metric::<Histogram>::new("h", "").buckets([1.0])).unwrap();
    let negative = registry.register(Metric::<Histogram>::new("n", "").buckets([-1.0, 1.0])).unwrap();
    let gauge = registry.register(Metric::<GaugeHistogram>::new("g", "").buckets([1.0])).unwrap();
    let summary = registry.register(Metric::<Summary>::new("s", "")).unwrap();
    let quantiles = registry.register(Metric::<picometer_std::QuantileSummary>::new("q", "")).unwrap();
    for value in [-5.0, -1.0, 2.0] {
        histogram.observe(value);
        negative.observe(value);
        gauge.insert(value);
        summary.observe(value);
        quantiles.observe(value);
        accepted(&registry);
    }
    let page = crate::in_format(&registry, picometer_std::Format::OpenMetrics100);
    assert!(!page.contains("_sum") && page.contains("s_count 3\n") && page.contains("h_bucket{le=\"+Inf\"} 3\n"), "{page}");
    histogram.observe(10.0);
    let page = crate::in_format(&registry, picometer_std::Format::OpenMetrics100);
    assert!(page.contains("h_sum 6.0\nh_count 4\n") && page.contains("n_bucket"), "{page}");
    // Text has them all.
    assert!(accepted(&registry).contains("\ns_sum -4\n"));
}

#[test]
fn name_of_the_failures_is_reserved() {
    let error = Registry::new().register(Metric::<Counter>::new("picometer_collector_failures_total", "")).map(drop);
    assert!(matches!(error, Err(RegisterError::Collision { .. })));
}

#[test]
fn metric_of_a_family_that_was_not_begun_is_left_out() {
    struct Mixed(bool);
    impl Collector for Mixed {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const OWN: Desc = Desc::gauge("own", "");
            const OTHER: Desc = Desc::gauge("other", "");
            const SAME: Desc = Desc::unknown("own", "");
            out.metric(&OTHER, &(), &Point::number(1))?;
            out.begin(&OWN)?;
            out.metric(&OWN, &(), &Point::number(2))?;
            out.metric(if self.0 { &OTHER } else { &SAME }, &[("x", "1")], &Point::number(3))
        }
    }
    for other in [true, false] {
        let registry = Registry::new();
        registry.register(Metric::<Gauge>::new("other", "")).unwrap();
        registry.register(Mixed(other)).unwrap();
        let text = accepted(&registry);
        assert!(text.starts_with("# TYPE other gauge\nother 0\n# TYPE own gauge\nown 2\n# HELP picometer"), "{text}");
        assert!(registry.failures()[0].reason.contains("is given within family `own`"), "{:?}", registry.failures());
    }
}

#[test]
fn invalid_exemplars_are_left_out() {
    let long = "x".repeat(200);
    for labels in [vec![("a", "1"), ("a", "2")], vec![("", "1")], vec![("a", &*long)]] {
        let labels: Vec<(String, String)> = labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let all = left(move |out| {
            let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            let labels = Pairs(&labels);
            let exemplar = Exemplar::new(&labels, 1).at(Timestamp::from_seconds(1));
            let value = PointValue::Number { value: 1.into(), exemplar: Some(&exemplar) };
            out.family(&const { Desc::counter("a_total", "") })?.point(&(), &Point::new(value))
        });
        assert_eq!(all, ["a_total 1"]);
    }
}

#[test]
fn rows_of_foreign_collectors_are_checked() {
    let all = left(|out| {
        if !out.begin(&GAUGE)? {
            return Ok(());
        }
        for _ in 0..2 {
            if !out.rows(&GAUGE).is_some_and(|mut rows| rows.number("x=\"1\"", 1.into())) {
                out.metric(&GAUGE, &[("x", "1")], &Point::number(1))?;
            }
        }
        Ok(())
    });
    assert_eq!(all, ["a{x=\"1\"} 1"]);
}
