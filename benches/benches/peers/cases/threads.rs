//! Many threads: that live while they count, that live while a page is made of what they counted, and that ended before.

use std::sync::Arc;
use std::time::Instant;

use picometer_benches::{Case, Crowd, Role, Suite, Unit};

use super::pages::{encode, limit};
use super::{LIMIT, OURS, PEER, THREADS, few, lookups, updates};
use crate::inputs::{BOUNDS, Child, children, count, fraction, random, values};
use crate::libraries::*;
use crate::library::{Give, Page, Shown};

pub(super) fn run(suite: &mut Suite) {
    first(suite);
    for threads in THREADS.into_iter().filter(|&threads| threads > 2) {
        let threads = few(suite, threads);
        updates::counters(suite, threads);
        updates::observations(suite, threads);
        updates::additions(suite, threads);
        lookups::three(suite, threads);
        lookups::enums(suite, threads);
    }
    for ended in [64, 1_000] {
        behind(suite, few(suite, ended));
    }
    let crowds = [(8, true), (64, true), (200, true), (1_000, true), (64, false), (1_000, false)];
    crowds.into_iter().for_each(|(threads, live)| counters(suite, few(suite, threads), live));
    crowds.into_iter().for_each(|(threads, live)| histograms(suite, few(suite, threads), live));
}

/// What a thread does first takes over what the one before it left.
fn first(suite: &mut Suite) {
    suite.case("first-inc", "the first inc of a thread, behind others that ended", Unit::Nanos("inc"), |case| {
        macro_rules! each {
            ($($name:literal $role:ident $library:ident),+) => {$({
                let inc = $library::counter();
                case.sampled($name, $role, move || of_new_threads(&inc));
            })+};
        }
        each!("picometer" OURS picometer, "prometheus" PEER prometheus, "measured" PEER measured, "fast-telemetry" PEER fast_telemetry);
        case.sampled("nothing", LIMIT, || of_new_threads(&|| ()));
    });
}

/// How long a thread does this, the median of a hundred threads.
fn of_new_threads(job: &(impl Fn() + Sync)) -> f64 {
    let time = || {
        let start = Instant::now();
        job();
        start.elapsed().as_nanos() as f64
    };
    let one = |_| std::thread::scope(|scope| scope.spawn(time).join().expect("a measured job does not panic"));
    let mut times: Vec<f64> = (0..100).map(one).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One thread counts behind many that counted and ended.
fn behind(suite: &mut Suite, ended: usize) {
    let title = format!("inc of one counter that {ended} threads incremented that have ended, 1 thread");
    suite.case(&format!("counter-{ended}E"), &title, Unit::Nanos("inc"), |case| {
        macro_rules! each {
            ($($name:literal $role:ident $library:ident),+) => {$({
                let inc = Arc::new($library::counter());
                let counting = inc.clone();
                Crowd::new(ended).run(move |_| counting());
                updates::counter(case, $name, $role, move || inc(), 1);
            })+};
        }
        each!("picometer" OURS picometer, "measured" PEER measured, "fast-telemetry" PEER fast_telemetry);
        limits::count(case, 1);
    });
    let title = format!("observe in 11 buckets that {ended} threads observed in that have ended, 1 thread");
    suite.case(&format!("hist11-{ended}E"), &title, Unit::Nanos("observe"), |case| {
        macro_rules! each {
            ($($name:literal $role:ident $library:ident),+) => {$({
                let observe = Arc::new($library::histogram(&BOUNDS));
                let observing = observe.clone();
                Crowd::new(ended).run(move |_| observing(0.3));
                updates::observe(case, $name, $role, move |value| observe(value), 1, values());
            })+};
        }
        each!("picometer" OURS picometer, "prometheus-client" PEER prometheus_client, "fast-telemetry" PEER fast_telemetry);
        limits::observe(case, &BOUNDS, 1, values());
    });
}

fn counters(suite: &mut Suite, threads: usize, live: bool) {
    let all = children(if suite.is_test() { 100 } else { 10_000 });
    let all = &all[..];
    let (letter, state) = if live { ("T", "live") } else { ("E", "ended") };
    let name = format!("encode-counters-{}-{threads}{letter}", all.len());
    let title = format!("a page of {} counters that {threads} {state} threads counted", all.len());
    suite.case(&name, &title, Unit::Nanos("series"), |case| {
        let value = |bits| count(bits);
        page(case, "picometer", OURS, picometer::counters(), all, (threads, live), value);
        page(case, "picometer, one thread", OURS, picometer::counters(), all, (1, live), value);
        page(case, "prometheus-client", PEER, prometheus_client::counters(), all, (threads, live), value);
        page(case, "measured", PEER, measured::counters(), all, (threads, live), value);
        page(case, "fast-telemetry", PEER, fast_telemetry::counters(), all, (threads, live), value);
        limit(case, all.len(), "text + number", limits::Counters::new(all));
    });
}

fn histograms(suite: &mut Suite, threads: usize, live: bool) {
    let all = children(if suite.is_test() { 10 } else { 1_000 });
    let all = &all[..];
    let (letter, state) = if live { ("T", "live") } else { ("E", "ended") };
    let name = format!("encode-histograms-{}-{threads}{letter}", all.len());
    let title = format!("a page of {} histograms with 11 bounds that {threads} {state} threads observed in", all.len());
    suite.case(&name, &title, Unit::Nanos("histogram"), |case| {
        let value = |bits| 12.0 * fraction(bits);
        page(case, "picometer", OURS, picometer::histograms(), all, (threads, live), value);
        page(case, "picometer, one thread", OURS, picometer::histograms(), all, (1, live), value);
        page(case, "fastmetrics", PEER, fastmetrics::histograms(), all, (threads, live), value);
        page(case, "fast-telemetry", PEER, fast_telemetry::histograms(), all, (threads, live), value);
        limit(case, all.len(), "text + numbers", limits::Histograms::new(all));
    });
}

/// Pages of what so many threads counted; where they live, they wait until the column is done.
fn page<V>(
    case: &mut Case<'_>,
    name: &str,
    role: Role,
    Shown { give, page, .. }: Shown<impl Give<V>, impl Page>,
    all: &[Child],
    (threads, live): (usize, bool),
    value: impl Fn(u64) -> V + Send + Sync + 'static,
) {
    let (crowd, children): (_, Arc<[Child]>) = (Crowd::new(threads), all.into());
    crowd.run(move |thread| {
        // One gives numbers of any length, and the others add a little.
        let bits = |bits| if thread == 0 { bits } else { 1 << 60 };
        children.iter().zip(random(children.len())).for_each(|(child, random)| give(child.texts(), value(bits(random))));
    });
    let crowd = live.then_some(crowd);
    let page = move |buffer: &mut String| {
        let _alive = &crowd;
        page(buffer)
    };
    encode(case, name, role, page, all.len());
}
