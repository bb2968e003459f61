//! Locks that no fork finds held, and that a panic does not break: what they guard is whole between any two statements.

use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use super::fork::Section;
use shadow::{Seen, Shadow};

/// A mutex.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T> {
    inner: std::sync::Mutex<T>,
    shadow: Shadow,
}

/// As long as there is one, no other thread has the mutex.
pub(crate) struct Guard<'a, T> {
    // Dropped in this order.
    _shadow: Seen<'a>,
    guard: std::sync::MutexGuard<'a, T>,
    _section: Section,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { inner: std::sync::Mutex::new(value), shadow: Shadow::new() }
    }

    pub(crate) fn lock(&self) -> Guard<'_, T> {
        let section = Section::begin();
        let guard = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Guard { _shadow: self.shadow.see(), guard, _section: section }
    }

    /// The lock if it can be had at once.
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        let section = Section::begin();
        let guard = match self.inner.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Guard { _shadow: self.shadow.see(), guard, _section: section })
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A lock that many may have for reading.
#[derive(Debug, Default)]
pub(crate) struct RwLock<T>(std::sync::RwLock<T>);

/// As long as there is one, the lock is held.
pub(crate) struct Held<G> {
    // Dropped in this order.
    guard: G,
    _section: Section,
}

impl<T> RwLock<T> {
    #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "the recorder's"))]
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> Held<RwLockReadGuard<'_, T>> {
        let section = Section::begin();
        Held { guard: self.0.read().unwrap_or_else(PoisonError::into_inner), _section: section }
    }

    pub(crate) fn write(&self) -> Held<RwLockWriteGuard<'_, T>> {
        let section = Section::begin();
        Held { guard: self.0.write().unwrap_or_else(PoisonError::into_inner), _section: section }
    }
}

impl<G: Deref> Deref for Held<G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Held<G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

#[cfg(not(picometer_thread_sanitizer))]
mod shadow {
    use std::marker::PhantomData;

    #[derive(Debug, Default)]
    pub(super) struct Shadow;

    pub(super) struct Seen<'a>(PhantomData<&'a Shadow>);

    impl Shadow {
        pub(super) const fn new() -> Self {
            Self
        }

        #[inline(always)]
        pub(super) fn see(&self) -> Seen<'_> {
            let _ = self;
            Seen(PhantomData)
        }
    }
}

/// The standard library comes compiled without the sanitizer, which so does not see what a mutex orders. This says it once more.
#[cfg(picometer_thread_sanitizer)]
mod shadow {
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Debug, Default)]
    pub(super) struct Shadow(AtomicU32);

    pub(super) struct Seen<'a>(&'a AtomicU32);

    impl Shadow {
        pub(super) const fn new() -> Self {
            Self(AtomicU32::new(0))
        }

        pub(super) fn see(&self) -> Seen<'_> {
            self.0.load(Ordering::Acquire);
            Seen(&self.0)
        }
    }

    impl Drop for Seen<'_> {
        fn drop(&mut self) {
            self.0.store(1, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// How many locks this thread has, as a fork sees it.
    fn sections() -> u32 {
        crate::epoch::thread::own().unwrap().sections()
    }

    #[test]
    fn panic_within_a_lock_leaves_it_free() {
        let (mutex, lock) = (Mutex::new(1), RwLock::new(1));
        let before = sections();
        for _ in 0..2 {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let (mut one, mut other) = (mutex.lock(), lock.write());
                (*one, *other) = (*one + 1, *other + 1);
                panic!("as it should");
            }));
            assert!(panicked.is_err());
        }
        assert_eq!(sections(), before, "a fork does not wait for it");
        // Each by itself: a guard lives until the end of its statement.
        assert_eq!(*mutex.lock(), 3);
        assert_eq!(*mutex.try_lock().unwrap(), 3);
        assert_eq!(*lock.read(), 3);
        assert_eq!(*lock.write(), 3);
        assert!(std::thread::scope(|scope| scope.spawn(|| mutex.try_lock().is_some()).join().unwrap()));
    }
}
