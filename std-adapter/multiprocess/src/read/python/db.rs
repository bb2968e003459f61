//! The files that Python writes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use picometer::Kind;

use super::super::merge::Merge;
use super::super::reader::{self, Corrupt, Entry, ReadError, Source};
use crate::file::key::{self, About};
use crate::file::layout::Where;
use crate::file::tags::{Numbers, Tags};
use crate::mode::GaugeMode;

/// The end of the names of files that are written here.
pub(super) const OWN: &str = "picometer.db";
const MOST: u64 = 1 << 30;

pub(super) type Labels = BTreeMap<String, String>;

/// Reads one file into the families of all.
pub(in super::super) fn read(path: &Path, name: &str, merge: &mut Merge) -> Result<(), ReadError> {
    if name.ends_with(OWN) {
        return Ok(());
    }
    let mut parts = name.trim_end_matches(".db").split('_');
    let (kind, mode) = match parts.next() {
        Some("counter") => (Kind::Counter, GaugeMode::All),
        Some("histogram") => (Kind::Histogram, GaugeMode::All),
        Some("summary") => (Kind::Summary, GaugeMode::All),
        Some("gauge") => {
            let mode = parts.next().and_then(|mode| GaugeMode::EVERY.into_iter().find(|own| own.name() == mode));
            (Kind::Gauge, mode.ok_or(Corrupt { offset: 0, what: "a gauge mode that there is not" })?)
        }
        _ => return Err(Corrupt { offset: 0, what: "not the name of a file of Python's" }.into()),
    };
    let pid = parts.next().and_then(|pid| pid.parse().ok()).unwrap_or(0);
    let bytes = contents(&mut reader::open(path)?)?;
    let mut file = File { name, tags: Tags { mode: mode.number(), ..Tags::new(kind, Numbers::Float) }, pid, merge };
    let mut parts = Parts::new();
    each(&bytes, |offset, key, value, moment| {
        let wrong = |what| Corrupt { offset, what };
        let parsed = serde_json::from_slice::<(String, String, Labels, String)>(key);
        let (family, sample, mut labels, help) = parsed.map_err(|_| wrong("a key that is not a family, a sample, labels and help"))?;
        match kind {
            Kind::Counter => file.add(&sample, &labels, &help, &[], &[value.to_bits()]),
            Kind::Gauge => {
                let moment = if mode.is_timed() { (moment * 1e9) as u64 } else { 1 };
                file.add(&sample, &labels, &help, &[], &[value.to_bits(), moment])
            }
            _ => {
                let suffix = sample.strip_prefix(family.as_str()).unwrap_or_default();
                let le = if suffix == "_bucket" { labels.remove("le") } else { None };
                let whole = parts.entry((family, labels)).or_insert_with(|| Whole { help, ..Whole::default() });
                match (suffix, le.map(|le| le.parse::<f64>())) {
                    ("_sum", None) => whole.sum = value,
                    ("_count", None) => whole.count = value as u64,
                    ("_bucket", Some(Ok(le))) if !le.is_nan() => whole.buckets.push((le, value as u64)),
                    _ => return Err(wrong("a sample that its family does not have")),
                }
                Ok(())
            }
        }
        .map_err(wrong)
    })?;
    for ((family, labels), Whole { help, sum, count, mut buckets }) in parts {
        let wrong = |what| Corrupt { offset: 0, what };
        if kind == Kind::Summary {
            file.add(&family, &labels, &help, &[], &[0, sum.to_bits(), count]).map_err(wrong)?;
            continue;
        }
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let bounds: Vec<f64> = buckets.iter().map(|bucket| bucket.0).filter(|le| *le != f64::INFINITY).collect();
        let mut cells: Vec<u64> = [0, sum.to_bits()].into_iter().chain(buckets.iter().map(|bucket| bucket.1)).collect();
        cells.resize(bounds.len() + 3, 0);
        file.add(&family, &labels, &help, &key::shape_of_bounds(&bounds), &cells).map_err(wrong)?;
    }
    Ok(())
}

/// What was written of a file, which says in its first number how much that is; the rest of it is not even read.
fn contents(file: &mut fs::File) -> Result<Vec<u8>, ReadError> {
    let len = file.metadata()?.len();
    let mut used = [0; 4];
    if len < 4 {
        return Ok(Vec::new());
    }
    file.read_exact(&mut used)?;
    let used = u64::try_from(i32::from_ne_bytes(used)).map_err(|_| Corrupt { offset: 0, what: "no length" })?;
    if used > len.min(MOST) {
        return Err(Corrupt { offset: 0, what: "longer than the file" }.into());
    }
    let mut bytes = (used as i32).to_ne_bytes().to_vec();
    file.take(used.saturating_sub(4)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

type Parts = BTreeMap<(String, Labels), Whole>;

/// A histogram or summary, of the samples that a file has of it.
#[derive(Default)]
struct Whole {
    help: String,
    sum: f64,
    count: u64,
    /// Not cumulative.
    buckets: Vec<(f64, u64)>,
}

struct File<'a> {
    name: &'a str,
    tags: Tags,
    pid: u64,
    merge: &'a mut Merge,
}

impl File<'_> {
    fn add(&mut self, name: &str, labels: &Labels, help: &str, shape: &[u8], cells: &[u64]) -> Result<(), &'static str> {
        // Of a series without value Python says nothing that has to be shown.
        let identity = key::identity(name, labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let text = key::text(&identity, shape, &About { help, unit: "", utf8: true });
        let key = key::Key::of(&text).ok_or("a key that is too long")?;
        let source = Source { key: 0, tags: self.tags, cells: Where::Nowhere, rest: 0, created: 0, buckets: 0 };
        let entry = Entry { source, tags: self.tags, pid: self.pid, key, created: 0, cells, rest: &[] };
        // Python takes the files of the dead away where they do not count.
        self.merge.add(self.name, true, &entry).map(drop)
    }
}

/// Calls `see` with the offset, key, value and timestamp of every entry.
pub(super) fn each(bytes: &[u8], mut see: impl FnMut(u64, &[u8], f64, f64) -> Result<(), Corrupt>) -> Result<(), Corrupt> {
    let number = |at: usize| Some(i32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
    let float = |at: usize| Some(f64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
    // A worker that was just made has written nothing yet.
    let used = number(0).and_then(|used| usize::try_from(used).ok()).ok_or(Corrupt { offset: 0, what: "no length" })?;
    if used > bytes.len() {
        return Err(Corrupt { offset: 0, what: "longer than the file" });
    }
    let mut at = 8;
    while at < used {
        let wrong = |what| Corrupt { offset: at as u64, what };
        let len = number(at).and_then(|len| usize::try_from(len).ok()).ok_or(wrong("a key of an impossible length"))?;
        let key = bytes.get(at + 4..).and_then(|rest| rest.get(..len)).ok_or(wrong("a key is longer than the file"))?;
        let value_at = at + 4 + len + padding(len);
        let (Some(value), Some(moment)) = (float(value_at), float(value_at + 8)) else { return Err(wrong("a value is behind the end")) };
        see(at as u64, key, value, moment)?;
        at = value_at + 16;
    }
    Ok(())
}

/// How many spaces are behind a key: one at least, up to a multiple of eight.
pub(super) fn padding(len: usize) -> usize {
    8 - (len + 4) % 8
}

/// What Python's `mark_process_dead` does: takes away the live gauges of a Python worker that ended. Rust's workers need none.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("picometer-dead-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// picometer_std::multiprocess::python::mark_process_dead(&directory, 4711)?;
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The directory cannot be read, or a file not be removed.
pub fn mark_process_dead(directory: impl AsRef<Path>, pid: u32) -> io::Result<()> {
    let end = format!("_{pid}.db");
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with("gauge_live") && name.ends_with(&end)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
