//! Drops what was unlinked from a structure when no thread can reach it any more.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize as Count, Ordering};

use super::barrier;
use super::known::{self, RECORDS};
use super::limbo::{Item, Limbo};
use super::record::Record;
use super::thread;
use crate::atomic::AtomicUsize;
use crate::lock::Mutex;

static LIMBO: Mutex<Limbo> = Mutex::new(Limbo::new());
/// How many items there are, so that the mutex is not taken where there is none.
static KEPT: Count = Count::new(0);

/// As long as there is one, nothing is dropped that its thread can reach.
///
/// ```
/// use picometer_epoch::{Guard, Item, pin, retire, tidy};
///
/// let guard: Guard = pin();
/// // What is unlinked now is not dropped before the guard.
/// drop(retire(Item::new(0, Box::new("unlinked")), true));
/// drop(guard);
/// tidy();
/// ```
#[must_use = "it ends when it is dropped"]
pub struct Guard {
    record: &'static Record,
    /// Whether the record is this guard's alone, because the thread has none.
    is_own: bool,
    /// It belongs to its thread.
    here: PhantomData<*const ()>,
}

/// Begins a guard of this thread: two plain stores on Linux, a full barrier elsewhere. They nest.
#[inline]
pub fn pin() -> Guard {
    match thread::light() {
        Some(record) => {
            record.enter(barrier::made_for_all);
            Guard { record, is_own: false, here: PhantomData }
        }
        None => pin_slowly(),
    }
}

/// A guard that is over before any other that its thread begins meanwhile could be: it costs two stores.
///
/// ```
/// if let Some(brief) = picometer_epoch::Brief::begin() {
///     // What is reached here is not dropped.
///     let _guard = brief.guard();
/// }
/// ```
#[derive(Debug)]
pub struct Brief {
    guard: ManuallyDrop<Guard>,
    before: u64,
}

impl Brief {
    /// Begins one. None where the thread has no record yet, and where guards make a barrier of their own: there is [`pin`].
    #[inline(always)]
    pub fn begin() -> Option<Self> {
        let record = thread::light()?;
        let before = record.enter(barrier::made_for_all);
        Some(Self { guard: ManuallyDrop::new(Guard { record, is_own: false, here: PhantomData }), before })
    }

    /// The guard, for what takes one.
    #[inline(always)]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }
}

impl Drop for Brief {
    #[inline(always)]
    fn drop(&mut self) {
        self.guard.record.leave_last(self.before);
    }
}

#[cold]
fn pin_slowly() -> Guard {
    let own = thread::own();
    let record = own.unwrap_or_else(|| RECORDS.claim(known::this()));
    record.enter(barrier::of_thread);
    Guard { record, is_own: own.is_none(), here: PhantomData }
}

impl Guard {
    /// Goes on holding one thing when the guard is dropped, by its address; none where the thread holds too much already.
    #[inline]
    pub fn hold(&self, address: usize) -> Option<Hazard> {
        if self.is_own { None } else { Some(Hazard { address: self.record.hold(address)?, here: PhantomData }) }
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        self.record.leave();
        if self.is_own {
            self.record.release();
        }
    }
}

/// As long as there is one, the thing at its address is not dropped.
///
/// ```
/// use picometer_epoch::{Hazard, pin};
///
/// let thing = Box::new(1);
/// let hazard: Option<Hazard> = pin().hold(std::ptr::from_ref(&*thing).addr());
/// assert!(hazard.is_some(), "one of four of this thread");
/// ```
#[must_use = "it ends when it is dropped"]
pub struct Hazard {
    address: &'static AtomicUsize,
    here: PhantomData<*const ()>,
}

impl Drop for Hazard {
    #[inline]
    fn drop(&mut self) {
        // Pairs with the acquire of `Record::held`: uses of the thing come before it is dropped.
        self.address.store(0, Ordering::Release);
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl fmt::Debug for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hazard({:#x})", self.address.load(Ordering::Relaxed))
    }
}

/// Takes something that is not reachable any more, and returns what may be dropped by now. Drop that behind all locks, because it
/// may be anything. Large things are worth asking all threads for at once.
#[must_use = "it is dropped behind all locks"]
pub fn retire(item: Item, large: bool) -> Vec<Item> {
    let mut limbo = LIMBO.lock();
    limbo.push(item);
    if large || limbo.is_batch() {
        limbo.close(&RECORDS, barrier::of_all);
    }
    let free = if large || limbo.is_due() { limbo.collect(&RECORDS) } else { Vec::new() };
    KEPT.store(limbo.len(), Ordering::Relaxed);
    free
}

/// Drops what can be dropped.
pub fn tidy() {
    if KEPT.load(Ordering::Relaxed) > 0 {
        let mut limbo = LIMBO.lock();
        let mut free = limbo.collect(&RECORDS);
        if !limbo.is_waiting() || limbo.is_batch() {
            limbo.close(&RECORDS, barrier::of_all);
            free.append(&mut limbo.collect(&RECORDS));
        }
        KEPT.store(limbo.len(), Ordering::Relaxed);
        drop(limbo);
        drop(free);
    }
}

/// Returns the addresses of everything that threads hold, in order. What was found under a guard that has ended by now is among
/// them, or is held no more.
pub fn held() -> Vec<usize> {
    let mut held: Vec<usize> = RECORDS.iter().flat_map(Record::held).collect();
    held.sort_unstable();
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limbo::BATCH;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    struct Noted(Arc<AtomicBool>);

    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }

    fn retired(address: usize) -> Arc<AtomicBool> {
        let dropped = Arc::new(AtomicBool::new(false));
        drop(retire(Item::new(address, Box::new(Noted(dropped.clone()))), true));
        dropped
    }

    fn is_dropped(noted: &AtomicBool) -> bool {
        (0..100).any(|_| {
            tidy();
            noted.load(Ordering::Acquire)
        })
    }

    fn wait(noted: &AtomicBool) {
        while !noted.load(Ordering::Acquire) {
            tidy();
            std::thread::yield_now();
        }
    }

    #[test]
    fn nothing_is_dropped_under_a_guard() {
        let guard = pin();
        let dropped = std::thread::spawn(|| retired(0)).join().unwrap();
        let inner = pin();
        drop(guard);
        assert!(!is_dropped(&dropped), "the inner guard is still there");
        drop(inner);
        wait(&dropped);
    }

    #[test]
    fn held_item_stays_and_others_go() {
        let hazard = pin().hold(16).unwrap();
        let [held, other] = [16, 32].map(|address| std::thread::spawn(move || retired(address)).join().unwrap());
        wait(&other);
        assert!(!is_dropped(&held));
        drop(hazard);
        wait(&held);
    }

    #[test]
    fn guard_holds_no_more_than_its_record_has_places_for() {
        let hazards: Vec<Hazard> = std::iter::from_fn(|| pin().hold(48)).take(100).collect();
        assert_eq!(hazards.len(), 4);
    }

    #[test]
    fn guard_of_an_ended_thread_is_waited_for() {
        let record = RECORDS.claim(known::this() ^ 2);
        record.enter(barrier::of_thread);
        let guard = Guard { record, is_own: true, here: PhantomData };
        let dropped = retired(0);
        assert!(!is_dropped(&dropped));
        drop(guard);
        wait(&dropped);
    }

    #[test]
    fn long_guard_bounds_batch_count() {
        let guard = pin();
        // An interpreter takes a thousand times as long.
        let rounds = if cfg!(miri) { 10 } else { 100 };
        for _ in 0..rounds * BATCH {
            drop(retire(Item::new(0, Box::new(())), false));
        }
        let batches = LIMBO.lock().batches();
        drop(guard);
        assert!(batches < rounds / 2, "{batches}");
    }
}
