//! Counters that keep an exemplar.

use std::fmt;

use picometer::__private::check_exemplar;
use picometer::{Cell, ExemplarError, Kind, NotGrowth, SeriesEncoder, Stop};

use super::Places;
use crate::cell::FromConfig;
use crate::cell::counter::{Counter, CounterValue};
use crate::exemplar::{ExemplarSampling, SpanContext};

/// A [`Counter`] that points to where an increment came from: a trace, a request.
///
/// Takes the current trace by itself if there is a [source](crate::exemplar), once in some seconds. An increment in between costs a
/// look at a coarse clock more than that of a counter, about 3 ns. Outside of any span the source is asked each time. OpenMetrics and
/// protobuf show the exemplar; text 0.0.4 has none.
///
/// ```
/// use picometer_std::{CounterWithExemplar, Metric};
///
/// let errors = Metric::<CounterWithExemplar>::new("errors_total", "Errors.");
/// errors.inc();
/// errors.inc_with(&[("request", "KOO5S4vxi0o")])?;
/// assert_eq!(errors.get(), 2);
/// # Ok::<(), picometer_std::ExemplarError>(())
/// ```
pub struct CounterWithExemplar<V: CounterValue = u64> {
    counter: Counter<V>,
    exemplar: Places,
}

impl<V: CounterValue> CounterWithExemplar<V> {
    /// A counter at 0 without an exemplar.
    pub fn new(sampling: ExemplarSampling) -> Self {
        Self { counter: Counter::new(), exemplar: Places::new(1, sampling) }
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        self.counter.inc();
        self.exemplar.sample(0, || V::ONE.number());
    }

    /// Adds 1. If an exemplar is due, it points to `span`, which need not be current any more; the source is not asked.
    #[inline]
    pub fn inc_in_span(&self, span: Option<SpanContext>) {
        self.counter.inc();
        self.exemplar.sample_span(0, || V::ONE.number(), span);
    }

    /// Adds an amount. A negative amount or NaN adds nothing; see [`try_inc_by`](Self::try_inc_by).
    #[inline]
    pub fn inc_by(&self, amount: V) {
        let _ = self.try_inc_by(amount);
    }

    /// Adds an amount.
    ///
    /// # Errors
    ///
    /// [`NotGrowth`] if the amount is negative or NaN; the counter is left as it was.
    #[inline]
    pub fn try_inc_by(&self, amount: V) -> Result<(), NotGrowth> {
        self.counter.try_inc_by(amount)?;
        self.exemplar.sample(0, || amount.number());
        Ok(())
    }

    /// Adds 1, and points to where it came from, now. Where the last exemplar is being read at this moment, it stays.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit, which have at most 128 characters in all; then nothing is counted.
    pub fn inc_with(&self, labels: &[(&str, &str)]) -> Result<(), ExemplarError> {
        self.inc_by_with(V::ONE, labels)
    }

    /// Adds an amount, and points to where it came from.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the amount is negative or NaN or the labels are not fit; then nothing is counted.
    pub fn inc_by_with(&self, amount: V, labels: &[(&str, &str)]) -> Result<(), ExemplarError> {
        check_exemplar(labels, usize::MAX)?;
        self.counter.try_inc_by(amount).map_err(|_| ExemplarError::NotGrowth)?;
        self.exemplar.keep(0, labels, amount.number());
        Ok(())
    }

    /// The count so far.
    pub fn get(&self) -> V {
        self.counter.get()
    }

    /// Back to 0 without an exemplar, as after a restart. Of increments that other threads make meanwhile each is forgotten or
    /// counts.
    pub fn reset(&self) {
        self.counter.reset();
        self.exemplar.clear();
    }
}

impl<V: CounterValue> Default for CounterWithExemplar<V> {
    /// With the source of the process.
    fn default() -> Self {
        Self::new(ExemplarSampling::default())
    }
}

impl<V: CounterValue> FromConfig for CounterWithExemplar<V> {
    type Config = ExemplarSampling;

    fn make(sampling: &ExemplarSampling) -> Self {
        Self::new(sampling.clone())
    }

    fn removed(&self) {
        self.counter.removed();
        self.exemplar.removed();
    }
}

impl<V: CounterValue> Cell for CounterWithExemplar<V> {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let show = |series: &mut SeriesEncoder<'_, '_>| self.exemplar.show_number(series, || self.get().number());
        self.counter.show(|| self.exemplar.shared.word(), series, show)?;
        self.exemplar.attach(self.counter.name(), series);
        Ok(())
    }

    fn restart(&self) {
        self.reset();
    }
}

impl<V: CounterValue> fmt::Debug for CounterWithExemplar<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CounterWithExemplar").field(&self.get().number()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metric;
    use picometer::Scaled;

    fn page<V: CounterValue>(metric: &Metric<CounterWithExemplar<V>>) -> String {
        crate::tests::page(metric, picometer::Format::OpenMetrics100)
    }

    #[test]
    fn what_is_not_fit_counts_nothing() {
        let counter = Metric::<CounterWithExemplar<f64>>::new("a_total", "");
        let long = "x".repeat(128);
        assert_eq!(counter.inc_with(&[("a", &long)]), Err(ExemplarError::TooLong));
        assert_eq!(counter.inc_with(&[("a", "1"), ("a", "2")]), Err(ExemplarError::Repeated));
        assert_eq!(counter.inc_by_with(-1.0, &[]), Err(ExemplarError::NotGrowth));
        assert_eq!(counter.inc_by_with(f64::NAN, &[]), Err(ExemplarError::NotGrowth));
        assert!(page(&counter).ends_with("a_total 0.0\n# EOF\n"), "{}", page(&counter));
        counter.inc_by_with(2.5, &[("a", "é\"")]).unwrap();
        assert!(page(&counter).contains("a_total 2.5 # {a=\"é\\\"\"} 2.5 1"), "{}", page(&counter));
        counter.reset();
        assert!(page(&counter).ends_with("a_total 0.0\n# EOF\n"), "{}", page(&counter));
    }

    #[test]
    fn the_current_span_is_taken_by_itself() {
        let counter = Metric::<CounterWithExemplar<Scaled<u64, 1_000>>>::new("a_total", "").exemplars(|| SpanContext::new(1, 2));
        counter.inc();
        counter.inc_by(Scaled(500));
        let page = page(&counter);
        assert!(page.contains("a_total 1.5 # {trace_id=\"00000000000000000000000000000001\",span_id=\"0000000000000002\"} 1"), "{page}");
    }
}
