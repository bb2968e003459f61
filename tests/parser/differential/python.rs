//! The Python client's two parsers.

use std::process::Command;

use picometer_std::model::{self, Family};
use serde_json::Value;

use super::pages::{Media, Page};
use crate::peers::{self, Folder};

/// The samples that it read.
pub type Verdict = Vec<Sample>;

#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub value: f64,
    pub timestamp: Option<f64>,
}

const PROGRAM: &str = "
import json, math, sys
from prometheus_client.openmetrics import parser as om
from prometheus_client import parser as text
def number(value):
    return None if value is None else repr(float(value))
verdicts = []
for media, page in json.load(open(sys.argv[1])):
    read = om.text_string_to_metric_families if media == 'openmetrics' else text.text_string_to_metric_families
    try:
        verdicts.append([[s.name, sorted((s.labels or {}).items()), number(s.value), number(s.timestamp)] for f in read(page) for s in f.samples])
    except Exception:
        verdicts.append(None)
print(json.dumps(verdicts))
";

/// What it read of each page; a visible skip without it.
pub fn verdicts(pages: &[Page]) -> Option<Vec<Option<Verdict>>> {
    let python = peers::python()?;
    let folder = Folder::new("python-readers");
    let named = |page: &Page| (if page.media == Media::Text { "text" } else { "openmetrics" }, page.text.clone());
    let input = serde_json::to_string(&pages.iter().map(named).collect::<Vec<_>>()).unwrap();
    let (program, input) = (folder.write("verdicts.py", PROGRAM), folder.write("pages.json", input));
    let output = Command::new(python).arg(program).arg(input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verdicts: Vec<Option<Vec<Value>>> = serde_json::from_slice(&output.stdout).unwrap();
    Some(verdicts.into_iter().map(|read| read.map(|samples| samples.iter().map(sample).collect())).collect())
}

fn sample(value: &Value) -> Sample {
    let text = |value: &Value| value.as_str().expect("text").to_string();
    let number = |value: &Value| value.as_str().map(|text| text.parse::<f64>().expect("a double"));
    let labels = value[1].as_array().expect("labels").iter().map(|label| (text(&label[0]), text(&label[1]))).collect();
    // A native histogram has no value.
    Sample { name: text(&value[0]), labels, value: number(&value[2]).unwrap_or(f64::NAN), timestamp: number(&value[3]) }
}

/// Whether both have the same samples, in any order: those behind a header that is not theirs are a family of their own for us.
pub fn is_same(families: &[Family], theirs: &Verdict) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut ours: Vec<_> = families.iter().flat_map(|family| &family.samples).collect();
    if ours.len() != theirs.len() {
        // In OpenMetrics the client gives the first sample of a series and moment.
        ours.retain(|sample| seen.insert(format!("{} {:?} {:?}", sample.name, sample.labels.sorted(), sample.timestamp)));
    }
    let mut theirs: Vec<_> = theirs.iter().collect();
    let mut is_there = |sample: &model::Sample| {
        let found = theirs.iter().position(|other| is_same_sample(sample, other));
        found.map(|at| theirs.remove(at)).is_some()
    };
    ours.iter().all(|sample| is_there(sample)) && theirs.is_empty()
}

fn is_same_sample(sample: &model::Sample, other: &Sample) -> bool {
    // The client gives a counter of a text page its suffix.
    let name = other.name == *sample.name || other.name.strip_suffix("_total") == Some(&*sample.name);
    let labels: Vec<(String, String)> = sample.labels.sorted().into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let value = sample.native_histogram.is_some()
        || other.value.is_nan() && sample.value.is_nan()
        || other.value.to_bits() == sample.value.as_f64().to_bits()
        // An integer of the client's has no minus zero.
        || other.value == 0.0 && sample.value.as_f64() == 0.0;
    // The hidden digits of a moment are those of a double in the client.
    let time = match (sample.timestamp, other.timestamp) {
        (Some(own), Some(other)) => (own.seconds() - other).abs() <= other.abs() * 1e-15,
        (own, other) => own.is_none() && other.is_none(),
    };
    name && labels == other.labels && value && time
}
