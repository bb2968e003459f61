//! Names of series in the room that there is: what tells rows apart stays.

use std::collections::{HashMap, HashSet};

use super::super::series::Series;

/// The text with its middle left out, where it is longer than so many characters.
pub(super) fn middle(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_string();
    }
    let Some(room) = width.checked_sub(1) else { return String::new() };
    let end = room / 2;
    let start = room - end;
    text.chars().take(start).chain(['…']).chain(text.chars().skip(count - end)).collect()
}

/// The parts of a name: that of the metric, and its labels.
fn parts(name: &str) -> (&str, Vec<&str>) {
    let Some((metric, labels)) = name.split_once('{') else { return (name, Vec::new()) };
    let labels = labels.strip_suffix('}').unwrap_or(labels);
    let (mut all, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in labels.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                all.push(labels.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }
    all.push(labels.get(start..).unwrap_or(""));
    (metric, all)
}

/// The names of rows, each in so many characters, and no two of them the same.
pub(super) fn fit(rows: &[&Series], width: usize) -> Vec<String> {
    // Which labels have the same value in all rows of a metric: those tell no row from another.
    let mut metrics: HashMap<&str, (usize, HashMap<&str, usize>)> = HashMap::new();
    for series in rows {
        let (metric, labels) = parts(&series.name);
        let (count, seen) = metrics.entry(metric).or_default();
        *count += 1;
        labels.into_iter().for_each(|label| *seen.entry(label).or_default() += 1);
    }
    let mut taken: HashSet<String> = HashSet::new();
    rows.iter()
        .map(|series| {
            let (metric, labels) = parts(&series.name);
            let shared = |label: &&str| metrics.get(metric).is_some_and(|(count, seen)| *count > 1 && seen.get(label) == Some(count));
            let mut shown = short(&series.name, metric, &labels, shared, width);
            let mut number = 2;
            while !taken.insert(shown.clone()) {
                let mark = format!("~{number}");
                shown = middle(&shown, width.saturating_sub(mark.len())) + &mark;
                number += 1;
                if number > rows.len() + 2 {
                    break;
                }
            }
            shown
        })
        .collect()
}

fn short(name: &str, metric: &str, labels: &[&str], shared: impl Fn(&&str) -> bool, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_string();
    }
    let own: Vec<&str> = labels.iter().filter(|label| !shared(label)).copied().collect();
    let rest = if own.len() < labels.len() { "…" } else { "" };
    let comma = if own.is_empty() || rest.is_empty() { "" } else { "," };
    let tail = if labels.is_empty() { String::new() } else { format!("{{{}{comma}{rest}}}", own.join(",")) };
    let length = tail.chars().count();
    // Labels that tell the row apart first, then as much of the metric's name as fits.
    let least = metric.chars().count().min(width / 3);
    if length + least <= width {
        return middle(metric, width - length) + &tail;
    }
    let each = (width.saturating_sub(least + 2) / own.len().max(1)).saturating_sub(1).max(4);
    let own: Vec<String> = own.iter().map(|label| value_first(label, each)).collect();
    let tail = format!("{{{}}}", own.join(","));
    middle(&(middle(metric, least) + &tail), width)
}

/// A label in little room: its value rather than its name, and of that the end.
fn value_first(label: &str, width: usize) -> String {
    if label.chars().count() <= width {
        return label.to_string();
    }
    let value = label.split_once('=').map_or(label, |(_, value)| value);
    middle(value, width)
}
