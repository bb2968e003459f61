//! Statics whose first use meets a fork.

use std::thread;

use picometer_std::{Counter, Family, Gauge, Histogram, Metric};

use super::children::in_child;
use super::support::beside;

macro_rules! statics {
    ($($counter:ident $gauge:ident $histogram:ident $family:ident;)*) => {
        $(
            static $counter: Metric<Counter> = Metric::declare("a_total", "");
            static $gauge: Metric<Gauge<i64>> = Metric::declare("b", "");
            static $histogram: Metric<Histogram> = Metric::declare("c", "");
            static $family: Family<Counter, 1> = Family::declare("d_total", "", ["x"]);
        )*
        static ALL: &[(&Metric<Counter>, &Metric<Gauge<i64>>, &Metric<Histogram>, &Family<Counter, 1>)] =
            &[$((&$counter, &$gauge, &$histogram, &$family)),*];
    };
}

statics! {
    A0 B0 C0 D0;
    A1 B1 C1 D1;
    A2 B2 C2 D2;
    A3 B3 C3 D3;
    A4 B4 C4 D4;
    A5 B5 C5 D5;
    A6 B6 C6 D6;
    A7 B7 C7 D7;
}

/// Uses all statics once; whether each counted that.
fn use_all() -> bool {
    ALL.iter().all(|(counter, gauge, histogram, family)| {
        let before = (counter.get(), histogram.count(), family.with(["x"]).get());
        counter.inc();
        gauge.inc();
        histogram.observe(0.1);
        family.with(["x"]).inc();
        (counter.get(), histogram.count(), family.with(["x"]).get()) == (before.0 + 1, before.1 + 1, before.2 + 1)
    })
}

/// A child uses statics that other threads of its parent were about to use for the first time.
#[test]
fn first_use_beside_forks_works_in_every_child() {
    let count_first_in = |turn: usize| {
        let (counter, gauge, histogram, family) = ALL[turn / 64 % ALL.len()];
        counter.inc();
        gauge.dec();
        histogram.observe(1.0);
        family.with(["y"]).inc();
        thread::yield_now();
    };
    let wrong = beside(&[&count_first_in, &|turn| count_first_in(turn + 64)], || (0..50).find(|_| !in_child(use_all)));
    assert_eq!(wrong, None);
    assert!(use_all());
}
