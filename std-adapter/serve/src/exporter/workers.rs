//! Threads for what takes its time, so that the loop never does.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::page::drop_quietly;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads, each started when there is work and no other thread for it. They end when they had none for a while, and with
/// the pool, behind the job that they are at.
pub(super) struct Pool {
    shared: Arc<Shared>,
    name: &'static str,
    limit: usize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
    gone: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    ended: bool,
}

/// More than between two scrapes.
const IDLE: Duration = Duration::from_secs(150);

impl Pool {
    pub(super) fn new(name: &'static str, limit: usize) -> Self {
        Self { shared: Arc::default(), name, limit: limit.max(1), threads: Mutex::default() }
    }

    /// Has a job done, in the order of the calls; whether there is a thread that will.
    pub(super) fn submit(&self, job: impl FnOnce() + Send + 'static) -> bool {
        let mut state = self.shared.lock();
        state.jobs.push_back(Box::new(job));
        let mut refused = None;
        if state.jobs.len() > state.idle && state.threads < self.limit {
            state.threads += 1;
            drop(state);
            let shared = Arc::clone(&self.shared);
            let spawned = thread::Builder::new().name(self.name.into()).spawn(move || shared.work_off());
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            threads.retain(|thread| !thread.is_finished());
            state = self.shared.lock();
            match spawned {
                Ok(thread) => threads.push(thread),
                Err(_) => {
                    state.threads -= 1;
                    // Others may get to it; without any it is given back.
                    if state.threads == 0 {
                        refused = state.jobs.pop_back();
                    }
                }
            }
        }
        drop(state);
        self.shared.work.notify_one();
        refused.is_none()
    }

    /// Takes no more jobs, drops those that are not begun, and waits for the threads until then; how many are left.
    pub(super) fn end(&self, until: Instant) -> usize {
        let mut state = self.shared.lock();
        state.ended = true;
        let jobs = std::mem::take(&mut state.jobs);
        self.shared.work.notify_all();
        while state.threads > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.shared.gone.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let left = state.threads;
        drop(state);
        drop(jobs);
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // Those that said that they are gone are about to be; the others are left alone.
            if left == 0 || thread.is_finished() {
                let _ = thread.join();
            }
        }
        left
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.end(Instant::now());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work_off(&self) {
        let mut state = self.lock();
        while !state.ended {
            match state.jobs.pop_front() {
                Some(job) => {
                    drop(state);
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(job)) {
                        drop_quietly(panic);
                    }
                    state = self.lock();
                }
                None => {
                    state.idle += 1;
                    let (waited, timeout) = self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
                    state = waited;
                    state.idle -= 1;
                    if timeout.timed_out() && state.jobs.is_empty() {
                        break;
                    }
                }
            }
        }
        state.threads -= 1;
        drop(state);
        self.gone.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn every_job_is_done_by_few_threads() {
        let pool = Pool::new("test", 3);
        let (sender, receiver) = mpsc::channel();
        for number in 0..100_u32 {
            let sender = sender.clone();
            assert!(pool.submit(move || sender.send((number, thread::current().id())).unwrap()));
        }
        drop(sender);
        let (mut numbers, mut threads): (Vec<_>, Vec<_>) = receiver.iter().unzip();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..100));
        threads.sort_by_key(|id| format!("{id:?}"));
        threads.dedup();
        assert!(threads.len() <= 3 && !threads.contains(&thread::current().id()));
        assert_eq!(pool.end(Instant::now() + PATIENCE), 0);
    }

    #[test]
    fn a_job_that_waits_does_not_hold_up_the_next() {
        let pool = Pool::new("test", 2);
        let (release, wait) = mpsc::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        pool.submit(move || wait.recv().unwrap());
        pool.submit(move || sender.send(()).unwrap());
        receiver.recv().unwrap();
        assert!(pool.end(Instant::now()) >= 1);
        release.send(()).unwrap();
        assert_eq!(pool.end(Instant::now() + PATIENCE), 0);
    }

    #[test]
    fn panicking_job_ends_no_thread() {
        struct PanicsAgain;
        impl Drop for PanicsAgain {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new("again"));
            }
        }
        let pool = Pool::new("test", 1);
        let (sender, receiver) = mpsc::channel();
        for _ in 0..3 {
            let sender = sender.clone();
            pool.submit(move || {
                sender.send(thread::current().id()).unwrap();
                std::panic::resume_unwind(Box::new(PanicsAgain));
            });
        }
        drop(sender);
        let threads: Vec<_> = receiver.iter().collect();
        assert!(threads.len() == 3 && threads.iter().all(|id| *id == threads[0]), "{threads:?}");
    }
}
