//! Summaries with quantiles of a sliding window.

mod line;
mod objectives;
mod sketch;
mod sort;
mod window;

pub use objectives::{ObjectiveError, Objectives};

use std::fmt;

use picometer::{Cell, Kind, PointValue, Quantile, SeriesEncoder, Stop, SummaryPoint};

use super::FromConfig;
use super::exemplar::clock;
use super::queues::{HURRY, Queue, Queues};
use crate::atomic::Mutex;
use crate::desc::MetricError;
use sort::{Heap, LONGEST};
use window::{Batch, Window};

/// Count and sum of all observations, and quantiles of the latest ones.
///
/// A quantile's value is one that was observed. Its rank among those of the window is off by no more than the [`Objectives`] allow,
/// whatever the values and their order are. An empty window has quantiles of NaN. Quantiles of several
/// processes cannot be put together: where that is wanted, a [`NativeHistogram`](crate::NativeHistogram) is the type to use.
///
/// [`observe`](Self::observe) puts the value into a queue of its thread, with a load and two stores. When the queue is full, or a
/// scraper asks, what is in it is sorted and taken into the window; so one observation in a thousand takes some microseconds, and
/// may wait for another thread that does the same. NaN is counted, and neither in the sum nor in the quantiles; infinities are in the
/// quantiles, and not in the sum.
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
#[doc(alias("Objectives", "SummaryOpts"))]
pub struct QuantileSummary {
    objectives: Objectives,
    /// When the first step began, and how long each is, in milliseconds of [`clock`].
    start: u64,
    step: u64,
    queues: Queues,
    window: Mutex<Window>,
}

impl QuantileSummary {
    /// A summary of nothing.
    pub fn new(objectives: &Objectives) -> Self {
        Self {
            objectives: objectives.clone(),
            start: clock(),
            step: objectives.step_millis(),
            queues: Queues::new(LONGEST),
            window: Mutex::new(Window::new(&objectives.targets, objectives.ages())),
        }
    }

    /// Counts a value, adds it to the sum, and takes it into the window.
    #[inline]
    pub fn observe(&self, value: f64) {
        let now = clock();
        match self.queues.mine(&self.window) {
            Some(queue) if queue.ring().push(value.to_bits(), now) => {}
            Some(queue) => self.make_room(queue, value, now),
            None => self.take_in(value, now),
        }
    }

    /// Sorts what is in the queue of this thread, so that there is room behind it.
    #[cold]
    fn make_room(&self, queue: &Queue, value: f64, now: u64) {
        let ring = queue.ring();
        if ring.is_over(now) || !ring.refresh() {
            // Sorted while others take in what they have. Who reads meanwhile finds it in the queue, and takes it in first.
            let mut heap = Heap::new();
            let place = ring.peek(|bits| heap.push(bits));
            let (count, sum) = (heap.count, heap.sum);
            let rising = heap.sorted();
            let mut window = self.window.lock();
            if ring.take(place) {
                window.insert(ring.step(), Batch { count, sum, rising });
            }
            let step = self.step_of(now);
            let until = self.start.saturating_add(step.saturating_add(1).saturating_mul(self.step));
            if ring.begin(now, step, until) < HURRY {
                queue.grow().begin(now, step, until);
            }
            drop(window);
            queue.ring().refresh();
        }
        if !queue.ring().push(value.to_bits(), now) {
            self.take_in(value, now);
        }
    }

    /// Takes one value into the window: of a thread beyond the number of those that have queues.
    #[cold]
    fn take_in(&self, value: f64, now: u64) {
        let (sum, rising): (f64, &[f64]) = match value {
            value if value.is_nan() => (0.0, &[]),
            value => (if value.is_finite() { value } else { 0.0 }, &[value]),
        };
        self.window.lock().insert(self.step_of(now), Batch { count: 1, sum, rising });
    }

    fn step_of(&self, now: u64) -> u64 {
        now.saturating_sub(self.start) / self.step
    }

    /// How many values were observed, in the window or before.
    pub fn count(&self) -> u64 {
        self.read(|window, _| window.count)
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read(|window, _| window.sum)
    }

    /// The value of a quantile among the observations of the window; NaN if there are none. One that is not among the objectives is
    /// as exact as it happens to be.
    ///
    /// ```
    /// # use picometer_std::{Objectives, QuantileSummary};
    /// let sizes = QuantileSummary::new(&Objectives::new([(0.5, 0.01)]).unwrap());
    /// (1..=99).for_each(|size| sizes.observe(f64::from(size)));
    /// assert!((sizes.quantile(0.5) - 50.0).abs() <= 1.0);
    /// ```
    pub fn quantile(&self, quantile: f64) -> f64 {
        self.read(|window, now| window.quantiles(now, &[quantile])).first().copied().unwrap_or(f64::NAN)
    }

    /// Takes in what waits in all queues, and shows the window with the step of now.
    fn read<R>(&self, then: impl FnOnce(&Window, u64) -> R) -> R {
        self.with_window(|window| then(window, self.step_of(clock())))
    }

    /// Takes in what waits in queues.
    fn with_window<R>(&self, then: impl FnOnce(&mut Window) -> R) -> R {
        let mut heap = Heap::new();
        let mut window = self.window.lock();
        for ring in self.queues.all().flat_map(Queue::rings) {
            heap.clear();
            let place = ring.peek(|bits| heap.push(bits));
            let (count, sum) = (heap.count, heap.sum);
            if count > 0 && ring.take(place) {
                window.insert(ring.step(), Batch { count, sum, rising: heap.sorted() });
            }
        }
        then(&mut window)
    }
}

impl Default for QuantileSummary {
    fn default() -> Self {
        Self::new(&Objectives::default())
    }
}

impl FromConfig for QuantileSummary {
    type Config = Objectives;

    fn make(objectives: &Objectives) -> Self {
        Self::new(objectives)
    }

    fn check(objectives: &Objectives) -> Result<(), MetricError> {
        objectives.check()
    }
}

impl Cell for QuantileSummary {
    const KIND: Kind = Kind::Summary;
    const RESERVED_LABEL: &'static str = "quantile";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let wanted: Vec<f64> = self.objectives.quantiles().collect();
        let (count, sum, found) = self.read(|window, now| (window.count, window.sum, window.quantiles(now, &wanted)));
        let shown = |(quantile, value): (f64, f64)| Quantile { quantile: quantile.into(), value: value.into() };
        let quantiles: Vec<Quantile> = wanted.into_iter().zip(found).map(shown).collect();
        series.value(PointValue::Summary(SummaryPoint { quantiles: &quantiles, count, sum: sum.into() }))
    }

    fn restart(&self) {
        // What waits in queues is taken in, and forgotten with the rest.
        self.with_window(|window| window.clear());
    }
}

impl fmt::Debug for QuantileSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, sum) = self.read(|window, _| (window.count, window.sum));
        f.debug_struct("QuantileSummary").field("count", &count).field("sum", &sum).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{at_once, turns};
    use std::time::Duration;

    #[test]
    #[cfg_attr(miri, ignore = "in the time that it takes an interpreter, intervals are over")]
    fn the_window_slides() {
        let objectives = Objectives::new([(0.5, 0.01)]).unwrap().max_age(Duration::from_millis(150)).age_buckets(3);
        // On a machine that does something else meanwhile the window may slide too early; then from the start.
        let (summary, seen) = loop {
            let began = std::time::Instant::now();
            let summary = QuantileSummary::new(&objectives);
            assert!(summary.quantile(0.5).is_nan());
            summary.observe(7.0);
            summary.observe(f64::NAN);
            let seen = summary.quantile(0.5);
            if began.elapsed() < Duration::from_millis(100) {
                break (summary, seen);
            }
        };
        assert_eq!(seen, 7.0);
        // It is not asked for meanwhile: what waits in the queue gets old there too.
        summary.observe(7.0);
        let (mut more, mut seen) = (0_u32, None);
        while seen.is_none() {
            std::thread::sleep(Duration::from_millis(400));
            let began = std::time::Instant::now();
            summary.observe(3.0);
            more += 1;
            seen = Some((summary.quantile(0.0), summary.quantile(1.0))).filter(|_| began.elapsed() < Duration::from_millis(100));
        }
        assert_eq!(seen, Some((3.0, 3.0)));
        std::thread::sleep(Duration::from_millis(400));
        assert!(summary.quantile(0.5).is_nan());
        assert_eq!((summary.count(), summary.sum()), (3 + u64::from(more), 14.0 + 3.0 * f64::from(more)));
    }

    #[test]
    fn threads_observe_while_pages_are_written() {
        const TURNS: u32 = turns(20_000);
        let summary = QuantileSummary::default();
        std::thread::scope(|scope| {
            let writers = [0; 3].map(|_| scope.spawn(|| (0..TURNS).for_each(|value| summary.observe(f64::from(value)))));
            let mut before = 0;
            while !writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                let median = summary.quantile(0.5);
                assert!(median.is_nan() || (0.0..f64::from(TURNS)).contains(&median));
                let (count, sum) = summary.read(|window, _| (window.count, window.sum));
                assert!(count >= before && sum <= count as f64 * f64::from(TURNS));
                before = count;
            }
        });
        assert_eq!((summary.count(), summary.sum()), (3 * u64::from(TURNS), 1.5 * f64::from(TURNS) * f64::from(TURNS - 1)));
        assert!((0.45 * f64::from(TURNS)..0.55 * f64::from(TURNS)).contains(&summary.quantile(0.5)));
    }

    /// What a thread left behind when it ended is counted, and its queue is another's then.
    #[test]
    fn more_threads_than_queues() {
        const THREADS: u32 = if cfg!(miri) { 6 } else { 70 };
        let summary = QuantileSummary::default();
        for _ in 0..2 {
            at_once(THREADS as usize, |thread| (0..41).for_each(|_| summary.observe(thread as f64)));
        }
        assert_eq!((summary.count(), summary.sum()), (82 * u64::from(THREADS), 41.0 * f64::from(THREADS * (THREADS - 1))));
    }
}
