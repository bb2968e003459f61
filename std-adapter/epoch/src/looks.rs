//! How long one thread waits for a few steps of another.

use std::time::Duration;

/// Behind so many looks there is a pause between two, in which threads of a lower priority run.
const QUICK: u32 = 100;

/// Looks at what another thread is about to change, with an end.
///
/// Looks are counted and not time: a program that is stopped, or gets no processor, loses none.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use picometer_epoch::Looks;
///
/// let is_done = AtomicBool::new(false);
/// std::thread::scope(|scope| {
///     scope.spawn(|| is_done.store(true, Ordering::Release));
///     let mut looks = Looks::for_millis(1_000);
///     while !is_done.load(Ordering::Acquire) && looks.again() {}
/// });
/// ```
#[derive(Debug)]
pub struct Looks {
    left: u32,
    quick: u32,
}

impl Looks {
    /// A hundred looks between which other threads may run, and then one for each of so many milliseconds.
    pub const fn for_millis(millis: u32) -> Self {
        Self { left: millis, quick: QUICK }
    }

    /// Lets other threads run for a moment; returns whether to look once more.
    #[cold]
    pub fn again(&mut self) -> bool {
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
    fn looks_end() {
        let mut looks = Looks::for_millis(3);
        let mut count = 0;
        while looks.again() {
            count += 1;
        }
        assert_eq!((count, looks.again()), (QUICK + 3, false));
    }
}
