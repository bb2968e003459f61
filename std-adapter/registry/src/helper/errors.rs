//! Counters of errors and panics.

use picometer::Monotonic;

use super::for_holders;
use crate::cell::counter::{Counter, CounterValue};
use crate::cell::exemplar::counter::CounterWithExemplar;

/// Counts one at a time: a [`Counter`], and whatever holds one.
///
/// ```
/// use picometer_std::{CountOne, Counter, Metric};
///
/// let panics = Metric::<Counter>::new("panics_total", "Panics of the worker.");
/// let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
///     let _guard = panics.count_panics();
///     if 1 + 1 == 2 {
///         panic!("as it should")
///     }
/// }));
/// assert!(result.is_err());
/// assert_eq!(panics.get(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not count one at a time",
    note = "counters do, and metrics, series and handles of them; of a family `.with(labels)` or `.labelled(labels)`"
)]
pub trait CountOne {
    /// One more.
    fn count_one(&self);

    /// A guard that counts one if a panic drops it.
    #[doc(alias("count_exceptions"))]
    fn count_panics(&self) -> PanicGuard<&Self>
    where
        Self: Sized,
    {
        PanicGuard::new(self)
    }
}

impl<V: CounterValue> CountOne for Counter<V> {
    fn count_one(&self) {
        self.inc();
    }
}

impl<V: CounterValue> CountOne for CounterWithExemplar<V> {
    fn count_one(&self) {
        self.inc();
    }
}

/// The counter of the core, as it stands in statics.
impl<V: Monotonic> CountOne for picometer::Counter<V> {
    fn count_one(&self) {
        self.inc();
    }
}

for_holders!(CountOne::count_one());

/// Counts one if a panic drops it. Made by [`CountOne::count_panics`].
///
/// ```
/// use picometer_std::{Counter, Metric, PanicGuard};
///
/// let panics = Metric::<Counter>::new("panics_total", "Panics of the worker.");
/// drop(PanicGuard::new(&panics));
/// assert_eq!(panics.get(), 0);
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped at once sees no panic"]
pub struct PanicGuard<C: CountOne> {
    counter: C,
    /// Made while a panic was under way already, which is not ours.
    panicking: bool,
}

impl<C: CountOne> PanicGuard<C> {
    /// A guard of what follows.
    pub fn new(counter: C) -> Self {
        Self { counter, panicking: std::thread::panicking() }
    }
}

impl<C: CountOne> Drop for PanicGuard<C> {
    fn drop(&mut self) {
        if !self.panicking && std::thread::panicking() {
            self.counter.count_one();
        }
    }
}

/// Counts errors on their way.
///
/// ```
/// use picometer_std::{CountErrors, Counter, Family};
///
/// let errors = Family::<Counter, 1>::new(
///     "parse_errors_total",
///     "Input that was no number.",
///     ["why"],
/// );
/// let parse = |text: &str| text.parse::<u8>().count_errors(&errors.with(["number"]));
/// assert!(parse("7").is_ok() && parse("seven").is_err());
/// assert_eq!(errors.with(["number"]).get(), 1);
///
/// let read = std::fs::read("/does/not/exist")
///     .count_errors_if(&errors.with(["io"]), |error| {
///         error.kind() != std::io::ErrorKind::NotFound
///     });
/// assert!(read.is_err() && errors.with(["io"]).get() == 0);
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` has no errors to count", note = "a `Result` has")]
pub trait CountErrors: Sized {
    /// What is counted.
    type Error;

    /// Counts an error if `counted` says so, and hands everything on.
    #[must_use]
    fn count_errors_if(self, counter: &impl CountOne, counted: impl FnOnce(&Self::Error) -> bool) -> Self;

    /// Counts an error, and hands everything on.
    #[must_use]
    #[doc(alias("count_exceptions"))]
    fn count_errors(self, counter: &impl CountOne) -> Self {
        self.count_errors_if(counter, |_| true)
    }
}

impl<T, E> CountErrors for Result<T, E> {
    type Error = E;

    fn count_errors_if(self, counter: &impl CountOne, counted: impl FnOnce(&E) -> bool) -> Self {
        self.inspect_err(|error| {
            if counted(error) {
                counter.count_one();
            }
        })
    }
}
