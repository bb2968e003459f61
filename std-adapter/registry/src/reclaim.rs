//! Drops what was taken out of a structure when no thread can be looking at it any more.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::atomic::Mutex;
#[cfg(all(feature = "multiprocess", target_os = "linux"))]
use crate::cell::only_this_thread;
use crate::cell::{readers, this_thread};
use crate::reader::{Reader, full_barrier};
use crate::shared::Making;

/// So many are dropped together at least, because asking all threads takes microseconds.
const BATCH: usize = 64;

pub(crate) type Item = Box<dyn Send + Sync>;

static LIMBO: Mutex<Limbo> = Mutex::new(Limbo { fresh: Vec::new(), waiting: Vec::new() });
/// How many are kept, so that nobody takes the mutex to find none.
static KEPT: AtomicUsize = AtomicUsize::new(0);
/// Looks of threads that have no number of their own, in two counts by turns, so that each comes to nothing while others look.
static OTHERS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// Which of the two a look that begins is counted in.
static TURN: AtomicUsize = AtomicUsize::new(0);

struct Limbo {
    fresh: Vec<Item>,
    waiting: Vec<Batch>,
}

/// What was taken out before certain looks ended.
struct Batch {
    items: Vec<Item>,
    /// Threads, by place, and their numbers.
    looks: Vec<(usize, u64)>,
    /// Which count of others has to come to nothing.
    others: Option<usize>,
}

/// How long a thread looks. What it finds meanwhile is not dropped.
pub(crate) struct Guard {
    looker: Looker,
    /// It belongs to its thread.
    here: PhantomData<*const ()>,
}

#[derive(Clone, Copy)]
enum Looker {
    Thread(&'static Reader),
    Other(&'static AtomicUsize),
}

/// This thread looks from now on.
#[inline]
pub(crate) fn pin() -> Guard {
    match this_thread() {
        Some(reader) => {
            reader.enter(system::reader_barrier);
            Guard { looker: Looker::Thread(reader), here: PhantomData }
        }
        None => pin_without_number(),
    }
}

#[cold]
fn pin_without_number() -> Guard {
    // Whose turn is over by now is counted all the same: it began behind what was taken out until then.
    let count = &OTHERS[TURN.load(Ordering::SeqCst) % 2];
    count.fetch_add(1, Ordering::SeqCst);
    full_barrier();
    Guard { looker: Looker::Other(count), here: PhantomData }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        match self.looker {
            Looker::Thread(reader) => reader.leave(),
            Looker::Other(count) => {
                count.fetch_sub(1, Ordering::Release);
            }
        }
    }
}

/// Takes something that is not reachable any more. What it returns is to be dropped, behind all locks, because it may be
/// anything. Large things are worth asking all threads for at once.
#[must_use]
pub(crate) fn retire(item: Item, large: bool) -> Vec<Item> {
    let mut limbo = LIMBO.lock();
    limbo.fresh.push(item);
    KEPT.fetch_add(1, Ordering::Relaxed);
    if large || limbo.fresh.len() >= limbo.batch() {
        limbo.close();
    }
    if large || limbo.fresh.len().is_multiple_of(BATCH) { limbo.collect() } else { Vec::new() }
}

/// Drops what can be dropped of what is kept.
pub(crate) fn tidy() {
    if KEPT.load(Ordering::Relaxed) > 0 {
        let ready = {
            let _making = Making::begin();
            let mut limbo = LIMBO.lock();
            let mut ready = limbo.collect();
            if limbo.waiting.is_empty() || limbo.fresh.len() >= limbo.batch() {
                limbo.close();
                ready.append(&mut limbo.collect());
            }
            ready
        };
        drop(ready);
    }
}

/// In a child of `fork`, whose only thread is this one: nobody else looks any more.
#[cfg(all(feature = "multiprocess", target_os = "linux"))]
pub(crate) fn only_this_thread_looks() {
    // A thread without a number may be looking itself; then the counts are left as they are.
    if only_this_thread() {
        OTHERS.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

impl Limbo {
    /// How many are worth a batch of their own. While somebody looks for long, batches double: there are few of them, however much
    /// is taken out meanwhile.
    fn batch(&self) -> usize {
        BATCH.max(KEPT.load(Ordering::Relaxed).saturating_sub(self.fresh.len()))
    }

    /// What was taken out until now waits for those who look now.
    fn close(&mut self) {
        let turn = TURN.load(Ordering::SeqCst);
        let [now, next] = [turn % 2, (turn + 1) % 2];
        let is_over = |count: usize| OTHERS[count].load(Ordering::Acquire) == 0;
        // Where there are looks of two turns, what is fresh goes on waiting until those of the earlier one are over.
        if self.fresh.is_empty() || !is_over(next) || !remover_barrier() {
            return;
        }
        let others = if is_over(now) && is_over(next) {
            None
        } else {
            // Looks that begin from now on are counted in the other one, which nobody waits for any more: who was counted there
            // since it was over began behind the barrier.
            self.waiting.iter_mut().filter(|batch| batch.others == Some(next)).for_each(|batch| batch.others = None);
            TURN.store(turn + 1, Ordering::SeqCst);
            Some(now)
        };
        let looks = readers().enumerate().filter_map(|(place, reader)| Some((place, reader.waited_for()?))).collect();
        self.waiting.push(Batch { items: std::mem::take(&mut self.fresh), looks, others });
    }

    /// What nobody can be looking at.
    fn collect(&mut self) -> Vec<Item> {
        let mut ready = Vec::new();
        self.waiting.retain_mut(|batch| {
            batch.others = batch.others.filter(|&count| OTHERS[count].load(Ordering::Acquire) > 0);
            batch.looks.retain(|&(place, number)| readers().nth(place).is_some_and(|reader| !reader.has_left(number)));
            let waits = batch.others.is_some() || !batch.looks.is_empty();
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
        drop(retire(Box::new(Noted(dropped.clone())), true));
        dropped
    }

    #[test]
    fn nothing_is_dropped_while_somebody_looks() {
        // A thread has no number as long as others are just about to have theirs.
        while this_thread().is_none() {
            std::thread::yield_now();
        }
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
            drop(retire(Box::new(()), false));
        }
        let batches = LIMBO.lock().waiting.len();
        drop(guard);
        assert!(batches < 50, "{batches}");
    }

    #[test]
    fn a_look_that_began_later_is_not_waited_for() {
        let early = pin_without_number();
        let dropped = retired();
        tidy();
        // It is the turn of the other count, unless another test is looking.
        let late = pin_without_number();
        assert!(!dropped.load(Ordering::Acquire));
        drop(early);
        // Unless the later look held it up.
        while !dropped.load(Ordering::Acquire) {
            tidy();
            std::thread::yield_now();
        }
        drop(late);
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
