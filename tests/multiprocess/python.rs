//! The reference: its files, and its own collector.

use std::fs;
use std::process::Command;

use picometer_std::multiprocess::{Collector, python};
use picometer_std::parse::{Dialect, Rules, families};
use picometer_std::{Counter, Family, Gauge, Histogram, Metric, Registry, Snapshot, Summary};
use serde_json::Value;

use super::Folder;
use super::child::{self, Worker};
use super::merge::MODES;
use super::support;

/// Names, labels and values, sorted.
fn values(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for family in families(text, Dialect::Text004, Rules::LENIENT).unwrap_or_else(|error| panic!("{error}\n{text}")) {
        for sample in family.samples.iter().filter(|sample| !sample.name.starts_with("picometer_")) {
            let label = |(name, value): (&str, &str)| match name {
                "le" => format!("le={}", value.parse::<f64>().unwrap()),
                _ => format!("{name}={value:?}"),
            };
            let mut labels: Vec<String> = sample.labels.iter().map(label).collect();
            labels.sort();
            all.push(format!("{}{labels:?} {}", sample.name, sample.value.as_f64()));
        }
    }
    all.sort();
    all
}

#[test]
fn vectors() {
    let lines = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/vectors/multiprocess.jsonl")).unwrap();
    let mut seen = 0;
    for line in lines.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let id = vector["id"].as_str().unwrap();
        let folder = Folder::new();
        for (name, file) in vector["files"].as_object().unwrap() {
            let mut bytes = base64(file["used_b64"].as_str().unwrap());
            bytes.resize(file["size"].as_u64().unwrap() as usize, 0);
            fs::write(folder.join(name), bytes).unwrap();
        }
        let collector = Collector::new(&*folder).unwrap();
        let page = Snapshot::of(&collector);
        seen += 1;
        if id == "different_buckets" {
            // Merged by their bounds they undercount (MP6): here it is an error that names both.
            assert_eq!(collector.conflicts().unwrap().len(), 1);
            assert_eq!(page.value("h_count", &[]), Some(1.0));
            continue;
        }
        assert_eq!(values(&support::page(&collector)), values(vector["text"].as_str().unwrap()), "{id}");
    }
    assert_eq!(seen, 6);
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 6 | u32::from(digit(*byte))) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}

const WORKER: &str = r#"
from prometheus_client import Counter, Gauge, Histogram, Summary
import sys
jobs = Counter('jobs', 'Jobs.', ['kind'])
jobs.labels('a').inc(5)
jobs.labels('é"\\\n').inc(0.5)
h = Histogram('seconds', 'Seconds.', buckets=[0.5, 1.0])
h.observe(0.25); h.observe(3)
s = Summary('sizes', 'Sizes.')
s.observe(7)
for mode in 'all liveall min livemin max livemax sum livesum mostrecent livemostrecent'.split():
    Gauge('gauge_' + mode, '', multiprocess_mode=mode).set(float(sys.argv[1]))
"#;

const PAGE: &str = r#"
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
import sys
registry = CollectorRegistry()
MultiProcessCollector(registry, path=sys.argv[1])
sys.stdout.buffer.write(generate_latest(registry))
"#;

fn worker() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "Jobs.", ["kind"])).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "Seconds.").buckets([0.5, 1.0])).unwrap();
    let sizes = registry.register(Metric::<Summary>::new("sizes", "Sizes.")).unwrap();
    let gauges = MODES.map(|(mode, name)| registry.register(Metric::<Gauge>::new(&format!("gauge_{name}"), "").config(&mode)).unwrap());
    child::serve(|command| {
        jobs.with(["a"]).inc_by(7);
        jobs.with(["é\"\\\n"]).inc();
        seconds.observe(0.75);
        sizes.observe(2.0);
        gauges.iter().for_each(|gauge| gauge.set(command[0].parse().unwrap()));
    });
}

#[test]
fn both_collectors_agree_on_one_directory() {
    child::role!(role, worker());
    let Some(python) = super::peers::python() else { return };
    let folder = Folder::new();
    let run = |script: &str, argument: &str| {
        let mut command = Command::new(&python);
        let output = command.args(["-c", script, argument]).env("PROMETHEUS_MULTIPROC_DIR", &*folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let agree = |what: &str| {
        python::export(&*folder).unwrap();
        let theirs = run(PAGE, folder.to_str().unwrap());
        assert_eq!(values(&support::page(&Collector::new(&*folder).unwrap())), values(&theirs), "{what}");
        folder.page()
    };
    run(WORKER, "3");
    agree("Python alone");
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    one.ask("9");
    other.ask("-4");
    let page = agree("both");
    assert_eq!(page.value("jobs_total", &[("kind", "a")]), Some(19.0));
    assert_eq!(page.value("jobs_total", &[("kind", "é\"\\\n")]), Some(2.5));
    assert_eq!((page.value("seconds_count", &[]), page.value("seconds_sum", &[])), (Some(4.0), Some(4.75)));
    assert_eq!(
        (page.value("gauge_max", &[]), page.value("gauge_min", &[]), page.value("gauge_sum", &[])),
        (Some(9.0), Some(-4.0), Some(8.0))
    );
    assert_eq!(page.value("gauge_mostrecent", &[]), Some(-4.0));
    one.kill();
    let page = agree("one is dead");
    assert_eq!(page.value("gauge_livesum", &[]), Some(-1.0));
    // The number of the Python process that ended, from the name of its file.
    let live = folder.files("gauge_liveall_").into_iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    let pid = live.filter_map(|name| name.strip_prefix("gauge_liveall_")?.strip_suffix(".db")?.parse::<u32>().ok()).next().unwrap();
    python::mark_process_dead(&*folder, pid).unwrap();
    let page = agree("Python's is dead too");
    assert_eq!((page.value("gauge_livesum", &[]), page.value("gauge_sum", &[])), (Some(-4.0), Some(8.0)));
    other.end();
    agree("all are dead");
}
