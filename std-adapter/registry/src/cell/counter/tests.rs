use super::*;
use crate::tests::{at_once, turns};

#[test]
fn integers_wrap_around_and_forget() {
    let counter = Counter::<u32>::new();
    counter.inc_by(u32::MAX);
    counter.inc_by(3);
    assert_eq!(counter.get(), 2);
    counter.reset();
    assert_eq!(counter.get(), 0);
    counter.inc();
    assert_eq!(counter.get(), 1);
}

#[test]
fn a_refused_amount_changes_nothing() {
    let counter = Counter::<f64>::new();
    counter.inc_by(1.5);
    counter.inc_by(-1.0);
    counter.inc_by(f64::NAN);
    assert_eq!((counter.get(), counter.try_inc_by(f64::NAN)), (1.5, Err(NotGrowth)));
    counter.reset();
    assert_eq!(counter.get(), 0.0);
}

#[test]
fn one_of_a_scaled_counter_is_one_unit() {
    let counter = Counter::<Scaled<u64, 1_000>>::new();
    counter.inc();
    assert_eq!(counter.get(), Scaled(1_000));
}

#[test]
fn a_place_is_given_on_at_zero() {
    const MANY: usize = if cfg!(miri) { 10 } else { 100 };
    for _ in 0..3 {
        let counters: Vec<Counter> = (0..MANY).map(|_| Counter::new()).collect();
        assert!(counters.iter().all(|counter| counter.get() == 0));
        at_once(2, |_| counters.iter().for_each(Counter::inc));
        assert!(counters.iter().all(|counter| counter.get() == 2));
        counters.iter().step_by(2).for_each(Counter::reset);
    }
}

// What follows `tests/stress` does too, without miri.

#[test]
fn more_threads_than_slabs_and_threads_that_come_and_go() {
    const THREADS: usize = if cfg!(miri) { 6 } else { 100 };
    const TURNS: u32 = turns(1_000);
    let counter = Counter::<u64>::new();
    let joules = Counter::<f64>::new();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut last, mut last_joules) = (0, 0.0);
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let (now, now_joules) = (counter.get(), joules.get());
                assert!(now >= last && now_joules >= last_joules, "it went back");
                (last, last_joules) = (now, now_joules);
            }
        });
        for _ in 0..3 {
            at_once(THREADS, |_| {
                for _ in 0..TURNS {
                    counter.inc();
                    joules.inc_by(0.5);
                }
            });
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        reader.join().unwrap();
    });
    let all = 3 * THREADS as u64 * u64::from(TURNS);
    assert_eq!((counter.get(), joules.get()), (all, all as f64 / 2.0));
}

#[test]
fn a_thread_counts_until_its_last_destructor() {
    struct Last(std::sync::Arc<Counter>);

    impl Drop for Last {
        fn drop(&mut self) {
            self.0.inc();
        }
    }

    thread_local! {
        static FIRST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
        static SECOND: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
    }
    let counter = std::sync::Arc::new(Counter::<u64>::new());
    for _ in 0..10 {
        // One is destroyed before what belongs to the cells, the other behind it.
        let own = counter.clone();
        std::thread::spawn(move || {
            FIRST.set(Some(Last(own.clone())));
            own.inc();
            SECOND.set(Some(Last(own.clone())));
        })
        .join()
        .unwrap();
    }
    assert_eq!(counter.get(), 30);
}
