//! Names as Prometheus has them.

use metrics::Key;
use picometer::{Kind, Label};

use super::series::Labels;

/// The name of a metric on the page, of any name.
pub(super) fn metric(kind: Kind, name: &str) -> String {
    let mut name = allowed(name, |c| c == ':');
    if kind == Kind::Counter && !name.ends_with("_total") {
        name.push_str("_total");
    }
    name
}

/// The name of a metric in the middle of which something else stands.
pub(super) fn part(part: &str) -> String {
    part.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == ':' { c } else { '_' }).collect()
}

/// The labels of a series, by name, each name once, with its last value. An empty value is no label. `is_taken` says which names
/// are those of labels that the series has anyway.
pub(super) fn labels(kind: Kind, key: &Key, is_taken: impl Fn(&str) -> bool) -> Labels {
    let mut labels: Vec<(Box<str>, Box<str>)> = Vec::with_capacity(key.labels().len());
    for one in key.labels() {
        labels.push((label(kind, one.key(), &is_taken).into(), one.value().into()));
    }
    // Of a name that is given several times, the last one is the first now; the order of the others is kept.
    labels.reverse();
    labels.sort_by(|(one, _), (other, _)| one.cmp(other));
    labels.dedup_by(|(later, _), (first, _)| later == first);
    labels.retain(|(_, value)| !value.is_empty());
    labels.into()
}

/// The name of a label, as a server renames labels of a target that it has itself.
pub(super) fn label(kind: Kind, name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = allowed(name, |_| false);
    while Label::try_new(&name, "").is_err() || kind == Kind::Histogram && name == "le" || is_taken(&name) {
        name.insert_str(0, "exported_");
    }
    name
}

fn allowed(name: &str, also: impl Fn(char) -> bool) -> String {
    let mut allowed = String::with_capacity(name.len() + 6);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        allowed.push('_');
    }
    allowed.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || also(c) { c } else { '_' }));
    allowed
}
