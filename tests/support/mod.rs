//! What tests of many suites would do by hand: a page as text, its samples, and work beside other threads. It needs `picometer-std`
//! alone, so that the package of the sanitizers has it too.
//!
//! Include it with `#[path = "../support/mod.rs"] mod support;`.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use picometer_std::{Collector, Exposition, FillError, Format, render};

/// The page of a collector in text 0.0.4.
pub fn page(source: &dyn Collector) -> String {
    page_in(source, Format::Text004)
}

/// The page of a collector in a format of text.
pub fn page_in(source: &dyn Collector, format: Format) -> String {
    let mut page = Vec::new();
    render(source, format, &mut page);
    String::from_utf8(page).unwrap()
}

/// The page in pieces of this size; `between` is called behind each, with its number and what was sent so far.
pub fn in_pieces(source: &dyn Collector, format: Format, size: usize, mut between: impl FnMut(usize, &str)) -> Result<String, FillError> {
    let (mut page, mut text, mut buffer) = (Exposition::new(source, format), String::new(), vec![0; size]);
    for piece in 0.. {
        if page.is_done() {
            break;
        }
        let len = page.fill(&mut buffer)?;
        text += std::str::from_utf8(&buffer[..len]).unwrap();
        between(piece, &text);
    }
    Ok(text)
}

/// The samples of a page: its lines without comments.
pub fn samples(source: &dyn Collector) -> Vec<String> {
    page(source).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The value of a series on a page of text, by all that stands in front of it.
pub fn value(page: &str, series: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

/// Does `work` while a thread for each of `others` calls it again and again, with the number of the call. A panic of `work` ends them
/// too, so that a test that fails does not wait for them.
pub fn beside<R>(others: &[&(dyn Fn(usize) + Sync)], work: impl FnOnce() -> R) -> R {
    let done = &AtomicBool::new(false);
    thread::scope(|scope| {
        for other in others {
            scope.spawn(move || (0..).take_while(|_| !done.load(Ordering::Acquire)).for_each(other));
        }
        let _end = End(done);
        work()
    })
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        // Pairs with the load before each call: what `work` did is there for a call behind it.
        self.0.store(true, Ordering::Release);
    }
}
