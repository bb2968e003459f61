//! Pages of one of everything, read by promtool and by Python.

use std::path::Path;
use std::process::Command;

use picometer::{Escaping, Exposition, Format, Timestamp};

use crate::fixture::{self, Fixture};
use crate::peers::{self, Folder, python};

fn page(format: Format, escaping: Escaping) -> String {
    Fixture::filled().with_registry(|registry| {
        let page = Exposition::new(registry, format).escaping(escaping).started(Timestamp::from_seconds(1_520_430_000));
        fixture::text(&page)
    })
}

/// What lint there is comes from the fixture's metrics without help.
fn without_help(verdict: &Result<(), String>) -> bool {
    verdict.as_ref().err().is_none_or(|said| said.lines().all(|line| line.ends_with(" no help text")))
}

#[test]
fn promtool_reads_the_text_format() {
    for escaping in [Escaping::Underscores, Escaping::Dots, Escaping::Values] {
        let Some(verdict) = peers::promtool_check(&page(Format::Text004, escaping)) else { return };
        assert!(without_help(&verdict), "{escaping:?}: {verdict:?}");
    }
    let Some(verdict) = peers::promtool_check("a 1\nb{ 2\n") else { return };
    assert!(!without_help(&verdict), "promtool finds no fault");
}

/// Prints each sample as a line: family, type, unit, name, labels in order, value, time, exemplar's labels.
const READ: &str = r#"
import sys, json
from prometheus_client.parser import text_string_to_metric_families as text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
for family in {"text": text, "open_metrics": open_metrics}[sys.argv[1]](open(sys.argv[2], newline="").read()):
    for s in family.samples:
        time = None if s.timestamp is None else float(s.timestamp)
        exemplar = None if s.exemplar is None else sorted(s.exemplar.labels.items())
        print(json.dumps([family.name, family.type, family.unit, s.name, sorted(s.labels.items()), repr(float(s.value)), time, exemplar]))
"#;

/// The samples that Python's parser finds; its complaint if it takes the page for broken.
fn read(python: &Path, parser: &str, page: &str) -> Result<Vec<serde_json::Value>, String> {
    let folder = Folder::new("page");
    let file = folder.write("page", page);
    let output = Command::new(python).args(["-c", READ, parser]).arg(file).output().expect("python3 runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let lines = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect())
}

/// Without the one quote in an exemplar's label: Python's parser (0.26) counts quotes there and not what is escaped.
fn without_quote(page: String) -> String {
    let (escaped, plain) = (r#"trace_id="a\"b""#, r#"trace_id="ab""#);
    assert!(page.contains(escaped));
    page.replace(escaped, plain)
}

/// Samples on a page, by its lines.
fn samples(page: &str) -> usize {
    page.lines().filter(|line| !line.starts_with('#')).count()
}

fn has(found: &[serde_json::Value], family: &str, kind: &str, name: &str, label: (&str, &str), value: &str) -> bool {
    found.iter().any(|sample| {
        let labels = sample[4].as_array().expect("a list");
        let has_label = label.0.is_empty() || labels.iter().any(|pair| pair[0] == label.0 && pair[1] == label.1);
        sample[0] == family && sample[1] == kind && sample[3] == name && has_label && sample[5] == value
    })
}

#[test]
fn python_reads_each_format() {
    let Some(python) = python() else { return };
    // With dots the fixture's label without a name becomes `__`, which Python takes for reserved.
    for escaping in [Escaping::Underscores, Escaping::Values] {
        let text = page(Format::Text004, escaping);
        let found = read(&python, "text", &text).unwrap_or_else(|error| panic!("{escaping:?}: {error}\n{text}"));
        assert_eq!(found.len(), samples(&text), "{escaping:?}");
    }
    let found = read(&python, "text", &page(Format::Text004, Escaping::Underscores)).expect("a page");
    assert!(has(&found, "device_boots", "counter", "device_boots_total", ("", ""), "17.0"));
    assert!(has(&found, "bus_transfers", "counter", "bus_transfers_total", ("outcome", "na\"ck\\\n"), "3.0"));
    assert!(has(&found, "transfer_seconds", "histogram", "transfer_seconds_bucket", ("le", "0.00025"), "3.0"));
    assert!(has(&found, "nested_peer_bytes", "histogram", "nested_peer_bytes_count", ("peer", "a \"b\"\\\n😱"), "1.0"));

    let open = without_quote(page(Format::OpenMetrics100, Escaping::Underscores));
    let found = read(&python, "open_metrics", &open).unwrap_or_else(|error| panic!("{error}\n{open}"));
    assert_eq!(found.len(), samples(&open));
    assert!(has(&found, "nested_build", "info", "nested_build_info", ("version", "1.4.0"), "1.0"));
    assert!(has(&found, "nested_device_mode", "stateset", "nested_device_mode", ("nested_device_mode", "run"), "1.0"));
    let exemplar = found.iter().find(|sample| !sample[7].is_null()).expect("exemplars are on the page");
    assert_eq!(exemplar[7][0][0], "trace_id");
    assert!(read(&python, "open_metrics", &open.replace("# EOF\n", "")).is_err(), "Python finds no fault");
}

/// A gauge that is named like the moment of creation of a counter.
#[test]
fn python_reads_what_macros_recorded() {
    use picometer_std::recorder::Recorder;
    use picometer_std::{Registry, render};

    let Some(python) = python() else { return };
    let registry = Registry::new();
    metrics::with_local_recorder(&Recorder::new(&registry), || {
        metrics::counter!("jobs").increment(1);
        metrics::gauge!("jobs_created").set(3.0);
    });
    for (format, parser) in [(Format::Text004, "text"), (Format::OpenMetrics100, "open_metrics")] {
        let mut page = Vec::new();
        render(&registry, format, &mut page);
        let page = String::from_utf8(page).unwrap();
        let found = read(&python, parser, &page).unwrap_or_else(|error| panic!("{format:?}: {error}\n{page}"));
        assert!(has(&found, "exported_jobs_created", "gauge", "exported_jobs_created", ("", ""), "3.0"), "{page}");
    }
}
