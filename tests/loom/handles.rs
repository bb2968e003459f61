//! Series with a time to live: no handle is left with a series that is gone.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};

use super::family::idle::Idle;
use super::{Met, start};

/// A series, and how many hold it besides the table; a handle is counted as `Arc` counts.
struct Series {
    idle: Idle,
    handles: AtomicU32,
}

#[test]
fn a_handle_is_made_while_the_series_is_found_too_old() {
    static KEPT: Met = Met::never();
    static GONE: Met = Met::never();
    loom::model(|| {
        let series = Arc::new(Series { idle: Idle::since(0), handles: AtomicU32::new(0) });
        let keeper = start(&series, |series| {
            series.handles.fetch_add(1, Ordering::Relaxed);
            !series.idle.is_retired()
        });
        let gone = start(&series, |series| series.idle.retire(5, || series.handles.load(Ordering::Relaxed) > 0)).join().unwrap();
        let kept = keeper.join().unwrap();
        assert!(!(kept && gone), "a handle counts for nobody");
        KEPT.note(kept);
        GONE.note(gone);
        assert!(gone || !series.idle.is_retired(), "whoever tries again finds it");
    });
    KEPT.demand("a series was kept");
    GONE.demand("a series was too old");
}
