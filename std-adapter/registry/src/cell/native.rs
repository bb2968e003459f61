//! Native histograms: exponential buckets, with or without classic ones beside them.

mod config;
mod counted;
mod exemplars;
mod shared;
mod store;

pub use config::NativeBuckets;

use std::fmt;
use std::time::Instant;

use picometer::__private::check_exemplar;
use picometer::{
    BucketExemplars, Cell, Exemplar, ExemplarError, HistogramPoint, Kind, NativeHistogramPoint, Point, PointValue, SeriesEncoder, Stop,
};

use super::FromConfig;
use super::buckets::BucketBounds;
use super::exemplar::{Kept, clock, millis, moment as now};
use super::queues::{HURRY, Queue, Queues};
use crate::atomic::{AtomicU64, Mutex, Ordering};
use crate::desc::MetricError;
use crate::exemplar::{ExemplarSampling, ask};
use counted::{Counted, Snapshot};
use exemplars::Exemplars;
use shared::Shared;

/// Observations counted in exponential buckets, of which a server makes any quantile, with an error that is known beforehand.
///
/// No bounds are chosen: [`NativeBuckets`] says how fine they are and how many there may be at most. Goes into protobuf, which
/// servers ask for where native histograms are switched on; text formats show the classic buckets, if the configuration has some,
/// or `+Inf`, sum and count.
///
/// [`observe`](Self::observe) puts the value into a queue of its thread, with a load and two stores. When the queue is full, or a
/// scraper asks, what is in it is counted; so one observation in a hundred takes half a microsecond, and may wait for another thread that
/// does the same. Every read is of one moment, of all buckets and the sum. Takes the current trace as an exemplar by itself if
/// there is a [source](crate::exemplar). NaN is counted, in no bucket; NaN and infinities are left out of the sum.
///
/// ```
/// use picometer_std::{Metric, NativeBuckets, NativeHistogram};
///
/// let latency =
///     Metric::<NativeHistogram>::new("request_seconds", "How long requests take.")
///         .config(
///             &NativeBuckets::new()
///                 .factor(1.1)
///                 .max_buckets(160)
///                 .classic([0.1, 1.0])?,
///         );
/// latency.observe(0.125);
/// latency.observe_with(2.5, &[("trace_id", "KOO5S4vxi0o")])?;
/// assert_eq!((latency.count(), latency.sum()), (2, 2.625));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct NativeHistogram {
    config: NativeBuckets,
    counts: Counts,
    exemplars: Mutex<Exemplars>,
    sampling: ExemplarSampling,
    /// When the next exemplar may come by itself, by the [`clock`].
    due: AtomicU64,
}

/// In this process, or where others see it.
enum Counts {
    Own { queues: Queues, counted: Mutex<Counted> },
    Shared(Shared),
}

impl NativeHistogram {
    /// A histogram of nothing.
    pub fn new(config: &NativeBuckets) -> Self {
        Self {
            config: config.clone(),
            counts: match Shared::new(config) {
                Some(shared) => Counts::Shared(shared),
                None => Counts::Own { queues: Queues::new(128), counted: Mutex::new(Counted::new(config)) },
            },
            exemplars: Mutex::new(Exemplars::new(config.max_exemplars, config.exemplar_ttl)),
            sampling: config.sampling.clone().unwrap_or_default(),
            due: AtomicU64::new(0),
        }
    }

    /// Counts a value, and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.put(value);
        if self.sampling.source().is_some() {
            self.sample(value);
        }
    }

    #[inline]
    fn put(&self, value: f64) {
        match &self.counts {
            Counts::Own { queues, counted } => match queues.mine(counted) {
                Some(queue) if queue.ring().push(value.to_bits(), 0) => {}
                Some(queue) => self.make_room(queue, counted, value),
                None => counted.lock().observe(&self.config, value),
            },
            Counts::Shared(shared) => shared.observe(&self.config, value),
        }
    }

    /// Counts what is in the queue of this thread, so that there is room behind it.
    #[cold]
    fn make_room(&self, queue: &Queue, counted: &Mutex<Counted>, value: f64) {
        let ring = queue.ring();
        if ring.is_over(0) || !ring.refresh() {
            let now = clock();
            let mut counted = counted.lock();
            counted.take(&self.config, queue);
            if ring.begin(now, 0, u64::MAX) < HURRY {
                queue.grow().begin(now, 0, u64::MAX);
            }
            drop(counted);
            queue.ring().refresh();
        }
        if !queue.ring().push(value.to_bits(), 0) {
            counted.lock().observe(&self.config, value);
        }
    }

    /// Everything of this moment, also what waits in queues.
    fn read(&self) -> Option<Snapshot> {
        match &self.counts {
            Counts::Own { queues, counted } => {
                let mut counted = counted.lock();
                queues.all().for_each(|queue| counted.take(&self.config, queue));
                Some(counted.snapshot())
            }
            Counts::Shared(shared) => shared.snapshot(),
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
        self.put(value);
        self.keep(value, Kept::given(labels));
        Ok(())
    }

    /// How many values were observed, since the last reset.
    pub fn count(&self) -> u64 {
        self.read().map_or(0, |read| read.count)
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read().map_or(0.0, |read| read.sum)
    }

    /// The resolution of now, from −4 to 8.
    pub fn schema(&self) -> i8 {
        self.read().map_or(0, |read| read.schema)
    }

    /// Forgets all observations and exemplars, as after a restart. What is being observed meanwhile is forgotten or not.
    pub fn reset(&self) {
        match &self.counts {
            Counts::Own { queues, counted } => {
                let mut counted = counted.lock();
                queues.all().for_each(|queue| counted.take(&self.config, queue));
                counted.reset(&self.config);
            }
            Counts::Shared(shared) => shared.reset(&self.config),
        }
        self.exemplars.lock().clear();
        self.due.store(0, Ordering::Relaxed);
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

impl FromConfig for NativeHistogram {
    type Config = NativeBuckets;

    fn make(config: &NativeBuckets) -> Self {
        Self::new(config)
    }

    fn check(config: &NativeBuckets) -> Result<(), MetricError> {
        config.check()
    }

    fn removed(&self) {
        if let Counts::Shared(shared) = &self.counts {
            shared.remove();
        }
    }
}

impl Cell for NativeHistogram {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        match &self.counts {
            Counts::Own { .. } => self.show(series),
            Counts::Shared(shared) => shared.show(series, |series| self.show(series)),
        }
    }

    fn restart(&self) {
        self.reset();
    }
}

impl NativeHistogram {
    fn show(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        // Read behind the exemplars, so that what they point to is counted.
        let kept = self.exemplars.lock();
        let exemplars: Vec<Exemplar<'_>> = kept.iter().collect();
        let Some(read) = self.read() else { return Ok(()) };
        let none = [0.0; 0];
        let in_buckets = self.config.bounds.as_ref().map(|bounds| InBuckets { bounds, exemplars: &exemplars });
        let point = NativeHistogramPoint {
            classic: HistogramPoint {
                counts: &read.classic,
                beyond: read.beyond,
                sum: Some(read.sum.into()),
                bounds: match &self.config.bounds {
                    Some(bounds) => bounds,
                    None => &none,
                },
                exemplars: in_buckets.as_ref().map(|in_buckets| in_buckets as &dyn BucketExemplars),
            },
            schema: read.schema,
            zero_threshold: read.zero_threshold,
            zero_count: read.zero_count,
            positive: &read.positive,
            negative: &read.negative,
            exemplars: &exemplars,
        };
        let point = Point::new(PointValue::NativeHistogram(&point));
        series.point(&if self.config.min_reset.is_some() { point.since(read.since) } else { point })
    }
}

impl fmt::Debug for NativeHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeHistogram").field("count", &self.count()).field("schema", &self.schema()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
