//! What a scraper would refuse is an error of the registration, or costs its own series and is reported.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use picometer_std::{
    Collector, ConstFamily, Counter, CounterFn, Desc, Encoder, Family, Gauge, GaugeHistogram, Histogram, HistogramPoint, Info, Kind, Label,
    LabelSet, Metric, MetricError, NamedStates, NativeHistogram, Point, PointValue, Quantile, RegisterError, Registry, States, Stop,
    Summary, SummaryPoint, Timestamp, labels, statics,
};

use crate::accepted::accepted;
use crate::samples;

labels! { enum Code as "code" { Ok = "200" } }

/// A collector of the test's.
pub struct Own<F>(pub F);

impl<F: Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync> Collector for Own<F> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        (self.0)(out)
    }
}

/// The samples of a page with a collector between two gauges, and why something of it was left out.
pub fn around(collect: impl Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync + 'static) -> (Vec<String>, Option<String>) {
    let registry = Registry::new();
    registry.register(Metric::<Gauge<i64>>::new("before", "")).unwrap();
    registry.register(Own(collect)).unwrap();
    registry.register(Metric::<Gauge<i64>>::new("behind", "")).unwrap();
    accepted(&registry);
    let mut all = samples(&registry);
    let mut take = |start: &str| {
        let before = all.len();
        all.retain(|line| !line.starts_with(start));
        before - all.len()
    };
    assert_eq!((take("before 0"), take("behind 0")), (1, 1));
    let failures = registry.failures();
    assert_eq!(take("picometer_collector_failures_total{"), failures.len());
    (all, failures.into_iter().next().map(|failure| failure.reason))
}

/// What is left of a family of one collector, which must be reported.
pub fn left(collect: impl Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync + 'static) -> Vec<String> {
    let (all, reason) = around(collect);
    assert!(reason.is_some(), "{all:?} is not reported");
    all
}

pub const GAUGE: Desc = Desc::gauge("a", "");

#[test]
fn nested_label_of_a_family_is_refused() {
    fn refused(label: &str, collector: impl Collector + 'static) {
        let nested = Registry::new().nested("", [(label, "x")]).unwrap();
        let error = nested.register(collector).map(drop).unwrap_err();
        let of_label = matches!(&error, RegisterError::Metric(MetricError::RepeatedLabel(name) | MetricError::ReservedLabel(name)) if name.replace('.', "_") == *label);
        assert!(of_label, "{label}: {error:?}");
    }
    refused("code", Family::<Counter, 1>::new("a_total", "", ["code"]));
    refused("code", Family::<Gauge, 2>::new("a", "", ["x", "code"]));
    refused("code", Family::<Histogram, 1>::new("a", "", ["code"]));
    refused("code", Family::<Summary, 1>::new("a", "", ["code"]));
    refused("code", Family::<Info, 1>::new("a_info", "", ["code"]));
    refused("code", ConstFamily::new(Kind::Unknown, "a", "", ["code"]));
    refused("code", picometer_std::ClosedFamily::<Counter, Code>::new("a_total", ""));
    refused("version", picometer_std::collectors::BuildInfo::new("a", "1"));
    refused("le", Metric::<Histogram>::new("a", ""));
    refused("le", Metric::<GaugeHistogram>::new("a", ""));
    refused("le", Metric::<NativeHistogram>::new("a", ""));
    refused("quantile", Metric::<Summary>::new("a", ""));
    refused("a", Metric::<NamedStates>::new("a", "").states(["x", "y"]));
    refused("overflow", Family::<Counter, 1>::new("a_total", "", ["x"]).max_series(1));
    refused("a_b", Family::<Counter, 1>::new("a_total", "", ["a.b"]).utf8());
    static FAMILY: statics::Family<statics::Counter, Code, 1> = statics::Family::new(&Desc::counter("a_total", ""));
    refused("code", &FAMILY);
    static STATICS: statics::Registry = statics::Registry::new(&[&FAMILY]);
    refused("code", STATICS);
    static LABELED: statics::Registry = statics::Registry::new(&[&FAMILY]).labels(&[statics::Label::new("zone", "1")]);
    refused("zone", LABELED);
    refused("device", Own(|out: &mut dyn Encoder| out.family(&GAUGE)?.gauge(&[("device", "sda")], 1)));
    let inner = Registry::new();
    inner.register(Family::<Counter, 1>::new("a_total", "", ["code"])).unwrap();
    refused("code", inner);
}

#[test]
fn nested_labels_of_two_layers_are_refused() {
    let outer = Registry::new().nested("", [("code", "x")]).unwrap();
    assert!(matches!(outer.nested("", [("code", "y")]), Err(RegisterError::Metric(MetricError::RepeatedLabel(_)))));
    let inner = outer.nested("", [("zone", "y")]).unwrap();
    assert!(inner.register(Family::<Counter, 1>::new("a_total", "", ["code"])).is_err());
    // The prefix makes the name that the states have for their label.
    let states = Registry::new().nested("db_", [("db_mode", "x")]).unwrap();
    assert!(states.register(Metric::<NamedStates>::new("mode", "").states(["x"])).is_err());
    assert!(Registry::new().nested("", [("a.b", "1"), ("a_b", "2")]).is_err());
}

#[test]
fn labels_that_come_late_are_left_out() {
    let nested = Registry::new().nested("", [("service", "shop")]).unwrap();
    let series = Arc::new(AtomicU32::new(0));
    let count = series.clone();
    nested
        .register(Own(move |out: &mut dyn Encoder| {
            let mut family = out.family(&GAUGE)?;
            family.gauge(&[("x", "1")], 1)?;
            if count.load(Ordering::Relaxed) > 0 { family.gauge(&[("service", "2")], 2) } else { Ok(()) }
        }))
        .unwrap();
    let info = nested.register(Metric::<Info>::new("b_info", "")).unwrap();
    info.set([("version", "1")]).unwrap();
    accepted(&nested);
    assert_eq!(nested.failures(), []);
    series.store(1, Ordering::Relaxed);
    info.set([("service", "x")]).unwrap();
    let page = accepted(&nested);
    assert!(page.contains("a{service=\"shop\",x=\"1\"} 1\n") && !page.contains("b_info{"), "{page}");
    assert_eq!(nested.failures().len(), 2);
}

#[test]
fn repeated_labels_cost_their_series() {
    const DESCS: [(Desc, &str); 6] = [
        (Desc::counter("a_total", ""), "x"),
        (Desc::gauge("a", ""), "x"),
        (Desc::unknown("a", ""), "x"),
        (Desc::histogram("a", ""), "le"),
        (Desc::gauge_histogram("a", ""), "le"),
        (Desc::summary("a", ""), "quantile"),
    ];
    for (desc, reserved) in DESCS {
        for labels in
            [vec![("x", "1"), ("x", "2")], vec![("x", "1"), ("y", ""), ("x", "1")], vec![(reserved, "1"), ("x", "1"), (reserved, "2")]]
        {
            let collect = move |out: &mut dyn Encoder| {
                let mut family = out.family(&desc)?;
                for labels in [&[("x", "0")][..], &labels, &[("y", "0")]] {
                    let value = match desc.kind() {
                        Kind::Summary => PointValue::Summary(SummaryPoint { quantiles: &[], count: 1, sum: 1.into() }),
                        Kind::Histogram | Kind::GaugeHistogram => PointValue::Histogram(HistogramPoint {
                            counts: &[1],
                            beyond: 0,
                            sum: Some(1.into()),
                            bounds: &[1.0],
                            exemplars: None,
                        }),
                        _ => PointValue::Number { value: 1.into(), exemplar: None },
                    };
                    family.point(&Pairs(labels), &Point::new(value))?;
                }
                Ok(())
            };
            let all = left(collect);
            assert!(all.iter().any(|line| line.contains("y=\"0\"")) && !all.iter().any(|line| line.contains("x=\"1\"")), "{all:?}");
        }
    }
    assert_eq!(
        left(|out| out
            .family(&const { Desc::state_set("a", "") })?
            .point(&[("a", "1")], &Point::new(PointValue::StateSet(&Two(&["x", "y"]))))),
        [""; 0]
    );
    assert_eq!(
        left(|out| out.family(&const { Desc::info("a_info", "") })?.point(&[("x", "1")], &Point::new(PointValue::Info(&[("x", "2")])))),
        [""; 0]
    );
}

/// Labels of any number.
pub struct Pairs<'a>(pub &'a [(&'a str, &'a str)]);

impl LabelSet for Pairs<'_> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.0.get(index).map(|&(name, value)| Label { name, value })
    }
}

struct Two(&'static [&'static str; 2]);

impl States for Two {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.0.get(index).map(|state| (*state, true))
    }
}

#[test]
fn repeated_series_cost_the_second_one() {
    let twice = |one: &'static [(&'static str, &'static str)], two: &'static [(&'static str, &'static str)]| {
        left(move |out| {
            let mut family = out.family(&GAUGE)?;
            family.gauge(&Pairs(one), 1)?;
            family.gauge(&[("z", "1")], 2)?;
            family.gauge(&Pairs(two), 3)
        })
    };
    assert_eq!(twice(&[("x", "1")], &[("x", "1")]), ["a{x=\"1\"} 1", "a{z=\"1\"} 2"]);
    assert_eq!(twice(&[("x", "1"), ("y", "2")], &[("y", "2"), ("x", "1")]), ["a{x=\"1\",y=\"2\"} 1", "a{z=\"1\"} 2"]);
    assert_eq!(twice(&[], &[]), ["a 1", "a{z=\"1\"} 2"]);
    assert_eq!(twice(&[("x", "1")], &[("x", "1"), ("y", "")]), ["a{x=\"1\"} 1", "a{z=\"1\"} 2"]);
    assert_eq!(twice(&[("y", "")], &[]), ["a{y=\"\"} 1", "a{z=\"1\"} 2"]);
    assert_eq!(twice(&[("x.y", "1")], &[("x_y", "1")]), ["a{x_y=\"1\"} 1", "a{z=\"1\"} 2"]);
    // Other labels are other series.
    let (all, reason) = around(|out| {
        let mut family = out.family(&GAUGE)?;
        family.gauge(&[("x", "1")], 1)?;
        family.gauge(&[("x", "1"), ("y", "1")], 1)?;
        family.gauge(&[("y", "1")], 1)
    });
    assert_eq!((all.len(), reason), (3, None));
}

#[test]
fn repeated_series_in_pieces_come_once() {
    let registry = Registry::new();
    let collect = |out: &mut dyn Encoder| {
        let mut family = out.family(&GAUGE)?;
        (0..40_u32).try_for_each(|number| family.gauge(&[("x", (number % 20).to_string().as_str())], number))
    };
    registry.register(Own(collect)).unwrap();
    for size in [64, 100, 300] {
        let text = crate::in_pieces(&registry, picometer_std::Format::OpenMetrics100, size + 60, |_, _| ()).unwrap();
        crate::accepted::accept(&text, picometer_std::parse::Dialect::OpenMetrics100);
        assert_eq!(text.matches("a{").count(), 20, "{text}");
    }
}

#[test]
fn names_that_come_late_do_not_clash() {
    fn clash(registry: &Registry, late: Desc<'static>) -> String {
        let armed = Arc::new(AtomicU32::new(0));
        let now = armed.clone();
        let own = Own(move |out: &mut dyn Encoder| {
            out.family(&const { Desc::gauge("mine", "") })?.gauge(&(), 1)?;
            if now.load(Ordering::Relaxed) > 0 {
                out.family(&late)?.point(&(), &Point::number(7))?;
            }
            Ok(())
        });
        registry.register(own).unwrap();
        accepted(registry);
        assert_eq!(registry.failures(), []);
        armed.store(1, Ordering::Relaxed);
        let page = accepted(registry);
        assert!(page.contains("mine 1\n") && !page.contains(" 7\n"), "{page}");
        registry.failures()[0].reason.clone()
    }
    let registry = || {
        let registry = Registry::new();
        registry.register(Metric::<Histogram>::new("taken", "")).unwrap();
        registry
    };
    for late in
        [Desc::gauge("taken", ""), Desc::unknown("taken_sum", ""), Desc::gauge("mine", ""), Desc::utf8(Kind::Gauge, "taken.count", "")]
    {
        let reason = clash(&registry(), late);
        assert!(reason.contains("is left out"), "{reason}");
    }
    assert!(clash(&registry(), Desc::counter("picometer_collector_failures_total", "")).contains("is left out"));
    // Two without an owner.
    let registry = Registry::new();
    for value in [1, 2] {
        let armed = AtomicU32::new(0);
        let own = move |out: &mut dyn Encoder| {
            if armed.fetch_add(1, Ordering::Relaxed) > 0 { out.family(&GAUGE)?.gauge(&(), value) } else { Ok(()) }
        };
        registry.register(Own(own)).unwrap();
    }
    let page = accepted(&registry);
    assert!(page.contains("\na 1\n") && !page.contains("\na 2\n"), "{page}");
    // What no other collector has may come late.
    let armed = AtomicU32::new(0);
    let own = move |out: &mut dyn Encoder| {
        if armed.fetch_add(1, Ordering::Relaxed) > 0 { out.family(&const { Desc::gauge("late", "") })?.gauge(&(), 3) } else { Ok(()) }
    };
    registry.register(Own(own)).unwrap();
    assert!(accepted(&registry).contains("\nlate 3\n"));
}

#[test]
fn family_begun_twice_is_shown_once() {
    let armed = AtomicU32::new(0);
    let all = left(move |out| {
        out.family(&GAUGE)?.gauge(&(), 1)?;
        if armed.fetch_add(1, Ordering::Relaxed) > 0 { out.family(&GAUGE)?.gauge(&[("x", "1")], 1) } else { Ok(()) }
    });
    assert_eq!(all, ["a 1"]);
}

#[test]
fn invalid_values_cost_their_series() {
    const COUNTER: Desc = Desc::counter("a_total", "");
    for value in [-1.0, f64::NAN, f64::NEG_INFINITY, -f64::NAN] {
        let all = left(move |out| {
            let mut family = out.family(&COUNTER)?;
            family.counter(&[("x", "1")], value)?;
            family.counter(&[("x", "2")], -0.0)
        });
        assert_eq!(all, ["a_total{x=\"2\"} 0"]);
        let registry = Registry::new();
        registry.register(Metric::from_cell("a_total", "", CounterFn::new(move || Some(value)))).unwrap();
        let family = registry.register(Family::<CounterFn, 1>::new("b_total", "", ["x"])).unwrap();
        family.with(["1"]).set_function(move || Some(value));
        family.with(["2"]).set_function(|| Some(2));
        assert_eq!(samples(&registry)[0], "b_total{x=\"2\"} 2");
        accepted(&registry);
        assert_eq!(registry.failures().len(), 2);
    }
    let histogram = |bounds: &'static [f64], counts: &'static [u64], beyond: u64| {
        left(move |out| {
            let mut family = out.family(&const { Desc::histogram("a", "") })?;
            let point = HistogramPoint { counts, beyond, sum: Some(1.into()), bounds: &bounds, exemplars: None };
            family.point(&[("x", "1")], &Point::new(PointValue::Histogram(point)))
        })
    };
    for bounds in [&[2.0, 1.0][..], &[1.0, 1.0], &[1.0, f64::NAN], &[1.0, f64::INFINITY], &[1.0]] {
        assert_eq!(histogram(bounds, &[1, 1], 1), [""; 0], "{bounds:?}");
    }
    assert_eq!(histogram(&[1.0, 2.0], &[u64::MAX, 1], 1), [""; 0]);
    for quantile in [-0.5, 1.5, f64::NAN] {
        let all = left(move |out| {
            let quantiles = [Quantile { quantile: quantile.into(), value: 1.into() }];
            let point = SummaryPoint { quantiles: &quantiles, count: 1, sum: 1.into() };
            out.family(&const { Desc::summary("a", "") })?.point(&(), &Point::new(PointValue::Summary(point)))
        });
        assert_eq!(all, [""; 0]);
    }
    assert_eq!(
        left(|out| out.family(&const { Desc::state_set("a", "") })?.point(&(), &Point::new(PointValue::StateSet(&Two(&["x", "x"]))))),
        [""; 0]
    );
    assert_eq!(left(|out| out.family(&const { Desc::summary("a", "") })?.point(&(), &Point::number(1))), [""; 0]);
    for name in ["", "__name__", "__x"] {
        assert_eq!(left(move |out| out.family(&GAUGE)?.gauge(&[(name, "1")], 1)), [""; 0]);
    }
}

#[test]
fn points_with_rising_timestamps_are_one_series() {
    let (all, reason) = around(|out| {
        let mut family = out.family(&GAUGE)?;
        (1..4).try_for_each(|second| family.point(&(), &Point::number(second).at(Timestamp::from_seconds(second.into()))))
    });
    assert_eq!((all.len(), reason), (3, None));
}
