//! Native histograms that other processes see: in words of the file of this worker, so that what was counted survives it.
//!
//! Every observation is counted at once, by the core's table, because one that waited in a queue would be lost with the process.

use picometer::__private::{Contended, Plan, Read, Table};
use picometer::{Kind, NativeBucket, SeriesEncoder, Stop, Timestamp, Uint};

use super::{NativeBuckets, Snapshot};
use crate::atomic::{AtomicU64, Backoff, Mutex, Ordering};
use crate::cell::buckets::BucketBounds;
use crate::cell::exemplar::{clock, moment as now};
use crate::cell::total::total;
use crate::shared::{Numbers, Show, Tags, Words, about_native, changing, table, words_of_native};

/// Two sets of counts that take turns, so that a reset, which another process may read, clears the one that is not shown.
pub(super) struct Shared {
    plan: Plan,
    sets: [Set; SETS],
    words: Words<[AtomicU64]>,
    /// When the set of now became that.
    since: Mutex<Timestamp>,
    /// When the next one may take its place by itself, by the [`clock`]. Changed under the lock.
    due: AtomicU64,
}

const SETS: usize = 2;

/// So many milliseconds are waited for observations under way.
const PATIENCE: u32 = 1_000;

/// Everything that a reset forgets.
struct Set {
    table: Table<'static>,
    /// How many observations are under way, the sum, and classic buckets, not cumulative, without what lies beyond the last bound.
    rest: &'static [AtomicU64],
}

static NOWHERE: AtomicU64 = AtomicU64::new(0);

/// Sum and classic buckets.
type Rest = (f64, Vec<Uint>);

impl Set {
    /// In these words, which are zero.
    fn new(words: &'static [AtomicU64], bounds: usize) -> Option<Self> {
        let (rest, words) = words.split_at_checked(2 + bounds)?;
        Some(Self { table: table(words)?, rest })
    }

    fn under_way(&self) -> &AtomicU64 {
        self.rest.first().unwrap_or(&NOWHERE)
    }

    /// Whether no observation is under way. Sequentially consistent, as in `observe`; also acquire, for what clears it then.
    fn is_quiet(&self) -> bool {
        self.under_way().load(Ordering::SeqCst) == 0
    }

    fn rest(&self) -> (&AtomicU64, &[AtomicU64]) {
        self.rest.get(1..).and_then(<[AtomicU64]>::split_first).unwrap_or((&NOWHERE, &[]))
    }

    fn observe(&self, plan: &Plan, bounds: Option<&BucketBounds>, value: f64) {
        let bits = value.to_bits();
        let (sum, classic) = self.rest();
        self.table.observe(plan, bits >> 63 != 0, bits & !(1 << 63), || {
            if value.is_finite() {
                // Released, so that who reads the sum sees that the observation began.
                sum.change(Ordering::Release, |sum| Some(total(f64::from_bits(sum) + value).to_bits()));
            }
            if let Some(count) = bounds.and_then(|bounds| classic.get(bounds.bucket_of(value))) {
                count.fetch_add(1, Ordering::Release);
            }
        });
    }

    fn read(&self, plan: &Plan) -> (Read<Rest>, Vec<NativeBucket>) {
        let (sum, classic) = self.rest();
        let mut buckets = vec![NativeBucket::default(); self.table.slots.len()];
        let rest = || {
            // Acquire, both: pairs with the releases of `observe`, so that all observations that are seen have begun.
            let classic = classic.iter().map(|count| count.load(Ordering::Acquire)).collect();
            (f64::from_bits(sum.load(Ordering::Acquire)), classic)
        };
        let mut backoff = Backoff::for_millis(PATIENCE);
        let read = self.table.read_while(plan, &mut buckets, rest, || backoff.snooze());
        (read, buckets)
    }

    fn clear(&self) {
        self.table.clear();
        let (sum, classic) = self.rest();
        sum.store(0, Ordering::Relaxed);
        classic.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

impl Shared {
    /// In the file of this process, if it is a worker.
    pub(super) fn new(config: &NativeBuckets) -> Option<Self> {
        let bounds = config.bounds.as_ref().map_or(0, |bounds| bounds.as_slice().len());
        let words = Words::many(words_of_native(SETS, bounds, config.places()));
        let (_, cells) = words.get()?.split_first()?;
        let (one, other) = cells.split_at(cells.len() / SETS);
        let sets = [Set::new(one, bounds)?, Set::new(other, bounds)?];
        let due = AtomicU64::new(config.reset_due());
        Some(Self { plan: config.plan(), sets, words, since: Mutex::new(now()), due })
    }

    pub(super) fn observe(&self, config: &NativeBuckets, value: f64) {
        // A reset makes it as fine again as it was at the start. Relaxed: a hint, which is asked again under the lock.
        if config.min_reset.is_some() && self.is_limited() && clock() >= self.due.load(Ordering::Relaxed) {
            self.reset_when_due(config);
        }
        while let Some(set) = self.set() {
            // Sequentially consistent, like the change of sets: either the reset sees that an observation is under way, or the
            // observation sees that another set is the one of now.
            set.under_way().fetch_add(1, Ordering::SeqCst);
            let is_current = self.set().is_some_and(|current| std::ptr::eq(current, set));
            if is_current {
                set.observe(&self.plan, config.bounds.as_ref(), value);
            }
            // Release: pairs with the acquire of the reset, which clears the set behind this.
            set.under_way().fetch_sub(1, Ordering::Release);
            if is_current {
                return;
            }
        }
    }

    /// Which set is the one of now.
    fn current(&self) -> Option<&'static AtomicU64> {
        self.words.get().and_then(<[AtomicU64]>::first)
    }

    fn set(&self) -> Option<&Set> {
        self.sets.get(self.current()?.load(Ordering::SeqCst) as usize)
    }

    /// The number of the set that is not the one of now, and the set.
    fn other(&self) -> Option<(u64, &Set)> {
        let number = (self.current()?.load(Ordering::SeqCst) + 1) % SETS as u64;
        Some((number, self.sets.get(number as usize)?))
    }

    fn is_limited(&self) -> bool {
        self.set().is_some_and(|set| set.table.state.is_limited())
    }

    #[cold]
    fn reset_when_due(&self, config: &NativeBuckets) {
        // A page reads, or an observation is still under way that began before the last reset: the next one looks again, and none waits.
        let Some(mut since) = self.since.try_lock() else { return };
        let is_due = self.is_limited() && clock() >= self.due.load(Ordering::Relaxed);
        if let Some((number, other)) = self.other().filter(|(_, other)| is_due && other.is_quiet()) {
            self.turn_to(number, other, config, &mut since);
        }
    }

    pub(super) fn reset(&self, config: &NativeBuckets) {
        let mut since = self.since.lock();
        let Some((number, other)) = self.other() else { return };
        // Observations take less than a microsecond, and those in the other set began before the last reset.
        let mut backoff = Backoff::for_millis(PATIENCE);
        while !other.is_quiet() && backoff.snooze() {}
        self.turn_to(number, other, config, &mut since);
    }

    /// Has the other set count from now on. It is made zero only now, when what was under way in it at the last reset is over. A child
    /// of `fork` has nothing under way, because the words of its file begin at zero.
    fn turn_to(&self, number: u64, other: &Set, config: &NativeBuckets, since: &mut Timestamp) {
        let Some(current) = self.current() else { return };
        other.clear();
        changing(|| current.store(number, Ordering::SeqCst));
        *since = now();
        self.due.store(config.reset_due(), Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        // Nothing is cleared while it is read.
        let since = self.since.lock();
        let (read, buckets) = self.set()?.read(&self.plan);
        let (positive, negative) = read.sides(&buckets);
        let (sum, mut classic) = read.sum;
        // Where the read gave up on a moment without an observation under way, classic buckets may be ahead of the count.
        let mut beyond = read.count;
        for count in &mut classic {
            *count = (*count).min(beyond);
            beyond -= *count;
        }
        Some(Snapshot {
            count: read.count,
            sum,
            schema: read.schema,
            zero_threshold: read.zero_threshold,
            zero_count: read.zero_count,
            positive: positive.to_vec(),
            negative: negative.to_vec(),
            classic: classic.into(),
            beyond,
            since: *since,
        })
    }

    /// Lets it be so much older.
    #[cfg(test)]
    pub(super) fn age(&self, by: std::time::Duration) {
        self.due.fetch_sub(by.as_millis() as u64, Ordering::Relaxed);
    }

    /// The series was taken off the pages.
    pub(super) fn remove(&self) {
        self.words.name().remove();
    }

    /// Shows itself to other processes, or by `own` to a reader in this one.
    pub(super) fn show(&self, series: &mut SeriesEncoder<'_, '_>, own: impl Show) -> Result<(), Stop> {
        let about = about_native(self.plan.scale.schema(), SETS);
        let tags = Tags::new(Kind::Histogram, Numbers::Table).per_unit(about);
        self.words.show(tags, || self.plan.zero_threshold.to_bits(), series, own)
    }
}
