//! An encoder in front of another one that hands on some families.

use std::any::Any;
use std::fmt::Display;

use picometer::{Desc, Encoder, LabelSet, Point, Run, Stop};

/// Hands on the families that `begin` begins. `begin` returns `None` for a family that is left out, or else whether the family
/// is wanted.
pub(crate) struct Select<'a, F> {
    out: &'a mut dyn Encoder,
    begin: F,
    /// Whether the family that was begun last is handed on.
    inside: bool,
    /// An encoder that stopped also stops the families that are left out.
    stopped: bool,
}

impl<'a, F: FnMut(&mut dyn Encoder, &Desc<'_>) -> Result<Option<bool>, Stop>> Select<'a, F> {
    pub(crate) fn new(out: &'a mut dyn Encoder, begin: F) -> Self {
        Self { out, begin, inside: false, stopped: false }
    }

    fn unless_stopped<R>(&mut self, then: impl FnOnce(&mut Self) -> Result<R, Stop>) -> Result<R, Stop> {
        let result = if self.stopped { Err(Stop) } else { then(self) };
        self.stopped = result.is_err();
        result
    }
}

impl<F: FnMut(&mut dyn Encoder, &Desc<'_>) -> Result<Option<bool>, Stop>> Encoder for Select<'_, F> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.inside = false;
        let wanted = self.unless_stopped(|select| (select.begin)(select.out, desc))?;
        self.inside = wanted.is_some();
        Ok(wanted == Some(true))
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        self.unless_stopped(|select| if select.inside { select.out.metric(desc, labels, point) } else { Ok(()) })
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(self)
    }
}

/// Places count in the families that are handed on; everything else concerns the collector, not the family.
impl<F: FnMut(&mut dyn Encoder, &Desc<'_>) -> Result<Option<bool>, Stop>> Run for Select<'_, F> {
    fn skip(&mut self) {
        if self.inside {
            self.out.skip();
        }
    }

    fn resume_at(&mut self) -> usize {
        if self.inside { self.out.resume_at() } else { 0 }
    }

    fn generation(&mut self, now: u32) -> u32 {
        if self.inside { self.out.generation(now) } else { now }
    }

    fn next_part(&mut self) {
        self.next_part_within(0);
    }

    fn next_part_within(&mut self, depth: u32) {
        if let Some(run) = self.out.run().filter(|_| self.inside) {
            run.next_part_within(depth);
        }
    }

    fn rollback(&mut self) {
        if let Some(run) = self.out.run() {
            run.rollback();
        }
    }

    fn fail(&mut self, reason: &dyn Display) {
        if let Some(run) = self.out.run() {
            run.fail(reason);
        }
    }

    fn extension(&mut self) -> Option<&mut dyn Any> {
        self.out.run().and_then(Run::extension)
    }
}
