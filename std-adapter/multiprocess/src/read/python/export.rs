//! Files for the Python client library's `MultiProcessCollector`, of what Rust's workers have.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use picometer::{Kind, Number};

use super::super::directory;
use super::super::merge::{Series, Sum, Value};
use super::db::{OWN, padding};
use crate::file::open;

/// Writes what Rust's workers have into files for Python's `MultiProcessCollector`, as it is now; Python's own files stay as
/// they are. Call it before Python is scraped, or every few seconds.
///
/// Each file is replaced in one step. Info metrics and state sets, which Python does not have in this mode, are left out.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("picometer-export-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// picometer_std::multiprocess::python::export(&directory)?;
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The directory cannot be read or written to.
pub fn export(directory: impl AsRef<Path>) -> io::Result<()> {
    let folder = directory.as_ref();
    let found = directory::read_native(folder)?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for family in found.merge.sorted() {
        for series in family.sorted() {
            let name = match family.kind {
                Kind::Counter => format!("counter_{OWN}"),
                Kind::Histogram => format!("histogram_{OWN}"),
                Kind::Summary => format!("summary_{OWN}"),
                // Python takes the process from the third part of the name, without its last three characters.
                Kind::Gauge if family.mode.is_alone() => format!("gauge_{}_{}.db_{OWN}", family.mode.name(), series.pid),
                Kind::Gauge => format!("gauge_{}_{OWN}", family.mode.name()),
                _ => continue,
            };
            samples(files.entry(name).or_insert_with(|| vec![0; 8]), family, series);
        }
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(OWN) && !files.contains_key(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    for (name, mut bytes) in files {
        let used = i32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if let Some(place) = bytes.first_chunk_mut() {
            *place = used.to_ne_bytes();
        }
        // Python reads whole files, so that there is nothing behind what is used.
        let fresh = folder.join(format!("{name}.{}.new", std::process::id()));
        let written = open::replace(&fresh).and_then(|mut file| file.write_all(&bytes));
        written.and_then(|()| fs::rename(&fresh, folder.join(name))).inspect_err(|_| _ = fs::remove_file(&fresh))?;
    }
    Ok(())
}

fn samples(file: &mut Vec<u8>, family: &super::super::merge::Family, series: &Series) {
    let base = match family.kind {
        Kind::Counter => family.name.strip_suffix("_total").unwrap_or(&family.name),
        _ => &family.name,
    };
    let mut sample = |suffix: &str, le: Option<&str>, value: f64, moment: u64| {
        let labels = series.labels.iter().map(|(name, value)| (&**name, &**value)).chain(le.map(|le| ("le", le)));
        entry(file, base, &format!("{base}{suffix}"), labels.collect(), &family.help, value, moment as f64 / 1e9);
    };
    let float = |sum: &Sum| sum.number().as_f64();
    match &series.value {
        Value::Counter(sum) => sample("_total", None, float(sum), 0),
        Value::Gauge(sum, moment) => sample("", None, float(sum), if family.mode.is_timed() { *moment } else { 0 }),
        // Python has no gauge histograms.
        Value::Histogram(..) if family.kind == Kind::GaugeHistogram => {}
        Value::Histogram(counts, sum) => {
            sample("_sum", None, *sum, 0);
            let bounds = family.bounds.iter().map(|bound| python_float(*bound)).chain(["+Inf".to_owned()]);
            for (le, count) in bounds.zip(counts) {
                sample("_bucket", Some(&le), *count as f64, 0);
            }
        }
        // Python has none of these: what is classic of it.
        Value::Native(native) => {
            sample("_sum", None, native.sum, 0);
            let beyond = native.classic.iter().fold(native.count, |left, count| left.wrapping_sub(*count));
            let bounds = family.bounds.iter().map(|bound| python_float(*bound)).chain(["+Inf".to_owned()]);
            for (le, count) in bounds.zip(native.classic.iter().chain([&beyond])) {
                sample("_bucket", Some(&le), *count as f64, 0);
            }
        }
        Value::Summary(count, sum) => {
            sample("_count", None, *count as f64, 0);
            sample("_sum", None, *sum, 0);
        }
        Value::Info | Value::States(_) => {}
    }
}

/// As Python writes the bound of a bucket, so that buckets of both languages are the same: `1.0`.
fn python_float(value: f64) -> String {
    let text = Number::from(value).to_string();
    if text.contains(['.', 'e', 'n', 'N']) { text } else { format!("{text}.0") }
}

fn entry(file: &mut Vec<u8>, family: &str, sample: &str, labels: BTreeMap<&str, &str>, help: &str, value: f64, moment: f64) {
    let mut key = String::from("[");
    string(&mut key, family);
    key.push_str(", ");
    string(&mut key, sample);
    key.push_str(", {");
    for (at, (name, value)) in labels.iter().enumerate() {
        key.push_str(if at == 0 { "" } else { ", " });
        string(&mut key, name);
        key.push_str(": ");
        string(&mut key, value);
    }
    key.push_str("}, ");
    string(&mut key, help);
    key.push(']');
    let len = key.len();
    key.extend(std::iter::repeat_n(' ', padding(len)));
    file.extend((len as i32).to_ne_bytes());
    file.extend(key.bytes());
    file.extend(value.to_ne_bytes());
    file.extend(moment.to_ne_bytes());
}

/// A string as `json.dumps` writes it: nothing but ASCII.
fn string(json: &mut String, text: &str) {
    json.push('"');
    for unit in text.encode_utf16() {
        match char::from_u32(unit.into()) {
            Some(c @ ('"' | '\\')) => json.extend(['\\', c]),
            Some('\n') => json.push_str("\\n"),
            Some('\r') => json.push_str("\\r"),
            Some('\t') => json.push_str("\\t"),
            Some(c @ ' '..='~') => json.push(c),
            _ => _ = write!(json, "\\u{unit:04x}"),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::db::{Labels, each};
    use super::*;

    #[test]
    fn keys_are_as_python_writes_them() {
        let mut file = vec![0; 8];
        entry(&mut file, "c", "c_total", BTreeMap::from([("l", "é\"\\\n\u{1f600}")]), "help c", 1.5, 0.0);
        let key = br#"["c", "c_total", {"l": "\u00e9\"\\\n\ud83d\ude00"}, "help c"]"#;
        assert_eq!(&file[12..12 + key.len()], key);
        assert!(file.len().is_multiple_of(8));
        let used = (file.len() as i32).to_ne_bytes();
        file[..4].copy_from_slice(&used);
        let mut seen = Vec::new();
        each(&file, |_, key, value, moment| {
            let (_, sample, labels, _): (String, String, Labels, String) = serde_json::from_slice(key).unwrap();
            seen.push((sample, labels["l"].clone(), value, moment));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [("c_total".into(), "é\"\\\n\u{1f600}".into(), 1.5, 0.0)]);
        assert_eq!((python_float(1.0), python_float(0.25), python_float(1e30)), ("1.0".into(), "0.25".into(), "1e+30".into()));
    }
}
