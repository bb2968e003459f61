//! What every public type has: an example that is compiled, and, with the feature, a way into the log of a microcontroller.

use std::collections::BTreeSet;

use super::{Sources, sources};

/// Names between braces or alone behind the last `::` of a re-export.
fn exported(source: &str) -> BTreeSet<String> {
    let uses = source.split("pub use ").skip(1).filter_map(|text| text.split(';').next());
    let names = uses.flat_map(|path| {
        let items = path.split_once('{').map_or_else(|| path.rsplit("::").next().unwrap_or(path), |(_, items)| items);
        items.trim_end_matches('}').split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>()
    });
    names.filter(|name| name.starts_with(char::is_uppercase)).collect()
}

/// What is missing of public types.
fn faults(sources: &Sources, public: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for name in public {
        let found = sources.iter().find_map(|(module, source)| {
            let keywords = ["struct", "enum", "trait"].map(|keyword| format!("pub {keyword} {name}"));
            let at = keywords.iter().find_map(|text| {
                let ends = |at: &(usize, &str)| !source[at.0 + text.len()..].starts_with(|c: char| c.is_alphanumeric());
                source.match_indices(text.as_str()).find(ends)
            });
            at.map(|(at, text)| (module, source, at, text.starts_with("pub trait")))
        });
        // An alias, or what a macro makes.
        let Some((module, source, at, is_trait)) = found else { continue };
        let above: Vec<&str> = source[..at].lines().rev().take_while(|line| !line.is_empty()).collect();
        if !above.iter().any(|line| line.starts_with("/// ```")) {
            faults.push(format!("{module}: {name} has no example"));
        }
        let derived = above.iter().any(|line| line.contains("derive(defmt::Format)"));
        let macros = source.split("shown_as!(").skip(1).filter_map(|text| text.split("=>").next());
        let impls = source.split("impl defmt::Format for ").skip(1).filter_map(|text| text.split('{').next());
        let shown = macros.chain(impls).any(|text| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == name));
        if !(derived || shown || is_trait) {
            faults.push(format!("{module}: {name} has no `defmt::Format`"));
        }
    }
    faults
}

fn public() -> BTreeSet<String> {
    let root = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src/lib.rs")).unwrap();
    // What comes after is for macros.
    let mut public = exported(root.split("#[doc(hidden)]").next().unwrap());
    public.extend(exported(&sources()["http"]));
    public
}

#[test]
fn every_public_type_has_an_example_and_is_loggable() {
    let public = public();
    assert!(public.contains("BoundedFamily") && public.contains("Responder") && public.contains("Uint"), "{public:?}");
    let faults = faults(&sources(), &public);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_type_without_them_is_seen() {
    let mut sources = sources();
    let source = sources.get_mut("slot").unwrap();
    *source =
        format!("/// A type.\n/// ```\n/// ```\n#[derive(Debug)]\npub struct Bare;\n\n/// Another.\npub struct Barely<T>(T);\n{source}");
    let public = ["Bare", "Barely"].map(String::from).into();
    let expected = ["slot: Bare has no `defmt::Format`", "slot: Barely has no example", "slot: Barely has no `defmt::Format`"];
    assert_eq!(faults(&sources, &public), expected);
}
