//! What stands between one collector of a registry and the encoder, so that what is wrong with it harms no other.

use std::any::Any;
use std::fmt::Display;

use picometer::__private::PageNote;
use picometer::{Desc, Encoder, Kind, LabelSet, Point, Rows, Run, Stop};

use super::checks::{self, SeriesSeen};
use super::member::Member;
use super::new_families::Late;
use crate::registering::{LaterPass, is_later_pass};
use crate::scrape::is_probe;
use crate::slow::Health;

/// Hands on what a collector gives, keeps why it fails, and leaves out what a scraper would refuse.
pub(super) struct Guard<'a, 'l> {
    out: &'a mut dyn Encoder,
    member: &'a Member,
    /// Whether others show its families together with it.
    shared: bool,
    /// The families of the page that were not claimed.
    late: &'a mut Late<'l>,
    /// How many families of the collector were begun: the next one is usually the next that it claimed.
    begun: usize,
    /// Whether the family that was begun last is handed on.
    inside: bool,
    /// Whether it is checked series by series.
    checked: bool,
    /// Whether the collector says itself which places of the family are sent.
    keeps_places: bool,
    /// The name and type of a family that is checked.
    under: (String, Kind),
    seen: SeriesSeen,
    /// Whether the encoder takes no more.
    stopped: bool,
    /// Why the collector fails, or what of it was left out.
    fault: Option<String>,
    /// What a registry behind the collector finds where it is not the outermost.
    inner: InRegistry,
    is_outermost: bool,
    /// What the collectors find there in a pass behind the first one.
    later: Option<LaterPass>,
}

/// The extension of a run within a registry: an inner registry reports its failures to the outer one.
#[derive(Debug, Default)]
pub(super) struct InRegistry {
    /// How the slow collectors of inner registries are, for the outermost one to show.
    pub(super) slow: Vec<Health>,
}

impl<'a, 'l> Guard<'a, 'l> {
    pub(super) fn new(out: &'a mut dyn Encoder, member: &'a Member, shared: bool, late: &'a mut Late<'l>) -> Self {
        let later = is_later_pass(out).then_some(LaterPass);
        let is_outermost = out.run().and_then(Run::extension).is_none_or(|outer| outer.is::<PageNote>());
        Self {
            out,
            member,
            shared,
            late,
            begun: 0,
            inside: false,
            checked: true,
            keeps_places: false,
            under: (String::new(), Kind::Unknown),
            seen: SeriesSeen::default(),
            stopped: false,
            fault: None,
            inner: InRegistry::default(),
            is_outermost,
            later,
        }
    }

    /// Whether the encoder takes no more, and what went wrong in the collector.
    pub(super) fn end(self) -> (bool, Option<String>) {
        self.late.note_health(self.inner.slow);
        (self.stopped, self.fault)
    }

    /// Takes back the metric under way.
    pub(super) fn rollback(&mut self) {
        Run::rollback(self);
    }

    fn unless_stopped<R>(&mut self, then: impl FnOnce(&mut Self) -> Result<R, Stop>) -> Result<R, Stop> {
        let result = if self.stopped { Err(Stop) } else { then(self) };
        self.stopped = result.is_err();
        result
    }

    /// The collector knows of places: it keeps those of its series, and counts those that are gone.
    fn keep_places(&mut self) {
        if !std::mem::replace(&mut self.keeps_places, true) && self.checked {
            PageNote::of(self.out).into_iter().for_each(|note| note.series = 0);
        }
    }

    /// Notes what is left out. The first fault of a run is the one to mend.
    #[cold]
    fn leave_out(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }

    /// Whether a metric may be handed on as it is.
    fn check(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), String> {
        if !self.checked {
            return checks::number(desc, &point.value);
        }
        let (name, kind) = &self.under;
        if desc.name() != **name || desc.kind() != *kind {
            return Err(format!("a metric of `{}` is given within family `{name}`: begin its own", desc.name()));
        }
        checks::labels(desc, labels, &point.value)?;
        checks::value(desc, &point.value)?;
        if self.seen.insert(labels, point) { Ok(()) } else { Err(format!("`{}` has a series twice", desc.name())) }
    }
}

impl Encoder for Guard<'_, '_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.inside = false;
        if !self.member.gives_known_names() && !self.late.is_claimed(self.member, self.begun, desc) {
            if is_probe(desc) {
                return self.unless_stopped(|guard| guard.out.begin(desc)).and(Ok(false));
            }
            let claimed = match self.shared {
                true => {
                    Err(format!("family `{}` is left out: others share the families that the collector was registered with", desc.name()))
                }
                false => self.late.claim(self.member, desc),
            };
            if let Err(fault) = claimed {
                self.leave_out(fault);
                return if self.stopped { Err(Stop) } else { Ok(false) };
            }
        }
        self.begun += 1;
        let wanted = self.unless_stopped(|guard| guard.out.begin(desc))?;
        if !wanted && self.late.was_refused() {
            self.leave_out(format!("family `{}` is left out: the page has one of its names from another registry already", desc.name()));
        }
        if wanted && !self.shared {
            // The last of a group keeps its place among those that were there when the page began, or come before it ends.
            (0..self.member.nth).for_each(|_| self.out.run().into_iter().for_each(Run::next_part));
        }
        self.inside = true;
        // Facts and states change, also those of our own.
        self.checked = !self.member.gives_known_series() || matches!(desc.kind(), Kind::Info | Kind::StateSet);
        self.keeps_places = false;
        if self.checked {
            self.seen.clear();
            self.under.0.clear();
            self.under.0.extend(desc.name().chars());
            self.under.1 = desc.kind();
        }
        Ok(wanted)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if !self.inside {
            return if self.stopped { Err(Stop) } else { Ok(()) };
        }
        let checked = self.check(desc, labels, point);
        if self.checked && checked.is_ok() && !self.keeps_places && desc.kind() != Kind::Info && !self.member.gives_known_series() {
            // The collector may give its series in another order when the page goes on. Facts of a series may be others then.
            let last = self.seen.last();
            PageNote::of(self.out).into_iter().for_each(|note| note.series = note.series.wrapping_add(last));
        }
        match checked {
            Ok(()) if self.checked && !checks::has_good_exemplars(&point.value) => {
                self.leave_out(format!("`{}` has an exemplar with labels that are invalid, or longer than 128 characters", desc.name()));
                match checks::without_exemplars(&point.value) {
                    Some(value) => {
                        let mut bare = *point;
                        bare.value = value;
                        self.unless_stopped(|guard| guard.out.metric(desc, labels, &bare))
                    }
                    None => {
                        self.out.skip();
                        Ok(())
                    }
                }
            }
            Ok(()) => self.unless_stopped(|guard| guard.out.metric(desc, labels, point)),
            Err(fault) => {
                self.leave_out(fault);
                // It has its place, because it may be good in the next run of the same page.
                self.out.skip();
                Ok(())
            }
        }
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(self)
    }

    /// Rows are not checked, so only collectors of this crate get them.
    fn rows(&mut self, desc: &Desc<'_>) -> Option<Rows<'_>> {
        if self.inside && !self.checked { self.out.rows(desc) } else { None }
    }
}

impl Run for Guard<'_, '_> {
    fn skip(&mut self) {
        self.keep_places();
        if self.inside {
            self.out.skip();
        }
    }

    /// Series that are checked against each other come all again.
    fn resume_at(&mut self) -> usize {
        self.keep_places();
        if self.inside && !self.checked { self.out.resume_at() } else { 0 }
    }

    fn generation(&mut self, now: u32) -> u32 {
        self.keep_places();
        self.out.generation(now)
    }

    /// Of a registry within this one, whose parts are parts of this part.
    fn next_part(&mut self) {
        self.next_part_within(0);
    }

    fn next_part_within(&mut self, depth: u32) {
        if let Some(run) = self.out.run() {
            run.next_part_within(depth.saturating_add(1));
        }
    }

    fn rollback(&mut self) {
        if let Some(run) = self.out.run() {
            run.rollback();
        }
    }

    fn fail(&mut self, reason: &dyn Display) {
        self.fault = Some(reason.to_string());
    }

    fn extension(&mut self) -> Option<&mut dyn Any> {
        match &mut self.later {
            Some(later) => Some(later),
            None if self.is_outermost => Some(&mut self.inner),
            None => self.out.run().and_then(Run::extension),
        }
    }
}
