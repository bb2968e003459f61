//! Puts together what workers have.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use picometer::{BucketExemplars, Exemplar, Kind, Label, LabelSet, Number};

use super::exemplars::{PLACE, Shown};
use super::key::{About, Key};
use super::reader::{Entry, Worker};
use super::{GaugeMode, disk};
use crate::shared::{Numbers, Tags};

/// All families of all workers.
#[derive(Default)]
pub(super) struct Merge {
    families: Vec<Family>,
    /// By name.
    order: Vec<u32>,
    names: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    series: HashMap<Vec<u8>, (usize, usize), foldhash::fast::RandomState>,
    scratch: Vec<u8>,
    pub(super) conflicts: Vec<Conflict>,
}

pub(super) struct Family {
    pub(super) name: Box<str>,
    pub(super) help: Box<str>,
    pub(super) unit: Box<str>,
    pub(super) utf8: bool,
    pub(super) kind: Kind,
    pub(super) mode: GaugeMode,
    shape: Box<[u8]>,
    pub(super) bounds: Vec<f64>,
    pub(super) states: Vec<Box<str>>,
    series: Vec<Series>,
    /// By their labels.
    order: Vec<u32>,
    /// The file that it was met in first.
    file: Box<str>,
}

/// Which series of which family something was added to.
#[derive(Clone, Copy)]
pub(super) struct Added {
    family: u32,
    series: u32,
}

pub(super) struct Series {
    pub(super) labels: Vec<(Box<str>, Box<str>)>,
    /// 0 where processes are not told apart.
    pub(super) pid: u64,
    pid_text: Box<str>,
    pub(super) value: Value,
    /// When the first of them was made, in nanoseconds since the epoch; 0 where nobody knows.
    pub(super) created: u64,
    /// Labels and process as a page shows them, where nothing in them is escaped.
    text: Option<Box<str>>,
    /// Of each bucket, or the one of a counter.
    exemplars: Vec<Option<Shown>>,
    /// Whether the value is of an earlier reading.
    is_old: bool,
}

/// As it stands between the braces.
fn rendered(labels: &[(Box<str>, Box<str>)], pid: u64) -> Option<Box<str>> {
    let is_plain = |(name, value): &(Box<str>, Box<str>)| Label::try_new(name, "").is_ok() && !value.contains(['\\', '"', '\n']);
    labels.iter().all(is_plain).then_some(())?;
    let mut text = String::new();
    let pid = (pid != 0).then(|| ("pid", pid.to_string()));
    let all = labels.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in all.chain(pid.iter().map(|(name, value)| (*name, value.as_str()))) {
        let comma = if text.is_empty() { "" } else { "," };
        text.extend([comma, name, "=\"", value, "\""]);
    }
    Some(text.into())
}

impl Series {
    /// Of each bucket the latest of all workers.
    fn add_exemplars(&mut self, kind: Kind, words: &[u64]) {
        if words.is_empty() || kind == Kind::GaugeHistogram {
            return;
        }
        let now = disk::nanos();
        self.exemplars.resize(self.exemplars.len().max(words.len() / PLACE), None);
        for (own, words) in self.exemplars.iter_mut().zip(words.chunks(PLACE)) {
            let other = Shown::of(words, now);
            if other.as_ref().is_some_and(|other| own.as_ref().is_none_or(|own| other.is_later_than(own))) {
                *own = other;
            }
        }
    }

    /// The exemplar of a bucket.
    pub(super) fn exemplar(&self, bucket: usize) -> Option<&Shown> {
        self.exemplars.get(bucket)?.as_ref()
    }
}

impl BucketExemplars for Series {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        // One that came behind the counts is left for the next page.
        let is_counted = !matches!(&self.value, Value::Histogram(counts, _) if counts.get(bucket) == Some(&0));
        if let Some(shown) = self.exemplar(bucket).filter(|_| is_counted) {
            shown.show(see);
        }
    }
}

impl LabelSet for Series {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        match self.labels.get(index) {
            Some((name, value)) => Some(Label { name, value }),
            None if index == self.labels.len() && self.pid != 0 => Some(Label { name: "pid", value: &self.pid_text }),
            None => None,
        }
    }

    fn is_plain(&self) -> bool {
        self.text.is_some()
    }

    fn rendered(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// A number as it was counted: integers in parts of a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sum {
    Unsigned(u64, u32),
    Signed(i64, u32),
    Float(f64),
}

impl Sum {
    pub(super) fn of(tags: Tags, bits: u64) -> Self {
        let per_unit = tags.per_unit.max(1);
        match tags.numbers {
            Numbers::Unsigned => Self::Unsigned(bits, per_unit),
            Numbers::Signed => Self::Signed(bits as i64, per_unit),
            Numbers::Float => Self::Float(f64::from_bits(bits)),
        }
    }

    pub(super) fn number(self) -> Number {
        match self {
            Self::Unsigned(value, 1) => value.into(),
            Self::Unsigned(value, per_unit) => Number::scaled(value, per_unit),
            Self::Signed(value, 1) => value.into(),
            Self::Signed(value, per_unit) => Number::scaled_signed(value, per_unit),
            Self::Float(value) => value.into(),
        }
    }

    /// How the bits are to be read, in parts of what, and the bits.
    pub(super) fn parts(self) -> (Numbers, u32, u64) {
        match self {
            Self::Unsigned(value, per_unit) => (Numbers::Unsigned, per_unit, value),
            Self::Signed(value, per_unit) => (Numbers::Signed, per_unit, value as u64),
            Self::Float(value) => (Numbers::Float, 1, value.to_bits()),
        }
    }

    fn as_f64(self) -> f64 {
        self.number().as_f64()
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unsigned(one, per_unit), Self::Unsigned(other, same)) if per_unit == same => {
                Self::Unsigned(one.wrapping_add(other), per_unit)
            }
            (Self::Signed(one, per_unit), Self::Signed(other, same)) if per_unit == same => {
                Self::Signed(one.saturating_add(other), per_unit)
            }
            _ => Self::Float(self.as_f64() + other.as_f64()),
        }
    }
}

pub(super) enum Value {
    Counter(Sum),
    /// With the moment at which it got its value: 0 never, 1 unknown.
    Gauge(Sum, u64),
    /// Counts of buckets, the last beyond the bounds.
    Histogram(Vec<u64>, f64),
    Summary(u64, f64),
    Info,
    States(u64),
}

/// Two files that mean different things by one name.
///
/// ```
/// # use picometer_std::multiprocess::Conflict;
/// fn report(conflict: &Conflict) {
///     eprintln!("{conflict}");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl std::error::Error for Conflict {}

impl Family {
    /// The series by their labels, once everything was [sorted](Merge::sort).
    pub(super) fn sorted(&self) -> impl Iterator<Item = &Series> {
        self.order.iter().filter_map(|at| self.series.get(*at as usize))
    }

    fn conflict(&self, kind: Kind, mode: GaugeMode, shape: &[u8]) -> Option<&'static str> {
        if self.kind != kind {
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
    pub(super) fn sorted(&self) -> impl Iterator<Item = &Family> {
        self.order.iter().filter_map(|at| self.families.get(*at as usize))
    }

    /// Whether there is a family of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// All values are of an earlier reading from now on.
    pub(super) fn age(&mut self) {
        self.families.iter_mut().flat_map(|family| &mut family.series).for_each(|series| series.is_old = true);
    }

    /// Adds what a file has now of a series that was added before.
    #[inline]
    pub(super) fn add_again(&mut self, place: Added, tags: Tags, cells: &[u64], rest: &[u64]) {
        let Some(family) = self.families.get_mut(place.family as usize) else { return };
        let mode = family.mode;
        let (Some(series), Ok(value)) = (family.series.get_mut(place.series as usize), value_of(tags, cells, rest)) else { return };
        if std::mem::take(&mut series.is_old) {
            series.value = value;
            series.exemplars.clear();
        } else {
            combine(&mut series.value, value, mode);
        }
        series.add_exemplars(tags.kind, rest);
    }

    /// Adds what one file has of a series, and returns where it went, if it is shown. What is wrong with it is said; a conflict is
    /// noted and no error.
    pub(super) fn add(&mut self, file: &str, is_live: bool, entry: &Entry<'_>) -> Result<Option<Added>, &'static str> {
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
            None => (self.family(file, kind, mode, &key)?, None),
        };
        let Some(own) = self.families.get_mut(family) else { return Ok(None) };
        if let Some(what) = own.conflict(kind, mode, key.shape) {
            let conflict = Conflict { family: own.name.clone(), shown: own.file.clone(), left_out: file.into(), what };
            if !self.conflicts.contains(&conflict) {
                self.conflicts.push(conflict);
            }
            return Ok(None);
        }
        let place = at.unwrap_or(own.series.len());
        match own.series.get_mut(place) {
            Some(series) => {
                combine(&mut series.value, value, mode);
                series.add_exemplars(kind, entry.rest);
                series.created = if series.created == 0 { entry.created } else { series.created.min(entry.created) };
            }
            None => {
                let (_, labels) = key.names().ok_or("the labels of a key are not text")?;
                let labels: Vec<_> = labels.into_iter().map(|(name, value)| (own_name(name, alone).into(), value.into())).collect();
                self.series.insert(self.scratch.clone(), (family, own.series.len()));
                let (text, pid_text) = (rendered(&labels, pid), pid.to_string().into());
                let (created, exemplars) = (entry.created, Vec::new());
                let mut series = Series { labels, pid, pid_text, value, created, text, exemplars, is_old: false };
                series.add_exemplars(kind, entry.rest);
                own.series.push(series);
            }
        }
        Ok(Some(Added { family: family as u32, series: place as u32 }))
    }

    /// Whether a file means anything else by a name than what is here.
    pub(super) fn differs(&self, worker: &Worker) -> bool {
        let differs = |entry: &Entry<'_>| {
            let (kind, mode, key) = (entry.tags.kind, GaugeMode::of(entry.tags.mode)?, &entry.key);
            self.families.get(*self.names.get(key.names()?.0)?)?.conflict(kind, mode, key.shape)
        };
        worker.each(|entry| if differs(entry).is_some() { Err("a conflict") } else { Ok(()) }).is_err()
    }

    fn family(&mut self, file: &str, kind: Kind, mode: GaugeMode, key: &Key<'_>) -> Result<usize, &'static str> {
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
                    shape: key.shape.into(),
                    bounds,
                    states,
                    series: Vec::new(),
                    order: Vec::new(),
                    file: file.into(),
                });
                Ok(at)
            }
        }
    }

    /// Families by name and series by labels: the same page from one scrape to the next, whatever order files came in.
    pub(super) fn sort(&mut self) {
        // Nothing more is added.
        self.series = HashMap::default();
        self.order = order(&self.families, |family| &family.name);
        for family in &mut self.families {
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

fn value_of(tags: Tags, cells: &[u64], rest: &[u64]) -> Result<Value, &'static str> {
    const COUNT: &str = "a series has too few or too many cells";
    Ok(match (tags.kind, cells) {
        (Kind::Counter, [value]) => Value::Counter(Sum::of(tags, *value)),
        (Kind::Gauge, [value, moment]) => Value::Gauge(Sum::of(tags, *value), *moment),
        (Kind::Histogram, [_, sum, counts @ ..]) => Value::Histogram(counts.to_vec(), f64::from_bits(*sum)),
        (Kind::GaugeHistogram, [_, sum, counts @ ..]) => {
            let [_, gone, left @ ..] = rest else { return Err(COUNT) };
            // More that left than came, which is a mistake of the program, are none.
            let counts = counts.iter().zip(left).map(|(came, left)| came.saturating_sub(*left)).collect();
            Value::Histogram(counts, f64::from_bits(*sum) - f64::from_bits(*gone))
        }
        (Kind::Summary, [_, sum, count]) => Value::Summary(*count, f64::from_bits(*sum)),
        (Kind::Info, []) => Value::Info,
        // A bit says that a state is not as it starts.
        (Kind::StateSet, [mask]) => Value::States(*mask ^ 1),
        _ => return Err(COUNT),
    })
}

fn combine(value: &mut Value, other: Value, mode: GaugeMode) {
    match (value, other) {
        (Value::Counter(sum), Value::Counter(other)) => *sum = sum.plus(other),
        (Value::Gauge(value, moment), Value::Gauge(other, other_moment)) => {
            let replaces = match mode {
                _ if mode.is_sum() => {
                    *value = value.plus(other);
                    *moment = (*moment).max(other_moment);
                    return;
                }
                // A gauge that never got a value has no say.
                _ if other_moment == 0 => false,
                _ if *moment == 0 => true,
                GaugeMode::Min | GaugeMode::LiveMin => other.as_f64() < value.as_f64(),
                GaugeMode::Max | GaugeMode::LiveMax => other.as_f64() > value.as_f64(),
                // Several series of one process under one name: the last one.
                _ => other_moment >= *moment,
            };
            if replaces {
                (*value, *moment) = (other, other_moment);
            }
        }
        (Value::Histogram(counts, sum), Value::Histogram(other, other_sum)) => {
            counts.iter_mut().zip(other).for_each(|(count, other)| *count = count.wrapping_add(other));
            *sum += other_sum;
        }
        (Value::Summary(count, sum), Value::Summary(other, other_sum)) => {
            *count = count.wrapping_add(other);
            *sum += other_sum;
        }
        (Value::States(mask), Value::States(other)) => *mask = other,
        _ => {}
    }
}
