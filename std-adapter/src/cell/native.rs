//! Native histograms: exponential buckets, with or without classic ones beside them.

mod config;
mod exemplars;

pub use config::NativeBuckets;

use std::fmt;
use std::time::Instant;

use picometer::__private::{Plan, Read, Slot, State, Table, check_exemplar};
use picometer::{
    BucketExemplars, Cell, Exemplar, ExemplarError, HistogramPoint, Kind, NativeBucket, NativeHistogramPoint, Point, PointValue,
    SeriesEncoder, Stop, Timestamp, Uint,
};

use super::Make;
use super::buckets::BucketBounds;
use super::exemplar::{Kept, clock, millis, moment as now};
use crate::atomic::{AtomicU64, Mutex, Ordering};
use crate::exemplar::{ExemplarSampling, ask};
use crate::shared::{Block, Numbers, Tags, about_native, words_of_native};
use exemplars::Exemplars;

/// Observations counted in exponential buckets, of which a server makes any quantile, with an error that is known beforehand.
///
/// Nobody chooses bounds: [`NativeBuckets`] says how fine they are and how many there may be at most. Goes into protobuf, which
/// servers ask for where native histograms are switched on; text formats show the classic buckets, if the configuration has some,
/// or `+Inf`, sum and count.
///
/// [`observe`](Self::observe) is three atomic updates, and never waits. Takes the current trace as an exemplar by itself if there
/// is a [source](crate::exemplar). NaN is counted, in no bucket, and left out of the sum.
///
/// ```
/// use picometer_std::{Metric, NativeBuckets, NativeHistogram};
///
/// let latency = Metric::<NativeHistogram>::new("request_seconds", "How long requests take.")
///     .config(&NativeBuckets::new().factor(1.1).max_buckets(160).classic([0.1, 1.0])?);
/// latency.observe(0.125);
/// latency.observe_with(2.5, &[("trace_id", "KOO5S4vxi0o")])?;
/// assert_eq!((latency.count(), latency.sum()), (2, 2.625));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct NativeHistogram {
    config: NativeBuckets,
    plan: Plan,
    sets: Box<[Set]>,
    /// Which set is the one of now, unless that is shared; the other one waits for the next reset.
    own: AtomicU64,
    /// For other processes.
    shared: Block,
    /// When it became that.
    since: Mutex<Since>,
    exemplars: Mutex<Exemplars>,
    sampling: ExemplarSampling,
    /// When the next exemplar may come by itself, by the [`clock`].
    due: AtomicU64,
}

struct Since {
    clock: Instant,
    moment: Timestamp,
}

/// Everything that a reset forgets.
enum Set {
    Own {
        state: State,
        slots: Box<[Slot]>,
        /// The sum, and classic buckets, not cumulative, without what lies beyond the last bound.
        rest: Box<[AtomicU64]>,
    },
    /// In the file of this worker.
    Shared { table: Table<'static>, rest: &'static [AtomicU64] },
}

/// Sum and classic buckets.
type Rest = (f64, Vec<Uint>);

impl Set {
    fn new(places: usize, bounds: usize) -> Self {
        let slots = (0..places).map(|_| Slot::FREE).collect();
        Self::Own { state: State::NEW, slots, rest: (0..=bounds).map(|_| AtomicU64::new(0)).collect() }
    }

    /// In these words, which are zero.
    fn shared(words: &'static [AtomicU64], bounds: usize) -> Option<Self> {
        let (rest, table) = words.split_at_checked(1 + bounds)?;
        Some(Self::Shared { table: Block::table(table)?, rest })
    }

    #[inline]
    fn table(&self) -> Table<'_> {
        match self {
            Self::Own { state, slots, .. } => Table { state, slots },
            Self::Shared { table, .. } => *table,
        }
    }

    #[inline]
    fn rest(&self) -> (&AtomicU64, &[AtomicU64]) {
        static NOWHERE: AtomicU64 = AtomicU64::new(0);
        let rest = match self {
            Self::Own { rest, .. } => rest,
            Self::Shared { rest, .. } => *rest,
        };
        rest.split_first().unwrap_or((&NOWHERE, &[]))
    }

    #[inline]
    fn observe(&self, plan: &Plan, bounds: Option<&BucketBounds>, value: f64) {
        let bits = value.to_bits();
        let (sum, classic) = self.rest();
        self.table().observe(plan, bits >> 63 != 0, bits & !(1 << 63), || {
            if !value.is_nan() {
                // Released, so that who reads the sum sees that the observation began.
                let _ = sum.fetch_update(Ordering::Release, Ordering::Relaxed, |sum| Some((f64::from_bits(sum) + value).to_bits()));
            }
            if let Some(count) = bounds.and_then(|bounds| classic.get(bounds.bucket_of(value))) {
                count.fetch_add(1, Ordering::Release);
            }
        });
    }

    fn read(&self, plan: &Plan) -> (Read<Rest>, Vec<NativeBucket>) {
        let (sum, classic) = self.rest();
        let mut buckets = vec![NativeBucket::default(); self.table().slots.len()];
        let read = self.table().read(plan, &mut buckets, || {
            let classic = classic.iter().map(|count| count.load(Ordering::Acquire)).collect();
            (f64::from_bits(sum.load(Ordering::Acquire)), classic)
        });
        (read, buckets)
    }

    fn clear(&self) {
        self.table().clear();
        let (sum, classic) = self.rest();
        sum.store(0, Ordering::Relaxed);
        classic.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

impl NativeHistogram {
    /// A histogram of nothing.
    pub fn new(config: &NativeBuckets) -> Self {
        let bounds = config.bounds.as_ref().map_or(0, |bounds| bounds.as_slice().len());
        let count = if config.min_reset.is_some() { 2 } else { 1 };
        let shared = Block::new(words_of_native(count, bounds, config.places()));
        let mut sets: Vec<Set> = Vec::new();
        if let Some((_, words)) = shared.get().and_then(<[AtomicU64]>::split_first) {
            sets.extend(words.chunks_exact(words.len() / count).filter_map(|words| Set::shared(words, bounds)));
        }
        sets.resize_with(count, || Set::new(config.places(), bounds));
        Self {
            config: config.clone(),
            plan: config.plan(),
            sets: sets.into(),
            own: AtomicU64::new(0),
            shared,
            since: Mutex::new(Since { clock: Instant::now(), moment: now() }),
            exemplars: Mutex::new(Exemplars::new(config.max_exemplars, config.exemplar_ttl)),
            sampling: config.sampling.clone().unwrap_or_default(),
            due: AtomicU64::new(0),
        }
    }

    /// Counts a value, and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.count_in_sets(value);
        if self.sampling.source().is_some() {
            self.sample(value);
        }
    }

    #[inline]
    fn count_in_sets(&self, value: f64) {
        if let Some(set) = self.set() {
            // A reset makes it as fine again as it was at the start.
            if self.sets.len() > 1 && set.table().state.is_limited() {
                self.reset_when_due();
            }
        }
        if let Some(set) = self.set() {
            set.observe(&self.plan, self.config.bounds.as_ref(), value);
        }
    }

    /// Takes an exemplar from the source, if it is time.
    fn sample(&self, value: f64) {
        let now = clock();
        if now < self.due.load(Ordering::Relaxed) || value.is_nan() {
            return;
        }
        if let Some(span) = self.sampling.source().and_then(ask) {
            // So often that, of as many as there may be, each stays for its time.
            let pause = millis(self.sampling.least()) / (self.config.max_exemplars as u64).max(1);
            self.due.store(now.saturating_add(pause), Ordering::Relaxed);
            self.keep(value, Kept::Span(span.labels()));
        }
    }

    /// Unless others are being read or written at this moment.
    fn keep(&self, value: f64, labels: Kept) {
        if let Some(mut exemplars) = self.exemplars.try_lock() {
            exemplars.keep(value, labels, now(), Instant::now());
        }
    }

    /// Counts a value, and points to where it came from: a trace, a request. Where the exemplars are being read at this moment, it
    /// does not become one.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit; then nothing is counted.
    pub fn observe_with(&self, value: f64, labels: &[(&str, &str)]) -> Result<(), ExemplarError> {
        check_exemplar(labels, usize::MAX)?;
        self.count_in_sets(value);
        self.keep(value, Kept::given(labels));
        Ok(())
    }

    /// How many values were observed, since the last reset.
    pub fn count(&self) -> u64 {
        self.set().map_or(0, |set| set.read(&self.plan).0.count)
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.set().map_or(0.0, |set| set.read(&self.plan).0.sum.0)
    }

    /// The resolution of now, from −4 to 8.
    pub fn schema(&self) -> i8 {
        self.set().map_or(0, |set| set.read(&self.plan).0.schema)
    }

    /// Forgets all observations and exemplars, as after a restart. What is being observed meanwhile is forgotten or not.
    pub fn reset(&self) {
        self.reset_at(&mut self.since.lock());
        self.exemplars.lock().clear();
        self.due.store(0, Ordering::Relaxed);
    }

    #[inline]
    fn set(&self) -> Option<&Set> {
        self.sets.get(self.current().load(Ordering::Acquire) as usize)
    }

    /// Which set is the one of now.
    #[inline]
    fn current(&self) -> &AtomicU64 {
        self.shared.get().and_then(<[AtomicU64]>::first).unwrap_or(&self.own)
    }

    #[cold]
    fn reset_when_due(&self) {
        let mut since = self.since.lock();
        let limited = self.set().is_some_and(|set| set.table().state.is_limited());
        if limited && self.config.min_reset.is_some_and(|least| since.clock.elapsed() >= least) {
            self.reset_at(&mut since);
        }
    }

    fn reset_at(&self, since: &mut Since) {
        let next = (self.current().load(Ordering::Relaxed) + 1) % self.sets.len().max(1) as u64;
        if let Some(set) = self.sets.get(next as usize) {
            set.clear();
        }
        self.current().store(next, Ordering::Release);
        *since = Since { clock: Instant::now(), moment: now() };
    }
}

/// The same exemplars, for scrapers that take them with classic buckets.
struct InBuckets<'a> {
    bounds: &'a BucketBounds,
    exemplars: &'a [Exemplar<'a>],
}

impl BucketExemplars for InBuckets<'_> {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        let inside = |exemplar: &&Exemplar<'_>| self.bounds.bucket_of(exemplar.value.as_f64()) == bucket;
        if let Some(exemplar) = self.exemplars.iter().filter(inside).max_by_key(|exemplar| exemplar.timestamp()) {
            see(exemplar);
        }
    }
}

impl Default for NativeHistogram {
    /// As fine as 10 %, of 160 buckets at most.
    fn default() -> Self {
        Self::new(&NativeBuckets::default())
    }
}

impl Make for NativeHistogram {
    type Config = NativeBuckets;

    fn make(config: &NativeBuckets) -> Self {
        Self::new(config)
    }

    fn removed(&self) {
        self.shared.remove();
    }
}

impl Cell for NativeHistogram {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let about = about_native(self.plan.scale.schema(), self.sets.len());
        let tags = Tags { per_unit: about, ..Tags::new(Kind::Histogram, Numbers::Table) };
        self.shared.show(tags, self.plan.zero_threshold.to_bits(), series, |series| self.show(series))
    }
}

impl NativeHistogram {
    fn show(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let Some(set) = self.set() else { return Ok(()) };
        let created = self.since.lock().moment;
        let (read, buckets) = set.read(&self.plan);
        let (positive, negative) = read.sides(&buckets);
        let (sum, mut classic) = read.sum;
        // Where the read gave up on a moment without an observation under way, classic buckets may be ahead of the count.
        let mut left = read.count;
        for count in &mut classic {
            *count = (*count).min(left);
            left -= *count;
        }
        let none = [0.0; 0];
        let kept = self.exemplars.lock();
        let exemplars: Vec<Exemplar<'_>> = kept.iter().collect();
        let in_buckets = self.config.bounds.as_ref().map(|bounds| InBuckets { bounds, exemplars: &exemplars });
        let point = NativeHistogramPoint {
            classic: HistogramPoint {
                counts: &classic,
                beyond: left,
                sum: Some(sum.into()),
                bounds: match &self.config.bounds {
                    Some(bounds) => bounds,
                    None => &none,
                },
                exemplars: in_buckets.as_ref().map(|in_buckets| in_buckets as &dyn BucketExemplars),
            },
            schema: read.schema,
            zero_threshold: read.zero_threshold,
            zero_count: read.zero_count,
            positive,
            negative,
            exemplars: &exemplars,
        };
        let point = Point::new(PointValue::NativeHistogram(&point));
        series.point(&if self.config.min_reset.is_some() { point.since(created) } else { point })
    }
}

impl fmt::Debug for NativeHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeHistogram").field("count", &self.count()).field("schema", &self.schema()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_reset_brings_the_resolution_back() {
        let config = NativeBuckets::new().factor(1.005).max_buckets(8).min_reset(Duration::from_millis(20));
        let histogram = NativeHistogram::new(&config);
        (1..2_000).for_each(|value| histogram.observe(f64::from(value)));
        let limited = histogram.schema();
        assert!(limited < 4, "{limited}");
        assert_eq!(histogram.count(), 1_999);
        std::thread::sleep(Duration::from_millis(25));
        histogram.observe(1.0);
        assert_eq!((histogram.count(), histogram.sum(), histogram.schema()), (1, 1.0, 8));
        // Without an interval it is never taken back.
        let lasting = NativeHistogram::new(&NativeBuckets::new().max_buckets(8));
        (1..2_000).for_each(|value| lasting.observe(f64::from(value)));
        std::thread::sleep(Duration::from_millis(25));
        lasting.observe(1.0);
        assert_eq!(lasting.count(), 2_000);
        lasting.reset();
        assert_eq!(lasting.count(), 0);
    }

    #[test]
    fn the_zero_bucket_is_widened_first() {
        let histogram =
            NativeHistogram::new(&NativeBuckets::new().factor(1.1).max_buckets(100).zero_threshold(1e-6).max_zero_threshold(1e-2));
        (0..20_000).for_each(|step| histogram.observe((f64::from(step) / 20_000.0 * 24.0 - 20.0).exp2()));
        let (read, buckets) = histogram.sets[0].read(&histogram.plan);
        assert_eq!(read.schema, 3);
        assert!(read.zero_threshold > 1e-3 && read.zero_threshold <= 1e-2, "{}", read.zero_threshold);
        assert_eq!(read.zero_count + buckets[..read.buckets].iter().map(|bucket| bucket.count).sum::<u64>(), 20_000);
    }

    #[test]
    fn exemplars_stand_with_classic_buckets_too() {
        let metric = crate::Metric::<NativeHistogram>::new("a", "").config(&NativeBuckets::new().classic([0.5, 1.0]).unwrap());
        metric.observe_with(0.75, &[("id", "x")]).unwrap();
        assert_eq!(metric.observe_with(0.75, &[("id", &"x".repeat(200))]), Err(ExemplarError::TooLong));
        let mut page = Vec::new();
        crate::render(&metric, picometer::Format::OpenMetrics100, &mut page);
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("a_bucket{le=\"1.0\"} 1 # {id=\"x\"} 0.75 "), "{page}");
        assert_eq!(metric.count(), 1);
    }

    #[test]
    fn classic_buckets_count_the_same_observations() {
        let histogram = NativeHistogram::new(&NativeBuckets::new().classic([0.5, 1.0]).unwrap());
        [0.25, 0.5, 0.75, 2.0, f64::NAN].into_iter().for_each(|value| histogram.observe(value));
        let (read, _) = histogram.sets[0].read(&histogram.plan);
        assert_eq!((read.count, read.sum), (5, (3.5, vec![2, 1])));
    }
}
