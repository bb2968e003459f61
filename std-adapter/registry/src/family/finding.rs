//! How a series is found by its label values, and made where it is not there.

use std::sync::atomic::Ordering;

use picometer::{LabelSet, SeriesEncoder};

use super::Family;
use super::expiry::{Cause, Ttl};
use super::idle::Idle;
use super::making::process_seed;
use super::node::{Found, Held};
use super::series::Series;
use super::table::{Asked, Inserted, Pinned};
use crate::cell::FromConfig;
use crate::epoch::once;
use crate::label::{self, FOREIGN, Labelled, Names, OVERFLOW, Short};
use crate::shared::publish_declared;

impl<C: FromConfig, const N: usize> Family<C, N> {
    #[inline]
    pub(super) fn series<'a>(&'a self, node: Pinned<'a, C>) -> Series<'a, C, N> {
        Series { node, family: self }
    }

    /// Where values are constrained, or series live for a time only.
    #[cold]
    pub(super) fn of_specially(&self, values: &[&str; N]) -> Pinned<'_, C> {
        self.constrained(values, |values| self.of_used(values))
    }

    /// The series with these values, as the constraints have them.
    // Not where the caller is, which would have three hundred instructions more; what it returns goes in two registers.
    #[inline(never)]
    pub(super) fn of(&self, values: &[&str; N]) -> Pinned<'_, C> {
        // Relaxed: who finds no seed finds no series, and asks again when it makes one.
        if let Some(short) = Short::of(values)
            && let Some(found) = self.table.seen(short.hash(self.seed.load(Ordering::Relaxed)), &ShortValues { names: &self.names, short })
        {
            return found;
        }
        self.of_any(values)
    }

    /// As [`of`](Self::of), where a value is shorter or longer, or the series is not met at once.
    #[inline(never)]
    pub(super) fn of_any(&self, values: &[&str; N]) -> Pinned<'_, C> {
        let hash = self.hash(values);
        match self.table.seen(hash, &self.asked(values)) {
            Some(found) => found,
            None => self.find(values, hash).unwrap_or_else(|| self.make(values, hash)),
        }
    }

    pub(super) fn find(&self, values: &[&str; N], hash: u32) -> Option<Pinned<'_, C>> {
        self.table.get(hash, &self.asked(values))
    }

    #[cold]
    pub(super) fn make(&self, values: &[&str; N], mut hash: u32) -> Pinned<'_, C> {
        // A static has its seed from its first series on. What was looked up without it was not found for that.
        if self.seed.load(Ordering::Relaxed) != process_seed() {
            self.seed.store(process_seed(), Ordering::Relaxed);
        }
        let seeded = self.hash(values);
        if seeded != hash {
            hash = seeded;
            if let Some(found) = self.find(values, hash) {
                return found;
            }
        }
        let Some(key) = self.names.key(values) else { return self.fold() };
        self.sweep(Cause::Making);
        let idle = self.idle();
        let make = |born| self.hold(&key, born, idle);
        // No fork comes between the series and its name.
        let making = crate::shared::Making::begin();
        match self.table.insert(hash, &self.asked(values), self.options.cap, make, &|node| self.hash_of(node)) {
            Inserted::Here(node) => {
                self.publish(node.found());
                drop(making);
                publish_declared();
                node
            }
            Inserted::Full => {
                drop(making);
                // Perhaps one of those that are there is too old.
                if self.sweep(Cause::Full) > 0 { self.of(values) } else { self.fold() }
            }
        }
    }

    /// The overflow series.
    pub(super) fn fold(&self) -> Pinned<'_, C> {
        self.options.folded();
        let overflow = once(&self.overflow, || self.hold(FOREIGN, 0, self.idle()));
        self.publish(overflow.found());
        Pinned::lasting(overflow)
    }

    /// Names a series that other processes see, if the family is registered; those that were there before it was have their names.
    pub(super) fn publish(&self, node: Found<'_, C>) {
        // Either this sees where the family is, or the thread that names all its series sees this one: both take the lock of the home.
        self.home.publish(&|out| {
            let (Some(Ok(legacy)), Ok(desc)) = (self.legacy.get(), self.options.desc()) else { return Ok(()) };
            let labels = Labelled { names: &self.names, legacy: *legacy, key: node.key() };
            let labels: &dyn LabelSet = if node.key() == FOREIGN { &OVERFLOW } else { &labels };
            if out.begin(&desc)? { node.cell.encode(&mut SeriesEncoder::new(out, &desc, labels)) } else { Ok(()) }
        });
    }

    pub(super) fn hold(&self, key: &str, born: u32, idle: Option<Idle>) -> Held<C> {
        Held::new(C::make(self.options.config.get()), key, born, idle)
    }

    /// What a series of a family with a time to live has; made without a lock, because it asks the clock.
    pub(super) fn idle(&self) -> Option<Idle> {
        self.options.ttl.as_ref().map(Ttl::idle)
    }

    #[inline]
    pub(super) fn asked<'a>(&'a self, values: &'a [&'a str; N]) -> Values<'a, N> {
        Values { names: &self.names, values }
    }

    pub(super) fn keep_only(&self, keep: impl FnMut(Found<'_, C>) -> bool) -> usize {
        self.table.retain(0..self.table.place_count(), keep, C::removed, &|node| self.hash_of(node))
    }

    #[inline(never)]
    pub(super) fn hash_of(&self, node: Found<'_, C>) -> u32 {
        self.hash(&self.names.values(node.key()))
    }

    #[inline(always)]
    pub(super) fn hash(&self, values: &[&str; N]) -> u32 {
        // Relaxed: as in `of`.
        label::hash(self.seed.load(Ordering::Relaxed), values)
    }

    /// Calls `then` with the values as the constraints have them.
    pub(super) fn constrained<R>(&self, values: &[&str; N], then: impl FnOnce(&[&str; N]) -> R) -> R {
        if self.constraints.iter().all(Option::is_none) {
            return then(values);
        }
        let mut owned = [const { String::new() }; N];
        for ((owned, value), constraint) in owned.iter_mut().zip(values).zip(&self.constraints) {
            *owned = constraint.as_ref().map_or_else(|| (*value).to_owned(), |constraint| constraint(value));
        }
        then(&owned.each_ref().map(String::as_str))
    }
}

/// The series with these label values.
pub(super) struct Values<'a, const N: usize> {
    names: &'a Names<N>,
    values: &'a [&'a str; N],
}

impl<C, const N: usize> Asked<C> for Values<'_, N> {
    #[inline(always)]
    fn is(&self, found: Found<'_, C>) -> bool {
        self.names.is(found.key(), self.values)
    }
}

/// The series with these label values, of 8 to 16 bytes each.
struct ShortValues<'a, const N: usize> {
    names: &'a Names<N>,
    short: Short<N>,
}

impl<C, const N: usize> Asked<C> for ShortValues<'_, N> {
    #[inline(always)]
    fn is(&self, found: Found<'_, C>) -> bool {
        self.names.is_short(found.key(), &self.short)
    }
}
