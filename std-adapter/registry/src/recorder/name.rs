//! Names as Prometheus has them.

use metrics::Key;
use picometer::{Kind, Label};

/// The name of a metric on the page, of any name.
pub(super) fn metric(kind: Kind, name: &str) -> String {
    let mut name = allowed(name, |c| c == ':');
    if kind == Kind::Counter && !name.ends_with("_total") {
        name.push_str("_total");
    }
    name
}

/// The labels of a series, by name, each name once. An empty value is no label. `is_taken` says which names are those of labels
/// that the series has anyway.
pub(super) fn labels(kind: Kind, key: &Key, is_taken: impl Fn(&str) -> bool) -> Box<[(Box<str>, Box<str>)]> {
    let mut labels: Vec<(Box<str>, Box<str>)> = Vec::with_capacity(key.labels().len());
    for label in key.labels() {
        let mut name = allowed(label.key(), |_| false);
        // As a server renames labels of a target that it has itself.
        while Label::try_new(&name, "").is_err() || kind == Kind::Histogram && name == "le" || is_taken(&name) {
            name.insert_str(0, "exported_");
        }
        match labels.iter_mut().find(|(before, _)| **before == *name) {
            Some((_, value)) => *value = label.value().into(),
            None => labels.push((name.into(), label.value().into())),
        }
    }
    labels.retain(|(_, value)| !value.is_empty());
    labels.sort();
    labels.into()
}

fn allowed(name: &str, also: impl Fn(char) -> bool) -> String {
    let mut allowed = String::with_capacity(name.len() + 6);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        allowed.push('_');
    }
    allowed.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || also(c) { c } else { '_' }));
    allowed
}
