//! Cells that know since when they count.

use std::ops::Deref;

use picometer::{Cell, Desc, Encoder, Kind, LabelSet, Point, Run, SeriesEncoder, Stop, Timestamp};

use super::{FromConfig, now};
use crate::desc::MetricError;

/// A counter, histogram or summary that knows when it was made, and shows that in OpenMetrics as a sample `…_created`.
///
/// A server that reads it tells a series that was made late from one that it missed the start of. It doubles the series of a
/// counter on the page, so it is not there unless it is asked for. Where one moment for all will do, there is
/// [`Exposition::started`](picometer::Exposition::started).
///
/// ```
/// use picometer_std::{Counter, Created, Family, Snapshot};
///
/// let requests =
///     Family::<Created<Counter>, 1>::new("requests_total", "Requests.", ["code"]);
/// requests.with(["200"]).inc();
/// assert!(
///     Snapshot::of(&requests).value("requests_created", &[("code", "200")])
///         > Some(1.6e9)
/// );
/// ```
#[derive(Debug, Default)]
pub struct Created<C> {
    cell: C,
    /// None where the clock of the system stands before the epoch.
    moment: Option<Timestamp>,
}

impl<C> Created<C> {
    /// A cell that was made at `moment`.
    pub fn at(moment: Timestamp, cell: C) -> Self {
        Self { cell, moment: Some(moment) }
    }

    /// When it was made.
    pub fn created(&self) -> Option<Timestamp> {
        self.moment
    }
}

impl<C: FromConfig> FromConfig for Created<C> {
    type Config = C::Config;

    fn make(config: &C::Config) -> Self {
        Self { cell: C::make(config), moment: now() }
    }

    fn check(config: &C::Config) -> Result<(), MetricError> {
        C::check(config)
    }

    fn removed(&self) {
        self.cell.removed();
    }
}

impl<C> Deref for Created<C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.cell
    }
}

impl<C: Cell> Cell for Created<C> {
    const KIND: Kind = C::KIND;
    const RESERVED_LABEL: &'static str = C::RESERVED_LABEL;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let Some(moment) = self.moment else { return self.cell.encode(series) };
        let (out, desc, labels) = series.parts();
        self.cell.encode(&mut SeriesEncoder::new(&mut Since { out, moment }, desc, labels))
    }

    fn restart(&self) {
        self.cell.restart();
    }
}

/// Adds the moment to what a cell shows.
struct Since<'a> {
    out: &'a mut dyn Encoder,
    moment: Timestamp,
}

impl Encoder for Since<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.out.begin(desc)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        self.out.metric(desc, labels, &point.since(self.moment))
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        self.out.run()
    }
}
