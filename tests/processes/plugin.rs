//! A library that is loaded into a program: it has a picometer of its own, with cells, slabs and thread-locals of its own.
#![allow(unsafe_code, reason = "functions that the program finds by their names")]

use std::sync::LazyLock;

use picometer_std::{Counter, Family, Histogram, Metric};

static COUNTERS: LazyLock<Family<Counter, 1>> = LazyLock::new(|| Family::new("plugin_total", "", ["x"]));
static HISTOGRAM: LazyLock<Metric<Histogram>> = LazyLock::new(|| Metric::new("plugin_seconds", ""));

/// Counts so often.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
pub extern "C" fn picometer_plugin_count(times: u64) {
    for _ in 0..times {
        COUNTERS.with(["a"]).inc();
        HISTOGRAM.observe(0.5);
    }
}

/// How often it did, if counter and histogram agree.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
pub extern "C" fn picometer_plugin_counted() -> u64 {
    let count = COUNTERS.with(["a"]).get();
    if HISTOGRAM.count() == count { count } else { u64::MAX }
}
