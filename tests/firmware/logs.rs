//! Values of public types in a log, as defmt's decoder shows them.

use std::collections::BTreeMap;
use std::process::Command;

use defmt_decoder::{DecodeError, Table};

use crate::peers::{program, toolchains, workspace};

/// Runs `benches/firmware/src/bin/logs.rs` and decodes what it logs: name and text of each value.
fn logged() -> Option<BTreeMap<String, String>> {
    program("qemu-system-arm")?;
    toolchains().first()?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(workspace().join("benches/firmware/run.sh"));
        let output = command.args(arguments).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").output().expect("a script");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let elf = String::from_utf8(run(&["logs", "--build-only"])).expect("a path");
    let elf = std::fs::read(elf.trim()).expect("built");
    let table = Table::parse(&elf).expect("a table").expect("the program logs");
    let mut decoder = table.new_stream_decoder();
    decoder.received(&run(&["logs"]));
    let mut values = BTreeMap::new();
    loop {
        match decoder.decode() {
            Ok(frame) => {
                let message = frame.display_message().to_string();
                let (name, value) = message.split_once('=').unwrap_or_else(|| panic!("{message}"));
                values.insert(name.to_owned(), value.to_owned());
            }
            Err(DecodeError::UnexpectedEof) => return Some(values),
            Err(DecodeError::Malformed) => panic!("malformed behind {values:?}"),
        }
    }
}

#[test]
fn defmt_shows_what_a_person_can_use() {
    let Some(values) = logged() else { return };
    println!("{values:#?}");
    let expected = [
        ("before_1970", "-1.500000000 s"),
        ("bounded", "Counter peers_total"),
        ("client", r#"Request { method: "PUT", host: "gateway", path: "/metrics/job/x", headers: [] }, 0 bytes in the buffer"#),
        ("closed_label", "bus"),
        ("content_type", "ContentType { format: Text004, escaping: None }"),
        ("counter", "0"),
        ("desc", "Histogram wait_seconds"),
        ("exposition", "page in OpenMetrics100, whole: false"),
        ("family", "Counter work_total"),
        ("fill_error", "BufferTooSmall { needed: 45 }"),
        ("format", "Text004"),
        ("gauge", "1.5"),
        ("gauge_histogram", "1 values"),
        ("graphite", "samples of 1395066363250 ms, all written: false"),
        ("histogram", "1 observations, sum 0.007"),
        ("info", r#"[Label { name: "version", value: "1.2" }]"#),
        ("kind", "GaugeHistogram"),
        ("label", r#"Label { name: "bus", value: "i2c" }"#),
        ("limits", "Limits { head_millis: 5000, idle_millis: 60000, send_millis: 10000 }"),
        ("metric", "Counter boots_total"),
        ("name", "queue_depth"),
        ("negotiated", "Negotiated { format: OpenMetrics100, escaping: None }"),
        ("no_selection", "all families"),
        ("number", "2.5"),
        ("number_text", "7"),
        ("overflow", "overflow series []"),
        ("plain_registry", r#"registry of 1 collectors, prefix """#),
        ("read", "Some(5)"),
        ("registry", r#"registry of 3 collectors, prefix "dev_""#),
        ("remote_write", "V1, 0 bytes written, whole: false"),
        ("request", r#"Request { method: "PUT", host: "gateway", path: "/metrics/job/x", headers: [] }"#),
        ("responder", "Open"),
        ("scaled", "0"),
        ("selection", "families up boots"),
        ("series", r#"series ["a"]"#),
        ("site", "board at /metrics"),
        ("states", "states i2c uart"),
        ("summary", "1 observations, sum 300"),
        ("timestamp", "1395066363.250000000 s"),
        ("traced", "1"),
        ("traced_histogram", "0 observations, sum 0"),
        ("unknown", "0"),
    ];
    for (name, expected) in expected {
        assert_eq!(values.get(name).map(String::as_str), Some(expected), "{name}");
    }
    assert_eq!(values.len(), expected.len(), "each value is checked");
}
