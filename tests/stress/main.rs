//! Contexts that count, make series and take them away while others write pages: every page is a page, and in the end nothing is
//! lost. The thread sanitizer runs this (`tests/sanitizers.sh`).

#[path = "../fuzz/fuzz_targets/parts/line.rs"]
mod line;
mod metrics;
mod pages;
mod threads;
mod writers;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use metrics::{ALL, METRICS, SLOTS};
use picometer::{BoundedFamily, Counter, Desc, Exposition, Format};

/// Contexts that change metrics.
const WRITERS: u32 = 4;
/// What each of them does: how often, all told. An even number.
const ROUNDS: u32 = if cfg!(miri) { 40 } else { 20_000 };

#[test]
fn contexts_that_count_and_contexts_that_write_pages() {
    let working = AtomicUsize::new(WRITERS as usize);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let working = &working;
            scope.spawn(move || {
                // Readers stop also when a writer has failed.
                let _left = Left(working);
                writers::work(writer);
            });
        }
        let is_over = || working.load(Ordering::Acquire) == 0;
        scope.spawn(move || pages::read_until(is_over, |seen| pages::in_pieces(Format::Text004, 300, seen)));
        scope.spawn(move || pages::read_until(is_over, |seen| pages::in_pieces(Format::OpenMetrics100, 1_000, seen)));
        pages::read_until(is_over, |seen| pages::whole(Format::OpenMetrics100, seen));
    });
    nothing_is_lost();
    no_slot_is_lost();
}

/// However many ask for a series at once, there is one; who comes while it is made counts in the overflow series.
#[test]
fn a_series_that_all_ask_for_at_once_is_made_once() {
    static DESC: Desc = Desc::counter("peers_total", "");
    let peers = BoundedFamily::<Counter<u32>, 1, SLOTS, 8>::new(&DESC, &["peer"]);
    let (round, here) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let rounds = if cfg!(miri) { 20 } else { 2_000 };
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                for next in 1..=rounds {
                    while round.load(Ordering::Acquire) < next {
                        thread::yield_now();
                    }
                    peers.with(["one"]).inc();
                    here.fetch_add(1, Ordering::AcqRel);
                }
            });
        }
        for now in 1..=rounds {
            round.store(now, Ordering::Release);
            while here.load(Ordering::Acquire) < now * WRITERS as usize {
                thread::yield_now();
            }
            // None looks until all are told that they may stop.
            let len = peers.len();
            peers.clear();
            if len != 1 {
                round.store(usize::MAX, Ordering::Release);
            }
            assert_eq!(len, 1, "in round {now}");
        }
    });
}

/// Tells the readers that a writer has left.
struct Left<'a>(&'a AtomicUsize);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

fn nothing_is_lost() {
    let all = WRITERS * ROUNDS;
    assert_eq!(ALL.events.get(), all);
    assert_eq!(ALL.bytes.get(), u64::from(all) * 3);
    assert_eq!(ALL.seconds.get(), f64::from(all) / 4.0);
    assert_eq!(ALL.level.get(), 0);
    assert_eq!(ALL.highest.get(), ROUNDS - 1);
    assert_eq!(metrics::modes().map(|mode| ALL.modes.with(mode).get()).iter().sum::<u32>(), all);
    assert_eq!(ALL.traced.get(), all);
    let observed = u64::from(all);
    assert_eq!((ALL.sizes.count(), ALL.sizes.sum().as_f64()), (observed, f64::from(all) * 7.0));
    assert_eq!((ALL.waits.count(), ALL.waits.sum().as_f64()), (observed, f64::from(all) * 0.25));
    assert_eq!((ALL.spent.count(), ALL.spent.sum().as_f64()), (observed, f64::from(all) * 2.0));
    assert_eq!(ALL.open.count(), 0);
    // A family that nothing is taken out of, and that is too small: what does not fit is in the overflow series.
    let page = pages::text(&Exposition::new(&METRICS, Format::Text004));
    let peers = page.lines().filter(|line| line.starts_with("peer_frames_total{"));
    let counts: Vec<u32> = peers.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
    assert_eq!((counts.len(), counts.iter().sum::<u32>()), (SLOTS + 1, all), "{page}");
}

/// Every slot of the families that series were taken out of can be used again.
fn no_slot_is_lost() {
    ALL.topics.clear();
    ALL.tasks.clear();
    for name in ["w", "x", "y", "z"] {
        assert!(!ALL.topics.with([name]).is_overflow(), "a slot is lost");
        assert!(!ALL.tasks.with([name]).is_overflow(), "a slot is lost");
    }
    assert_eq!((ALL.topics.len(), ALL.tasks.len()), (SLOTS, SLOTS));
}
