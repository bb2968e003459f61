//! How a cell comes by its name: by being shown.
//!
//! A cell does not know what it is called, and a family does not know what registries put in front. So when a collector is
//! registered it collects once into a [`Publisher`], which sees the whole names and labels; a cell that is shared says meanwhile
//! where its numbers are, and a family remembers what stood around it, so that series that come later are named the same way.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::sync::{Arc, OnceLock};

use picometer::{Collector, Desc, Encoder, Kind, LabelSet, Point, SeriesEncoder, Stop};

use super::layout::{self, Tags};
use super::mapping::Words;
use super::{key, worker};
use crate::registry::Nesting;

thread_local! {
    /// What stands around the collector that is being published, while one is.
    static AROUND: RefCell<Option<Option<Arc<Nesting>>>> = const { RefCell::new(None) };
    /// A cell that is about to show itself, and in return the place of its key.
    static PENDING: Cell<Option<(Tags, u32)>> = const { Cell::new(None) };
    static NAMED: Cell<u32> = const { Cell::new(0) };
    /// What was around the info metric that got its name last.
    static INFO: RefCell<Option<Around>> = const { RefCell::new(None) };
}

/// The name of an info metric, and the labels that are not its facts.
pub(super) struct Around {
    pub(super) name: String,
    pub(super) help: String,
    pub(super) utf8: bool,
    pub(super) labels: Vec<(Box<str>, Box<str>)>,
}

pub(super) fn take_around() -> Option<Around> {
    INFO.with_borrow_mut(Option::take)
}

/// Shows one series that has its whole name already.
pub(super) fn publish_one(show: &Show<'_>) {
    publish(&One(show), None);
}

type Show<'a> = dyn Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync + 'a;

/// One series.
struct One<'a>(&'a Show<'a>);

impl Collector for One<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        (self.0)(out)
    }
}

/// Names all shared cells that a collector has, and those that it will have.
pub(crate) fn publish(collector: &dyn Collector, nesting: Option<&Arc<Nesting>>) {
    if !super::may_share() {
        return;
    }
    let before = AROUND.with_borrow_mut(|around| around.replace(nesting.cloned()));
    collect_within(collector, nesting);
    AROUND.with_borrow_mut(|around| *around = before);
}

fn collect_within(collector: &dyn Collector, nesting: Option<&Arc<Nesting>>) {
    let _ = match nesting {
        Some(nesting) => nesting.collect(collector, &mut Publisher),
        None => collector.collect(&mut Publisher),
    };
}

fn is_publishing() -> bool {
    AROUND.with_borrow(Option::is_some)
}

/// Gives names to the cells that are pending.
struct Publisher;

impl Encoder for Publisher {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        Ok(true)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if let (Some((tags, cells)), Some(worker)) = (PENDING.take(), worker::joined()) {
            let text = key::of_point(desc, labels, &point.value);
            NAMED.set(worker.name(tags, cells, &text).unwrap_or(0));
            if desc.kind() == Kind::Info {
                let labels = (0..).map_while(|at| labels.label(at)).map(|label| (label.name.into(), label.value.into())).collect();
                let around = Around { name: desc.name().to_string(), help: desc.help().into(), utf8: !desc.is_legacy(), labels };
                INFO.with_borrow_mut(|info| *info = Some(around));
            }
        }
        Ok(())
    }
}

/// Where a family stands among registries, once it is registered.
#[derive(Debug, Default)]
pub(crate) struct Home(OnceLock<Option<Arc<Nesting>>>);

impl Home {
    /// Remembers what stands around, if the family is being published.
    pub(crate) fn remember(&self) {
        if let Some(around) = AROUND.with_borrow(Clone::clone) {
            let _ = self.0.set(around);
            // Whoever makes a series that is not seen from here on sees this.
            fence(Ordering::SeqCst);
        }
    }

    /// Names one series that came later.
    pub(crate) fn publish(&self, show: &Show<'_>) {
        if let Some(nesting) = self.0.get() {
            publish(&One(show), nesting.as_ref());
        }
    }
}

/// The place of the key of a cell; 0 while it has none.
#[derive(Debug, Default)]
pub(super) struct Named(AtomicU32);

impl Named {
    /// Shows a cell. It gets its name on the way, if it is being published and has none.
    pub(super) fn show(
        &self,
        tags: Tags,
        words: &Words,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let place = words.place().filter(|_| is_publishing() && self.0.load(Ordering::Acquire) == 0);
        let Some(place) = place else { return show(series) };
        PENDING.set(Some((tags, place)));
        NAMED.set(0);
        let shown = show(series);
        PENDING.set(None);
        let key = NAMED.take();
        // Somebody else may have named it meanwhile: the one that came first stays.
        if key != 0
            && self.0.compare_exchange(0, key, Ordering::AcqRel, Ordering::Acquire).is_err()
            && let Some(worker) = worker::joined()
        {
            worker.remove(key);
        }
        shown
    }

    /// Takes the series away.
    pub(super) fn remove(&self) {
        let key = self.0.swap(GONE, Ordering::AcqRel);
        if key != 0
            && key != GONE
            && let Some(worker) = worker::joined()
        {
            worker.remove(key);
        }
    }

    /// The place of the key.
    pub(super) fn key(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Acquire)).filter(|key| !matches!(*key, 0 | GONE))
    }

    /// Takes the key away, so that the next showing makes another.
    pub(super) fn forget(&self) {
        if let (Some(key), Some(worker)) = (self.key(), worker::joined()) {
            self.0.store(0, Ordering::Release);
            worker.remove(key);
        }
    }
}

/// No place of any key.
const GONE: u32 = layout::HEADER_BYTES as u32 - 1;
