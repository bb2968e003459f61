//! What takes twice as long for twice as many: registering, finding, nesting, unregistering, filtering, comparing.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use picometer_std::{Collector, Counter, Encoder, Family, Format, Gauge, Metric, Registry, Restricted, SameFamily, Snapshot, Stop, render};

const FEW: usize = 1_000;
/// A linear cost is this many times as much for many as for few, a quadratic one this many times squared.
const TIMES: usize = 8;

/// Fails if `work` takes about `TIMES` squared as long for `TIMES` as many. Each is measured at its fastest, and a machine that
/// is busy has several tries.
fn assert_linear(mut work: impl FnMut(usize) -> Duration) {
    let mut ratios = Vec::new();
    for _ in 0..6 {
        let mut fastest = |count| (0..3).map(|_| work(count)).min().unwrap_or_default();
        let (few, many) = (fastest(FEW), fastest(FEW * TIMES));
        let ratio = many.as_secs_f64() / few.as_secs_f64().max(1e-9);
        if ratio < 3.0 * TIMES as f64 {
            return;
        }
        ratios.push(ratio);
    }
    panic!("{TIMES} times as many took {ratios:.0?} times as long");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn counter(number: usize) -> Metric<Counter> {
    Metric::new(&format!("m{number}_total"), "")
}

fn filled(count: usize) -> (Registry, Vec<Arc<Metric<Counter>>>) {
    let registry = Registry::new();
    let metrics = (0..count).map(|number| registry.register(counter(number)).unwrap()).collect();
    (registry, metrics)
}

/// A metric that counts how often it is compared.
struct Compared(Metric<Counter>, Arc<AtomicUsize>);

impl Collector for Compared {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.collect(out)
    }
}

impl SameFamily for Compared {
    fn is_like(&self, other: &Self) -> bool {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.is_like(&other.0)
    }
}

#[test]
fn get_or_register_compares_one_member() {
    let (registry, comparisons) = (Registry::new(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..2 {
        for number in 0..2_000 {
            registry.get_or_register(Compared(counter(number), comparisons.clone())).unwrap();
        }
    }
    assert_eq!(comparisons.load(Ordering::Relaxed), 2_000, "each was compared with its like, once");
    assert_linear(|count| {
        let (registry, _) = filled(count);
        timed(|| (0..count).for_each(|number| drop(registry.get_or_register(counter(number)).unwrap())))
    });
}

#[test]
fn get_or_register_finds_the_like_of_its_nesting() {
    let registry = Registry::new();
    let pool = |name: &str| registry.nested("db_", [("pool", name)]).unwrap();
    let one = pool("a").get_or_register(Metric::<Gauge>::new("size", "")).unwrap();
    let other = pool("b").get_or_register(Metric::<Gauge>::new("size", "")).unwrap();
    let again = pool("a").get_or_register(Metric::<Gauge>::new("size", "")).unwrap();
    assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
    assert!(pool("a").get_or_register(Metric::<Counter>::new("size_total", "")).is_err(), "another type of that name");
    assert!(registry.unregister(&one) && !registry.unregister(&one));
    let anew = pool("a").get_or_register(Metric::<Gauge>::new("size", "")).unwrap();
    assert!(!Arc::ptr_eq(&one, &anew), "what was unregistered is not found");
    // A metric that cannot be is no metric that is there.
    assert!(registry.get_or_register(Metric::<Gauge>::new("not a name", "")).is_err());
}

#[test]
fn a_collector_registered_twice_is_unregistered_twice() {
    let registry = Registry::new();
    let shared = Arc::new(Metric::<Gauge>::new("a", ""));
    for pool in ["1", "2"] {
        registry.nested("", [("pool", pool)]).unwrap().register_shared(shared.clone()).unwrap();
    }
    assert_eq!(crate::samples(&registry).len(), 2);
    assert!(registry.unregister(&shared));
    assert_eq!(crate::samples(&registry), ["a{pool=\"2\"} 0"]);
    assert!(registry.unregister(&shared) && !registry.unregister(&shared));
    registry.register(Metric::<Counter>::new("a_total", "")).unwrap();
}

#[test]
fn nested_members_are_apart_by_any_label_in_common() {
    let registry = Registry::new();
    let nested =
        |labels: &[(&str, &str)]| registry.nested("", labels.iter().copied()).unwrap().register(Metric::<Gauge>::new("a", "")).is_ok();
    assert!(nested(&[("x", "1"), ("y", "1")]) && nested(&[("y", "2"), ("x", "1")]));
    assert!(!nested(&[("y", "1"), ("x", "1")]), "the same labels in another order");
    assert!(!nested(&[("x", "1")]) && !nested(&[("z", "1")]), "series of both might be the same");
    assert!(nested(&[("x", "2")]) && nested(&[("x", "3"), ("z", "1")]));
}

#[test]
fn unregister_takes_as_long_for_each() {
    assert_linear(|count| {
        let (registry, metrics) = filled(count);
        timed(|| assert!(metrics.iter().all(|metric| registry.unregister(metric))))
    });
}

#[test]
fn nesting_many_takes_as_long_for_each() {
    assert_linear(|count| {
        let registry = Registry::new();
        let pools: Vec<_> = (0..count).map(|pool| registry.nested("", [("pool", pool.to_string())]).unwrap()).collect();
        timed(|| {
            let metrics: Vec<_> = pools.iter().map(|pool| pool.get_or_register(Metric::<Gauge>::new("size", "")).unwrap()).collect();
            assert!(metrics.iter().all(|metric| registry.unregister(metric)));
        })
    });
}

/// A collector of many families.
struct Many(usize);

impl Collector for Many {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        (0..self.0).try_for_each(|number| counter(number).collect(out))
    }
}

#[test]
fn registering_many_families_takes_as_long_for_each() {
    assert_linear(|count| timed(|| drop(Registry::new().register(Many(count)).unwrap())));
}

#[test]
fn filtering_takes_as_long_for_each_name_and_family() {
    assert_linear(|count| {
        let names: Vec<String> = (0..count).map(|number| format!("m{}_total", number * 2)).collect();
        let source = Many(count);
        timed(|| render(&Restricted::new(&source, &names), Format::Text004, black_box(&mut Vec::new())))
    });
}

#[test]
fn changes_take_as_long_for_each_sample() {
    assert_linear(|count| {
        let family = Family::<Counter, 1>::new("a_total", "", ["x"]);
        (0..count).for_each(|x| drop(family.with([x.to_string()])));
        let before = Snapshot::of(&family);
        (0..count).for_each(|x| family.with([x.to_string()]).inc());
        let after = Snapshot::of(&family);
        timed(|| assert_eq!(after.changes(&before).count(), count))
    });
}

#[test]
fn removing_takes_as_long_for_each_series() {
    assert_linear(|count| {
        let family = Family::<Counter, 1>::new("a_total", "", ["x"]);
        let texts: Vec<String> = (0..count).map(|x| x.to_string()).collect();
        texts.iter().for_each(|x| family.with([x]).inc());
        timed(|| {
            assert!(texts.iter().all(|x| family.remove([x])));
            texts.iter().for_each(|x| family.with([x]).inc());
            family.clear();
            texts.iter().for_each(|x| family.with([x]).inc());
            family.retain(|[x], _| x.len() > 2);
        })
    });
}
