//! Reads in signal handlers.
#![allow(unsafe_code, reason = "signals of the C library")]

use std::ffi::{c_int, c_uint, c_ulong};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use picometer_std::{Counter, Family, Handle, Metric, Registry};

use super::children::{alone, is_again};
use super::support::{beside, page};

unsafe extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn pthread_self() -> c_ulong;
    fn pthread_kill(thread: c_ulong, number: c_int) -> c_int;
    fn alarm(seconds: c_uint) -> c_uint;
}

const SIGUSR1: c_int = 10;

static READ: OnceLock<(Handle<Counter>, Metric<Counter<f64>>)> = OnceLock::new();
static HANDLED: AtomicU64 = AtomicU64::new(0);
/// What the handler saw last, and whether that ever fell.
static LAST: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static FELL: AtomicBool = AtomicBool::new(false);

extern "C" fn handle(_: c_int) {
    let Some((jobs, joules)) = READ.get() else { return };
    for (last, now) in LAST.iter().zip([jobs.get(), joules.get() as u64]) {
        FELL.fetch_or(last.swap(now, Ordering::Relaxed) > now, Ordering::Relaxed);
    }
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// The handler interrupts the thread whose pages move what ended threads counted, also in the middle of that.
#[test]
fn read_in_a_handler_ends_and_never_falls() {
    const COUNTERS: usize = 4_000;
    const WAVES: u64 = 150;
    if !is_again() {
        return alone("signals::read_in_a_handler_ends_and_never_falls");
    }
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["at"])).unwrap();
    let jobs: Vec<_> = (0..COUNTERS).map(|at| jobs.handle([at.to_string().as_str()])).collect();
    let (read, joules) = READ.get_or_init(|| (jobs[COUNTERS / 2].clone(), Metric::new("joules_total", "")));
    // SAFETY: the handler allocates nothing and takes no lock; the alarm ends a process that waits for ever.
    let this = unsafe {
        alarm(100);
        signal(SIGUSR1, handle);
        pthread_self()
    };
    let interrupt = |_| {
        // SAFETY: the thread that makes pages ends behind this one.
        unsafe { pthread_kill(this, SIGUSR1) };
        (0..200).for_each(|_| std::hint::spin_loop());
    };
    let count = || {
        jobs.iter().for_each(|counter| counter.inc());
        joules.inc_by(2.0);
    };
    beside(&[&interrupt], || {
        for _ in 0..WAVES {
            thread::scope(|scope| (0..2).for_each(|_| _ = scope.spawn(count)));
            page(&registry);
        }
    });
    assert!(HANDLED.load(Ordering::Relaxed) > WAVES, "signals came");
    assert!(!FELL.load(Ordering::Relaxed), "a count fell");
    assert_eq!((read.get(), joules.get()), (2 * WAVES, 4.0 * WAVES as f64));
}
