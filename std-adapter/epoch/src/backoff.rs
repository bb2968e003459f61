//! How long one thread waits for a few steps of another.

use std::time::Duration;

/// So often a thread yields before it sleeps, so that threads of a lower priority run.
const QUICK: u32 = 100;

/// Backoff in a loop that waits for another thread, with an end.
///
/// Steps are counted and not time: a program that is stopped, or gets no processor, loses none.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use picometer_epoch::Backoff;
///
/// let is_done = AtomicBool::new(false);
/// std::thread::scope(|scope| {
///     scope.spawn(|| is_done.store(true, Ordering::Release));
///     let mut backoff = Backoff::for_millis(1_000);
///     while !is_done.load(Ordering::Acquire) && backoff.snooze() {}
/// });
/// ```
#[derive(Debug)]
pub struct Backoff {
    left: u32,
    quick: u32,
}

impl Backoff {
    /// Yields a hundred times, and then sleeps for a millisecond so many times.
    pub const fn for_millis(millis: u32) -> Self {
        Self { left: millis, quick: QUICK }
    }

    /// Yields or sleeps; returns false instead if all steps were made.
    #[cold]
    pub fn snooze(&mut self) -> bool {
        if self.quick > 0 {
            self.quick -= 1;
            std::thread::yield_now();
        } else if self.left > 0 {
            self.left -= 1;
            std::thread::sleep(Duration::from_millis(1));
        } else {
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end() {
        let mut backoff = Backoff::for_millis(3);
        let mut count = 0;
        while backoff.snooze() {
            count += 1;
        }
        assert_eq!((count, backoff.snooze()), (QUICK + 3, false));
    }
}
