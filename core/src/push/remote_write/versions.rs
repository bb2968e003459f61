//! What Remote Write 1.0 and 2.0 differ in: labels as text, or as numbers of symbols that stand in front of the series.

use super::RemoteWriteVersion;
use super::wire::{bits, field_len, nonzero, put_sample, put_text, put_varint, sample_len, varint_len};
use crate::desc::{Desc, Kind};
use crate::encode::Stop;
use crate::encode::page::Page;
use crate::label::LabelSet;
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

pub(super) fn series_v1(settings: &Settings<'_>, page: &mut Page<'_>, _: &Counted, _: u32, sample: &Sample<'_>) {
    let labels = Ordered { sample, target: settings.target, named: true, utf8: false };
    let millis = sample.timestamp().map_or(settings.now, Timestamp::millis);
    let mut len = field_len(sample_len(millis, 0));
    labels.each(&mut |_, name, value| len += field_len(field_len(name.len()) + field_len(value.len())));
    page.put(&[0x0a]);
    put_varint(page, len as u64);
    labels.each(&mut |_, name, value| {
        page.put(&[0x0a]);
        put_varint(page, (field_len(name.len()) + field_len(value.len())) as u64);
        for (tag, text) in [(0x0a, name), (0x12, value)] {
            page.put(&[tag]);
            put_varint(page, text.len() as u64);
            text.put(page);
        }
    });
    put_sample(page, bits(sample.value().as_f64()), millis, 0);
}

pub(super) const SYMBOL: u8 = 0x22;
pub(super) const LE: u32 = 2;
pub(super) const QUANTILE: u32 = 3;
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
        for text in [desc.help(), desc.unit_name()] {
            if page.begin_header_unit() {
                put_text(page, SYMBOL, text);
                page.end_header_unit()?;
            }
        }
        for suffix in suffixes(desc.kind()) {
            if page.begin_header_unit() {
                let name = if suffix.is_empty() { desc.name() } else { desc.sample(suffix) };
                page.put(&[SYMBOL]);
                put_varint(page, name.parts().map(str::len).sum::<usize>() as u64);
                name.parts().for_each(|part| page.put(part.as_bytes()));
                page.end_header_unit()?;
            }
        }
        Ok(())
    }

    fn header_count(&self, desc: &Desc<'_>) -> u32 {
        2 + suffixes(desc.kind()).len() as u32
    }

    fn sample(&self, page: &mut Page<'_>, _: &Counted, nth: u32, sample: &Sample<'_>) -> Result<(), Stop> {
        let shared = sample.shared_labels();
        let mut symbol = |text: &dyn Fn(&mut Page<'_>)| {
            if page.begin_unit() {
                text(page);
                return page.end_unit();
            }
            Ok(())
        };
        if nth == 0 {
            let mut index = 0;
            while let Some((name, value)) = sample.label(index).filter(|_| index < shared) {
                symbol(&|page| {
                    page.put(&[SYMBOL]);
                    put_varint(page, name.clone().map(str::len).sum::<usize>() as u64);
                    name.clone().for_each(|part| page.put(part.as_bytes()));
                })?;
                symbol(&|page| put_text(page, SYMBOL, value))?;
                index += 1;
            }
        }
        let own = sample.label(shared).map_or("", |(_, value)| value);
        symbol(&|page| put_text(page, SYMBOL, own))
    }

    fn count(&self, labels: u32, samples: u32) -> u32 {
        2 * labels + samples
    }
}

pub(super) fn first_symbols(settings: &Settings<'_>, page: &mut Page<'_>) {
    for text in ["", "__name__", "le", "quantile"] {
        put_text(page, SYMBOL, text);
    }
    let mut index = 0;
    while let Some(label) = settings.target.label(index) {
        put_text(page, SYMBOL, label.name);
        put_text(page, SYMBOL, label.value);
        index += 1;
    }
}

pub(super) fn series_v2(settings: &Settings<'_>, page: &mut Page<'_>, counted: &Counted, nth: u32, sample: &Sample<'_>) {
    let desc = sample.desc();
    let labels = Ordered { sample, target: settings.target, named: true, utf8: true };
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
    let millis = sample.timestamp().map_or(settings.now, Timestamp::millis);
    let started = match desc.kind() {
        Kind::Counter | Kind::Histogram | Kind::Summary => sample.created().map_or(settings.started, |moment| nonzero(moment.millis())),
        _ => 0,
    };
    let metadata = [(0x08, kind_number(desc.kind())), (0x18, counted.family), (0x20, counted.family.wrapping_add(1))];
    let metadata_len: usize = metadata.iter().map(|&(_, value)| 1 + varint_len(value.into())).sum();
    let mut refs_len = 0;
    labels.each(&mut |index, _, _| {
        let (name, value) = refs(index);
        refs_len += varint_len(name.into()) + varint_len(value.into());
    });
    page.put(&[0x2a]);
    put_varint(page, (field_len(refs_len) + field_len(sample_len(millis, started)) + field_len(metadata_len)) as u64);
    page.put(&[0x0a]);
    put_varint(page, refs_len as u64);
    labels.each(&mut |index, _, _| {
        let (name, value) = refs(index);
        put_varint(page, name.into());
        put_varint(page, value.into());
    });
    put_sample(page, bits(sample.value().as_f64()), millis, started);
    page.put(&[0x2a]);
    put_varint(page, metadata_len as u64);
    for (tag, value) in metadata {
        page.put(&[tag]);
        put_varint(page, value.into());
    }
}

pub(super) fn kind_number(kind: Kind) -> u32 {
    match kind {
        Kind::Unknown => 0,
        Kind::Counter => 1,
        Kind::Gauge => 2,
        Kind::Histogram => 3,
        Kind::GaugeHistogram => 4,
        Kind::Summary => 5,
        Kind::Info => 6,
        Kind::StateSet => 7,
    }
}
