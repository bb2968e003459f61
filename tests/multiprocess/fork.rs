//! Forks, with and without threads.
#![allow(unsafe_code, reason = "fork and waitpid of the C library")]

use std::ffi::c_int;

use picometer_std::multiprocess::GaugeMode;
use picometer_std::{Counter, Family, Gauge, Histogram, Metric, Registry};

use super::Folder;
use super::child::{self, Worker};
use super::support::beside;

unsafe extern "C" {
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// Runs `then` in a child of this process; the number of the child.
pub fn forked(then: impl FnOnce()) -> c_int {
    // SAFETY: the child does nothing that the library does not promise to work in it.
    match unsafe { fork() } {
        0 => {
            then();
            // SAFETY: ends the process at once.
            unsafe { _exit(0) }
        }
        pid => pid,
    }
}

pub fn wait(pid: c_int) {
    let mut status = 0;
    // SAFETY: the pointer is valid for the call.
    assert_eq!((unsafe { waitpid(pid, &raw mut status, 0) }, status), (pid, 0));
}

/// Kills a child as hard as can be, and waits for its end.
pub fn killed(pid: c_int) {
    let mut status = 0;
    // SAFETY: the child was not waited for yet, so that the number is its own; the pointer is valid for the call.
    unsafe {
        kill(pid, 9);
        assert_eq!(waitpid(pid, &raw mut status, 0), pid);
    }
}

fn parent() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["kind"])).unwrap();
    let level = registry.register(Metric::<Gauge>::new("level", "").config(&GaugeMode::Max)).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "").buckets([1.0])).unwrap();
    let kept = jobs.handle(["a"]);
    kept.inc_by(1_000);
    level.set(3.0);
    seconds.observe(0.5);
    let children: Vec<c_int> = (0..5)
        .map(|number| {
            forked(|| {
                assert_eq!((kept.get(), level.get(), seconds.count()), (0, 0.0, 0), "a child starts at nothing");
                kept.inc_by(1 + number);
                // Enough to make its file grow.
                for series in 0..2_000 {
                    jobs.with([format!("{series}")]).inc();
                }
                seconds.observe(2.0);
                // A child of the child.
                wait(forked(|| kept.inc_by(10)));
            })
        })
        .collect();
    kept.inc();
    children.into_iter().for_each(wait);
    assert_eq!(kept.get(), 1_001, "no child writes to its parent's");
}

#[test]
fn children_have_files_of_their_own() {
    child::role!(role, child::serve(|_| parent()));
    let folder = Folder::new();
    let mut worker = Worker::start(role, &folder);
    worker.ask("go");
    let check = |page: picometer_std::Snapshot| {
        assert_eq!(page.value("jobs_total", &[("kind", "a")]), Some(1_001.0 + 15.0 + 50.0));
        for series in [0, 999, 1_999] {
            assert_eq!(page.value("jobs_total", &[("kind", &series.to_string())]), Some(5.0));
        }
        assert_eq!((page.value("level", &[]), page.value("seconds_count", &[])), (Some(3.0), Some(6.0)));
        assert_eq!(page.value("picometer_multiprocess_workers", &[]), Some(1.0), "a child does not keep its parent's lock");
    };
    assert_eq!(folder.files(".pico").len(), 11);
    check(folder.look());
    check(folder.page());
    assert_eq!(folder.files(".pico").len(), 2);
    check(folder.page());
    worker.end();
    assert_eq!(folder.page().value("picometer_multiprocess_workers", &[]), Some(0.0));
}

fn busy_parent() {
    const FORKS: usize = 40;
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["kind"])).unwrap();
    let forks = registry.register(Metric::<Counter>::new("forks_total", "")).unwrap();
    // They make series and count all the time.
    let count = |thread, number| jobs.with([format!("{thread}-{}", number % 3_000)]).inc();
    beside(&[&|number| count(0, number), &|number| count(1, number), &|number| count(2, number)], || {
        for number in 0..FORKS {
            wait(forked(|| {
                forks.inc();
                for series in 0..20 {
                    jobs.with([format!("child-{}-{series}", number % 4)]).inc();
                }
            }));
        }
    });
}

#[test]
fn threads_that_count_while_others_fork() {
    child::role!(role, child::serve(|_| busy_parent()));
    let folder = Folder::new();
    let mut worker = Worker::start(role, &folder);
    worker.ask("go");
    for page in [folder.look(), folder.page(), folder.page()] {
        assert_eq!(page.value("forks_total", &[]), Some(40.0));
        for number in 0..4 {
            assert_eq!(page.value("jobs_total", &[("kind", &format!("child-{number}-19"))]), Some(10.0));
        }
    }
    worker.end();
}
