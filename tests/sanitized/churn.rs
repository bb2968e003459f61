//! Threads that count while series come, go and are reset, under the sanitizers: those of tests/std that share memory.

#[path = "../std/concurrent.rs"]
mod concurrent;
#[path = "../std/expiry.rs"]
mod expiry;
#[path = "../std/held.rs"]
mod held;
#[path = "../std/resets.rs"]
mod resets;
#[path = "../std/scrapes.rs"]
mod scrapes;
#[path = "../std/unscraped.rs"]
mod unscraped;

use picometer_std::{Collector, Format, render};

/// The page in text 0.0.4.
fn page(source: &dyn Collector) -> String {
    let mut page = Vec::new();
    render(source, Format::Text004, &mut page);
    String::from_utf8(page).unwrap()
}

/// The samples of a page: its lines without comments.
fn samples(source: &dyn Collector) -> Vec<String> {
    page(source).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}
