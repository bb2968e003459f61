//! What a pusher tells about itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use picometer::{Collector, Desc, Encoder, Point, PointValue, Stop, SummaryPoint};

/// What a [`Periodic`](super::Periodic) pusher has done: pushes, failures, samples, bytes, time, and its queue. A
/// [`Collector`]: register it, and it is pushed with everything else.
///
/// ```no_run
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::push::{Periodic, Pushgateway};
/// use std::time::Duration;
///
/// static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
/// let running = Periodic::new(Pushgateway::new("http://pushgateway:9091", "import")?)
///     .start(&ROWS)?;
/// println!("{} pushes failed", running.metrics().failures());
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Debug, Default)]
pub struct PushMetrics {
    destination: &'static str,
    pushes: AtomicU64,
    failures: AtomicU64,
    samples: AtomicU64,
    bytes: AtomicU64,
    nanos: AtomicU64,
    dropped_batches: AtomicU64,
    dropped_samples: AtomicU64,
    queued: AtomicU64,
    capacity: AtomicU64,
}

macro_rules! getters {
    ($($name:ident $what:literal;)*) => {$(
        #[doc = $what]
        pub fn $name(&self) -> u64 {
            self.$name.load(Ordering::Relaxed)
        }
    )*};
}

impl PushMetrics {
    pub(super) fn new(destination: &'static str, capacity: usize) -> Self {
        Self { destination, capacity: AtomicU64::new(capacity as u64), ..Self::default() }
    }

    getters! {
        pushes "How many batches were tried to be sent.";
        failures "How many of these attempts failed.";
        samples "How many samples were delivered.";
        bytes "How many bytes were delivered, as they went over the wire.";
        dropped_batches "How many batches were given up: refused for good, or too many for the queue.";
        dropped_samples "How many samples were in them.";
        queued "How many batches wait.";
    }

    pub(super) fn sent(&self, samples: usize, bytes: u64) {
        self.samples.fetch_add(samples as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn tried(&self, took: Duration, failed: bool) {
        self.nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.pushes.fetch_add(1, Ordering::Relaxed);
        self.failures.fetch_add(failed.into(), Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn dropped(&self, samples: usize) {
        self.dropped_batches.fetch_add(1, Ordering::Relaxed);
        self.dropped_samples.fetch_add(samples as u64, Ordering::Relaxed);
    }

    pub(super) fn waits(&self, batches: usize) {
        self.queued.store(batches as u64, Ordering::Relaxed);
    }
}

impl Collector for PushMetrics {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const FAILURES: Desc = Desc::counter("push_failures_total", "Attempts to push that failed.").namespace("picometer");
        const SAMPLES: Desc = Desc::counter("push_samples_total", "Samples that were delivered.").namespace("picometer");
        const BYTES: Desc = Desc::counter("push_bytes_total", "Bytes that were delivered.").namespace("picometer");
        const DROPPED: Desc = Desc::counter("push_dropped_samples_total", "Samples that were given up.").namespace("picometer");
        const DURATION: Desc = Desc::summary("push_duration_seconds", "How long attempts to push took.").namespace("picometer");
        const QUEUED: Desc = Desc::gauge("push_queue_batches", "Batches that wait to be pushed.").namespace("picometer");
        const CAPACITY: Desc = Desc::gauge("push_queue_capacity_batches", "Batches that can wait.").namespace("picometer");
        let labels = [("destination", self.destination)];
        out.family(&FAILURES)?.counter(&labels, self.failures())?;
        out.family(&SAMPLES)?.counter(&labels, self.samples())?;
        out.family(&BYTES)?.counter(&labels, self.bytes())?;
        out.family(&DROPPED)?.counter(&labels, self.dropped_samples())?;
        let seconds = Duration::from_nanos(self.nanos.load(Ordering::Relaxed)).as_secs_f64();
        let durations = SummaryPoint { quantiles: &[], count: self.pushes(), sum: seconds.into() };
        out.family(&DURATION)?.point(&labels, &Point::new(PointValue::Summary(durations)))?;
        out.family(&QUEUED)?.gauge(&labels, self.queued())?;
        out.family(&CAPACITY)?.gauge(&labels, self.capacity.load(Ordering::Relaxed))
    }
}
