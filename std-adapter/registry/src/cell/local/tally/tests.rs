use std::sync::atomic::AtomicBool;

use super::*;
use crate::tests::{at_once, turns};

/// Observes 1 in the first bucket and 1,000 in the second, by so many threads at once, while another reads.
fn crowd(buckets: usize, threads: usize) {
    const TURNS: u32 = turns(2_000);
    let tally = LocalTally::new(buckets);
    let done = AtomicBool::new(false);
    let read = || {
        let mut counts = vec![0; buckets];
        let sum = tally.read(&mut counts);
        assert_eq!(sum, counts[0] as f64 + 1_000.0 * counts[1] as f64);
        counts[0] + counts[1]
    };
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let now = read();
                assert!(now >= last, "{last} fell to {now}");
                last = now;
            }
        });
        at_once(threads, |thread| (0..TURNS).for_each(|_| tally.record(thread % 2, [1.0, 1_000.0][thread % 2])));
        done.store(true, Ordering::Release);
        reader.join().unwrap();
    });
    assert_eq!(read(), threads as u64 * u64::from(TURNS));
    tally.reset();
    assert_eq!(read(), 0);
    tally.record(1, 1_000.0);
    assert_eq!(read(), 1);
}

#[test]
fn observations_beyond_the_slabs_are_whole() {
    crowd(2, if cfg!(miri) { 4 } else { (lease::cap() + 16).min(200) });
}

#[test]
fn observations_in_very_many_buckets_are_whole() {
    crowd(MOST as usize + 1, 16);
}
