//! A fork waits until no thread has a lock, and no thread takes one until it is over.
//!
//! A thread that takes a lock says so in its record and then looks at the gate; who closes the gate says so and then looks at the
//! records. With a full barrier between the two steps of each, at least one sees the other. Checked with loom.

use super::record::{Record, Records};
use crate::atomic::{AtomicBool, Backoff, Ordering};

pub(crate) struct Gate {
    closed: AtomicBool,
}

impl Gate {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self { closed: AtomicBool::new(false) }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self { closed: AtomicBool::new(false) }
    }

    /// The owner of the record takes a lock; waits while the gate is closed, unless it has one already.
    #[inline]
    pub(crate) fn enter(&self, record: &Record, barrier: impl Fn()) {
        let sections = record.sections();
        record.set_sections(sections + 1);
        if sections == 0 {
            barrier();
            // Acquire: pairs with the release of `open`.
            if self.closed.load(Ordering::Acquire) {
                self.wait(record, barrier);
            }
        }
    }

    #[cold]
    fn wait(&self, record: &Record, barrier: impl Fn()) {
        loop {
            record.set_sections(0);
            let mut backoff = Backoff::for_millis(u32::MAX);
            // Pairs with the release that opens the gate: what was done behind it is over.
            while self.closed.load(Ordering::Acquire) {
                backoff.snooze();
            }
            record.set_sections(1);
            barrier();
            if !self.closed.load(Ordering::Acquire) {
                return;
            }
        }
    }

    /// The owner gives a lock up.
    #[inline]
    pub(crate) fn leave(&self, record: &Record) {
        record.set_sections(record.sections().wrapping_sub(1));
    }

    /// Closes the gate, and waits until no thread but the owner of `own` has a lock, as long as `again`, which lets others run, says so.
    pub(crate) fn close(&self, records: &Records, own: Option<&Record>, barrier: impl FnOnce(), mut again: impl FnMut() -> bool) {
        while self.closed.swap(true, Ordering::AcqRel) && again() {}
        barrier();
        let is_other = |record: &&Record| own.is_none_or(|own| !std::ptr::eq(*record, own));
        for record in records.iter().filter(is_other) {
            while record.has_sections() && again() {}
        }
    }

    /// Opens it again.
    pub(crate) fn open(&self) {
        self.closed.store(false, Ordering::Release);
    }
}
