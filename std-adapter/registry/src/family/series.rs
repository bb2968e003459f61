//! One series of a family, held in several ways.

use std::fmt;
use std::ops::Deref;

use super::Family;
use super::idle::Idle;
use super::node::Held;
use super::table::Pinned;
use crate::cell::FromConfig;
use crate::label::{FOREIGN, LabelValues};

/// One series of a [`Family`], for use at once. Everything that its cell can do is called on it directly.
///
/// It may be held for long, over a whole request: other series come and go meanwhile, and their memory is freed. A series that is
/// used often, or by another thread, is held by a [handle](Self::handle).
///
/// ```
/// use picometer_std::{Counter, Family, Series};
///
/// let sent = Family::<Counter, 1>::new("messages_total", "Messages sent.", ["topic"]);
/// let telemetry: Series<'_, Counter, 1> = sent.with(["telemetry"]);
/// telemetry.inc();
/// assert_eq!(telemetry.get(), 1);
/// ```
pub struct Series<'a, C: FromConfig, const N: usize> {
    pub(super) node: Pinned<'a, C>,
    pub(super) family: &'a Family<C, N>,
}

impl<C: FromConfig, const N: usize> Series<'_, C, N> {
    /// An owned handle, to keep and to send to other threads.
    #[doc(alias("GetMetricWithLabelValues", "get_or_create_owned"))]
    pub fn handle(&self) -> Handle<C> {
        let mut kept = self.node.found().keep();
        // Found too old between the lookup and here: another one is made.
        while !kept.found().idle().is_none_or(Idle::holds) {
            kept = self.family.of_used(&self.family.names.values(kept.found().key())).found().keep();
        }
        Handle(kept)
    }

    /// Whether this is the overflow series, because the family has as many series as it may.
    pub fn is_overflow(&self) -> bool {
        self.node.found().key() == FOREIGN
    }
}

impl<C: FromConfig, const N: usize> Drop for Series<'_, C, N> {
    #[inline]
    fn drop(&mut self) {
        if self.family.options.ttl.is_some() {
            self.release();
        }
    }
}

impl<C: FromConfig, const N: usize> Series<'_, C, N> {
    /// It is in use no more. Not where the lookup is: most families keep their series.
    #[inline(never)]
    fn release(&self) {
        if let (Some(ttl), Some(idle)) = (&self.family.options.ttl, self.node.found().idle()) {
            idle.release(|| ttl.now());
        }
    }
}

impl<C: FromConfig, const N: usize> Deref for Series<'_, C, N> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.node.cell
    }
}

impl<C: FromConfig, const N: usize> fmt::Debug for Series<'_, C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Series").field(&self.family.names.values(self.node.found().key())).finish()
    }
}

/// A handle of a series of a [`Family`] that is cheap to use, to clone and to keep: an update through it is an update of the
/// cell, without a lookup.
///
/// It is one pointer, and may outlive the family. A series that was removed meanwhile goes on counting and is not exposed. In a family with a time
/// to live a series stays as long as there is a handle.
///
/// ```
/// use picometer_std::{Counter, Family, Handle};
///
/// struct Worker {
///     done: Handle<Counter>,
/// }
///
/// let jobs = Family::<Counter, 1>::new("jobs_total", "Jobs done.", ["worker"]);
/// let worker = Worker { done: jobs.handle(["7"]) };
/// worker.done.inc();
/// assert_eq!(jobs.with(["7"]).get(), 1);
/// ```
pub struct Handle<C: FromConfig>(Held<C>);

impl<C: FromConfig> Clone for Handle<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: FromConfig> Deref for Handle<C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.0.cell
    }
}

impl<C: FromConfig> fmt::Debug for Handle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// A [`Family`] whose first `K` label values are fixed. Made by [`Family::curry`].
///
/// ```
/// use picometer_std::{Counter, Family};
///
/// let requests =
///     Family::<Counter, 2>::new("requests_total", "Requests.", ["service", "code"]);
/// let users = requests.curry(["users"]);
/// users.with(["200"]).inc();
/// assert!(users.remove(["200"]));
/// ```
#[derive(Debug)]
pub struct Curried<'a, C: FromConfig, const N: usize, const K: usize> {
    family: &'a Family<C, N>,
    first: [Box<str>; K],
}

impl<'a, C: FromConfig, const N: usize, const K: usize> Curried<'a, C, N, K> {
    pub(super) fn new<S: AsRef<str>>(family: &'a Family<C, N>, first: [S; K]) -> Self {
        const { assert!(K <= N, "more label values are fixed than the family has") };
        Self { family, first: first.map(|value| value.as_ref().into()) }
    }

    /// The series with these values behind those that are fixed.
    pub fn with<const M: usize>(&self, rest: impl LabelValues<M>) -> Series<'a, C, N> {
        rest.texts_in(|rest| self.family.with_texts(&self.whole(rest)))
    }

    /// The series with these values behind those that are fixed, if it is there.
    pub fn get<const M: usize>(&self, rest: impl LabelValues<M>) -> Option<Series<'a, C, N>> {
        rest.texts_in(|rest| self.family.get_texts(&self.whole(rest)))
    }

    /// Takes a series off the pages; whether it was there.
    pub fn remove<const M: usize>(&self, rest: impl LabelValues<M>) -> bool {
        rest.texts_in(|rest| self.family.remove_texts(&self.whole(rest)))
    }

    fn whole<'v, const M: usize>(&'v self, rest: &'v [&'v str; M]) -> [&'v str; N] {
        const { assert!(K + M == N, "the fixed label values and these are not as many as the family has") };
        let mut whole = [""; N];
        for (place, value) in whole.iter_mut().zip(self.first.iter().map(|value| &**value).chain(rest.iter().copied())) {
            *place = value;
        }
        whole
    }
}
