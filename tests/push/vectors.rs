//! The reference client's requests: ours mean the same, and are the same where the reference does not take a detour.

use picometer::{Desc, Gauge, Metric};
use picometer_std::push::{GroupingKey, Http, HttpRequest, HttpResponse, PushError, Pushgateway};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

fn rows(function: &'static str) -> impl Iterator<Item = (Value, Value)> {
    let rows = include_str!("vectors/push.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(move |row| row["fn"] == function).map(|row| (row["args"].clone(), row["result"].clone()))
}

/// The labels of a path, as a Pushgateway reads it.
fn labels(path: &str) -> BTreeMap<String, String> {
    let parts: Vec<_> = path.split("/metrics/").nth(1).unwrap().split('/').collect();
    let pair = |pair: &[&str]| match pair[0].strip_suffix("@base64") {
        Some(name) => (name.to_owned(), unbase64(pair[1])),
        None => (pair[0].to_owned(), unpercent(pair[1])),
    };
    parts.chunks(2).map(pair).collect()
}

fn unbase64(text: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text.trim_end_matches('=').bytes() {
        bits = bits << 6 | alphabet.iter().position(|&other| other == byte).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn unpercent(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, behind @ ..] = rest {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&behind[..2]).unwrap(), 16).unwrap());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".into(),
        other => other.to_string(),
    }
}

#[test]
fn grouping_keys() {
    let mut same = 0;
    for (arguments, result) in rows("escape_grouping_key") {
        let (name, value) = (text(&arguments[0]), text(&arguments[1]));
        let Ok(key) = GroupingKey::new("j").unwrap().label(&name, &value) else {
            // Names that no Pushgateway takes are refused here.
            assert!(name.contains(['/', ' ']) || name == "job", "{name}");
            continue;
        };
        let theirs = format!("/metrics/job/j/{}/{}", text(&result[0]), text(&result[1]));
        assert_eq!(labels(&key.path()), labels(&theirs), "{value:?}");
        if value.contains(' ') {
            // Percent-encoding will do (T8).
            continue;
        }
        assert_eq!(key.path(), theirs);
        same += 1;
    }
    assert!(same >= 5, "{same}");
    let key = GroupingKey::new("a/b").unwrap().label("path", "").unwrap();
    assert_eq!(key.path(), "/metrics/job@base64/YS9i/path@base64/=");
    assert_eq!(GroupingKey::new("my job").unwrap().path(), "/metrics/job/my%20job");
    assert_eq!(labels(&GroupingKey::new("é/").unwrap().path())["job"], "é/");
}

#[test]
fn whole_requests() {
    static VALUE: Metric<Gauge<u32>> = Metric::new(&Desc::gauge("g_x", "h"));
    VALUE.set(1);
    let mut compared = 0;
    for (arguments, result) in rows("push_request") {
        let (method, url, job) = (text(&arguments[0]), text(&arguments[1]), text(&arguments[2]));
        let mut key = match GroupingKey::new(&job) {
            Ok(key) => key,
            Err(error) => {
                assert!(job.is_empty(), "{error}");
                continue;
            }
        };
        for (name, value) in arguments[3].as_object().into_iter().flatten() {
            key = key.label(name, &text(value)).unwrap();
        }
        let seen = Arc::new(Mutex::new(None));
        let log = seen.clone();
        let http = Http::new().handler(move |request: &HttpRequest<'_>| -> Result<HttpResponse, PushError> {
            let owned = (request.method.to_owned(), request.url.to_owned(), request.headers.to_vec(), request.body.to_vec());
            *log.lock().unwrap() = Some(owned);
            Ok(HttpResponse { status: 200, ..HttpResponse::default() })
        });
        let gateway = Pushgateway::with_key(&url, key).unwrap().http(http);
        match method.as_str() {
            "PUT" => gateway.push(&VALUE),
            "POST" => gateway.push_add(&VALUE),
            _ => gateway.delete(),
        }
        .unwrap();
        let (own_method, own_url, headers, body) = seen.lock().unwrap().take().unwrap();
        assert_eq!(own_method, method);
        let theirs = text(&result["url"]);
        assert_eq!(labels(&own_url), labels(&theirs));
        assert_eq!(own_url.split("/metrics/").next(), theirs.split("/metrics/").next());
        if !job.contains(' ') {
            assert_eq!(own_url, theirs);
        }
        let header = (text(&result["headers"][0][0]), text(&result["headers"][0][1]));
        assert_eq!(headers, [header]);
        // The reference writes every number as a float.
        assert_eq!(String::from_utf8(body).unwrap(), text(&result["body"]).replace("1.0", "1"));
        compared += 1;
    }
    assert!(compared >= 5, "{compared}");
}
