//! Counts of exponential buckets in a fixed number of places, of which none is ever lost; no context waits.
//!
//! # Places
//!
//! A place is one 64-bit word: a count, the bucket that it counts, and the resolution of that bucket. So counting is one
//! compare-and-swap, and a place means the same whatever becomes of the table around it: when the resolution is lowered, a late
//! count in a finer bucket is a count in the coarser one that holds it. Readers bring everything to the resolution of the table
//! and add up what is the same then. Buckets are found by probing from the place that the index points to.
//!
//! # Limiting
//!
//! When more places are taken than the limit, the context that noticed claims the table, widens the zero bucket or halves the resolution,
//! and moves what is too fine. Others count on meanwhile, in the places that the limit leaves free. A move is four steps, so that
//! also a reader that interrupted it sees the count once:
//!
//! 1. the old place is marked as *moving*: nothing counts in it any more;
//! 2. the new one takes the count, and is marked as *grown*: a moving place counts for nothing while there is a grown one;
//! 3. the old place is free;
//! 4. the mark of the new one is taken off.
//!
//! Each step is announced in `moves` before it is made, and readers that see `moves` change read again.
//!
//! # Reading
//!
//! As in [`tally`](crate::tally): observations are announced in `begun`, added to the sum, then counted. A reader whose counts add
//! up to `begun` saw sum and counts of the same observations. One that interrupted an observation takes the counts as they are:
//! the count *is* their sum.

// By their paths: models in `tests/loom` have this file by its path too.
#[path = "table/limit.rs"]
mod limit;
#[path = "table/read.rs"]
mod read;

use super::scale::{LOWEST, Scale, coarser};
use crate::atomic::{AtomicU32, AtomicU64, Ordering, fence, spin_loop};
use crate::encode::NativeBucket;

/// How a histogram is kept.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Plan {
    /// Where it starts.
    pub scale: Scale,
    /// Up to here values are counted as zero, at the start.
    pub zero_threshold: f64,
    /// How far that may rise before the resolution is lowered.
    pub max_zero_threshold: f64,
    /// How many taken places are enough, those of zero and NaN included. The table has to have some more.
    pub limit: u32,
}

/// One place.
#[doc(hidden)]
#[repr(transparent)]
pub struct Slot(AtomicU64);

shown_as!([] Slot, self => self.0.load(Ordering::Relaxed));

impl Slot {
    #[cfg(not(loom))]
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    pub const FREE: Self = Self(AtomicU64::new(FREE));

    #[cfg(loom)]
    pub fn free() -> Self {
        Self(AtomicU64::new(FREE))
    }
}

/// What a table has besides places. Where it is shared by processes, all of them have to know where its parts are.
#[doc(hidden)]
#[repr(C)]
pub struct State {
    begun: AtomicU64,
    /// The zero threshold as bits, once it was widened.
    widened: AtomicU64,
    /// How often the resolution was halved.
    reduced: AtomicU32,
    taken: AtomicU32,
    /// 1 while a context moves counts.
    claimed: AtomicU32,
    moves: AtomicU32,
    /// Places of zero and of NaN, which are always there.
    special: [Slot; 2],
}

shown_as!([] State, self => self.begun.load(Ordering::Relaxed));

impl State {
    #[cfg(not(loom))]
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    pub const NEW: Self = Self {
        begun: AtomicU64::new(0),
        reduced: AtomicU32::new(0),
        widened: AtomicU64::new(0),
        taken: AtomicU32::new(0),
        claimed: AtomicU32::new(0),
        moves: AtomicU32::new(0),
        special: [Slot::FREE; 2],
    };

    #[cfg(loom)]
    pub fn new() -> Self {
        let [begun, widened] = [0; 2].map(AtomicU64::new);
        let [reduced, taken, claimed, moves] = [0; 4].map(AtomicU32::new);
        Self { begun, reduced, widened, taken, claimed, moves, special: [Slot::free(), Slot::free()] }
    }
}

/// A table: places and state, wherever they are.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    pub state: &'a State,
    pub slots: &'a [Slot],
}

/// What a reader saw, besides the buckets.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Read<T> {
    pub schema: i8,
    pub zero_threshold: f64,
    pub zero_count: u64,
    /// All observations, those of NaN too.
    pub count: u64,
    /// How many of the buckets are of positive values; the rest are of negative ones.
    pub positive: usize,
    pub buckets: usize,
    pub sum: T,
}

impl<T> Read<T> {
    /// The buckets of positive and of negative values.
    pub fn sides<'b>(&self, buckets: &'b [NativeBucket]) -> (&'b [NativeBucket], &'b [NativeBucket]) {
        buckets.get(..self.buckets).and_then(|all| all.split_at_checked(self.positive)).unwrap_or((&[], &[]))
    }
}

impl State {
    /// Whether resolution or zero bucket are no longer what they were at the start.
    #[inline]
    pub fn is_limited(&self) -> bool {
        self.reduced.load(Ordering::Relaxed) != 0 || self.widened.load(Ordering::Relaxed) != 0
    }

    /// Whether its resolution is one that there is: of a table that comes from elsewhere.
    pub fn is_possible(&self, plan: &Plan) -> bool {
        self.reduced.load(Ordering::Relaxed) <= u32::from(plan.scale.schema().abs_diff(LOWEST))
    }
}

// A word: two bits of mark, the sign, 21 bits of bucket, 40 bits of count.
const COUNT_BITS: u32 = 40;
const COUNT: u64 = (1 << COUNT_BITS) - 1;
const NEGATIVE: u32 = 1 << 21;
const KEY: u64 = ((NEGATIVE << 1) as u64 - 1) << COUNT_BITS;
const MARK: u64 = 3 << 62;
const HELD: u64 = 1 << 62;
const MOVING: u64 = 2 << 62;
const GROWN: u64 = 3 << 62;
/// Never used, and used before: probing ends at the one and goes on behind the other.
const FREE: u64 = 0;
const LEFT: u64 = 1;
// Buckets besides the exponential ones, whose codes have a higher bit.
const ZERO: u32 = 1;
const NAN: u32 = 2;

/// How often a reader tries to see no observation half-way; and to see none moved, which ends.
const ATTEMPTS: u32 = 64;
const MOVE_ATTEMPTS: u32 = 10_000;

/// Schema and index as one number: the place of the leading one tells the schema.
fn code(schema: i8, index: i32) -> u32 {
    let middle = 1_u32.wrapping_shl((i32::from(schema) + 11) as u32);
    (2 * middle) | (index.wrapping_add(middle as i32) as u32 & (2 * middle - 1))
}

/// The exponential bucket of a code.
fn decode(key: u32) -> Option<(i8, i32)> {
    let code = key & (NEGATIVE - 1);
    let leading = code.checked_ilog2()?;
    let schema = leading as i32 - 12;
    if schema < i32::from(LOWEST) {
        return None;
    }
    let middle = 1 << (leading - 1);
    Some((schema as i8, (code & (2 * middle - 1)) as i32 - middle as i32))
}

fn key_of(word: u64) -> u32 {
    ((word & KEY) >> COUNT_BITS) as u32
}

fn word(mark: u64, key: u32, count: u64) -> u64 {
    mark | u64::from(key) << COUNT_BITS | count
}

/// Whether observations may count in a place.
fn counts(word: u64) -> bool {
    matches!(word & MARK, HELD | GROWN)
}

impl<'a> Table<'a> {
    /// Counts one value, given as the bits of a double; `add` adds it to the sum.
    #[inline]
    pub fn observe(self, plan: &Plan, negative: bool, magnitude: u64, add: impl FnOnce()) {
        self.state.begun.fetch_add(1, Ordering::Relaxed);
        add();
        self.count(plan, negative, magnitude);
    }

    /// [`observe`](Self::observe) where no sum goes with the counts: readers do not wait for observations under way.
    #[inline]
    pub fn count(self, plan: &Plan, negative: bool, magnitude: u64) {
        let widened = self.state.widened.load(Ordering::Relaxed);
        let threshold = if widened == 0 { plan.zero_threshold.to_bits() } else { widened };
        // Doubles of one sign are in the order of their bits.
        if magnitude > 0x7ff << 52 {
            self.count_at(plan, NAN, 0);
        } else if magnitude <= threshold {
            self.count_at(plan, ZERO, 0);
        } else {
            let index = plan.scale.index(magnitude);
            let reduced = self.state.reduced.load(Ordering::Relaxed);
            let index = coarser(index, reduced);
            let sign = if negative { NEGATIVE } else { 0 };
            self.count_at(plan, code(plan.scale.schema() - reduced as i8, index) | sign, index);
        }
    }

    #[inline]
    fn count_at(self, plan: &Plan, key: u32, home: i32) {
        match self.put(key, home, 1, false) {
            Put::Counted => {}
            Put::Taken(taken) if taken > plan.limit => self.limit(plan),
            Put::Taken(_) => {}
            Put::Full => self.squeeze(plan, key),
        }
    }

    /// Adds to the place of a bucket, or takes one for it.
    #[inline]
    fn put(self, key: u32, home: i32, amount: u64, grow: bool) -> Put {
        let slots = self.slots;
        let start = (home as u32).checked_rem(slots.len() as u32).unwrap_or(0) as usize;
        let (front, back) = slots.split_at_checked(start).unwrap_or((slots, &[]));
        let special = match (key, &self.state.special) {
            (ZERO, [zero, _]) => core::slice::from_ref(zero),
            (NAN, [_, nan]) => core::slice::from_ref(nan),
            _ => &[],
        };
        loop {
            let mut free = None;
            for slot in special.iter().chain(back).chain(front) {
                let mut seen = slot.0.load(Ordering::Relaxed);
                while key_of(seen) == key && counts(seen) && (seen & COUNT) + amount <= COUNT {
                    let new = (seen + amount) | if grow { GROWN } else { 0 };
                    // Release, here and below: pairs with the acquire in `read_once`. A reader that sees the count sees what was added to the
                    // sum before.
                    match slot.0.compare_exchange(seen, new, Ordering::Release, Ordering::Relaxed) {
                        Ok(_) => return Put::Counted,
                        Err(now) => seen = now,
                    }
                }
                if seen <= LEFT {
                    free = free.or(Some((slot, seen)));
                    if seen == FREE {
                        break;
                    }
                }
            }
            let Some((slot, seen)) = free else { return Put::Full };
            let new = word(if grow { GROWN } else { HELD }, key, amount);
            if slot.0.compare_exchange(seen, new, Ordering::Release, Ordering::Relaxed).is_ok() {
                // Who sees that a place is taken sees which.
                return Put::Taken(self.state.taken.fetch_add(1, Ordering::AcqRel).wrapping_add(1));
            }
            // Another context took it, perhaps for the same bucket.
        }
    }

    /// Every place is taken, and another context, which this one may have interrupted, makes room: the value shares the place of
    /// a bucket near it, which is made as coarse as it takes. That is one compare-and-swap.
    #[cold]
    fn squeeze(self, plan: &Plan, key: u32) {
        self.limit(plan);
        let home = decode(key).map_or(0, |(_, index)| index);
        while let Put::Full = self.put(key, home, 1, false) {
            if !self.share(plan, key) {
                spin_loop();
                continue;
            }
            return;
        }
    }

    /// Whether a place was found to share, which may be the zero bucket's.
    fn share(self, plan: &Plan, key: u32) -> bool {
        let Some((schema, index)) = decode(key) else {
            // Zero and NaN, after 10¹² of them in their own places.
            return false;
        };
        let sign = key & NEGATIVE;
        let mut best: Option<(&Slot, u64, i8, i32)> = None;
        for slot in self.slots {
            let seen = slot.0.load(Ordering::Relaxed);
            if let (true, Some((own, at))) = (counts(seen) && key_of(seen) & NEGATIVE == sign && seen & COUNT < COUNT, decode(key_of(seen)))
            {
                let mut common = schema.min(own);
                let raise = |from: i8, index, to: i8| coarser(index, u32::from(from.abs_diff(to)));
                while common > LOWEST && raise(schema, index, common) != raise(own, at, common) {
                    common -= 1;
                }
                let together = raise(own, at, common);
                if together == raise(schema, index, common) && best.is_none_or(|(_, _, best, _)| common > best) {
                    best = Some((slot, seen, common, together));
                }
            }
        }
        let Some((slot, seen, common, together)) = best else {
            // There is none, not even of the same power of 65,536: it becomes a kind of zero.
            let reduced = u32::from(plan.scale.schema().abs_diff(LOWEST));
            let bound = plan.scale.upper_bound(coarser(index, u32::from(schema.abs_diff(LOWEST))), reduced).to_bits();
            let _ = self.state.widened.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < bound).then_some(bound));
            return !matches!(self.put(ZERO, 0, 1, false), Put::Full);
        };
        let new = word(seen & MARK, code(common, together) | sign, (seen & COUNT) + 1);
        let shared = slot.0.compare_exchange(seen, new, Ordering::Release, Ordering::Relaxed).is_ok();
        if shared {
            let reduced = u32::from(plan.scale.schema().abs_diff(common));
            let _ = self.state.reduced.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < reduced).then_some(reduced));
        }
        shared
    }
}

enum Put {
    Counted,
    /// In a place that was free; how many are taken now.
    Taken(u32),
    Full,
}
