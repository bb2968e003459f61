//! Observations of one thread that wait for being sorted in.
//!
//! A ring with one writer, its thread, and one reader at a time, the thread that has the lock of the cell. The writer stores a
//! value and then moves the head behind it with release; the reader sees the head with acquire, and loads the values. Then it
//! moves the tail with release. The writer sees that with acquire before it stores into those places again. So neither waits, an
//! observation costs no atomic read-modify-write, and each is taken exactly once. Checked with loom.
//!
//! All values of a ring are of the same step of a window, which is changed under the lock, when the ring is empty.

use crate::atomic::{AtomicU64, Ordering};

pub(crate) struct Ring {
    values: Box<[AtomicU64]>,
    own: Own,
    read: Read,
}

/// What the writer writes. Apart from what readers do, so that no cache line travels without a reader.
#[repr(align(64))]
struct Own {
    head: AtomicU64,
    /// Where the ring is full, as far as the writer knows.
    limit: AtomicU64,
    /// The step of the values, and when it is over.
    step: AtomicU64,
    until: AtomicU64,
    /// When the writer last found it full, or its step over.
    since: AtomicU64,
}

#[repr(align(64))]
struct Read {
    tail: AtomicU64,
}

impl Ring {
    /// A ring for so many values, a power of two. It takes none before its first step.
    pub(crate) fn new(len: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            values: (0..len).map(|_| zero()).collect(),
            own: Own { head: zero(), limit: AtomicU64::new(len as u64), step: zero(), until: zero(), since: zero() },
            read: Read { tail: zero() },
        }
    }

    fn place(&self, at: u64) -> Option<&AtomicU64> {
        self.values.get(at as usize & self.values.len().wrapping_sub(1))
    }

    /// Puts a value behind the others, unless the ring is full or its step is over. For its thread.
    #[inline]
    pub(crate) fn push(&self, bits: u64, now: u64) -> bool {
        let head = self.own.head.load(Ordering::Relaxed);
        if head == self.own.limit.load(Ordering::Relaxed) || now >= self.own.until.load(Ordering::Relaxed) {
            return false;
        }
        let Some(place) = self.place(head) else { return false };
        place.store(bits, Ordering::Relaxed);
        self.own.head.store(head + 1, Ordering::Release);
        true
    }

    /// Makes room of places that were read meanwhile; whether there is some. For its thread.
    pub(crate) fn refresh(&self) -> bool {
        let limit = self.read.tail.load(Ordering::Acquire) + self.values.len() as u64;
        self.own.limit.store(limit, Ordering::Relaxed);
        self.own.head.load(Ordering::Relaxed) != limit
    }

    /// Shows the values that are in it, and where they begin and end. For its thread, and for who has the lock.
    pub(crate) fn peek(&self, mut see: impl FnMut(u64)) -> (u64, u64) {
        let (tail, head) = (self.read.tail.load(Ordering::Acquire), self.own.head.load(Ordering::Acquire));
        (tail..head).filter_map(|at| self.place(at)).for_each(|place| see(place.load(Ordering::Relaxed)));
        (tail, head)
    }

    /// Takes out what was seen between these places; whether it was still there. With the lock only.
    pub(crate) fn take(&self, (tail, head): (u64, u64)) -> bool {
        let there = self.read.tail.load(Ordering::Relaxed) == tail;
        if there {
            self.read.tail.store(head, Ordering::Release);
        }
        there
    }

    /// The step of the values. With the lock, or for its thread.
    pub(crate) fn step(&self) -> u64 {
        self.own.step.load(Ordering::Relaxed)
    }

    /// Whether the step is over at this time. For its thread.
    pub(crate) fn is_over(&self, now: u64) -> bool {
        now >= self.own.until.load(Ordering::Relaxed)
    }

    /// Goes on at this time in a step, which lasts until then; returns how long that was not asked for. With the lock, for its
    /// thread, when the ring is empty.
    pub(crate) fn begin(&self, now: u64, step: u64, until: u64) -> u64 {
        self.own.step.store(step, Ordering::Relaxed);
        self.own.until.store(until, Ordering::Relaxed);
        now.saturating_sub(self.own.since.swap(now, Ordering::Relaxed))
    }
}
