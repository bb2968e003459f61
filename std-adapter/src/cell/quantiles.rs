//! Summaries with quantiles of a sliding window.

mod stream;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use picometer::{Cell, Kind, PointValue, Quantile, SeriesEncoder, Stop, SummaryPoint};

use super::Make;
use super::tally::Tally;
use crate::atomic::Mutex;
use stream::Stream;

/// Which quantiles a [`QuantileSummary`] shows, how exactly, and of how long a time.
///
/// ```
/// use picometer_std::{Objectives, ObjectiveError};
/// use std::time::Duration;
///
/// // The median within 5 % of all ranks, the 99th percentile within 0.1 %.
/// let objectives = Objectives::new([(0.5, 0.05), (0.99, 0.001)])?.max_age(Duration::from_secs(60));
/// assert_eq!(objectives.quantiles().collect::<Vec<_>>(), [0.5, 0.99]);
/// assert_eq!(Objectives::new([(1.5, 0.05)]).unwrap_err(), ObjectiveError::Quantile);
/// # Ok::<(), ObjectiveError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Objectives {
    targets: Arc<[(f64, f64)]>,
    max_age: Duration,
    ages: u32,
}

impl Objectives {
    /// Quantiles from 0 to 1, each with the share of ranks that its value may be off by.
    ///
    /// # Errors
    ///
    /// [`ObjectiveError`] says what is wrong.
    pub fn new(targets: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, ObjectiveError> {
        let mut targets: Vec<_> = targets.into_iter().collect();
        if !targets.iter().all(|(quantile, _)| (0.0..=1.0).contains(quantile)) {
            return Err(ObjectiveError::Quantile);
        }
        if !targets.iter().all(|&(_, error)| error > 0.0 && error < 1.0) {
            return Err(ObjectiveError::Error);
        }
        targets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        if targets.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
            return Err(ObjectiveError::Repeated);
        }
        Ok(Self { targets: targets.into(), max_age: Duration::from_secs(600), ages: 5 })
    }

    /// How old observations are at most that quantiles are of; 10 minutes unless told otherwise.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// In how many steps old observations leave the window, 5 unless told otherwise, 64 at most. Each takes memory and time.
    #[must_use]
    pub fn age_buckets(mut self, ages: u32) -> Self {
        self.ages = ages.clamp(1, 64);
        self
    }

    /// The quantiles, rising.
    pub fn quantiles(&self) -> impl Iterator<Item = f64> {
        self.targets.iter().map(|&(quantile, _)| quantile)
    }

    fn step(&self) -> Duration {
        (self.max_age / self.ages).max(Duration::from_nanos(1))
    }
}

impl Default for Objectives {
    /// Median, 90th and 99th percentile, within 5 %, 1 % and 0.1 % of the ranks.
    fn default() -> Self {
        Self { targets: [(0.5, 0.05), (0.9, 0.01), (0.99, 0.001)].into(), max_age: Duration::from_secs(600), ages: 5 }
    }
}

/// Error returned by [`Objectives::new`].
///
/// ```
/// use picometer_std::{ObjectiveError, Objectives};
///
/// assert_eq!(Objectives::new([(0.5, 0.0)]).unwrap_err(), ObjectiveError::Error);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// A quantile is not from 0 to 1.
    Quantile,
    /// An allowed error is not between 0 and 1.
    Error,
    /// A quantile is given twice.
    Repeated,
}

impl fmt::Display for ObjectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quantile => "a quantile is from 0 to 1",
            Self::Error => "the allowed error of a quantile is between 0 and 1",
            Self::Repeated => "a quantile is given twice",
        })
    }
}

impl std::error::Error for ObjectiveError {}

/// Count and sum of all observations, and quantiles of the latest ones.
///
/// A quantile's value is one that was observed, whose rank is off by no more than the [`Objectives`] allow. An empty window has
/// quantiles of NaN. Quantiles of several processes cannot be put together: where that is wanted, a
/// [`NativeHistogram`](crate::NativeHistogram) is the type to use.
///
/// [`observe`](Self::observe) puts the value behind others; every 512 of them are sorted into the streams of the window by
/// whoever brings the last. NaN is counted, and neither in the sum nor in the quantiles.
///
/// ```
/// use picometer_std::{Metric, Objectives, QuantileSummary};
///
/// let sizes = Metric::<QuantileSummary>::new("request_bytes", "Sizes of requests.")
///     .config(&Objectives::new([(0.5, 0.01), (0.99, 0.001)])?);
/// (1..=10_000).for_each(|size| sizes.observe(f64::from(size)));
/// assert!((4_900.0..=5_100.0).contains(&sizes.quantile(0.5)));
/// assert!((9_890.0..=9_910.0).contains(&sizes.quantile(0.99)));
/// # Ok::<(), picometer_std::ObjectiveError>(())
/// ```
pub struct QuantileSummary {
    total: Tally,
    objectives: Objectives,
    fresh: Mutex<Vec<f64>>,
    window: Mutex<Window>,
    /// Steps are counted from here.
    start: Instant,
}

/// How many observations are sorted at once.
const BATCH: usize = 512;

/// Streams that all observe everything, begun one step after the other; quantiles are of the one that began first.
struct Window {
    streams: Box<[Stream]>,
    oldest: usize,
    /// How many steps have passed.
    steps: u64,
    /// Where a batch is while it is sorted.
    batch: Vec<f64>,
}

impl QuantileSummary {
    /// A summary of nothing.
    pub fn new(objectives: &Objectives) -> Self {
        let streams = (0..objectives.ages).map(|_| Stream::new(&objectives.targets)).collect();
        Self {
            total: Tally::new(1),
            objectives: objectives.clone(),
            fresh: Mutex::new(Vec::new()),
            window: Mutex::new(Window { streams, oldest: 0, steps: 0, batch: Vec::new() }),
            start: Instant::now(),
        }
    }

    /// Counts a value, adds it to the sum, and takes it into the window.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.total.record(0, value);
        if value.is_nan() {
            return;
        }
        let mut fresh = self.fresh.lock();
        fresh.push(value);
        if fresh.len() >= BATCH {
            drop(self.sort_in(fresh));
        }
    }

    /// How many values were observed, in the window or before.
    pub fn count(&self) -> u64 {
        self.read().0
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read().1
    }

    /// The value of a quantile among the observations of the window; NaN if there are none. One that is not among the objectives is
    /// as exact as it happens to be.
    pub fn quantile(&self, quantile: f64) -> f64 {
        self.sort_in(self.fresh.lock()).query(quantile)
    }

    /// Takes the fresh observations into the window, moves that on to now, and returns it.
    fn sort_in(&self, mut fresh: std::sync::MutexGuard<'_, Vec<f64>>) -> std::sync::MutexGuard<'_, Window> {
        let steps = (self.start.elapsed().as_nanos() / self.objectives.step().as_nanos()) as u64;
        let mut window = self.window.lock();
        let mut batch = std::mem::take(&mut window.batch);
        std::mem::swap(&mut *fresh, &mut batch);
        // Others observe on while this batch is sorted.
        drop(fresh);
        batch.sort_unstable_by(f64::total_cmp);
        window.advance(steps);
        window.insert(&batch);
        batch.clear();
        window.batch = batch;
        window
    }

    fn read(&self) -> (u64, f64) {
        let mut count = 0;
        let sum = self.total.read(|own| count = own);
        (count, sum)
    }
}

impl Window {
    fn insert(&mut self, sorted: &[f64]) {
        self.streams.iter_mut().for_each(|stream| stream.insert(sorted));
    }

    fn advance(&mut self, steps: u64) {
        let passed = steps.saturating_sub(self.steps).min(self.streams.len() as u64);
        for _ in 0..passed {
            if let Some(stream) = self.streams.get_mut(self.oldest) {
                stream.clear();
            }
            self.oldest = (self.oldest + 1) % self.streams.len().max(1);
        }
        self.steps = self.steps.max(steps);
    }

    fn query(&self, quantile: f64) -> f64 {
        self.streams.get(self.oldest).map_or(f64::NAN, |stream| stream.query(quantile))
    }
}

impl Default for QuantileSummary {
    fn default() -> Self {
        Self::new(&Objectives::default())
    }
}

impl Make for QuantileSummary {
    type Config = Objectives;

    fn make(objectives: &Objectives) -> Self {
        Self::new(objectives)
    }
}

impl Cell for QuantileSummary {
    const KIND: Kind = Kind::Summary;
    const RESERVED_LABEL: &'static str = "quantile";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let quantiles: Vec<Quantile> = {
            let window = self.sort_in(self.fresh.lock());
            let shown = |quantile| Quantile { quantile: f64::into(quantile), value: window.query(quantile).into() };
            self.objectives.quantiles().map(shown).collect()
        };
        let (count, sum) = self.read();
        series.value(PointValue::Summary(SummaryPoint { quantiles: &quantiles, count, sum: sum.into() }))
    }
}

impl fmt::Debug for QuantileSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, sum) = self.read();
        f.debug_struct("QuantileSummary").field("count", &count).field("sum", &sum).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let objectives = Objectives::new([(0.5, 0.01)]).unwrap().max_age(Duration::from_millis(150)).age_buckets(3);
        let summary = QuantileSummary::new(&objectives);
        assert!(summary.quantile(0.5).is_nan());
        summary.observe(7.0);
        summary.observe(f64::NAN);
        assert_eq!(summary.quantile(0.5), 7.0);
        std::thread::sleep(Duration::from_millis(400));
        assert!(summary.quantile(0.5).is_nan());
        assert_eq!((summary.count(), summary.sum()), (2, 7.0));
        summary.observe(3.0);
        assert_eq!(summary.quantile(0.5), 3.0);
    }

    #[test]
    fn steps_empty_one_stream_each() {
        let mut window = Window { streams: (0..3).map(|_| Stream::new(&[(0.5, 0.01)])).collect(), oldest: 0, steps: 0, batch: Vec::new() };
        window.insert(&[1.0]);
        window.advance(1);
        window.insert(&[9.0, 9.0]);
        assert_eq!(window.query(0.0), 1.0);
        window.advance(2);
        assert_eq!(window.query(0.0), 1.0);
        window.advance(3);
        assert_eq!(window.query(0.0), 9.0);
        window.advance(2);
        assert_eq!(window.query(0.0), 9.0, "a clock that goes back changes nothing");
        window.advance(1 << 40);
        assert!(window.query(0.0).is_nan());
    }

    #[test]
    fn threads_observe_while_pages_are_written() {
        let summary = QuantileSummary::default();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..20_000).for_each(|value| summary.observe(f64::from(value))));
            }
            for _ in 0..50 {
                let median = summary.quantile(0.5);
                assert!(median.is_nan() || (0.0..20_000.0).contains(&median));
            }
        });
        assert_eq!(summary.count(), 60_000);
        assert!((9_000.0..11_000.0).contains(&summary.quantile(0.5)));
    }

    #[test]
    fn objectives_are_checked() {
        assert_eq!(Objectives::new([(0.5, 0.1), (0.5, 0.2)]).unwrap_err(), ObjectiveError::Repeated);
        assert_eq!(Objectives::new([(f64::NAN, 0.1)]).unwrap_err(), ObjectiveError::Quantile);
        assert!(Objectives::new([(0.9, 0.1), (0.0, 0.1), (1.0, 0.1)]).unwrap().quantiles().eq([0.0, 0.9, 1.0]));
    }
}
