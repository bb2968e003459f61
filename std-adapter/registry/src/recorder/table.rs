//! Series of metrics whose label names differ from one to the next, as the facade allows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::Key;
use picometer::{Cell, Collector, Desc, Encoder, Kind, LabelSet, SeriesEncoder, Stop};

use crate::atomic::{Mutex, RwLock};
use crate::cell::gauge::Gauge;
use crate::cell::histogram::Histogram;
use crate::desc::{MetricError, OwnedDesc};
use crate::label::{FactLabels, OVERFLOW};
use crate::registering::{never_created, refuse, vouch};
use crate::shared::{Making, Numbers, Tags, Words};

/// All metrics of a type.
pub(super) struct Table<C> {
    /// By the keys that macros bring, which carry their hash: the way of nearly every update.
    keys: RwLock<HashMap<Key, Arc<Series<C>>, foldhash::fast::RandomState>>,
    /// By name.
    groups: Mutex<HashMap<Box<str>, Arc<Group<C>>>>,
    /// Help and unit of those that are not used yet: a description alone has no name.
    described: Mutex<HashMap<Box<str>, Description>>,
}

/// Help and unit.
type Description = (Box<str>, Box<str>);

impl<C> Default for Table<C> {
    fn default() -> Self {
        Self { keys: RwLock::default(), groups: Mutex::default(), described: Mutex::default() }
    }
}

impl<C: Cell + 'static> Table<C> {
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Series<C>>> {
        self.keys.read().get(key).cloned()
    }

    /// Keeps what a key stands for, unless that is what all the others have, whose keys may be without number.
    pub(super) fn insert(&self, key: &Key, series: Arc<Series<C>>) -> Arc<Series<C>> {
        if !series.is_overflow {
            self.keys.write().insert(key.clone(), series.clone());
        }
        series
    }

    /// The group of this name; a new one is registered first.
    pub(super) fn group(&self, name: &str, register: impl FnOnce(Arc<Group<C>>)) -> Arc<Group<C>> {
        let mut groups = self.groups.lock();
        if let Some(group) = groups.get(name) {
            return group.clone();
        }
        let group = Arc::new(Group::new(OwnedDesc::new(C::KIND, name, "")));
        if let Some((help, unit)) = self.described.lock().remove(name) {
            group.describe(&help, &unit);
        }
        // With the lock, so that nobody counts in a group that another one replaces.
        register(group.clone());
        groups.insert(name.into(), group.clone());
        group
    }
}

impl<C: Cell + 'static> Table<C> {
    /// Says what the group of this name is, or will be.
    pub(super) fn describe(&self, name: &str, help: &str, unit: &str) {
        // Locked in the order in which `group` does, so that no group comes between.
        let groups = self.groups.lock();
        match groups.get(name) {
            Some(group) => group.describe(help, unit),
            None => drop(self.described.lock().insert(name.into(), (help.into(), unit.into()))),
        }
    }
}

/// Metrics of one name.
pub(super) struct Group<C> {
    desc: RwLock<Arc<OwnedDesc>>,
    series: Mutex<AllSeries<C>>,
    #[cfg(all(feature = "multiprocess", target_os = "linux"))]
    home: crate::multiprocess::Home,
}

struct AllSeries<C> {
    /// In the order in which they came; copied where a page is being written.
    list: Arc<Vec<Arc<Series<C>>>>,
    by_labels: HashMap<Labels, Arc<Series<C>>>,
    overflow: Option<Arc<Series<C>>>,
}

pub(super) type Labels = Box<[(Box<str>, Box<str>)]>;

/// One of them.
pub(super) struct Series<C> {
    labels: Labels,
    is_overflow: bool,
    cell: C,
}

impl<C: Cell + 'static> Group<C> {
    fn new(desc: OwnedDesc) -> Self {
        let series = AllSeries { list: Arc::default(), by_labels: HashMap::new(), overflow: None };
        Self {
            desc: RwLock::new(Arc::new(desc)),
            series: Mutex::new(series),
            #[cfg(all(feature = "multiprocess", target_os = "linux"))]
            home: Default::default(),
        }
    }

    /// Says what it is. A unit that the name does not end in is none.
    fn describe(&self, help: &str, unit: &str) {
        let mut desc = self.desc.write();
        let mut described = OwnedDesc { help: help.into(), unit: unit.into(), ..(**desc).clone() };
        if described.desc().is_err() {
            described.unit = "".into();
        }
        *desc = Arc::new(described);
    }

    pub(super) fn series(&self, labels: Labels, cap: usize, make: impl FnOnce() -> C) -> Arc<Series<C>> {
        // No fork comes between a series and its name.
        let _making = Making::begin();
        let mut all = self.series.lock();
        if let Some(series) = all.by_labels.get(&labels) {
            return series.clone();
        }
        if all.list.len() >= cap {
            let new = || Arc::new(Series { labels: [].into(), is_overflow: true, cell: make() });
            let overflow = all.overflow.get_or_insert_with(new).clone();
            drop(all);
            self.publish(&overflow);
            return overflow;
        }
        let series = Arc::new(Series { labels: labels.clone(), is_overflow: false, cell: make() });
        Arc::make_mut(&mut all.list).push(series.clone());
        all.by_labels.insert(labels, series.clone());
        drop(all);
        self.publish(&series);
        series
    }

    /// Names a series for other processes, if the group is registered; those that were there before it was have their names.
    fn publish(&self, series: &Series<C>) {
        #[cfg(all(feature = "multiprocess", target_os = "linux"))]
        self.home.publish(&|out| {
            let desc = self.desc.read().clone();
            let Ok(desc) = desc.desc() else { return Ok(()) };
            if out.begin(&desc)? { series.show(&desc, out) } else { Ok(()) }
        });
        #[cfg(not(all(feature = "multiprocess", target_os = "linux")))]
        let _ = series;
    }
}

impl<C: Cell + 'static> Collector for Group<C> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let desc = self.desc.read().clone();
        let desc = desc.desc().map_err(|error| refuse(out, MetricError::Desc { name: desc.name.clone(), error }))?;
        vouch::<Self>(out, []);
        never_created(out);
        #[cfg(all(feature = "multiprocess", target_os = "linux"))]
        self.home.remember();
        if !out.begin(&desc)? {
            return Ok(());
        }
        let (list, overflow) = {
            let all = self.series.lock();
            (all.list.clone(), all.overflow.clone())
        };
        for series in list.iter().skip(out.resume_at()) {
            series.show(&desc, out)?;
        }
        overflow.map_or(Ok(()), |series| series.show(&desc, out))
    }
}

impl<C: Cell + 'static> Series<C> {
    fn show(&self, desc: &Desc<'_>, out: &mut dyn Encoder) -> Result<(), Stop> {
        let labels = FactLabels(&self.labels);
        let labels: &dyn LabelSet = if self.is_overflow { &OVERFLOW } else { &labels };
        self.cell.encode(&mut SeriesEncoder::new(out, desc, labels))
    }
}

/// A counter that can be told what it is. One shared atomic, because that is a question of the largest.
pub(super) struct Count {
    own: AtomicU64,
    shared: Words<1>,
}

impl Default for Count {
    fn default() -> Self {
        Self { own: AtomicU64::new(0), shared: Words::new() }
    }
}

impl Count {
    #[inline]
    fn number(&self) -> &AtomicU64 {
        self.shared.get().map_or(&self.own, |[number]| number)
    }
}

impl Cell for Count {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags::new(Kind::Counter, Numbers::Unsigned);
        self.shared.show(tags, series, |series| series.number(self.number().load(Ordering::Relaxed)))
    }
}

/// A gauge.
#[derive(Default)]
pub(super) struct Level(Gauge<f64>);

impl Cell for Level {
    const KIND: Kind = Kind::Gauge;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.0.encode(series)
    }
}

impl metrics::CounterFn for Series<Count> {
    fn increment(&self, value: u64) {
        self.cell.number().fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.cell.number().fetch_max(value, Ordering::Relaxed);
    }
}

impl metrics::GaugeFn for Series<Level> {
    fn increment(&self, value: f64) {
        self.cell.0.inc_by(value);
    }

    fn decrement(&self, value: f64) {
        self.cell.0.dec_by(value);
    }

    fn set(&self, value: f64) {
        self.cell.0.set(value);
    }
}

impl metrics::HistogramFn for Series<Histogram> {
    fn record(&self, value: f64) {
        self.cell.observe(value);
    }
}
