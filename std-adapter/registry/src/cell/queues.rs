//! Observations that wait for being taken in, in a queue of each thread, made when the thread first observes.

mod ring;

use std::sync::OnceLock;

use crate::atomic::Mutex;
use crate::epoch::{number, once};
use ring::Ring;

/// Queues by the number of the thread.
pub(super) struct Queues {
    queues: Box<[OnceLock<Box<Queue>>]>,
    /// How many observations wait in a queue that fills soon.
    many: usize,
}

/// How many threads have a queue of their own at the same time.
const THREADS: usize = 64;
/// How many observations wait in a queue that few come to.
const FEW: usize = 32;
/// A queue that fills again in less than this, in milliseconds, shall be longer.
pub(super) const HURRY: u64 = 1_000;

pub(super) struct Queue {
    few: Ring,
    many: OnceLock<Ring>,
    len: usize,
}

impl Queue {
    /// The ring that is pushed into.
    #[inline]
    pub(super) fn ring(&self) -> &Ring {
        self.many.get().unwrap_or(&self.few)
    }

    /// All rings, of which one at most has anything in it.
    pub(super) fn rings(&self) -> impl Iterator<Item = &Ring> {
        [Some(&self.few), self.many.get()].into_iter().flatten()
    }

    /// Goes on in a longer ring, if this one is not the longest. With the lock.
    pub(super) fn grow(&self) -> &Ring {
        once(&self.many, || Ring::new(self.len))
    }
}

impl Queues {
    /// Of so many observations each, a power of two, where they fill soon.
    pub(super) fn new(many: usize) -> Self {
        Self { queues: (0..THREADS).map(|_| OnceLock::new()).collect(), many }
    }

    /// That of this thread, if it may have one; made with the lock that readers have. One that ends leaves it to another, with what
    /// waits in it.
    #[inline]
    pub(super) fn mine<T>(&self, lock: &Mutex<T>) -> Option<&Queue> {
        let queue = self.queues.get(number()?)?;
        match queue.get() {
            Some(queue) => Some(queue),
            None => Some(make(queue, self.many, lock)),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Queue> {
        self.queues.iter().filter_map(|queue| queue.get()).map(|queue| &**queue)
    }
}

#[cold]
fn make<'a, T>(queue: &'a OnceLock<Box<Queue>>, len: usize, lock: &Mutex<T>) -> &'a Queue {
    let _lock = lock.lock();
    once(queue, || Box::new(Queue { few: Ring::new(FEW), many: OnceLock::new(), len })).as_ref()
}
