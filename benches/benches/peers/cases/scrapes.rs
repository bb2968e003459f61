//! Pages while threads count, and counting while there are pages.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use picometer_benches::{Case, Role, Suite, Unit, busy};

use super::{LIMIT, OURS, PEER, all};
use crate::inputs::{children, shuffled};
use crate::libraries::*;
use crate::library::{Give, Page, Shown};

/// How long a page takes while threads count, and what increments take while a page is made every millisecond, a thousand times as
/// often as a server does. One page after the other would measure how long the lines of a cache travel, which each page takes from
/// the writers once.
pub(super) fn run(suite: &mut Suite) {
    suite.case("scrape-2T", "a page of 1,000 counters while 2 threads increment them", Unit::Micros("page"), |case| {
        all!(scrape, case, counters(), []);
        let (lines, mut buffer) = (limits::Counters::new(&children(1_000)), Vec::new());
        let time = move || busy(|| (0..20).for_each(|_| _ = black_box(limits::page(&lines, &mut buffer)))).as_secs_f64() * 1e6 / 20.0;
        case.sampled("text + number, no increments", LIMIT, time);
    });
    let title = "inc by 2 threads through 3 string labels of 1,000 children, a page every millisecond meanwhile";
    suite.case("scraped-2T", title, Unit::Nanos("inc"), |case| {
        all!(under_scrapes, case, counters(), [true]);
        under_scrapes(case, "picometer, no pages", LIMIT, picometer::counters(), false);
    });
}

/// The processor time of pages while two threads increment the children of the family.
fn scrape(case: &mut Case<'_>, name: &str, role: Role, Shown { give, page, .. }: Shown<impl Give<u64>, impl Page>) {
    let keys = shuffled(&children(1_000));
    for child in children(1_000) {
        give(child.texts(), 1);
    }
    let mut buffer = String::new();
    case.sampled(name, role, move || {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (done, give, keys) = (&done, &give, &keys);
                scope.spawn(move || {
                    for turn in 0.. {
                        give(keys[(turn + thread * 1_000) % 4_096].texts(), 1);
                        if turn % 256 == 0 && done.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                });
            }
            let pages = 20;
            let time = busy(|| {
                for _ in 0..pages {
                    black_box(page(&mut buffer));
                }
            });
            done.store(true, Ordering::Relaxed);
            time.as_secs_f64() * 1e6 / f64::from(pages)
        })
    });
}

fn under_scrapes(case: &mut Case<'_>, name: &str, role: Role, Shown { give, page, .. }: Shown<impl Give<u64>, impl Page>, pages: bool) {
    let keys = shuffled(&children(1_000));
    for child in children(1_000) {
        give(child.texts(), 1);
    }
    let turns = if case.is_test() { 1_000 } else { 400_000 };
    let mut buffer = String::new();
    case.sampled(name, role, move || {
        let (writing, nanos) = (AtomicUsize::new(2), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (writing, nanos, give, keys) = (&writing, &nanos, &give, &keys);
                scope.spawn(move || {
                    let time = busy(|| (0..turns).for_each(|turn| give(keys[(turn + thread * 1_000) % 4_096].texts(), 1)));
                    nanos.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
                    writing.fetch_sub(1, Ordering::Release);
                });
            }
            while pages && writing.load(Ordering::Acquire) > 0 {
                black_box(page(&mut buffer));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        nanos.into_inner() as f64 / (2 * turns) as f64
    });
}
