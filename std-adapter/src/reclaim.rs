//! Drops what was taken out of a structure when no thread can be looking at it any more.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::atomic::Mutex;
use crate::cell::{readers, this_thread};
use crate::reader::{Reader, full_barrier};

/// So many are dropped together at least, because asking all threads takes microseconds.
const BATCH: usize = 64;

type Item = Box<dyn Send + Sync>;

static LIMBO: Mutex<Limbo> = Mutex::new(Limbo { fresh: Vec::new(), waiting: Vec::new() });
/// How many are kept, so that nobody takes the mutex to find none.
static KEPT: AtomicUsize = AtomicUsize::new(0);
/// Looks of threads that have no number of their own.
static OTHERS: AtomicUsize = AtomicUsize::new(0);

struct Limbo {
    fresh: Vec<Item>,
    waiting: Vec<Batch>,
}

/// What was taken out before certain looks ended.
struct Batch {
    items: Vec<Item>,
    /// Threads, by place, and their numbers.
    looks: Vec<(usize, u64)>,
    others: bool,
}

/// How long a thread looks. What it finds meanwhile is not dropped.
pub(crate) struct Guard {
    reader: Option<&'static Reader>,
    /// It belongs to its thread.
    here: PhantomData<*const ()>,
}

/// This thread looks from now on.
#[inline]
pub(crate) fn pin() -> Guard {
    match this_thread() {
        Some(reader) => {
            reader.enter(system::reader_barrier);
            Guard { reader: Some(reader), here: PhantomData }
        }
        None => pin_without_number(),
    }
}

#[cold]
fn pin_without_number() -> Guard {
    OTHERS.fetch_add(1, Ordering::SeqCst);
    full_barrier();
    Guard { reader: None, here: PhantomData }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        match self.reader {
            Some(reader) => reader.leave(),
            None => {
                OTHERS.fetch_sub(1, Ordering::Release);
            }
        }
    }
}

/// Drops something that is not reachable any more, sooner or later. Large things are worth asking all threads for at once.
pub(crate) fn retire(item: Item, large: bool) {
    let ready = {
        let mut limbo = LIMBO.lock();
        limbo.fresh.push(item);
        let kept = KEPT.fetch_add(1, Ordering::Relaxed) + 1;
        // While somebody looks for long, batches double: there are few of them, however much is taken out meanwhile.
        let batch = BATCH.max(kept.saturating_sub(limbo.fresh.len()));
        if large || limbo.fresh.len() >= batch { limbo.collect() } else { Vec::new() }
    };
    // Behind the lock: what is dropped may be anything.
    drop(ready);
}

/// Drops what can be dropped of what is kept.
pub(crate) fn tidy() {
    if KEPT.load(Ordering::Relaxed) > 0 {
        let ready = LIMBO.lock().collect();
        drop(ready);
    }
}

impl Limbo {
    /// What nobody can be looking at.
    fn collect(&mut self) -> Vec<Item> {
        let mut ready = Vec::new();
        if !self.fresh.is_empty() && remover_barrier() {
            let looks = readers().enumerate().filter_map(|(place, reader)| Some((place, reader.waited_for()?))).collect();
            let items = std::mem::take(&mut self.fresh);
            self.waiting.push(Batch { items, looks, others: OTHERS.load(Ordering::Acquire) > 0 });
        }
        self.waiting.retain_mut(|batch| {
            batch.others = batch.others && OTHERS.load(Ordering::Acquire) > 0;
            batch.looks.retain(|&(place, number)| readers().nth(place).is_some_and(|reader| !reader.has_left(number)));
            let waits = batch.others || !batch.looks.is_empty();
            if !waits {
                ready.append(&mut batch.items);
            }
            waits
        });
        KEPT.fetch_sub(ready.len(), Ordering::Relaxed);
        ready
    }
}

/// Whether the barriers are to be had; found out before any thread has a number.
static BARRIERS: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// Whether threads may have numbers, for one that is about to have one: not where removers should make their barriers and cannot.
pub(crate) fn may_have_numbers() -> bool {
    if BARRIERS.load(Ordering::Relaxed) == UNKNOWN {
        let found = if system::register() { YES } else { NO };
        // Whoever was first is right: all have numbers, or nobody.
        let _ = BARRIERS.compare_exchange(UNKNOWN, found, Ordering::AcqRel, Ordering::Acquire);
    }
    BARRIERS.load(Ordering::Acquire) == YES
}

/// Whether all readers are behind a barrier now.
fn remover_barrier() -> bool {
    full_barrier();
    BARRIERS.load(Ordering::Acquire) != YES || system::remover_barrier()
}

/// Removers make the barriers of readers too.
#[cfg(all(target_os = "linux", not(miri)))]
mod system {
    use std::sync::atomic::{Ordering, compiler_fence};

    use rustix::thread::{MembarrierCommand, membarrier};

    pub(super) fn register() -> bool {
        membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
    }

    #[inline]
    pub(super) fn reader_barrier() {
        compiler_fence(Ordering::SeqCst);
    }

    /// A child after a fork may have to register again.
    pub(super) fn remover_barrier() -> bool {
        let barrier = || membarrier(MembarrierCommand::PrivateExpedited).is_ok();
        barrier() || (register() && barrier())
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod system {
    pub(super) use crate::reader::full_barrier as reader_barrier;

    pub(super) fn register() -> bool {
        true
    }

    pub(super) fn remover_barrier() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    struct Noted(Arc<AtomicBool>);

    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }

    fn retired() -> Arc<AtomicBool> {
        let dropped = Arc::new(AtomicBool::new(false));
        retire(Box::new(Noted(dropped.clone())), true);
        dropped
    }

    #[test]
    fn nothing_is_dropped_while_somebody_looks() {
        // This thread has a number.
        drop(pin());
        let guard = pin();
        let dropped = std::thread::spawn(retired).join().unwrap();
        let inner = pin();
        drop(guard);
        for _ in 0..100 {
            tidy();
            assert!(!dropped.load(Ordering::Acquire), "the inner guard still looks");
        }
        drop(inner);
        while !dropped.load(Ordering::Acquire) {
            tidy();
        }
    }

    #[test]
    fn much_that_is_taken_out_during_a_long_look_is_few_batches() {
        let guard = pin();
        for _ in 0..100 * BATCH {
            retire(Box::new(()), false);
        }
        let batches = LIMBO.lock().waiting.len();
        drop(guard);
        assert!(batches < 50, "{batches}");
    }

    #[test]
    fn threads_without_a_number_are_waited_for_too() {
        let guard = pin_without_number();
        let dropped = retired();
        tidy();
        assert!(!dropped.load(Ordering::Acquire));
        drop(guard);
        while !dropped.load(Ordering::Acquire) {
            tidy();
        }
    }
}
