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

/// Limiting.
impl Table<'_> {
    fn threshold(self, plan: &Plan) -> f64 {
        let widened = self.state.widened.load(Ordering::Relaxed);
        if widened == 0 { plan.zero_threshold } else { f64::from_bits(widened) }
    }

    /// Makes room, unless another context does.
    #[cold]
    fn limit(self, plan: &Plan) {
        if self.state.claimed.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return;
        }
        let mut swept = false;
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

fn at_resolution(plan: &Plan, reduced: u32, schema: i8, index: i32) -> i32 {
    coarser(index, u32::from((schema - (plan.scale.schema() - reduced as i8)).max(0).unsigned_abs()))
}

/// Reading.
impl Table<'_> {
    /// All observations of one moment: the buckets of positive values and behind them those of negative ones, each rising, in
    /// `buckets`, which has to be as long as the table; and the sum that `sum` reads.
    pub fn read<T>(self, plan: &Plan, buckets: &mut [NativeBucket], sum: impl Fn() -> T) -> Read<T> {
        self.read_while(plan, buckets, sum, |count, begun| count != begun)
    }

    /// What was counted with [`count`](Self::count).
    pub fn read_counts(self, plan: &Plan, buckets: &mut [NativeBucket]) -> Read<()> {
        self.read_while(plan, buckets, || (), |_, _| false)
    }

    fn read_while<T>(self, plan: &Plan, buckets: &mut [NativeBucket], sum: impl Fn() -> T, again: impl Fn(u64, u64) -> bool) -> Read<T> {
        let mut attempt = 0;
        loop {
            let moves = self.state.moves.load(Ordering::Acquire);
            let mut read = self.read_once(plan, buckets, &sum);
            let begun = self.state.begun.load(Ordering::Relaxed);
            fence(Ordering::Acquire);
            let still = self.state.moves.load(Ordering::Relaxed) == moves;
            attempt += 1;
            if (still && (!again(read.count, begun) || attempt >= ATTEMPTS)) || attempt >= MOVE_ATTEMPTS {
                for bucket in buckets.get_mut(read.positive..read.buckets).unwrap_or(&mut []) {
                    bucket.index -= BEHIND;
                }
                read.buckets = read.buckets.min(buckets.len());
                return read;
            }
            spin_loop();
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
