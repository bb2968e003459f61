//! How a table makes room: by a wider zero bucket, or by half the resolution.

use super::*;

impl Table<'_> {
    pub(super) fn threshold(self, plan: &Plan) -> f64 {
        let widened = self.state.widened.load(Ordering::Relaxed);
        if widened == 0 { plan.zero_threshold } else { f64::from_bits(widened) }
    }

    /// Makes room, unless another context does.
    #[cold]
    pub(super) fn limit(self, plan: &Plan) {
        // Acquire, and release at the end: what the context before this one moved is seen whole.
        if self.state.claimed.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return;
        }
        let mut swept = false;
        // Acquire: pairs with the addition in `put`. The places that are counted are seen.
        while self.state.taken.load(Ordering::Acquire) > plan.limit {
            // Counts that came late may have taken places that only have to be put together.
            if !core::mem::replace(&mut swept, true) && self.sweep(plan) {
                continue;
            }
            swept = false;
            let reduced = self.state.reduced.load(Ordering::Relaxed);
            let smallest = self.smallest(plan, reduced);
            let bound = smallest.map_or(f64::INFINITY, |index| plan.scale.upper_bound(index, reduced));
            let lowest = plan.scale.schema() - reduced as i8 <= LOWEST;
            // Where there is no coarser resolution, the zero bucket takes what is smallest, however large that is.
            if bound <= plan.max_zero_threshold || (lowest && bound < f64::MAX) {
                if bound > self.threshold(plan) {
                    self.state.widened.store(bound.to_bits(), Ordering::Relaxed);
                }
            } else if !lowest {
                self.state.reduced.store(reduced + 1, Ordering::Relaxed);
            } else {
                break;
            }
            self.sweep(plan);
        }
        self.state.claimed.store(0, Ordering::Release);
    }

    /// The smallest index of both signs at the resolution of now.
    fn smallest(self, plan: &Plan, reduced: u32) -> Option<i32> {
        let indices = self.slots.iter().filter_map(|slot| {
            let (schema, index) = decode(key_of(slot.0.load(Ordering::Relaxed)))?;
            Some(at_resolution(plan, reduced, schema, index))
        });
        indices.min()
    }

    /// Moves what is finer than the resolution of now, what the zero bucket holds, and what two places count that were taken at the
    /// same time; whether there was anything.
    fn sweep(self, plan: &Plan) -> bool {
        let mut moved = false;
        let reduced = self.state.reduced.load(Ordering::Relaxed);
        let schema = plan.scale.schema() - reduced as i8;
        let threshold = self.threshold(plan);
        for (place, slot) in self.slots.iter().enumerate() {
            let seen = slot.0.load(Ordering::Relaxed);
            let Some((own, index)) = decode(key_of(seen)).filter(|_| counts(seen)) else { continue };
            let same = |other: &Slot| {
                let other = other.0.load(Ordering::Relaxed);
                counts(other) && key_of(other) == key_of(seen)
            };
            let index = at_resolution(plan, reduced, own, index);
            if plan.scale.upper_bound(index, reduced) <= threshold {
                self.relocate(slot, ZERO, 0);
            } else if own > schema || self.slots.iter().take(place).any(same) {
                self.relocate(slot, code(schema, index) | (key_of(seen) & NEGATIVE), index);
            } else {
                continue;
            }
            moved = true;
        }
        moved
    }

    fn relocate(self, slot: &Slot, key: u32, home: i32) {
        let announce = || {
            // Before each step, which releases its place: a reader that acquires the place sees this number too, and reads again.
            self.state.moves.fetch_add(1, Ordering::Release);
        };
        announce();
        let moving = |seen: u64| counts(seen).then_some(seen & !MARK | MOVING);
        let Ok(old) = slot.0.fetch_update(Ordering::AcqRel, Ordering::Relaxed, moving) else { return };
        announce();
        if let Put::Full = self.put(key, home, old & COUNT, true) {
            // No place but the old one.
            slot.0.store(word(HELD, key, old & COUNT), Ordering::Release);
            return;
        }
        announce();
        slot.0.store(LEFT, Ordering::Release);
        self.state.taken.fetch_sub(1, Ordering::Relaxed);
        announce();
        for slot in self.slots.iter().chain(&self.state.special) {
            let _ = slot.0.fetch_update(Ordering::Release, Ordering::Relaxed, |seen| (seen & MARK == GROWN).then_some(seen & !MARK | HELD));
        }
    }
}

pub(super) fn at_resolution(plan: &Plan, reduced: u32, schema: i8, index: i32) -> i32 {
    coarser(index, u32::from((schema - (plan.scale.schema() - reduced as i8)).max(0).unsigned_abs()))
}
