//! How a cell comes by its name: by being shown.
//!
//! A cell does not know what it is called, and a family does not know what registries put in front. So when a collector is
//! registered it collects once into a [`Publisher`], which sees the whole names and labels; a cell that is shared says meanwhile
//! where its numbers are, and a family remembers what stood around it, so that series that come later are named the same way.
//! What is taken out of a registry is shown once more in the same way, and loses its name.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use picometer::{Collector, Desc, Encoder, LabelSet, Point, Run, Stop, Timestamp};

use super::layout::KeyParts;
use super::{disk, key, worker};
use crate::atomic::Mutex;
use crate::caught::caught;
use crate::nesting::Nesting;
use crate::tags::{Tags, Whereabouts};

/// What collecting is for just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A page.
    Page,
    /// Names.
    Naming,
    /// Taking names away.
    Withdrawing,
}

thread_local! {
    static PURPOSE: Cell<Purpose> = const { Cell::new(Purpose::Page) };
    /// What stands around the collector that is being published, while one is. Gone in late destructors of a thread: then nothing is
    /// published, and the cells that are made are counted in memory alone.
    static AROUND: RefCell<Option<Option<Arc<Nesting>>>> = const { RefCell::new(None) };
    /// A cell that is about to show itself, and in return the place of its key.
    static PENDING: Cell<Option<(Tags, Whereabouts)>> = const { Cell::new(None) };
    static NAMED: Cell<Option<u32>> = const { Cell::new(None) };
    /// What was around the info metric that got its name last.
    static INFO: RefCell<Option<Around>> = const { RefCell::new(None) };
}

/// The name of an info metric, and the labels that are not its facts.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) name: String,
    pub(super) help: String,
    pub(super) utf8: bool,
    pub(super) labels: Vec<(Box<str>, Box<str>)>,
}

pub(super) fn take_around() -> Option<Around> {
    INFO.try_with(RefCell::take).ok().flatten()
}

/// What the collecting that goes on in this thread is for.
#[inline]
pub(super) fn purpose() -> Purpose {
    PURPOSE.get()
}

/// Whether names are given, or taken away.
pub(crate) fn is_naming() -> bool {
    purpose() != Purpose::Page
}

/// Has a cell named that `show` shows; the place of its key.
pub(super) fn name(tags: Tags, whereabouts: Whereabouts, show: impl FnOnce() -> Result<(), Stop>) -> (Result<(), Stop>, Option<u32>) {
    PENDING.set(Some((tags, whereabouts)));
    NAMED.set(None);
    let shown = show();
    PENDING.set(None);
    (shown, NAMED.take())
}

/// Names all shared cells that a collector has, and those that it will have, also where the process joins only then.
pub(crate) fn publish(collector: &dyn Collector, nesting: Option<&Arc<Nesting>>) {
    collect_for(Purpose::Naming, collector, nesting);
}

/// Takes the names of all cells that a collector has, and names none that it will have.
pub(crate) fn withdraw(collector: &dyn Collector, nesting: Option<&Arc<Nesting>>) {
    if worker::joined().is_some() {
        collect_for(Purpose::Withdrawing, collector, nesting);
    }
}

/// Shows one series that has its whole name already.
pub(super) fn publish_one(show: &Show<'_>) {
    publish(&One(show), None);
}

fn collect_for(purpose: Purpose, collector: &dyn Collector, nesting: Option<&Arc<Nesting>>) {
    /// A collector may panic.
    struct Before(Purpose, Option<Option<Arc<Nesting>>>);

    impl Drop for Before {
        fn drop(&mut self) {
            PURPOSE.set(self.0);
            let _ = AROUND.try_with(|around| around.replace(self.1.take()));
        }
    }

    let Ok(around) = AROUND.try_with(|around| around.replace(Some(nesting.cloned()))) else { return };
    let _before = Before(PURPOSE.replace(purpose), around);
    // What panics here panics on every page, where it is counted.
    let _ = caught(|| match nesting {
        Some(nesting) => nesting.collect(collector, &mut Publisher),
        None => collector.collect(&mut Publisher),
    });
}

/// Names the cells of the metrics that the program declares, once this process is a worker: their names are known whether a
/// registry is ever asked for or not. Called where a cell was made, without a lock.
pub(crate) fn publish_declared() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.load(Ordering::Relaxed) || worker::joined().is_none() || is_naming() {
        return;
    }
    // Relaxed: who comes second goes on without waiting, and has its names from the first.
    if !DONE.swap(true, Ordering::Relaxed) {
        picometer::Declared::all().for_each(|entry| publish(entry.collector(), None));
    }
}

type Show<'a> = dyn Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync + 'a;

/// One series.
struct One<'a>(&'a Show<'a>);

impl Collector for One<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        (self.0)(out)
    }
}

/// Gives names to the cells that are pending.
struct Publisher;

impl Encoder for Publisher {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        Ok(true)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let (Some((tags, whereabouts)), Some(worker)) = (PENDING.take(), worker::joined()) else { return Ok(()) };
        let text = key::of_point(desc, labels, &point.value);
        let created = point.created().and_then(nanos_of).unwrap_or_else(disk::nanos);
        let Whereabouts { cells, rest } = whereabouts;
        NAMED.set(worker.name(&KeyParts { tags, cells, pid: 0, created, rest, text: &text }));
        if desc.kind() == picometer::Kind::Info {
            let labels = (0..).map_while(|at| labels.label(at)).map(|label| (label.name.into(), label.value.into())).collect();
            let around = Around { name: desc.name().to_string(), help: desc.help().into(), utf8: !desc.is_legacy(), labels };
            let _ = INFO.try_with(|info| info.replace(Some(around)));
        }
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

fn nanos_of(moment: Timestamp) -> Option<u64> {
    u64::try_from(moment.seconds()).ok()?.checked_mul(1_000_000_000)?.checked_add(moment.nanos().into())
}

/// Where a family stands among registries, while it is registered.
#[derive(Debug, Default)]
pub(crate) struct Home(Mutex<Option<Option<Arc<Nesting>>>>);

impl Home {
    /// Of a collector that is not registered.
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Remembers what stands around, if the family is being published, and forgets it if it is withdrawn.
    pub(crate) fn remember(&self) {
        let place = match purpose() {
            Purpose::Page => return,
            Purpose::Naming => AROUND.try_with(|around| around.borrow().clone()).ok().flatten(),
            Purpose::Withdrawing => None,
        };
        let mut home = self.0.lock();
        // The first place stays: a cell has one name.
        if place.is_none() || home.is_none() {
            *home = place;
        }
        // Whoever makes a series that is not seen from here on sees this, by the lock.
    }

    /// Names one series that came later.
    pub(crate) fn publish(&self, show: &Show<'_>) {
        let home = self.0.lock().clone();
        if let Some(nesting) = home {
            publish(&One(show), nesting.as_ref());
        }
    }
}
