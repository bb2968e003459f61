//! Families as JSON, without rounding.

use std::collections::HashMap;
use std::fmt::{self, Display, Write};

use picometer::Kind;

use super::{Exemplar, Family, Labels, NativeBuckets, NativeHistogram, Number, Sample, Span, Time};

/// Shows families as a JSON array. Numbers that JSON cannot carry exactly are strings: an integer its digits, a finite double its
/// shortest decimal (`"0.5"`, `"1e+300"`), then `"NaN"`, `"+Inf"` and `"-Inf"`; `f64_bits` repeats a value as IEEE 754 has it.
/// A timestamp is `{"sec":-1,"nsec":-500000000}`, both of one sign, whatever the page counts in.
///
/// Samples have the names that they have on the page. A family has the name that OpenMetrics gives it, and the one on its page where
/// two would have one name. What is odd about a family, if anything, is said in `odd`, a list of sentences.
///
/// ```
/// use picometer_std::Kind;
/// use picometer_std::model::{Family, Json, Sample};
///
/// let mut up = Family::new("up", Kind::Gauge);
/// up.samples.push(Sample::new("up", [("job", "a")], 1_u64));
/// assert_eq!(
///     Json::new(&[up]).to_string(),
///     "[{\"name\":\"up\",\"type\":\"gauge\",\"help\":\"\",\"unit\":\"\",\
///      \"samples\":[{\"name\":\"up\",\"labels\":{\"job\":\"a\"},\
///      \"value\":\"1\",\"f64_bits\":\"0x3ff0000000000000\",\"timestamp\":null,\
///      \"exemplar\":null,\"native_histogram\":null}]}]"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Json<'a> {
    families: &'a [Family],
}

impl<'a> Json<'a> {
    /// Families from anywhere.
    pub const fn new(families: &'a [Family]) -> Self {
        Self { families }
    }
}

impl Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut names, mut pages): (HashMap<&str, usize>, HashMap<String, usize>) = Default::default();
        for family in self.families {
            *names.entry(&family.name).or_default() += 1;
            *pages.entry(family.page_name()).or_default() += 1;
        }
        let mut out = Writer { out: f };
        out.list('[', self.families, ']', |out, family| {
            let name = family.page_name();
            let pieces = pages.get(&name).is_some_and(|&count| count > 1);
            let shared = names.get(family.name.as_str()).is_some_and(|&count| count > 1);
            out.family(family, if shared { &name } else { &family.name }, pieces)
        })
    }
}

struct Writer<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
}

impl Writer<'_, '_> {
    fn list<T>(
        &mut self,
        open: char,
        items: impl IntoIterator<Item = T>,
        close: char,
        mut item: impl FnMut(&mut Self, T) -> fmt::Result,
    ) -> fmt::Result {
        self.out.write_char(open)?;
        for (index, next) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.write_char(',')?;
            }
            item(self, next)?;
        }
        self.out.write_char(close)
    }

    fn key(&mut self, key: &str) -> fmt::Result {
        write!(self.out, ",\"{key}\":")
    }

    fn family(&mut self, family: &Family, name: &str, pieces: bool) -> fmt::Result {
        self.out.write_str("{\"name\":")?;
        string(self.out, name)?;
        write!(self.out, ",\"type\":\"{}\"", type_name(family.kind))?;
        self.key("help")?;
        string(self.out, &family.help)?;
        self.key("unit")?;
        string(self.out, &family.unit)?;
        self.key("samples")?;
        self.list('[', &family.samples, ']', Self::sample)?;
        let odd = pieces.then_some("the family comes in pieces").into_iter().chain(family.odd()).collect::<Vec<_>>();
        if !odd.is_empty() {
            self.key("odd")?;
            self.list('[', odd, ']', |out, text| string(out.out, text))?;
        }
        self.out.write_char('}')
    }

    fn sample(&mut self, sample: &Sample) -> fmt::Result {
        self.out.write_str("{\"name\":")?;
        string(self.out, &sample.name)?;
        self.key("labels")?;
        self.labels(&sample.labels)?;
        self.key("value")?;
        match &sample.native_histogram {
            Some(_) => self.out.write_str("null,\"f64_bits\":null")?,
            None => {
                self.number(sample.value)?;
                write!(self.out, ",\"f64_bits\":\"{:#018x}\"", bits(sample.value.as_f64()))?;
            }
        }
        self.key("timestamp")?;
        self.time(sample.timestamp)?;
        self.key("exemplar")?;
        match &sample.exemplar {
            Some(exemplar) => self.exemplar(exemplar)?,
            None => self.out.write_str("null")?,
        }
        self.key("native_histogram")?;
        match &sample.native_histogram {
            Some(histogram) => self.native(histogram)?,
            None => self.out.write_str("null")?,
        }
        self.out.write_char('}')
    }

    fn labels(&mut self, labels: &Labels) -> fmt::Result {
        self.list('{', labels, '}', |out, (name, value)| {
            string(out.out, name)?;
            out.out.write_char(':')?;
            string(out.out, value)
        })
    }

    fn number(&mut self, number: Number) -> fmt::Result {
        match number {
            Number::Integer(value) => write!(self.out, "\"{value}\""),
            Number::Float(value) => write!(self.out, "\"{}\"", Shortest(value)),
        }
    }

    fn time(&mut self, time: Option<Time>) -> fmt::Result {
        let Some(time) = time else { return self.out.write_str("null") };
        match time.exact() {
            Some(moment) => {
                let (mut seconds, mut nanos) = (moment.seconds(), i64::from(moment.nanos()));
                // Both of one sign: half a second before the epoch is 0 and -500,000,000.
                if seconds < 0 && nanos > 0 {
                    (seconds, nanos) = (seconds + 1, nanos - 1_000_000_000);
                }
                write!(self.out, "{{\"sec\":{seconds},\"nsec\":{nanos}}}")
            }
            // Beyond 64 bits a double is whole.
            None => write!(self.out, "{{\"sec\":{:.0},\"nsec\":0}}", time.seconds()),
        }
    }

    fn exemplar(&mut self, exemplar: &Exemplar) -> fmt::Result {
        self.out.write_str("{\"labels\":")?;
        self.labels(&exemplar.labels)?;
        self.key("value")?;
        self.number(exemplar.value)?;
        self.key("timestamp")?;
        self.time(exemplar.timestamp)?;
        self.out.write_char('}')
    }

    fn native(&mut self, histogram: &NativeHistogram) -> fmt::Result {
        self.out.write_str("{\"count\":")?;
        self.number(histogram.count)?;
        write!(self.out, ",\"sum\":\"{}\",\"schema\":{}", Shortest(histogram.sum), histogram.schema)?;
        write!(self.out, ",\"zero_threshold\":\"{}\",\"zero_count\":", Shortest(histogram.zero_threshold))?;
        self.number(histogram.zero_count)?;
        self.key("positive_spans")?;
        self.spans(&histogram.positive_spans)?;
        self.key("negative_spans")?;
        self.spans(&histogram.negative_spans)?;
        self.buckets("positive", &histogram.positive)?;
        self.buckets("negative", &histogram.negative)?;
        self.key("exemplars")?;
        if histogram.exemplars.is_empty() {
            self.out.write_str("null")?;
        } else {
            self.list('[', &histogram.exemplars, ']', |out, exemplar| out.exemplar(exemplar))?;
        }
        self.out.write_char('}')
    }

    fn spans(&mut self, spans: &[Span]) -> fmt::Result {
        if spans.is_empty() {
            return self.out.write_str("null");
        }
        self.list('[', spans, ']', |out, span| write!(out.out, "[{},{}]", span.offset, span.length))
    }

    fn buckets(&mut self, side: &str, buckets: &NativeBuckets) -> fmt::Result {
        match buckets {
            NativeBuckets::Deltas(deltas) if deltas.is_empty() => write!(self.out, ",\"{side}_deltas\":null"),
            NativeBuckets::Deltas(deltas) => {
                write!(self.out, ",\"{side}_deltas\":")?;
                self.list('[', deltas, ']', |out, delta| write!(out.out, "{delta}"))
            }
            NativeBuckets::Counts(counts) => {
                write!(self.out, ",\"{side}_deltas\":null,\"{side}_counts\":")?;
                self.list('[', counts, ']', |out, &count| write!(out.out, "\"{}\"", Shortest(count)))
            }
        }
    }
}

/// The name of a type in OpenMetrics.
pub(crate) fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::GaugeHistogram => "gaugehistogram",
        Kind::Summary => "summary",
        Kind::Info => "info",
        Kind::StateSet => "stateset",
        _ => "unknown",
    }
}

fn bits(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() }
}

fn string(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\0'..='\x1f' => write!(out, "\\u{:04x}", u32::from(c))?,
            _ => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

/// The shortest decimal that reads back as the same double, with a point or an exponent: `1.0`, `1e+16`, `1e-05`.
struct Shortest(f64);

impl Display for Shortest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if value.is_nan() {
            return f.write_str("NaN");
        }
        if value.is_infinite() {
            return f.write_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        match exponent.parse::<i32>() {
            Ok(exponent) if !(-4..16).contains(&exponent) => {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(f, "{digits}e{sign}{:02}", exponent.unsigned_abs())
            }
            // As plain decimal, which `Debug` writes with a point always, and with an exponent from 1e16 up only.
            _ if value.abs() >= 1e-4 || value == 0.0 => write!(f, "{value:?}"),
            _ => f.write_str(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_decimals() {
        let table = [
            (0.5, "0.5"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1e5, "100000.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (1e-4, "0.0001"),
            (1.2e-5, "1.2e-05"),
            (5e-324, "5e-324"),
            (123_456_789.125, "123456789.125"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, text) in table {
            assert_eq!(Shortest(value).to_string(), text);
        }
    }

    #[test]
    fn moments_before_the_epoch() {
        let mut family = Family::new("a", Kind::Gauge);
        family.samples.push(Sample { timestamp: Some(picometer::Timestamp::from_millis(-1_500).into()), ..Sample::new("a", [], 1_u64) });
        let families = [family];
        assert!(Json::new(&families).to_string().contains("{\"sec\":-1,\"nsec\":-500000000}"));
    }
}
