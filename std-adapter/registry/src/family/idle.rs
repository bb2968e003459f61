//! When a series was used last, and whether what it counted was shown since: one word, and the ways it may change.
//!
//! A lookup says that the series is used ([`Idle::touch`]); a sweep looks at it ([`Idle::examine`]). A series goes when it was not
//! used for its time, and was shown whole since it was used last. Two things make that exact:
//!
//! * *Lookups that began earlier.* One that read [`OFTEN`] stores nothing, and counts later, under its guard. So the sweep that
//!   finds a series used makes it [`RESTING`] or [`LEAVING`], and it is shown for the last time ([`SHOWN`]) not before all guards
//!   that are older than this have ended ([`SHOWABLE`]); who keeps the account of guards is the caller.
//! * *Handles.* A thread that makes a handle counts it and then looks whether the series is retired; a sweep that retires it says
//!   so and then looks for handles. With a fence between the two steps of each, at least one sees the other, so that no handle is
//!   left with a series that is gone. Checked with loom.
//!
//! All other changes are of one word, so that a lookup and a sweep that meet agree on who was first.

use crate::atomic::{AtomicU64, Ordering, fence};

/// The stage in the lowest bits, and above it a moment in microseconds: when the series was used last.
pub(crate) struct Idle(AtomicU64);

const STAGE: u64 = 7;
const BITS: u32 = STAGE.count_ones();
/// Used once since the last sweep, at that moment.
const ONCE: u64 = 0;
/// Used several times since the last sweep.
const OFTEN: u64 = 1;
/// Not used since the last sweep, or new; there may be guards that are older, and what it counted may not have been shown.
const RESTING: u64 = 2;
/// The same, and the end of those guards is waited for.
const LEAVING: u64 = 3;
/// All those guards have ended: what it shows now is all.
const SHOWABLE: u64 = 4;
/// It was shown whole.
const SHOWN: u64 = 5;
/// Found too old, unless there is a handle or it is used meanwhile.
const RETIRING: u64 = 6;
/// Too old. There is no way back.
const RETIRED: u64 = 7;

/// What a sweep is for. There is one sweep of a family at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep {
    /// In microseconds.
    pub(crate) now: u64,
    /// For how long a series is not used before it goes, in microseconds.
    pub(crate) ttl: u64,
    /// Whether it begins a page.
    pub(crate) is_page: bool,
    /// Whether all guards have ended that were waited for, so that the end of others is waited for from now on.
    pub(crate) advances: bool,
    /// Whether series go that were not shown since they were used.
    pub(crate) takes_unseen: bool,
}

/// What a sweep did with a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Examined {
    Stays,
    /// It stays, and the end of guards has to be waited for.
    Waits,
    /// It is retired: the sweep takes it out.
    Retired,
}

impl Idle {
    /// Of a series that is made now.
    pub(crate) fn since(now: u64) -> Self {
        Self(AtomicU64::new(word(RESTING, now)))
    }

    /// Says that the series is used; `now` is asked once between two sweeps. False where the series is retired.
    ///
    /// The caller has a guard from before until it has counted.
    // Relaxed: all that matters is the order of the changes of this word. Whoever reads `OFTEN` has a guard that is older than the
    // next change.
    #[inline]
    pub(crate) fn touch(&self, now: impl FnOnce() -> u64) -> bool {
        self.0.load(Ordering::Relaxed) & STAGE == OFTEN || self.touch_first(now)
    }

    #[cold]
    fn touch_first(&self, now: impl FnOnce() -> u64) -> bool {
        let mut now = Some(now);
        let mut moment = 0;
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let next = match seen & STAGE {
                OFTEN => return true,
                RETIRED => return false,
                ONCE => word(OFTEN, seen >> BITS),
                _ => {
                    moment = now.take().map_or(moment, |now| now());
                    word(ONCE, moment)
                }
            };
            match self.0.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }

    /// Whether a handle that was counted just now is one of a series that stays.
    pub(crate) fn holds(&self) -> bool {
        // With the one in `retire`: either this sees that it is being retired, or that sees the handle.
        fence(Ordering::SeqCst);
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            match seen & STAGE {
                RETIRED => return false,
                RETIRING => match self.0.compare_exchange_weak(seen, word(ONCE, seen >> BITS), Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return true,
                    Err(other) => seen = other,
                },
                _ => return true,
            }
        }
    }

    /// Looks at the series for a sweep: where it was used, that is over now; where it was not for long enough, it is retired.
    pub(crate) fn examine(&self, sweep: &Sweep, has_handles: impl Fn() -> bool) -> Examined {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let (stage, used) = (seen & STAGE, seen >> BITS);
            if stage >= RETIRING {
                return Examined::Stays;
            }
            let held = has_handles();
            // With the release of the last handle: what was counted through it is shown from now on.
            fence(Ordering::Acquire);
            let waiting = match (sweep.is_page, sweep.advances) {
                (true, true) => LEAVING,
                _ => RESTING,
            };
            // A clock that went back starts the time anew.
            let used = used.min(sweep.now);
            let next = match stage {
                _ if held => word(OFTEN, used),
                // Nothing to be shown first.
                ONCE if sweep.takes_unseen => word(ONCE, used),
                ONCE => word(waiting, used),
                OFTEN => word(waiting, sweep.now),
                RESTING => word(waiting, used),
                LEAVING if sweep.is_page && sweep.advances => word(SHOWABLE, used),
                stage => word(stage, used),
            };
            if next != seen {
                match self.0.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {}
                    Err(other) => {
                        seen = other;
                        continue;
                    }
                }
            }
            let may_go = !held && (next & STAGE == SHOWN || sweep.takes_unseen);
            if may_go && sweep.now - used_of(next) >= sweep.ttl && self.retire(next, sweep.now, &has_handles) {
                return Examined::Retired;
            }
            return if next & STAGE == LEAVING && next != seen { Examined::Waits } else { Examined::Stays };
        }
    }

    /// Retires it, unless it changed since it was `seen`, or there is a handle of it.
    fn retire(&self, seen: u64, now: u64, has_handles: impl Fn() -> bool) -> bool {
        let retiring = word(RETIRING, used_of(seen));
        let change = |from, to| self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !change(seen, retiring) {
            return false;
        }
        // With the one in `holds`.
        fence(Ordering::SeqCst);
        if has_handles() {
            // Or it was used, and is no more being retired.
            change(retiring, word(OFTEN, now));
            return false;
        }
        change(retiring, word(RETIRED, used_of(seen)))
    }

    /// What to give to [`shown`](Self::shown), if showing the series from here on shows it whole; `have_ended` says whether all
    /// guards have that were waited for.
    pub(crate) fn showing(&self, have_ended: bool) -> Option<u64> {
        let seen = self.0.load(Ordering::Relaxed);
        matches!((seen & STAGE, have_ended), (SHOWABLE, _) | (LEAVING, true)).then_some(seen)
    }

    /// It was shown whole, if it was not used since.
    pub(crate) fn shown(&self, since: u64) {
        // What was used meanwhile is to be shown again.
        let _ = self.0.compare_exchange(since, word(SHOWN, used_of(since)), Ordering::Relaxed, Ordering::Relaxed);
    }
}

fn word(stage: u64, moment: u64) -> u64 {
    moment << BITS | stage
}

fn used_of(word: u64) -> u64 {
    word >> BITS
}

/// The last moment that has a place above the stage.
pub(crate) const LAST_MOMENT: u64 = u64::MAX >> BITS;
