//! Go's expfmt, which the Pushgateway, promtool and node_exporter read with, from Debian's packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use picometer_std::model::{Family, Sample, Time};
use picometer_std::parse::{self, Dialect, Page, Rules};
use picometer_std::{Escaping, Format, Kind, render_escaped};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::peers::{Folder, program, skip};
use crate::{disagreements, generate, round_trip, vectors};

/// Builds `go/main.go`, or says why that cannot be.
pub fn built(folder: &Folder) -> Option<PathBuf> {
    let go = program("go")?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("parser/go");
    let mut command = Command::new(go);
    // Where Debian's packages put Go's sources.
    command.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOFLAGS", "");
    command.env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-cache"));
    let file = folder.path().join("expfmt");
    let output = command.current_dir(source).args(["build", "-o"]).arg(&file).arg("main.go").output().unwrap();
    if output.status.success() {
        return Some(file);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("cannot find package"), "{complaint}");
    skip("no differential test with Go's expfmt: apt-get install golang-github-prometheus-common-dev");
    None
}

pub fn verdicts(program: &Path, pages: &[String]) -> Vec<Option<Vec<Value>>> {
    let folder = program.parent().unwrap();
    let input = folder.join("pages.json");
    std::fs::write(&input, serde_json::to_string(pages).unwrap()).unwrap();
    let input = std::fs::File::open(input).unwrap();
    let output = Command::new(program).stdin(Stdio::from(input)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn bits(value: f64) -> String {
    if value.is_nan() { "NaN".into() } else { format!("{:x}", value.to_bits()) }
}

/// Every number that expfmt read must be among ours.
#[track_caller]
fn compare(page: &str, ours: &[Family], theirs: &[Value]) {
    assert!(is_same(ours, theirs), "{page:?}: {ours:?} {theirs:?}");
}

/// Whether every number that expfmt read is among ours.
pub fn is_same(ours: &[Family], theirs: &[Value]) -> bool {
    let samples: Vec<Value> =
        ours.iter().flat_map(|family| family.samples.iter().map(|sample| as_expfmt_has_it(family.kind, sample))).collect();
    let simple = ours.iter().all(|family| !matches!(family.kind, Kind::Histogram | Kind::Summary));
    theirs.iter().all(|read| samples.contains(read)) && (!simple || theirs.len() == samples.len())
}

/// expfmt keeps bounds as numbers, counts as integers, whatever stands there, and times in milliseconds.
fn as_expfmt_has_it(kind: Kind, sample: &Sample) -> Value {
    let bound = match kind {
        Kind::Histogram => "le",
        Kind::Summary => "quantile",
        _ => "",
    };
    let labels = sample.labels.iter().map(|(name, value)| {
        let own = value.parse().ok().filter(|_| name == bound).map(bits);
        (name.to_string(), own.unwrap_or_else(|| value.to_string()).into())
    });
    let labels: serde_json::Map<String, Value> = labels.collect();
    let value = sample.value.as_f64();
    let counts = match kind {
        Kind::Histogram => !sample.name.ends_with("_sum"),
        Kind::Summary => sample.name.ends_with("_count"),
        _ => false,
    };
    let value = if counts { value as u64 as f64 } else { value };
    let millis = sample.timestamp.map(|time| match time {
        Time::Exact(moment) => moment.millis(),
        Time::Float(seconds) => (seconds * 1e3) as i64,
    });
    json!({ "name": &*sample.name, "labels": labels, "bits": bits(value), "millis": millis })
}

/// Pages that one of both takes, and why. Each must still be one.
const EXCEPTIONS: [(&str, &str); 0] = [];

#[test]
fn agrees() {
    let folder = Folder::new("expfmt");
    let Some(program) = built(&folder) else { return };
    let mut pages: Vec<String> =
        disagreements::TEXT.iter().map(|row| row.0.to_string()).chain(super::TEXT.iter().map(|&page| page.into())).collect();
    let input = |row: &str| serde_json::from_str::<Value>(row).unwrap()["input"].as_str().unwrap().to_string();
    pages.extend(vectors::TEXT.lines().map(input));
    // The same pages in every run.
    let mut runner = TestRunner::deterministic();
    let (soup, families) = (proptest::string::string_regex(round_trip::SOUP).unwrap(), generate::families());
    for _ in 0..3_000 {
        pages.push(soup.new_tree(&mut runner).unwrap().current());
    }
    for _ in 0..300 {
        let families = families.new_tree(&mut runner).unwrap().current();
        // Names in quotes are nothing for expfmt, at least for that of Debian.
        let mut page = Vec::new();
        render_escaped(&Page::new(families), Format::Text004, Escaping::Underscores, &mut page);
        pages.push(String::from_utf8(page).unwrap());
    }
    let verdicts = verdicts(&program, &pages);
    assert_eq!(verdicts.len(), pages.len());
    let (mut read, mut wrong) = (0, Vec::new());
    for (page, theirs) in pages.iter().zip(&verdicts) {
        let strict = parse::families(page, Dialect::Text004, Rules::STRICT);
        let agreed = strict.is_ok() == theirs.is_some();
        if let Some((_, why)) = EXCEPTIONS.iter().find(|(exception, _)| exception == page) {
            assert!(!agreed, "{page:?} is no exception any more: {why}");
        } else if !agreed {
            wrong.push(format!("{page:?}: expfmt {}, strict {strict:?}", theirs.is_some()));
        }
        if let (Ok(ours), Some(theirs)) = (strict, theirs) {
            compare(page, &ours, theirs);
            read += theirs.len();
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), pages.len(), wrong.join("\n"));
    assert!(read > 1_000, "only {read} numbers were compared");
}
