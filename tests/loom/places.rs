//! Tables of native histograms: no count is lost and none is seen twice, also while the resolution is lowered.

#[path = "../../core/src/cell/native/scale.rs"]
#[allow(dead_code, reason = "schemas that no model has")]
mod scale;
#[path = "../../core/src/cell/native/table.rs"]
#[allow(dead_code, reason = "what only std and summaries ask for")]
mod table;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::encode::NativeBucket;
use super::{Met, bounded, join, start};
use scale::Scale;
use table::{Plan, Read, Slot, State, Table};

/// A table at schema 0, whose buckets end at powers of two, and a sum. Every observation adds another power of ten to it, so that
/// the sum says which were seen.
struct Model {
    state: State,
    slots: [Slot; 3],
    sum: AtomicU64,
    limit: u32,
}

impl Model {
    fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { state: State::new(), slots: [Slot::free(), Slot::free(), Slot::free()], sum: AtomicU64::new(0), limit })
    }

    fn plan(&self) -> Plan {
        Plan { scale: Scale::new(0), zero_threshold: 0.0, max_zero_threshold: 0.0, limit: self.limit }
    }

    fn table(&self) -> Table<'_> {
        Table { state: &self.state, slots: &self.slots }
    }

    fn observe(&self, value: f64, amount: u64) {
        self.table().observe(&self.plan(), false, value.to_bits(), || {
            self.sum.fetch_add(amount, Ordering::Release);
        });
    }

    /// What a reader sees, of which the sum must be that of as many observations as are counted. Loom's spinning makes way to
    /// those who count, so that it never tries so often that it gives up.
    fn read(&self) -> (Read<u64>, [NativeBucket; 3]) {
        let mut buckets = [NativeBucket::default(); 3];
        let read = self.table().read(&self.plan(), &mut buckets, || self.sum.load(Ordering::Acquire));
        let amounts = read.sum.to_string().bytes().map(|digit| u64::from(digit - b'0')).sum::<u64>();
        assert_eq!(read.count, amounts, "the sum {} is of other observations than the counts", read.sum);
        let counted: u64 = buckets[..read.buckets].iter().map(|bucket| bucket.count).sum();
        assert_eq!(read.count, counted + read.zero_count, "{buckets:?}");
        (read, buckets)
    }

    /// How many places count something.
    fn places(&self) -> usize {
        let mut buckets = [NativeBucket::default(); 3];
        self.slots
            .iter()
            .filter(|slot| {
                Table { state: &self.state, slots: core::slice::from_ref(slot) }.read_counts(&self.plan(), &mut buckets).count > 0
            })
            .count()
    }

    /// Everything in one bucket, at a resolution.
    fn expect(&self, schema: i8, index: i32, count: u64) {
        let (read, buckets) = self.read();
        let bucket = buckets[0];
        assert_eq!((read.schema, read.buckets, bucket.index, bucket.count), (schema, 1, index, count), "{buckets:?}");
    }
}

#[test]
fn two_that_count_in_a_bucket_that_is_new() {
    static ONE: Met = Met::that("one of two observations was read");
    bounded(1, || {
        let model = Model::new(2);
        let writers = [1, 10].map(|amount| start(&model, move |model| model.observe(4.0, amount)));
        let (read, _) = start(&model, |model| model.read()).join().unwrap();
        ONE.note(read.count == 1);
        join(writers);
        model.expect(0, 2, 2);
    });
    ONE.demand();
}

/// The buckets up to 2 and up to 4 become one, under a reader that does not wait: in an interrupt it could not.
#[test]
fn a_reader_while_the_resolution_is_lowered() {
    static FINE: Met = Met::that("all were read before the resolution was lowered");
    static COARSE: Met = Met::that("they were read while it was lowered, or after");
    bounded(1, || {
        let model = Model::new(1);
        model.observe(2.0, 1);
        model.observe(2.0, 1);
        let writer = start(&model, |model| model.observe(4.0, 10));
        let read = start(&model, |model| model.table().read_counts(&model.plan(), &mut [NativeBucket::default(); 3])).join().unwrap();
        assert!(matches!(read.count, 2 | 3), "{} are seen where there are two or three", read.count);
        FINE.note(read.schema == 0 && read.count == 3);
        COARSE.note(read.schema == -1);
        writer.join().unwrap();
        assert_eq!(model.table().read_counts(&model.plan(), &mut [NativeBucket::default(); 3]).count, 3);
    });
    Met::demand_all([&FINE, &COARSE]);
}

/// A thread counts in the very buckets that are moved: late, in the finer ones, or in the coarser one.
#[test]
fn a_count_while_the_resolution_is_lowered() {
    static MERGED: Met = Met::that("all are in one place");
    bounded(1, || {
        let model = Model::new(1);
        model.observe(2.0, 1);
        let writer = start(&model, |model| model.observe(4.0, 10));
        let other = start(&model, |model| model.observe(2.0, 100));
        join([other, writer]);
        model.expect(-1, 1, 3);
        MERGED.note(model.places() == 1);
    });
    MERGED.demand();
}

/// Two find too many places taken, of whom one leaves it to the other.
#[test]
fn two_that_lower_the_resolution() {
    bounded(1, || {
        let model = Model::new(1);
        let writers = [(2.0, 1), (4.0, 10)].map(|(value, amount)| start(&model, move |model| model.observe(value, amount)));
        join(writers);
        model.expect(-1, 1, 2);
    });
}
