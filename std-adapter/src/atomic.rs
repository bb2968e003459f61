//! Where atomics and locks come from; loom's stand in for them when a protocol is checked.

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
