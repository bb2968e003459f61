//! How a table is read while others count and move.

use super::limit::at_resolution;
use super::*;

impl Table<'_> {
    /// All observations of one moment: the buckets of positive values and behind them those of negative ones, each rising, in
    /// `buckets`, which has to be as long as the table; and the sum that `sum` reads.
    pub fn read<T>(self, plan: &Plan, buckets: &mut [NativeBucket], sum: impl Fn() -> T) -> Read<T> {
        let mut attempt = 0;
        self.read_while(plan, buckets, sum, || {
            spin_loop();
            attempt += 1;
            attempt < ATTEMPTS
        })
    }

    /// What was counted with [`count`](Self::count).
    pub fn read_counts(self, plan: &Plan, buckets: &mut [NativeBucket]) -> Read<()> {
        self.read_while(
            plan,
            buckets,
            || (),
            || {
                spin_loop();
                false
            },
        )
    }

    /// The same as [`read`](Self::read), again while an observation is under way and `again`, which lets others run, says so.
    pub fn read_while<T>(self, plan: &Plan, buckets: &mut [NativeBucket], sum: impl Fn() -> T, mut again: impl FnMut() -> bool) -> Read<T> {
        let mut attempt = 0;
        loop {
            let moves = self.state.moves.load(Ordering::Acquire);
            let mut read = self.read_once(plan, buckets, &sum);
            let begun = self.state.begun.load(Ordering::Relaxed);
            // Keeps the second look at `moves` behind the loads of all places, whose releases in `limit` it pairs with.
            fence(Ordering::Acquire);
            let still = self.state.moves.load(Ordering::Relaxed) == moves;
            attempt += 1;
            let is_whole = still && read.count == begun;
            if is_whole || (!again() && still) || attempt >= MOVE_ATTEMPTS {
                for bucket in buckets.get_mut(read.positive..read.buckets).unwrap_or(&mut []) {
                    bucket.index -= BEHIND;
                }
                read.buckets = read.buckets.min(buckets.len());
                return read;
            }
        }
    }

    fn read_once<T>(self, plan: &Plan, buckets: &mut [NativeBucket], sum: &impl Fn() -> T) -> Read<T> {
        let (mut zero_count, mut count, mut len, mut positive) = (0, 0, 0, 0);
        let (mut moving, mut grown) = (FREE, false);
        let reduced = self.state.reduced.load(Ordering::Relaxed);
        let schema = plan.scale.schema() - reduced as i8;
        let threshold = self.threshold(plan);
        let mut see = |seen: u64| {
            let own = seen & COUNT;
            count += own;
            let key = key_of(seen);
            match decode(key) {
                None => zero_count += if key == ZERO { own } else { 0 },
                Some((finer, index)) => {
                    let index = at_resolution(plan, reduced, finer, index);
                    if plan.scale.upper_bound(index, reduced) <= threshold {
                        zero_count += own;
                    } else {
                        let negative = key & NEGATIVE != 0;
                        let new = insert(buckets, &mut len, NativeBucket { index: index + if negative { BEHIND } else { 0 }, count: own });
                        positive += usize::from(new && !negative);
                    }
                }
            }
        };
        for slot in self.slots.iter().chain(&self.state.special) {
            // Pairs with the releases of `put`, and of each step of a move.
            let seen = slot.0.load(Ordering::Acquire);
            match seen & MARK {
                MOVING => moving = seen,
                mark if mark >= HELD => {
                    grown |= mark == GROWN;
                    see(seen);
                }
                _ => {}
            }
        }
        if moving != FREE && !grown {
            see(moving);
        }
        Read { schema, zero_threshold: threshold, zero_count, count, positive, buckets: len, sum: sum() }
    }

    /// Forgets everything. What is counted meanwhile may be forgotten or not.
    pub fn clear(self) {
        for slot in self.slots.iter().chain(&self.state.special) {
            slot.0.store(FREE, Ordering::Relaxed);
        }
        self.state.begun.store(0, Ordering::Relaxed);
        self.state.reduced.store(0, Ordering::Relaxed);
        self.state.widened.store(0, Ordering::Relaxed);
        self.state.taken.store(0, Ordering::Release);
    }
}

/// What stands in front of it are all positive ones.
const BEHIND: i32 = 1 << 24;

/// Inserts where it belongs, or adds to the bucket that is there; whether it is a new one.
fn insert(buckets: &mut [NativeBucket], len: &mut usize, bucket: NativeBucket) -> bool {
    let sorted = buckets.get_mut(..*len).unwrap_or(&mut []);
    let at = sorted.partition_point(|other| other.index < bucket.index);
    if let Some(same) = sorted.get_mut(at).filter(|other| other.index == bucket.index) {
        same.count += bucket.count;
        return false;
    }
    let Some(behind) = buckets.get_mut(at..=*len) else { return false };
    let mut carried = bucket;
    behind.iter_mut().for_each(|place| core::mem::swap(place, &mut carried));
    *len += 1;
    true
}
