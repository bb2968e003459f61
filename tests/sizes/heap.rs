//! What the distributions of the std adapter take on the heap. A figure that grows is a change that should be meant.

use std::time::Duration;

use allocation_counter::measure;
use picometer_std::{DEFAULT_BUCKETS, FromConfig, NativeBuckets, NativeHistogram, Objectives, QuantileSummary};

/// What a cell is made of, with itself, and what it is after observations that never come twice.
fn bytes<C: FromConfig>(config: &C::Config, observe: impl Fn(&C, f64), count: u32) -> i64 {
    let mut kept = None;
    let taken = measure(|| {
        let cell = C::make(config);
        (1..=count).for_each(|value| observe(&cell, f64::from(value)));
        kept = Some(cell);
    });
    drop(kept);
    taken.bytes_current + size_of::<C>() as i64
}

#[test]
#[cfg(target_pointer_width = "64")]
fn every_distribution_takes_what_the_table_says() {
    // The first of all makes what they share.
    NativeHistogram::default().observe(1.0);
    QuantileSummary::default().observe(1.0);
    let native = NativeBuckets::new();
    let summary = |count| bytes(&Objectives::default(), QuantileSummary::observe, count);
    let table = [
        ("a native histogram of 160 buckets", bytes(&native, NativeHistogram::observe, 10_000), 4_400),
        (
            "the same with 11 classic buckets",
            bytes(&native.clone().classic(DEFAULT_BUCKETS).unwrap(), NativeHistogram::observe, 10_000),
            4_500,
        ),
        (
            "the same, reset once an hour at most",
            bytes(&native.min_reset(Duration::from_secs(3_600)), NativeHistogram::observe, 10_000),
            4_400,
        ),
        ("a summary with three quantiles, of one observation", summary(1), 2_300),
        ("the same of 100,000 observations of one thread", summary(100_000), 17_000),
    ];
    let mut wrong = Vec::new();
    for (what, found, most) in table {
        println!("| {what} | {found} |");
        if found > most {
            wrong.push(format!("{what}: {found} bytes"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
