//! What Remote Write 1.0 and 2.0 differ in: labels as text, or as numbers of symbols that stand in front of the series.

use super::RemoteWriteVersion;
use super::message::{bits, metadata, series, started};
use crate::desc::{Desc, Kind, Parts};
use crate::encode::Stop;
use crate::encode::page::Page;
use crate::label::LabelSet;
use crate::protobuf::{Fields, Message, write};
use crate::push::order::Ordered;
use crate::push::sample::Sample;
use crate::push::writer::{Counted, Format};
use crate::time::Timestamp;
use crate::varint::Scratch;

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
    let ordered = Ordered::new(sample, settings.target, true, false);
    let labels = |out: &mut Fields<'_>| {
        ordered.each(&mut |_, name, value| {
            out.message(1, &|out: &mut Fields<'_>| {
                name.field(out, 1);
                value.field(out, 2);
            });
        });
    };
    let stamped = stamped(settings, sample, 0);
    put(page, &|out: &mut Fields<'_>| out.within(1, |out| series(out, labels, stamped, |_| {})));
}

/// Value, moment and start of a sample.
fn stamped(settings: &Settings<'_>, sample: &Sample<'_>, started: i64) -> (u64, i64, i64) {
    (bits(sample.value().as_f64()), sample.timestamp().map_or(settings.now, Timestamp::millis), started)
}

fn put(page: &mut Page<'_>, message: &dyn Message) {
    write(message, &mut |bytes: &[u8]| page.put(bytes));
}

/// The tag of symbols in a request, field 4.
const SYMBOL: u8 = 0x22;
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
    let mut front = Scratch::new();
    front.byte(SYMBOL);
    front.varint(text.clone().map(str::len).sum::<usize>() as u64);
    page.put(front.bytes());
    text.clone().for_each(|part| page.put(part.as_bytes()));
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
    let ordered = Ordered::new(sample, settings.target, true, true);
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
    let pair = |index| {
        let (mut pair, (name, value)) = (Scratch::new(), refs(index));
        pair.varint(name.into());
        pair.varint(value.into());
        pair
    };
    let mut refs_len = 0;
    ordered.each(&mut |index, _, _| refs_len += pair(index).len);
    let labels = |out: &mut Fields<'_>| {
        out.message_of(1, refs_len, &|out: &mut Fields<'_>| {
            ordered.each(&mut |index, _, _| out.raw(pair(index).bytes()));
        });
    };
    let stamped = stamped(settings, sample, started(sample, settings.started));
    let rest = |out: &mut Fields<'_>| out.within(5, |out| metadata(out, desc.kind(), counted.family, counted.family.wrapping_add(1)));
    put(page, &|out: &mut Fields<'_>| out.within(5, |out| series(out, labels, stamped, rest)));
}
