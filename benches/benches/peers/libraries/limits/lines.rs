//! Pages whose text is there already but for the numbers.

use crate::inputs::{BOUNDS, Child, count, fraction, random};

/// Lines that are written into a buffer.
pub(crate) trait Lines {
    fn write(&self, buffer: &mut Vec<u8>);
}

/// A page in a buffer that is used again; how long it is.
pub(crate) fn page(lines: &impl Lines, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    lines.write(buffer);
    buffer.len()
}

fn integer(text: &str, value: u64, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(text.as_bytes());
    buffer.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    buffer.push(b'\n');
}

fn float(text: &str, value: f64, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(text.as_bytes());
    buffer.extend_from_slice(zmij::Buffer::new().format(value).as_bytes());
    buffer.push(b'\n');
}

fn labels(child: &Child) -> String {
    let [a, b, c] = child.texts();
    format!("service_id=\"{a}\",route_name=\"{b}\",status_cod=\"{c}\"")
}

/// Text, and the digits of an integer.
pub(crate) struct Counters(Vec<(String, u64)>);

impl Counters {
    pub(crate) fn new(children: &[Child]) -> Self {
        let text = |child| format!("http_requests_total{{{}}} ", labels(child));
        Self::of(children.iter().zip(random(children.len())).map(|(child, bits)| (text(child), count(bits))).collect())
    }

    pub(crate) fn of(lines: Vec<(String, u64)>) -> Self {
        Self(lines)
    }
}

impl Lines for Counters {
    fn write(&self, buffer: &mut Vec<u8>) {
        self.0.iter().for_each(|(text, value)| integer(text, *value, buffer));
    }
}

fn floats(children: &[Child]) -> impl Iterator<Item = (String, f64)> {
    let value = |bits| 12.0 * fraction(bits ^ random(1).next().unwrap_or_default());
    children.iter().zip(random(children.len())).map(move |(child, bits)| (format!("level{{{}}} ", labels(child)), value(bits)))
}

/// Text, and the shortest digits of a float.
pub(crate) struct Gauges(Vec<(String, f64)>);

impl Gauges {
    pub(crate) fn new(children: &[Child]) -> Self {
        Self(floats(children).collect())
    }
}

impl Lines for Gauges {
    fn write(&self, buffer: &mut Vec<u8>) {
        self.0.iter().for_each(|(text, value)| float(text, *value, buffer));
    }
}

/// Text, and digits that were made before.
pub(crate) struct Digits(Vec<(String, String)>);

impl Digits {
    pub(crate) fn new(children: &[Child]) -> Self {
        Self(floats(children).map(|(text, value)| (text, zmij::Buffer::new().format(value).to_owned())).collect())
    }
}

impl Lines for Digits {
    fn write(&self, buffer: &mut Vec<u8>) {
        for (text, digits) in &self.0 {
            buffer.extend_from_slice(text.as_bytes());
            buffer.extend_from_slice(digits.as_bytes());
            buffer.push(b'\n');
        }
    }
}

/// Twelve buckets, a sum and a count: the text of each line and its number.
pub(crate) struct Histograms(Vec<Histogram>);

struct Histogram {
    buckets: Vec<(String, u64)>,
    sum: (String, f64),
    count: (String, u64),
}

impl Histograms {
    pub(crate) fn new(children: &[Child]) -> Self {
        let bounds: Vec<String> = BOUNDS.iter().map(f64::to_string).chain(["+Inf".into()]).collect();
        let one = |(child, bits): (&Child, u64)| {
            let labels = labels(child);
            let bucket = |(place, bound)| (format!("http_request_seconds_bucket{{{labels},le=\"{bound}\"}} "), place);
            Histogram {
                buckets: (9..).zip(&bounds).map(bucket).collect(),
                sum: (format!("http_request_seconds_sum{{{labels}}} "), 240.0 * fraction(bits)),
                count: (format!("http_request_seconds_count{{{labels}}} "), 20),
            }
        };
        Self(children.iter().zip(random(children.len())).map(one).collect())
    }
}

impl Lines for Histograms {
    fn write(&self, buffer: &mut Vec<u8>) {
        for Histogram { buckets, sum, count } in &self.0 {
            buckets.iter().for_each(|(text, value)| integer(text, *value, buffer));
            float(&sum.0, sum.1, buffer);
            integer(&count.0, count.1, buffer);
        }
    }
}
