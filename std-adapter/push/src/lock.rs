//! A lock that a child of `fork` does not wait for in vain.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::error::PushError;

/// A mutex that knows in which process it is held.
#[derive(Debug, Default)]
pub(super) struct Lock<T> {
    inner: Mutex<T>,
    /// The process whose thread has it; 0 if none has.
    holder: AtomicU32,
}

/// The lock is held as long as there is one.
pub(super) struct Held<'a, T> {
    guard: MutexGuard<'a, T>,
    holder: &'a AtomicU32,
}

/// Between taking the lock and saying so there are instructions, and nothing else.
const PATIENCE: Duration = Duration::from_secs(2);

impl<T> Lock<T> {
    pub(super) const fn new(value: T) -> Self {
        Self { inner: Mutex::new(value), holder: AtomicU32::new(0) }
    }

    /// The value, for who has the lock alone.
    pub(super) fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the lock.
    ///
    /// # Errors
    ///
    /// [`PushError::OtherProcess`], if a thread has it that stayed behind at a fork.
    pub(super) fn lock(&self) -> Result<Held<'_, T>, PushError> {
        let here = std::process::id();
        let mut unknown = None;
        loop {
            let guard = match self.inner.try_lock() {
                Ok(guard) => guard,
                // What panicked leaves whole entries.
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    // Relaxed: a number that says who is waited for, and nothing else.
                    match self.holder.load(Ordering::Relaxed) {
                        0 if unknown.get_or_insert_with(Instant::now).elapsed() > PATIENCE => return Err(PushError::OtherProcess),
                        0 => {}
                        holder if holder != here => return Err(PushError::OtherProcess),
                        _ => unknown = None,
                    }
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
            };
            self.holder.store(here, Ordering::Relaxed);
            return Ok(Held { guard, holder: &self.holder });
        }
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.holder.store(0, Ordering::Relaxed);
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_of_another_process_is_an_error() {
        let lock = Lock::new(1);
        let held = lock.lock().unwrap();
        lock.holder.store(std::process::id() ^ 1, Ordering::Relaxed);
        let blocked = std::thread::scope(|scope| scope.spawn(|| lock.lock().map(|held| *held)).join().unwrap());
        assert!(matches!(blocked, Err(PushError::OtherProcess)), "{blocked:?}");
        drop(held);
        *lock.lock().unwrap() += 1;
        assert_eq!(*lock.lock().unwrap(), 2);
    }

    #[test]
    fn lock_is_waited_for() {
        let lock = Lock::new(0);
        std::thread::scope(|scope| {
            (0..4).for_each(|_| _ = scope.spawn(|| (0..50).for_each(|_| *lock.lock().unwrap() += 1)));
        });
        assert_eq!(*lock.lock().unwrap(), 200);
    }
}
