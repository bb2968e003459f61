//! When a series was used last, and whether what it counted was shown since.
//!
//! A lookup says that the series is used ([`Idle::touch`]); a sweep looks at it ([`Idle::examine`]). A series goes when it was not
//! used for its time, and was shown whole since it was used last. Two things make that exact:
//!
//! * *Lookups that began earlier.* One that read [`OFTEN`] stores nothing, and counts later, while its thread holds the series. So a
//!   sweep that finds a series used gives it its number ([`RESTING`]). The series stays until all guards that are older than this
//!   sweep have ended, and until no thread holds it that found it under one of them. What it counted was shown whole if both were
//!   so when it was shown ([`SURE`]). It was also if its number is the same as then, once they are ([`SHOWN`]). A number that has
//!   changed since is also a use.
//! * *Handles.* A thread that makes a handle counts it and then looks whether the series is retired; a sweep that retires it says
//!   so and then looks for handles. With a fence between the two steps of each, at least one sees the other, so that no handle is
//!   left with a series that is gone. Checked with loom.
//!
//! All other changes are of one word, so that a lookup and a sweep that meet agree on who was first.

use crate::atomic::{AtomicU64, Ordering, fence};

pub(crate) struct Idle {
    /// The stage in the lowest bits, and above it a moment in microseconds: when the series was used last.
    word: AtomicU64,
    /// The number of the sweep that found it used, in the lowest bits, and above it a digest of what was shown since.
    shown: AtomicU64,
}

const STAGE: u64 = 7;
const BITS: u32 = STAGE.count_ones();
/// Used once since the last sweep, at that moment.
const ONCE: u64 = 0;
/// Used several times since the last sweep, or by a handle.
const OFTEN: u64 = 1;
/// There was a handle at the last sweep, at that moment.
const HELD: u64 = 2;
/// Not used since a sweep, or new. What it counted may not have been shown.
const RESTING: u64 = 3;
/// The same, and it was shown while guards were older than the sweep.
const SHOWN: u64 = 4;
/// The same, and it was shown whole.
const SURE: u64 = 5;
/// Found too old, unless there is a handle or it is used meanwhile.
const RETIRING: u64 = 6;
/// Too old. There is no way back.
const RETIRED: u64 = 7;

/// The bits of the number of a sweep that are kept; such a number is larger than that.
const SWEEP: u64 = 0xffff;
/// Whether there is a digest.
const DIGEST: u64 = SWEEP + 1;
pub(crate) const FIRST_SWEEP: u64 = SWEEP + 1;

/// The last moment that has a place above the stage.
pub(crate) const LAST_MOMENT: u64 = u64::MAX >> BITS;

/// What a sweep is for. There is one sweep of a family at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep {
    /// In microseconds.
    pub(crate) now: u64,
    /// For how long a series is not used before it goes, in microseconds.
    pub(crate) ttl: u64,
    /// The number of the sweep of a page that is going on, or comes next.
    pub(crate) number: u64,
    /// All guards have ended that are older than the sweep of this number.
    pub(crate) ended: u64,
    /// Whether series go that were not shown since they were used.
    pub(crate) takes_unseen: bool,
}

/// What a sweep did with a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Examined {
    Stays,
    /// It was used until now: the guards of now have to end before it goes.
    Rests,
    /// It would go if the guards had ended that are older than the sweep of this number.
    Waits(u64),
    /// It is retired: the sweep takes it out.
    Retired,
}

impl Idle {
    /// Of a series that is made now.
    pub(crate) fn since(now: u64, sweep: u64) -> Self {
        Self { word: AtomicU64::new(word(RESTING, now)), shown: AtomicU64::new(sweep & SWEEP) }
    }

    /// Says that the series is used; `now` is asked once between two sweeps. False where the series is retired.
    ///
    /// The caller found the series under a guard, and holds it until it has counted.
    // Relaxed: all that matters is the order of the changes of this word. A thread that reads `OFTEN` had a guard that is older
    // than the next change.
    #[inline]
    pub(crate) fn touch(&self, now: impl FnOnce() -> u64) -> bool {
        self.word.load(Ordering::Relaxed) & STAGE == OFTEN || self.touch_first(now)
    }

    #[cold]
    fn touch_first(&self, now: impl FnOnce() -> u64) -> bool {
        let (mut clock, mut now) = (Some(now), 0);
        let mut seen = self.word.load(Ordering::Relaxed);
        loop {
            let next = match seen & STAGE {
                OFTEN => return true,
                RETIRED => return false,
                // A handle that was there may still be, and does not say when it goes.
                ONCE | HELD => word(OFTEN, seen >> BITS),
                _ => {
                    now = clock.take().map_or(now, |clock| clock());
                    word(ONCE, now)
                }
            };
            match self.word.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }

    /// Says that the series is used from now on by a handle, which does not say when it goes: until the next sweep, also where that
    /// finds no handle. False where the series is retired.
    ///
    /// The caller found the series under a guard, and holds it until the handle is counted.
    // Relaxed, as in `touch`.
    #[allow(dead_code, reason = "what only the recorder asks for")]
    #[inline]
    pub(crate) fn touch_by_handle(&self) -> bool {
        let mut seen = self.word.load(Ordering::Relaxed);
        loop {
            match seen & STAGE {
                OFTEN => return true,
                RETIRED => return false,
                _ => {}
            }
            match self.word.compare_exchange_weak(seen, word(OFTEN, used_of(seen)), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }

    /// Says that a hold ends that began with a lookup: it was a use until now.
    // Where the word is another by now, another lookup or a sweep has said more, which saw the hold.
    #[inline]
    pub(crate) fn release(&self, now: impl FnOnce() -> u64) {
        let seen = self.word.load(Ordering::Relaxed);
        if seen & STAGE == ONCE {
            self.release_first(seen, now());
        }
    }

    #[cold]
    fn release_first(&self, seen: u64, now: u64) {
        if now > seen >> BITS {
            let _ = self.word.compare_exchange(seen, word(ONCE, now), Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Whether a handle that was counted just now is one of a series that stays.
    pub(crate) fn holds(&self) -> bool {
        // With the one in `retire`: either this sees that it is being retired, or that sees the handle.
        fence(Ordering::SeqCst);
        let mut seen = self.word.load(Ordering::Relaxed);
        // A handle does not say when it goes: as if the series were used until the next sweep, also where that finds no handle.
        while matches!(seen & STAGE, RETIRING | ONCE) {
            match self.word.compare_exchange_weak(seen, word(OFTEN, seen >> BITS), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
        seen & STAGE != RETIRED
    }

    /// Whether there is no way back.
    pub(crate) fn is_retired(&self) -> bool {
        self.word.load(Ordering::Relaxed) & STAGE == RETIRED
    }

    /// Looks at the series for a sweep: where it was used, that is over now; where it was not for long enough, it is retired.
    /// `digest` is that of the number that it would show now, if it shows one.
    pub(crate) fn examine(&self, sweep: &Sweep, has_handles: impl Fn() -> bool, digest: impl Fn() -> Option<u64>) -> Examined {
        let mut seen = self.word.load(Ordering::Relaxed);
        let (next, held) = loop {
            let (stage, used) = (seen & STAGE, seen >> BITS);
            if stage >= RETIRING {
                return Examined::Stays;
            }
            let held = has_handles();
            // With the release of the last handle: what was counted through it is shown from now on.
            fence(Ordering::Acquire);
            // A clock that went back starts the time anew.
            let used = used.min(sweep.now);
            let next = match stage {
                _ if held => word(HELD, sweep.now),
                // It goes if it is old, whether it was shown or not.
                ONCE if sweep.takes_unseen => word(ONCE, used),
                ONCE => word(RESTING, used),
                HELD if sweep.takes_unseen => word(RESTING, used),
                OFTEN | HELD => word(RESTING, sweep.now),
                stage => word(stage, used),
            };
            if next & STAGE == RESTING && stage != RESTING {
                // It is not read until the stage is changed: there is one sweep.
                self.shown.store(sweep.number & SWEEP, Ordering::Relaxed);
            }
            // Release, with the acquire in `showing`.
            match self.word.compare_exchange_weak(seen, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break (next, held),
                Err(other) => seen = other,
            }
        };
        let rests = matches!(next & STAGE, RESTING | SHOWN) && self.sweep_of(sweep) >= sweep.number;
        let otherwise = if rests { Examined::Rests } else { Examined::Stays };
        if held || sweep.now - used_of(next) < sweep.ttl {
            return otherwise;
        }
        if !sweep.takes_unseen {
            let shown = self.shown.load(Ordering::Relaxed);
            match next & STAGE {
                SHOWN | SURE if whole(shown, sweep) > sweep.ended => return Examined::Waits(whole(shown, sweep)),
                SHOWN | SURE if shown & DIGEST == 0 || digest().map(cut) == Some(shown & !SWEEP) => {}
                SHOWN | SURE => {
                    // It counted since: under an older guard, or found without being said to be used.
                    self.shown.store(sweep.number & SWEEP, Ordering::Relaxed);
                    let _ = self.word.compare_exchange(next, word(RESTING, sweep.now), Ordering::Release, Ordering::Relaxed);
                    return Examined::Rests;
                }
                _ => return otherwise,
            }
        }
        if self.retire(next, sweep.now, has_handles) { Examined::Retired } else { Examined::Stays }
    }

    /// Retires it, unless it changed since it was `seen`, or there is a handle of it.
    fn retire(&self, seen: u64, now: u64, has_handles: impl Fn() -> bool) -> bool {
        let retiring = word(RETIRING, used_of(seen));
        let change = |from, to| self.word.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok();
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

    /// What to give to [`was_shown`](Self::was_shown) when the series has been shown, if that is to be known; asked before.
    pub(crate) fn showing(&self, sweep: &Sweep, is_held: impl FnOnce() -> bool, digest: impl FnOnce() -> Option<u64>) -> Option<Showing> {
        // Acquire: with the release in `examine`, the number is that of this stage.
        let word = self.word.load(Ordering::Acquire);
        if word & STAGE != RESTING {
            return None;
        }
        let shown = self.shown.load(Ordering::Relaxed);
        let (is_sure, digest) = (whole(shown, sweep) <= sweep.ended && !is_held(), digest());
        (is_sure || digest.is_some()).then_some(Showing { word, shown, is_sure, digest })
    }

    /// It was shown, in a whole line: if it was not used since, it is on its way out.
    pub(crate) fn was_shown(&self, Showing { word: before, shown, is_sure, digest }: Showing) {
        let stage = if is_sure { SURE } else { SHOWN };
        let now_shown = digest.map_or(0, cut) | shown & SWEEP;
        // Relaxed: a sweep compares only.
        if self.shown.compare_exchange(shown, now_shown, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let _ = self.word.compare_exchange(before, word(stage, used_of(before)), Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// The whole number of the sweep that found the series used.
    fn sweep_of(&self, sweep: &Sweep) -> u64 {
        whole(self.shown.load(Ordering::Relaxed), sweep)
    }
}

/// A series that rests is being shown.
pub(crate) struct Showing {
    word: u64,
    shown: u64,
    /// Whether no thread holds it, or may yet, that found it before the sweep.
    is_sure: bool,
    /// Of what it shows.
    digest: Option<u64>,
}

/// The number of a sweep, of which the lowest bits are kept. It is at most that of the next one.
fn whole(number: u64, sweep: &Sweep) -> u64 {
    let most = sweep.number + 1;
    most - (most.wrapping_sub(number) & SWEEP)
}

fn word(stage: u64, moment: u64) -> u64 {
    moment << BITS | stage
}

fn used_of(word: u64) -> u64 {
    word >> BITS
}

/// The bits of a digest that are kept, and that there is one.
fn cut(digest: u64) -> u64 {
    digest & !SWEEP | DIGEST
}
