//! Series with a time to live: no handle is left with a series that is gone, and no lookup counts in one.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};

use super::family::idle::{Examined, Idle, Sweep};
use super::{Met, start};

/// A series, and how many hold it besides the table; a handle is counted as `Arc` counts.
struct Series {
    idle: Idle,
    handles: AtomicU32,
}

/// By which a series that was made at 0 is too old.
const SWEEP: Sweep = Sweep { now: 9, ttl: 5, number: 70_000, ended: 70_000, takes_unseen: true };

impl Series {
    fn new() -> Arc<Self> {
        Arc::new(Self { idle: Idle::since(0, 69_999), handles: AtomicU32::new(0) })
    }

    fn is_retired_by(&self, sweep: &Sweep) -> bool {
        self.idle.examine(sweep, || self.handles.load(Ordering::Relaxed) > 0, || None) == Examined::Retired
    }
}

#[test]
fn a_handle_is_made_while_the_series_is_found_too_old() {
    static KEPT: Met = Met::that("a series was kept");
    static GONE: Met = Met::that("a series was too old");
    loom::model(|| {
        let series = Series::new();
        let keeper = start(&series, |series| {
            series.handles.fetch_add(1, Ordering::Relaxed);
            series.idle.holds()
        });
        let gone = start(&series, |series| series.is_retired_by(&SWEEP)).join().unwrap();
        let kept = keeper.join().unwrap();
        assert!(!(kept && gone), "a handle counts for no series");
        KEPT.note(kept);
        GONE.note(gone);
        assert!(kept || gone, "a second try finds it");
    });
    Met::demand_all([&KEPT, &GONE]);
}

#[test]
fn lookup_and_sweep_agree_on_who_was_first() {
    static USED: Met = Met::that("a series was used");
    static GONE: Met = Met::that("a series was too old");
    loom::model(|| {
        let series = Series::new();
        let looker = start(&series, |series| series.idle.touch(|| 9));
        let gone = start(&series, |series| series.is_retired_by(&SWEEP)).join().unwrap();
        let used = looker.join().unwrap();
        assert!(used != gone, "counted in a series that is gone");
        USED.note(used);
        GONE.note(gone);
    });
    Met::demand_all([&USED, &GONE]);
}

#[test]
fn series_used_while_shown_is_not_shown_whole() {
    static USED: Met = Met::that("it was used before it was shown");
    static SHOWN: Met = Met::that("it was being shown");
    loom::model(|| {
        let series = Series::new();
        let page = Sweep { takes_unseen: false, ..SWEEP };
        let looker = start(&series, |series| assert!(series.idle.touch(|| 1)));
        let shower = start(&series, move |series| {
            let showing = series.idle.showing(&page, || false, || None);
            let is_shown = showing.is_some();
            showing.map(|showing| series.idle.was_shown(showing));
            is_shown
        });
        looker.join().unwrap();
        let is_shown = shower.join().unwrap();
        // The next sweep: used at 1, so it is old; it goes only if it was shown behind the use.
        assert!(!series.is_retired_by(&Sweep { number: page.number + 1, ..page }), "what it counted was not shown");
        USED.note(!is_shown);
        SHOWN.note(is_shown);
    });
    Met::demand_all([&USED, &SHOWN]);
}
