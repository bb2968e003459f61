//! A collector that reads what is new shows what one shows that reads everything.

use std::path::Path;

use picometer_std::multiprocess::{Collector, GaugeMode};
use picometer_std::{Counter, CounterWithExemplar, Family, Format, Gauge, Histogram, Metric, NativeHistogram, Registry};

use super::Folder;
use super::child::{self, Worker};

fn worker() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "Jobs.", ["kind"])).unwrap();
    let seconds = registry.register(Family::<Histogram, 1>::new("seconds", "", ["kind"]).buckets([1.0])).unwrap();
    let level = registry.register(Family::<Gauge, 1>::new("level", "", ["kind"]).config(GaugeMode::Max)).unwrap();
    let errors = registry.register(Metric::<CounterWithExemplar>::new("errors_total", "")).unwrap();
    let sizes = registry.register(Metric::<NativeHistogram>::new("sizes", "")).unwrap();
    let mut late = None;
    child::serve(|command| match command {
        ["count", kind] => {
            jobs.with([*kind]).inc();
            seconds.with([*kind]).observe(0.5);
            level.with([*kind]).inc();
            sizes.observe(3.0);
        }
        ["remove", kind] => {
            jobs.remove([*kind]);
            level.remove([*kind]);
        }
        ["clear", _] => seconds.clear(),
        ["point", id] => errors.inc_with(&[("id", id)]).unwrap(),
        ["late", _] => {
            late.get_or_insert_with(|| registry.register(Metric::<Counter>::new("late_total", "")).unwrap()).inc();
        }
        ["leave", _] => _ = late.take().map(|late| registry.unregister(&late)),
        other => panic!("{other:?}"),
    });
}

fn page(collector: &Collector) -> String {
    super::support::page_in(collector, Format::OpenMetrics100)
}

fn new(folder: &Path) -> Collector {
    Collector::new(folder).unwrap().created(true)
}

#[test]
fn what_is_new_is_seen_and_what_is_gone_is_not() {
    child::role!(role, worker());
    let folder = Folder::new();
    let start = || {
        let mut worker = Worker::start(role, &folder);
        // Its file is there when it answers.
        worker.ask("leave all");
        worker
    };
    let mut workers = vec![start(), start(), start()];
    let collector = new(&folder);
    let mut state = 1_u64;
    let mut dice = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    for turn in 0..500 {
        let who = dice(workers.len() as u64) as usize;
        let (what, kind) = (dice(20), ["a", "b", "c", "d", "e"][dice(5) as usize]);
        match what {
            0..=8 => _ = workers[who].ask(&format!("count {kind}")),
            9..=12 => _ = workers[who].ask(&format!("remove {kind}")),
            13 => _ = workers[who].ask("clear all"),
            14 | 15 => _ = workers[who].ask(&format!("point {turn}")),
            16 => _ = workers[who].ask("late all"),
            17 => _ = workers[who].ask("leave all"),
            18 => workers.push(start()),
            _ if workers.len() > 1 => workers.swap_remove(who).kill(),
            _ => {}
        }
        // Some things happen between two pages.
        if dice(3) > 0 {
            assert_eq!(page(&collector), page(&new(&folder)), "turn {turn}: {what}");
        }
    }
    assert!(page(&collector).contains("jobs_total{"));
    workers.into_iter().for_each(Worker::end);
    assert_eq!(page(&collector), page(&new(&folder)));
}
