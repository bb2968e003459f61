//! Values and directories at their ends: sums of extremes over workers, a directory that goes away.

use std::fs;

use picometer_std::multiprocess::{Collector, Status};
use picometer_std::{Counter, Family, GaugeHistogram, Histogram, NativeHistogram, Registry, Summary};

use super::Folder;
use super::child::{self, Worker};
use super::support::page;

fn worker() {
    let registry = Registry::new();
    let histogram = registry.register(Family::<Histogram, 1>::new("h", "", ["x"]).buckets([1.0])).unwrap();
    let summary = registry.register(Family::<Summary, 1>::new("s", "", ["x"])).unwrap();
    let native = registry.register(Family::<NativeHistogram, 1>::new("n", "", ["x"])).unwrap();
    let gauged = registry.register(Family::<GaugeHistogram, 1>::new("g", "", ["x"]).buckets([1.0])).unwrap();
    let counter = registry.register(Family::<Counter<f64>, 1>::new("c_total", "", ["x"])).unwrap();
    child::serve(|command| match command {
        ["observe", value] => {
            let value: f64 = value.parse().unwrap();
            histogram.with(["a"]).observe(value);
            summary.with(["a"]).observe(value);
            native.with(["a"]).observe(value);
            gauged.with(["a"]).insert(value);
            counter.with(["a"]).inc_by(value.abs());
        }
        ["unseen"] => assert!(!Status::now().is_seen),
        other => panic!("{other:?}"),
    });
}

#[test]
fn sums_of_extremes_over_workers_are_numbers() {
    child::role!(role, worker());
    let folder = Folder::new();
    let mut workers: Vec<_> = (0..4).map(|_| Worker::start(role, &folder)).collect();
    let values = [f64::MAX, f64::MAX, f64::MIN, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324];
    for (at, value) in values.iter().enumerate() {
        workers[at % 4].ask(&format!("observe {value:?}"));
    }
    let check = |count: usize| {
        let text = page(&Collector::new(&*folder).unwrap());
        for line in text.lines().filter(|line| !line.starts_with('#') && line.contains("x=\"a\"")) {
            let value: f64 = line.rsplit(' ').next().unwrap().replace("Inf", "inf").parse().unwrap();
            if line.contains("sum{") || line.starts_with("c_total") {
                assert!(value.is_finite(), "{line}\n{text}");
            } else if line.contains("_count{") {
                assert_eq!(value, count as f64, "{line}");
            }
        }
        // A gauge histogram is that of live workers.
        assert_eq!(text.matches("_sum{x=\"a\"").count(), 3, "{text}");
    };
    check(8);
    // Those of the dead are added up in another way.
    for _ in 0..3 {
        workers.pop().unwrap().kill();
        Collector::new(&*folder).unwrap().fold().unwrap();
        check(8);
    }
    workers[0].ask("observe 1.7976931348623157e308");
    check(9);
}

#[test]
fn directory_that_vanishes_costs_its_own_values() {
    child::role!(role, worker());
    let folder = Folder::new();
    let inside = folder.join("inside");
    fs::create_dir(&inside).unwrap();
    let mut live = Worker::start(role, &inside);
    live.ask("observe 1");
    let collector = Collector::new(&inside).unwrap();
    assert!(page(&collector).contains("\nh_count{x=\"a\"} 1\n"));
    fs::remove_dir_all(&inside).unwrap();
    let gone = page(&collector);
    assert!(gone.contains("\npicometer_multiprocess_up 0\n") && !gone.contains("h_count"), "{gone}");
    assert!(collector.fold().is_err());
    // The worker counts on, by itself.
    live.ask("observe 1");
    live.ask("unseen");
    // A file, and then another directory, in its place.
    fs::write(&inside, "no directory").unwrap();
    assert!(page(&collector).contains("\npicometer_multiprocess_up 0\n"));
    fs::remove_file(&inside).unwrap();
    fs::create_dir(&inside).unwrap();
    let mut next = Worker::start(role, &inside);
    next.ask("observe 2");
    let back = page(&collector);
    assert!(back.contains("\npicometer_multiprocess_up 1\n") && back.contains("\nh_sum{x=\"a\"} 2\n"), "{back}");
}
