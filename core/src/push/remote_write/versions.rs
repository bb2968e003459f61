//! What Remote Write 1.0 and 2.0 differ in: labels as text, or as numbers of symbols that stand in front of the series.

use super::RemoteWriteVersion;
use super::message::{Metadata, TimeSeries, bits, started};
use crate::desc::{Desc, Kind, Parts};
use crate::encode::Stop;
use crate::encode::page::Page;
use crate::label::LabelSet;
use crate::protobuf::{Fields, Message, varint_len, write};
use crate::push::order::Ordered;
use crate::push::sample::Sample;
use crate::push::writer::{Counted, Format};
use crate::time::Timestamp;

#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) now: i64,
    pub(super) started: i64,
    pub(super) target: &'a dyn LabelSet,
}

/// What the versions differ in. Functions instead of a `match`, so that a program links the versions that it names.
pub(super) struct Protocol {
    pub(super) version: RemoteWriteVersion,
    /// Symbols come before the series, those that every request has before all others.
    pub(super) symbols: Option<&'static (dyn Format + Sync)>,
    pub(super) first_symbols: fn(&Settings<'_>, &mut Page<'_>),
    pub(super) series: fn(&Settings<'_>, &mut Page<'_>, &Counted, u32, &Sample<'_>),
}

pub(super) static V1: Protocol = Protocol { version: RemoteWriteVersion::V1, symbols: None, first_symbols: |_, _| {}, series: series_v1 };
pub(super) static V2: Protocol = Protocol { version: RemoteWriteVersion::V2, symbols: Some(&Symbols), first_symbols, series: series_v2 };

fn series_v1(settings: &Settings<'_>, page: &mut Page<'_>, _: &Counted, _: u32, sample: &Sample<'_>) {
    let ordered = Ordered { sample, target: settings.target, named: true, utf8: false };
    let labels = |out: &mut Fields<'_>| {
        ordered.each(&mut |_, name, value| {
            out.message(1, &|out: &mut Fields<'_>| {
                name.field(out, 1);
                value.field(out, 2);
            });
        });
    };
    let series = series(settings, sample, 0, &labels, &|_: &mut Fields<'_>| {});
    put(page, &|out: &mut Fields<'_>| out.message(1, &series));
}

fn series<'a>(
    settings: &Settings<'_>,
    sample: &Sample<'_>,
    started: i64,
    labels: &'a dyn Message,
    rest: &'a dyn Message,
) -> TimeSeries<'a> {
    TimeSeries {
        labels,
        value: bits(sample.value().as_f64()),
        millis: sample.timestamp().map_or(settings.now, Timestamp::millis),
        started,
        rest,
    }
}

fn put(page: &mut Page<'_>, message: &dyn Message) {
    write(message, &mut |bytes: &[u8]| page.put(bytes));
}

/// The field of symbols in a request.
const SYMBOL: u32 = 4;
const LE: u32 = 2;
const QUANTILE: u32 = 3;
/// Behind the symbols that every request has: the empty one, `__name__`, `le` and `quantile`. The target's labels follow.
pub(super) const FIRST_SYMBOL: u32 = 4;

/// The names of a family's samples, in the order of their symbols.
pub(super) fn suffixes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Histogram => &["_bucket", "_sum", "_count"],
        Kind::GaugeHistogram => &["_bucket", "_gsum", "_gcount"],
        Kind::Summary => &["", "_sum", "_count"],
        _ => &[""],
    }
}

/// Symbols of a family: help, unit, the names of its samples. Of a metric: names and values of its labels, then what tells each of
/// its samples from the others. No table of those that were there before: receivers only look them up.
pub(super) struct Symbols;

impl Format for Symbols {
    fn header(&self, page: &mut Page<'_>, desc: &Desc<'_>) -> Result<(), Stop> {
        let mut symbol = |text: Parts<'_>| {
            if page.begin_header_unit() {
                put_symbol(page, &text);
                return page.end_header_unit();
            }
            Ok(())
        };
        symbol(Parts::of(desc.help()))?;
        symbol(Parts::of(desc.unit_name()))?;
        suffixes(desc.kind()).iter().try_for_each(|suffix| {
            let name = if suffix.is_empty() { desc.name() } else { desc.sample(suffix) };
            symbol(name.parts())
        })
    }

    fn header_count(&self, desc: &Desc<'_>) -> u32 {
        2 + suffixes(desc.kind()).len() as u32
    }

    fn sample(&self, page: &mut Page<'_>, _: &Counted, nth: u32, sample: &Sample<'_>) -> Result<(), Stop> {
        let shared = sample.shared_labels();
        let mut symbol = |text: Parts<'_>| {
            if page.begin_unit() {
                put_symbol(page, &text);
                return page.end_unit();
            }
            Ok(())
        };
        if nth == 0 {
            let mut index = 0;
            while let Some((name, value)) = sample.label(index).filter(|_| index < shared) {
                symbol(name)?;
                symbol(Parts::of(value))?;
                index += 1;
            }
        }
        symbol(Parts::of(sample.label(shared).map_or("", |(_, value)| value)))
    }

    fn count(&self, labels: u32, samples: u32) -> u32 {
        2 * labels + samples
    }
}

fn put_symbol(page: &mut Page<'_>, text: &Parts<'_>) {
    put(page, &|out: &mut Fields<'_>| {
        out.delimited(SYMBOL, text.clone().map(str::len).sum());
        text.clone().for_each(|part| out.raw(part.as_bytes()));
    });
}

fn first_symbols(settings: &Settings<'_>, page: &mut Page<'_>) {
    for text in ["", "__name__", "le", "quantile"] {
        put_symbol(page, &Parts::of(text));
    }
    let mut index = 0;
    while let Some(label) = settings.target.label(index) {
        put_symbol(page, &Parts::of(label.name));
        put_symbol(page, &Parts::of(label.value));
        index += 1;
    }
}

fn series_v2(settings: &Settings<'_>, page: &mut Page<'_>, counted: &Counted, nth: u32, sample: &Sample<'_>) {
    let desc = sample.desc();
    let ordered = Ordered { sample, target: settings.target, named: true, utf8: true };
    let shared = sample.shared_labels() as u32;
    let own = u32::from(sample.label(shared as usize).is_some());
    let nth_name = suffixes(desc.kind()).iter().position(|&suffix| suffix == sample.suffix()).unwrap_or(0) as u32;
    let family_name = counted.family.wrapping_add(2);
    let refs = |index: usize| match (index as u32).checked_sub(1) {
        None => (1, family_name.wrapping_add(nth_name)),
        Some(index) if index < shared => {
            let name = counted.place.wrapping_add(2 * index);
            (name, name.wrapping_add(1))
        }
        Some(index) if index < shared + own => {
            let name = match desc.kind() {
                Kind::Summary => QUANTILE,
                Kind::StateSet => family_name,
                _ => LE,
            };
            (name, counted.place.wrapping_add(2 * shared + nth))
        }
        Some(index) => {
            let name = FIRST_SYMBOL + 2 * (index - shared - own);
            (name, name + 1)
        }
    };
    let mut refs_len = 0;
    ordered.each(&mut |index, _, _| {
        let (name, value) = refs(index);
        refs_len += varint_len(name.into()) + varint_len(value.into());
    });
    let labels = |out: &mut Fields<'_>| {
        out.message_of(1, refs_len, &|out: &mut Fields<'_>| {
            ordered.each(&mut |index, _, _| {
                let (name, value) = refs(index);
                out.varint(name.into());
                out.varint(value.into());
            });
        });
    };
    let metadata = Metadata { kind: desc.kind(), help: counted.family, unit: counted.family.wrapping_add(1) };
    let rest = |out: &mut Fields<'_>| out.message(5, &metadata);
    let series = series(settings, sample, started(sample, settings.started), &labels, &rest);
    put(page, &|out: &mut Fields<'_>| out.message(5, &series));
}
