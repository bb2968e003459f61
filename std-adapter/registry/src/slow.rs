//! A collector that is known to be slow: it has a thread and a deadline of its own.

mod health;
mod kept;

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use picometer::{Collector, Encoder, Stop};

pub(crate) use self::health::{Health, show};
use self::kept::Kept;
use crate::atomic::{Backoff, generation};
use crate::caught::caught;
use crate::registering::{is_later_pass, is_restarting};
use crate::scrape::Scrape;

/// A collector that is slow, may fail, or may never return: a database, another machine, a device.
///
/// It runs on a thread of its own. A page waits for it until its [deadline](Self::deadline), and otherwise shows the values that it
/// gave last, if they are young enough ([`keep`](Self::keep)), or none. Whatever it does, wait, fail or panic, costs its own
/// families only. While it does not return it is not asked again, and no page waits.
///
/// The outermost registry shows what went wrong, for all slow collectors in it, and adds up those of one name:
///
/// * `picometer_slow_collector_errors_total`, by `collector` and `reason` (`late`, `failed` or `panicked`);
/// * `picometer_slow_collector_age_seconds`, the age of the values that it has.
///
/// Dropping it does not wait: the thread ends when the collector returns. Metrics of this crate are not slow; those that processes
/// share are not shared from inside it.
///
/// ```
/// use picometer_std::{Collector, Desc, Encoder, Registry, Slow, Stop};
/// use std::time::Duration;
///
/// struct Orders;
///
/// impl Collector for Orders {
///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
///         const ROWS: Desc = Desc::gauge("orders_rows", "Orders in the database.");
///         // A query, which may take as long as it takes.
///         out.family(&ROWS)?.gauge(&(), 1_027)
///     }
/// }
///
/// let registry = Registry::new();
/// let orders = Slow::new("orders", Orders)
///     .deadline(Duration::from_secs(2))
///     .keep(Duration::from_secs(300));
/// registry.register(orders)?;
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct Slow {
    name: Box<str>,
    deadline: Duration,
    keep: Duration,
    fresh: Duration,
    shared: Arc<Shared>,
}

struct Shared {
    collector: Box<dyn Collector>,
    state: Mutex<State>,
    changed: Condvar,
    /// In the order of [`Reason`]. Not under the lock: a page that cannot have it shows them all the same.
    errors: [AtomicU64; 3],
    /// The child of `fork` in which the lock is that of a thread that is not there; zero for none.
    lost_in: AtomicU32,
}

struct State {
    /// Where the thread is: in this process, if any.
    process: Option<u32>,
    /// Since when it collects.
    running: Option<Instant>,
    asked: bool,
    ended: bool,
    /// What it gave last, when it began to give it and when it was done.
    last: Option<(Arc<Kept>, Instant, Instant)>,
    error: String,
}

/// What can go wrong.
#[derive(Clone, Copy)]
enum Reason {
    Late,
    Failed,
    Panicked,
}

/// In the order of [`Reason`].
const REASONS: [&str; 3] = ["late", "failed", "panicked"];
/// In front of the end of the scrape, for what comes behind.
const MARGIN: Duration = Duration::from_millis(50);
/// So long a page waits for the lock, whose holder may get no processor.
const PATIENCE: Duration = Duration::from_secs(1);

impl Slow {
    /// A slow collector under a name of its own. A page waits a second for it; values are kept for 5 minutes.
    pub fn new(name: &str, collector: impl Collector + 'static) -> Self {
        let state = State { process: None, running: None, asked: false, ended: false, last: None, error: String::new() };
        let shared = Shared {
            collector: Box::new(collector),
            state: Mutex::new(state),
            changed: Condvar::new(),
            errors: Default::default(),
            lost_in: AtomicU32::new(0),
        };
        Self {
            name: name.into(),
            deadline: Duration::from_secs(1),
            keep: Duration::from_secs(300),
            fresh: Duration::from_millis(100),
            shared: Arc::new(shared),
        }
    }

    /// How long a page waits, from the moment at which the collector was asked.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Up to which age values are shown while there are no newer ones; zero for none.
    #[must_use]
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Up to which age values are shown without asking for newer ones: 100 ms, unless set.
    #[must_use]
    pub fn fresh_for(mut self, fresh: Duration) -> Self {
        self.fresh = fresh;
        self
    }

    /// The name that was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often pages did without it, it failed, or it panicked.
    pub fn errors(&self) -> u64 {
        self.counts().iter().sum()
    }

    /// What went wrong last; empty before anything did.
    pub fn last_error(&self) -> String {
        self.shared.lock_until(later(Instant::now(), self.deadline)).map(|state| state.error.clone()).unwrap_or_default()
    }

    /// Errors in the order of [`REASONS`].
    fn counts(&self) -> [u64; 3] {
        // Relaxed: each is a count of its own.
        self.shared.errors.each_ref().map(|count| count.load(Ordering::Relaxed))
    }

    /// How old the values are that it has.
    fn age(&self) -> Option<Duration> {
        let state = self.shared.lock_until(Instant::now() + PATIENCE)?;
        state.last.as_ref().map(|(_, _, done)| done.elapsed())
    }

    /// What to show: what is collected until the deadline, or what is left from before.
    fn values(&self, now: Instant) -> Option<Arc<Kept>> {
        let scrape = Scrape::current();
        // This page, or one a moment ago, has them already.
        let since = scrape.as_ref().map(|scrape| scrape.began()).into_iter().chain(now.checked_sub(self.fresh)).min();
        let end = later(now, self.deadline);
        let end = scrape.and_then(|scrape| scrape.deadline()?.checked_sub(MARGIN)).map_or(end, |limit| end.min(limit));
        let Some(mut state) = self.shared.lock_until(end) else {
            self.shared.count(Reason::Late);
            return None;
        };
        let is_new = |last: &(Arc<Kept>, Instant, Instant)| since.is_some_and(|since| last.1 >= since);
        if !state.last.as_ref().is_some_and(is_new) {
            state = self.shared.ask(state, now);
            // Waited for as long as this page may, and no longer than a page that asked first.
            let began = state.running.unwrap_or(now);
            let end = end.min(later(began, self.deadline));
            while state.running.is_some() {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    let text = format!("no values within {:?}", self.deadline);
                    self.shared.note(&mut state, Reason::Late, text);
                    break;
                }
                state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        let (kept, began, done) = state.last.as_ref()?;
        (*began >= now || done.elapsed() <= self.keep).then(|| Arc::clone(kept))
    }

    /// What the first pass of a page showed: between its passes nothing is collected anew.
    fn last(&self, now: Instant) -> Option<Arc<Kept>> {
        let state = self.shared.lock_until(now + PATIENCE)?;
        let (kept, _, done) = state.last.as_ref()?;
        (done.elapsed() <= self.keep.max(self.deadline)).then(|| Arc::clone(kept))
    }
}

impl Shared {
    fn count(&self, reason: Reason) {
        if let Some(count) = self.errors.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn note(&self, state: &mut State, reason: Reason, text: String) {
        self.count(reason);
        state.error = text;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock is held for moments only, but in a child of `fork` it may be that of a thread that is not there: that is waited for once.
    fn lock_until(&self, end: Instant) -> Option<MutexGuard<'_, State>> {
        let process = generation();
        let began = Instant::now();
        let mut backoff = Backoff::for_millis(u32::MAX);
        loop {
            match self.state.try_lock() {
                Ok(state) => return Some(state),
                Err(TryLockError::Poisoned(state)) => return Some(state.into_inner()),
                // Relaxed, both: a hint, and nothing else is read by it.
                Err(TryLockError::WouldBlock) if process > 0 && self.lost_in.load(Ordering::Relaxed) == process => return None,
                Err(TryLockError::WouldBlock) if end <= Instant::now() => {
                    if process > 0 && began.elapsed() >= PATIENCE {
                        self.lost_in.store(process, Ordering::Relaxed);
                    }
                    return None;
                }
                Err(TryLockError::WouldBlock) => _ = backoff.snooze(),
            }
        }
    }

    /// Has the thread collect, if it does not; it is started where there is none.
    fn ask<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>, now: Instant) -> MutexGuard<'a, State> {
        let here = std::process::id();
        if state.process != Some(here) {
            // Not yet, or in the parent of this process.
            (state.process, state.running, state.asked) = (Some(here), None, false);
            let shared = Arc::clone(self);
            let spawned = thread::Builder::new().name("picometer-slow".into()).spawn(move || shared.work());
            if let Err(error) = spawned {
                state.process = None;
                self.note(&mut state, Reason::Failed, format!("no thread can be had: {error}"));
                return state;
            }
        }
        if state.running.is_none() {
            (state.running, state.asked) = (Some(now), true);
            self.changed.notify_all();
        }
        state
    }

    /// The thread.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            while !state.asked && !state.ended {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.ended {
                return;
            }
            state.asked = false;
            let began = state.running.unwrap_or_else(Instant::now);
            drop(state);
            let result = self.collect();
            state = self.lock();
            state.running = None;
            let before = match result {
                Ok(kept) => state.last.replace((Arc::new(kept), began, Instant::now())),
                Err((reason, text)) => {
                    self.note(&mut state, reason, text);
                    None
                }
            };
            self.changed.notify_all();
            drop(state);
            // There may be many values. No page waits for their end.
            drop(before);
            state = self.lock();
        }
    }

    fn collect(&self) -> Result<Kept, (Reason, String)> {
        let mut kept = Kept::default();
        match caught(|| self.collector.collect(&mut kept)) {
            Ok(Ok(())) => Ok(kept),
            Ok(Err(Stop)) => {
                let reason = kept.take_reason().unwrap_or_else(|| "it stopped, and gave no reason".to_owned());
                Err((Reason::Failed, reason))
            }
            Err(message) => Err((Reason::Panicked, format!("it panicked: {message}"))),
        }
    }
}

impl Collector for Slow {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        if is_restarting(out) {
            return Ok(());
        }
        let now = Instant::now();
        match if is_later_pass(out) { self.last(now) } else { self.values(now) } {
            Some(kept) if !kept.is_empty() => kept.give(out),
            _ => Ok(()),
        }
    }
}

/// The end of a time, or a moment that is as good as never.
fn later(from: Instant, time: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(1 << 30);
    from.checked_add(time.min(NEVER)).unwrap_or(from)
}

impl Drop for Slow {
    fn drop(&mut self) {
        // Without the lock there is no thread to tell.
        if let Some(mut state) = self.shared.lock_until(Instant::now() + MARGIN) {
            state.ended = true;
            drop(state);
            self.shared.changed.notify_all();
        }
    }
}

impl fmt::Debug for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slow").field("name", &self.name).field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
