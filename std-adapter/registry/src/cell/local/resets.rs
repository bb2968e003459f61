//! What a cell had when it was reset last, which is no part of its value. Checked with loom.

use crate::atomic::{AtomicU64, Ordering, fence};

/// What was counted since the last reset. `base` finds what there was then, if the cell was ever reset; `value` is given that. Again,
/// if it is reset meanwhile.
#[inline]
pub(super) fn since_reset<'a, T>(base: impl Fn() -> Option<&'a AtomicU64>, value: impl Fn(u64) -> T) -> T {
    // Acquire: pairs with the release of `raise`.
    let now = || base().map_or(0, |base| base.load(Ordering::Acquire));
    loop {
        // Before the cells, so that they have at least as much.
        let before = now();
        let found = value(before);
        // What was loaded is older than the base that is loaded now: nothing that came behind a reset is added to what came before.
        fence(Ordering::Acquire);
        if now() == before {
            return found;
        }
    }
}

/// What the cells have, if they have all there is; `is_plain` says so, until the first reset begins. Then there is a base to ask.
#[inline]
pub(super) fn unless_reset<T>(is_plain: impl Fn() -> bool, value: impl FnOnce() -> T) -> Option<T> {
    if !is_plain() {
        return None;
    }
    let found = value();
    // What was loaded is older than what `is_plain` loads now, as in `since_reset`.
    fence(Ordering::Acquire);
    is_plain().then_some(found)
}

/// Makes what `raw` finds in the cells the base, where `raised` says that it is more than there was.
pub(super) fn reset(base: &AtomicU64, raw: impl FnOnce() -> u64, raised: impl Fn(u64, u64) -> Option<u64>) {
    // Of several resets the one whose fence is the last finds all that was counted before any of them, and has most.
    fence(Ordering::SeqCst);
    let raw = raw();
    // Release: who reads the base and then the cells finds at least what was found here.
    let _ = base.fetch_update(Ordering::AcqRel, Ordering::Acquire, |base| raised(base, raw));
    // A reader that sees what this thread counts from now on sees the base, too.
    fence(Ordering::Release);
}

/// What the base of an integer becomes that has so much.
pub(super) fn raised(base: u64, raw: u64) -> Option<u64> {
    (raw.wrapping_sub(base) as i64 > 0).then_some(raw)
}
