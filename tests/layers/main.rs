//! Imports of the core point down: the picture of its layers is what the code does.

mod public;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The layers, from the bottom. What stands in one string is one unit, named after its first module; modules of a unit may know
/// each other. A unit knows units of lower layers, and no other unit of its own.
const LAYERS: [&[&str]; 9] = [
    &["atomic", "charset", "copy", "protobuf", "show", "time"],
    &[
        "desc desc::name",
        "label label::closed label::closed::text",
        "number number::decimal number::digits number::text",
        "sequence",
        "slot",
        "tally",
    ],
    &["encode encode::point encode::run", "value value::ratio value::sum"],
    &["cell", "collector", "encode::page"],
    &[
        "cell::callback",
        "cell::counter",
        "cell::gauge",
        "cell::info",
        "cell::state_set",
        "cell::summary",
        "encode::escape",
        "encode::latch",
    ],
    &[
        "cell::histogram",
        "cell::native cell::native::scale cell::native::table",
        "encode::names",
        "encode::protobuf encode::protobuf::metric encode::protobuf::spans",
        "encode::text encode::text::line encode::text::lines encode::text::no_rows encode::text::quick encode::text::rows encode::text::stem encode::text::whole",
    ],
    &[
        "cell::exemplar cell::exemplar::gauge cell::exemplar::native",
        "cell::quantiles",
        "encode::format",
        "encode::openmetrics2 encode::openmetrics2::composite",
    ],
    &["bounded", "exposition", "family", "metric", "registry"],
    &[
        "http http::accept http::query http::reply http::request http::responder http::site http::status",
        "push push::client push::date push::graphite push::order push::remote_write push::remote_write::versions push::remote_write::wire push::request push::response push::sample push::writer",
    ],
];

/// By module: its layer and its unit.
fn places() -> BTreeMap<&'static str, (usize, &'static str)> {
    let mut places = BTreeMap::new();
    for (layer, units) in LAYERS.iter().enumerate() {
        for unit in *units {
            let name = unit.split(' ').next().unwrap();
            for module in unit.split(' ') {
                assert!(places.insert(module, (layer, name)).is_none(), "{module} is there twice");
            }
        }
    }
    places
}

/// The sources of a crate by module, without its root and without tests, which look into anything.
type Sources = BTreeMap<String, String>;

fn sources() -> Sources {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, files) } else { files.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let module = |file: &PathBuf| {
        let below = file.strip_prefix(&root).unwrap().with_extension("");
        below.components().map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("::")
    };
    files
        .iter()
        .map(|file| (module(file), std::fs::read_to_string(file).unwrap()))
        .filter(|(module, _)| module != "lib" && !module.ends_with("::tests"))
        .collect()
}

/// Everything that is wrong with the layers of these sources.
fn faults(sources: &Sources) -> Vec<String> {
    let places = places();
    let mut faults = Vec::new();
    for module in sources.keys().filter(|module| !places.contains_key(module.as_str())) {
        faults.push(format!("{module} has no layer"));
    }
    for (&module, &(layer, unit)) in &places {
        let Some(source) = sources.get(module) else {
            faults.push(format!("{module} has a layer and no file"));
            continue;
        };
        for path in source::named(&module.split("::").collect::<Vec<_>>(), source) {
            let shown = path.join("::");
            match home(&path, sources) {
                None => faults.push(format!("{module} takes `{shown}` from the root, where everything can be had")),
                Some(home) => match places.get(home.as_str()) {
                    Some(&(_, other)) if other == unit => {}
                    Some(&(below, _)) if below < layer => {}
                    Some(&(same, _)) if same == layer => faults.push(format!("{module} knows its neighbour `{shown}`")),
                    Some(_) => faults.push(format!("{module} knows `{shown}`, which is above it")),
                    // It has been told of already.
                    None => {}
                },
            }
        }
    }
    faults
}

/// The module in which a path ends: the deepest, and where that only hands the item on, the one below that has it.
fn home(path: &[String], sources: &Sources) -> Option<String> {
    let depth = (1..=path.len()).rev().find(|&depth| sources.contains_key(&path[..depth].join("::")))?;
    let module = path[..depth].join("::");
    let handed_on = source::handed_on(&sources[&module]);
    let child = handed_on.iter().find(|(item, _)| Some(item) == path.get(depth)).map(|(_, child)| child);
    Some(match child {
        Some(child) => format!("{module}::{child}"),
        None => module,
    })
}

#[test]
fn imports_point_down() {
    let faults = faults(&sources());
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Adds lines to files of the core, and looks what that makes wrong.
fn faults_with(lines: &[(&str, &str)]) -> Vec<String> {
    let mut sources = sources();
    for (module, line) in lines {
        let source = sources.entry((*module).into()).or_default();
        *source = format!("{line}\n{source}");
    }
    faults(&sources)
}

#[test]
fn every_way_to_point_up_is_seen() {
    let above = [
        ("slot", "use crate::http::Next;"),
        ("slot", "use crate::{atomic::Ordering, family::{Family, FamilyFn}};"),
        ("slot", "fn up() -> crate::metric::Metric<u32> { loop {} }"),
        ("label::closed", "use super::super::registry::Registry;"),
        ("label::closed", "use super::{Label, super::registry};"),
        ("slot", "use super::registry;"),
        ("slot", "mod inner { use super::super::registry; }"),
        ("desc", "impl From<u8> for crate::cell::counter::Counter {}"),
        // By way of a module that only hands it on.
        ("encode::page", "use crate::encode::Escaping;"),
        ("encode::page", "use crate::encode::{Stop, Format as F};"),
        ("encode::page", "fn up(a: &'static str, b: char) { let _ = ('{', \"}\", super::text::Style); }"),
    ];
    for (module, line) in above {
        let faults = faults_with(&[(module, line)]);
        assert!(!faults.is_empty() && faults.iter().all(|fault| fault.contains("above it")), "{line}: {faults:?}");
    }
    let faults = faults_with(&[("bounded", "use crate::family::check;")]);
    assert!(faults.len() == 1 && faults[0].contains("neighbour"), "{faults:?}");
    let faults = faults_with(&[("bounded", "use crate::Collector;")]);
    assert!(faults.len() == 1 && faults[0].contains("from the root"), "{faults:?}");
}

#[test]
fn the_table_is_complete() {
    assert_eq!(faults_with(&[("http::push", "")]), ["http::push has no layer"]);
    let mut sources = sources();
    sources.remove("time");
    assert!(faults(&sources).contains(&"time has a layer and no file".into()));
}

#[test]
fn what_does_not_point_up_is_left_alone() {
    let fine = [
        ("slot", "// use crate::http::Next;"),
        ("slot", "/// [`Next`](crate::http::Next)\nfn x() { let _ = \"crate::http\"; }"),
        ("slot", "macro_rules! x { () => { $crate::http::Next } }"),
        ("slot", "pub(crate) use crate::atomic::{AtomicU32 as Word, fence};"),
        ("metric", "use super::{cell, encode::{self, Stop}};"),
        ("value", "mod inner { use super::*; use self::deep::x; }"),
    ];
    for (module, line) in fine {
        assert_eq!(faults_with(&[(module, line)]), [""; 0], "{line}");
    }
}
