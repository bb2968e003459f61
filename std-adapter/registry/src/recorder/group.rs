//! Series of one metric whose label names differ from one to the next, as the facade allows.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use picometer::{Collector, Desc, Encoder, LabelSet, SeriesEncoder, Stop};

use super::keys::Keys;
use super::series::{Entry, Labels, Recorded, Series};
use crate::atomic::{Mutex, RwLock};
use crate::cell::counter::Counter;
use crate::desc::{MetricError, OwnedDesc};
use crate::epoch;
use crate::family::Handle;
use crate::family::expiry::{Cause, Ttl, digest};
use crate::family::idle::Examined;
use crate::label::{FactLabels, OVERFLOW};
use crate::registering::{is_restarting, refuse, vouch};
use crate::registry::{RegisterError, Registry};
use crate::shared::{Making, is_naming};

/// So many series are shown between two looks at the list.
const CHUNK: usize = 256;

/// Metrics of one name.
pub(super) struct Group<C> {
    desc: RwLock<Arc<OwnedDesc>>,
    series: Mutex<AllSeries<C>>,
    /// They have shares of this.
    keys: Weak<Keys<C, Self>>,
    ttl: Option<Ttl>,
    /// How many lookups ended in the overflow series; made by the first one.
    pub(super) folded: OnceLock<Option<Handle<Counter>>>,
    home: crate::shared::Home,
}

struct AllSeries<C> {
    /// Places, of which each is taken by the next series when it is vacant.
    places: Vec<Option<Arc<Entry<C>>>>,
    vacant: Vec<u32>,
    by_labels: HashSet<ByLabels<C>, foldhash::fast::RandomState>,
    overflow: Option<Arc<Series<C>>>,
    /// How many were ever made; wraps around.
    made: u32,
}

/// A series, found by its labels.
struct ByLabels<C>(Arc<Entry<C>>);

impl<C> Borrow<Labels> for ByLabels<C> {
    fn borrow(&self) -> &Labels {
        &self.0.series.labels
    }
}

impl<C> Hash for ByLabels<C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.series.labels.hash(state);
    }
}

impl<C> PartialEq for ByLabels<C> {
    fn eq(&self, other: &Self) -> bool {
        self.0.series.labels == other.0.series.labels
    }
}

impl<C> Eq for ByLabels<C> {}

impl<C: Recorded> Group<C> {
    pub(super) fn new(desc: OwnedDesc, keys: Weak<Keys<C, Self>>, ttl: Option<Ttl>) -> Self {
        let series = AllSeries { places: Vec::new(), vacant: Vec::new(), by_labels: HashSet::default(), overflow: None, made: 0 };
        Self { desc: RwLock::new(Arc::new(desc)), series: Mutex::new(series), keys, ttl, folded: OnceLock::new(), home: Default::default() }
    }

    pub(super) fn ttl(&self) -> Option<&Ttl> {
        self.ttl.as_ref()
    }

    /// Has another name from now on.
    fn rename(&self, name: &str) {
        let mut desc = self.desc.write();
        *desc = Arc::new(OwnedDesc { name: name.to_owned().into(), unit: "".into(), ..(**desc).clone() });
    }

    /// Says what it is. A unit that the name does not end in is none.
    pub(super) fn describe(&self, help: &str, unit: &str) {
        let mut desc = self.desc.write();
        let mut described = OwnedDesc { help: help.to_owned().into(), unit: unit.to_owned().into(), ..(**desc).clone() };
        if described.desc().is_err() {
            described.unit = "".into();
        }
        *desc = Arc::new(described);
    }

    /// A handle of the series with these labels, and the series in the tables, unless it is the overflow series.
    pub(super) fn series(&self, labels: &Labels, cap: usize, make: impl Fn() -> C) -> (Arc<Series<C>>, Option<Arc<Entry<C>>>) {
        loop {
            if let Some(entry) = self.find(labels) {
                match entry.handle() {
                    Some(handle) => return (handle, Some(entry)),
                    // Too old, and perhaps not taken out yet.
                    None => drop(self.take_out(&entry)),
                }
                continue;
            }
            self.sweep(Cause::Making);
            match self.make(labels, cap, &make) {
                Made::Here(handle, entry) => return (handle, Some(entry)),
                Made::Found => {}
                // Perhaps one of those that are there is too old.
                Made::Full if self.sweep(Cause::Full) > 0 => {}
                Made::Full => return (self.overflow(make), None),
            }
        }
    }

    fn find(&self, labels: &Labels) -> Option<Arc<Entry<C>>> {
        self.series.lock().by_labels.get(labels).map(|found| found.0.clone())
    }

    fn make(&self, labels: &Labels, cap: usize, make: impl Fn() -> C) -> Made<C> {
        // Without the lock, because it asks the clock.
        let idle = self.ttl().map(Ttl::idle).inspect(|idle| _ = idle.touch_by_handle());
        // No fork comes between a series and its name.
        let _making = Making::begin();
        let mut all = self.series.lock();
        if all.by_labels.contains(labels) {
            return Made::Found;
        }
        if all.by_labels.len() >= cap {
            return Made::Full;
        }
        all.made = all.made.wrapping_add(1);
        let place = all.vacant.pop().unwrap_or(all.places.len() as u32);
        let series = Arc::new(Series { labels: labels.clone(), is_overflow: false, idle, cell: make() });
        let entry =
            Arc::new(Entry { series: series.clone(), place, born: all.made, is_gone: AtomicBool::new(false), keys: AtomicUsize::new(0) });
        match all.places.get_mut(place as usize) {
            Some(slot) => *slot = Some(entry.clone()),
            None => all.places.push(Some(entry.clone())),
        }
        all.by_labels.insert(ByLabels(entry.clone()));
        drop(all);
        self.publish(&series);
        Made::Here(series, entry)
    }

    fn overflow(&self, make: impl Fn() -> C) -> Arc<Series<C>> {
        let _making = Making::begin();
        let new = || Arc::new(Series { labels: [].into(), is_overflow: true, idle: None, cell: make() });
        let overflow = self.series.lock().overflow.get_or_insert_with(new).clone();
        self.publish(&overflow);
        overflow
    }

    /// Takes a series off the pages; whether it was there. Handles of it go on counting, unseen.
    fn take_out(&self, entry: &Arc<Entry<C>>) -> bool {
        let making = Making::begin();
        let mut all = self.series.lock();
        let slot = all.places.get_mut(entry.place as usize);
        let Some(slot) = slot.filter(|slot| slot.as_ref().is_some_and(|other| Arc::ptr_eq(other, entry))) else { return false };
        *slot = None;
        all.vacant.push(entry.place);
        all.by_labels.remove(&entry.series.labels);
        entry.is_gone.store(true, Ordering::Relaxed);
        entry.series.cell.removed();
        drop((all, making));
        if let Some(keys) = self.keys.upgrade() {
            keys.note_gone(entry);
        }
        true
    }

    /// Back to the start: series that have handles are at zero, the others gone.
    fn restart(&self) {
        let (all, overflow): (Vec<_>, _) = {
            let all = self.series.lock();
            (all.places.iter().flatten().cloned().collect(), all.overflow.clone())
        };
        for entry in all {
            if entry.has_handles() {
                entry.series.cell.restart();
            } else {
                self.take_out(&entry);
            }
        }
        overflow.into_iter().for_each(|series| series.cell.restart());
    }

    /// Names a series for other processes, if the group is registered; those that were there before it was have their names.
    fn publish(&self, series: &Series<C>) {
        self.home.publish(&|out| {
            let desc = self.desc.read().clone();
            let Ok(desc) = desc.desc() else { return Ok(()) };
            if out.begin(&desc)? { series.show(&desc, out) } else { Ok(()) }
        });
    }
}

/// A group of any type.
pub(super) trait AnyGroup: Send + Sync {
    /// How many series there are, without the overflow series.
    fn len(&self) -> usize;
    /// Takes the series off the pages that `keep` does not want, and returns how many.
    fn retain(&self, keep: &mut dyn FnMut(&Labels) -> bool) -> usize;
    /// Removes what is too old, and returns how many series that were.
    fn sweep(&self, cause: Cause) -> usize;
    /// Is registered under another name from now on.
    fn move_to(self: Arc<Self>, name: &str, registry: &Registry, place: &'static Location<'static>) -> Result<(), RegisterError>;
}

impl<C: Recorded> AnyGroup for Group<C> {
    fn len(&self) -> usize {
        self.series.lock().by_labels.len()
    }

    fn retain(&self, keep: &mut dyn FnMut(&Labels) -> bool) -> usize {
        let all: Vec<_> = self.series.lock().places.iter().flatten().cloned().collect();
        all.iter().filter(|entry| !keep(&entry.series.labels) && self.take_out(entry)).count()
    }

    fn sweep(&self, cause: Cause) -> usize {
        let Some(ttl) = self.ttl() else { return 0 };
        let Some(mut sweeping) = ttl.begin(cause, self.len()) else { return 0 };
        let (mut rest, mut waits, mut count) = (false, None, 0);
        loop {
            let len = self.series.lock().places.len() as u32;
            for place in sweeping.places(len) {
                let entry = self.series.lock().places.get(place as usize).cloned().flatten();
                let Some((entry, idle)) = entry.as_ref().and_then(|entry| Some((entry, entry.series.idle.as_ref()?))) else { continue };
                match idle.examine(&sweeping.sweep, || entry.has_handles(), || digest(&entry.series.cell)) {
                    Examined::Retired => count += usize::from(self.take_out(entry)),
                    Examined::Rests => rest = true,
                    Examined::Waits(number) => waits = waits.max(Some(number)),
                    Examined::Stays => {}
                }
            }
            if !waits.take().is_some_and(|number| sweeping.have_ended(number)) {
                break;
            }
        }
        sweeping.end(self.len(), rest);
        count
    }

    fn move_to(self: Arc<Self>, name: &str, registry: &Registry, place: &'static Location<'static>) -> Result<(), RegisterError> {
        registry.unregister(&self);
        self.rename(name);
        registry.register_at(self, place)
    }
}

/// What became of a new series.
enum Made<C> {
    Here(Arc<Series<C>>, Arc<Entry<C>>),
    /// Another thread had made it.
    Found,
    /// There are as many as there may be.
    Full,
}

impl<C: Recorded> Collector for Group<C> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let desc = self.desc.read().clone();
        let desc = desc.desc().map_err(|error| refuse(out, MetricError::Desc { name: (*desc.name).into(), error }))?;
        if is_restarting(out) {
            self.restart();
            return Ok(());
        }
        vouch::<Self>(out, []);
        self.home.remember(out);
        if !out.begin(&desc)? {
            return Ok(());
        }
        // A series that is made from now on is younger than the page.
        let came_at = out.generation(self.series.lock().made);
        let mut at = out.resume_at();
        // Names are given without a page, which would show series to a scraper.
        let is_page = !is_naming(out);
        // Once a page, however many pieces it comes in.
        if at == 0 && is_page {
            self.sweep(Cause::Page);
            epoch::tidy();
        }
        let sweep = self.ttl().filter(|_| is_page).map(|ttl| ttl.last().0);
        loop {
            let places: Vec<_> = self.series.lock().places.iter().skip(at).take(CHUNK).cloned().collect();
            if places.is_empty() {
                break;
            }
            at += places.len();
            for place in places {
                let Some(entry) = place.filter(|entry| (entry.born.wrapping_sub(came_at) as i32) <= 0) else {
                    out.skip();
                    continue;
                };
                let showing = sweep
                    .as_ref()
                    .zip(entry.series.idle.as_ref())
                    .and_then(|(sweep, idle)| Some((idle, idle.showing(sweep, || entry.has_handles(), || digest(&entry.series.cell))?)));
                entry.series.show(&desc, out)?;
                if let Some((idle, showing)) = showing {
                    idle.was_shown(showing);
                }
            }
        }
        let overflow = self.series.lock().overflow.clone();
        overflow.map_or(Ok(()), |series| series.show(&desc, out))
    }
}

impl<C: Recorded> Series<C> {
    fn show(&self, desc: &Desc<'_>, out: &mut dyn Encoder) -> Result<(), Stop> {
        let labels = FactLabels(&self.labels);
        let labels: &dyn LabelSet = if self.is_overflow { &OVERFLOW } else { &labels };
        self.cell.encode(&mut SeriesEncoder::new(out, desc, labels))
    }
}
