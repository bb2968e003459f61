//! What the metrics of the facade count in.

use std::sync::atomic::{AtomicU64, Ordering};

use picometer::{Cell, Kind, Number, SeriesEncoder, Stop};

use super::pattern::Shape;
use super::table::Series;
use crate::cell::Make;
use crate::cell::gauge::Gauge;
use crate::cell::histogram::Histogram;
use crate::cell::native::NativeHistogram;
use crate::shared::{Numbers, Tags, Words};

/// A cell of a metric of the facade.
pub(super) trait Recorded: Cell + 'static {
    /// The series was taken off the pages: other processes are not to see it either.
    fn removed(&self);
}

/// A counter that takes absolute values. One shared atomic, because that is a question of the largest.
pub(super) struct Count {
    own: AtomicU64,
    shared: Words<1>,
}

impl Default for Count {
    fn default() -> Self {
        Self { own: AtomicU64::new(0), shared: Words::new() }
    }
}

impl Count {
    #[inline]
    fn counter(&self) -> &AtomicU64 {
        self.shared.get().map_or(&self.own, |[number]| number)
    }
}

impl Cell for Count {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags::new(Kind::Counter, Numbers::Unsigned);
        self.shared.show(tags, series, |series| series.number(self.counter().load(Ordering::Relaxed)))
    }

    fn number(&self) -> Option<Number> {
        Some(self.counter().load(Ordering::Relaxed).into())
    }
}

impl Recorded for Count {
    fn removed(&self) {
        self.shared.remove();
    }
}

/// A gauge.
#[derive(Default)]
pub(super) struct Level(Gauge<f64>);

impl Cell for Level {
    const KIND: Kind = Kind::Gauge;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.0.encode(series)
    }

    fn number(&self) -> Option<Number> {
        self.0.number()
    }
}

impl Recorded for Level {
    fn removed(&self) {
        self.0.removed();
    }
}

/// A histogram of either kind.
pub(super) enum Distribution {
    Classic(Histogram),
    Native(Box<NativeHistogram>),
}

impl Distribution {
    pub(super) fn new(shape: &Shape) -> Self {
        match shape {
            Shape::Classic(bounds) => Self::Classic(Histogram::new(bounds.clone())),
            Shape::Native(config) => Self::Native(Box::new(NativeHistogram::new(config))),
        }
    }
}

impl Cell for Distribution {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        match self {
            Self::Classic(histogram) => histogram.encode(series),
            Self::Native(histogram) => histogram.encode(series),
        }
    }
}

impl Recorded for Distribution {
    fn removed(&self) {
        match self {
            Self::Classic(histogram) => Make::removed(histogram),
            Self::Native(histogram) => Make::removed(&**histogram),
        }
    }
}

impl metrics::CounterFn for Series<Count> {
    fn increment(&self, value: u64) {
        self.cell.counter().fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.cell.counter().fetch_max(value, Ordering::Relaxed);
    }
}

impl metrics::GaugeFn for Series<Level> {
    fn increment(&self, value: f64) {
        self.cell.0.inc_by(value);
    }

    fn decrement(&self, value: f64) {
        self.cell.0.dec_by(value);
    }

    fn set(&self, value: f64) {
        self.cell.0.set(value);
    }
}

impl metrics::HistogramFn for Series<Distribution> {
    fn record(&self, value: f64) {
        match &self.cell {
            Distribution::Classic(histogram) => histogram.observe(value),
            Distribution::Native(histogram) => histogram.observe(value),
        }
    }
}
