//! `protoc` as the judge of what a page says.

use std::io::Write;
use std::process::{Command, Stdio};

/// The messages of a page, each without the length in front of it.
pub fn messages(mut page: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !page.is_empty() {
        let (mut len, mut at) = (0_usize, 0);
        loop {
            let byte = page[at];
            len |= usize::from(byte & 0x7f) << (7 * at);
            at += 1;
            if byte < 0x80 {
                assert!(byte > 0 || at == 1, "a length is longer than it has to be");
                break;
            }
        }
        let (message, rest) = page[at..].split_at_checked(len).expect("a message is longer than its page");
        found.push(message);
        page = rest;
    }
    found
}

/// A message as `protoc` shows it; nothing where there is no `protoc`.
pub fn decode(message: &[u8]) -> Option<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/protobuf");
    let run = Command::new("protoc")
        .args(["--decode=io.prometheus.client.MetricFamily", "--proto_path", folder, "metrics.proto"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut protoc = match run {
        Ok(protoc) => protoc,
        Err(error) => {
            assert!(std::env::var_os("PICOMETER_REQUIRE_PEERS").is_none(), "protoc: {error}");
            eprintln!("SKIP: no protoc ({error})");
            return None;
        }
    };
    protoc.stdin.take().unwrap().write_all(message).unwrap();
    let output = protoc.wait_with_output().unwrap();
    assert!(output.status.success(), "protoc refuses a message: {message:02x?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // A field that the schema does not have is shown by its number.
    let unknown = text.lines().find(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(unknown, None, "{text}");
    Some(text)
}

/// A page as `protoc` shows it, a blank line between messages.
pub fn decode_page(page: &[u8]) -> Option<String> {
    let shown: Option<Vec<String>> = messages(page).into_iter().map(decode).collect();
    shown.map(|shown| shown.join("\n"))
}

/// Messages of the same name one after the other are one message to a server: their fields, joined. What is there once, name, help,
/// type and unit, is there again in each part and counts once.
pub fn joined(page: &[u8]) -> Vec<Vec<u8>> {
    let mut families: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for message in messages(page) {
        let (head, metrics) = split(message);
        match families.last_mut() {
            Some((last, rest)) if *last == head => rest.extend(metrics),
            _ => families.push((head, metrics)),
        }
    }
    families.into_iter().map(|(head, metrics)| [head, metrics].concat()).collect()
}

/// The fields that are there once, and the metrics.
fn split(message: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut head, mut metrics, mut at) = (Vec::new(), Vec::new(), 0);
    while at < message.len() {
        let start = at;
        let tag = message[at];
        at += 1;
        let (mut value, mut shift) = (0_usize, 0);
        loop {
            let byte = message[at];
            value |= usize::from(byte & 0x7f) << shift;
            (at, shift) = (at + 1, shift + 7);
            if byte < 0x80 {
                break;
            }
        }
        if tag & 7 == 2 {
            at += value;
        }
        let into = if tag == 0x22 { &mut metrics } else { &mut head };
        into.extend_from_slice(&message[start..at]);
    }
    (head, metrics)
}
