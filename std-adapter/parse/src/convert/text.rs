//! The text format (exposition formats, section 4).

use std::collections::HashMap;

use picometer::Kind;

use super::blocks::{Block, Lines, unknown, whole};
use super::group;
use super::loss::{Loss, Losses};
use super::settle::{claims, settle};
use crate::model::{Family, Number, Sample};
use crate::parse::number_value;

pub(super) fn page(families: Vec<Family>, same: bool, losses: &mut Losses) -> Vec<u8> {
    let claims: Vec<Vec<String>> = families.iter().map(claims_of).collect();
    let taken: HashMap<String, Kind> = families.iter().map(|family| (family.page_name(), family.kind)).collect();
    let is_free = |name: String| taken.get(&name).is_none_or(|kind| matches!(kind, Kind::Gauge | Kind::Unknown));
    let right = |family: &Family| fits(family, same) && beside(family).all(is_free);
    let candidates: Vec<_> = families.iter().zip(&claims).map(|(family, claims)| (family, &claims[..], right(family))).collect();
    let typed = settle(&candidates, true);
    let mut blocks = Vec::new();
    for (family, typed) in families.into_iter().zip(typed) {
        said(&family, typed, losses);
        blocks.extend(if typed { lowered(family, losses) } else { alone(family, losses) });
    }
    let blocks = whole(blocks, losses);
    let mut lines = Lines::new(false);
    for block in &blocks {
        lines.header(block);
        block.samples.iter().for_each(|sample| lines.sample(sample, losses));
    }
    lines.text.into_bytes()
}

fn claims_of(family: &Family) -> Vec<String> {
    let mut claims = claims(family);
    if family.kind == Kind::GaugeHistogram {
        // Its header says that it is a histogram.
        claims.extend(["_sum", "_count"].map(|suffix| format!("{}{suffix}", family.name)));
    }
    let created = format!("{}_created", family.name);
    if family.kind != Kind::Unknown && family.samples.iter().any(|sample| *sample.name == *created) {
        claims.push(created);
    }
    claims
}

/// What is lost of the header.
fn said(family: &Family, typed: bool, losses: &mut Losses) {
    let Family { name, kind, help, unit, samples } = family;
    let other = matches!(kind, Kind::Info | Kind::StateSet | Kind::GaugeHistogram) || (!typed && *kind != Kind::Unknown);
    if other {
        losses.add_with(Loss::Type, || format!("`{name}` ({})", crate::model::type_name(*kind)));
    }
    if !unit.is_empty() {
        losses.add(Loss::Unit, name);
    }
    if help.trim_matches([' ', '\t']) != help || (!typed && samples.is_empty() && !help.is_empty()) {
        losses.add(Loss::Help, name);
    }
}

/// Where a sample of a family stands in text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Main,
    Created,
    GaugeCounts,
    GaugeSums,
}

fn place(family: &Family, page_name: &str, sample: &Sample) -> Option<Place> {
    let suffix = sample.name.strip_prefix(family.name.as_str());
    Some(match (family.kind, suffix) {
        (Kind::Histogram | Kind::GaugeHistogram, Some("")) if sample.native_histogram.is_some() => Place::Main,
        (Kind::Histogram, Some("_bucket" | "_sum" | "_count")) | (Kind::Summary, Some("" | "_sum" | "_count")) => Place::Main,
        (Kind::GaugeHistogram, Some("_bucket")) => Place::Main,
        (Kind::GaugeHistogram, Some("_gcount")) => Place::GaugeCounts,
        (Kind::GaugeHistogram, Some("_gsum")) => Place::GaugeSums,
        (Kind::Counter | Kind::Histogram | Kind::Summary, Some("_created")) => Place::Created,
        (Kind::Histogram | Kind::GaugeHistogram | Kind::Summary, _) => return None,
        _ if *sample.name == *page_name && sample.native_histogram.is_none() => Place::Main,
        _ => return None,
    })
}

/// The gauges that are written beside a family.
fn beside(family: &Family) -> impl Iterator<Item = String> {
    let name = family.page_name();
    let has = |own: Place| family.samples.iter().any(|sample| place(family, &name, sample) == Some(own));
    let all = [(Place::Created, "_created"), (Place::GaugeCounts, "_gcount"), (Place::GaugeSums, "_gsum")];
    let suffixes: Vec<_> = all.into_iter().filter(|(own, _)| has(*own)).map(|(_, suffix)| suffix).collect();
    suffixes.into_iter().map(move |suffix| format!("{}{suffix}", family.name))
}

/// Whether every sample has a place in text.
fn fits(family: &Family, same: bool) -> bool {
    let name = family.page_name();
    let own = group::own_label(family);
    let bounds = !same && family.kind != Kind::StateSet && !own.is_empty();
    // Bounds and quantiles that are no numbers are refused by expfmt.
    let is_number = |sample: &Sample| !bounds || sample.labels.get(own).is_none_or(|text| number_value(text).is_some());
    family.samples.iter().all(|sample| place(family, &name, sample).is_some() && is_number(sample))
}

/// The family as blocks that text has.
fn lowered(family: Family, losses: &mut Losses) -> Vec<Block> {
    let name = family.page_name();
    let block = |name: String, kind| Block { name, kind, help: family.help.clone(), unit: String::new(), samples: Vec::new() };
    let suffixed = |suffix: &str| block(format!("{}{suffix}", family.name), Kind::Gauge);
    let mut main = block(name.clone(), family.kind);
    let (mut created, mut counts, mut sums) = (suffixed("_created"), suffixed("_gcount"), suffixed("_gsum"));
    let bucket = format!("{}_bucket", family.name);
    let has_classic = family.samples.iter().any(|sample| *sample.name == *bucket);
    for sample in &family.samples {
        let place = place(&family, &name, sample);
        let mut sample = sample.clone();
        if sample.exemplar.take().is_some() {
            losses.add(Loss::Exemplar, &sample.name);
        }
        if let Some(native) = sample.native_histogram.take() {
            losses.add(Loss::NativeBuckets, &sample.name);
            native.exemplars.iter().for_each(|_| losses.add(Loss::Exemplar, &sample.name));
            if !has_classic {
                main.samples.extend(classic(&family.name, family.kind, &sample, native.count, native.sum.into()));
            }
            continue;
        }
        let block = match place {
            Some(Place::Created) => &mut created,
            Some(Place::GaugeCounts) => &mut counts,
            Some(Place::GaugeSums) => &mut sums,
            _ => &mut main,
        };
        block.samples.push(sample);
    }
    let others = [created, counts, sums].into_iter().filter(|block| !block.samples.is_empty());
    std::iter::once(main).chain(others).collect()
}

/// Samples of unknown type.
fn alone(family: Family, losses: &mut Losses) -> Vec<Block> {
    let mut samples = family.samples;
    for sample in &mut samples {
        if sample.exemplar.take().is_some() {
            losses.add(Loss::Exemplar, &sample.name);
        }
        if let Some(native) = sample.native_histogram.take() {
            losses.add(Loss::NativeBuckets, &sample.name);
            sample.value = native.count;
        }
    }
    unknown(samples, &family.help)
}

/// What a native histogram says in text: all that was observed is in the last bucket.
pub(super) fn classic(stem: &str, kind: Kind, sample: &Sample, count: Number, sum: Number) -> Vec<Sample> {
    let named = |suffix: &str, value| Sample { name: format!("{stem}{suffix}").into(), value, ..sample.clone() };
    let mut bucket = named("_bucket", count);
    bucket.labels.push("le", "+Inf");
    if kind == Kind::Histogram { vec![bucket, named("_sum", sum), named("_count", count)] } else { vec![bucket] }
}
