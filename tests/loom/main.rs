//! The protocols of the core and of the std adapter under loom: nothing is read while it is written, nothing is lost, and what is read belongs together.
#![cfg(loom)]
#![allow(dead_code, reason = "models ask for a part of each file")]

mod atomic {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use loom::thread::yield_now;
    pub(crate) type AtomicUint = AtomicU32;

    /// No process is forked here.
    pub(crate) fn generation() -> u32 {
        0
    }

    /// A thread that waits here waits for a step that comes.
    pub(crate) struct Backoff(u32);

    impl Backoff {
        pub(crate) fn for_millis(millis: u32) -> Self {
            Self(millis)
        }

        pub(crate) fn snooze(&mut self) -> bool {
            yield_now();
            self.0 = self.0.saturating_sub(1);
            self.0 > 0
        }
    }

    pub(crate) type Uint = u32;

    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }

        pub(crate) fn try_lock(&self) -> Option<loom::sync::MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }
}

/// What the core's files name besides.
mod encode {
    #[derive(Clone, Copy, Debug, Default)]
    pub(crate) struct NativeBucket {
        pub(crate) index: i32,
        pub(crate) count: u64,
    }
}

macro_rules! shown_as {
    ([] $type:ty, $self:ident => $brief:expr) => {
        impl core::fmt::Debug for $type {
            fn fmt(&$self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&$brief, f)
            }
        }
    };
}

mod cell;
mod epoch;
mod family;
/// No other processes.
mod shared {
    pub(crate) struct Making;

    impl Making {
        pub(crate) fn begin() -> Self {
            Self
        }
    }
}
#[path = "../../std-adapter/registry/src/cell/local/many.rs"]
mod many;
#[path = "../../std-adapter/registry/src/cell/local/moment.rs"]
mod moment;
#[path = "../../std-adapter/registry/src/cell/local/more.rs"]
mod more;
#[path = "../../std-adapter/multiprocess/src/file/protocol.rs"]
mod protocol;
#[path = "../../std-adapter/registry/src/cell/local/resets.rs"]
mod resets;
#[path = "../../std-adapter/registry/src/cell/queues/ring.rs"]
mod ring;

#[path = "../../std-adapter/registry/src/cell/local/rows.rs"]
mod rows;

#[path = "../../core/src/sequence.rs"]
mod sequence;
#[path = "../../core/src/slot.rs"]
mod slot;
#[path = "../../core/src/tally.rs"]
mod tally;
#[path = "../../std-adapter/registry/src/cell/local/together.rs"]
mod together;

use loom::thread::JoinHandle;

mod bases;
mod columns;
mod files;
mod floats;
mod folds;
mod guards;
mod handles;
mod moments;
mod places;
mod rings;
mod sequences;
mod slots;
mod tables;
mod tallies;
mod used;

/// Starts a thread. Each that acts beside others is started by this: of the thread that starts them loom always lets the next step
/// come before any of theirs, so a model in which it acts is not checked for all that may happen.
fn start<T: Clone + Send + 'static, R: 'static>(shared: &T, act: impl FnOnce(&T) -> R + Send + 'static) -> JoinHandle<R> {
    let shared = shared.clone();
    loom::thread::spawn(move || act(&shared))
}

/// A model that takes too long where nothing bounds it: at most so often a thread makes way that could have gone on.
fn bounded(switches: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

/// Ends threads, and gives what they return.
fn join<R, const N: usize>(threads: [JoinHandle<R>; N]) -> [R; N] {
    threads.map(|thread| thread.join().unwrap())
}

/// Counts how often something came about in all interleavings of a model, so that no model is content with what never happens.
struct Met(&'static str, std::sync::atomic::AtomicUsize);

impl Met {
    const fn that(what: &'static str) -> Self {
        Self(what, std::sync::atomic::AtomicUsize::new(0))
    }

    fn note(&self, met: bool) {
        self.1.fetch_add(usize::from(met), std::sync::atomic::Ordering::Relaxed);
    }

    fn demand(&self) {
        assert!(self.1.load(std::sync::atomic::Ordering::Relaxed) > 0, "it never came about that {}", self.0);
    }

    fn demand_all<const N: usize>(all: [&Self; N]) {
        all.into_iter().for_each(Self::demand);
    }
}
