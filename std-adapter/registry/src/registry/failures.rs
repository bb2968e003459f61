//! The family of what went wrong in collectors.

use picometer::__private::PageNote;
use picometer::{Desc, Encoder, Point, Stop};

pub(super) const FAILURES: Desc =
    Desc::counter("picometer_collector_failures_total", "How often a collector failed, panicked or gave what a scraper refuses.");

/// How often collectors of a name failed.
pub(super) struct Failed {
    pub(super) name: Box<str>,
    pub(super) count: u64,
    /// The number of the first time.
    pub(super) first: u64,
}

impl Failed {
    /// Adds up those of one name.
    pub(super) fn note(self, all: &mut Vec<Self>) {
        match all.iter_mut().find(|other| other.name == self.name) {
            Some(same) => (same.count, same.first) = (same.count + self.count, same.first.min(self.first)),
            None => all.push(self),
        }
    }
}

/// Shows how often collectors failed, unless a static registry on the page does. Those that failed first come first: one that fails
/// between two pieces of a page comes behind those that were sent.
pub(super) fn show_failures(mut counts: Vec<Failed>, out: &mut dyn Encoder) -> Result<(), Stop> {
    counts.sort_by_key(|failed| failed.first);
    let is_shown = |note: &mut PageNote| std::mem::replace(&mut note.failures, true);
    if counts.is_empty() || PageNote::of(out).is_some_and(is_shown) || !out.begin(&FAILURES)? {
        return Ok(());
    }
    counts.iter().try_for_each(|failed| {
        // Where one of them is gone, the page ends.
        let known = failed.first.wrapping_add(1);
        PageNote::of(out).into_iter().for_each(|note| note.series = note.series.wrapping_add(known.wrapping_mul(known)));
        out.metric(&FAILURES, &[("collector", &*failed.name)], &Point::number(failed.count))
    })
}
