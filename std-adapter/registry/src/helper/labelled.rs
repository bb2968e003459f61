//! Families with the labels of one of their series: timers and guards that own what they need.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use picometer::{ClosedLabels, Zeroed};

use super::errors::CountOne;
use super::in_progress::{InProgress, TrackInProgress};
use super::timer::{ObserveDuration, Timer};
use crate::cell::FromConfig;
use crate::family::{ClosedFamily, Family, Handle};
use crate::label::LabelValues;
use crate::typed::{LabelSchema, LabelsOf, TypedFamily};

/// A family that has a cell for labels of type `T`.
///
/// ```
/// use picometer_std::{Counter, Family, WithLabels};
///
/// let jobs = Family::<Counter, 1>::new("jobs_total", "Jobs done.", ["queue"]);
/// jobs.with_labels(&["mail"], |jobs| jobs.inc());
/// assert_eq!(jobs.with(["mail"]).get(), 1);
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is no family with the labels `{T}`")]
pub trait WithLabels<T> {
    /// What its series are.
    type Cell;

    /// Calls `see` with the cell of these labels, which is made if it does not exist.
    fn with_labels<R>(&self, labels: &T, see: impl FnOnce(&Self::Cell) -> R) -> R;
}

impl<C: FromConfig, T: LabelValues<N>, const N: usize> WithLabels<T> for Family<C, N> {
    type Cell = C;

    fn with_labels<R>(&self, labels: &T, see: impl FnOnce(&C) -> R) -> R {
        see(&self.with(labels))
    }
}

impl<C: FromConfig, L: LabelSchema, T: LabelsOf<L, N>, const N: usize> WithLabels<T> for TypedFamily<C, L, N> {
    type Cell = C;

    fn with_labels<R>(&self, labels: &T, see: impl FnOnce(&C) -> R) -> R {
        see(&self.with(labels))
    }
}

impl<C: FromConfig, L: ClosedLabels> WithLabels<L> for ClosedFamily<C, L> {
    type Cell = C;

    fn with_labels<R>(&self, labels: &L, see: impl FnOnce(&C) -> R) -> R {
        see(self.with(*labels))
    }
}

/// Those of the core, as they stand in statics.
impl<C: Zeroed, L: ClosedLabels, const N: usize> WithLabels<L> for picometer::Family<C, L, N> {
    type Cell = C;

    fn with_labels<R>(&self, labels: &L, see: impl FnOnce(&C) -> R) -> R {
        see(self.with(*labels))
    }
}

macro_rules! holders {
    ($([$($generics:tt)*] $holder:ty;)*) => {$(
        impl<T, F: WithLabels<T> $($generics)*> WithLabels<T> for $holder {
            type Cell = F::Cell;

            fn with_labels<R>(&self, labels: &T, see: impl FnOnce(&F::Cell) -> R) -> R {
                (**self).with_labels(labels, see)
            }
        }
    )*};
}

holders! {
    [] &F;
    [] Arc<F>;
    [, I: FnOnce() -> F] LazyLock<F, I>;
}

/// A family, and the labels of one of its series, which is looked up when something is observed or counted.
///
/// It is an observer for timers, for [`timed`](crate::MeasuredFuture::timed) futures and for attributes: it goes wherever its
/// labels go, and makes no series that nothing is observed in. Over an `Arc` of the family it owns all it needs.
///
/// ```
/// use picometer_std::{Family, Labelled, Summary, Timer};
/// use std::sync::Arc;
///
/// let seconds = Arc::new(Family::<Summary, 1>::new(
///     "request_seconds",
///     "How long requests take.",
///     ["code"],
/// ));
/// let timer = Timer::new(Labelled::new(seconds.clone(), ["200"]));
/// std::thread::spawn(move || drop(timer)).join().unwrap();
/// assert_eq!(seconds.with(["200"]).count(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Labelled<F, T> {
    family: F,
    labels: T,
}

impl<T, F: WithLabels<T>> Labelled<F, T> {
    /// A family with labels.
    pub const fn new(family: F, labels: T) -> Self {
        Self { family, labels }
    }
}

impl<T, F: WithLabels<T, Cell: ObserveDuration>> ObserveDuration for Labelled<F, T> {
    #[inline]
    fn observe_duration(&self, duration: Duration) {
        self.family.with_labels(&self.labels, |cell| cell.observe_duration(duration));
    }
}

impl<T, F: WithLabels<T, Cell: CountOne>> CountOne for Labelled<F, T> {
    #[inline]
    fn count_one(&self) {
        self.family.with_labels(&self.labels, CountOne::count_one);
    }
}

/// The labels, which may be set until the timer ends.
impl<T, F: WithLabels<T, Cell: ObserveDuration>> Deref for Timer<Labelled<F, T>> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.observer.labels
    }
}

impl<T, F: WithLabels<T, Cell: ObserveDuration>> DerefMut for Timer<Labelled<F, T>> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.observer.labels
    }
}

/// Timers and guards.
impl<C: FromConfig, const N: usize> Family<C, N> {
    /// The family with the labels of one series, as an observer for futures and attributes.
    pub const fn labelled<T: LabelValues<N>>(&self, values: T) -> Labelled<&Self, T> {
        Labelled { family: self, labels: values }
    }

    /// Starts a timer that looks its series up when it ends, by the label values that it has then.
    ///
    /// It ends however it is dropped: by a return, a panic, or a future that is cancelled. No series is made before.
    ///
    /// ```
    /// use picometer_std::{Family, Histogram};
    ///
    /// let seconds = Family::<Histogram, 2>::new(
    ///     "request_seconds",
    ///     "How long requests take.",
    ///     ["method", "code"],
    /// );
    /// let mut timer = seconds.timer(("GET", 499));
    /// // The request is served.
    /// timer.1 = 200;
    /// drop(timer);
    /// assert_eq!(seconds.with(("GET", 200)).count(), 1);
    /// assert_eq!(seconds.len(), 1);
    /// ```
    #[inline]
    pub fn timer<T: LabelValues<N>>(&self, values: T) -> Timer<Labelled<&Self, T>>
    where
        C: ObserveDuration,
    {
        Timer::new(self.labelled(values))
    }

    /// Counts one more in the series with these values, until the guard is dropped, which may be on another thread.
    ///
    /// ```
    /// use picometer_std::{Family, Gauge};
    ///
    /// let running =
    ///     Family::<Gauge<i64>, 1>::new("jobs_in_progress", "Jobs that run.", ["queue"]);
    /// let job = running.track_in_progress(["mail"]);
    /// assert_eq!(running.with(["mail"]).get(), 1);
    /// std::thread::scope(|scope| drop(scope.spawn(move || drop(job))));
    /// assert_eq!(running.with(["mail"]).get(), 0);
    /// ```
    pub fn track_in_progress(&self, values: impl LabelValues<N>) -> InProgress<Handle<C>>
    where
        C: TrackInProgress,
    {
        InProgress::new(self.handle(values))
    }
}

/// Timers and guards.
impl<C: FromConfig, L: LabelSchema, const N: usize> TypedFamily<C, L, N> {
    /// The family with the labels of one series, as an observer for futures and attributes.
    pub const fn labelled<T: LabelsOf<L, N>>(&self, labels: T) -> Labelled<&Self, T> {
        Labelled { family: self, labels }
    }

    /// Starts a timer that looks its series up when it ends, by the labels that it has then: they are its fields.
    ///
    /// It ends however it is dropped: by a return, a panic, or a future that is cancelled. No series is made before.
    #[inline]
    pub fn timer<T: LabelsOf<L, N>>(&self, labels: T) -> Timer<Labelled<&Self, T>>
    where
        C: ObserveDuration,
    {
        Timer::new(self.labelled(labels))
    }

    /// Counts one more in the series with these labels, until the guard is dropped, which may be on another thread.
    pub fn track_in_progress(&self, labels: impl LabelsOf<L, N>) -> InProgress<Handle<C>>
    where
        C: TrackInProgress,
    {
        InProgress::new(self.handle(labels))
    }
}

/// Timers and guards.
impl<C: FromConfig, L: ClosedLabels> ClosedFamily<C, L> {
    /// The family with the labels of one series, as an observer for futures and attributes.
    pub const fn labelled(&self, labels: L) -> Labelled<&Self, L> {
        Labelled { family: self, labels }
    }

    /// Starts a timer for the series of the labels that it has when it ends.
    ///
    /// ```
    /// use picometer_std::{ClosedFamily, Histogram, labels};
    ///
    /// labels! { enum Outcome as "outcome" { Ok = "ok", Failed = "failed" } }
    ///
    /// let seconds =
    ///     ClosedFamily::<Histogram, Outcome>::new("job_seconds", "How long jobs take.");
    /// let mut timer = seconds.timer(Outcome::Failed);
    /// *timer = Outcome::Ok;
    /// timer.observe();
    /// assert_eq!(seconds.with(Outcome::Ok).count(), 1);
    /// ```
    #[inline]
    pub fn timer(&self, labels: L) -> Timer<Labelled<&Self, L>>
    where
        C: ObserveDuration,
    {
        Timer::new(self.labelled(labels))
    }

    /// Counts one more in the series with these labels, until the guard is dropped.
    pub fn track_in_progress(&self, labels: L) -> InProgress<&C>
    where
        C: TrackInProgress,
    {
        InProgress::new(self.with(labels))
    }
}
