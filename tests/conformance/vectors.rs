//! Single answers of the reference: the text of floats, names under each scheme, negotiated formats.

use picometer::http::Negotiated;
use picometer::{
    Collector, Desc, DescParts, Encoder, Escaping, Exposition, Format, Kind, Label, LabelSet, Metric, Number, Point, SeriesEncoder, Stop,
};
use serde_json::Value;

use crate::fixture::{page, text};

/// Every answer to questions of one kind, as arguments and result; and how many there must be.
fn answers(function: &str, count: usize) -> Vec<(Vec<Value>, Value)> {
    let rows = include_str!("vectors/misc.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rows = rows.filter(|row| row["fn"] == function).map(|row| (row["args"].as_array().unwrap().clone(), row["result"].clone()));
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), count);
    rows
}

/// Where our answer is another than the reference's: what it is, and why.
type Exceptions<'a> = &'a [(&'a str, &'a str, &'a str)];

/// Compares answers. One that is on the list of exceptions must be the one that is given there, and not the reference's.
fn compare(exceptions: Exceptions<'_>, answers: impl IntoIterator<Item = (String, String, String)>) {
    let mut used = vec![false; exceptions.len()];
    for (question, ours, theirs) in answers {
        match exceptions.iter().position(|exception| exception.0 == question) {
            Some(at) => {
                used[at] = true;
                let (_, expected, why) = exceptions[at];
                assert_eq!(ours, expected, "{question}: {why}");
                assert_ne!(ours, theirs, "{question} is no exception any more: {why}");
            }
            None => assert_eq!(ours, theirs, "{question}"),
        }
    }
    for (exception, used) in exceptions.iter().zip(used) {
        assert!(used, "no test asks {}", exception.0);
    }
}

/// A sample whose value is written as OpenMetrics writes floats, which is what the reference does in every format.
struct Reading(f64);

impl picometer::Cell for Reading {
    const KIND: Kind = Kind::Gauge;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.number(self.0)
    }
}

#[test]
fn floats_are_written_as_the_reference_writes_them() {
    static DESC: Desc = Desc::gauge("g", "");
    let exceptions: Exceptions<'_> =
        &[("-0.0", "0.0", "there is one zero (F4)"), ("-1e6", "-1e+06", "the reference forgets exponents of negative numbers")];
    let answers = answers("floatToGoString", 28).into_iter().map(|(args, result)| {
        let question = args[0].as_str().unwrap().to_owned();
        let value: f64 = question.parse().unwrap();
        let page = page(&Metric::from_cell(&DESC, Reading(value)), Format::OpenMetrics100);
        let ours = page.lines().find_map(|line| line.strip_prefix("g ")).unwrap().to_owned();
        // Text writes whole numbers without a point, and nothing else otherwise.
        let text = Number::from(value).text();
        assert_eq!(ours.strip_suffix(".0").unwrap_or(&ours), text.as_str());
        (question, ours, result.as_str().unwrap().to_owned())
    });
    compare(exceptions, answers);
}

fn scheme(token: &Value) -> Escaping {
    Escaping::ALL.into_iter().find(|scheme| token == scheme.token()).unwrap()
}

/// A metric of any name, with one label of any name.
struct Named<'a> {
    desc: Desc<'a>,
    label: &'a str,
}

impl LabelSet for Named<'_> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        (index == 0 && self.label != "none").then_some(Label { name: self.label, value: "" })
    }
}

impl Collector for Named<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        out.family(&self.desc)?.point(self, &Point::number(1_u32))
    }
}

#[test]
fn metric_names_are_escaped_as_the_reference_escapes_them() {
    let answers = answers("escape_metric_name", 78).into_iter().filter_map(|(args, result)| {
        let (name, scheme) = (args[0].as_str().unwrap(), scheme(&args[1]));
        let Ok(desc) = Desc::try_new(DescParts { name, utf8: true, ..DescParts::new(Kind::Gauge) }) else {
            assert_eq!(name, "", "an empty name is the only one that is none");
            return None;
        };
        let page = text(&Exposition::new(&Named { desc, label: "none" }, Format::Text100).escaping(scheme));
        let line = page.lines().find_map(|line| line.strip_prefix("# TYPE ")).unwrap();
        let ours = line.strip_suffix(" gauge").unwrap().to_owned();
        // In front of the value is the same name, inside of braces if it is in quotes.
        let sample = if ours.starts_with('"') { format!("\n{{{ours}}} 1\n") } else { format!("\n{ours} 1\n") };
        assert!(page.ends_with(&sample), "{page}");
        Some((format!("{name} {}", scheme.token()), ours, result.as_str().unwrap().to_owned()))
    });
    compare(&[], answers);
}

#[test]
fn label_names_are_escaped_as_the_reference_escapes_them() {
    let exceptions: Exceptions<'_> = &[
        (" allow-utf-8", "_", "a label without a name breaks the line"),
        (" dots", "__", "a label without a name breaks the line"),
        ("__name__ allow-utf-8", "__name__", "what is legal needs no quotes"),
        ("__x allow-utf-8", "__x", "what is legal needs no quotes"),
        ("__ values", "__", "what is legal needs no escape"),
    ];
    let answers = answers("escape_label_name", 77).into_iter().map(|(args, result)| {
        let (name, scheme) = (args[0].as_str().unwrap(), scheme(&args[1]));
        let named = Named { desc: Desc::gauge("g", ""), label: name };
        let page = text(&Exposition::new(&named, Format::Text100).escaping(scheme));
        let line = page.lines().last().unwrap();
        let ours = line.strip_prefix("g{").and_then(|line| line.strip_suffix("=\"\"} 1")).unwrap().to_owned();
        (format!("{name} {}", scheme.token()), ours, result.as_str().unwrap().to_owned())
    });
    compare(exceptions, answers);
}

#[test]
fn formats_are_negotiated_as_the_reference_does() {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    let asked = "a scheme is named if the scraper names one (O1)";
    let exceptions: Exceptions<'_> = &[
        ("application/openmetrics-text;version=1.0.0", OPEN_METRICS, asked),
        ("application/openmetrics-text;version=1.0.0;escaping=bogus", OPEN_METRICS, asked),
        ("Application/OpenMetrics-Text;version=1.0.0", OPEN_METRICS, "the case of a media type says nothing (RFC 9110, 8.3.1)"),
        ("application/openmetrics-text;version=1.0.0;q=0,text/plain;q=1", TEXT, "q=0 is not acceptable (RFC 9110, 12.4.2)"),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\
             application/openmetrics-text;version=1.0.0;q=0.6",
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
            "the reference has no protobuf",
        ),
        (
            "application/openmetrics-text; version=1.0.0; ESCAPING=dots",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots",
            "the case of the name of a parameter says nothing (RFC 9110, 5.6.6)",
        ),
    ];
    let answers = answers("choose_encoder", 19).into_iter().map(|(args, result)| {
        let header = args[0].as_str().unwrap_or("");
        (header.to_owned(), Negotiated::from_accept(header).content_type().to_string(), result["content_type"].as_str().unwrap().to_owned())
    });
    compare(exceptions, answers);
}
