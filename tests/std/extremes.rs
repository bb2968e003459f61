//! Settings at the ends of their ranges, collectors that call themselves, and labels that two layers add.

use std::time::Duration;

use picometer_std::collectors::{Process, RustInfo};
use picometer_std::serve::HttpMetrics;
use picometer_std::{
    Collector, Counter, CounterFn, Created, Desc, Encoder, Family, Gauge, GaugeFn, Histogram, Info, Metric, NamedStates, NativeBuckets,
    NativeHistogram, QuantileSummary, Registry, Restricted, Slow, Stop, labels, sample_value,
};

use crate::accepted::accepted;

labels! { pub enum Code as "code" { Ok = "ok", Bad = "bad" } }

#[test]
fn durations_without_end_are_no_panic() {
    for duration in [Duration::ZERO, Duration::MAX] {
        let registry = Registry::new();
        let family = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["x"]).ttl(duration)).unwrap();
        let slow = Slow::new("slow", Metric::<Counter>::new("rows_total", "")).deadline(duration).keep(duration).fresh_for(duration);
        let slow = registry.register(slow).unwrap();
        for _ in 0..3 {
            family.with(["a"]).inc();
            accepted(&registry);
            family.expire();
        }
        assert!(slow.last_error().len() < 1_000 && slow.errors() < 100);
        let config = NativeBuckets::new().max_buckets(u32::MAX).min_reset(duration).exemplar_ttl(duration).max_exemplars(1);
        let native = NativeHistogram::new(&config);
        (0..300).for_each(|value| native.observe_with(f64::from(value), &[("id", "x")]).unwrap());
        assert!(native.count() > 0);
    }
}

#[test]
fn caps_at_their_ends_hold() {
    for cap in [0, 1, usize::MAX] {
        let registry = Registry::new();
        let family = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["x"]).max_series(cap)).unwrap();
        (0..3).for_each(|value: u32| family.with([value.to_string()]).inc());
        let page = accepted(&registry);
        let total: f64 = page
            .lines()
            .filter(|line| line.starts_with("jobs_total"))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum();
        assert_eq!(total, 3.0, "{page}");
    }
}

/// A registry within itself, at once and by way of another; and values of a registry that a collector of it asks for.
#[test]
fn registry_within_itself_costs_that_only() {
    let (one, other) = (Registry::new(), Registry::new());
    one.register(Metric::<Gauge>::new("before", "")).unwrap().set(1.0);
    let _ = other.register(one.clone());
    let _ = one.register(other.clone());
    let itself = Registry::new();
    let _ = itself.register(itself.clone());
    itself.register(Metric::<Gauge>::new("behind", "")).unwrap();
    let asked = one.clone();
    one.register(Metric::<GaugeFn>::new("asks", "")).unwrap().set_function(move || sample_value(&asked, "before", &[]));
    for _ in 0..2 {
        assert!(accepted(&one).contains("\nbefore 1\n"));
        accepted(&other);
        assert!(accepted(&itself).contains("\nbehind 0\n"));
    }
    assert!(!itself.failures().is_empty());
}

/// A collector of ours that is given the label that its registry adds: refused, or left out and said.
fn clashes<C: Collector + 'static>(label: &str, collector: C) {
    let registry = Registry::new();
    let nested = registry.nested("", [(label, "outer")]).unwrap();
    let refused = nested.register(collector).is_err();
    let page = accepted(&registry);
    assert!(refused || !registry.failures().is_empty() || page.is_empty(), "{label}: {page}");
}

#[test]
fn label_of_two_layers_is_on_no_page() {
    clashes("code", Family::<Created<Counter>, 1>::new("a_total", "", ["code"]));
    clashes("code", Family::<NamedStates, 1>::new("a", "", ["code"]).states(["x", "y"]));
    clashes("quantile", Metric::<QuantileSummary>::new("a", ""));
    clashes("code", HttpMetrics::server());
    clashes("method", HttpMetrics::client());
    let info = Metric::<Info>::new("a_info", "");
    info.set([("version", "1")]).unwrap();
    clashes("version", info);
    clashes("code", Slow::new("slow", slow_family()));
    clashes("code", inner(slow_family()));
    clashes("code", Restricted::new(Box::leak(Box::new(slow_family())), ["a_total"]));
    // Of what has other labels nothing is left out.
    let registry = Registry::new();
    let nested = registry.nested("", [("service", "shop")]).unwrap();
    nested.register(Process::current()).unwrap();
    nested.register(RustInfo).unwrap();
    nested.register(HttpMetrics::server()).unwrap();
    nested.register(Slow::new("slow", slow_family())).unwrap();
    accepted(&registry);
    assert_eq!(registry.failures(), []);
}

fn slow_family() -> Family<Counter, 1> {
    let family = Family::<Counter, 1>::new("a_total", "", ["code"]);
    family.with(["x"]).inc();
    family
}

fn inner(collector: impl Collector + 'static) -> Registry {
    let registry = Registry::new();
    registry.register(collector).unwrap();
    registry
}

#[test]
fn values_that_no_counter_has_are_left_out() {
    for value in [f64::NAN, -1.0, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, f64::MAX] {
        let registry = Registry::new();
        registry.register(Metric::<CounterFn>::new("a_total", "")).unwrap().set_function(move || Some(value));
        registry.register(Metric::<GaugeFn>::new("b", "")).unwrap().set_function(move || Some(value));
        registry.register(Metric::<Gauge<f32>>::new("c", "")).unwrap().set(value as f32);
        let histogram = registry.register(Metric::<Histogram>::new("d", "").buckets([f64::MIN, -0.0, 1.0])).unwrap();
        histogram.observe(value);
        registry.register(Metric::<QuantileSummary>::new("e", "")).unwrap().observe(value);
        accepted(&registry);
    }
}

/// One that gives its families again and again, each time another type.
#[test]
fn collectors_that_change_their_minds_are_accepted() {
    struct Fickle(std::sync::atomic::AtomicU32);
    impl Collector for Fickle {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            let turn = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let desc = [Desc::counter("a_total", ""), Desc::gauge("a", ""), Desc::unknown("a", ""), Desc::gauge("a_total", "")];
            for place in 0..4 {
                let desc = &desc[(turn as usize + place) % 4];
                out.family(desc)?.point(&[("x", "1")], &picometer_std::Point::number(1))?;
            }
            Ok(())
        }
    }
    let registry = Registry::new();
    let _ = registry.register(Fickle(Default::default()));
    let _ = registry.register(Slow::new("slow", Fickle(Default::default())));
    for _ in 0..5 {
        accepted(&registry);
    }
}
