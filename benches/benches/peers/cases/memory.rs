//! Heap, by the number of threads that count. Each figure is of a process of its own, because memory that earlier cases gave back
//! would be used again.

use std::process::Command;
use std::sync::Arc;
use std::thread::{available_parallelism, scope};

use picometer_benches::{Case, Crowd, Role, Suite, Unit, allocator};

use super::{LIMIT, OURS, PEER, few};
use crate::inputs::{Child, children, count, fraction, random};
use crate::libraries::*;
use crate::library::{Give, Page, Shown};

/// What a child has to keep: the bytes of its label values.
const VALUES: f64 = 30.0;
/// So many threads may have cells of their own, and more count in those of the processors.
const SLABS: usize = 64;
/// The variable that says what a process is to measure: the sort, the library, and how many threads and children.
const ASKED: &str = "PICOMETER_BENCH_HEAP";

pub(super) fn run(suite: &mut Suite) {
    let all = if suite.is_test() { 100 } else { 10_000 };
    let own = |case: &mut Case<'_>, sort: &str| {
        figure(case, "picometer", OURS, &format!("{sort}-touched"), "picometer", 1, all);
        figure(case, "picometer, and the cells of a thread", OURS, sort, "picometer", 1, all);
    };
    suite.case("mem-counter", &format!("heap per counter with 3 labels of 10 bytes, of {all}"), Unit::Bytes("child"), |case| {
        own(case, "counter");
        figure(case, "picometer, compact", OURS, "compact-touched", "picometer", 1, all);
        peers(case, "counter", all);
        case.figure("values + 8 bytes", LIMIT, VALUES + 8.0);
    });
    let title = format!("heap per histogram with 3 labels of 10 bytes and 11 bounds, of {all}");
    suite.case("mem-histogram", &title, Unit::Bytes("child"), |case| {
        own(case, "histogram");
        peers(case, "histogram", all);
        case.figure("values + 13 words", LIMIT, VALUES + 13.0 * 8.0);
    });
    for threads in [8, 64, 200, 1_000] {
        let threads = few(suite, threads);
        let title = format!("heap per counter of {all} that each of {threads} live threads incremented");
        suite.case(&format!("mem-counter-{threads}T"), &title, Unit::Bytes("child"), |case| {
            of_several(case, "counter", threads, all);
            let shards = if threads > SLABS { available_parallelism().map_or(1, usize::from) } else { 0 };
            let words = (threads.min(SLABS) + shards) as f64;
            case.figure("values + 8 bytes a thread", LIMIT, VALUES + 8.0 * words);
        });
    }
    let (threads, children) = (if suite.is_test() { 100 } else { 100_000 }, 100);
    let title = format!("how much the heap grows by each of {threads} threads that count and end, behind a hundredth of them");
    suite.case(&format!("mem-ended-{threads}"), &title, Unit::Bytes("thread"), |case| {
        of_several(case, "ended", threads, children);
        case.figure("nothing", LIMIT, 0.0);
    });
}

fn peers(case: &mut Case<'_>, sort: &str, all: usize) {
    let others = ["prometheus", "measured", "metrics", "fastmetrics"];
    others.into_iter().for_each(|name| figure(case, name, PEER, sort, name, 1, all));
    for (name, library) in [
        ("prometheus-client", "prometheus_client"),
        ("metrics-lib", "metrics_lib"),
        ("fast-telemetry", "fast_telemetry"),
        ("opentelemetry", "opentelemetry"),
    ] {
        figure(case, name, PEER, sort, library, 1, all);
    }
}

fn of_several(case: &mut Case<'_>, sort: &str, threads: usize, all: usize) {
    figure(case, "picometer", OURS, sort, "picometer", threads, all);
    figure(case, "prometheus-client", PEER, sort, "prometheus_client", threads, all);
    figure(case, "measured", PEER, sort, "measured", threads, all);
    figure(case, "fast-telemetry", PEER, sort, "fast_telemetry", threads, all);
}

/// What a process of its own finds.
fn figure(case: &mut Case<'_>, name: &str, role: Role, sort: &str, library: &str, threads: usize, all: usize) {
    let program = std::env::current_exe().expect("a bench has a file");
    let output = Command::new(program).env(ASKED, format!("{sort} {library} {threads} {all}")).output().expect("it runs again");
    let heap = String::from_utf8_lossy(&output.stdout).trim().parse().expect("it prints a number");
    case.figure(name, role, heap);
}

/// What this process is to measure, if it is one of those, measured.
pub(crate) fn asked() -> Option<f64> {
    let asked = std::env::var(ASKED).ok()?;
    let [sort, library, threads, all] = asked.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let (threads, all) = (threads.parse().ok()?, children(all.parse().ok()?));
    macro_rules! each {
        ($what:ident, |$family:ident| $heap:expr; $($library:ident)+) => {
            match library {
                $(stringify!($library) => {
                    let $family = $library::$what();
                    $heap
                })+
                _ => return None,
            }
        };
        ($what:ident, |$family:ident| $heap:expr) => {
            each!($what, |$family| $heap; picometer prometheus_client prometheus measured metrics fastmetrics metrics_lib fast_telemetry
                opentelemetry)
        };
    }
    Some(match sort {
        "counter" => each!(counters, |family| counted(family, threads, all)),
        "histogram" => each!(histograms, |family| observed(&family, &all)),
        "ended" => each!(counters, |family| ended(&family, threads, &all)),
        "counter-touched" => touched(&picometer::family(), &all),
        "compact-touched" => touched(&picometer::family().compact(), &all),
        "histogram-touched" => touched(&picometer::histogram_family(), &all),
        _ => return None,
    })
}

fn grown(units: usize, by: impl FnOnce()) -> f64 {
    let before = allocator::now();
    by();
    allocator::now().since(before).live_bytes as f64 / units as f64
}

/// Children without a value from any thread.
fn touched<C: picometer_std::FromConfig>(family: &picometer_std::Family<C, 3>, all: &[Child]) -> f64 {
    grown(all.len(), || all.iter().for_each(|child| drop(family.with(child.texts()))))
}

fn observed(family: &Shown<impl Give<f64>, impl Page>, all: &[Child]) -> f64 {
    grown(all.len(), || all.iter().zip(random(all.len())).for_each(|(child, bits)| (family.give)(child.texts(), fraction(bits))))
}

/// What the threads take themselves is not counted.
fn counted(family: Shown<impl Give<u64>, impl Page>, threads: usize, all: Vec<Child>) -> f64 {
    if threads == 1 {
        return grown(all.len(), || {
            all.iter().zip(random(all.len())).for_each(|(child, bits)| (family.give)(child.texts(), 1 + count(bits)))
        });
    }
    let (crowd, family, all): (_, _, Arc<[Child]>) = (Crowd::new(threads), Arc::new(family), all.into());
    let (counting, children) = (family.clone(), all.clone());
    grown(all.len(), || crowd.run(move |_| children.iter().for_each(|child| (counting.give)(child.texts(), 1))))
}

/// By threads that come, count and go, behind a hundredth as many.
fn ended(family: &Shown<impl Give<u64>, impl Page>, threads: usize, all: &[Child]) -> f64 {
    let count = || all.iter().for_each(|child| (family.give)(child.texts(), 1));
    let come_and_go = |threads| (0..threads).for_each(|_| scope(|scope| _ = scope.spawn(count)));
    come_and_go(threads / 100);
    grown(threads, || come_and_go(threads))
}
