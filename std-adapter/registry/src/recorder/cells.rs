//! What the metrics of the facade count in.

use std::sync::atomic::{AtomicU64, Ordering};

use picometer::{Cell, Kind, Number, SeriesEncoder, Stop};

use super::pattern::Shape;
use super::series::{Recorded, Series};
use crate::cell::FromConfig;
use crate::cell::exemplar::Places;
use crate::cell::exemplar::histogram::{BucketsWithExemplars, HistogramWithExemplars};
use crate::cell::gauge::Gauge;
use crate::cell::native::NativeHistogram;
use crate::exemplar::{ExemplarSampling, HasExemplars};
use crate::shared::{Numbers, Tags, Words};

/// A counter that takes absolute values. One shared atomic, because that is a question of the largest.
pub(super) struct Count {
    own: AtomicU64,
    shared: Words<[AtomicU64; 1]>,
    exemplar: Places,
}

impl Count {
    /// At zero.
    pub(super) fn new(sampling: ExemplarSampling) -> Self {
        Self { own: AtomicU64::new(0), shared: Words::few(), exemplar: Places::new(1, sampling) }
    }

    fn value(&self) -> Number {
        self.counter().load(Ordering::Relaxed).into()
    }

    #[inline]
    fn counter(&self) -> &AtomicU64 {
        self.shared.get().map_or(&self.own, |[number]| number)
    }
}

impl Cell for Count {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags::new(Kind::Counter, Numbers::Unsigned);
        let show = |series: &mut SeriesEncoder<'_, '_>| self.exemplar.show_number(series, || self.value());
        self.shared.show(tags, || self.exemplar.shared.word(), series, show)?;
        self.exemplar.attach(self.shared.name(), series);
        Ok(())
    }

    fn restart(&self) {
        self.counter().store(0, Ordering::Relaxed);
        self.exemplar.clear();
    }

    fn number(&self) -> Option<Number> {
        Some(self.value())
    }
}

impl Recorded for Count {
    fn removed(&self) {
        self.shared.name().remove();
        self.exemplar.removed();
    }
}

impl Recorded for Gauge {
    fn removed(&self) {
        FromConfig::removed(self);
    }
}

/// A histogram of either kind.
pub(super) enum Distribution {
    Classic(HistogramWithExemplars),
    Native(Box<NativeHistogram>),
}

impl Distribution {
    /// Of nothing. A native one may have a source of exemplars already.
    pub(super) fn new(shape: &Shape, sampling: Option<&ExemplarSampling>) -> Self {
        match shape {
            Shape::Classic(bounds) => {
                let sampling = sampling.cloned().unwrap_or_default();
                Self::Classic(HistogramWithExemplars::new(BucketsWithExemplars { bounds: bounds.clone(), sampling }))
            }
            Shape::Native(config) => {
                let mut config = config.clone();
                if let Some(sampling) = sampling {
                    config.set_exemplars(sampling.clone());
                }
                Self::Native(Box::new(NativeHistogram::new(&config)))
            }
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

    fn restart(&self) {
        match self {
            Self::Classic(histogram) => histogram.restart(),
            Self::Native(histogram) => histogram.restart(),
        }
    }
}

impl Recorded for Distribution {
    fn removed(&self) {
        match self {
            Self::Classic(histogram) => FromConfig::removed(histogram),
            Self::Native(histogram) => FromConfig::removed(&**histogram),
        }
    }
}

impl metrics::CounterFn for Series<Count> {
    fn increment(&self, value: u64) {
        self.cell.counter().fetch_add(value, Ordering::Relaxed);
        self.cell.exemplar.sample(0, || value.into());
    }

    fn absolute(&self, value: u64) {
        let before = self.cell.counter().fetch_max(value, Ordering::Relaxed);
        if value > before {
            self.cell.exemplar.sample(0, || (value - before).into());
        }
    }
}

impl metrics::GaugeFn for Series<Gauge> {
    fn increment(&self, value: f64) {
        self.cell.inc_by(value);
    }

    fn decrement(&self, value: f64) {
        self.cell.dec_by(value);
    }

    fn set(&self, value: f64) {
        self.cell.set(value);
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
