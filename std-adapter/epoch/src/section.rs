//! Sections, in which no fork copies the process.

use std::marker::PhantomData;
use std::sync::OnceLock;

use super::fork::GATE;
use super::known::{RECORDS, this};
use super::record::Record;
use super::{barrier, thread};

/// A time in which no other thread forks. Not for code that may wait for anything but locks of this crate: a fork waits for its end.
///
/// ```
/// let section = picometer_epoch::Section::begin();
/// // What is half made here is never found by a child.
/// drop(section);
/// ```
#[must_use = "it ends when it is dropped"]
pub struct Section {
    record: &'static Record,
    /// Whether the record is this section's alone, because the thread has none.
    is_own: bool,
    /// It belongs to its thread.
    here: PhantomData<*const ()>,
}

impl Section {
    /// Begins one. They nest; while a fork is under way, this waits for its end.
    #[inline]
    pub fn begin() -> Self {
        match thread::own() {
            Some(record) => Self::within(record, false),
            None => Self::begin_late(),
        }
    }

    /// In a thread whose thread-locals are destroyed.
    #[cold]
    fn begin_late() -> Self {
        let this = this();
        match RECORDS.iter().find(|record| record.is_of(this) && record.has_sections()) {
            Some(record) => Self::within(record, false),
            None => Self::within(RECORDS.claim(this), true),
        }
    }

    #[inline]
    fn within(record: &'static Record, is_own: bool) -> Self {
        GATE.enter(record, barrier::of_thread);
        Self { record, is_own, here: PhantomData }
    }
}

impl Drop for Section {
    #[inline]
    fn drop(&mut self) {
        GATE.leave(self.record);
        if self.is_own {
            self.record.release();
        }
    }
}

impl std::fmt::Debug for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Section")
    }
}

/// Returns what is at a place, made once. A fork waits while it is made, so that a child never finds it half made.
///
/// ```
/// static PLACE: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
/// assert_eq!(*picometer_epoch::once(&PLACE, || 7), 7);
/// assert_eq!(*picometer_epoch::once(&PLACE, || 8), 7);
/// ```
#[inline]
pub fn once<T>(place: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    place.get().unwrap_or_else(|| once_slowly(place, make))
}

#[cold]
fn once_slowly<T>(place: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    let _section = Section::begin();
    place.get_or_init(make)
}
