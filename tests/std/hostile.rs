//! What no program does on purpose: extremes, registries without end, collectors that call back.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer_std::{
    Collector, Counter, Desc, Encoder, Family, Gauge, GaugeHistogram, Histogram, Metric, NativeHistogram, QuantileSummary, RegisterError,
    Registry, Stop, Summary,
};

use crate::accepted::accepted;
use crate::page;

const EXTREMES: [f64; 12] =
    [f64::MAX, f64::MAX, f64::MIN, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0, 0.0, 5e-324, -5e-324, 1e308];

/// Threads that live at the same time, so that each has places of its own.
fn at_once(threads: usize, run: impl Fn(usize) + Sync) {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (run, barrier) = (&run, &barrier);
            scope.spawn(move || {
                barrier.wait();
                run(thread);
                barrier.wait();
            });
        }
    });
}

#[test]
fn sums_of_extremes_in_many_threads_are_numbers() {
    let registry = Registry::new();
    let histogram = registry.register(Family::<Histogram, 1>::new("h", "", ["x"]).buckets([1.0])).unwrap();
    let summary = registry.register(Family::<Summary, 1>::new("s", "", ["x"])).unwrap();
    let quantiles = registry.register(Family::<QuantileSummary, 1>::new("q", "", ["x"])).unwrap();
    let native = registry.register(Family::<NativeHistogram, 1>::new("n", "", ["x"])).unwrap();
    let gauged = registry.register(Family::<GaugeHistogram, 1>::new("g", "", ["x"]).buckets([1.0])).unwrap();
    let counter = registry.register(Family::<Counter<f64>, 1>::new("c_total", "", ["x"])).unwrap();
    for round in 1..=3 {
        at_once(EXTREMES.len(), |thread| {
            let value = EXTREMES[thread];
            histogram.with(["a"]).observe(value);
            summary.with(["a"]).observe(value);
            quantiles.with(["a"]).observe(value);
            native.with(["a"]).observe(value);
            gauged.with(["a"]).insert(value);
            counter.with(["a"]).inc_by(value.abs());
        });
        let text = accepted(&registry);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let value = line.rsplit(' ').next().unwrap();
            if line.contains("sum{") || line.starts_with("c_total") {
                assert!(value.parse::<f64>().unwrap().is_finite() && !value.contains("Inf"), "{line}\n{text}");
            } else if line.contains("count{") {
                assert_eq!(value.parse::<usize>().unwrap(), round * EXTREMES.len(), "{line}");
            }
        }
    }
    histogram.with(["a"]).reset();
    summary.with(["a"]).reset();
    native.with(["a"]).reset();
    assert_eq!((histogram.with(["a"]).sum(), summary.with(["a"]).sum(), native.with(["a"]).sum()), (0.0, 0.0, 0.0));
}

#[test]
fn registries_nest_as_deep_as_the_stack_has_place() {
    let innermost = Registry::new();
    innermost.register(Metric::<Counter>::new("jobs_total", "")).unwrap().inc();
    let (mut all, mut refused) = (vec![innermost], None);
    for _ in 0..1_000 {
        let outer = Registry::new();
        if let Err(error) = outer.register(all[all.len() - 1].clone()) {
            refused = Some(error);
            break;
        }
        all.push(outer);
    }
    assert!(all.len() >= 60, "{}", all.len());
    assert!(matches!(&refused, Some(RegisterError::Metric(error)) if error.to_string().contains("64 deep")), "{refused:?}");
    assert!(accepted(&all[all.len() - 1]).contains("\njobs_total 1\n"));
    // One that is deeper all the same, because it is built from the outside, costs its own families.
    let chain: Vec<_> = (0..1_000).map(|_| Registry::new()).collect();
    for pair in chain.windows(2) {
        pair[0].register(pair[1].clone()).unwrap();
    }
    chain[0].register(Metric::<Gauge>::new("beside", "")).unwrap();
    chain[999].register(Metric::<Counter>::new("jobs_total", "")).unwrap().inc();
    let text = accepted(&chain[0]);
    assert!(text.contains("\nbeside 0\n") && !text.contains("jobs_total"), "{text}");
    assert!(chain[0].failures()[0].reason.contains("64 deep"), "{:?}", chain[0].failures());
}

#[test]
fn thousand_labels_of_nested_handles_are_one_set() {
    let registry = Registry::new();
    let mut nested = registry.clone();
    for level in 0..1_000 {
        nested = nested.nested("", [(format!("l{level}"), "v")]).unwrap();
    }
    nested.register(Metric::<Counter>::new("jobs_total", "")).unwrap().inc();
    assert!(page(&registry).contains(",l999=\"v\"} 1\n"));
    for repeated in ["l0", "l15", "l16", "l999"] {
        assert!(nested.nested("", [(repeated, "w")]).is_err(), "{repeated}");
    }
    // As a scraper sees it that takes no UTF-8.
    let dotted = nested.nested("", [("a.b", "v")]).unwrap();
    assert!(dotted.nested("", [("a_b", "w")]).is_err());
}

struct Does<F>(F);

impl<F: Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync> Collector for Does<F> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        (self.0)(out)
    }
}

#[test]
fn collectors_that_use_their_registry_are_served() {
    let registry = Registry::new();
    let (own, turn) = (registry.clone(), AtomicU64::new(0));
    let busy = Does(move |out: &mut dyn Encoder| {
        let number = turn.fetch_add(1, Ordering::Relaxed);
        let late = own.register(Metric::<Counter>::new(&format!("late{number}_total"), "")).unwrap();
        late.inc();
        let within = page(&own);
        if number > 5 {
            assert!(own.unregister(&late));
        }
        own.set_target_info([("number", number.to_string())]).unwrap();
        let nested = own.nested("", [("number", number.to_string())]).unwrap();
        nested.register(Metric::<Gauge>::new("group", "")).unwrap();
        out.family(&const { Desc::gauge("page_bytes", "") })?.gauge(&(), (within.len() + own.failures().len()) as u64)
    });
    registry.register(busy).unwrap();
    for _ in 0..3 {
        let text = accepted(&registry);
        assert!(text.contains("\nlate0_total 1\n") && text.contains("\npage_bytes "), "{text}");
    }
}
