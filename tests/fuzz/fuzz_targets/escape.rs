//! Names, labels and help of anything, in every format and scheme: the page has the lines that it should have, and what is read
//! from them is what went in.
//!
//! The input is fields between bytes 0xff: how it is to be exposed, then name, help, unit, and names and values of labels in turn.
#![no_main]

#[path = "parts/line.rs"]
mod line;
#[path = "parts/sink.rs"]
mod sink;

use libfuzzer_sys::fuzz_target;
use line::{Line, Sample, is_legacy};
use picometer::{
    Collector, Desc, DescParts, Encoder, Escaping, Exemplar, Exposition, Format, HistogramPoint, Kind, Label, LabelSet, Point, PointValue,
    Quantile, Registry, States, Stop, SummaryPoint, Timestamp,
};

const KINDS: [Kind; 8] =
    [Kind::Counter, Kind::Gauge, Kind::Unknown, Kind::Histogram, Kind::GaugeHistogram, Kind::Summary, Kind::Info, Kind::StateSet];
const FORMATS: [Format; 3] = [Format::Text004, Format::Text100, Format::OpenMetrics100];

/// Any number of labels.
struct Labels<'a>(Vec<(&'a str, &'a str)>);

impl LabelSet for Labels<'_> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.0.get(index).map(|&(name, value)| Label { name, value })
    }
}

/// A family of one metric, whose labels are its exemplar's, its facts and its states too.
struct Family<'a> {
    desc: Desc<'a>,
    labels: Labels<'a>,
    value: f64,
    timestamp: Option<Timestamp>,
}

/// Every value of a label is a state, the first of them true.
impl States for Family<'_> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.labels.0.get(index).map(|&(_, value)| (value, index == 0))
    }
}

impl Collector for Family<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let exemplar = Exemplar::new(&self.labels, self.value);
        let exemplar = self.timestamp.map_or(exemplar, |moment| exemplar.at(moment));
        let quantiles = [Quantile { quantile: 0.5.into(), value: self.value.into() }];
        let sum = self.value.into();
        let histogram = HistogramPoint { counts: &[1, 2], beyond: 3, sum: Some(sum), bounds: &[0.5, 1.0], exemplars: None };
        let point = Point::new(match self.desc.kind() {
            Kind::Histogram | Kind::GaugeHistogram => PointValue::Histogram(histogram),
            Kind::Summary => PointValue::Summary(SummaryPoint { quantiles: &quantiles, count: 7, sum }),
            Kind::Info => PointValue::Info(&self.labels),
            Kind::StateSet => PointValue::StateSet(self),
            _ => PointValue::Number { value: self.value.into(), exemplar: Some(&exemplar) },
        });
        out.family(&self.desc)?.point(&self.labels, &self.timestamp.map_or(point, |moment| point.at(moment)))
    }
}

/// A name under a scheme, as the specification has it (Y1 to Y4, and the letter of `dots` for names that are legal already).
fn escaped(name: &str, scheme: Escaping, colon: bool) -> String {
    let name = if name.is_empty() { "_" } else { name };
    let legal = |(index, c): (usize, char)| c.is_ascii_alphabetic() || c == '_' || (colon && c == ':') || (index > 0 && c.is_ascii_digit());
    let chars = name.chars().enumerate();
    match scheme {
        Escaping::AllowUtf8 => name.into(),
        Escaping::Underscores => chars.map(|at| if legal(at) { at.1 } else { '_' }).collect(),
        Escaping::Dots => chars.fold(String::new(), |text, at| match at.1 {
            '.' => text + "_dot_",
            '_' => text + "__",
            c if legal(at) => text + &c.to_string(),
            _ => text + "__",
        }),
        Escaping::Values if is_legacy(name, colon) => name.into(),
        Escaping::Values => chars.fold("U__".into(), |text, at| match at.1 {
            '_' => text + "__",
            c if legal(at) => text + &c.to_string(),
            c => text + &format!("_{:x}_", u32::from(c)),
        }),
    }
}

/// The name of a sample, or of the family without a suffix. A suffix is never rewritten.
fn name_of(family: &Family<'_>, prefix: &str, suffix: &str, scheme: Escaping) -> String {
    escaped(&format!("{prefix}{}", family.desc.family()), scheme, true) + suffix
}

/// The samples that a page of the family should have, in order.
fn samples(family: &Family<'_>, prefix: &str, format: Format, scheme: Escaping) -> Vec<Sample> {
    let open_metrics = format == Format::OpenMetrics100;
    let own: Vec<(String, String)> = family.labels.0.iter().map(|&(name, value)| (escaped(name, scheme, false), value.into())).collect();
    let timestamp = family.timestamp.map(|moment| match open_metrics {
        true => moment.seconds() as f64 + f64::from(moment.nanos()) / 1e9,
        false => moment.millis() as f64,
    });
    let sample = |suffix: &str, extra: &[(&str, &str)], value: f64| {
        let name = name_of(family, prefix, suffix, scheme);
        let extra = extra.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Sample { name, labels: own.iter().cloned().chain(extra).collect(), value, timestamp, exemplar: None }
    };
    let (value, name) = (family.value, escaped(&format!("{prefix}{}", family.desc.name()), scheme, false));
    match family.desc.kind() {
        Kind::Counter => {
            let exemplar = open_metrics.then(|| (own.clone(), value, timestamp));
            vec![Sample { exemplar, ..sample("_total", &[], value) }]
        }
        Kind::Info => {
            let facts: Vec<_> = own.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            vec![sample("_info", &facts, 1.0)]
        }
        Kind::StateSet => {
            let states = family.labels.0.iter().enumerate();
            states.map(|(index, (_, state))| sample("", &[(&name, state)], f64::from(u8::from(index == 0)))).collect()
        }
        // Neither may be negative in OpenMetrics, and a sum is a number.
        Kind::Summary if open_metrics && value < 0.0 => vec![sample("_count", &[], 7.0)],
        Kind::Summary if open_metrics && value.is_nan() => vec![sample("", &[("quantile", "0.5")], value), sample("_count", &[], 7.0)],
        Kind::Summary => vec![sample("", &[("quantile", "0.5")], value), sample("_sum", &[], value), sample("_count", &[], 7.0)],
        kind @ (Kind::Histogram | Kind::GaugeHistogram) => {
            let bucket = |le: &str, count| sample("_bucket", &[("le", le)], count);
            let (sum, count) = if kind == Kind::Histogram { ("_sum", "_count") } else { ("_gsum", "_gcount") };
            let mut samples =
                vec![bucket("0.5", 1.0), bucket("1.0", 3.0), bucket("+Inf", 6.0), sample(sum, &[], value), sample(count, &[], 6.0)];
            if kind == Kind::GaugeHistogram && !open_metrics {
                samples.swap(3, 4);
            }
            // Without bounds below zero, OpenMetrics forbids such a sum, and the count beside it.
            if open_metrics && (value < 0.0 || value.is_nan()) {
                samples.truncate(3);
            }
            samples
        }
        _ => vec![sample("", &[], value)],
    }
}

/// Floats of a page are exact, and no `NaN` is another's.
fn same(found: &Sample, expected: &Sample) -> bool {
    let float = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
    let moment = |a: Option<f64>, b: Option<f64>| a.zip(b).map_or(a == b, |(a, b)| (a - b).abs() <= 1e-6 * a.abs().max(1.0));
    let exemplar = match (&found.exemplar, &expected.exemplar) {
        (Some(a), Some(b)) => a.0 == b.0 && float(a.1, b.1) && moment(a.2, b.2),
        (a, b) => a.is_none() && b.is_none(),
    };
    let values = float(found.value, expected.value) && moment(found.timestamp, expected.timestamp);
    exemplar && values && (&found.name, &found.labels) == (&expected.name, &expected.labels)
}

fuzz_target!(|data: &[u8]| {
    let fields: Vec<String> = data.split(|&byte| byte == 0xff).map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let field = |index: usize| fields.get(index).map_or("", String::as_str);
    let control = |index: usize| usize::from(field(0).as_bytes().get(index).copied().unwrap_or(0));
    let kind = KINDS[control(0) % KINDS.len()];
    let (format, scheme) = (FORMATS[control(1) % FORMATS.len()], Escaping::ALL[control(2) % Escaping::ALL.len()]);
    let prefix = if control(3) % 2 == 1 { "p_" } else { "" };
    let timestamp = (control(4) % 2 == 1).then(|| Timestamp::new(control(5) as i64 * 12_345 - 1_000_000, control(6) as u32 * 3_906_250));
    let value = [0.0, -1.5, 1e300, f64::NAN, f64::INFINITY, 0.1, 123_456_789.0, f64::NEG_INFINITY][control(7) % 8];
    let suffix = kind.suffix();
    let name = format!("{}{suffix}", field(1));
    let parts = DescParts { name: &name, help: field(2), unit: field(3), utf8: true, ..DescParts::new(kind) };
    let Ok(desc) = Desc::try_new(parts) else { return };
    let labels = fields.get(4..).unwrap_or(&[]).chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    let family = Family { desc, labels: Labels(labels), value, timestamp };
    let members: [&dyn Collector; 1] = [&family];
    let registry = Registry::new(&members).prefix(prefix);
    let page = Exposition::new(&registry, format).escaping(scheme);
    let text = sink::text(&page);
    // What a scraper would refuse is left out and counted, as a label that the type has itself.
    if text.lines().any(|line| line.starts_with("picometer_") && line.contains("failures_total{")) {
        return;
    }

    let open_metrics = format == Format::OpenMetrics100;
    let lines: Vec<Line> = text.strip_suffix('\n').unwrap().split('\n').map(|line| Line::read(line, open_metrics)).collect();
    let expected = samples(&family, prefix, format, scheme);
    let (mut found, mut comments) = (Vec::new(), Vec::new());
    for line in &lines {
        match line {
            Line::Sample(sample) => found.push(sample),
            Line::Comment { keyword, name, text } => comments.push((keyword.as_str(), name.as_str(), text.as_str())),
            Line::Eof => assert!(open_metrics),
        }
    }
    assert_eq!(matches!(lines.last(), Some(Line::Eof)), open_metrics);
    assert!(found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| same(a, b)), "{text}\n{found:#?}\n{expected:#?}");
    // A gauge histogram is three families in text.
    let families = if kind == Kind::GaugeHistogram && !open_metrics { 3 } else { 1 };
    let in_name = if matches!(kind, Kind::Counter | Kind::Info) && !open_metrics { suffix } else { "" };
    let named = name_of(&family, prefix, in_name, scheme);
    for (keyword, text) in [("HELP", desc.help()), ("UNIT", if open_metrics { desc.unit_name() } else { "" })] {
        let all: Vec<_> = comments.iter().filter(|comment| comment.0 == keyword).collect();
        assert_eq!(all.len(), if text.is_empty() { 0 } else { families });
        assert!(all.iter().all(|comment| comment.2 == text) && all.first().is_none_or(|comment| comment.1 == named), "{comments:?}");
    }
    assert_eq!(comments.iter().filter(|comment| comment.0 == "TYPE").count(), families);

    // In pieces it is the same, and as long as it said.
    assert_eq!(page.content_length(), text.len() as u64);
    let longest = text.split_inclusive('\n').map(str::len).max().unwrap();
    assert_eq!(page.longest_line(), longest);
    let (mut pieces, mut filled) = (page, Vec::new());
    while !pieces.is_done() {
        let mut buffer = vec![0xff; longest];
        let len = pieces.fill(&mut buffer).unwrap();
        filled.extend_from_slice(&buffer[..len]);
    }
    assert_eq!(filled, text.as_bytes());
});
