//! A library that is loaded into a program: it has a picometer of its own, with cells, slabs and thread-locals of its own.
#![allow(unsafe_code, reason = "functions that the program finds by their names")]

use std::sync::LazyLock;

use picometer_std::{Counter, Family, Format, Histogram, Metric, default_registry, metrics, render};

metrics! {
    /// Pages that were asked for.
    static PAGES: Counter = "plugin_pages_total";
}

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

/// Writes the page of the library's own default registry into a buffer, as much as fits; how long the page is.
///
/// # Safety
///
/// The buffer has so many bytes.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picometer_plugin_page(buffer: *mut u8, length: usize) -> usize {
    PAGES.inc();
    let mut page = Vec::new();
    render(default_registry(), Format::Text004, &mut page);
    // SAFETY: the caller's promise; the page is memory of its own.
    unsafe { std::ptr::copy_nonoverlapping(page.as_ptr(), buffer, length.min(page.len())) };
    page.len()
}
