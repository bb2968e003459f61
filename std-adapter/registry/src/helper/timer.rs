//! How long something takes.

use std::time::Duration;
#[cfg(not(feature = "tokio"))]
use std::time::Instant;

// The clock of the runtime, which stands still while a test has it paused; outside of a runtime that of the system.
#[cfg(feature = "tokio")]
use tokio::time::Instant;

use super::for_holders;

/// Takes durations: a histogram or summary observes them in seconds, a gauge shows the last one.
///
/// ```
/// use picometer_std::{Family, Histogram, ObserveDuration};
///
/// let seconds = Family::<Histogram, 1>::new(
///     "request_seconds",
///     "How long requests take.",
///     ["method"],
/// );
/// let answer = seconds.with(["GET"]).time(|| 42);
/// {
///     let get = seconds.with(["GET"]);
///     let _timer = get.start_timer();
///     // What takes time, in any way that it ends.
/// }
/// assert_eq!((answer, seconds.with(["GET"]).count()), (42, 2));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take durations",
    note = "histograms, summaries and gauges of floats do, and metrics, series and handles of them; of a family `.with(labels)` or `.labelled(labels)`"
)]
pub trait ObserveDuration {
    /// Takes a duration.
    fn observe_duration(&self, duration: Duration);

    /// Runs a function and takes how long it took, also if it panics.
    fn time<R>(&self, function: impl FnOnce() -> R) -> R
    where
        Self: Sized,
    {
        let _timer = self.start_timer();
        function()
    }

    /// Starts a timer that ends when it is dropped.
    fn start_timer(&self) -> Timer<&Self>
    where
        Self: Sized,
    {
        Timer::new(self)
    }
}

for_holders!(ObserveDuration::observe_duration(duration: Duration));

/// Measures from when it is made until it is dropped, and hands the duration on then; also where a panic drops it.
///
/// Over an owned observer, an `Arc` or a [`Handle`](crate::Handle), it may be kept for long and cross threads. Labels that are known
/// only at the end are [bound](Self::bind) late. With feature `tokio` the clock is that of the runtime: in a test that pauses it, time
/// passes as the test says.
///
/// ```
/// use picometer_std::{Family, Summary, Timer};
///
/// let seconds = Family::<Summary, 1>::new(
///     "request_seconds",
///     "How long requests take.",
///     ["code"],
/// );
/// let mut timer = Timer::new(seconds.handle(["aborted"]));
/// // The request is served.
/// timer.bind(seconds.handle(["200"]));
/// let took = timer.observe();
/// assert_eq!(seconds.with(["200"]).sum(), took.as_secs_f64());
/// ```
#[derive(Debug)]
#[must_use = "a timer that is dropped at once measures nothing"]
#[doc(alias("NewTimer", "HistogramTimer"))]
pub struct Timer<O: ObserveDuration> {
    start: Instant,
    pub(super) observer: O,
    discarded: bool,
}

impl<O: ObserveDuration> Timer<O> {
    /// Starts.
    pub fn new(observer: O) -> Self {
        Self { start: Instant::now(), observer, discarded: false }
    }

    /// Hands the duration to another observer in the end.
    pub fn bind(&mut self, observer: O) {
        self.observer = observer;
    }

    /// How long it has been.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Ends, and returns the duration that the observer got.
    pub fn observe(mut self) -> Duration {
        self.discarded = true;
        let duration = self.elapsed();
        self.observer.observe_duration(duration);
        duration
    }

    /// Ends without handing anything on; returns the duration.
    #[doc(alias("stop_and_discard"))]
    pub fn discard(mut self) -> Duration {
        self.discarded = true;
        self.elapsed()
    }
}

impl<O: ObserveDuration> Drop for Timer<O> {
    fn drop(&mut self) {
        if !self.discarded {
            self.observer.observe_duration(self.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gauge, Histogram, Metric};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    #[test]
    fn a_timer_observes_once_however_it_ends() {
        let seconds = Metric::<Histogram>::new("a_seconds", "");
        seconds.start_timer().observe();
        assert_eq!(seconds.count(), 1);
        seconds.start_timer().discard();
        assert_eq!(seconds.count(), 1);
        drop(seconds.start_timer());
        assert_eq!(seconds.count(), 2);
        catch_unwind(AssertUnwindSafe(|| seconds.time(|| panic!("as it should")))).unwrap_err();
        assert_eq!(seconds.count(), 3);
        assert!(seconds.sum() >= 0.0);
    }

    #[test]
    fn timers_cross_threads_and_gauges_show_the_last() {
        let last = Arc::new(Metric::<Gauge<f64>>::new("last_seconds", ""));
        let timer = Timer::new(last.clone());
        let took = std::thread::spawn(move || timer.observe()).join().unwrap();
        assert_eq!(last.get(), took.as_secs_f64());
        last.set(5.0);
        last.time(|| ());
        assert!(last.get() < 5.0);
    }
}
