//! Imports point down: the picture of each package's layers is what its code does.

mod crates;
mod guide;
mod programs;
mod prose;
mod public;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crates::{CORE, CRATES, Crate};
use source::Source;

/// The files of a crate by module, without its root and without tests, which look into anything.
type Files = BTreeMap<String, Rc<File>>;

struct File {
    items: Vec<syn::Item>,
    source: Source,
}

impl File {
    fn new(module: &str, items: Vec<syn::Item>) -> Rc<Self> {
        let source = Source::read(&module.split("::").collect::<Vec<_>>(), &items);
        Rc::new(Self { items, source })
    }
}

/// A place in the workspace.
fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// The text of a file of the workspace.
fn text(path: &str) -> String {
    std::fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The sources of a crate, each with its text.
fn sources(of: &Crate) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&at(of.folder), &mut found);
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

fn files(of: &Crate) -> Files {
    let root = at(of.folder);
    let module = |file: &Path| {
        let below = file.strip_prefix(&root).unwrap().with_extension("");
        below.components().map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("::")
    };
    let named = sources(of).into_iter().map(|(file, text)| (module(&file), text));
    let named = named.filter(|(module, _)| !["lib", "main"].contains(&module.as_str()) && !module.ends_with("::tests"));
    let mut files: Files = named.map(|(module, text)| (module.clone(), File::new(&module, read(&text)))).collect();
    // Modules of a file's own that are compiled for tests only.
    let is_test = |item: &syn::Item| matches!(item, syn::Item::Mod(module) if module.content.is_none() && source::is_test(&module.attrs));
    let name = |item: &syn::Item| if let syn::Item::Mod(module) = item { module.ident.to_string() } else { String::new() };
    let tests = files
        .iter()
        .flat_map(|(module, file)| file.items.iter().filter(|item| is_test(item)).map(move |item| format!("{module}::{}", name(item))));
    let tests: BTreeSet<String> = tests.collect();
    files.retain(|module, _| !tests.contains(module));
    files
}

fn read(text: &str) -> Vec<syn::Item> {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{error}: {text}")).items
}

/// The layers of a crate: by name of a unit its layer, and by pattern its unit.
struct Places<'a> {
    layers: BTreeMap<&'a str, usize>,
    units: BTreeMap<&'a str, &'a str>,
}

impl<'a> Places<'a> {
    fn new(of: &Crate<'a>) -> Self {
        let mut places = Self { layers: BTreeMap::new(), units: BTreeMap::new() };
        for (layer, units) in of.layers.iter().enumerate() {
            for unit in *units {
                let name = unit.split(' ').next().unwrap().trim_end_matches("::*");
                assert!(places.layers.insert(name, layer).is_none(), "{name} is there twice");
                for pattern in unit.split(' ') {
                    assert!(places.units.insert(pattern, name).is_none(), "{pattern} is there twice");
                }
            }
        }
        places
    }

    /// The pattern that a module falls under: itself, or the nearest `a::*` above it.
    fn pattern(&self, module: &str) -> Option<&'a str> {
        let above = module.match_indices("::").map(|(at, _)| &module[..at]).chain([module]);
        let starred = above.map(|above| format!("{above}::*"));
        let mut patterns = vec![module.to_owned()];
        patterns.extend(starred.collect::<Vec<_>>().into_iter().rev());
        patterns.iter().find_map(|pattern| self.units.get_key_value(pattern.as_str()).map(|(&key, _)| key))
    }

    fn unit(&self, module: &str) -> Option<(&'a str, usize)> {
        let unit = self.units[self.pattern(module)?];
        Some((unit, self.layers[unit]))
    }
}

/// Everything that is wrong with the layers of these files.
fn faults(of: &Crate<'_>, files: &Files) -> Vec<String> {
    let places = Places::new(of);
    let mut faults = Vec::new();
    for module in files.keys().filter(|module| places.pattern(module).is_none()) {
        faults.push(format!("{module} has no layer"));
    }
    for pattern in places.units.keys() {
        if !files.keys().any(|module| places.pattern(module) == Some(pattern)) {
            faults.push(format!("{pattern} has a layer and no file"));
        }
    }
    let mut excused = vec![false; of.exceptions.len()];
    for (module, file) in files {
        let Some((unit, layer)) = places.unit(module) else { continue };
        let mut told = BTreeSet::new();
        for path in &file.source.names {
            let shown = path.join("::");
            let Some(home) = home(path, files) else {
                faults.push(format!("{module} takes `{shown}` from the root, where everything can be had"));
                continue;
            };
            // A module without a layer has been reported already.
            let Some((other, below)) = places.unit(&home) else { continue };
            if other == unit || below < layer {
                continue;
            }
            if let Some(at) = of.exceptions.iter().position(|&exception| exception == (unit, other)) {
                excused[at] = true;
                continue;
            }
            if !told.insert(home) {
                continue;
            }
            faults.push(if below == layer {
                format!("{module} knows its neighbour `{shown}`")
            } else {
                format!("{module} knows `{shown}`, which is above it")
            });
        }
    }
    let unused = of.exceptions.iter().zip(excused).filter(|(_, excused)| !excused);
    faults.extend(unused.map(|((from, to), _)| format!("the exception {from} -> {to} is not needed")));
    faults
}

/// The module in which a path ends: the deepest, and where that only hands the item on, the one that has it.
fn home(path: &[String], files: &Files) -> Option<String> {
    let Some(depth) = (1..=path.len()).rev().find(|&depth| files.contains_key(&path[..depth].join("::"))) else {
        let has = |file: &File| path.first().is_some_and(|name| file.source.macros.contains(name));
        return files.iter().find(|(_, file)| has(file)).map(|(module, _)| module.clone());
    };
    let module = path[..depth].join("::");
    let (item, rest) = path[depth..].split_first().unzip();
    let mut exports = files[&module].source.exports.iter();
    match exports.find(|(name, _)| Some(name) == item) {
        // The name of a module below may also be that of an item in it.
        Some((_, from)) if from != path => home(&[from, rest.unwrap_or_default()].concat(), files),
        _ => Some(module),
    }
}

/// Files that import each other in a circle, each circle once. A module and those below it are one thing: it lists them, and they
/// extend it.
fn circles(files: &Files) -> Vec<Vec<String>> {
    let is_below = |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with("::"));
    let known = |(module, file): (&String, &Rc<File>)| {
        let homes = file.source.names.iter().filter_map(|path| home(path, files));
        let others = homes.filter(|home| home != module && !is_below(home, module) && !is_below(module, home));
        (module.clone(), others.collect::<BTreeSet<_>>())
    };
    let knows: BTreeMap<String, BTreeSet<String>> = files.iter().map(known).collect();
    let reached = |from: &String| {
        let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(module) = left.pop() {
            left.extend(knows.get(module).into_iter().flatten().filter(|other| reached.insert((*other).clone())));
        }
        reached
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = knows.keys().map(|module| (module, reached(module))).collect();
    let circle = |(module, others): (&&String, &BTreeSet<String>)| {
        let circle = others.iter().filter(|other| reached[other].contains(*module)).cloned().collect::<Vec<_>>();
        others.contains(*module).then_some(circle)
    };
    reached.iter().filter_map(circle).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn files_import_each_other_in_no_circle() {
    for of in CRATES {
        let circles = circles(&files(of));
        assert!(circles.is_empty(), "{}: {circles:#?}", of.folder);
    }
}

#[test]
fn imports_point_down() {
    for of in CRATES {
        let faults = faults(of, &files(of));
        assert!(faults.is_empty(), "{}: {faults:#?}", of.folder);
    }
}

/// Adds lines to a file, which may be a new one.
fn add(files: &mut Files, module: &str, lines: &str) {
    let before = files.get(module).map_or(Vec::new(), |file| file.items.clone());
    files.insert(module.into(), File::new(module, [before, read(lines)].concat()));
}

/// What is wrong with the core after lines were added to its files.
fn faults_with(lines: &[(&str, &str)]) -> Vec<String> {
    let mut files = core();
    lines.iter().for_each(|(module, lines)| add(&mut files, module, lines));
    faults(&CORE, &files)
}

/// The files of the core, read once a thread, because what `syn` reads stays there.
fn core() -> Files {
    thread_local! {
        static FILES: Files = files(&CORE);
    }
    FILES.with(Clone::clone)
}

#[test]
fn every_way_to_point_up_is_seen() {
    let above = [
        ("slot", "use crate::http::Action;"),
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
        // By way of a name that an import brought, or of a macro.
        ("slot", "fn up() { use crate::encode; encode::text::Style::new() }"),
        ("slot", "fn up() { debug_assert!(0 < crate::http::NEXT) }"),
        ("slot", "macro_rules! up { () => { use crate::{atomic::Uint, metric::Metric}; } }"),
        ("cell", "use counter::Counter; mod counter;"),
        ("cell", "fn up() -> counter::Counter<u32> { loop {} }\nmod counter;"),
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
    let mut files = core();
    files.remove("time");
    assert!(faults(&CORE, &files).contains(&"time has a layer and no file".into()));
}

#[test]
fn an_exception_that_is_not_needed_is_seen() {
    let of = Crate { exceptions: &[("slot", "http::state"), ("metric", "http::state")], ..CORE };
    let mut files = core();
    add(&mut files, "slot", "use crate::http::Action;");
    assert_eq!(faults(&of, &files), ["the exception metric -> http::state is not needed"]);
}

#[test]
fn a_star_is_what_lies_below_and_is_not_named() {
    let of = Crate { folder: "", layers: &[&["a a::*"], &["a::b::c", "d"]], exceptions: &[] };
    let text = [("a", ""), ("a::b", "use crate::d;"), ("a::b::c", "use super::super::a; use crate::d;"), ("d", ""), ("e", "")];
    let files = text.map(|(module, text)| (module.into(), File::new(module, read(text)))).into();
    let expected = ["e has no layer", "a::b knows `d`, which is above it", "a::b::c knows its neighbour `d`"];
    assert_eq!(faults(&of, &files), expected);
}

#[test]
fn what_does_not_point_up_is_left_alone() {
    let fine = [
        ("slot", "// use crate::http::Action;"),
        ("slot", "/// [`Action`](crate::http::Action)\nfn x() { let _ = \"crate::http\"; }"),
        ("slot", "macro_rules! x { () => { $crate::http::Action } }"),
        ("slot", "pub(crate) use crate::atomic::{AtomicU32 as Word, fence};"),
        ("metric", "use super::{cell, encode::{self, Stop}};"),
        ("value", "mod inner { use super::*; use self::deep::x; }"),
        ("slot", "#[cfg(test)]\nmod tests { use crate::http::Action; }\n#[cfg(all(test, loom))]\nfn up() { crate::http::up() }"),
    ];
    for (module, line) in fine {
        assert_eq!(faults_with(&[(module, line)]), [""; 0], "{line}");
    }
}
