//! The cases: what each measures, and which libraries take part.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use picometer_benches::{Case, Role, Suite, Unit, allocator, busy};

use crate::inputs::{self, Child, children, count, fraction, random, shuffled};
use crate::libraries::*;
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

const OURS: Role = Role::Ours;
const PEER: Role = Role::Peer;

/// Adds a column for every library that has this.
macro_rules! all {
    ($column:ident, $case:ident, $what:ident $arguments:tt, $more:tt; $($library:ident as $name:literal),+) => {{
        each!($column, $case, "picometer", OURS, picometer, $what $arguments, $more);
        $(each!($column, $case, $name, PEER, $library, $what $arguments, $more);)+
    }};
}

macro_rules! each {
    ($column:ident, $case:ident, $name:literal, $role:ident, $library:ident, $what:ident $arguments:tt, [$($more:expr),*]) => {
        $column($case, $name, $role, $library::$what $arguments $(, $more)*)
    };
}

pub(crate) fn run(suite: &mut Suite) {
    // First, while no thread has memory that it could use again.
    memory(suite);
    for threads in [1, 2] {
        let (name, title) = (format!("counter-{threads}T"), format!("inc of one counter that is held, {threads} thread(s)"));
        suite.case(&name, &title, Unit::Nanos("inc"), |case| {
            all!(counter, case, counter(), [threads]; prometheus_client as "prometheus-client", prometheus as "prometheus",
                measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
                fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
            counter(case, "fetch_add", Role::Limit, limits::shared(), threads);
            if threads == 1 {
                counter(case, "load, add, store", Role::Limit, limits::plain(), threads);
            }
        });
    }
    for threads in [1, 2] {
        let (name, title) = (format!("str1-{threads}T"), format!("inc through a string label of 10 values, {threads} thread(s)"));
        suite.case(&name, &title, Unit::Nanos("inc"), |case| {
            all!(lookup1, case, one(), [threads]; prometheus_client as "prometheus-client", prometheus as "prometheus",
                measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
                fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
        });
        let name = format!("str3-{threads}T");
        let title = format!("inc through 3 string labels, 1,000 children in random order, {threads} thread(s)");
        suite.case(&name, &title, Unit::Nanos("inc"), |case| {
            all!(lookup3, case, lookup(), [threads]; prometheus_client as "prometheus-client", prometheus as "prometheus",
                measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
                fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
        });
        let name = format!("enum-{threads}T");
        let title = format!("inc through 3 enums of 10 values in random order, {threads} thread(s)");
        suite.case(&name, &title, Unit::Nanos("inc"), |case| {
            all!(typed, case, typed(), [threads]; prometheus_client as "prometheus-client", prometheus as "prometheus",
                measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
                opentelemetry as "opentelemetry");
        });
    }
    suite.case("gauge-set-1T", "set of one float gauge", Unit::Nanos("set"), |case| {
        all!(set, case, gauge(), []; prometheus_client as "prometheus-client", prometheus as "prometheus", measured as "measured",
            metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib", opentelemetry as "opentelemetry");
        let gauge = fast_telemetry::gauge();
        case.threads("fast-telemetry", PEER, 1, move |_, times| {
            for turn in 0..times {
                gauge.set(turn as f64);
            }
        });
        set(case, "store", Role::Limit, limits::plain());
    });
    for threads in [1, 2] {
        let (name, title) = (format!("gauge-add-{threads}T"), format!("addition to one float gauge, {threads} thread(s)"));
        suite.case(&name, &title, Unit::Nanos("add"), |case| {
            all!(add, case, gauge(), [threads]; prometheus_client as "prometheus-client", prometheus as "prometheus",
                measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
                opentelemetry as "opentelemetry");
        });
    }
    let values = inputs::values();
    let small: Vec<f64> = values.iter().map(|value| value / 1_200.0).collect();
    for (name, values, threads) in [("hist11-1T", &values, 1), ("hist11-2T", &values, 2), ("hist11-small-1T", &small, 1)] {
        let title = format!("observe in 11 buckets, {threads} thread(s)");
        suite.case(name, &title, Unit::Nanos("observe"), |case| {
            all!(observe, case, histogram(&inputs::BOUNDS), [threads, values.clone()]; prometheus_client as "prometheus-client",
                prometheus as "prometheus", measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics",
                metrics_lib as "metrics-lib", fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
        });
    }
    suite.case("hist100-1T", "observe in 100 linear buckets", Unit::Nanos("observe"), |case| {
        let bounds: [f64; 100] = inputs::hundred().try_into().expect("a hundred");
        all!(observe, case, histogram(&bounds), [1, values.clone()]; prometheus_client as "prometheus-client",
            prometheus as "prometheus", measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics",
            metrics_lib as "metrics-lib", fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
    });
    suite.case("summary-1T", "observe in a summary of count and sum; peers have histograms", Unit::Nanos("observe"), |case| {
        observe(case, "picometer", OURS, picometer::summary(), 1, values.clone());
    });
    pages(suite);
    suite.case("scrape-2T", "a page of 1,000 counters while 2 threads increment them", Unit::Micros("page"), |case| {
        all!(scrape, case, counters(), []; prometheus_client as "prometheus-client", prometheus as "prometheus",
            measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
            fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
    });
    scraped(suite);
}

/// What increments take while somebody makes a page every millisecond, a thousand times as often as a server does. One page after
/// the other would measure how long the lines of a cache travel, which each page takes from the writers once.
fn scraped(suite: &mut Suite) {
    let title = "inc by 2 threads through 3 string labels of 1,000 children, a page every millisecond meanwhile";
    suite.case("scraped-2T", title, Unit::Nanos("inc"), |case| {
        all!(under_scrapes, case, counters(), [true]; prometheus_client as "prometheus-client", prometheus as "prometheus",
            measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
            fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
        under_scrapes(case, "picometer, no pages", OURS, picometer::counters(), false);
    });
}

fn pages(suite: &mut Suite) {
    for series in [1_000, 10_000, 100_000] {
        let series = if suite.is_test() { series / 100 } else { series };
        let all = children(series);
        let all = &all[..];
        let (name, title) = (format!("encode-counters-{series}"), format!("a page of {series} counters with 3 labels"));
        suite.case(&name, &title, Unit::Nanos("series"), |case| {
            all!(encode_counters, case, counters(), [all]; prometheus_client as "prometheus-client", prometheus as "prometheus",
                measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
                fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
            encode_counters(case, "picometer, lean", OURS, picometer::lean_counters(), all);
            let lines = limits::rendered(all);
            let mut buffer = Vec::new();
            let bytes = limits::page(&lines, &mut buffer) as f64 / series as f64;
            let finished = buffer.clone();
            case.time("text + number", Role::Limit, series as u64, move || limits::page(&lines, &mut buffer)).bytes(bytes);
            let mut copy = Vec::with_capacity(finished.len());
            let run = move || {
                copy.clear();
                copy.extend_from_slice(black_box(&finished));
                copy.len()
            };
            case.time("memcpy", Role::Limit, series as u64, run).bytes(bytes);
        });
    }
    let series = if suite.is_test() { 100 } else { 10_000 };
    let all = children(series);
    let all = &all[..];
    suite.case(&format!("encode-gauges-{series}"), "a page of 10,000 float gauges with 3 labels", Unit::Nanos("series"), |case| {
        all!(encode_floats, case, gauges(), [all, 1]; prometheus_client as "prometheus-client", prometheus as "prometheus",
            measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
            fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
    });
    let all = children(if suite.is_test() { 10 } else { 1_000 });
    let all = &all[..];
    let name = format!("encode-histograms-{}", all.len());
    suite.case(&name, "a page of 1,000 histograms with 3 labels and 11 bounds, 14 lines each", Unit::Nanos("histogram"), |case| {
        all!(encode_floats, case, histograms(), [all, 20]; prometheus_client as "prometheus-client", prometheus as "prometheus",
            measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
            fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry");
    });
}

fn memory(suite: &mut Suite) {
    let all = children(if suite.is_test() { 100 } else { 10_000 });
    let all = &all[..];
    suite.case("mem-counter", "heap per counter with 3 labels of 10 bytes, of 10,000", Unit::Bytes("child"), |case| {
        let (own, lean, with_thread) = (picometer::counters(), picometer::lean_counters(), picometer::counters());
        memory_of(case, "picometer", OURS, &own, all, |_, labels| own.touch(labels));
        memory_of(case, "picometer, lean", OURS, &lean, all, |_, labels| lean.touch(labels));
        memory_of(case, "picometer, and the cells of a thread", OURS, &with_thread, all, |_, labels| with_thread.give(labels, 1));
        macro_rules! peers {
            ($($library:ident as $name:literal),+) => {$({
                let family = $library::counters();
                memory_of(case, $name, PEER, &family, all, |bits, labels| family.give(labels, bits));
            })+};
        }
        peers!(prometheus_client as "prometheus-client", prometheus as "prometheus", measured as "measured", metrics as "metrics",
            fastmetrics as "fastmetrics", metrics_lib as "metrics-lib", fast_telemetry as "fast-telemetry",
            opentelemetry as "opentelemetry");
    });
    let all = &all[..all.len() / 10];
    suite.case("mem-histogram", "heap per histogram with 3 labels of 10 bytes and 11 bounds, of 1,000", Unit::Bytes("child"), |case| {
        let (own, with_thread) = (picometer::histograms(), picometer::histograms());
        memory_of(case, "picometer", OURS, &own, all, |_, labels| own.touch(labels));
        memory_of(case, "picometer, and the cells of a thread", OURS, &with_thread, all, |_, labels| with_thread.give(labels, 1.0));
        macro_rules! peers {
            ($($library:ident as $name:literal),+) => {$({
                let family = $library::histograms();
                memory_of(case, $name, PEER, &family, all, |bits, labels| family.give(labels, fraction(bits)));
            })+};
        }
        peers!(prometheus_client as "prometheus-client", prometheus as "prometheus", measured as "measured", metrics as "metrics",
            fastmetrics as "fastmetrics", metrics_lib as "metrics-lib", fast_telemetry as "fast-telemetry",
            opentelemetry as "opentelemetry");
    });
}

fn counter(case: &mut Case<'_>, name: &str, role: Role, counter: impl Counter + 'static, threads: usize) {
    case.threads(name, role, threads, move |_, times| {
        for _ in 0..times {
            counter.inc();
        }
    });
}

fn set(case: &mut Case<'_>, name: &str, role: Role, gauge: impl Gauge + 'static) {
    case.threads(name, role, 1, move |_, times| {
        for turn in 0..times {
            gauge.set(turn as f64);
        }
    });
}

fn add(case: &mut Case<'_>, name: &str, role: Role, gauge: impl Gauge + 'static, threads: usize) {
    case.threads(name, role, threads, move |_, times| {
        for _ in 0..times {
            gauge.add(1.0);
        }
    });
}

fn observe(case: &mut Case<'_>, name: &str, role: Role, observer: impl Observer + 'static, threads: usize, values: Vec<f64>) {
    case.threads(name, role, threads, move |thread, times| {
        for turn in 0..times {
            observer.observe(values[(turn as usize + thread * 1_000) % 4_096]);
        }
    });
}

fn lookup1(case: &mut Case<'_>, name: &str, role: Role, family: impl Lookup<1> + 'static, threads: usize) {
    let texts: Vec<String> = random(4_096).map(|bits| format!("route-{:04}", bits % 10)).collect();
    case.threads(name, role, threads, move |thread, times| {
        for turn in 0..times {
            family.inc([&texts[(turn as usize + thread * 1_000) % 4_096]]);
        }
    });
}

fn lookup3(case: &mut Case<'_>, name: &str, role: Role, family: impl Lookup<3> + 'static, threads: usize) {
    let keys = shuffled(&children(1_000));
    case.threads(name, role, threads, move |thread, times| {
        for turn in 0..times {
            family.inc(keys[(turn as usize + thread * 1_000) % 4_096].texts());
        }
    });
}

fn typed(case: &mut Case<'_>, name: &str, role: Role, family: impl Typed + 'static, threads: usize) {
    let keys = inputs::ordinals();
    case.threads(name, role, threads, move |thread, times| {
        for turn in 0..times {
            family.inc(keys[(turn as usize + thread * 1_000) % 4_096].map(usize::from));
        }
    });
}

fn encode_counters(case: &mut Case<'_>, name: &str, role: Role, family: impl Children<u64> + 'static, all: &[Child]) {
    for (child, bits) in all.iter().zip(random(all.len())) {
        family.give(child.texts(), count(bits));
    }
    encode(case, name, role, move |buffer| family.page(buffer), all.len());
}

fn encode_floats(case: &mut Case<'_>, name: &str, role: Role, family: impl Children<f64> + 'static, all: &[Child], each: usize) {
    for (child, bits) in all.iter().zip(random(all.len())) {
        for value in random(each) {
            family.give(child.texts(), 12.0 * fraction(value ^ bits));
        }
    }
    encode(case, name, role, move |buffer| family.page(buffer), all.len());
}

fn encode(case: &mut Case<'_>, name: &str, role: Role, page: impl Fn(&mut String) -> usize + 'static, series: usize) {
    let mut buffer = String::new();
    let bytes = page(&mut buffer) as f64 / series as f64;
    case.time(name, role, series as u64, move || page(&mut buffer)).bytes(bytes);
}

fn memory_of<F>(case: &mut Case<'_>, name: &str, role: Role, _: &F, all: &[Child], mut give: impl FnMut(u64, [&str; 3])) {
    let before = allocator::now();
    for (child, bits) in all.iter().zip(random(all.len())) {
        give(1 + count(bits), child.texts());
    }
    let used = allocator::now().since(before);
    case.figure(name, role, used.live_bytes as f64 / all.len() as f64);
}

/// The processor time of pages while two threads increment the children of the family.
fn scrape<F: Children<u64> + Lookup<3> + Sync + 'static>(case: &mut Case<'_>, name: &str, role: Role, family: F) {
    let keys = shuffled(&children(1_000));
    for child in children(1_000) {
        family.give(child.texts(), 1);
    }
    let mut buffer = String::new();
    case.sampled(name, role, move || {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (done, family, keys) = (&done, &family, &keys);
                scope.spawn(move || {
                    for turn in 0.. {
                        family.inc(keys[(turn + thread * 1_000) % 4_096].texts());
                        if turn % 256 == 0 && done.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                });
            }
            let pages = 20;
            let time = busy(|| {
                for _ in 0..pages {
                    black_box(family.page(&mut buffer));
                }
            });
            done.store(true, Ordering::Relaxed);
            time.as_secs_f64() * 1e6 / f64::from(pages)
        })
    });
}

fn under_scrapes<F: Children<u64> + Lookup<3> + Sync + 'static>(case: &mut Case<'_>, name: &str, role: Role, family: F, pages: bool) {
    let keys = shuffled(&children(1_000));
    for child in children(1_000) {
        family.give(child.texts(), 1);
    }
    let turns = if case.is_test() { 1_000 } else { 400_000 };
    let mut buffer = String::new();
    case.sampled(name, role, move || {
        let (writing, nanos) = (AtomicUsize::new(2), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (writing, nanos, family, keys) = (&writing, &nanos, &family, &keys);
                scope.spawn(move || {
                    let time = busy(|| (0..turns).for_each(|turn| family.inc(keys[(turn + thread * 1_000) % 4_096].texts())));
                    nanos.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
                    writing.fetch_sub(1, Ordering::Release);
                });
            }
            while pages && writing.load(Ordering::Acquire) > 0 {
                black_box(family.page(&mut buffer));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        nanos.into_inner() as f64 / (2 * turns) as f64
    });
}
