//! The time to live of the series of a family: the clock, whose sweep it is, and what was shown to scrapers.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use picometer::Cell;

use super::idle::{FIRST_SWEEP, Idle, LAST_MOMENT, Sweep};
use super::node::Found;
use crate::epoch::{self, once};

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

// The clock is read before anything is changed.
impl std::panic::UnwindSafe for Ttl {}
impl std::panic::RefUnwindSafe for Ttl {}

/// In place of a moment.
const UNUSED: u64 = u64::MAX;

pub(crate) struct Ttl {
    /// As everything here, in microseconds.
    ttl: u64,
    /// The clock of the program; without one, that of the process.
    clock: Option<Clock>,
    /// When the family was first used; `UNUSED` before.
    start: AtomicU64,
    /// The process of the thread that sweeps, or 0. A child of `fork` does not wait for a sweep of its parent.
    sweeper: AtomicU32,
    /// The number of the last sweep of a page.
    number: AtomicU64,
    /// Guards have ended that are older than the sweep of this number, and so those that are older than sweeps before it.
    ended: OnceLock<Arc<AtomicU64>>,
    /// Whether the last page that waited for guards gave up.
    waits_in_vain: AtomicBool,
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
    /// By the clock of the process, which begins with the first who asks for the time.
    pub(crate) const fn new(ttl: Duration) -> Self {
        Self::since(ttl, None, UNUSED)
    }

    /// By another clock.
    pub(crate) fn by(ttl: Duration, clock: Clock) -> Self {
        let start = micros(clock());
        Self::since(ttl, Some(clock), start)
    }

    const fn since(ttl: Duration, clock: Option<Clock>, start: u64) -> Self {
        Self {
            ttl: micros(ttl),
            clock,
            start: AtomicU64::new(start),
            sweeper: AtomicU32::new(0),
            number: AtomicU64::new(FIRST_SWEEP),
            ended: OnceLock::new(),
            waits_in_vain: AtomicBool::new(false),
            cursor: AtomicU32::new(0),
            last_page: AtomicU64::new(start),
            interval: AtomicU64::new(0),
            on_page: AtomicUsize::new(0),
        }
    }

    /// What the clock says.
    pub(crate) fn now(&self) -> u64 {
        match &self.clock {
            Some(clock) => micros(clock()),
            None => {
                static EPOCH: OnceLock<Instant> = OnceLock::new();
                micros(once(&EPOCH, Instant::now).elapsed())
            }
        }
    }

    /// When the family was first used, which may be now.
    fn started(&self, now: u64) -> u64 {
        let start = self.start.load(Ordering::Relaxed);
        if start != UNUSED {
            return start;
        }
        // Relaxed: the moments of threads that come here together are one.
        self.last_page.store(now, Ordering::Relaxed);
        self.start.store(now, Ordering::Relaxed);
        now
    }

    fn ended(&self) -> &Arc<AtomicU64> {
        once(&self.ended, Arc::default)
    }

    /// Of a series that is made now, perhaps while a sweep goes on.
    pub(crate) fn idle(&self) -> Idle {
        Idle::since(self.now(), self.number.load(Ordering::Relaxed) + 1)
    }

    /// For [`Idle::showing`], and what threads hold.
    pub(crate) fn last(&self) -> (Sweep, HeldByThreads) {
        // Acquire: with the release in `Older::drop`, what was found under those guards is held now, or what was counted is shown
        // from now on.
        let ended = self.ended().load(Ordering::Acquire);
        let sweep = Sweep { now: 0, ttl: self.ttl, number: self.number.load(Ordering::Relaxed), ended, takes_unseen: false };
        (sweep, HeldByThreads(epoch::held()))
    }

    /// Begins a sweep of a family with so many series, if there is something to sweep and no other thread does.
    pub(crate) fn begin(&self, cause: Cause, len: usize) -> Option<Sweeping<'_>> {
        let now = self.now();
        let passes_by = matches!(cause, Cause::Making | Cause::Full);
        if now.saturating_sub(self.started(now)) < self.ttl && passes_by {
            return None;
        }
        let claim = Claim::take(&self.sweeper)?;
        let takes_unseen = match cause {
            // A family that is full stays as it is until scrapers come back: what is beyond counts in the overflow series.
            Cause::Page | Cause::Full => false,
            Cause::Command => true,
            // Few stay until scrapers come back.
            Cause::Making => len > FEW.max(AWAY as usize * self.on_page.load(Ordering::Relaxed)) && self.are_away(now),
        };
        // What a sweep between pages finds used is waited for by the next page.
        let number = self.number.load(Ordering::Relaxed) + 1;
        if cause == Cause::Page {
            self.number.store(number, Ordering::Relaxed);
        }
        let (sweep, held) = self.last();
        Some(Sweeping { ttl: self, sweep: Sweep { now, number, takes_unseen, ..sweep }, held, cause, _claim: claim })
    }

    /// Waits a little for guards that are older than the sweep of a page of this number; whether they have ended.
    ///
    /// Guards last for microseconds, or as long as a thread that has one does not run. What it costs pages is bounded: one that
    /// waited in vain is the last that waits for long, until they have ended.
    fn wait(&self, number: u64) -> bool {
        static IMPATIENT: AtomicBool = AtomicBool::new(false);
        let have_ended = || self.ended().load(Ordering::Acquire) >= number;
        let patience = match (self.waits_in_vain.load(Ordering::Relaxed), IMPATIENT.load(Ordering::Relaxed)) {
            (true, _) => Duration::ZERO,
            (_, true) => Duration::from_millis(20),
            _ => Duration::from_millis(250),
        };
        let start = Instant::now();
        epoch::tidy();
        while !have_ended() && start.elapsed() < patience {
            std::thread::yield_now();
            epoch::tidy();
        }
        self.waits_in_vain.store(!have_ended(), Ordering::Relaxed);
        IMPATIENT.store(!have_ended(), Ordering::Relaxed);
        have_ended()
    }

    /// Whether no scraper comes.
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
    pub(crate) held: HeldByThreads,
    cause: Cause,
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
        let cursor = self.ttl.cursor.load(Ordering::Relaxed);
        let first = if steps < len && cursor < len { cursor } else { 0 };
        self.ttl.cursor.store(first + steps, Ordering::Relaxed);
        (first..first.saturating_add(steps)).map(move |place| place % len)
    }

    /// Waits for guards that are older than the sweep of a page of this number, in the sweep of a later page; whether they have ended.
    pub(crate) fn have_ended(&mut self, number: u64) -> bool {
        // Those that are older than this sweep are waited for when it ends.
        if self.cause != Cause::Page || number >= self.sweep.number || !self.ttl.wait(number) {
            return false;
        }
        let (last, held) = self.ttl.last();
        (self.sweep.ended, self.held) = (last.ended, held);
        true
    }

    /// Ends the sweep that begins a page of so many series; `rest` says whether there are some that were used until now.
    pub(crate) fn end(self, len: usize, rest: bool) {
        if self.cause != Cause::Page {
            return;
        }
        self.ttl.note_page(self.sweep.now, len);
        if rest {
            let older = Older { number: self.sweep.number, ended: self.ttl.ended().clone() };
            drop(epoch::retire(epoch::Item::new(0, Box::new(older)), true));
            // Then what this page shows is the whole.
            self.ttl.wait(self.sweep.number);
        }
    }
}

/// The series that threads hold without having counted themselves.
pub(crate) struct HeldByThreads(Vec<usize>);

impl HeldByThreads {
    pub(crate) fn has<C>(&self, series: Found<'_, C>) -> bool {
        self.0.binary_search(&series.as_raw().addr().get()).is_ok()
    }
}

/// Guards that are older than when this was given to `epoch`; they have ended when it is dropped.
struct Older {
    number: u64,
    ended: Arc<AtomicU64>,
}

impl Drop for Older {
    fn drop(&mut self) {
        // Pairs with the loads of a sweep: it sees what was counted under the guards that have ended.
        self.ended.fetch_max(self.number, Ordering::Release);
    }
}

/// The right to sweep.
struct Claim<'a>(&'a AtomicU32);

impl<'a> Claim<'a> {
    fn take(sweeper: &'a AtomicU32) -> Option<Self> {
        let (own, seen) = (std::process::id(), sweeper.load(Ordering::Relaxed));
        if seen == own {
            return None;
        }
        // Acquire and release: what the sweep before this one did is done.
        sweeper.compare_exchange(seen, own, Ordering::Acquire, Ordering::Relaxed).ok()?;
        Some(Self(sweeper))
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

const fn micros(duration: Duration) -> u64 {
    let micros = duration.as_micros();
    if micros < LAST_MOMENT as u128 { micros as u64 } else { LAST_MOMENT }
}

/// Another one for nearly every other number, of cells that show a number and nothing else.
pub(crate) fn digest<C: Cell>(cell: &C) -> Option<u64> {
    let number = cell.number()?;
    let bits = number.as_u64().unwrap_or_else(|| number.as_f64().to_bits());
    Some(bits.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
