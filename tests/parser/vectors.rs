//! Every row of the vectors; where one is marked as a quirk of the reference, what the specification says instead.

use picometer_std::model::Json;
use picometer_std::parse::{self, Dialect, ErrorKind, Rules};
use serde_json::Value;

pub const SPECIFICATION: &str = include_str!("vectors/openmetrics_spec.jsonl");
pub const OPEN_METRICS: &str = include_str!("vectors/openmetrics_edge.jsonl");
pub const TEXT: &str = include_str!("vectors/text_edge.jsonl");

/// OpenMetrics to the letter, and of text what any reader takes.
fn rules(dialect: Dialect) -> Rules {
    if dialect == Dialect::OpenMetrics100 { Rules::STRICT } else { Rules::READ }
}

fn read(page: &str, dialect: Dialect) -> Result<Value, parse::Error> {
    let families = parse::families(page, dialect, rules(dialect))?;
    Ok(serde_json::from_str(&Json::new(&families).to_string()).expect("JSON"))
}

/// Families as we have them: the reference gives counters of text pages a suffix that is not on the page, and times as doubles,
/// and two families one name.
fn as_we_have_it(families: &Value, page: &str) -> Value {
    let mut families = families.clone();
    for family in families.as_array_mut().expect("families") {
        for sample in family["samples"].as_array_mut().expect("samples") {
            let name = sample["name"].as_str().expect("a name").to_string();
            if let Some(stem) = name.strip_suffix("_total").filter(|_| !page.contains(&name)) {
                sample["name"] = stem.into();
            }
            exact(&mut sample["timestamp"]);
            if !sample["exemplar"].is_null() {
                exact(&mut sample["exemplar"]["timestamp"]);
            }
        }
    }
    families
}

fn exact(timestamp: &mut Value) {
    if let Some(seconds) = timestamp["float"].as_str() {
        let seconds: f64 = seconds.parse().expect("a double");
        let nanos = ((seconds - seconds.trunc()) * 1e9).round();
        *timestamp = serde_json::json!({ "sec": seconds.trunc() as i64, "nsec": nanos as i64 });
    }
}

/// Without what is odd, which the vectors say nothing of.
fn without_odd(mut families: Value) -> Value {
    for family in families.as_array_mut().expect("families") {
        family.as_object_mut().expect("a family").remove("odd");
    }
    families
}

/// Reads every row that is no quirk; how many there were.
fn rows(rows: &str, dialect: Dialect) -> usize {
    let (mut count, mut wrong) = (0, Vec::new());
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).expect("a row is JSON");
        if row.get("quirk").is_some() {
            continue;
        }
        count += 1;
        let page = row["input"].as_str().expect("an input");
        match (row["ok"].as_bool(), read(page, dialect)) {
            (Some(true), Ok(families)) if without_odd(families.clone()) == as_we_have_it(&row["families"], page) => {}
            (Some(false), Err(_)) => {}
            (_, found) => wrong.push(format!("{} {page:?}\n  is      {found:?}\n  must be {}", row["id"], row["families"])),
        }
    }
    assert!(wrong.is_empty(), "{} of {count} rows:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[test]
fn the_specification_of_open_metrics() {
    assert_eq!(rows(SPECIFICATION, Dialect::OpenMetrics100), 127);
}

#[test]
fn edges_of_open_metrics() {
    assert_eq!(rows(OPEN_METRICS, Dialect::OpenMetrics100), 33);
}

#[test]
fn edges_of_text() {
    assert_eq!(rows(TEXT, Dialect::Text100), 46);
}

/// The rows marked as quirks, by their ids, all of which the two tables below must have.
fn quirks(rows: &str) -> Vec<(String, String)> {
    let row = |row: &str| -> Value { serde_json::from_str(row).expect("a row is JSON") };
    let quirks = rows.lines().map(row).filter(|row| row.get("quirk").is_some());
    let text = |value: &Value| value.as_str().expect("text").to_string();
    quirks.map(|row| (text(&row["id"]), text(&row["input"]))).collect()
}

/// What is right instead: an error, or samples, each family in one string: name, type and, of each sample, name and value.
type Right = Result<&'static [&'static str], ErrorKind>;

fn check(rows: &str, dialect: Dialect, table: &[(&str, Right)]) {
    let quirks = quirks(rows);
    assert!(quirks.iter().map(|(id, _)| id.as_str()).eq(table.iter().map(|(id, _)| *id)), "{quirks:?}");
    for ((id, page), (_, right)) in quirks.iter().zip(table) {
        let found = parse::families(page, dialect, rules(dialect)).map_err(|error| error.kind);
        let found = found.map(|families| {
            let family = |family: &picometer_std::model::Family| {
                let samples = family.samples.iter().map(|sample| format!(" {} {:?}", sample.name, sample.value));
                format!("{} {:?}{}", family.name, family.kind, samples.collect::<String>())
            };
            families.iter().map(family).collect::<Vec<_>>()
        });
        let found = found.as_ref().map(|families| families.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.as_deref().map_err(|kind| **kind), *right, "{id} {page:?}");
    }
}

#[test]
fn quirks_of_open_metrics() {
    use ErrorKind::*;
    let table: [(&str, Right); 13] = [
        // -0.5 keeps its sign: see `a_timestamp_before_the_epoch`.
        ("edge#0", Ok(&["a Unknown a Integer(1)"])),
        // A full-width digit is none (F10).
        ("edge#6", Err(InvalidValue)),
        // `_created` is a moment (O15, F14).
        ("edge#24", Err(NanValue)),
        // A counter has `_total` (O14).
        ("edge#25", Err(CounterWithoutTotal)),
        // A series is there once (N8).
        ("edge#26", Err(RepeatedSeries)),
        // Exactly one space (O3), and nothing but four words behind `# ` (O4).
        ("edge#34", Err(ExpectedName)),
        ("edge#35", Err(UnknownComment)),
        // An escaped quote in an exemplar is legal (O23).
        ("edge#42", Ok(&["a Counter a_total Integer(1)"])),
        // A native histogram without its fields is none.
        ("edge#51", Err(InvalidNativeHistogram)),
        // Its timestamp is kept.
        ("edge#53", Ok(&["nh Histogram nh Float(NaN)"])),
        // One of another name belongs to no histogram.
        ("edge#56", Err(InvalidNativeHistogram)),
        // A negative offset of the first span is legal (native histograms E1).
        ("edge#57", Ok(&["nh Histogram nh Float(NaN)"])),
        // With a negative bound there is neither sum nor count (O19).
        ("edge#66", Err(SumWithoutCount)),
    ];
    check(OPEN_METRICS, Dialect::OpenMetrics100, &table);
}

#[test]
fn quirks_of_text() {
    use ErrorKind::*;
    let table: [(&str, Right); 20] = [
        // Text has no exemplars (T12).
        ("edge#0", Err(ExemplarInText)),
        ("edge#1", Err(ExemplarInText)),
        // One timestamp (4.2), and that is an integer (F8).
        ("edge#2", Err(ExpectedLineEnd)),
        ("edge#3", Err(ExpectedLineEnd)),
        ("edge#4", Err(InvalidTimestamp)),
        // A name alone is no sample.
        ("edge#5", Err(ExpectedValue)),
        ("edge#6", Err(ExpectedValue)),
        ("edge#7", Err(ExpectedValue)),
        // `_created` is no sample of a counter in text (N11).
        ("edge#23", Ok(&["a Counter a_total Integer(1)", "a_created Unknown a_created Integer(5)"])),
        // `x_sum` belongs to the summary that was declared before (T16).
        ("edge#25", Ok(&["a Summary a_sum Integer(1)", "a_created Unknown a_created Integer(5)"])),
        // The types of OpenMetrics, with their suffixes.
        ("edge#28", Ok(&["a Info a_info Integer(1)"])),
        // The last TYPE counts, as for the server.
        ("edge#34", Ok(&["a Counter a Integer(1)"])),
        // HELP may come anywhere; TYPE not (T15).
        ("edge#35", Ok(&["a Gauge a Integer(1) a Integer(2)"])),
        // A family that comes twice is read twice.
        ("edge#37", Ok(&["a Gauge a Integer(1)", "b Gauge b Integer(1)", "a Gauge a Integer(2)"])),
        // Duplicates are for the checker (N8: not defined in text).
        ("edge#38", Ok(&["a Gauge a Integer(1) a Integer(2)"])),
        // Names with two underscores are read: the server takes them.
        ("edge#40", Ok(&["a Unknown a Integer(1)"])),
        // A comma in front of the labels says nothing.
        ("edge#53", Ok(&["a Unknown a Integer(1)"])),
        // Lines end in a line feed alone (E2); there is a switch.
        ("edge#60", Err(CarriageReturn)),
        // Timestamps are finite.
        ("edge#66", Err(InvalidTimestamp)),
        // The buckets of a histogram are for the checker.
        ("edge#82", Ok(&["h Histogram h_bucket Integer(5) h_bucket Integer(9) h_count Integer(3)"])),
    ];
    check(TEXT, Dialect::Text100, &table);
}

#[test]
fn a_timestamp_before_the_epoch() {
    let json = read("a 1 -0.5\n# EOF\n", Dialect::OpenMetrics100).unwrap();
    assert_eq!(json[0]["samples"][0]["timestamp"], serde_json::json!({ "sec": 0, "nsec": -500_000_000 }));
}

#[test]
fn what_a_native_histogram_keeps() {
    let page = "# TYPE nh histogram\nnh{a=\"b\"} {count:1,sum:1,schema:0,zero_threshold:0.1,zero_count:0,positive_spans:[-1:1],positive_deltas:[1]} 5\n# EOF\n";
    let json = read(page, Dialect::OpenMetrics100).unwrap();
    let sample = &json[0]["samples"][0];
    assert_eq!(sample["timestamp"], serde_json::json!({ "sec": 5, "nsec": 0 }));
    assert_eq!(sample["native_histogram"]["positive_spans"], serde_json::json!([[-1, 1]]));
    assert_eq!(sample["labels"], serde_json::json!({ "a": "b" }));
}

#[test]
fn integers_of_any_length_that_fits_128_bits() {
    let json = read("a 18446744073709551616\n", Dialect::Text100).unwrap();
    assert_eq!(json[0]["samples"][0]["value"], "18446744073709551616");
}
