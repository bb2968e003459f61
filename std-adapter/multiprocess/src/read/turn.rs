//! One page after the other reads the files of all workers. A fork does not wait for that.

use std::sync::atomic::{AtomicU32, Ordering};

use picometer_epoch::{Backoff, generation};

/// So many milliseconds a page waits for others.
const LONGEST: u32 = 10_000;
/// No page reads.
const FREE: u32 = 0;

/// In which process a page reads, if one does. A page that stayed behind at a fork has no turn in the child.
#[derive(Default)]
pub(super) struct Turn(AtomicU32);

/// The turn of a page, which ends when this is dropped.
pub(super) struct Held<'a> {
    turn: &'a AtomicU32,
    process: u32,
}

impl Turn {
    /// Waits for other pages; none where they take very long.
    pub(super) fn wait(&self) -> Option<Held<'_>> {
        let process = generation().wrapping_add(1).max(1);
        let mut backoff = Backoff::for_millis(LONGEST);
        loop {
            let now = self.0.load(Ordering::Relaxed);
            // Acquire: pairs with the release at the end of a turn, so that what the page before left is seen.
            if now != process && self.0.compare_exchange(now, process, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return Some(Held { turn: &self.0, process });
            }
            if !backoff.snooze() {
                return None;
            }
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Not that of a page in a child, which has the turn since. Release: as above.
        let _ = self.turn.compare_exchange(self.process, FREE, Ordering::Release, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turn_that_stayed_behind_at_a_fork_is_taken_over() {
        let turn = Turn::default();
        let of_parent = Held { turn: &turn.0, process: generation().wrapping_add(7) };
        turn.0.store(of_parent.process, Ordering::Relaxed);
        let held = turn.wait();
        assert!(held.is_some());
        drop(of_parent);
        assert_ne!(turn.0.load(Ordering::Relaxed), FREE, "it is the turn of another page");
        drop(held);
        assert_eq!(turn.0.load(Ordering::Relaxed), FREE);
    }

    #[test]
    fn pages_take_turns() {
        let (turn, reading) = (Turn::default(), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let held = turn.wait();
                        assert!(held.is_some() && reading.fetch_add(1, Ordering::Relaxed) == 0);
                        reading.fetch_sub(1, Ordering::Relaxed);
                    }
                });
            }
        });
    }
}
