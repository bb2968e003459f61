//! Whose turn it is to read the files of all workers. A fork does not wait for that.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use picometer_epoch::{Looks, generation};

/// One page after the other reads.
#[derive(Default)]
pub(super) struct Turn {
    turn: Mutex<()>,
    /// In which process a page had it last.
    process: AtomicU32,
}

impl Turn {
    /// Waits for other pages; none where one of them takes very long, or stayed behind at a fork.
    pub(super) fn wait(&self) -> Option<MutexGuard<'_, ()>> {
        let mut looks = Looks::for_millis(10_000);
        loop {
            match self.turn.try_lock() {
                Ok(turn) => {
                    self.process.store(generation(), Ordering::Relaxed);
                    return Some(turn);
                }
                Err(TryLockError::Poisoned(turn)) => return Some(turn.into_inner()),
                Err(TryLockError::WouldBlock) if self.process.load(Ordering::Relaxed) == generation() && looks.again() => {}
                Err(TryLockError::WouldBlock) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turn_that_stayed_behind_at_a_fork_is_not_waited_for() {
        let turn = Turn::default();
        let held = turn.wait();
        assert!(held.is_some());
        turn.process.store(generation().wrapping_add(1), Ordering::Relaxed);
        assert!(turn.wait().is_none());
        drop(held);
        assert!(turn.wait().is_some());
    }
}
