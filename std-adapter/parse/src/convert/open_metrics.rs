//! OpenMetrics 1.0 (exposition formats, section 6).

use std::collections::{HashMap, HashSet};

use picometer::Kind;

use super::blocks::{Block, Lines, unknown};
use super::group;
use super::loss::{Loss, Losses};
use super::settle::settle;
use super::text::classic;
use crate::model::{Family, Sample};
use crate::parse::{Dialect, Families, Lexer, Rules};

/// A family, and what it is written as if its type can stay.
pub(super) struct Attempt {
    pub(super) family: Family,
    pub(super) text: String,
    /// What is lost then.
    pub(super) losses: Losses,
    /// The names that no other family has then.
    pub(super) claims: Vec<String>,
}

pub(super) fn page(families: Vec<Family>, same: bool, losses: &mut Losses) -> Vec<u8> {
    let attempt = |family: Family| {
        let mut losses = Losses::default();
        let text = typed(&family, same, &mut losses);
        let claims = family.kind.suffixes().iter().map(|suffix| format!("{}{suffix}", family.name)).collect();
        Attempt { family, text, losses, claims }
    };
    assemble(families.into_iter().map(attempt).collect(), Dialect::OpenMetrics100, same, losses)
}

/// Writes the families: with their types where the strict reader takes them so, otherwise sample by sample.
pub(super) fn assemble(attempts: Vec<Attempt>, dialect: Dialect, same: bool, losses: &mut Losses) -> Vec<u8> {
    let rules = if same { Rules::READ } else { Rules::STRICT };
    let right = |attempt: &Attempt| is_right(&attempt.text, attempt.family.kind, dialect, rules);
    let candidates: Vec<_> = attempts.iter().map(|attempt| (&attempt.family, &attempt.claims[..], right(attempt))).collect();
    let typed = settle(&candidates, dialect.has_full_names());
    write(attempts, &typed, dialect, losses)
}

enum Part {
    Typed(String),
    Alone(Block),
}

fn write(attempts: Vec<Attempt>, typed: &[bool], dialect: Dialect, losses: &mut Losses) -> Vec<u8> {
    let mut parts: Vec<Part> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (attempt, typed) in attempts.into_iter().zip(typed) {
        if *typed {
            losses.extend(attempt.losses);
            parts.push(Part::Typed(attempt.text));
            continue;
        }
        let Family { name, kind, help, unit, samples } = attempt.family;
        if kind != Kind::Unknown {
            losses.add_with(Loss::Type, || format!("`{name}` ({})", crate::model::type_name(kind)));
        }
        if !unit.is_empty() {
            losses.add(Loss::Unit, &name);
        }
        if samples.is_empty() && !help.is_empty() {
            losses.add(Loss::Help, &name);
        }
        for block in unknown(samples, &help) {
            let place = *places.entry(block.name.clone()).or_insert(parts.len());
            match parts.get_mut(place) {
                Some(Part::Alone(first)) => first.join(block, losses),
                _ => parts.push(Part::Alone(block)),
            }
        }
    }
    let mut page = String::new();
    for part in parts {
        match part {
            Part::Typed(text) => page += &text,
            Part::Alone(block) => page += &alone(block, dialect, losses),
        }
    }
    page += "# EOF\n";
    page.into_bytes()
}

/// Whether these rules take the lines, and for one family of this type.
fn is_right(lines: &str, kind: Kind, dialect: Dialect, rules: Rules) -> bool {
    let page = format!("{lines}# EOF\n");
    let mut families = Families::new(Lexer::new(&page, dialect).rules(rules));
    families.next().is_some_and(|family| family.is_ok_and(|family| family.kind == kind)) && families.next().is_none()
}

/// Samples of unknown type under one name.
fn alone(block: Block, dialect: Dialect, losses: &mut Losses) -> String {
    let mut lines = Lines::new(true);
    let Block { name, kind, help, samples, .. } = block;
    let header = Block { name, kind, help, unit: String::new(), samples: Vec::new() };
    lines.header(&header);
    for metric in group::metrics(samples, "") {
        // Points have moments all or none; the first one says which.
        let timed = metric.first().is_some_and(|first| first.timestamp.is_some());
        let (kept, others): (Vec<Sample>, Vec<Sample>) = metric.into_iter().partition(|sample| sample.timestamp.is_some() == timed);
        others.iter().for_each(|sample| losses.add(Loss::RepeatedSeries, &sample.name));
        for point in group::points(kept) {
            for mut sample in group::without_repeats(point, losses) {
                if sample.exemplar.take().is_some() {
                    losses.add(Loss::Exemplar, &sample.name);
                }
                if let Some(native) = sample.native_histogram.take() {
                    losses.add(Loss::NativeBuckets, &sample.name);
                    sample.value = native.count;
                }
                lines.sample(&sample, losses);
            }
        }
    }
    debug_assert!(is_right(&lines.text, Kind::Unknown, dialect, Rules::STRICT), "{}", lines.text);
    lines.text
}

/// The family under its own type.
fn typed(family: &Family, same: bool, losses: &mut Losses) -> String {
    let Family { name, kind, help, unit, samples } = family;
    let unit = unit_of(family, &[name], losses).unwrap_or(unit);
    let mut lines = Lines::new(true);
    lines.header(&Block { name: name.clone(), kind: *kind, help: help.clone(), unit: unit.into(), samples: Vec::new() });
    let samples = samples.iter().flat_map(|sample| lowered(family, sample, same, losses)).collect();
    for metric in group::metrics(samples, group::own_label(family)) {
        for point in group::points(metric) {
            let mut point = group::without_repeats(point, losses);
            group::in_order(family, &mut point);
            point.iter().for_each(|sample| lines.sample(sample, losses));
        }
    }
    lines.text
}

/// No unit, where the format has none for this family, whose names on a page are these.
pub(super) fn unit_of(family: &Family, names: &[&str], losses: &mut Losses) -> Option<&'static str> {
    let Family { name, kind, unit, .. } = family;
    let is_suffix = names.iter().any(|name| name.strip_suffix(unit.as_str()).is_some_and(|stem| stem.ends_with('_')));
    let fits = is_suffix && !matches!(kind, Kind::Info | Kind::StateSet);
    if unit.is_empty() || (fits && !unit.contains('\n')) {
        return None;
    }
    losses.add(Loss::Unit, name);
    Some("")
}

/// A sample as OpenMetrics 1.0 has it.
fn lowered(family: &Family, sample: &Sample, same: bool, losses: &mut Losses) -> Vec<Sample> {
    let mut sample = sample.clone();
    let suffix = sample.name.strip_prefix(family.name.as_str());
    let allowed =
        matches!((family.kind, suffix), (Kind::Counter, Some("_total")) | (Kind::Histogram | Kind::GaugeHistogram, Some("_bucket")));
    if sample.exemplar.as_ref().is_some_and(|exemplar| !allowed || !(same || fits(exemplar))) {
        losses.add(Loss::Exemplar, &sample.name);
        sample.exemplar = None;
    }
    match sample.native_histogram.take() {
        Some(own) if same && own.positive.is_deltas() && own.negative.is_deltas() => {
            own.exemplars.iter().for_each(|_| losses.add(Loss::Exemplar, &sample.name));
            sample.native_histogram = Some(own);
            vec![sample]
        }
        Some(own) => {
            losses.add(Loss::NativeBuckets, &sample.name);
            let bucket = format!("{}_bucket", family.name);
            let has_classic = family.samples.iter().any(|sample| *sample.name == *bucket);
            if has_classic { Vec::new() } else { classic(&family.name, family.kind, &sample, own.count, own.sum.into()) }
        }
        None => vec![sample],
    }
}

/// Whether an exemplar is short enough, has each label once, and a moment that is one.
fn fits(exemplar: &crate::model::Exemplar) -> bool {
    let length: usize = exemplar.labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
    let mut names = HashSet::new();
    length <= 128 && exemplar.labels.iter().all(|(name, _)| names.insert(name))
}
