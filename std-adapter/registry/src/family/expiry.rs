//! The time to live of the series of a family: the clock, whose sweep it is, and what was shown to scrapers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::idle::{LAST_MOMENT, Sweep};
use crate::atomic::process;
use crate::reclaim;
use crate::shared::Making;

/// Tells how much time went by since a moment of its own.
pub(crate) type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// So many series are kept until they were shown, whether scrapers come or not.
const FEW: usize = 1_024;
/// So many times the time to live, and the longest recent time between two pages, scrapers may be away.
const AWAY: u64 = 4;
/// So many places does the making of a series look at.
const STEP: u32 = 2;
/// So many does a lookup beyond the cap.
const HURRIED_STEP: u32 = 16;

pub(crate) struct Ttl {
    /// As everything here, in microseconds.
    ttl: u64,
    clock: Clock,
    start: u64,
    /// The process of the thread that sweeps, or 0. A child of `fork` does not wait for a sweep of its parent.
    sweeper: AtomicU32,
    /// Sweeps whose older guards have not all ended.
    waiting: Arc<AtomicUsize>,
    /// Where the next sweep between pages goes on.
    cursor: AtomicU32,
    last_page: AtomicU64,
    /// The longest recent time between two pages.
    interval: AtomicU64,
    /// How many series the last page had.
    on_page: AtomicUsize,
}

/// What makes a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A page begins.
    Page,
    /// A series is to be made.
    Making,
    /// A series is to be made, and there are as many as there may be.
    Full,
    /// The program asks for it.
    Command,
}

impl Ttl {
    pub(crate) fn new(ttl: Duration, clock: Option<Clock>) -> Self {
        let epoch = Instant::now();
        let clock = clock.unwrap_or_else(|| Arc::new(move || epoch.elapsed()));
        let start = micros(clock());
        Self {
            ttl: micros(ttl),
            clock,
            start,
            sweeper: AtomicU32::new(0),
            waiting: Arc::default(),
            cursor: AtomicU32::new(0),
            last_page: AtomicU64::new(start),
            interval: AtomicU64::new(0),
            on_page: AtomicUsize::new(0),
        }
    }

    /// What the clock says.
    pub(crate) fn now(&self) -> u64 {
        micros((self.clock)())
    }

    /// Whether all guards have ended that sweeps wait for.
    pub(crate) fn have_ended(&self) -> bool {
        // With the release in `Waiting::drop`: what was counted under those guards is shown from now on.
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// Begins a sweep of a family with so many series, if there is something to sweep and no other thread does.
    pub(crate) fn begin(&self, cause: Cause, len: usize) -> Option<Sweeping<'_>> {
        let now = self.now();
        let passes_by = matches!(cause, Cause::Making | Cause::Full);
        if passes_by && now.saturating_sub(self.start) < self.ttl {
            return None;
        }
        let claim = Claim::take(&self.sweeper, &self.waiting)?;
        let takes_unseen = match cause {
            Cause::Page => false,
            Cause::Command => true,
            Cause::Full => self.are_away(now),
            // Few stay until scrapers come back.
            Cause::Making => len > FEW.max(AWAY as usize * self.on_page.load(Ordering::Relaxed)) && self.are_away(now),
        };
        let is_page = cause == Cause::Page;
        let sweep = Sweep { now, ttl: self.ttl, is_page, advances: is_page && self.have_ended(), takes_unseen };
        let waiting = is_page.then(|| Waiting::begin(&self.waiting));
        Some(Sweeping { ttl: self, sweep, cause, waiting, _claim: claim })
    }

    /// Whether nobody scrapes.
    fn are_away(&self, now: u64) -> bool {
        let longest = self.ttl.max(self.interval.load(Ordering::Relaxed));
        now.saturating_sub(self.last_page.load(Ordering::Relaxed)) > longest.saturating_mul(AWAY)
    }

    fn note_page(&self, now: u64, len: usize) {
        let interval = now.saturating_sub(self.last_page.swap(now, Ordering::Relaxed));
        let before = self.interval.load(Ordering::Relaxed);
        self.interval.store(interval.max(before - before / 8), Ordering::Relaxed);
        self.on_page.store(len, Ordering::Relaxed);
    }
}

/// One sweep.
pub(crate) struct Sweeping<'a> {
    ttl: &'a Ttl,
    pub(crate) sweep: Sweep,
    cause: Cause,
    waiting: Option<Waiting>,
    _claim: Claim<'a>,
}

impl Sweeping<'_> {
    /// Which of so many places to look at.
    pub(crate) fn places(&self, len: u32) -> impl Iterator<Item = u32> + use<> {
        let steps = match self.cause {
            Cause::Page | Cause::Command => len,
            Cause::Making => STEP.min(len),
            Cause::Full => HURRIED_STEP.min(len),
        };
        let first = if steps == len { 0 } else { self.ttl.cursor.fetch_add(steps, Ordering::Relaxed) };
        (0..steps).map(move |step| first.wrapping_add(step) % len)
    }

    /// Ends it; `waits` says whether there are series of which the older guards have to end, and `len` how many are left.
    pub(crate) fn end(mut self, len: usize, waits: bool) {
        if self.cause != Cause::Page {
            return;
        }
        self.ttl.note_page(self.sweep.now, len);
        if let Some(waiting) = self.waiting.take().filter(|_| waits) {
            let ready = {
                let _making = Making::begin();
                // Asking all threads at once: mostly no guard is older, and this page is the last that shows what rests.
                reclaim::retire(Box::new(waiting), true)
            };
            drop(ready);
        }
    }
}

/// Counts until all guards have ended that are older than when it was given to `reclaim`.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Never below zero: a child of `fork` may have begun anew.
        let _ = self.0.fetch_update(Ordering::Release, Ordering::Relaxed, |count| count.checked_sub(1));
    }
}

/// The right to sweep.
struct Claim<'a>(&'a AtomicU32);

impl<'a> Claim<'a> {
    fn take(sweeper: &'a AtomicU32, waiting: &AtomicUsize) -> Option<Self> {
        let (own, seen) = (process(), sweeper.load(Ordering::Relaxed));
        if seen == own {
            return None;
        }
        // Acquire and release: what the sweep before this one did is done.
        sweeper.compare_exchange(seen, own, Ordering::Acquire, Ordering::Relaxed).ok()?;
        if seen != 0 {
            // The parent forked in the middle of a sweep, which does not end here.
            waiting.store(0, Ordering::Relaxed);
        }
        Some(Self(sweeper))
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(LAST_MOMENT).min(LAST_MOMENT)
}
