//! What threads and programs still do when they end: in destructors of thread-locals, and at exit.
#![allow(unsafe_code, reason = "atexit of the C library")]

use std::cell::RefCell;
use std::ffi::c_int;
use std::sync::LazyLock;
use std::thread;

use picometer_std::{Counter, Family, Histogram, Info, QuantileSummary, Registry};

use super::children::{again, is_again};
use super::support::page;

struct All {
    registry: Registry,
    counters: std::sync::Arc<Family<Counter, 1>>,
    histograms: std::sync::Arc<Family<Histogram, 1>>,
    quantiles: std::sync::Arc<Family<QuantileSummary, 1>>,
    infos: std::sync::Arc<Family<Info, 1>>,
}

static ALL: LazyLock<All> = LazyLock::new(|| {
    let registry = Registry::new();
    All {
        counters: registry.register(Family::new("a_total", "", ["x"])).unwrap(),
        histograms: registry.register(Family::new("b", "", ["x"])).unwrap(),
        quantiles: registry.register(Family::new("c", "", ["x"])).unwrap(),
        infos: registry.register(Family::new("d_info", "", ["x"])).unwrap(),
        registry,
    }
});

/// New series of every kind, a page, and none of them any more.
fn use_all(name: &str) {
    ALL.counters.with([name]).inc();
    ALL.histograms.with([name]).observe(1.0);
    ALL.quantiles.with([name]).observe(1.0);
    ALL.infos.with([name]).set([("a", "b")]).unwrap();
    assert_eq!((ALL.counters.with([name]).get(), ALL.quantiles.with([name]).count()), (1, 1));
    assert!(page(&ALL.registry).contains(name));
    ALL.infos.remove([name]);
}

struct Last(&'static str);

impl Drop for Last {
    fn drop(&mut self) {
        use_all(self.0);
    }
}

thread_local! {
    static BEHIND: RefCell<Option<Last>> = const { RefCell::new(None) };
    static BEFORE: RefCell<Option<Last>> = const { RefCell::new(None) };
}

fn end_a_thread(names: [&'static str; 2]) {
    thread::spawn(move || {
        // Known before anything of the library is, and so destroyed behind it.
        BEHIND.set(None);
        BEHIND.set(Some(Last(names[0])));
        ALL.counters.with(["x"]).inc();
        BEFORE.set(Some(Last(names[1])));
    })
    .join()
    .unwrap();
    assert!(names.iter().all(|name| ALL.counters.get([name]).is_some_and(|counter| counter.get() == 1)));
}

#[test]
fn series_are_made_in_destructors_of_threads() {
    end_a_thread(["behind", "before"]);
}

#[test]
fn series_are_made_in_destructors_of_a_worker() {
    if is_again() { end_a_thread(["behind", "before"]) } else { again("endings::series_are_made_in_destructors_of_a_worker") }
}

unsafe extern "C" {
    fn atexit(then: extern "C" fn()) -> c_int;
}

extern "C" fn at_exit() {
    use_all("exit");
}

#[test]
fn series_are_made_at_exit() {
    if is_again() {
        ALL.counters.with(["x"]).inc();
        // SAFETY: the function is there for ever.
        assert_eq!(unsafe { atexit(at_exit) }, 0);
    } else {
        again("endings::series_are_made_at_exit");
    }
}
