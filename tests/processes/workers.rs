//! Resets in a worker, of which other processes see the file.

use picometer_std::multiprocess::{Collector, DIRECTORY};
use picometer_std::{Counter, Histogram, Metric, Registry, Snapshot, Summary};

use super::children::{again, is_again};

#[test]
fn resets_of_a_worker_are_exact() {
    for test in [
        "counter_reads_no_more_than_was_counted",
        "distribution_reads_no_more_than_was_observed",
        "resets_reach_the_counts_of_every_thread",
        "infinite_observations_are_counted_and_left_out_of_the_sum",
        "sums_beyond_all_doubles_stay_at_the_end",
        "counter_refuses_infinity_and_stays_at_its_end",
    ] {
        again(&format!("resets::{test}"));
    }
}

#[test]
fn other_processes_see_what_came_since_a_reset() {
    if !is_again() {
        return again("workers::other_processes_see_what_came_since_a_reset");
    }
    let registry = Registry::new();
    let integer = registry.register(Metric::<Counter>::new("a_total", "")).unwrap();
    let float = registry.register(Metric::<Counter<f64>>::new("b_total", "")).unwrap();
    let histogram = registry.register(Metric::<Histogram>::new("c", "").buckets([1.0])).unwrap();
    let summary = registry.register(Metric::<Summary>::new("d", "")).unwrap();
    let directory = std::env::var_os(DIRECTORY).unwrap();
    let other_threads = || {
        let update = || {
            integer.inc_by(2);
            float.inc_by(0.5);
            histogram.observe(2.0);
            summary.observe(3.0);
        };
        std::thread::scope(|scope| (0..3).for_each(|_| _ = scope.spawn(update)));
    };
    for _ in 0..3 {
        other_threads();
        let page = Snapshot::of(&Collector::new(&directory).unwrap());
        let value = |name| page.value(name, &[]);
        assert_eq!((value("a_total"), value("b_total")), (Some(6.0), Some(1.5)));
        assert_eq!((value("c_count"), value("c_sum"), value("d_count"), value("d_sum")), (Some(3.0), Some(6.0), Some(3.0), Some(9.0)));
        integer.reset();
        float.reset();
        histogram.reset();
        summary.reset();
        let page = Snapshot::of(&Collector::new(&directory).unwrap());
        assert!(["a_total", "b_total", "c_count", "c_sum", "d_count", "d_sum"].iter().all(|name| page.value(name, &[]) == Some(0.0)));
    }
}
