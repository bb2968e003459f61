//! Children of a fork at which another thread uses something for the first time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use picometer_std::collectors::{Lazy, PROCESS, RUST};
use picometer_std::{Counter, Family, Histogram, Metric, QuantileSummary, Registry, default_registry};

use super::children::{again, in_child, is_again};

const FORKS: usize = 200;

fn page(registry: &Registry) -> bool {
    !super::support::page(registry).is_empty()
}

/// Each of the things, for the first time in its process.
const USES: [fn() -> bool; 4] = [
    || std::sync::Arc::strong_count(&PROCESS) > 0,
    || std::sync::Arc::strong_count(&RUST) > 0,
    || page(default_registry()),
    || {
        let registry = Registry::new();
        let a = registry.register(Family::<Counter, 1>::new("a_total", "", ["x"])).unwrap();
        let b = registry.register(Metric::<Histogram>::new("b", "")).unwrap();
        let c = registry.register(Metric::<QuantileSummary>::new("c", "")).unwrap();
        a.with(["x"]).inc();
        b.observe(1.0);
        c.observe(1.0);
        page(&registry)
    },
];

/// A process that used nothing yet has a child, in which one thread begins while another forks.
#[test]
fn first_uses_beside_a_fork_work_in_the_child() {
    if !is_again() {
        return again("first::first_uses_beside_a_fork_work_in_the_child");
    }
    for round in 0..FORKS {
        let used = USES[round % USES.len()];
        let right = in_child(|| {
            let together = Barrier::new(2);
            thread::scope(|scope| {
                let first = scope.spawn(|| {
                    together.wait();
                    used()
                });
                together.wait();
                // Another distance each time.
                (0..round / USES.len() * 40).for_each(|_| std::hint::spin_loop());
                let right = in_child(used);
                first.join().unwrap() && right
            })
        });
        assert!(right, "round {round}");
    }
}

#[test]
fn child_of_a_fork_while_a_static_is_made_finds_it_whole() {
    static BEGUN: AtomicBool = AtomicBool::new(false);
    static SLOW: Lazy<u64> = Lazy::new(|| {
        BEGUN.store(true, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(100));
        7
    });
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(*SLOW, 7));
        while !BEGUN.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        assert!(in_child(|| *SLOW == 7));
    });
    // One that panics is made by the next use.
    static TRIES: AtomicBool = AtomicBool::new(false);
    static ODD: Lazy<u64> = Lazy::new(|| if TRIES.swap(true, Ordering::Relaxed) { 8 } else { std::panic::resume_unwind(Box::new("once")) });
    assert!(std::panic::catch_unwind(|| *ODD).is_err());
    assert_eq!((*ODD, format!("{ODD:?}").as_str()), (8, "Some(8)"));
}
