//! Threads for what takes its time, so that the loop never does.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads, each started when there is work and nobody to do it. They end with the pool, behind the job that they are at.
pub(super) struct Pool {
    shared: Arc<Shared>,
    name: &'static str,
    most: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    ended: bool,
}

impl Pool {
    pub(super) fn new(name: &'static str, most: usize) -> Self {
        Self { shared: Arc::default(), name, most: most.max(1) }
    }

    /// Has a job done, in the order of the calls. If no thread can be had at all, it is done here and now.
    pub(super) fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.lock();
        state.jobs.push_back(Box::new(job));
        if state.jobs.len() > state.idle && state.threads < self.most {
            state.threads += 1;
            drop(state);
            let shared = Arc::clone(&self.shared);
            let spawned = thread::Builder::new().name(self.name.into()).spawn(move || shared.work_off());
            state = self.shared.lock();
            if spawned.is_err() {
                state.threads -= 1;
                if state.threads == 0
                    && let Some(job) = state.jobs.pop_back()
                {
                    drop(state);
                    job();
                    return;
                }
            }
        }
        drop(state);
        self.shared.work.notify_one();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.ended = true;
        state.jobs.clear();
        drop(state);
        self.shared.work.notify_all();
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
                    job();
                    state = self.lock();
                }
                None => {
                    state.idle += 1;
                    state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.idle -= 1;
                }
            }
        }
        state.threads -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn every_job_is_done_by_few_threads() {
        let pool = Pool::new("test", 3);
        let (sender, receiver) = mpsc::channel();
        for number in 0..100_u32 {
            let sender = sender.clone();
            pool.submit(move || sender.send((number, thread::current().id())).unwrap());
        }
        drop(sender);
        let (mut numbers, mut threads): (Vec<_>, Vec<_>) = receiver.iter().unzip();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..100));
        threads.sort_by_key(|id| format!("{id:?}"));
        threads.dedup();
        assert!(threads.len() <= 3 && !threads.contains(&thread::current().id()));
    }

    #[test]
    fn a_job_that_waits_does_not_hold_up_the_next() {
        let pool = Pool::new("test", 2);
        let (release, wait) = mpsc::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        pool.submit(move || wait.recv().unwrap());
        pool.submit(move || sender.send(()).unwrap());
        receiver.recv().unwrap();
        release.send(()).unwrap();
    }
}
