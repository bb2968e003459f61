//! A window that slides in steps: a sketch for each step that is not over for too long.

use super::line::Line;
use super::sketch::{Sketch, quantiles};
use crate::cell::total::total;

/// Count and sum of everything, and what was observed in each of the latest steps.
#[derive(Debug)]
pub(super) struct Window {
    lines: Box<[Line]>,
    slots: Box<[Slot]>,
    pub(super) count: u64,
    pub(super) sum: f64,
}

#[derive(Debug, Default)]
struct Slot {
    step: u64,
    sketch: Sketch,
}

/// Observations that belong together: all of them, their sum, and those that are numbers, which rise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch<'a> {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) rising: &'a [f64],
}

impl Window {
    pub(super) fn new(targets: &[(f64, f64)], ages: u32) -> Self {
        Self { lines: Line::of_all(targets), slots: (0..ages.max(1)).map(|_| Slot::default()).collect(), count: 0, sum: 0.0 }
    }

    /// Takes in what was observed in a step. Of one that left the window before nothing but count and sum is kept.
    pub(super) fn insert(&mut self, step: u64, batch: Batch<'_>) {
        self.count += batch.count;
        self.sum = total(self.sum + batch.sum);
        let at = (step % self.slots.len().max(1) as u64) as usize;
        let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.step <= step) else { return };
        if slot.step < step {
            slot.step = step;
            slot.sketch.clear();
        }
        slot.sketch.insert(&self.lines, batch.rising);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        (self.count, self.sum) = (0, 0.0);
        self.slots.iter_mut().for_each(|slot| slot.sketch.clear());
    }

    /// The values of quantiles in the step of now and those before it, as many as the window has.
    pub(super) fn quantiles(&self, now: u64, wanted: &[f64]) -> Vec<f64> {
        let latest = |slot: &&Slot| now.saturating_sub(slot.step) < self.slots.len() as u64;
        quantiles(self.slots.iter().filter(latest).map(|slot| &slot.sketch), wanted)
    }

    #[cfg(test)]
    pub(super) fn quantile(&self, now: u64, quantile: f64) -> f64 {
        self.quantiles(now, &[quantile])[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(rising: &[f64]) -> Batch<'_> {
        Batch { count: rising.len() as u64, sum: rising.iter().sum(), rising }
    }

    #[test]
    fn steps_leave_one_by_one() {
        let mut window = Window::new(&[(0.5, 0.01)], 3);
        assert!(window.quantile(0, 0.5).is_nan());
        window.insert(0, batch(&[1.0]));
        window.insert(1, batch(&[9.0, 9.0]));
        assert_eq!([0, 1, 2, 3, 4].map(|now| window.quantile(now, 0.0).to_bits()), [1.0, 1.0, 1.0, 9.0, f64::NAN].map(f64::to_bits));
        // What comes late is of its own step, as long as that is in the window.
        window.insert(3, batch(&[5.0]));
        window.insert(2, batch(&[2.0]));
        window.insert(0, batch(&[0.5]));
        assert_eq!((window.quantile(3, 0.0), window.quantile(4, 0.0), window.quantile(5, 0.0)), (2.0, 2.0, 5.0));
        assert!(window.quantile(u64::MAX, 0.5).is_nan());
        assert_eq!((window.count, window.sum), (6, 26.5));
    }
}
