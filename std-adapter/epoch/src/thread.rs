//! The record of each thread.

use std::cell::Cell;

use super::barrier;
use super::fork;
use super::known::{RECORD, RECORDS, this};
use super::record::Record;

thread_local! {
    /// The record of this thread, where guards need no barrier of their own. Without a destructor, as the other.
    static LIGHT: Cell<Option<&'static Record>> = const { Cell::new(None) };
    static LEASE: Lease = const { Lease { record: Cell::new(None), ends: Cell::new(None) } };
}

/// Gives the record back when the thread ends.
struct Lease {
    record: Cell<Option<&'static Record>>,
    /// Called before.
    ends: Cell<Option<fn()>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = RECORD.try_with(Cell::take);
        let _ = LIGHT.try_with(Cell::take);
        if let Some(ends) = self.ends.take() {
            ends();
        }
        if let Some(record) = self.record.take() {
            record.release();
        }
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

/// Returns the [`number`] of this thread, and has `ends` called when the thread has it no more.
#[cold]
pub fn lease(ends: fn()) -> Option<usize> {
    let number = number()?;
    LEASE.try_with(|lease| lease.ends.set(Some(ends))).ok()?;
    Some(number)
}

/// Calls `each` with the numbers of threads that ended, of those that are `wanted`. No other thread has the number meanwhile, and
/// `each` sees everything that was done by the thread that had it.
pub fn with_ended(wanted: impl Fn(usize) -> bool, each: impl Fn(usize)) {
    // Not the word of any live thread: theirs are addresses of pointers.
    let owner = this() ^ 2;
    if own().is_none() {
        return;
    }
    for record in RECORDS.iter().filter(|record| wanted(record.number())) {
        if record.claim(owner) {
            each(record.number());
            record.release();
        }
    }
}
