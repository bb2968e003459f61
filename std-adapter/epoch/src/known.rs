//! What this thread says of itself, without a claim to a record.

use std::cell::Cell;

use super::record::{Record, Records};

pub(super) static RECORDS: Records = Records::new();

thread_local! {
    /// The record of this thread. Without a destructor, so that it can be asked for until the very end.
    pub(super) static RECORD: Cell<Option<&'static Record>> = const { Cell::new(None) };
}

/// A word that tells this thread from all others that live: where its thread-locals are.
pub(super) fn this() -> usize {
    // Where thread-locals are gone before the thread is, what it says in records that it claims by the guard stays said in a child.
    RECORD.try_with(|record| std::ptr::from_ref(record).addr() & !1).unwrap_or(2)
}

/// The record of this thread, if it has one by now.
pub(super) fn known() -> Option<&'static Record> {
    RECORD.try_with(Cell::get).ok().flatten()
}
