//! What a native histogram counted, in this process.

use picometer::{NativeBucket, Timestamp, Uint};

use super::super::exemplar::{clock, moment as now};
use super::super::queues::Queue;
use super::config::NativeBuckets;
use super::store::Store;

/// Everything of one moment.
pub(super) struct Snapshot {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) schema: i8,
    pub(super) zero_threshold: f64,
    pub(super) zero_count: u64,
    pub(super) positive: Vec<NativeBucket>,
    pub(super) negative: Vec<NativeBucket>,
    pub(super) classic: Box<[Uint]>,
    /// What lies beyond the last classic bound.
    pub(super) beyond: Uint,
    pub(super) since: Timestamp,
}

/// What was taken out of the queues, since a moment.
pub(super) struct Counted {
    pub(super) store: Store,
    /// When it may be reset by itself.
    pub(super) due: u64,
    pub(super) since: Timestamp,
}

impl Counted {
    pub(super) fn new(config: &NativeBuckets) -> Self {
        let bounds = config.bounds.as_ref().map_or(0, |bounds| bounds.as_slice().len());
        Self { store: Store::new(config.plan(), bounds), due: config.reset_due(), since: now() }
    }

    #[inline]
    pub(super) fn observe(&mut self, config: &NativeBuckets, value: f64) {
        if self.store.observe(config.bounds.as_ref(), value) {
            self.limit(config, value);
        }
    }

    /// There are too many buckets since this value was counted.
    #[cold]
    pub(super) fn limit(&mut self, config: &NativeBuckets, value: f64) {
        if self.reset_if_due(config) {
            self.store.observe(config.bounds.as_ref(), value);
        } else {
            self.store.limit();
        }
    }

    pub(super) fn reset_if_due(&mut self, config: &NativeBuckets) -> bool {
        let is_due = clock() >= self.due;
        if is_due {
            self.reset(config);
        }
        is_due
    }

    pub(super) fn reset(&mut self, config: &NativeBuckets) {
        self.store.clear();
        (self.due, self.since) = (config.reset_due(), now());
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let Self { store, since, .. } = self;
        let [positive, negative] = store.buckets();
        Snapshot {
            count: store.count,
            sum: store.sum,
            schema: store.schema(),
            zero_threshold: store.zero_threshold(),
            zero_count: store.zero_count,
            positive,
            negative,
            classic: store.classic.clone(),
            beyond: store.count - store.classic.iter().sum::<u64>(),
            since: *since,
        }
    }

    /// Takes in what waits in a queue.
    pub(super) fn take(&mut self, config: &NativeBuckets, queue: &Queue) {
        // A reset makes it as fine again as it was at the start.
        if self.store.is_limited() {
            self.reset_if_due(config);
        }
        for ring in queue.rings() {
            // Of count and sum each would wait for the one before if they went through memory.
            let (mut count, mut sum) = (0, 0.0);
            let place = ring.peek(|bits| {
                let value = f64::from_bits(bits);
                count += 1;
                sum += if value.is_finite() { value } else { 0.0 };
                if self.store.bucket(config.bounds.as_ref(), value) {
                    self.store.total(std::mem::take(&mut count), std::mem::take(&mut sum));
                    self.limit(config, value);
                }
            });
            self.store.total(count, sum);
            ring.take(place);
        }
    }
}
