//! Families as a page has them: each once, under names that the target has, with what belongs to it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use picometer::{Escaping, Kind};

use super::Target;
use super::group;
use super::loss::{Loss, Losses};
use super::names;
use crate::model::{Family, Labels, Sample};

/// What follows the name of a family in those of samples that came behind another header.
fn suffixes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Histogram => &["_bucket", "_sum", "_count"],
        Kind::GaugeHistogram => &["_bucket", "_gsum", "_gcount"],
        Kind::Summary => &["_sum", "_count"],
        _ => &[],
    }
}

pub(super) fn gather(families: Vec<Family>, target: Target, escaping: Escaping, losses: &mut Losses) -> Vec<Family> {
    let mut all: Vec<Family> = Vec::with_capacity(families.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    // The names of samples that belong to a family before.
    let mut parts: HashMap<String, usize> = HashMap::new();
    for mut family in families {
        rename(&mut family, escaping);
        if target != Target::Protobuf {
            family.samples.iter_mut().for_each(|sample| without_repeated_labels(sample, losses));
        }
        let name = family.page_name();
        let piece = family.kind == Kind::Unknown && family.help.is_empty() && family.unit.is_empty();
        let place = places.get(&name).or_else(|| parts.get(&name).filter(|_| piece)).copied();
        match place.and_then(|place| all.get_mut(place)) {
            Some(first) => join(first, family, losses),
            None => {
                places.insert(name, all.len());
                for suffix in suffixes(family.kind) {
                    parts.insert(format!("{}{suffix}", family.name), all.len());
                }
                all.push(family);
            }
        }
    }
    if target != Target::Text {
        crate::parse::join_gauge_histograms(&mut all);
    }
    if matches!(target, Target::OpenMetrics100 | Target::OpenMetrics200) {
        join_created(&mut all, losses);
    }
    all
}

/// Puts a piece of a family to the rest of it.
fn join(first: &mut Family, piece: Family, losses: &mut Losses) {
    if first.kind == Kind::Unknown && first.samples.iter().all(|sample| *sample.name == *first.name) {
        (first.kind, first.name) = (piece.kind, piece.name.clone());
    }
    // One of another type has nothing to say of the first.
    let foreign = piece.kind != first.kind && piece.kind != Kind::Unknown;
    if foreign {
        losses.add(Loss::Type, &piece.name);
    }
    if first.help.is_empty() && !foreign {
        first.help = piece.help;
    } else if !piece.help.is_empty() && piece.help != first.help {
        losses.add(Loss::Help, &piece.name);
    }
    if first.unit.is_empty() && !foreign {
        first.unit = piece.unit;
    } else if !piece.unit.is_empty() && piece.unit != first.unit {
        losses.add(Loss::Unit, &piece.name);
    }
    first.samples.extend(piece.samples);
}

fn rename(family: &mut Family, escaping: Escaping) {
    if escaping == Escaping::AllowUtf8 {
        return;
    }
    let stem = names::escaped(&family.name, escaping, true).into_owned();
    let mut renamed: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    for sample in &mut family.samples {
        let new = renamed.entry(sample.name.clone()).or_insert_with(|| match sample.name.strip_prefix(family.name.as_str()) {
            Some(suffix) => format!("{stem}{suffix}").into(),
            None => names::escaped(&sample.name, escaping, true).into(),
        });
        sample.name = new.clone();
        let labels: Labels = sample.labels.iter().fold(Labels::with_capacity(0), |mut labels, (name, value)| {
            labels.push(&names::escaped(name, escaping, false), value);
            labels
        });
        sample.labels = labels;
    }
    family.name = stem;
}

fn without_repeated_labels(sample: &mut Sample, losses: &mut Losses) {
    let sorted = sample.labels.sorted();
    if !sorted.iter().zip(sorted.iter().skip(1)).any(|((one, _), (other, _))| one == other) {
        return;
    }
    let mut seen = HashSet::new();
    let labels: Labels = sample
        .labels
        .iter()
        .filter(|(name, _)| {
            let new = seen.insert(name.to_string());
            if !new {
                losses.add(Loss::RepeatedLabel, &sample.name);
            }
            new
        })
        .collect();
    sample.labels = labels;
}

/// Text pages have moments of creation as gauges, as the Python and Java clients write them; OpenMetrics has them in the family.
fn join_created(all: &mut Vec<Family>, losses: &mut Losses) {
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, family) in all.iter().enumerate() {
        // One of unknown type that has help is not what those clients write.
        let plain = family.kind == Kind::Gauge || (family.kind == Kind::Unknown && family.help.is_empty());
        let plain = plain && !family.samples.is_empty();
        if plain && family.name.ends_with("_created") && family.samples.iter().all(|sample| is_moment(family, sample)) {
            places.insert(family.name.clone(), at);
        }
    }
    if places.is_empty() {
        return;
    }
    let mut taken = HashSet::new();
    for at in 0..all.len() {
        let Some(family) = all.get(at).filter(|family| matches!(family.kind, Kind::Counter | Kind::Histogram | Kind::Summary)) else {
            continue;
        };
        let Some(&created_at) = places.get(&format!("{}_created", family.name)) else { continue };
        let metrics = group::keys(family);
        let has = family.samples.iter().any(|sample| sample.name.ends_with("_created"));
        let Some(created) = all.get(created_at).filter(|_| !has) else { continue };
        if !created.samples.iter().all(|sample| metrics.contains(&group::key_of(sample))) {
            continue;
        }
        if !created.help.is_empty() && created.help != family.help {
            losses.add(Loss::Help, &created.name);
        }
        let samples = created.samples.clone();
        if let Some(family) = all.get_mut(at) {
            family.samples.extend(samples);
        }
        taken.insert(created_at);
    }
    let mut at = 0;
    all.retain(|_| {
        at += 1;
        !taken.contains(&(at - 1))
    });
}

fn is_moment(family: &Family, sample: &Sample) -> bool {
    *sample.name == *family.name && sample.value.as_f64().is_finite() && sample.exemplar.is_none() && sample.native_histogram.is_none()
}
