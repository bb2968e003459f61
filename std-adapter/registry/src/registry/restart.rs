//! Going back to the start, for tests that share a process.

use std::sync::Arc;

use picometer::__private::{OneRun, Restarting};
use picometer::{Desc, Encoder, LabelSet, Point, Run, Stop};

use super::Registry;
use super::recursion::Inside;
use crate::caught::caught;

impl Registry {
    /// Sets everything that it has back to its start: for tests that share the process's metrics, such as those of
    /// [`default_registry`](crate::default_registry).
    ///
    /// | | afterwards |
    /// |---|---|
    /// | counters, gauges, histograms, summaries | at zero, without exemplars |
    /// | state sets | in their first state |
    /// | families | without series, but for those that a [`Handle`](crate::Handle) holds, which are at zero; no lookup was folded |
    /// | what the facade `metrics` recorded | as families |
    /// | collectors of your own | as they are; metrics that they only hand on are set back |
    /// | callbacks, infos, constants, [`Slow`](crate::Slow) collectors | as they are |
    /// | [failures](Self::failures) of collectors | forgotten |
    ///
    /// Metrics of nested registries and of registries within this one are set back, too. What is registered stays so. Handles
    /// and references go on counting into what pages show; a [`Series`](crate::Series) that another thread is using counts unseen.
    ///
    /// Other threads may count at the same time; what they count is forgotten or kept. A gauge is not told: a guard that counts
    /// down later, such as [`track_in_progress`](crate::TrackInProgress), takes it below zero. So tests that compare whole pages of
    /// one process take turns, by a lock of theirs or `--test-threads=1`.
    ///
    /// ```standalone_crate
    /// use picometer_std::{assert_page, default_registry, metrics, Counter};
    ///
    /// metrics! {
    ///     /// Jobs done.
    ///     static JOBS: Counter = "jobs_total";
    /// }
    ///
    /// JOBS.inc_by(7);
    /// default_registry().reset();
    /// JOBS.inc();
    /// assert_eq!(JOBS.get(), 1);
    /// ```
    #[doc(alias("Reset", "clear"))]
    pub fn reset(&self) {
        self.restart(&mut Restart(OneRun(Restarting)));
    }

    /// Passes a run of this kind on to all members.
    pub(super) fn restart(&self, out: &mut dyn Encoder) {
        // Ends where a registry is within itself, or a collector calls this.
        let Ok(_inside) = Inside::enter(Arc::as_ptr(&self.shared).addr(), || false) else { return };
        for member in self.members().iter() {
            // A collector that panics is as it was; the others are set back.
            let _ = caught(|| member.collect(out));
            member.forget_failures();
        }
    }
}

/// Wants nothing, so that collectors of other types do nothing.
struct Restart(OneRun<Restarting>);

impl Encoder for Restart {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        Ok(false)
    }

    fn metric(&mut self, _: &Desc<'_>, _: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut self.0)
    }
}
