//! Locks that no fork finds held, and that a panic does not break: what they guard is whole between any two statements.

use std::fmt::Debug;
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use super::section::Section;
use shadow::{Seen, Shadow};

/// A mutex that no fork finds held.
///
/// ```
/// static COUNT: picometer_epoch::Mutex<u32> = picometer_epoch::Mutex::new(1);
/// *COUNT.lock() += 1;
/// assert_eq!(*COUNT.lock(), 2);
/// ```
#[derive(Debug, Default)]
pub struct Mutex<T> {
    inner: std::sync::Mutex<T>,
    shadow: Shadow,
}

/// As long as there is one, no other thread has the [`Mutex`].
///
/// ```
/// let mutex = picometer_epoch::Mutex::new(1);
/// let guard: picometer_epoch::MutexGuard<'_, u32> = mutex.lock();
/// assert_eq!(*guard, 1);
/// ```
#[must_use = "the mutex is free again when it is dropped"]
pub struct MutexGuard<'a, T> {
    // Dropped in this order.
    _shadow: Seen<'a>,
    guard: std::sync::MutexGuard<'a, T>,
    _section: Section,
}

impl<T> Mutex<T> {
    /// Makes one.
    pub const fn new(value: T) -> Self {
        Self { inner: std::sync::Mutex::new(value), shadow: Shadow::new() }
    }

    /// Waits until the mutex is free, and takes it. A thread that has it already waits for ever.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let section = Section::begin();
        let guard = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        MutexGuard { _shadow: self.shadow.see(), guard, _section: section }
    }

    /// Takes the mutex if it is free; none if it is not.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let section = Section::begin();
        let guard = match self.inner.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(MutexGuard { _shadow: self.shadow.see(), guard, _section: section })
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A lock that many may have for reading, and that no fork finds held.
///
/// ```
/// let lock = picometer_epoch::RwLock::new(1);
/// *lock.write() += 1;
/// assert_eq!(*lock.read() + *lock.read(), 4);
/// ```
#[derive(Debug, Default)]
pub struct RwLock<T>(std::sync::RwLock<T>);

/// As long as there is one, the [`RwLock`] is held.
///
/// ```
/// let lock = picometer_epoch::RwLock::new(1);
/// let held: picometer_epoch::Held<_> = lock.read();
/// assert_eq!(*held, 1);
/// ```
#[must_use = "the lock is free again when it is dropped"]
pub struct Held<G> {
    // Dropped in this order.
    guard: G,
    _section: Section,
}

impl<T> RwLock<T> {
    /// Makes one.
    pub const fn new(value: T) -> Self {
        Self(std::sync::RwLock::new(value))
    }

    /// Waits until no thread has it for writing.
    pub fn read(&self) -> Held<RwLockReadGuard<'_, T>> {
        let section = Section::begin();
        Held { guard: self.0.read().unwrap_or_else(PoisonError::into_inner), _section: section }
    }

    /// Waits until no other thread has it.
    pub fn write(&self) -> Held<RwLockWriteGuard<'_, T>> {
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

impl<T: Debug> Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        T::fmt(self, f)
    }
}

impl<G: Deref<Target: Debug>> Debug for Held<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        G::Target::fmt(self, f)
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
        crate::thread::own().unwrap().sections()
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
