//! Which format a page is in, by what only one of them has. Needs `core` only.

use super::rules::Dialect;

/// What was seen of a page that ends in `# EOF`.
#[derive(Debug, Default)]
struct Marks {
    /// `st@`, and values of several fields.
    next: bool,
    /// Types, units and exemplars that text has none of.
    open_metrics: bool,
    /// A family without the suffix that its samples have.
    short_names: bool,
    /// A counter or info metric that is called as its samples are.
    full_names: bool,
    /// Blank lines, free comments and the type `untyped`.
    text: bool,
    /// Samples of histograms and summaries, which 2.0 has in one line.
    lines: bool,
}

impl Dialect {
    /// The dialect that a page is in, by its content: a page that does not end in `# EOF` is text.
    ///
    /// One that does is OpenMetrics 1.0, with two exceptions. It may have what only 2.0 has (`st@`, values of several fields), or
    /// call its counters and their families by one name. Then it is text if all of it can stand in text, and 2.0 otherwise.
    ///
    /// ```
    /// use picometer_std::parse::Dialect;
    ///
    /// assert_eq!(
    ///     Dialect::detect("# TYPE a counter\na_total 1\n# EOF\n"),
    ///     Dialect::OpenMetrics100
    /// );
    /// assert_eq!(
    ///     Dialect::detect("# TYPE a_total counter\na_total 1\n# EOF\n"),
    ///     Dialect::Text100
    /// );
    /// assert_eq!(
    ///     Dialect::detect("# TYPE a_total counter\na_total 1 st@5\n# EOF\n"),
    ///     Dialect::OpenMetrics200
    /// );
    /// ```
    pub fn detect(page: &str) -> Self {
        dialect(page)
    }
}

fn dialect(page: &str) -> Dialect {
    let lines = page.strip_suffix('\n').unwrap_or(page);
    if lines.rsplit('\n').next().map(|last| last.trim_end_matches('\r')) != Some("# EOF") {
        return Dialect::Text100;
    }
    let Marks { next, open_metrics, short_names, full_names, text, lines } = Marks::of(page);
    if next {
        Dialect::OpenMetrics200
    } else if short_names || (open_metrics && (!full_names || lines || text)) {
        Dialect::OpenMetrics100
    } else if open_metrics {
        Dialect::OpenMetrics200
    } else if full_names || text {
        Dialect::Text100
    } else {
        Dialect::OpenMetrics100
    }
}

impl Marks {
    fn of(page: &str) -> Self {
        let mut marks = Self::default();
        // The header that was read last.
        let (mut family, mut kind) = ("", "");
        for line in page.lines() {
            if let Some(header) = line.strip_prefix("# TYPE ") {
                (family, kind) = header.rsplit_once(' ').unwrap_or((header, ""));
                marks.open_metrics |= matches!(kind, "unknown" | "gaugehistogram" | "info" | "stateset");
                marks.text |= kind == "untyped";
            } else if line.starts_with("# UNIT ") {
                marks.open_metrics = true;
            } else if line.starts_with('#') {
                marks.text |= !line.starts_with("# HELP ") && !line.starts_with("# EOF");
            } else if line.trim_ascii().is_empty() {
                marks.text = true;
            } else {
                marks.sample(line, family, kind);
            }
        }
        marks
    }

    fn sample(&mut self, line: &str, family: &str, kind: &str) {
        let (name, rest) = parts(line);
        let suffix = name.strip_prefix(family.trim_matches('"'));
        match (kind, suffix) {
            ("counter" | "info", Some("")) => self.full_names = true,
            ("counter", Some("_total" | "_created")) | ("info", Some("_info")) => self.short_names = true,
            ("histogram", Some("_bucket" | "_sum" | "_count")) | ("summary", Some("_sum" | "_count")) => self.lines = true,
            ("histogram" | "summary", Some("_created")) => self.short_names = true,
            _ => {}
        }
        // Behind the labels, whose values may have anything.
        self.next |= rest.contains(" st@") || (rest.starts_with('{') && !rest.contains("_deltas:") && !rest.contains("zero_count:"));
        self.next |= rest.starts_with('{') && rest.contains("_buckets:");
        self.open_metrics |= rest.contains(" # {") || rest.starts_with('{');
    }
}

/// The name of a sample, and what is behind its labels.
fn parts(line: &str) -> (&str, &str) {
    let end = line.find(['{', ' ', '\t']).unwrap_or(line.len());
    let (mut name, rest) = line.split_at(end);
    let Some(labels) = rest.trim_start().strip_prefix('{').filter(|_| !is_composite(rest)) else { return (name, rest.trim_start()) };
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in labels.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => {
                // A name in quotes stands first.
                if name.is_empty() && quoted {
                    name = labels.get(1..at).unwrap_or("");
                }
                quoted = !quoted;
            }
            b'}' if !quoted => return (name, labels.get(at + 1..).unwrap_or("").trim_start()),
            _ => {}
        }
    }
    (name, "")
}

/// Whether it is a value of several fields and no labels.
fn is_composite(rest: &str) -> bool {
    [" {count:", " {gcount:"].iter().any(|start| rest.starts_with(start))
}
