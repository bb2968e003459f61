//! How a cell comes by its name: by being shown.
//!
//! A cell does not know what it is called, and a family does not know what registries put in front. So when a collector is
//! registered it collects once into a [`Publisher`], which sees the whole names and labels. A cell that is shared tells it
//! where its numbers are. A family remembers what stood around it, so that later series are named the same way.
//! What is taken out of a registry is shown once more in the same way, and loses its name.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use picometer::__private::OneRun;
use picometer::{Collector, Desc, Encoder, LabelSet, Point, Run, Stop, Timestamp};
use picometer_multiprocess::storage::{KeyParts, Tags, Whereabouts, joined, key_of_point, nanos};

use crate::atomic::Mutex;
use crate::caught::caught;
use crate::nesting::Nesting;

/// What collecting is for, if not for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Names.
    Naming,
    /// Taking names away.
    Withdrawing,
}

/// The name of an info metric, and the labels that are not its facts.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) name: String,
    pub(super) help: String,
    pub(super) utf8: bool,
    pub(super) labels: Vec<(Box<str>, Box<str>)>,
}

/// The publisher that collects, if one does: the extension of the run.
#[inline]
pub(super) fn publisher(out: &mut dyn Encoder) -> Option<&mut Publisher> {
    out.run()?.extension()?.downcast_mut()
}

/// Whether names are given, or taken away.
pub(crate) fn is_naming(out: &mut dyn Encoder) -> bool {
    publisher(out).is_some()
}

/// Names all shared cells that a collector has, and those that it will have, also where the process joins only then.
pub(crate) fn publish(collector: &dyn Collector, nesting: Option<&Arc<Nesting>>) {
    collect_for(Purpose::Naming, collector, nesting.cloned());
    publish_declared();
}

/// Takes the names of all cells that a collector has, and names none that it will have.
pub(crate) fn withdraw(collector: &dyn Collector, nesting: Option<&Arc<Nesting>>) {
    if joined().is_some() {
        collect_for(Purpose::Withdrawing, collector, nesting.cloned());
    }
}

/// Shows one series that has its whole name already.
pub(super) fn publish_one(show: &Show<'_>) {
    collect_for(Purpose::Naming, &One(show), None);
}

fn collect_for(purpose: Purpose, collector: &dyn Collector, nesting: Option<Arc<Nesting>>) {
    let mut naming = Naming(OneRun(Publisher { purpose, nesting: nesting.clone(), pending: None, key: None, info: None }));
    // What panics here panics on every page, where it is counted.
    let _ = caught(|| match nesting {
        Some(nesting) => nesting.collect(collector, &mut naming),
        None => collector.collect(&mut naming),
    });
}

/// Names the cells of the metrics that the program declares, once this process is a worker: their names are known whether a
/// registry is ever asked for or not. Called where a cell was made, without a lock.
pub(crate) fn publish_declared() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.load(Ordering::Relaxed) || joined().is_none() {
        return;
    }
    // Relaxed: who comes second goes on without waiting, and has its names from the first.
    if !DONE.swap(true, Ordering::Relaxed) {
        picometer::Declared::all().for_each(|entry| collect_for(Purpose::Naming, entry.collector(), None));
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

/// Collects for names, or to take them away: cells and families find it as the extension of the run.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) purpose: Purpose,
    /// What stands around the collector.
    nesting: Option<Arc<Nesting>>,
    /// A cell that is about to show itself, and in return the place of its key.
    pending: Option<(Tags, Whereabouts)>,
    key: Option<u32>,
    /// What was around the info metric that got its name last.
    pub(super) info: Option<Around>,
}

impl Publisher {
    /// The series that is shown next is this cell's.
    pub(super) fn expect(&mut self, tags: Tags, whereabouts: Whereabouts) {
        (self.pending, self.key) = (Some((tags, whereabouts)), None);
    }

    /// The key of the cell, if it was shown and the file has room for it.
    pub(super) fn take_key(&mut self) -> Option<u32> {
        self.pending = None;
        self.key.take()
    }
}

/// Has shown what gets a name.
struct Naming(OneRun<Publisher>);

impl Encoder for Naming {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        Ok(true)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let Naming(OneRun(publisher)) = self;
        let (Some((tags, whereabouts)), Some(worker)) = (publisher.pending.take(), joined()) else { return Ok(()) };
        let text = key_of_point(desc, labels, &point.value);
        let created = point.created().and_then(nanos_of).unwrap_or_else(nanos);
        let Whereabouts { cells, rest } = whereabouts;
        publisher.key = worker.name(&KeyParts { tags, cells, pid: 0, created, rest, text: &text });
        if desc.kind() == picometer::Kind::Info {
            let labels = (0..).map_while(|at| labels.label(at)).map(|label| (label.name.into(), label.value.into())).collect();
            publisher.info = Some(Around { name: desc.name().to_string(), help: desc.help().into(), utf8: !desc.is_legacy(), labels });
        }
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut self.0)
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
    pub(crate) fn remember(&self, out: &mut dyn Encoder) {
        let Some(publisher) = publisher(out) else { return };
        let place = match publisher.purpose {
            Purpose::Naming => Some(publisher.nesting.clone()),
            Purpose::Withdrawing => None,
        };
        let mut home = self.0.lock();
        // The first place stays: a cell has one name.
        if place.is_none() || home.is_none() {
            *home = place;
        }
        // A thread that makes a series which is not seen from here on sees this, by the lock.
    }

    /// Names one series that came later.
    pub(crate) fn publish(&self, show: &Show<'_>) {
        let home = self.0.lock().clone();
        if let Some(nesting) = home {
            collect_for(Purpose::Naming, &One(show), nesting);
        }
    }
}
