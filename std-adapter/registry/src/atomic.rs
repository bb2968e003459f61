//! Where atomics and locks come from; loom's stand in for them when a protocol is checked.

pub(crate) use std::process::id as process;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
pub(crate) use std::thread::yield_now;

/// A mutex that a panic does not break: what it guards is whole between any two statements.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T> {
    inner: std::sync::Mutex<T>,
    #[cfg(picometer_thread_sanitizer)]
    shadow: AtomicU32,
}

#[cfg(not(picometer_thread_sanitizer))]
pub(crate) use std::sync::MutexGuard as Guard;

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            inner: std::sync::Mutex::new(value),
            #[cfg(picometer_thread_sanitizer)]
            shadow: AtomicU32::new(0),
        }
    }

    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.guard(self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The lock if it can be had at once.
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        match self.inner.try_lock() {
            Ok(guard) => Some(self.guard(guard)),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(self.guard(poisoned.into_inner())),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }

    #[cfg(not(picometer_thread_sanitizer))]
    #[inline(always)]
    #[expect(clippy::unused_self, reason = "the other one takes it")]
    fn guard<'a>(&'a self, guard: Guard<'a, T>) -> Guard<'a, T> {
        guard
    }
}

/// The standard library comes compiled without the sanitizer, which so does not see what a mutex orders. This says it once more.
#[cfg(picometer_thread_sanitizer)]
mod sanitized {
    use super::{AtomicU32, Mutex, Ordering};

    pub(crate) struct Guard<'a, T> {
        guard: std::sync::MutexGuard<'a, T>,
        shadow: &'a AtomicU32,
    }

    impl<T> Mutex<T> {
        pub(super) fn guard<'a>(&'a self, guard: std::sync::MutexGuard<'a, T>) -> Guard<'a, T> {
            self.shadow.load(Ordering::Acquire);
            Guard { guard, shadow: &self.shadow }
        }
    }

    impl<T> std::ops::Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.guard
        }
    }

    impl<T> std::ops::DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.guard
        }
    }

    impl<T> Drop for Guard<'_, T> {
        fn drop(&mut self) {
            self.shadow.store(1, Ordering::Release);
        }
    }
}

#[cfg(picometer_thread_sanitizer)]
pub(crate) use sanitized::Guard;

/// A lock that does not stay shut in a child of `fork` whose holder stayed behind in the parent.
#[derive(Debug)]
pub(crate) struct Turn(AtomicU32);

const HELD: u32 = 1;
const TAKEN_OVER: u32 = 2;
/// How often a holder is waited for who may not exist.
const PATIENCE: u32 = 2_000;

/// It is somebody's turn until this is dropped.
pub(crate) struct Held<'a> {
    turn: &'a AtomicU32,
    /// Whether there was a holder who does not exist.
    pub(crate) is_taken_over: bool,
}

impl Turn {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Waits for one's turn; `misses` says whether somebody may have stayed behind.
    pub(crate) fn wait(&self, misses: impl Fn() -> bool) -> Held<'_> {
        let (mut tries, mut is_taken_over) = (0, false);
        while !is_taken_over && !self.take(0, HELD) {
            yield_now();
            tries += 1;
            is_taken_over = tries >= PATIENCE && misses() && self.take(HELD, TAKEN_OVER);
        }
        Held { turn: &self.0, is_taken_over }
    }

    fn take(&self, from: u32, to: u32) -> bool {
        self.0.compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.turn.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_one_thread_s_at_a_time() {
        let (turn, count) = (Turn::new(), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let held = turn.wait(|| false);
                        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                        assert!(!held.is_taken_over);
                    }
                });
            }
        });
        assert_eq!(count.into_inner(), 30_000);
    }

    #[test]
    fn the_turn_of_who_is_missing_is_taken_over_once() {
        let turn = Turn::new();
        std::mem::forget(turn.wait(|| true));
        let held = turn.wait(|| true);
        assert!(held.is_taken_over);
        assert!(!turn.take(HELD, TAKEN_OVER));
        drop(held);
        assert!(!turn.wait(|| true).is_taken_over);
    }
}
