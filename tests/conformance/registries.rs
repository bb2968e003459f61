//! Whole registries of the reference, and the pages that it makes of them: a scraper reads the same from ours.

use std::panic::catch_unwind;

use picometer::{Collector, Escaping, Exposition, Format, Registry, Timestamp};
use serde_json::Value;

use crate::fixture::text;
use crate::line::{Line, Sample};
use crate::neutral::{self, Family};

/// What the reference writes and we do not, or the other way round: case, what the name of the family starts with, why.
/// Of every one of them something must differ.
const EXCEPTIONS: [(&str, &str, &str); 6] = [
    ("timestamp_negative_fraction", "g", "the reference takes half a second before zero for one and a half"),
    ("counter_exemplar", "c", "the reference does not escape the label names of exemplars"),
    ("counter_reset", "c", "the reference keeps the exemplar of what it has forgotten"),
    ("histogram_nan_inf_observations", "a", "the reference adds NaN to the sum and does not count it"),
    ("histogram_nan_inf_observations", "b", "the reference adds infinities to the sum, which then is not a number for ever"),
    ("raw_unit_and_types", "m_summary_seconds", "a summary without a sum has one of zero"),
];

/// What a scraper knows of a sample.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    sample: Sample,
    family: String,
    kind: String,
    help: String,
    unit: String,
}

/// What a scraper reads from a page; panics where it is none.
fn read(page: &str, open_metrics: bool) -> Vec<Known> {
    let (mut family, mut kind, mut help, mut unit) = (String::new(), String::new(), String::new(), String::new());
    let mut known = Vec::new();
    for line in page.strip_suffix('\n').expect("a last line that ends").split('\n') {
        match Line::read(line, open_metrics) {
            Line::Eof => assert!(open_metrics),
            Line::Comment { keyword, name, text } => {
                if name != family {
                    (family, kind, help, unit) = (name, String::new(), String::new(), String::new());
                }
                *match &*keyword {
                    "TYPE" => &mut kind,
                    "HELP" => &mut help,
                    "UNIT" => &mut unit,
                    _ => panic!("{keyword}"),
                } = text;
            }
            Line::Sample(mut sample) => {
                assert!(sample.name.starts_with(&family), "{sample:?} under the header of {family}");
                sample.labels.sort();
                let [family, kind, help, unit] = [&family, &kind, &help, &unit].map(String::clone);
                known.push(Known { sample, family, kind, help, unit });
            }
        }
    }
    // The order of samples says nothing.
    known.sort_by(|a, b| (&a.sample.name, &a.sample.labels).cmp(&(&b.sample.name, &b.sample.labels)));
    known
}

/// Both are the same to a scraper: `NaN` is `NaN`, and timestamps are read as floats.
fn same(ours: &[Known], theirs: &[Known]) -> bool {
    let float = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
    let moment = |a: Option<f64>, b: Option<f64>| a.zip(b).map_or(a == b, |(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0));
    let exemplar = |a: &Sample, b: &Sample| match (&a.exemplar, &b.exemplar) {
        (Some(a), Some(b)) => a.0.iter().all(|label| b.0.contains(label)) && a.0.len() == b.0.len() && a.1 == b.1 && moment(a.2, b.2),
        (a, b) => a.is_none() && b.is_none(),
    };
    let one = |a: &Known, b: &Known| {
        (&a.sample.name, &a.sample.labels, &a.family, &a.kind) == (&b.sample.name, &b.sample.labels, &b.family, &b.kind)
            && (&a.help, &a.unit) == (&b.help, &b.unit)
            && float(a.sample.value, b.sample.value)
            && moment(a.sample.timestamp, b.sample.timestamp)
            && exemplar(&a.sample, &b.sample)
    };
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| one(a, b))
}

fn moment(clock: &Value) -> Timestamp {
    neutral::moment(clock.to_string().parse().unwrap())
}

/// A page of the reference, also where it is another's; the reason if it is wrong.
fn page_of<'a>(case: &'a Value, output: &'a str) -> (&'a Value, Option<&'a str>) {
    let outputs = &case["outputs"];
    let output = outputs[output]["same_as"].as_str().unwrap_or(output);
    (&outputs[output], case["python_wrong"][output].as_str())
}

/// What follows the name of a family.
const SUFFIXES: [&str; 8] = ["_total", "_created", "_info", "_bucket", "_sum", "_count", "_gsum", "_gcount"];

/// Takes back that the reference rewrites what follows the name of a family too, which then follows it no more (reference behaviour,
/// D3), where that makes it a name of ours. How often that was so.
fn mend(theirs: &mut [Known], ours: &[Known]) -> usize {
    let mended = |name: &str| SUFFIXES.iter().find_map(|suffix| Some(format!("{}{suffix}", name.strip_suffix(suffix)?.strip_suffix('_')?)));
    let mut count = 0;
    for known in theirs {
        if let Some(name) = mended(&known.sample.name).filter(|name| ours.iter().any(|ours| ours.sample.name == *name)) {
            // In text, the name of the family may have a suffix too.
            if known.family == known.sample.name {
                known.family.clone_from(&name);
            }
            known.sample.name = name;
            count += 1;
        }
    }
    count
}

#[test]
fn a_scraper_reads_what_it_reads_from_the_reference() {
    let cases: Vec<Value> = include_str!("vectors/exposition.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(cases.len(), 23);
    let (mut compared, mut wrong, mut mended, mut used) = (0, 0, 0, [false; EXCEPTIONS.len()]);
    for case in &cases {
        let families: Vec<Family> = case["registry"].as_array().unwrap().iter().map(|metric| neutral::family(metric, case)).collect();
        let members: Vec<&dyn Collector> = families.iter().map(|family| family as &dyn Collector).collect();
        let registry = Registry::new(&members);
        for (name, format) in [("text", Format::Text004), ("om1", Format::OpenMetrics100)] {
            for scheme in Escaping::ALL {
                let output = format!("{name}:{}", scheme.token());
                let of = format!("{} {output}", case["id"]);
                let open_metrics = format == Format::OpenMetrics100;
                let mut page = Exposition::new(&registry, format).escaping(scheme);
                if case["created"] == true {
                    page = page.started(moment(&case["clock"]));
                }
                let page = text(&page);
                let ours = read(&page, open_metrics);
                let (theirs, reason) = page_of(case, &output);
                let Some(body) = theirs["body"].as_str() else {
                    // The reference fails: exemplars are for counters and buckets only, and ours leaves that one out (O24).
                    assert_eq!((&case["id"], ours.len()), (&"exemplar_on_gauge_fails".into(), 1));
                    continue;
                };
                if let Some(reason) = reason {
                    let equal = catch_unwind(|| read(body, open_metrics)).is_ok_and(|theirs| same(&ours, &theirs));
                    // Two families with one name in a scheme are what `check` is for; and where every name is escaped, those that the
                    // reference should not have escaped are not there.
                    let unconcerned = registry.check().is_err() || ours.iter().all(|known| known.family.starts_with("U__"));
                    assert!(!equal || unconcerned, "{of} is right: {reason}\n{page}");
                    wrong += 1;
                    continue;
                }
                let mut theirs = read(body, open_metrics);
                // In text, moments of creation are gauges of their own in the reference; ours are for OpenMetrics.
                theirs.retain(|known| open_metrics || !known.family.ends_with("_created"));
                mended += mend(&mut theirs, &ours);
                let (mut left, mut right) = (ours.clone(), theirs.clone());
                for (exception, used) in EXCEPTIONS.iter().zip(&mut used).filter(|(exception, _)| case["id"] == exception.0) {
                    let concerns = |known: &Known| known.family.replace("__", "_").starts_with(exception.1);
                    let of_exception = |known: &[Known]| known.iter().filter(|known| concerns(known)).cloned().collect::<Vec<_>>();
                    *used |= !same(&of_exception(&ours), &of_exception(&theirs));
                    left.retain(|known| !concerns(known));
                    right.retain(|known| !concerns(known));
                }
                assert!(
                    same(&left, &right),
                    "{of}
{page}
{body}
{left:#?}
{right:#?}"
                );
                compared += 1;
            }
        }
    }
    for (exception, used) in EXCEPTIONS.iter().zip(used) {
        assert!(used, "{exception:?} is no exception any more");
    }
    assert!(mended > 0, "the reference keeps what follows the name of a family");
    assert_eq!((compared, wrong), (142, 38), "pages that are right, and wrong");
}
