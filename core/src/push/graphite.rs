//! Graphite's plaintext protocol: a line a sample (push protocols, section 7).

use super::order::Ordered;
use super::sample::Sample;
use super::writer::{Counted, Format, Progress, filled};
use crate::collector::Collector;
use crate::encode::Stop;
use crate::encode::page::Page;
use crate::exposition::FillError;
use crate::number::Number;
use crate::time::Timestamp;

/// Everything that a collector has, as lines for carbon's plaintext port: `path value seconds`.
///
/// Labels become parts of the path, sorted by name: `prefix.name.label.value`; with [`tags`](Self::tags) they are tags:
/// `prefix.name;label=value`. Samples that are NaN or infinite are left out, because carbon has no place for them.
///
/// Distinct series have distinct paths. Names and values keep `A` to `Z`, `a` to `z`, `0` to `9`, `_`, `:` and `-`. Values of tags
/// keep every printable character but `;`, `%` and a leading `~`. Any other byte is `%` and two hexadecimal digits: `a.b`, `a_b` and
/// `a/b` are `a%2Eb`, `a_b` and `a%2Fb`. A label with an empty value is left out: it is the same series without it.
///
/// ```
/// use picometer::push::Graphite;
/// use picometer::{Desc, Gauge, Label, Metric, Registry, Timestamp};
///
/// static LEVEL: Metric<Gauge<u32>> =
///     Metric::new(&Desc::gauge("tank_liters", "What is left."));
/// static TANK: [Label; 1] = [Label::new("tank", "north east")];
/// static METRICS: Registry = Registry::new(&[&LEVEL]).labels(&TANK);
///
/// LEVEL.set(70);
/// let mut lines =
///     Graphite::new(&METRICS, Timestamp::from_seconds(1_700_000_000)).prefix("farm");
/// let mut buffer = [0; 128];
/// let len = lines.fill(&mut buffer).unwrap();
/// assert!(lines.is_done());
/// assert_eq!(&buffer[..len], b"farm.tank_liters.tank.north%20east 70 1700000000\n");
/// ```
#[derive(Clone, Copy)]
pub struct Graphite<'a, const BUCKETS: usize = 24> {
    source: &'a dyn Collector,
    style: Style<'a>,
    progress: Progress<BUCKETS>,
    done: bool,
}

#[derive(Clone, Copy)]
struct Style<'a> {
    now: Timestamp,
    prefix: &'a str,
    tags: bool,
}

impl<'a> Graphite<'a> {
    /// Lines of everything that `source` has; `now` is when samples were measured that do not say.
    pub const fn new(source: &'a dyn Collector, now: Timestamp) -> Self {
        Self::with_latch(source, now)
    }
}

impl<'a, const BUCKETS: usize> Graphite<'a, BUCKETS> {
    /// [`new`](Graphite::new) for histograms of up to `BUCKETS` bounds.
    pub const fn with_latch(source: &'a dyn Collector, now: Timestamp) -> Self {
        Self { source, style: Style { now, prefix: "", tags: false }, progress: Progress::START, done: false }
    }

    /// The same lines with `prefix.` in front; dots in it part the path further.
    #[must_use]
    pub const fn prefix(self, prefix: &'a str) -> Self {
        Self { style: Style { prefix, ..self.style }, ..self }
    }

    /// The same lines with labels as tags.
    #[must_use]
    pub const fn tags(self) -> Self {
        Self { style: Style { tags: true, ..self.style }, ..self }
    }

    /// Whether all lines are written.
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Writes as many lines as fit and returns how many bytes they are; 0 when all are written. The buffer must be as long as the
    /// longest line.
    ///
    /// # Errors
    ///
    /// As for [`Exposition::fill`](crate::Exposition::fill).
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
        if self.done {
            return Ok(0);
        }
        let mut page = Page::new(buffer, self.progress.sent);
        self.done = self.progress.walk(self.source, &mut page, &self.style);
        filled(&page)
    }
}

shown_as!([const BUCKETS: usize] Graphite<'_, BUCKETS>, self => "samples of {} ms, all written: {}", self.style.now.millis(), self.done);

impl Format for Style<'_> {
    fn sample(&self, page: &mut Page<'_>, _: &Counted, _: u32, sample: &Sample<'_>) -> Result<(), Stop> {
        if !page.begin_unit() {
            return Ok(());
        }
        // A sample that is left out is a unit of no bytes: it may be a number again when the walk goes on.
        if sample.value().as_f64().is_finite() {
            self.line(page, sample);
        }
        page.end_unit()
    }
}

impl Style<'_> {
    fn line(&self, page: &mut Page<'_>, sample: &Sample<'_>) {
        let ordered = Ordered::new(sample, &(), false, true);
        if !self.prefix.is_empty() {
            put_escaped(page, self.prefix.bytes(), |_, byte| byte == b'.' || in_path(byte));
            page.put(b".");
        }
        put_escaped(page, ordered.metric_name().bytes(), |_, byte| in_path(byte));
        ordered.each(&mut |_, name, value| {
            page.put(if self.tags { b";" } else { b"." });
            put_escaped(page, name.bytes(), |_, byte| in_path(byte));
            if self.tags {
                page.put(b"=");
                put_escaped(page, value.bytes(), in_tag_value);
            } else {
                page.put(b".");
                put_escaped(page, value.bytes(), |_, byte| in_path(byte));
            }
        });
        page.put(b" ");
        page.put(sample.value().text().as_bytes());
        page.put(b" ");
        page.put(Number::from(sample.timestamp().unwrap_or(self.now).seconds()).text().as_bytes());
        page.put(b"\n");
    }
}

/// Bytes, of which those that are not `plain` at their place are escaped.
fn put_escaped(page: &mut Page<'_>, bytes: impl Iterator<Item = u8>, plain: impl Fn(usize, u8) -> bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for (index, byte) in bytes.enumerate() {
        if plain(index, byte) {
            page.put(&[byte]);
        } else {
            let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
            page.put(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

fn in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-')
}

/// Graphite's rule for values of tags: no `;`, and no `~` at the start.
fn in_tag_value(index: usize, byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b';' | b'%') && !(index == 0 && byte == b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desc::{Desc, Kind};
    use crate::encode::{Encoder, HistogramPoint, Point, PointValue};
    use crate::label::LabelSet;
    use std::string::String;

    struct Tricky;

    impl Collector for Tricky {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const M: Desc = Desc::gauge("m", "");
            const H: Desc = Desc::histogram("h", "");
            const DOTTED: Desc = Desc::utf8(Kind::Unknown, "a.b;c", "");
            let labels: [&dyn LabelSet; 3] = [&[("b", "1.5"), ("a", "x y"), ("e", "")], &[("z", "~a;b=c"), ("k", "é__ü")], &()];
            let mut family = out.family(&M)?;
            for (labels, value) in labels.into_iter().zip([2.0, 0.25, f64::NAN]) {
                family.gauge(labels, value)?;
            }
            let point = HistogramPoint { counts: &[3, 1], beyond: 0, sum: Some(1.5.into()), bounds: &[0.5, 1.0], exemplars: None };
            out.family(&H)?.point(&(), &Point::new(PointValue::Histogram(point)))?;
            out.family(&DOTTED)?.point(&(), &Point::number(7_u32).at(Timestamp::from_millis(5_999)))
        }
    }

    fn written(mut lines: Graphite<'_>, size: usize) -> String {
        let (mut text, mut buffer) = (String::new(), [0; 256]);
        while !lines.is_done() {
            let len = lines.fill(&mut buffer[..size]).unwrap();
            text.push_str(core::str::from_utf8(&buffer[..len]).unwrap());
        }
        text
    }

    #[test]
    fn paths_and_tags_are_escaped_and_sorted() {
        let lines = Graphite::new(&Tricky, Timestamp::from_seconds(1_700_000_000)).prefix("p");
        let expected = "p.m.a.x%20y.b.1%2E5 2 1700000000\np.m.k.%C3%A9__%C3%BC.z.%7Ea%3Bb%3Dc 0.25 1700000000\n\
            p.h_bucket.le.0%2E5 3 1700000000\np.h_bucket.le.1%2E0 4 1700000000\np.h_bucket.le.%2BInf 4 1700000000\n\
            p.h_sum 1.5 1700000000\np.h_count 4 1700000000\np.a%2Eb%3Bc 7 5\n";
        let tagged = "p.q.m;a=x%20y;b=1.5 2 1700000000\np.q.m;k=%C3%A9__%C3%BC;z=%7Ea%3Bb=c 0.25 1700000000\n\
            p.q.h_bucket;le=0.5 3 1700000000\np.q.h_bucket;le=1.0 4 1700000000\np.q.h_bucket;le=+Inf 4 1700000000\n\
            p.q.h_sum 1.5 1700000000\np.q.h_count 4 1700000000\np.q.a%2Eb%3Bc 7 5\n";
        for size in [60, 64, 256] {
            assert_eq!(written(lines, size), expected);
            assert_eq!(written(lines.prefix("p.q").tags(), size), tagged);
        }
    }

    /// One gauge for each of these values, alone and as two labels.
    struct Values<'a>(&'a [&'a str]);

    impl Collector for Values<'_> {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const M: Desc = Desc::gauge("m", "");
            let mut family = out.family(&M)?;
            for first in self.0 {
                for second in self.0 {
                    family.gauge(&[("a", *first), ("b", *second)], 1_u32)?;
                }
            }
            Ok(())
        }
    }

    #[test]
    fn distinct_series_have_distinct_paths() {
        let values = [
            "", "a", "a.b", "a_b", "a/b", "a b", "a%2Eb", "a%b", "a__b", "a.b.b.a", "a b b", "~a", "%7Ea", "a;b=a", "a=b", "é", "e\u{301}",
            "\n", "_", " ", "a;b", "%", "%25", "~", "*", "..", ".", "b", "A",
        ];
        for tags in [false, true] {
            let source = Values(&values);
            let lines = Graphite::new(&source, Timestamp::from_seconds(1));
            let text = written(if tags { lines.tags() } else { lines }, 256);
            let mut paths: std::vec::Vec<_> = text.lines().map(|line| line.strip_suffix(" 1 1").unwrap()).collect();
            assert!(paths.iter().all(|path| path.bytes().all(|byte| byte.is_ascii_graphic())), "{text}");
            paths.sort();
            paths.dedup();
            assert_eq!(paths.len(), values.len() * values.len(), "{text}");
        }
    }
}
