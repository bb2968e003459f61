//! The series that were seen, so that each is prepared once: its labels sorted, checked and encoded; and so that one that is gone is
//! noticed.

use std::collections::HashMap;
use std::sync::Arc;

use picometer::__private::remote_write::{STALE, bits, started};
use picometer::protobuf::Buffer;
use picometer::push::{Sample, samples};
use picometer::{Collector, Desc, Encoder, Kind, LabelSet, Point, Run, Stop, Timestamp};

/// What a family says about its series.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) kind: Kind,
    pub(super) help: String,
    pub(super) unit: String,
}

/// A series, prepared.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) family: Arc<Family>,
    /// All labels, `__name__` among them, sorted by name, none empty, none twice.
    pub(super) labels: Box<[(String, String)]>,
    /// The labels of a 1.0 time series, encoded, names in the legacy character set.
    pub(super) encoded: Box<[u8]>,
}

/// One sample of a series.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) series: Arc<Series>,
    pub(super) bits: u64,
    pub(super) millis: i64,
    /// When it started from zero; 0 is unknown.
    pub(super) started: i64,
    pub(super) exemplar: Option<Box<ExemplarValue>>,
}

#[derive(Clone, Debug)]
pub(super) struct ExemplarValue {
    pub(super) labels: Vec<(String, String)>,
    pub(super) value: f64,
    pub(super) millis: i64,
}

struct Entry {
    series: Arc<Series>,
    /// The collection that saw it last, and the moment of that sample.
    seen: u64,
    millis: i64,
}

/// The series of a target.
pub(super) struct Table {
    entries: HashMap<Box<[u8]>, Entry>,
    target: Vec<(String, String)>,
    turn: u64,
    key: Vec<u8>,
}

impl Table {
    pub(super) fn new(target: Vec<(String, String)>) -> Self {
        Self { entries: HashMap::new(), target, turn: 0, key: Vec::new() }
    }

    pub(super) fn target_mut(&mut self) -> &mut Vec<(String, String)> {
        &mut self.target
    }

    /// Everything that `source` has, and a marker for each series that it had and has no more.
    pub(super) fn collect(&mut self, source: &dyn Collector, now: Timestamp, started: i64) -> Vec<Value> {
        self.turn += 1;
        let mut values = Vec::with_capacity(self.entries.len());
        let mut reader = Reader { table: self, values: &mut values, now: now.millis(), started, family: None };
        // A stop can only be the collector's own: what it gave is what there is.
        let _ = source.collect(&mut reader);
        let turn = self.turn;
        self.entries.retain(|_, entry| {
            let gone = entry.seen != turn;
            if gone {
                values.push(stale(&entry.series, now));
            }
            !gone
        });
        values
    }

    /// A marker for every series, and an empty table.
    pub(super) fn end(&mut self, now: Timestamp) -> Vec<Value> {
        self.entries.drain().map(|(_, entry)| stale(&entry.series, now)).collect()
    }
}

fn stale(series: &Arc<Series>, now: Timestamp) -> Value {
    Value { series: series.clone(), bits: STALE, millis: now.millis(), started: 0, exemplar: None }
}

struct Reader<'a> {
    table: &'a mut Table,
    values: &'a mut Vec<Value>,
    now: i64,
    started: i64,
    family: Option<Arc<Family>>,
}

impl Encoder for Reader<'_> {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        self.family = None;
        Ok(true)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        samples(desc, labels, point, &mut |sample| {
            self.sample(sample);
            Ok(())
        })
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

impl Reader<'_> {
    fn sample(&mut self, sample: &Sample<'_>) {
        let Self { table, values, family, .. } = self;
        let Table { entries, target, turn, key } = &mut **table;
        key.clear();
        sample.name().parts().for_each(|part| key.extend_from_slice(part.as_bytes()));
        // No byte of UTF-8 can be mistaken for what stands between them.
        for (name, value) in sample.labels() {
            key.push(0xff);
            name.for_each(|part| key.extend_from_slice(part.as_bytes()));
            key.push(0xfe);
            key.extend_from_slice(value.as_bytes());
        }
        let millis = sample.timestamp().map_or(self.now, Timestamp::millis);
        let series = match entries.get_mut(key.as_slice()) {
            // The same series twice: one of them is the wrong one, and receivers refuse both (R12), but for samples of later moments.
            Some(entry) if entry.seen == *turn && millis <= entry.millis => return,
            Some(entry) => {
                (entry.seen, entry.millis) = (*turn, millis);
                entry.series.clone()
            }
            None => {
                let desc = sample.desc();
                let family = family.get_or_insert_with(|| {
                    Arc::new(Family { kind: desc.kind(), help: desc.help().to_owned(), unit: desc.unit_name().to_owned() })
                });
                let series = Arc::new(prepare(sample, family, target));
                entries.insert(key.as_slice().into(), Entry { series: series.clone(), seen: *turn, millis });
                series
            }
        };
        let mut exemplar = None;
        sample.exemplar(&mut |found| {
            let labels = (0..).map_while(|index| found.labels.label(index));
            let mut labels: Vec<_> = labels.map(|label| (label.name.to_owned(), label.value.to_owned())).collect();
            labels.sort();
            let millis = found.timestamp().map_or(millis, Timestamp::millis);
            exemplar = Some(Box::new(ExemplarValue { labels, value: found.value.as_f64(), millis }));
        });
        values.push(Value { series, bits: bits(sample.value().as_f64()), millis, started: started(sample, self.started), exemplar });
    }
}

fn prepare(sample: &Sample<'_>, family: &Arc<Family>, target: &[(String, String)]) -> Series {
    let mut labels = vec![("__name__".to_owned(), sample.name().to_string())];
    let own = sample.labels().map(|(name, value)| (name.collect::<String>(), value.to_owned()));
    for (name, value) in own.chain(target.iter().cloned()) {
        if !name.is_empty() && !value.is_empty() && labels.iter().all(|(other, _)| *other != name) {
            labels.push((name, value));
        }
    }
    // The names of 1.0 are sorted as they are written, and may have become the same.
    let mut legacy: Vec<_> = labels.iter().map(|(name, value)| (escaped(name, false), value.clone())).collect();
    if let Some((_, name)) = legacy.first_mut() {
        *name = escaped(name, true);
    }
    legacy.sort_by(|a, b| a.0.cmp(&b.0));
    legacy.dedup_by(|later, first| later.0 == first.0);
    let mut encoded = Buffer::new();
    legacy.iter().for_each(|(name, value)| label(&mut encoded, 1, name, value));
    labels.sort_by(|a, b| a.0.cmp(&b.0));
    Series { family: family.clone(), labels: labels.into(), encoded: encoded.into_bytes().into() }
}

pub(super) fn label(out: &mut Buffer, field: u32, name: &str, value: &str) {
    out.message(field, |out| {
        out.string(1, name);
        out.string(2, value);
    });
}

/// The name with `_` for what is not in the legacy character set.
fn escaped(name: &str, colon: bool) -> String {
    let legal = |(index, c): (usize, char)| {
        let legal = c == '_' || c.is_ascii_alphabetic() || (index > 0 && c.is_ascii_digit()) || (colon && c == ':');
        if legal { c } else { '_' }
    };
    name.chars().enumerate().map(legal).collect()
}
