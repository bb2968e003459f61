//! Observations of threads that find no cells free, all together by atomic additions.
//!
//! There are two sets of a sum and counts, and a head that says which set is observed in and how many observations were begun in both.
//! One addition to the head begins an observation, and tells its set. A reader turns to the other set: nothing joins the first one any
//! more, and what is under way there comes to its end, however many threads go on. The other set is as it was at the turn: the last
//! reader left it without observations under way. So as many are counted as had begun at the turn. Readers come one at a time.
//!
//! In a file, which other processes read, there is one set, and a reader looks for a moment in which as many are counted as were begun.
//! Nothing is taken back but by a reset, so that a process that is killed anywhere leaves every observation that was made counted once.
//! Checked with loom.

use super::moment::{HEAD, seeing};
use crate::atomic::{AtomicU64, Backoff, Mutex, MutexGuard, Ordering, fence, generation};
use crate::cell::total::total;

/// In the head: the second set is observed in.
const SECOND: u64 = 1 << 63;
/// So many milliseconds a reader waits for observations under way.
const LONGEST: u32 = 1_000;
/// So many it looks for a quiet moment of one set: threads that never pause may leave none.
const LONGEST_OF_ONE: u32 = 100;

/// The cells of a histogram or a summary.
#[derive(Clone, Copy)]
pub(super) struct Together<'a> {
    /// The head, and the first sum and counts.
    first: &'a [AtomicU64],
    /// A word that is not used, and the second sum and counts.
    second: Option<&'a [AtomicU64]>,
    /// Whose turn it is to read, or to reset.
    turn: &'a Mutex<()>,
}

impl<'a> Together<'a> {
    pub(super) fn new(first: &'a [AtomicU64], second: Option<&'a [AtomicU64]>, turn: &'a Mutex<()>) -> Self {
        Self { first, second, turn }
    }

    pub(super) fn record(&self, bucket: usize, value: f64) {
        let [head, ..] = self.first else { return };
        // Acquire: pairs with the release of a turn. A set that was made zero before is zero.
        let set = self.set(head.fetch_add(1, Ordering::Acquire));
        // A reader that sees anything of what follows sees that it was begun.
        fence(Ordering::Release);
        let [_, sum, counts @ ..] = set else { return };
        if value.is_finite() {
            let mut bits = sum.load(Ordering::Relaxed);
            let plus = |bits| total(f64::from_bits(bits) + value).to_bits();
            while let Err(now) = sum.compare_exchange_weak(bits, plus(bits), Ordering::Relaxed, Ordering::Relaxed) {
                bits = now;
            }
        }
        if let Some(count) = counts.get(bucket).or(counts.last()) {
            // Release: pairs with the fence of `add`. A reader that sees it counted sees it in the sum.
            count.fetch_add(1, Ordering::Release);
        }
    }

    /// The set that a head names.
    fn set(&self, head: u64) -> &'a [AtomicU64] {
        self.second.filter(|_| head & SECOND != 0).unwrap_or(self.first)
    }

    /// Adds the counts of one moment to `into`, and returns the sum.
    pub(super) fn read(&self, into: &mut [u64]) -> f64 {
        let mut backoff = Backoff::for_millis(LONGEST);
        let turn = self.wait(&mut backoff);
        match (turn, self.second) {
            (Some(_turn), Some(second)) => self.read_in_turn(second, &mut backoff, into).sum,
            // A signal handler interrupts a reader, or there is one set.
            _ => seeing(self.first, into, |seen| Some(self.look(&mut Backoff::for_millis(LONGEST_OF_ONE), seen).sum)),
        }
    }

    fn wait(&self, backoff: &mut Backoff) -> Option<MutexGuard<'a, ()>> {
        self.second?;
        loop {
            match self.turn.try_lock() {
                Some(turn) => return Some(turn),
                None if backoff.snooze() => {}
                None => return None,
            }
        }
    }

    /// Turns to the other set, and waits for the end of what is under way in this one.
    fn read_in_turn(&self, second: &'a [AtomicU64], backoff: &mut Backoff, into: &mut [u64]) -> Turned<'a> {
        let Some(head) = self.first.first() else { return Turned { set: &[], sum: 0.0, counted: 0 } };
        // Readers alone change which set it is.
        let is_second = head.load(Ordering::Relaxed) & SECOND != 0;
        let (set, other) = if is_second { (second, self.first) } else { (self.first, second) };
        let (other_sum, other_counted) = add(other, into);
        // Acquire, within `add`, and release: what was loaded is of observations before the turn. Acquire: pairs with the release of a
        // reset, whose numbers belong together.
        let begun = head.fetch_xor(SECOND, Ordering::AcqRel) & !SECOND;
        let mut turned = Turned { set, sum: 0.0, counted: 0 };
        let sum = seeing(set, into, |seen| {
            let mut first = None;
            loop {
                seen.fill(0);
                let (sum, counted) = add(set, seen);
                turned.counted = counted;
                let missing = begun.wrapping_sub(other_counted.wrapping_add(counted));
                if missing == 0 {
                    return Some(sum);
                }
                let stands_still = *first.get_or_insert(counted) == counted;
                if !backoff.snooze() {
                    self.end(stands_still, missing);
                    return Some(sum);
                }
            }
        });
        turned.sum = total(other_sum + sum);
        turned
    }

    /// Looks for a moment in which as many are counted as were begun.
    fn look(&self, backoff: &mut Backoff, seen: &mut [u64]) -> Turned<'a> {
        let mut first = None;
        loop {
            seen.fill(0);
            let sets = [Some(self.first), self.second].into_iter().flatten();
            let (sum, counted) = sets.fold((0.0, 0_u64), |(sum, counted), set| {
                let (more, many) = add(set, seen);
                (total(sum + more), counted.wrapping_add(many))
            });
            let begun = self.first.first().map_or(0, |head| head.load(Ordering::Relaxed) & !SECOND);
            let missing = begun.wrapping_sub(counted);
            let stands_still = *first.get_or_insert(counted) == counted;
            if missing == 0 || !backoff.snooze() {
                self.end(stands_still, missing);
                return Turned { set: self.first, sum, counted };
            }
        }
    }

    /// Ends observations of threads that stayed behind at a fork, so that no reader waits for them again. Where one comes after all, it is
    /// the other way round, and is ended in the same way.
    fn end(&self, stands_still: bool, missing: u64) {
        if let [head, ..] = self.first
            && missing != 0
            && stands_still
            && generation() > 0
        {
            head.fetch_sub(missing, Ordering::Relaxed);
        }
    }

    /// Takes everything away. What is observed meanwhile stays, or goes as a whole. In a file, where threads never pause, the sum may lack
    /// what was under way.
    pub(super) fn reset(&self) {
        let [head, sum, counts @ ..] = self.first else { return };
        let mut gone = vec![0; counts.len()];
        if let Some(second) = self.second {
            let _turn = self.turn.lock();
            for _ in 0..2 {
                let mut backoff = Backoff::for_millis(LONGEST);
                let set = self.read_in_turn(second, &mut backoff, &mut vec![0; counts.len()]).set;
                gone.fill(0);
                // Nothing is observed there any more.
                let (_, counted) = add(set, &mut gone);
                set.iter().skip(1).take(1).for_each(|sum| sum.store(0, Ordering::Relaxed));
                take(head, set, counted, &gone);
            }
            return;
        }
        let mut backoff = Backoff::for_millis(LONGEST_OF_ONE);
        loop {
            let found = self.look(&mut backoff, &mut gone);
            // All of the sum goes: what is subtracted from a float leaves what was rounded.
            let is_whole = sum.compare_exchange(found.sum.to_bits(), 0, Ordering::AcqRel, Ordering::Relaxed).is_ok();
            if is_whole || !backoff.snooze() {
                if !is_whole {
                    sum.swap(0, Ordering::AcqRel);
                }
                return take(head, self.first, found.counted, &gone);
            }
        }
    }
}

/// Takes so many away of a set.
fn take(head: &AtomicU64, set: &[AtomicU64], counted: u64, gone: &[u64]) {
    head.fetch_sub(counted, Ordering::Relaxed);
    fence(Ordering::Release);
    let counts = set.iter().skip(HEAD as usize).zip(gone);
    counts.for_each(|(count, gone)| _ = count.fetch_sub(*gone, Ordering::Release));
}

/// What was found in the set that was observed in.
struct Turned<'a> {
    set: &'a [AtomicU64],
    /// Of both sets.
    sum: f64,
    counted: u64,
}

/// Adds the counts of a set to `into`, and returns its sum and how many were counted.
fn add(set: &[AtomicU64], into: &mut [u64]) -> (f64, u64) {
    let [_, sum, counts @ ..] = set else { return (0.0, 0) };
    let mut counted: u64 = 0;
    for (into, count) in into.iter_mut().zip(counts) {
        let count = count.load(Ordering::Relaxed);
        *into = into.wrapping_add(count);
        counted = counted.wrapping_add(count);
    }
    // Acquire: pairs with the releases of the counts. What was counted is in the sum.
    fence(Ordering::Acquire);
    let sum = f64::from_bits(sum.load(Ordering::Relaxed));
    // Acquire: pairs with the fence of `record`. What is in the sum had begun.
    fence(Ordering::Acquire);
    (sum, counted)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn observation_whose_thread_gets_no_processor_is_waited_for_while_others_go_on() {
        let sets = [[0_u64; 4], [0; 4]].map(|set| set.map(AtomicU64::new));
        let ([first, second], turn) = (&sets, Mutex::new(()));
        for second in [None, Some(&second[..])] {
            let together = Together::new(first, second, &turn);
            together.record(0, 2.0);
            first[0].fetch_add(1, Ordering::Relaxed);
            first[1].store(5.0_f64.to_bits(), Ordering::Relaxed);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(std::time::Duration::from_millis(40));
                    together.record(0, 0.0);
                    first[3].fetch_add(1, Ordering::Release);
                });
                let mut counts = [0; 2];
                let sum = together.read(&mut counts);
                assert_eq!((sum, counts[1]), (5.0, 1));
            });
            let mut counts = [0; 2];
            assert_eq!((together.read(&mut counts), counts), (5.0, [2, 1]));
            together.reset();
            together.record(1, 1.5);
            counts = [0; 2];
            assert_eq!((together.read(&mut counts), counts), (1.5, [0, 1]));
            together.reset();
        }
    }
}
