//! What waits to be sent: bounded. Batches of one collection wait for each other; older collections make room for newer ones.

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
    /// With the collection that each is of.
    waiting: VecDeque<(u64, T)>,
    /// Whether the receiver failed the last time.
    is_failing: bool,
    /// What comes now is the last, and waits for nothing.
    is_last: bool,
    /// Nothing more comes; until when what waits may be sent.
    closing: Option<Instant>,
}

impl<T> Queue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { waiting: VecDeque::new(), is_failing: false, is_last: false, closing: None };
        Self { state: Mutex::new(state), changed: Condvar::new(), capacity: capacity.max(1) }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Every change is a single step, so there is nothing that a panic could have left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends all batches of a collection, and returns those of older collections that had to go for them.
    ///
    /// As long as the receiver takes batches, it waits for capacity instead. A collection that is larger than the capacity is appended
    /// whole: it is in memory anyway.
    pub(super) fn push(&self, collection: u64, items: Vec<T>) -> Vec<T> {
        let mut state = self.lock();
        let fits = |state: &State<T>| state.waiting.is_empty() || state.waiting.len() + items.len() <= self.capacity;
        while !(fits(&state) || state.is_failing || state.is_last) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        // The last collection adds to what waits: nothing follows that memory would have to be kept for.
        let excess = if state.is_last { 0 } else { (state.waiting.len() + items.len()).saturating_sub(self.capacity) };
        let excess = excess.min(state.waiting.len());
        let dropped = state.waiting.drain(..excess).map(|(_, item)| item).collect();
        state.waiting.extend(items.into_iter().map(|item| (collection, item)));
        self.changed.notify_all();
        dropped
    }

    /// Returns what could not be sent to the front, unless newer collections have filled the queue; then it comes back.
    pub(super) fn put_back(&self, collection: u64, item: T) -> Option<T> {
        let mut state = self.lock();
        state.is_failing = true;
        // A collecting thread that waits for capacity need not wait for this receiver.
        self.changed.notify_all();
        let has_newer = state.waiting.back().is_some_and(|(other, _)| *other != collection);
        if state.waiting.len() >= self.capacity && has_newer && !state.is_last {
            return Some(item);
        }
        state.waiting.push_front((collection, item));
        None
    }

    /// The receiver took a batch, or refused it for good.
    pub(super) fn goes_on(&self) {
        self.lock().is_failing = false;
    }

    /// The oldest, when there is one; nothing when the queue is closed and empty, or its time is up.
    pub(super) fn next(&self) -> Option<(u64, T)> {
        let mut state = self.lock();
        loop {
            if state.closing.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            match state.waiting.pop_front() {
                Some(item) => {
                    self.changed.notify_all();
                    return Some(item);
                }
                None if state.closing.is_some() => return None,
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Waits until `until`, or shorter where the last collection comes or the time of a closed queue is up; whether to go on.
    pub(super) fn pause(&self, until: Instant) -> bool {
        let mut state = self.lock();
        let was_last = state.is_last;
        loop {
            let now = Instant::now();
            let end = state.closing.unwrap_or(until).min(until);
            let left = end.checked_duration_since(now).filter(|left| !left.is_zero() && state.is_last == was_last);
            let Some(left) = left else { return state.closing.is_none_or(|closing| now < closing) };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Says that the next collection is the last. Whatever waits for a receiver tries once more.
    pub(super) fn comes_last(&self) {
        self.lock().is_last = true;
        self.changed.notify_all();
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

    fn failing(capacity: usize) -> Queue<u32> {
        let queue = Queue::new(capacity);
        queue.lock().is_failing = true;
        queue
    }

    #[test]
    fn older_collections_go_first() {
        let queue = failing(2);
        assert_eq!([queue.push(1, vec![1]), queue.push(2, vec![2]), queue.push(3, vec![3])], [vec![], vec![], vec![1]]);
        assert_eq!(queue.next(), Some((2, 2)));
        assert_eq!(queue.put_back(2, 2), None);
        assert_eq!(queue.put_back(1, 1), Some(1));
        queue.close(Instant::now() + Duration::from_secs(60));
        assert_eq!([queue.next(), queue.next(), queue.next()], [Some((2, 2)), Some((3, 3)), None]);
    }

    #[test]
    fn batches_of_one_collection_never_drop_each_other() {
        let queue = failing(2);
        assert_eq!(queue.push(1, vec![1, 2, 3, 4]), []);
        let first = queue.next().unwrap();
        assert_eq!(queue.put_back(first.0, first.1), None);
        assert_eq!(queue.len(), 4);
        assert_eq!(queue.push(2, vec![5]), [1, 2, 3]);
        assert_eq!(queue.push(3, vec![6, 7, 8]), [4, 5]);
        assert_eq!(queue.len(), 3);
        queue.comes_last();
        assert_eq!((queue.push(4, vec![9]), queue.put_back(1, 1), queue.len()), (vec![], None, 5));
    }

    #[test]
    fn collection_waits_for_a_receiver_that_takes_batches() {
        let queue = Queue::new(2);
        queue.push(1, vec![1, 2]);
        std::thread::scope(|scope| {
            let pushed = scope.spawn(|| queue.push(2, vec![3, 4]));
            assert_eq!((queue.next(), queue.next()), (Some((1, 1)), Some((1, 2))));
            assert_eq!(pushed.join().unwrap(), []);
            assert_eq!(queue.len(), 2);
            // A receiver that fails is not waited for.
            let pushed = scope.spawn(|| queue.push(3, vec![5, 6]));
            let (collection, item) = queue.next().unwrap();
            assert_eq!(queue.put_back(collection, item), None);
            assert_eq!(pushed.join().unwrap(), [3, 4]);
        });
    }

    #[test]
    fn closed_queue_does_not_wait() {
        let queue = Queue::new(2);
        queue.push(1, vec![1]);
        queue.close(Instant::now());
        assert!(!queue.pause(Instant::now() + Duration::from_secs(60)));
        assert_eq!((queue.next(), queue.len()), (None, 1));
    }
}
