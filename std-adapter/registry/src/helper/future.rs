//! Futures that are measured.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::in_progress::{InProgress, TrackInProgress};
use super::timer::{ObserveDuration, Timer};

/// Measures a future.
///
/// ```
/// use picometer_std::{Gauge, Histogram, MeasuredFuture, Metric};
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// let seconds = Metric::<Histogram>::new("query_seconds", "How long queries take.");
/// let running = Metric::<Gauge<i64>>::new("queries_in_progress", "Queries that run.");
///
/// async fn query() -> u32 { 7 }
/// assert_eq!(block_on(query().timed(&seconds).in_progress(&running)), 7);
/// assert_eq!((seconds.count(), running.get()), (1, 0));
/// ```
pub trait MeasuredFuture: Future + Sized {
    /// Measures from the first poll until the future is ready, or is dropped before: what a timeout cancels took long, and belongs
    /// among the durations.
    fn timed<O: ObserveDuration>(self, observer: O) -> Timed<Self, O> {
        Timed { future: self, observer: Some(observer), timer: None }
    }

    /// Counts the future as under way from the first poll until it is ready or dropped.
    fn in_progress<G: TrackInProgress>(self, gauge: G) -> Tracked<Self, G> {
        Tracked { future: self, gauge: Some(gauge), guard: None }
    }
}

impl<F: Future> MeasuredFuture for F {}

pin_project! {
    /// Made by [`MeasuredFuture::timed`].
    ///
    /// ```
    /// # use picometer_std::{Histogram, MeasuredFuture, Metric};
    /// let seconds = Metric::<Histogram>::new("query_seconds", "How long queries take.");
    /// drop(std::future::pending::<()>().timed(&seconds));
    /// assert_eq!(seconds.count(), 0, "it never began");
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Timed<F, O: ObserveDuration> {
        #[pin]
        future: F,
        observer: Option<O>,
        timer: Option<Timer<O>>,
    }
}

impl<F: Future, O: ObserveDuration> Future for Timed<F, O> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(observer) = this.observer.take() {
            *this.timer = Some(Timer::new(observer));
        }
        let output = ready!(this.future.poll(context));
        *this.timer = None;
        Poll::Ready(output)
    }
}

pin_project! {
    /// Made by [`MeasuredFuture::in_progress`].
    ///
    /// ```
    /// # use picometer_std::{Gauge, MeasuredFuture, Metric};
    /// let running = Metric::<Gauge<i64>>::new("queries_in_progress", "Queries that run.");
    /// let query = std::future::pending::<()>().in_progress(&running);
    /// assert_eq!(running.get(), 0, "it has not begun");
    /// # drop(query);
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Tracked<F, G: TrackInProgress> {
        #[pin]
        future: F,
        gauge: Option<G>,
        guard: Option<InProgress<G>>,
    }
}

impl<F: Future, G: TrackInProgress> Future for Tracked<F, G> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(gauge) = this.gauge.take() {
            *this.guard = Some(InProgress::new(gauge));
        }
        let output = ready!(this.future.poll(context));
        *this.guard = None;
        Poll::Ready(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Histogram, Metric};
    use picometer::Gauge;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::Waker;

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn cancelled_and_panicking_futures_are_measured_to_their_end() {
        let seconds = Metric::<Histogram>::new("a_seconds", "");
        let running = Metric::<Gauge<i64>>::new("running", "");
        let mut cancelled = Box::pin(std::future::pending::<()>().timed(&seconds).in_progress(&running));
        assert!(poll_once(cancelled.as_mut()).is_pending());
        assert!(poll_once(cancelled.as_mut()).is_pending());
        assert_eq!((seconds.count(), running.get()), (0, 1));
        drop(cancelled);
        assert_eq!((seconds.count(), running.get()), (1, 0));

        let mut panicking = Box::pin(async { panic!("as it should") }.timed(&seconds).in_progress(&running));
        catch_unwind(AssertUnwindSafe(|| poll_once::<_>(panicking.as_mut()))).map(|_: Poll<()>| ()).unwrap_err();
        drop(panicking);
        assert_eq!((seconds.count(), running.get()), (2, 0));
    }
}
