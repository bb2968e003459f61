//! Several threads that do the same at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock;

/// Runs `job(thread)` on `count` threads that start together; the processor time of each, summed.
pub fn together(count: usize, job: &(impl Fn(usize) + Sync)) -> Duration {
    let waiting = AtomicUsize::new(count);
    let (waiting, mut total) = (&waiting, Duration::ZERO);
    std::thread::scope(|scope| {
        let work = |thread| {
            move || {
                waiting.fetch_sub(1, Ordering::AcqRel);
                while waiting.load(Ordering::Acquire) > 0 {
                    std::thread::yield_now();
                }
                clock::busy(|| job(thread))
            }
        };
        let threads: Vec<_> = (0..count).map(|thread| scope.spawn(work(thread))).collect();
        for thread in threads {
            total += thread.join().expect("a measured job does not panic");
        }
    });
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_runs_once() {
        let seen = [const { AtomicUsize::new(0) }; 3];
        together(3, &|thread| {
            seen[thread].fetch_add(1, Ordering::Relaxed);
        });
        assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    }
}
