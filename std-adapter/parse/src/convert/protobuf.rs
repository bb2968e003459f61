//! Delimited protobuf (exposition formats, section 8).

mod numbers;

use picometer::protobuf::Buffer;
use picometer::{Kind, Timestamp};

use super::blocks::{Block, unknown, whole};
use super::group;
use super::loss::{Loss, Losses};
use super::settle::{claims, settle};
use crate::model::{Exemplar, Family, Labels, Number, Sample, Time};
use numbers::{histogram, summary};

pub(super) fn page(families: Vec<Family>, losses: &mut Losses) -> Vec<u8> {
    let mut page = Buffer::new();
    let mut rest: Vec<(usize, Block)> = Vec::new();
    let mut messages: Vec<(String, Buffer)> = Vec::new();
    let claims: Vec<Vec<String>> = families.iter().map(claims).collect();
    let attempts: Vec<_> = families
        .iter()
        .map(|family| {
            let mut own = Losses::default();
            typed(family, &family.page_name(), &mut own).map(|message| (message, own))
        })
        .collect();
    let candidates: Vec<_> =
        families.iter().zip(&claims).zip(&attempts).map(|((family, claims), attempt)| (family, &claims[..], attempt.is_some())).collect();
    let keeps = settle(&candidates, true);
    for ((family, attempt), keeps) in families.into_iter().zip(attempts).zip(keeps) {
        let name = family.page_name();
        match attempt.filter(|_| keeps) {
            Some((message, own)) => {
                losses.extend(own);
                messages.push((name, message));
            }
            None => {
                if family.kind != Kind::Unknown {
                    losses.add_with(Loss::Type, || format!("`{name}` ({})", crate::model::type_name(family.kind)));
                }
                if !family.unit.is_empty() {
                    losses.add(Loss::Unit, &name);
                }
                if family.samples.is_empty() && !family.help.is_empty() {
                    losses.add(Loss::Help, &name);
                }
                rest.extend(unknown(family.samples, &family.help).into_iter().map(|block| (messages.len(), block)));
            }
        }
    }
    // Samples that stand alone are at the places of their families, each name once.
    let mut alone = rest.iter().map(|(at, block)| (block.name.clone(), *at)).collect::<Vec<_>>();
    alone.reverse();
    let places: std::collections::HashMap<String, usize> = alone.into_iter().collect();
    let mut blocks = whole(rest.into_iter().map(|(_, block)| block).collect(), losses).into_iter().peekable();
    for at in 0..=messages.len() {
        while let Some(block) = blocks.next_if(|block| places.get(&block.name).is_some_and(|&place| place <= at)) {
            delimited(&untyped(&block, losses), &mut page);
        }
        if let Some((_, message)) = messages.get(at) {
            delimited(message, &mut page);
        }
    }
    page.into_bytes()
}

fn delimited(message: &Buffer, page: &mut Buffer) {
    page.varint(message.len() as u64);
    page.raw(message.as_bytes());
}

fn head(name: &str, kind: u64, help: &str) -> Buffer {
    let mut message = Buffer::default();
    message.string(1, name);
    if !help.is_empty() {
        message.string(2, help);
    }
    message.uint(3, kind);
    message
}

fn untyped(block: &Block, losses: &mut Losses) -> Buffer {
    let mut message = head(&block.name, 3, &block.help);
    for sample in &block.samples {
        if sample.exemplar.is_some() {
            losses.add(Loss::Exemplar, &sample.name);
        }
        let mut value = Buffer::default();
        match &sample.native_histogram {
            Some(native) => {
                losses.add(Loss::NativeBuckets, &sample.name);
                value.double(1, native.count.as_f64());
            }
            None => value.double(1, double(sample, losses)),
        }
        message.bytes(4, metric(&sample.labels, sample.timestamp, 5, &value, &sample.name, losses));
    }
    message
}

/// The value as a double, which is all that there is.
fn double(sample: &Sample, losses: &mut Losses) -> f64 {
    let value = sample.value.as_f64();
    if let Number::Integer(integer) = sample.value
        && (value as i128 != integer || integer.unsigned_abs() > 1 << 100)
    {
        losses.add(Loss::IntegerDigits, &sample.name);
    }
    value
}

fn metric(labels: &Labels, time: Option<Time>, field: u32, content: &Buffer, name: &str, losses: &mut Losses) -> Buffer {
    let mut message = Buffer::default();
    for (name, value) in labels {
        message.bytes(1, label(name, value));
    }
    message.bytes(field, content);
    if let Some(time) = time {
        let moment = time.exact();
        if moment.is_none_or(|moment| Timestamp::from_millis(moment.millis()) != moment) {
            losses.add(Loss::TimestampDigits, name);
        }
        if let Some(moment) = moment {
            message.uint(6, moment.millis() as u64);
        }
    }
    message
}

fn label(name: &str, value: &str) -> Buffer {
    let mut message = Buffer::default();
    message.string(1, name);
    message.string(2, value);
    message
}

fn moment(moment: Timestamp) -> Buffer {
    let mut message = Buffer::default();
    message.uint(1, moment.seconds() as u64);
    message.uint(2, moment.nanos().into());
    message
}

fn exemplar(exemplar: &Exemplar) -> Buffer {
    let mut message = Buffer::default();
    for (name, value) in &exemplar.labels {
        message.bytes(1, label(name, value));
    }
    message.double(2, exemplar.value.as_f64());
    if let Some(time) = exemplar.timestamp.and_then(Time::exact) {
        message.bytes(3, moment(time));
    }
    message
}

/// A message of the family's own type; nothing if that cannot say all of it.
fn typed(family: &Family, name: &str, losses: &mut Losses) -> Option<Buffer> {
    let Family { kind, help, unit, samples, .. } = family;
    let (number, field) = match kind {
        Kind::Counter => (0, 3),
        Kind::Gauge | Kind::Info | Kind::StateSet => (1, 2),
        Kind::Summary => (2, 4),
        Kind::Histogram => (4, 7),
        Kind::GaugeHistogram => (5, 7),
        _ => (3, 5),
    };
    if matches!(kind, Kind::Info | Kind::StateSet) {
        losses.add_with(Loss::Type, || format!("`{name}` ({})", crate::model::type_name(*kind)));
    }
    let mut message = head(name, number, help);
    let own = if matches!(kind, Kind::StateSet) { "" } else { group::own_label(family) };
    for metrics in group::metrics(samples.clone(), own) {
        for point in moments(metrics) {
            for (labels, content) in contents(family, name, own, point.clone(), losses)? {
                message.bytes(4, metric(&labels, point.first()?.timestamp, field, &content, name, losses));
            }
        }
    }
    if !unit.is_empty() {
        message.string(5, unit);
    }
    Some(message)
}

/// Samples of each moment, those without one among themselves.
fn moments(metric: Vec<Sample>) -> Vec<Vec<Sample>> {
    let (timed, others): (Vec<Sample>, Vec<Sample>) = metric.into_iter().partition(|sample| sample.timestamp.is_some());
    let mut points = if timed.is_empty() { Vec::new() } else { group::points(timed) };
    if !others.is_empty() {
        points.insert(0, others);
    }
    points
}

/// The messages of one point.
fn contents(family: &Family, name: &str, own: &str, mut point: Vec<Sample>, losses: &mut Losses) -> Option<Vec<(Labels, Buffer)>> {
    if !group::has_own_labels(family, &point) {
        return None;
    }
    let created = created(family, &point)?;
    let first = point.first()?;
    let labels: Labels = first.labels.iter().filter(|(name, _)| own.is_empty() || *name != own).collect();
    let content = match family.kind {
        Kind::Histogram | Kind::GaugeHistogram => {
            let mut histogram = histogram(family, &mut point, losses)?;
            if let Some(created) = created {
                histogram.bytes(15, moment(created));
            }
            return Some(vec![(labels, histogram)]);
        }
        Kind::Summary => {
            let mut summary = summary(family, &point, losses)?;
            if let Some(created) = created {
                summary.bytes(4, moment(created));
            }
            return Some(vec![(labels, summary)]);
        }
        _ => point,
    };
    let (mut all, mut created) = (Vec::new(), created);
    for sample in content {
        if family.kind == Kind::Counter && sample.name.strip_prefix(family.name.as_str()) == Some("_created") {
            continue;
        }
        if *sample.name != *name || sample.native_histogram.is_some() {
            return None;
        }
        let mut value = Buffer::default();
        value.double(1, double(&sample, losses));
        match &sample.exemplar {
            Some(own) if family.kind == Kind::Counter => value.bytes(2, exemplar(own)),
            Some(_) => losses.add(Loss::Exemplar, name),
            None => {}
        }
        if let Some(created) = created.take() {
            value.bytes(3, moment(created));
        }
        all.push((sample.labels.clone(), value));
    }
    created.is_none().then_some(all)
}

/// The moment of creation among the samples; nothing if it is none that a message can say.
#[expect(clippy::option_option, reason = "none there, or one that does not fit")]
fn created(family: &Family, point: &[Sample]) -> Option<Option<Timestamp>> {
    let is_created = |sample: &&Sample| sample.name.strip_prefix(family.name.as_str()) == Some("_created");
    let found: Vec<_> = point.iter().filter(is_created).collect();
    match (&found[..], family.kind) {
        ([], _) => Some(None),
        _ if !group::keeps_created(family) => None,
        ([sample], Kind::Counter | Kind::Histogram | Kind::Summary) => {
            let value = sample.value.as_f64();
            let text = match sample.value {
                Number::Integer(integer) => integer.to_string(),
                Number::Float(value) => format!("{value:?}"),
            };
            let moment = crate::parse::moment(&text).and_then(Time::exact);
            moment.filter(|&moment| Time::Exact(moment).seconds().to_bits() == value.to_bits()).map(Some)
        }
        _ => None,
    }
}
