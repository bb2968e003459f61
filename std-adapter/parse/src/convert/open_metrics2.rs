//! OpenMetrics 2.0, release candidate (exposition formats, section 7): a histogram or summary is one line.

use picometer::Kind;

use super::blocks::{Block, Lines, number, spans};
use super::group::{self, bound};
use super::loss::{Loss, Losses};
use super::open_metrics::{Attempt, assemble, unit_of};
use super::settle::claims;
use crate::model::{Exemplar, Family, NativeBuckets, NativeHistogram, Number, Sample, Time};
use crate::parse::Dialect;

pub(super) fn page(families: Vec<Family>, same: bool, losses: &mut Losses) -> Vec<u8> {
    let attempt = |family: Family| {
        let mut losses = Losses::default();
        let name = family.page_name();
        // What is not taken: a page that ends inside a header.
        let text = typed(&family, &name, &mut losses).unwrap_or_else(|| "# TYPE".into());
        let claims = claims(&family);
        Attempt { family, text, losses, claims }
    };
    assemble(families.into_iter().map(attempt).collect(), Dialect::OpenMetrics200, same, losses)
}

/// The family under its own type; nothing if that cannot say all of it.
fn typed(family: &Family, name: &str, losses: &mut Losses) -> Option<String> {
    let Family { kind, help, unit, samples, .. } = family;
    let unit = unit_of(family, &[&family.name, name], losses).unwrap_or(unit);
    let mut lines = Lines::new(true);
    lines.header(&Block { name: name.into(), kind: *kind, help: help.clone(), unit: unit.into(), samples: Vec::new() });
    for metric in group::metrics(samples.clone(), group::own_label(family)) {
        for point in group::points(metric) {
            let mut point = group::without_repeats(point, losses);
            group::in_order(family, &mut point);
            // Samples that share a line share its moment.
            let shared = matches!(kind, Kind::Histogram | Kind::GaugeHistogram | Kind::Summary | Kind::Counter);
            if shared && point.iter().any(|sample| Some(sample.timestamp) != point.first().map(|first| first.timestamp)) {
                return None;
            }
            match kind {
                Kind::Histogram | Kind::GaugeHistogram | Kind::Summary => composite(family, &point, &mut lines, losses)?,
                _ => numbers(family, name, point, &mut lines, losses)?,
            }
        }
    }
    Some(lines.text)
}

/// Samples of one number, with the moment of creation that goes with them.
fn numbers(family: &Family, name: &str, point: Vec<Sample>, lines: &mut Lines, losses: &mut Losses) -> Option<()> {
    let created = created(family, &point)?;
    let mut start = created;
    for mut sample in point {
        if Some("_created") == sample.name.strip_prefix(family.name.as_str()) && family.kind == Kind::Counter {
            continue;
        }
        if *sample.name != *name {
            return None;
        }
        let exemplar = sample.exemplar.take();
        lines.sample(&sample, losses);
        lines.text.pop();
        start_at(start.take(), lines);
        exemplars(exemplar.iter().map(|exemplar| &**exemplar), &sample, family.kind == Kind::Counter, lines, losses);
        lines.text.push('\n');
    }
    // One without a sample cannot stand.
    start.is_none().then_some(())
}

fn start_at(created: Option<Number>, lines: &mut Lines) {
    if let Some(created) = created {
        lines.text += " st@";
        lines.text += &moment(created);
    }
}

/// The digits of a moment of creation, without an exponent where it may be without one.
fn moment(created: Number) -> String {
    match created {
        Number::Integer(_) => number(created, false),
        Number::Float(value) => format!("{value:?}"),
    }
}

/// The moment of creation among the samples; nothing if it is none.
#[expect(clippy::option_option, reason = "none there, or one that does not fit")]
fn created(family: &Family, point: &[Sample]) -> Option<Option<Number>> {
    let is_created = |sample: &&Sample| sample.name.strip_prefix(family.name.as_str()) == Some("_created");
    let found = point.iter().find(is_created).filter(|_| matches!(family.kind, Kind::Counter | Kind::Histogram | Kind::Summary));
    match found {
        Some(_) if !group::keeps_created(family) => None,
        // Both ways round the same number, or it stays a sample of its own.
        Some(sample) => {
            let (value, text) = (sample.value.as_f64(), moment(sample.value));
            let again = crate::parse::moment(&text).map(Time::seconds);
            (again.map(f64::to_bits) == Some(value.to_bits())).then_some(Some(sample.value))
        }
        None => Some(None),
    }
}

fn exemplars<'e>(exemplars: impl Iterator<Item = &'e Exemplar>, sample: &Sample, allowed: bool, lines: &mut Lines, losses: &mut Losses) {
    for exemplar in exemplars {
        // They have timestamps there (Q5).
        if exemplar.timestamp.is_some() && allowed {
            lines.exemplar(exemplar);
        } else {
            losses.add(Loss::Exemplar, &sample.name);
        }
    }
}

/// What the samples of a histogram or summary say.
#[derive(Default)]
struct Composite<'s> {
    count: Option<Number>,
    sum: Option<Number>,
    native: Option<&'s NativeHistogram>,
    pairs: Vec<(f64, &'s Sample)>,
}

/// A histogram or summary in one line; nothing if it has not all that one has.
fn composite(family: &Family, point: &[Sample], lines: &mut Lines, losses: &mut Losses) -> Option<()> {
    if !group::has_own_labels(family, point) {
        return None;
    }
    let own = group::own_label(family);
    let mut read = Composite::default();
    for sample in point {
        match (family.kind, sample.name.strip_prefix(family.name.as_str())?) {
            (Kind::Histogram, "_sum") | (Kind::GaugeHistogram, "_gsum") | (Kind::Summary, "_sum") => read.sum = Some(sample.value),
            (Kind::Histogram, "_count") | (Kind::GaugeHistogram, "_gcount") | (Kind::Summary, "_count") => read.count = Some(sample.value),
            (Kind::Histogram | Kind::Summary, "_created") => {}
            (Kind::Histogram | Kind::GaugeHistogram, "") if sample.native_histogram.is_some() => {
                read.native = sample.native_histogram.as_deref();
            }
            (Kind::Histogram | Kind::GaugeHistogram, "_bucket") | (Kind::Summary, "") => read.pairs.push((bound(sample, own)?, sample)),
            _ => return None,
        }
    }
    let count = read.native.map(|native| native.count).or(read.count)?;
    let sum = read.native.map(|native| native.sum.into()).or(read.sum)?;
    let agrees = read.count.is_none_or(|own| own == count) && read.sum.is_none_or(|own| own == sum);
    read.pairs.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let classic = !read.pairs.is_empty();
    if !agrees || (family.kind != Kind::Summary && !classic && (read.native.is_none() || read.count.is_some())) {
        return None;
    }
    // Those of a native histogram with buckets beside it have sum and count too.
    if read.native.is_some() && classic && (read.count.is_none() || read.sum.is_none()) {
        return None;
    }
    let first = point.first()?;
    let labels = first.labels.iter().filter(|(name, _)| *name != own).collect();
    lines.series(&family.name, &labels);
    let prefix = if family.kind == Kind::GaugeHistogram { "g" } else { "" };
    lines.text += &format!("{{{prefix}count:{},{prefix}sum:{}", number(count, false), number(sum, true));
    if let Some(native) = read.native {
        lines.text += &fields(native);
    }
    if classic || family.kind == Kind::Summary {
        lines.text += if family.kind == Kind::Summary { ",quantile:[" } else { ",bucket:[" };
        for (index, (bound, sample)) in read.pairs.iter().enumerate() {
            let text = picometer::Number::from(*bound).bound_text();
            if sample.labels.get(own) != Some(text.as_str()) {
                losses.add(Loss::BoundText, &sample.name);
            }
            let separator = if index > 0 { "," } else { "" };
            lines.text += &format!("{separator}{}:{}", text.as_str(), number(sample.value, false));
        }
        lines.text.push(']');
    }
    lines.text.push('}');
    lines.timestamp(first.timestamp, &family.name, losses);
    start_at(created(family, point)?, lines);
    if let Some(native) = read.native {
        exemplars(native.exemplars.iter(), first, true, lines, losses);
    }
    let mut below = f64::NEG_INFINITY;
    for (bound, sample) in &read.pairs {
        let exemplar = sample.exemplar.as_deref();
        // They are told apart by their values there.
        let inside = exemplar.is_some_and(|exemplar| exemplar.value.as_f64() > below && exemplar.value.as_f64() <= *bound);
        exemplars(exemplar.into_iter(), sample, inside && read.native.is_none(), lines, losses);
        below = *bound;
    }
    lines.text.push('\n');
    Some(())
}

/// The fields of a native histogram, with counts that stand for themselves.
fn fields(native: &NativeHistogram) -> String {
    let NativeHistogram { schema, zero_threshold, zero_count, .. } = native;
    let (zero_threshold, zero_count) = (number((*zero_threshold).into(), false), number(*zero_count, false));
    let mut text = format!(",schema:{schema},zero_threshold:{zero_threshold},zero_count:{zero_count}");
    let sides = [("negative", &native.negative_spans, &native.negative), ("positive", &native.positive_spans, &native.positive)];
    for (side, side_spans, buckets) in sides.into_iter().filter(|(_, spans, _)| !spans.is_empty()) {
        let count = |count: f64| if buckets.is_deltas() { format!("{count:.0}") } else { number(count.into(), true) };
        let counts: Vec<String> = match buckets {
            NativeBuckets::Deltas(deltas) => {
                let mut sum = 0_i64;
                let running = deltas.iter().map(|delta| {
                    sum = sum.wrapping_add(*delta);
                    sum.to_string()
                });
                running.collect()
            }
            NativeBuckets::Counts(counts) => counts.iter().map(|&own| count(own)).collect(),
        };
        text += &format!(",{side}_spans:[{}],{side}_buckets:[{}]", spans(side_spans), counts.join(","));
    }
    text
}
