//! Several threads that do the same at the same time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use crate::clock;

/// Runs `job(thread)` on `count` threads that live at the same time; the processor time of each, summed. Before that each calls
/// `warm(thread)`, and none ends before all are done.
pub fn together(count: usize, warm: &(impl Fn(usize) + Sync), job: &(impl Fn(usize) + Sync)) -> Duration {
    let barrier = &Barrier::new(count);
    std::thread::scope(|scope| {
        let work = |thread| {
            move || {
                warm(thread);
                barrier.wait();
                let time = clock::busy(|| job(thread));
                barrier.wait();
                time
            }
        };
        let threads: Vec<_> = (0..count).map(|thread| scope.spawn(work(thread))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a measured job does not panic")).sum()
    })
}

type Job = Arc<dyn Fn(usize) + Send + Sync>;

/// Threads that live as long as this, and do what they are given, one after the other.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use std::sync::Arc;
///
/// let sum = Arc::new(AtomicUsize::new(0));
/// let crowd = picometer_benches::Crowd::new(4);
/// let added = sum.clone();
/// crowd.run(move |thread| _ = added.fetch_add(thread, Ordering::Relaxed));
/// assert_eq!(sum.load(Ordering::Relaxed), 6);
/// ```
#[derive(Debug)]
pub struct Crowd {
    threads: Vec<(Sender<Job>, JoinHandle<()>)>,
    done: Receiver<()>,
}

impl Crowd {
    /// So many threads, all of which have started.
    pub fn new(count: usize) -> Self {
        let (tell, done) = channel();
        let start = |thread| {
            let (give, jobs) = channel::<Job>();
            let tell = tell.clone();
            let work = move || {
                for job in jobs {
                    job(thread);
                    drop(job);
                    let _ = tell.send(());
                }
            };
            (give, spawn(work))
        };
        let crowd = Self { threads: (0..count).map(start).collect(), done };
        crowd.run(|_| ());
        crowd
    }

    /// Has every thread do this, one after the other, and waits.
    pub fn run(&self, job: impl Fn(usize) + Send + Sync + 'static) {
        let job: Job = Arc::new(job);
        for (thread, _) in &self.threads {
            if thread.send(job.clone()).is_ok() {
                let _ = self.done.recv();
            }
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for (jobs, thread) in self.threads.drain(..) {
            drop(jobs);
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_thread_runs_once() {
        let seen = [const { AtomicUsize::new(0) }; 3];
        let count = |thread: usize| _ = seen[thread].fetch_add(1, Ordering::Relaxed);
        together(3, &count, &count);
        assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 2));
    }

    #[test]
    fn threads_of_a_crowd_live_until_it_is_dropped() {
        let alive = Arc::new(());
        thread_local!(static KEPT: std::cell::RefCell<Option<Arc<()>>> = const { std::cell::RefCell::new(None) });
        let crowd = Crowd::new(5);
        let given = alive.clone();
        crowd.run(move |_| KEPT.set(Some(given.clone())));
        assert_eq!(Arc::strong_count(&alive), 6);
        drop(crowd);
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
