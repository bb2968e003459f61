//! The full barrier between what a thread says and what it reads next.
//!
//! On Linux who asks all threads makes it for them, by interrupting them (`membarrier`): then a guard costs two plain stores.
//! Elsewhere each thread makes its own.

use std::sync::atomic::{AtomicU8, Ordering, fence};

#[cfg(all(target_os = "linux", not(miri)))]
use crate::system;

static KIND: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const OWN: u8 = 1;
const FOR_ALL: u8 = 2;

/// Whether who asks makes the barrier for all threads. Decided once, by the first of them.
pub(super) fn is_made_for_all() -> bool {
    let mut kind = KIND.load(Ordering::Relaxed);
    if kind == UNKNOWN {
        let found = if system::register() { FOR_ALL } else { OWN };
        kind = KIND.compare_exchange(UNKNOWN, found, Ordering::Relaxed, Ordering::Relaxed).map_or_else(|first| first, |_| found);
    }
    kind == FOR_ALL
}

/// The barrier of a thread that says something, where it is made for all.
#[inline]
pub(super) fn made_for_all() {
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

/// The barrier of a thread that says something, whichever it is.
#[inline]
pub(super) fn of_thread() {
    if KIND.load(Ordering::Relaxed) == FOR_ALL { made_for_all() } else { fence(Ordering::SeqCst) }
}

/// The barrier of who asks; whether all threads are behind it.
pub(super) fn of_all() -> bool {
    // Not skipped while the kind is unknown: a thread may be the first just now.
    let for_all = is_made_for_all();
    fence(Ordering::SeqCst);
    !for_all || system::interrupt_all()
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod system {
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn interrupt_all() -> bool {
        true
    }
}
