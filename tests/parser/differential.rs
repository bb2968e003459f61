//! Other readers' verdicts on the same pages: the Python client's two parsers, promtool, and Go's expfmt.

mod expfmt;

use std::process::Command;

use picometer_std::parse::{self, Dialect, Rules};

use crate::peers::{self, Folder, promtool_check};

/// Pages that are right for everybody, and pages that are wrong for everybody.
const TEXT: &[&str] = &[
    "a 1\n",
    "a{b=\"c\"} 1.5\n",
    "# TYPE a gauge\na NaN\n",
    "a{b=\"c\",} 1\n",
    "a{b=\"\\\\\\\"\\n\"} 1 5\n",
    "# HELP a b\\n\n# TYPE a counter\na 1\n",
    "a\n",
    "a b\n",
    "a{b=c} 1\n",
    "a{b=\"c} 1\n",
    "a{b} 1\n",
    "# TYPE a what\na 1\n",
    "a{1b=\"c\"} 1\n",
    "a-b 1\n",
    "{} 1\n",
    "a 0x10\n",
];

const OPEN_METRICS: &[&str] = &[
    "a 1\n# EOF\n",
    "# TYPE a counter\na_total 1 # {b=\"c\"} 1 1.5\n# EOF\n",
    "# TYPE a info\na_info{b=\"c\"} 1\n# EOF\n",
    "# TYPE a histogram\na_bucket{le=\"1.0\"} 0\na_bucket{le=\"+Inf\"} 3\na_count 3\na_sum 2\n# EOF\n",
    "# TYPE a stateset\na{a=\"x\"} 1\na{a=\"y\"} 0\n# EOF\n",
    "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 1\na_count 1\n# EOF\n",
    "a 1\n",
    "a 1\n# EOF\nb 1\n",
    "a  1\n# EOF\n",
    "# TYPE a counter\na 1\n# EOF\n",
    "# TYPE a gauge\na 1 # {} 1\n# EOF\n",
    "a{b=\"c\",} 1\n# EOF\n",
    "# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n# EOF\n",
    "a 1 NaN\n# EOF\n",
    "\n# EOF\n",
];

const PROGRAM: &str = "
import json, sys
from prometheus_client.openmetrics import parser as om
from prometheus_client import parser as text
verdicts = []
for dialect, page in json.load(open(sys.argv[1])):
    read = om.text_string_to_metric_families if dialect == 'openmetrics' else text.text_string_to_metric_families
    try:
        verdicts.append([[s.name, sorted(s.labels.items()), repr(float(s.value))] for f in read(page) for s in f.samples])
    except Exception:
        verdicts.append(None)
print(json.dumps(verdicts))
";

#[test]
fn python() {
    let Some(python) = peers::python() else { return };
    let folder = Folder::new("python-parsers");
    let pages: Vec<_> = TEXT.iter().map(|page| ("text", page)).chain(OPEN_METRICS.iter().map(|page| ("openmetrics", page))).collect();
    let (program, input) = (folder.write("verdicts.py", PROGRAM), folder.write("pages.json", serde_json::to_string(&pages).unwrap()));
    let output = Command::new(python).arg(program).arg(input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verdicts: Vec<Option<Vec<serde_json::Value>>> = serde_json::from_slice(&output.stdout).unwrap();
    for ((dialect, page), verdict) in pages.iter().zip(verdicts) {
        let dialect = if *dialect == "text" { Dialect::Text100 } else { Dialect::OpenMetrics100 };
        let ours = parse::families(page, dialect, Rules::STRICT).ok();
        assert_eq!(ours.is_some(), verdict.is_some(), "{page:?}");
        let (Some(ours), Some(theirs)) = (ours, verdict) else { continue };
        for (sample, other) in ours.iter().flat_map(|family| &family.samples).zip(&theirs) {
            // The Python client gives a counter of a text page its suffix.
            assert!(other[0].as_str().unwrap().starts_with(&*sample.name), "{page:?}");
            let labels: Vec<_> = sample.labels.sorted().iter().map(|(name, value)| serde_json::json!([name, value])).collect();
            assert_eq!(other[1], serde_json::Value::from(labels), "{page:?}");
            let theirs: f64 = other[2].as_str().unwrap().parse().unwrap();
            assert!(theirs == sample.value.as_f64() || theirs.is_nan() && sample.value.is_nan(), "{page:?}");
        }
        assert_eq!(ours.iter().map(|family| family.samples.len()).sum::<usize>(), theirs.len(), "{page:?}");
    }
}

/// Real pages, of which promtool takes as text what strict reading takes.
#[test]
fn promtool_agrees_on_real_pages() {
    let Some(pages) = crate::pages::real() else { return };
    let mut agreed = 0;
    for (name, page) in &pages {
        let Some(verdict) = promtool_check(page) else { return };
        let ours = parse::families(page, Dialect::Text004, Rules::STRICT);
        let read = verdict.as_ref().map_or_else(|said| !said.contains("parsing error"), |()| true);
        assert_eq!(ours.is_ok(), read, "{name}: {ours:?} {verdict:?}");
        agreed += 1;
    }
    println!("promtool and strict text agree on {agreed} of {} real pages", pages.len());
}

#[test]
fn promtool() {
    // One page at a time, as promtool stops at the first that is wrong.
    for page in TEXT {
        let Some(verdict) = promtool_check(page) else { return };
        let ours = parse::families(page, Dialect::Text004, Rules::STRICT);
        // Problems of style are none of syntax.
        let read = verdict.as_ref().map_or_else(|said| !said.contains("parsing error"), |()| true);
        assert_eq!(ours.is_ok(), read, "{page:?}: {ours:?} {verdict:?}");
    }
}
