//! Resets and pages in a worker, of which other processes see the file.

use std::collections::HashSet;
use std::thread;

use picometer_std::multiprocess::{Collector, DIRECTORY, Page};
use picometer_std::{Counter, Histogram, Metric, NativeHistogram, Registry, Snapshot, Summary};

use super::children::{again, in_child, is_again};
use super::support::{self, beside};

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
    // Of amounts that differ so much that nothing may be left of those before.
    let large = registry.register(Metric::<Counter<f64>>::new("e_total", "")).unwrap();
    let sum = registry.register(Metric::<Summary>::new("f", "")).unwrap();
    let native = registry.register(Metric::<NativeHistogram>::new("g", "")).unwrap();
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
    for amount in [1e300, 0.5, f64::MAX, 1.0] {
        other_threads();
        large.inc_by(amount);
        sum.observe(amount);
        native.observe(amount);
        let page = Snapshot::of(&Collector::new(&directory).unwrap());
        let value = |name| page.value(name, &[]);
        assert_eq!((value("e_total"), value("f_count"), value("f_sum")), (Some(amount), Some(1.0), Some(amount)));
        assert_eq!(native_totals(&directory), [1.0, amount]);
        assert_eq!((value("a_total"), value("b_total")), (Some(6.0), Some(1.5)));
        assert_eq!((value("c_count"), value("c_sum"), value("d_count"), value("d_sum")), (Some(3.0), Some(6.0), Some(3.0), Some(9.0)));
        integer.reset();
        float.reset();
        histogram.reset();
        summary.reset();
        large.reset();
        sum.reset();
        native.reset();
        let page = Snapshot::of(&Collector::new(&directory).unwrap());
        assert_eq!(native_totals(&directory), [0.0, 0.0]);
        assert!(
            ["a_total", "b_total", "c_count", "c_sum", "d_count", "d_sum", "e_total", "f_count", "f_sum"]
                .iter()
                .all(|name| page.value(name, &[]) == Some(0.0))
        );
    }
}

/// A child may be forked in the middle of a page, whose thread it does not have.
#[test]
fn pages_of_children_that_are_forked_beside_pages_have_each_family_once() {
    if !is_again() {
        return again("workers::pages_of_children_that_are_forked_beside_pages_have_each_family_once");
    }
    let registry = Registry::new();
    for at in 0..50 {
        registry.register(Metric::<Counter>::new(&format!("a_{at}_total"), "")).unwrap().inc();
    }
    let page = Page::new(&registry).unwrap();
    let is_right = || {
        let text = support::page(&page);
        let families: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE ")).collect();
        families.len() > 50 && families.iter().collect::<HashSet<_>>().len() == families.len()
    };
    let two_at_once = || {
        thread::scope(|scope| {
            let pages = [0; 2].map(|_| scope.spawn(|| (0..10).all(|_| is_right())));
            pages.into_iter().all(|page| page.join().unwrap_or(false))
        })
    };
    let read = |_| assert!(is_right());
    let wrong = beside(&[&read, &read], || (0..30).find(|_| !in_child(two_at_once)));
    assert_eq!(wrong, None);
}

/// The file of a child begins with zeros, also where its parent counts in a later generation.
#[test]
fn child_counts_behind_resets_of_its_parent() {
    if !is_again() {
        return again("workers::child_counts_behind_resets_of_its_parent");
    }
    let registry = Registry::new();
    let float = registry.register(Metric::<Counter<f64>>::new("a_total", "")).unwrap();
    let integer = registry.register(Metric::<Counter>::new("b_total", "")).unwrap();
    let summary = registry.register(Metric::<Summary>::new("c", "")).unwrap();
    let native = registry.register(Metric::<NativeHistogram>::new("g", "")).unwrap();
    let directory = std::env::var_os(DIRECTORY).unwrap();
    let count = |amount: u32| {
        float.inc_by(amount.into());
        integer.inc_by(amount.into());
        summary.observe(amount.into());
        native.observe(amount.into());
    };
    let totals = |all: f64, times: f64| {
        let page = Snapshot::of(&Collector::new(&directory).unwrap());
        let value = |name| page.value(name, &[]);
        let sums = [value("a_total"), value("b_total"), value("c_sum"), value("c_count")];
        sums == [Some(all), Some(all), Some(all), Some(times)] && native_totals(&directory) == [times, all]
    };
    let mut expected = 0.0;
    for turn in 1..4_u32 {
        count(100);
        // Once, so that the other set of a native histogram is the one of now, or twice.
        (0..turn).for_each(|_| {
            float.reset();
            integer.reset();
            summary.reset();
            native.reset();
        });
        count(turn);
        let before = (expected + f64::from(turn), f64::from(2 * turn - 1));
        assert!(totals(before.0, before.1), "{turn}: {before:?}");
        assert!(in_child(|| {
            count(10);
            let fresh = std::thread::scope(|scope| scope.spawn(|| count(10)).join().is_ok());
            fresh && totals(before.0 + 20.0, before.1 + 2.0) && float.get() == 20.0 && summary.sum() == 20.0
        }));
        expected += 20.0;
        assert!(totals(before.0 + 20.0, before.1 + 2.0), "{turn}: what the child left");
    }
}

/// Count and sum of the native histogram, as a text page of all processes has them.
fn native_totals(directory: &std::ffi::OsStr) -> [f64; 2] {
    let page = support::page(&Collector::new(directory).unwrap());
    ["g_count", "g_sum"].map(|series| support::value(&page, series).unwrap())
}
