//! What waits to be sent: bounded, the oldest goes when it is full.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A queue between the thread that collects and the one that sends.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    /// Nothing more comes; until when what waits may be sent.
    closing: Option<Instant>,
}

impl<T> Queue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { waiting: VecDeque::new(), closing: None };
        Self { state: Mutex::new(state), changed: Condvar::new(), capacity: capacity.max(1) }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Every change is a single step, so there is nothing that a panic could have left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends; what had to go for it comes back.
    pub(super) fn push(&self, item: T) -> Option<T> {
        let mut state = self.lock();
        let oldest = if state.waiting.len() >= self.capacity { state.waiting.pop_front() } else { None };
        state.waiting.push_back(item);
        self.changed.notify_all();
        oldest
    }

    /// Puts what could not be sent back to the front, unless newer ones have filled the queue; then it comes back.
    pub(super) fn put_back(&self, item: T) -> Option<T> {
        let mut state = self.lock();
        if state.waiting.len() >= self.capacity {
            return Some(item);
        }
        state.waiting.push_front(item);
        None
    }

    /// The oldest, when there is one; nothing when the queue is closed and empty, or its time is up.
    pub(super) fn next(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if state.closing.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            match state.waiting.pop_front() {
                Some(item) => return Some(item),
                None if state.closing.is_some() => return None,
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Waits until `until`, or shorter where the queue closes and its time is up; whether to go on.
    pub(super) fn pause(&self, until: Instant) -> bool {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let end = state.closing.unwrap_or(until).min(until);
            let Some(left) = end.checked_duration_since(now).filter(|left| !left.is_zero()) else {
                return state.closing.is_none_or(|closing| now < closing);
            };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Says that nothing more will come, and that what waits has until `until`.
    pub(super) fn close(&self, until: Instant) {
        self.lock().closing = Some(until);
        self.changed.notify_all();
    }

    pub(super) fn len(&self) -> usize {
        self.lock().waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_oldest_goes_first() {
        let queue = Queue::new(2);
        assert_eq!((queue.push(1), queue.push(2), queue.push(3)), (None, None, Some(1)));
        assert_eq!(queue.next(), Some(2));
        assert_eq!(queue.put_back(2), None);
        assert_eq!(queue.put_back(1), Some(1));
        queue.close(Instant::now() + Duration::from_secs(60));
        assert_eq!((queue.next(), queue.next(), queue.next()), (Some(2), Some(3), None));
    }

    #[test]
    fn a_closed_queue_does_not_wait() {
        let queue = Queue::new(2);
        queue.push(1);
        queue.close(Instant::now());
        assert!(!queue.pause(Instant::now() + Duration::from_secs(60)));
        assert_eq!((queue.next(), queue.len()), (None, 1));
    }
}
