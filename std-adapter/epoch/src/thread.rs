//! The record of each thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use super::barrier;
use super::fork;
use super::known::{RECORD, RECORDS, this};
use super::record::Record;

thread_local! {
    /// The record of this thread, where guards need no barrier of their own. Without a destructor, as the other.
    static LIGHT: Cell<Option<&'static Record>> = const { Cell::new(None) };
    static LEASE: Lease = const { Lease { record: Cell::new(None), ends: Cell::new(None) } };
}

/// How many leases ended.
static ENDED: AtomicU32 = AtomicU32::new(0);

/// Gives the record back when the thread ends.
struct Lease {
    record: Cell<Option<&'static Record>>,
    /// Called before, if the thread leases what goes with the number.
    ends: Cell<Option<fn()>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = RECORD.try_with(Cell::take);
        let _ = LIGHT.try_with(Cell::take);
        let Some(record) = self.record.take() else { return };
        if let Some(ends) = self.ends.take() {
            ends();
            record.end_lease();
            // Behind it: a visitor that sees the count finds it ended.
            ENDED.fetch_add(1, Ordering::Release);
        }
        record.release();
    }
}

/// The record of this thread, where guards need no barrier of their own.
#[inline]
pub(super) fn light() -> Option<&'static Record> {
    LIGHT.try_with(Cell::get).ok().flatten()
}

/// The record of this thread; none when its thread-locals are destroyed.
#[inline]
pub(super) fn own() -> Option<&'static Record> {
    RECORD.try_with(Cell::get).ok().flatten().or_else(claim)
}

#[cold]
fn claim() -> Option<&'static Record> {
    fork::register();
    LEASE
        .try_with(|lease| {
            let record = RECORDS.claim(this());
            lease.record.set(Some(record));
            RECORD.set(Some(record));
            LIGHT.set(Some(record).filter(|_| barrier::is_made_for_all()));
            record
        })
        .ok()
}

/// Returns a number that no other live thread has; the lowest that is free. A thread that ends leaves it to another, which sees
/// everything that it did. None when the thread-locals of this thread are destroyed.
#[inline]
pub fn number() -> Option<usize> {
    own().map(Record::number)
}

/// Leases what goes with the [`number`] of this thread until the thread ends, when `ends` is called: at most once in a thread. None
/// while another thread [visits](with_unleased) it, and when the thread-locals of this thread are destroyed. What was done to it by
/// those that had it before is seen.
#[cold]
pub fn lease(ends: fn()) -> Option<usize> {
    let record = own()?;
    let leased = LEASE.try_with(|lease| {
        let is_mine = record.lease();
        if is_mine {
            lease.ends.set(Some(ends));
        }
        is_mine
    });
    leased.ok().filter(|is_mine| *is_mine).map(|_| record.number())
}

/// Returns how many leases ended, all of which a [`with_unleased`] behind it finds.
pub fn ended_leases() -> u32 {
    ENDED.load(Ordering::Acquire)
}

/// Returns whether what goes with a number may be as a thread left it, in the middle of something, that leased it and stayed behind in
/// the process from which this one was forked.
#[cold]
pub fn is_lost(number: usize) -> bool {
    RECORDS.iter().nth(number).is_some_and(Record::is_lost)
}

/// Returns whether a thread leases what goes with a number.
#[cold]
pub fn is_leased(number: usize) -> bool {
    RECORDS.iter().nth(number).is_some_and(Record::is_leased)
}

/// Calls `each` with those numbers that are `wanted` and whose lease no thread has. None begins one meanwhile, and `each` sees
/// everything that was done by the thread that had it last.
pub fn with_unleased(wanted: impl Fn(usize) -> bool, each: impl Fn(usize)) {
    for record in RECORDS.iter().filter(|record| wanted(record.number())) {
        if record.visit() {
            each(record.number());
            record.end_lease();
        }
    }
}
