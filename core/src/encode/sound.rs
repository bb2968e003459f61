//! A page of a static registry without what [`Registry::check`](crate::Registry::check) refuses.

use core::any::Any;
use core::fmt::Display;

use heapless::String;

use super::names::{self, Earlier, NameCheck};
use super::note::PageNote;
use crate::collector::Collector;
use crate::desc::Desc;
use crate::encode::{Encoder, Point, Run, Stop};
use crate::label::LabelSet;

/// Leaves out families whose names others have, and series with a label twice, because a scraper would refuse the whole page.
/// Names that are one only after escaping stay: a scraper that takes UTF-8 takes both.
///
/// Looks for earlier families by collecting them again each time: it needs no memory, and only faulty registries pay for it.
pub(crate) struct Sound<'a> {
    out: &'a mut dyn Encoder,
    source: &'a dyn Collector,
    families: usize,
    inside: bool,
    stopped: bool,
    left_out: u32,
    first: String<64>,
    outermost: Outermost,
}

impl<'a> Sound<'a> {
    /// Collects `source` into `out`, and shows how much was left out.
    pub(crate) fn collect(source: &'a dyn Collector, out: &'a mut dyn Encoder) -> Result<(), Stop> {
        const FAILURES: Desc =
            Desc::counter("picometer_collector_failures_total", "Families and series that are left out: see Registry::check.");
        let mut sound =
            Sound { out, source, families: 0, inside: false, stopped: false, left_out: 0, first: String::new(), outermost: Outermost };
        let set_checked = |out: &mut dyn Encoder, to| PageNote::of(out).into_iter().for_each(|note| note.checked = to);
        set_checked(sound.out, true);
        source.collect(&mut sound)?;
        let Sound { out, left_out, first, .. } = sound;
        set_checked(out, false);
        if left_out > 0 {
            // One page shows the family once.
            let before = PageNote::of(out).is_some_and(|note| core::mem::replace(&mut note.failures, true));
            if before || !out.begin(&FAILURES)? {
                return Ok(());
            }
            out.metric(&FAILURES, &[("collector", first.as_str())], &Point::number(left_out))?;
        }
        Ok(())
    }

    fn leave_out(&mut self, desc: &Desc<'_>) {
        if self.left_out == 0 {
            self.first = names::cut(desc.name().chars());
        }
        self.left_out += 1;
    }

    fn unless_stopped<R>(&mut self, then: impl FnOnce(&mut dyn Encoder) -> Result<R, Stop>) -> Result<R, Stop> {
        let result = if self.stopped { Err(Stop) } else { then(self.out) };
        self.stopped = result.is_err();
        result
    }
}

impl Encoder for Sound<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.inside = Earlier::clash(self.source, self.families, desc, false).is_none();
        self.families += 1;
        if self.inside {
            return self.unless_stopped(|out| out.begin(desc));
        }
        self.leave_out(desc);
        self.unless_stopped(|_| Ok(false))
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if !self.inside {
            return self.unless_stopped(|_| Ok(()));
        }
        if names::repeated(desc, labels).is_some() {
            self.leave_out(desc);
            self.out.skip();
            return Ok(());
        }
        self.unless_stopped(|out| out.metric(desc, labels, point))
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(self)
    }
}

/// The extension of a run without one: nested registries leave the check to the outermost.
struct Outermost;

impl Run for Sound<'_> {
    fn skip(&mut self) {
        self.out.skip();
    }

    fn resume_at(&mut self) -> usize {
        self.out.resume_at()
    }

    fn generation(&mut self, now: u32) -> u32 {
        self.out.generation(now)
    }

    fn next_part(&mut self) {
        self.next_part_within(0);
    }

    fn next_part_within(&mut self, depth: u32) {
        self.out.run().into_iter().for_each(|run| run.next_part_within(depth));
    }

    fn rollback(&mut self) {
        self.out.run().into_iter().for_each(Run::rollback);
    }

    fn fail(&mut self, reason: &dyn Display) {
        let _ = self.out.fail(reason);
    }

    fn extension(&mut self) -> Option<&mut dyn Any> {
        let Self { out, outermost, .. } = self;
        Some(out.run().and_then(Run::extension).unwrap_or(outermost))
    }
}

/// Whether [`Registry::check`](crate::Registry::check) would fail, found by collecting once where that is enough.
pub(crate) fn is_faulty(source: &dyn Collector) -> bool {
    let mut quick = Quick { samples: [0; PLACES], used: 0, faulty: false };
    let _ = source.collect(&mut quick);
    // Where there are too many names for the table, they are compared one by one.
    quick.faulty || (quick.used > LIMIT && NameCheck::run(source).is_err())
}

const PLACES: usize = 1024;
/// Beyond this the table is too full to search.
const LIMIT: usize = 768;

/// Looks for names that come twice, in a table of their hashes.
struct Quick {
    samples: [u64; PLACES],
    used: usize,
    faulty: bool,
}

impl Quick {
    fn insert(&mut self, hash: u64) {
        self.used += 1;
        if self.used > LIMIT {
            return;
        }
        let mut place = hash as usize % PLACES;
        while let Some(sample) = self.samples.get_mut(place) {
            match *sample {
                0 => {
                    *sample = hash;
                    return;
                }
                same if same == hash => {
                    self.faulty = true;
                    return;
                }
                _ => place = (place + 1) % PLACES,
            }
        }
    }
}

impl Encoder for Quick {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        for suffix in desc.kind().suffixes().iter().filter(|&&suffix| suffix != names::CREATED) {
            // FNV-1a; 0 is a free place.
            let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            self.insert(desc.sample(suffix).bytes().fold(0xcbf2_9ce4_8422_2325, step) | 1);
        }
        if self.faulty { Err(Stop) } else { Ok(true) }
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
        self.faulty |= names::repeated(desc, labels).is_some();
        if self.faulty { Err(Stop) } else { Ok(()) }
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}
