//! What is counted.

use std::sync::atomic::{AtomicU32, Ordering};

use picometer::{
    BoundedFamily, Cell, Collector, Counter, CounterWithExemplar, Desc, Family, Gauge, GaugeHistogram, Histogram, HistogramWithExemplars,
    Kind, Metric, Registry, SeriesEncoder, StateSet, Stop, Summary, Zeroed, buckets, labels,
};

labels! { pub enum Mode as "mode" { Idle = "idle", Run = "run", Fault = "fault" } }
buckets! { pub Bytes: u32 = [4, 7, 16]; pub Seconds: f64 = [0.1, 0.25, 1.0]; }

/// Places in each bounded family.
pub const SLOTS: usize = 4;

pub struct All {
    pub events: Metric<Counter<u32>>,
    pub bytes: Metric<Counter<u64>>,
    pub seconds: Metric<Counter<f64>>,
    pub level: Metric<Gauge<i32>>,
    pub highest: Metric<Gauge<u32>>,
    pub modes: Family<Counter<u32>, Mode, 3>,
    pub state: Metric<StateSet<Mode>>,
    pub sizes: Metric<Histogram<Bytes, 3>>,
    pub waits: Metric<Histogram<Seconds, 3>>,
    pub spent: Metric<Summary<u32>>,
    pub open: Metric<GaugeHistogram<Bytes, 3>>,
    pub traced: Metric<CounterWithExemplar<32, u32>>,
    pub slow: Metric<HistogramWithExemplars<Bytes, 3, 32>>,
    pub peers: BoundedFamily<Counter<u32>, 1, SLOTS, 8>,
    pub topics: BoundedFamily<Owned, 1, SLOTS, 8>,
    pub tasks: BoundedFamily<Histogram<Bytes, 3>, 1, SLOTS, 8>,
}

pub static ALL: All = All {
    events: Metric::new(&Desc::counter("events_total", "")),
    bytes: Metric::new(&Desc::counter("bytes_total", "")),
    seconds: Metric::new(&Desc::counter("seconds_total", "")),
    level: Metric::new(&Desc::gauge("level", "")),
    highest: Metric::new(&Desc::gauge("highest", "")),
    modes: Family::new(&Desc::counter("modes_total", "")),
    state: Metric::new(&Desc::state_set("state", "")),
    sizes: Metric::new(&Desc::histogram("sizes", "")),
    waits: Metric::new(&Desc::histogram("waits", "")),
    spent: Metric::new(&Desc::summary("spent", "")),
    open: Metric::new(&Desc::gauge_histogram("open", "")),
    traced: Metric::new(&Desc::counter("traced_total", "")),
    slow: Metric::new(&Desc::histogram("slow", "")),
    peers: BoundedFamily::new(&Desc::counter("peer_frames_total", ""), &["peer"]),
    topics: BoundedFamily::new(&Desc::counter("topic_messages_total", ""), &["topic"]),
    tasks: BoundedFamily::new(&Desc::histogram("task_sizes", ""), &["task"]),
};

pub static METRICS: Registry = Registry::new(&MEMBERS);

static MEMBERS: [&dyn Collector; 16] = [
    &ALL.events,
    &ALL.bytes,
    &ALL.seconds,
    &ALL.level,
    &ALL.highest,
    &ALL.modes,
    &ALL.state,
    &ALL.sizes,
    &ALL.waits,
    &ALL.spent,
    &ALL.open,
    &ALL.traced,
    &ALL.slow,
    &ALL.peers,
    &ALL.topics,
    &ALL.tasks,
];

pub fn modes() -> [Mode; 3] {
    [Mode::Idle, Mode::Run, Mode::Fault]
}

/// A counter that knows whose it is, from the first who counts on: a series that is held by one is never another's.
pub struct Owned {
    owner: AtomicU32,
    count: Counter<u32>,
}

impl Owned {
    pub fn inc_as(&self, owner: u32) {
        if let Err(other) = self.owner.compare_exchange(0, owner, Ordering::Relaxed, Ordering::Relaxed) {
            assert_eq!(other, owner, "the series of one is another's");
        }
        self.count.inc();
    }
}

impl Zeroed for Owned {
    const INIT: Self = Self { owner: AtomicU32::new(0), count: Counter::new() };
}

impl Cell for Owned {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.count.encode(series)
    }
}
