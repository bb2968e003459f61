//! Updates of metrics that are held, by one thread and by two.

use picometer_benches::{Case, Role, Suite, Unit};

use super::{LIMIT, OURS, PEER, all};
use crate::inputs;
use crate::libraries::*;

pub(super) fn run(suite: &mut Suite) {
    for threads in [1, 2] {
        counters(suite, threads);
    }
    suite.case("gauge-set-1T", "set of one float gauge", Unit::Nanos("set"), |case| {
        all!(set, case, set(), []);
        set(case, "store", LIMIT, limits::set());
    });
    for threads in [1, 2] {
        additions(suite, threads);
    }
    for threads in [1, 2] {
        observations(suite, threads);
    }
    let values = inputs::values();
    let small: Vec<f64> = values.iter().map(|value| value / 1_200.0).collect();
    suite.case("hist11-small-1T", "observe in 11 buckets, most in the first, 1 thread(s)", Unit::Nanos("observe"), |case| {
        all!(observe, case, histogram(&inputs::BOUNDS), [1, small.clone()]);
        limits::observe(case, &inputs::BOUNDS, 1, small.clone());
    });
    suite.case("hist100-1T", "observe in 100 linear buckets", Unit::Nanos("observe"), |case| {
        let bounds: [f64; 100] = inputs::hundred().try_into().expect("a hundred");
        all!(observe, case, histogram(&bounds), [1, values.clone()]);
        limits::observe(case, &bounds, 1, values.clone());
    });
    suite.case("summary-1T", "observe in a summary of count and sum; peers have histograms", Unit::Nanos("observe"), |case| {
        observe(case, "picometer", OURS, picometer::summary(), 1, values.clone());
        limits::observe(case, &[], 1, values.clone());
    });
}

/// `counter-2T`: one counter, by so many threads.
pub(super) fn counters(suite: &mut Suite, threads: usize) {
    let (name, title) = (format!("counter-{threads}T"), format!("inc of one counter that is held, {threads} thread(s)"));
    suite.case(&name, &title, Unit::Nanos("inc"), |case| {
        all!(counter, case, counter(), [threads]);
        limits::count(case, threads);
    });
}

pub(super) fn additions(suite: &mut Suite, threads: usize) {
    let (name, title) = (format!("gauge-add-{threads}T"), format!("addition to one float gauge, {threads} thread(s)"));
    suite.case(&name, &title, Unit::Nanos("add"), |case| {
        all!(add, case, add(), [threads]; prometheus_client as "prometheus-client", prometheus as "prometheus",
            measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
            opentelemetry as "opentelemetry");
        add(case, "compare-and-swap", LIMIT, limits::add(), threads);
    });
}

pub(super) fn observations(suite: &mut Suite, threads: usize) {
    let values = inputs::values();
    let (name, title) = (format!("hist11-{threads}T"), format!("observe in 11 buckets, {threads} thread(s)"));
    suite.case(&name, &title, Unit::Nanos("observe"), |case| {
        all!(observe, case, histogram(&inputs::BOUNDS), [threads, values.clone()]);
        limits::observe(case, &inputs::BOUNDS, threads, values.clone());
    });
}

pub(super) fn counter(case: &mut Case<'_>, name: &str, role: Role, inc: impl Fn() + Sync + 'static, threads: usize) {
    case.threads(name, role, threads, move |_, times| {
        for _ in 0..times {
            inc();
        }
    });
}

fn set(case: &mut Case<'_>, name: &str, role: Role, set: impl Fn(f64) + Sync + 'static) {
    case.threads(name, role, 1, move |_, times| {
        for turn in 0..times {
            set(turn as f64);
        }
    });
}

fn add(case: &mut Case<'_>, name: &str, role: Role, add: impl Fn(f64) + Sync + 'static, threads: usize) {
    case.threads(name, role, threads, move |_, times| {
        for _ in 0..times {
            add(1.0);
        }
    });
}

pub(super) fn observe(
    case: &mut Case<'_>,
    name: &str,
    role: Role,
    observe: impl Fn(f64) + Sync + 'static,
    threads: usize,
    values: Vec<f64>,
) {
    case.threads(name, role, threads, move |thread, times| {
        for turn in 0..times {
            observe(values[(turn as usize + thread * 1_000) % 4_096]);
        }
    });
}
