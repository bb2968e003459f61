//! Series with a time to live: found, and said to be used; and taken out.

use super::Family;
use super::expiry::{Cause, digest};
use super::idle::Examined;
use super::node::Found;
use super::table::{Asked, Pinned};
use crate::cell::FromConfig;

impl<C: FromConfig, const N: usize> Family<C, N> {
    /// The series with these values, said to be used.
    pub(super) fn of_used(&self, values: &[&str; N]) -> Pinned<'_, C> {
        loop {
            let node = self.of(values);
            if self.uses(&node) {
                return node;
            }
        }
    }

    /// Says that a series is used. False where it is too old: then it is not there any more.
    #[inline]
    fn uses(&self, node: &Pinned<'_, C>) -> bool {
        match (&self.options.ttl, node.found().idle()) {
            (Some(ttl), Some(idle)) => idle.touch(|| ttl.now()) || self.take_out(node.found()),
            _ => true,
        }
    }

    /// Whether a series is there that was found to be looked at, and perhaps to be used: of a number that is seen later.
    pub(super) fn finds(&self, node: &Pinned<'_, C>) -> bool {
        match node.found().idle() {
            Some(idle) if digest(&node.cell).is_some() => !idle.is_retired(),
            _ => self.uses(node),
        }
    }

    /// Takes out a series that a sweep retired, if the sweep did not do so before; false.
    #[cold]
    fn take_out(&self, node: Found<'_, C>) -> bool {
        self.table.remove(self.hash_of(node), &This(node), C::removed);
        false
    }

    /// Removes what is too old, and returns how many series that were.
    pub(super) fn sweep(&self, cause: Cause) -> usize {
        let Some(mut sweeping) = self.options.ttl.as_ref().and_then(|ttl| ttl.begin(cause, self.len())) else { return 0 };
        let (mut rest, mut waits, mut count) = (false, None, 0);
        loop {
            let (sweep, held) = (&sweeping.sweep, &sweeping.held);
            let keep = |node: Found<'_, C>| match node
                .idle()
                .map(|idle| idle.examine(sweep, || node.has_holders() || held.has(node), || digest(&node.cell)))
            {
                Some(Examined::Retired) => {
                    count += 1;
                    false
                }
                examined => {
                    rest |= examined == Some(Examined::Rests);
                    if let Some(Examined::Waits(number)) = examined {
                        waits = waits.max(Some(number));
                    }
                    true
                }
            };
            self.table.retain(sweeping.places(self.table.place_count()), keep, C::removed, &|node| self.hash_of(node));
            if !waits.take().is_some_and(|number| sweeping.have_ended(number)) {
                break;
            }
        }
        sweeping.end(self.len(), rest);
        count
    }
}

/// One series and no other.
struct This<'a, C>(Found<'a, C>);

impl<C> Asked<C> for This<'_, C> {
    fn is(&self, found: Found<'_, C>) -> bool {
        found.as_raw() == self.0.as_raw()
    }
}
