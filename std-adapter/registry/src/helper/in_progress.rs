//! How many of something are under way.

use picometer::Value;

use super::for_holders;
use crate::cell::gauge::{Gauge, GaugeValue};

/// Counts up and down: a [`Gauge`], and whatever holds one.
///
/// ```
/// use picometer_std::{Gauge, Metric, TrackInProgress};
///
/// let requests = Metric::<Gauge<i64>>::new(
///     "requests_in_progress",
///     "Requests that are being served.",
/// );
/// {
///     let _request = requests.track_in_progress();
///     assert_eq!(requests.get(), 1);
/// }
/// assert_eq!(requests.get(), 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not count up and down",
    note = "gauges do, and metrics, series and handles of them; of a family `.with(labels)`"
)]
pub trait TrackInProgress {
    /// One more, or one less.
    fn step(&self, up: bool);

    /// One more, until the guard is dropped.
    #[doc(alias("track_inprogress"))]
    fn track_in_progress(&self) -> InProgress<&Self>
    where
        Self: Sized,
    {
        InProgress::new(self)
    }
}

impl<V: GaugeValue> TrackInProgress for Gauge<V> {
    fn step(&self, up: bool) {
        if up { self.inc() } else { self.dec() }
    }
}

impl<V: Value> TrackInProgress for picometer::Gauge<V> {
    fn step(&self, up: bool) {
        if up { self.inc() } else { self.dec() }
    }
}

for_holders!(TrackInProgress::step(up: bool));

/// One of those under way, until it is dropped: at the end of a block, by a panic, or with the future that holds it.
///
/// ```
/// use picometer_std::{Gauge, InProgress, Metric};
/// use std::sync::Arc;
///
/// let jobs =
///     Arc::new(Metric::<Gauge<i64>>::new("jobs_in_progress", "Jobs under way."));
/// let job = InProgress::new(jobs.clone());
/// std::thread::spawn(move || drop(job)).join().unwrap();
/// assert_eq!(jobs.get(), 0);
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped at once tracks nothing"]
pub struct InProgress<G: TrackInProgress>(G);

impl<G: TrackInProgress> InProgress<G> {
    /// One more.
    pub fn new(gauge: G) -> Self {
        gauge.step(true);
        Self(gauge)
    }
}

impl<G: TrackInProgress> Drop for InProgress<G> {
    fn drop(&mut self) {
        self.0.step(false);
    }
}
