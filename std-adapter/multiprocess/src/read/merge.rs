//! Puts together what workers have.

mod series;
mod value;

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};

use picometer::Kind;

use super::reader::{Entry, Source, Worker};
use crate::file::key::{About, Key};
use crate::file::tags::Tags;
use crate::mode::GaugeMode;
pub(crate) use series::Series;
pub(crate) use value::{Sum, Value};
use value::{is_native, value_of};

/// All families of all workers.
#[derive(Default)]
pub(crate) struct Merge {
    families: Vec<Family>,
    /// By name.
    order: Vec<u32>,
    names: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    series: HashMap<Vec<u8>, (usize, usize), foldhash::fast::RandomState>,
    scratch: Vec<u8>,
    pub(crate) conflicts: Vec<Conflict>,
}

pub(crate) struct Family {
    pub(crate) name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) unit: Box<str>,
    pub(crate) utf8: bool,
    pub(crate) kind: Kind,
    pub(crate) mode: GaugeMode,
    is_native: bool,
    shape: Box<[u8]>,
    pub(crate) bounds: Vec<f64>,
    pub(crate) states: Vec<Box<str>>,
    series: Vec<Series>,
    /// By their labels.
    order: Vec<u32>,
    /// The file that it was met in first.
    file: Box<str>,
    /// The files that mean something else by its name, and in what they differ.
    noted: HashSet<(Box<str>, &'static str)>,
}

/// Which series of which family something was added to.
#[derive(Clone, Copy)]
pub(crate) struct Added {
    family: u32,
    series: u32,
}

/// Two files that mean different things by one name.
///
/// ```
/// # use picometer_std::multiprocess::Conflict;
/// fn report(conflict: &Conflict) {
///     eprintln!("{conflict}");
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The name.
    pub family: Box<str>,
    /// The file whose series are shown.
    pub shown: Box<str>,
    /// The file whose series of this family are left out.
    pub left_out: Box<str>,
    /// In what they differ.
    pub what: &'static str,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { family, shown, left_out, what } = self;
        write!(f, "`{family}`: {shown} and {left_out} have different {what}; what {left_out} has of it is left out")
    }
}

picometer::__speaks!(Conflict);
impl std::error::Error for Conflict {}

impl Family {
    /// The series by their labels, once everything was [sorted](Merge::sort).
    pub(crate) fn sorted(&self) -> impl Iterator<Item = &Series> {
        self.order.iter().filter_map(|at| self.series.get(*at as usize)).filter(|series| !series.is_old())
    }

    fn conflict(&self, tags: Tags, mode: GaugeMode, shape: &[u8]) -> Option<&'static str> {
        let kind = tags.kind;
        if self.kind != kind || self.is_native != is_native(tags) {
            Some("types")
        } else if self.mode != mode {
            Some("gauge modes")
        } else if *self.shape != *shape {
            Some(if kind != Kind::StateSet { "buckets" } else { "states" })
        } else {
            None
        }
    }
}

impl Merge {
    /// The families by their names, once everything was [sorted](Self::sort).
    pub(crate) fn sorted(&self) -> impl Iterator<Item = &Family> {
        let families = self.order.iter().filter_map(|at| self.families.get(*at as usize));
        families.filter(|family| family.sorted().next().is_some())
    }

    /// Whether most series are gone, so that all is better read anew.
    pub(crate) fn is_mostly_old(&self) -> bool {
        let all = self.families.iter().map(|family| family.series.len()).sum::<usize>();
        let old = self.families.iter().map(|family| family.series.iter().filter(|series| series.is_old()).count()).sum::<usize>();
        old > 1_000 && old > all / 2
    }

    /// Whether there is a family of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.get(name).and_then(|at| self.families.get(*at)).is_some_and(|family| family.sorted().next().is_some())
    }

    /// All values are of an earlier reading from now on.
    pub(crate) fn age(&mut self) {
        self.families.iter_mut().flat_map(|family| &mut family.series).for_each(Series::age);
    }

    /// Adds what a file has now of a series that was added before.
    #[inline]
    pub(crate) fn add_again(&mut self, place: Added, source: &Source, cells: &[u64], rest: &[u64]) {
        let tags = source.tags;
        let Some(family) = self.families.get_mut(place.family as usize) else { return };
        let mode = family.mode;
        let (Some(series), Ok(value)) = (family.series.get_mut(place.series as usize), value_of(tags, cells, rest)) else { return };
        series.add(value, mode, source.created, tags.kind, rest);
    }

    /// Adds what one file has of a series, and returns where it went, if it is shown. What is wrong with it is said; a conflict is
    /// noted and no error.
    pub(crate) fn add(&mut self, file: &str, is_live: bool, entry: &Entry<'_>) -> Result<Option<Added>, &'static str> {
        let kind = entry.tags.kind;
        let mode = GaugeMode::of(entry.tags.mode).ok_or("a gauge mode that there is not")?;
        let key = entry.key;
        let alone = match kind {
            Kind::Gauge => mode.is_alone(),
            kind => kind == Kind::StateSet,
        };
        let wants_life = match kind {
            Kind::Gauge => mode.is_live(),
            kind => matches!(kind, Kind::Info | Kind::StateSet | Kind::GaugeHistogram),
        };
        if wants_life && !is_live {
            return Ok(None);
        }
        let value = value_of(entry.tags, entry.cells, entry.rest)?;
        let pid = if alone { entry.pid } else { 0 };
        self.scratch.clear();
        self.scratch.extend_from_slice(key.identity);
        self.scratch.extend(pid.to_ne_bytes());
        let known = self.series.get(&self.scratch).copied();
        let (family, at) = match known {
            Some((family, at)) => (family, Some(at)),
            None => (self.family(file, entry.tags, mode, &key)?, None),
        };
        let Some(own) = self.families.get_mut(family) else { return Ok(None) };
        if let Some(what) = own.conflict(entry.tags, mode, key.shape) {
            // Noted once for each family, file and difference; asked for every series, so not of all conflicts.
            if own.noted.insert((file.into(), what)) {
                self.conflicts.push(Conflict { family: own.name.clone(), shown: own.file.clone(), left_out: file.into(), what });
            }
            return Ok(None);
        }
        let place = at.unwrap_or(own.series.len());
        match own.series.get_mut(place) {
            Some(series) => {
                series.add(value, mode, entry.created, kind, entry.rest);
            }
            None => {
                let (_, labels) = key.names().ok_or("the labels of a key are not text")?;
                let labels = labels.into_iter().map(|(name, value)| (own_name(name, alone).into(), value.into())).collect();
                self.series.insert(self.scratch.clone(), (family, own.series.len()));
                let mut series = Series::new(labels, pid, value, entry.created);
                series.add_exemplars(kind, entry.rest);
                own.series.push(series);
            }
        }
        Ok(Some(Added { family: family as u32, series: place as u32 }))
    }

    /// Whether a file means anything else by a name than what is here.
    pub(crate) fn differs(&self, worker: &Worker) -> bool {
        let differs = |entry: &Entry<'_>| {
            let (mode, key) = (GaugeMode::of(entry.tags.mode)?, &entry.key);
            self.families.get(*self.names.get(key.names()?.0)?)?.conflict(entry.tags, mode, key.shape)
        };
        worker.each(|entry| if differs(entry).is_some() { Err("a conflict") } else { Ok(()) }).is_err()
    }

    fn family(&mut self, file: &str, tags: Tags, mode: GaugeMode, key: &Key<'_>) -> Result<usize, &'static str> {
        let kind = tags.kind;
        let (name, _) = key.names().ok_or("the name of a key is not text")?;
        match self.names.entry(name.into()) {
            Slot::Occupied(known) => Ok(*known.get()),
            Slot::Vacant(free) => {
                let About { help, unit, utf8 } = key.about().ok_or("the help of a key is not text")?;
                let parts = picometer::DescParts { name, help, unit, utf8, ..picometer::DescParts::new(kind) };
                picometer::Desc::try_new(parts).map_err(|_| "a name that cannot be")?;
                let bounds = if matches!(kind, Kind::Histogram | Kind::GaugeHistogram) {
                    key.bounds().ok_or("bounds that cannot be")?
                } else {
                    Vec::new()
                };
                let states = if kind == Kind::StateSet { key.states().ok_or("states that cannot be")? } else { Vec::new() };
                let at = self.families.len();
                free.insert(at);
                self.families.push(Family {
                    name: name.into(),
                    help: help.into(),
                    unit: unit.into(),
                    utf8,
                    kind,
                    mode,
                    is_native: is_native(tags),
                    shape: key.shape.into(),
                    bounds,
                    states,
                    series: Vec::new(),
                    order: Vec::new(),
                    file: file.into(),
                    noted: HashSet::new(),
                });
                Ok(at)
            }
        }
    }

    /// Families by name and series by labels: the same page from one scrape to the next, whatever order files came in.
    pub(crate) fn sort(&mut self) {
        if self.order.len() != self.families.len() {
            self.order = order(&self.families, |family| &family.name);
        }
        for family in self.families.iter_mut().filter(|family| family.order.len() != family.series.len()) {
            family.order = order(&family.series, |series| (&series.labels, series.pid));
        }
    }
}

/// A label that processes are told apart by is another's then.
fn own_name(name: &str, alone: bool) -> &str {
    if alone && name == "pid" { "exported_pid" } else { name }
}

/// The places of these in order.
fn order<'a, T, K: Ord>(all: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<u32> {
    let mut keyed: Vec<(K, u32)> = all.iter().zip(0..).map(|(one, at)| (key(one), at)).collect();
    keyed.sort();
    keyed.into_iter().map(|(_, at)| at).collect()
}
