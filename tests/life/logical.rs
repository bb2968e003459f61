//! Logical threads: real ones that act one at a time, in the order of the plan, with a clock that the plan moves.

mod acts;
mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use picometer_std::respond::{RequestParts, respond};
use picometer_std::{Exposition, FillError, Format, Restricted};

use super::oracle::{Family, Samples, Series, State, key, overflow};
use super::page;
use super::plan::{Action, Kind, Picked, Plan, SLOTS, Step, VALUES};
use super::subject::{Handle, Met, Subject};
use super::world::{BESIDE, Thread, World};

/// A series that is kept or held: its family, its values and which of them it is.
type Kept = (usize, Vec<String>, u64);

struct Run<'a> {
    world: &'a Arc<World>,
    families: Vec<Family>,
    threads: Vec<Thread>,
    slots: [Option<(Kept, Handle)>; SLOTS],
    held: Vec<Vec<Kept>>,
    recorded: Samples,
    ids: u64,
    open: Option<Open<'a>>,
    /// Pages that were accepted, for other readers.
    pages: Vec<(Format, Vec<u8>)>,
}

/// A page between its first piece and its last.
struct Open<'a> {
    exposition: Exposition<'a>,
    piece: usize,
    bytes: Vec<u8>,
    window: Window,
}

/// What samples there were since a page began.
#[derive(Default)]
struct Window {
    values: BTreeMap<String, Vec<f64>>,
    must: BTreeSet<String>,
    /// Whether a series was removed, or a family came or went, after which a page may end with an error.
    removed: bool,
}

impl Window {
    fn see(&mut self, now: &Samples, optional: &BTreeSet<String>, first: bool) {
        for (key, &value) in now {
            let values = self.values.entry(key.clone()).or_default();
            if values.last().is_none_or(|last| last.to_bits() != value.to_bits()) {
                values.push(value);
            }
        }
        if first {
            self.must = now.keys().cloned().collect();
        }
        self.must.retain(|key| now.contains_key(key) && !optional.contains(key));
    }

    fn judge(&self, page: &Samples, known: impl Fn(&str) -> bool, beside: impl Fn(&str) -> bool) -> Result<(), String> {
        if let Some(missing) = self.must.iter().find(|key| !page.contains_key(*key)) {
            return Err(format!("missing: {missing} {:?}", self.values[missing]));
        }
        for (key, value) in page {
            match self.values.get(key) {
                None if known(key) || beside(key) => {}
                None => return Err(format!("on the page, and never was: {key} {value}")),
                Some(values) if values.iter().any(|one| one == value || (one.is_nan() && value.is_nan())) => {}
                // The root's came or went while the page was open.
                Some(_) if *value == 0.0 && beside(key) => {}
                Some(values) => return Err(format!("{key} is {value}, and was {values:?}")),
            }
        }
        Ok(())
    }
}

/// Runs a plan; the pages that it made, or what went wrong at which step.
pub fn run(plan: &Plan) -> Result<Vec<(Format, Vec<u8>)>, String> {
    let (world, families) = World::new(plan)?;
    let world = Arc::new(world);
    let threads = (0..plan.threads).map(|_| Thread::start(&world)).collect();
    let mut run = Run {
        world: &world,
        families,
        threads,
        slots: [const { None }; SLOTS],
        held: vec![Vec::new(); plan.threads],
        recorded: Samples::new(),
        ids: 0,
        open: None,
        pages: Vec::new(),
    };
    for family in 0..run.families.len() {
        run.register(family)?;
    }
    for (at, step) in plan.steps.iter().enumerate() {
        run.step(step).map_err(|error| format!("step {at}, {step:?}: {error}"))?;
    }
    run.end().map_err(|error| format!("at the end: {error}"))
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Act { thread, family, values, action } => self.act(thread, family, values, action)?,
            Step::Keep { thread, family, values, slot } => self.keep(thread, family, values, slot)?,
            Step::UseKept { thread, slot, action } => self.use_kept(thread, slot, action)?,
            Step::DropKept { slot } => self.slots[slot] = None,
            Step::Hold { thread, family, values } => self.hold(thread, family, values)?,
            Step::Release { thread, action } => self.release(thread, action)?,
            Step::Remove { thread, family, values } => self.remove(thread, family, values)?,
            Step::RemoveMatching { family, value } => self.remove_matching(family, VALUES[value])?,
            Step::Clear { family } => {
                self.world.subjects[family].clear();
                if self.families[family].plan.labels > 0 {
                    self.families[family].series.clear();
                }
                self.removed();
            }
            Step::Unregister { family } => {
                let was = self.world.subjects[family].clone().unregister(&self.world.registries[self.families[family].plan.registry]);
                if was != self.families[family].registered {
                    return Err(format!("unregister returned {was}"));
                }
                self.families[family].registered = false;
                self.removed();
            }
            Step::Register { family } => {
                self.register(family)?;
                // It may stand before the family that a page is in.
                self.removed();
            }
            Step::End { thread } => {
                if self.held[thread].is_empty() {
                    std::mem::replace(&mut self.threads[thread], Thread::start(self.world)).end()?;
                }
            }
            Step::Advance { seconds } => _ = self.world.clock.fetch_add(seconds, Ordering::Relaxed),
            Step::Foul { collector, mode } => {
                if let Some(foul) = self.world.foul.get(collector) {
                    foul.mode.store(mode, Ordering::Relaxed);
                    // A part of its family may be sent.
                    self.removed();
                }
            }
            Step::Record { thread, metric, label, amount } => self.record(thread, metric, label, amount)?,
            Step::Page { thread, format, piece } => self.page(thread, format, piece)?,
            Step::Part { family, by_request } => self.part(family, by_request)?,
            Step::Open { format, piece } => {
                let mut window = Window::default();
                window.see(&self.samples(), &self.optional(), true);
                let exposition = Exposition::new(&self.world.source, format);
                self.open = Some(Open { exposition, piece, bytes: Vec::new(), window });
            }
            Step::Fill => self.fill()?,
            Step::Leave => self.open = None,
        }
        if self.open.is_some() {
            let (now, optional) = (self.samples(), self.optional());
            if let Some(open) = &mut self.open {
                open.window.see(&now, &optional, false);
            }
        }
        Ok(())
    }

    /// Pages of everything, then without anything that is held.
    fn end(mut self) -> Result<Vec<(Format, Vec<u8>)>, String> {
        self.open = None;
        self.page(0, Format::Text004, 0)?;
        for thread in 0..self.threads.len() {
            while !self.held[thread].is_empty() {
                self.release(thread, Action::Touch)?;
            }
        }
        self.slots = [const { None }; SLOTS];
        for format in [Format::OpenMetrics100, Format::Protobuf] {
            self.page(0, format, 0)?;
        }
        for thread in self.threads.drain(..) {
            thread.end()?;
        }
        Ok(self.pages)
    }

    fn register(&mut self, family: usize) -> Result<(), String> {
        let own = &self.families[family];
        let mut names = own.labels.iter().map(|(name, _)| &**name).chain(["x", "y"].into_iter().take(own.plan.labels)).collect::<Vec<_>>();
        if own.plan.kind == Kind::States {
            names.push(&own.name);
        }
        let repeats = (1..names.len()).any(|at| names[..at].contains(&names[at]));
        let registered = self.families.iter().enumerate().filter(|(_, other)| other.registered);
        let clashes: Vec<_> = registered.filter(|(at, other)| *at == family || touches(&other.name, &own.name)).map(|(at, _)| at).collect();
        let result = self.world.subjects[family].clone().register(&self.world.registries[own.plan.registry]);
        match result {
            Ok(()) if repeats => Err("a label is there twice, and it was registered".to_owned()),
            Ok(()) if !clashes.iter().all(|&at| at != family && self.go_together(family, at)) => {
                Err(format!("{} has a name that is taken, and it was registered", own.name))
            }
            Ok(()) => {
                self.families[family].registered = true;
                if self.families[family].plan.labels == 0 {
                    let series = self.made(State::start(self.families[family].plan.kind));
                    self.families[family].series.entry(Vec::new()).or_insert(series);
                }
                Ok(())
            }
            Err(_) if repeats || !clashes.is_empty() => Ok(()),
            Err(error) => Err(format!("refused: {error}")),
        }
    }

    /// Whether two families of one name may stand on one page: they are alike but for a label that is put on them.
    fn go_together(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.families[one], &self.families[other]);
        one.name == other.name && one.plan.kind.shown() == other.plan.kind.shown() && one.labels != other.labels
    }

    fn made(&mut self, state: State) -> Series {
        self.ids += 1;
        Series { id: self.ids, state, touched: self.world.now(), shown: None, passed: None }
    }

    fn is_held(&self, id: u64) -> bool {
        let slots = self.slots.iter().flatten().map(|(kept, _)| kept);
        slots.chain(self.held.iter().flatten()).any(|kept| kept.2 == id)
    }

    /// Whether the series that may be gone is; called before every lookup.
    fn before(&mut self, family: usize, values: &[String]) -> Result<(), String> {
        let now = self.world.now();
        let Some(series) = self.families[family].series.get(values) else { return Ok(()) };
        let (series, id) = (series.clone(), series.id);
        if self.families[family].plan.labels == 0 || self.has(family, values) {
            return Ok(());
        }
        if self.families[family].may_be_gone(&series, now, self.is_held(id)) {
            self.families[family].series.remove(values);
            return Ok(());
        }
        Err(format!("{} {values:?} is gone, last used at {}, now {now}: {series:?}", self.families[family].name, series.touched))
    }

    fn has(&self, family: usize, values: &[String]) -> bool {
        self.world.subjects[family].has(&texts(values))
    }

    /// Which series a lookup met, as the oracle has it.
    fn met(&mut self, family: usize, values: Vec<String>, met: Met) -> Result<Kept, String> {
        let (now, fresh) = (self.world.now(), self.made(State::start(self.families[family].plan.kind)));
        let held: Vec<bool> = self.families[family].series.values().map(|series| self.is_held(series.id)).collect();
        let own = &mut self.families[family];
        let known = own.series.contains_key(&values);
        let most = own.plan.cap.unwrap_or(usize::MAX);
        let lasting = own.series.values().zip(held).filter(|(series, held)| !own.may_be_gone(series, now, *held)).count();
        let values = match met {
            Met::Overflow if own.plan.labels == 0 || own.series.len() < most => return Err("overflow, and there is room".to_owned()),
            Met::Overflow if known => return Err(format!("overflow, and {values:?} is there")),
            Met::Overflow => overflow(),
            Met::Series if !known && lasting >= most => return Err("a series beyond the cap".to_owned()),
            Met::Series => values,
        };
        if values == overflow() {
            own.overflow.get_or_insert(fresh);
        } else {
            own.series.entry(values.clone()).or_insert(fresh);
        }
        let series = own.get_mut(&values).expect("just made");
        series.touched = now;
        Ok((family, values, series.id))
    }

    fn apply(&mut self, kept: &Kept, action: Action) {
        let (now, family) = (self.world.now(), &mut self.families[kept.0]);
        let kind = family.plan.kind;
        if let Some(series) = family.get_mut(&kept.1).filter(|series| series.id == kept.2) {
            series.state.apply(kind, action);
            series.touched = now;
        }
    }

    /// What takes back what was never observed is left out.
    fn sound(&mut self, family: usize, values: &[String], action: Action) -> Action {
        match action {
            Action::Forget(value) if !self.families[family].get_mut(values).is_some_and(|series| series.state.has(value)) => Action::Touch,
            action => action,
        }
    }
}

fn texts(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

/// Whether two families may have a sample of one name.
fn touches(one: &str, other: &str) -> bool {
    let stem = |name: &str| name.trim_end_matches("_total").trim_end_matches("_info").to_owned();
    stem(one) == stem(other)
}

/// Whether a cell of this type does such a thing.
fn fits(kind: Kind, action: Action) -> bool {
    match action {
        Action::Touch => true,
        Action::Add(by) => matches!(kind, Kind::CountF | Kind::LevelF) || (by.fract() == 0.0 && matches!(kind, Kind::Count | Kind::Level)),
        Action::Subtract(_) | Action::Set(_) | Action::Raise(_) => matches!(kind, Kind::Level | Kind::LevelF),
        Action::Observe(_) => {
            matches!(kind, Kind::Histogram | Kind::GaugeHistogram | Kind::Summary | Kind::Quantiles | Kind::Native)
        }
        Action::Forget(_) => kind == Kind::GaugeHistogram,
        Action::Reset => matches!(kind, Kind::Count | Kind::CountF | Kind::Histogram | Kind::Summary | Kind::Native),
        Action::State(_) => kind == Kind::States,
        Action::Facts(_) => kind == Kind::Info,
    }
}
