//! Heap, by the number of threads that count.

use std::sync::Arc;

use picometer_benches::{Case, Crowd, Role, Suite, Unit, allocator};

use super::{LIMIT, OURS, PEER, few};
use crate::inputs::{self, Child, children, count, fraction, random};
use crate::libraries::*;
use crate::library::{Children, Counter, Lookup};

/// What a child has to keep: the bytes of its label values.
const VALUES: f64 = 30.0;

pub(super) fn run(suite: &mut Suite) {
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
        case.figure("values + 8 bytes", LIMIT, VALUES + 8.0);
    });
    let tenth = &all[..all.len() / 10];
    suite.case("mem-histogram", "heap per histogram with 3 labels of 10 bytes and 11 bounds, of 1,000", Unit::Bytes("child"), |case| {
        let (own, with_thread) = (picometer::histograms(), picometer::histograms());
        memory_of(case, "picometer", OURS, &own, tenth, |_, labels| own.touch(labels));
        memory_of(case, "picometer, and the cells of a thread", OURS, &with_thread, tenth, |_, labels| with_thread.give(labels, 1.0));
        macro_rules! peers {
            ($($library:ident as $name:literal),+) => {$({
                let family = $library::histograms();
                memory_of(case, $name, PEER, &family, tenth, |bits, labels| family.give(labels, fraction(bits)));
            })+};
        }
        peers!(prometheus_client as "prometheus-client", prometheus as "prometheus", measured as "measured", metrics as "metrics",
            fastmetrics as "fastmetrics", metrics_lib as "metrics-lib", fast_telemetry as "fast-telemetry",
            opentelemetry as "opentelemetry");
        case.figure("values + 13 words", LIMIT, VALUES + 13.0 * 8.0);
    });
}

/// By the number of threads: behind all other cases, because many threads leave something behind.
pub(super) fn by_thread(suite: &mut Suite) {
    let all = children(if suite.is_test() { 100 } else { 10_000 });
    let all = &all[..];
    for threads in [8, 64, 200, 1_000] {
        let threads = few(suite, threads);
        let title = format!("heap per counter of 10,000 that each of {threads} live threads incremented");
        suite.case(&format!("mem-counter-{threads}T"), &title, Unit::Bytes("child"), |case| {
            by_threads(case, "picometer", OURS, Arc::new(picometer::counters()), threads, all);
            by_threads(case, "prometheus-client", PEER, Arc::new(prometheus_client::counters()), threads, all);
            by_threads(case, "measured", PEER, Arc::new(measured::counters()), threads, all);
            by_threads(case, "fast-telemetry", PEER, Arc::new(fast_telemetry::counters()), threads, all);
            case.figure("values + 8 bytes", LIMIT, VALUES + 8.0);
        });
    }
    ended(suite);
}

fn memory_of<F>(case: &mut Case<'_>, name: &str, role: Role, _: &F, all: &[Child], mut give: impl FnMut(u64, [&str; 3])) {
    let before = allocator::now();
    for (child, bits) in all.iter().zip(random(all.len())) {
        give(1 + count(bits), child.texts());
    }
    let used = allocator::now().since(before);
    case.figure(name, role, used.live_bytes as f64 / all.len() as f64);
}

/// What the threads take themselves is not counted.
fn by_threads<F: Children<u64> + Lookup<3> + Send + Sync + 'static>(
    case: &mut Case<'_>,
    name: &str,
    role: Role,
    family: Arc<F>,
    threads: usize,
    all: &[Child],
) {
    let (crowd, children): (_, Arc<[Child]>) = (Crowd::new(threads), all.into());
    // Not dropped with the job.
    let _kept = Arc::clone(&children);
    let before = allocator::now();
    crowd.run(move |_| children.iter().for_each(|child| family.inc(child.texts())));
    case.figure(name, role, allocator::now().since(before).live_bytes as f64 / all.len() as f64);
}

/// How much the heap grows by threads that come, count and go.
fn ended(suite: &mut Suite) {
    let (first, all) = if suite.is_test() { (10, 100) } else { (1_000, 100_000) };
    let title = format!("heap by each of {all} threads that counted and ended, behind the first {first}");
    suite.case(&format!("mem-ended-{all}"), &title, Unit::Bytes("thread"), |case| {
        macro_rules! grown {
            ($name:literal, $role:ident, $library:ident) => {{
                let (counters, held) = ($library::counters(), $library::counter());
                let children = inputs::children(100);
                let come_and_go = |threads| {
                    (0..threads).for_each(|_| {
                        std::thread::scope(|scope| {
                            scope.spawn(|| {
                                held.inc();
                                children.iter().for_each(|child| counters.inc(child.texts()));
                            });
                        });
                    });
                };
                come_and_go(first);
                let before = allocator::now();
                come_and_go(all);
                case.figure($name, $role, allocator::now().since(before).live_bytes as f64 / all as f64);
            }};
        }
        grown!("picometer", OURS, picometer);
        grown!("measured", PEER, measured);
        grown!("fast-telemetry", PEER, fast_telemetry);
        case.figure("nothing", LIMIT, 0.0);
    });
}
