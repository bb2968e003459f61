//! What the tests need to know of a page.

use std::collections::{BTreeMap, HashSet};

/// A page taken apart.
pub struct Page {
    /// Series in order, without values.
    pub series: Vec<String>,
    values: Vec<f64>,
}

impl Page {
    /// Reads a page, of which it demands that every line is whole and no series is there twice.
    pub fn read(text: &str) -> Self {
        let mut page = Self { series: Vec::new(), values: Vec::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            // No label value of these tests has a blank.
            let mut words = line.split(' ');
            page.series.push(words.next().unwrap().to_owned());
            page.values.push(words.next().unwrap_or_else(|| panic!("no value: {line}")).parse().unwrap());
        }
        let distinct: HashSet<_> = page.series.iter().collect();
        assert_eq!(distinct.len(), page.series.len(), "a series is there twice:\n{text}");
        page
    }

    /// The buckets, not cumulative, the sum and the count of every histogram named `name`, by its labels without `le`.
    pub fn histograms(&self, name: &str) -> BTreeMap<String, Histogram> {
        let mut found = BTreeMap::<String, Histogram>::new();
        for (series, &value) in self.series.iter().zip(&self.values) {
            let (sample, labels) = series.split_once('{').unwrap_or((series, "}"));
            let Some(suffix) = sample.strip_prefix(name) else { continue };
            let (labels, le) = match labels.find("le=\"") {
                Some(at) => (labels[..at].trim_end_matches(','), Some(&labels[at..])),
                None => (labels.trim_end_matches('}'), None),
            };
            let histogram = found.entry(labels.to_owned()).or_default();
            match suffix {
                "_bucket" => {
                    let before = histogram.cumulative.last().copied().unwrap_or(0.0);
                    assert!(value >= before, "{series} {value} is below the bucket before it, {before}");
                    histogram.ends |= le == Some("le=\"+Inf\"}");
                    histogram.cumulative.push(value);
                }
                "_sum" => histogram.sum = value,
                "_count" => histogram.count = value,
                _ => {}
            }
        }
        found
    }
}

/// One histogram of a page.
#[derive(Debug, Default)]
pub struct Histogram {
    pub cumulative: Vec<f64>,
    pub sum: f64,
    pub count: f64,
    /// Whether the `+Inf` bucket is there.
    pub ends: bool,
}

impl Histogram {
    /// How many observations each bucket has, after a check that it is whole.
    pub fn buckets(&self) -> Vec<f64> {
        assert!(self.ends, "no +Inf bucket: {self:?}");
        assert_eq!(self.cumulative.last(), Some(&self.count), "count is not the +Inf bucket: {self:?}");
        let before = [0.0].into_iter().chain(self.cumulative.iter().copied());
        self.cumulative.iter().zip(before).map(|(count, before)| count - before).collect()
    }
}
