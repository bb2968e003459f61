//! What every public type has: an example that is compiled, and, in the core, a way into the log of a microcontroller.

use std::collections::BTreeSet;

use proc_macro2::TokenTree;
use syn::{Attribute, Expr, Item, Lit, Meta, Visibility};

use super::crates::{CORE, LIBRARIES};
use super::source::{attributes, is_test, leaves};
use super::{Files, add, core, read, sources, text};

/// The types that items hand on by `pub use`, by their names where they are declared.
fn exported(items: &[Item]) -> BTreeSet<String> {
    let mut found = Vec::new();
    for item in items {
        if let Item::Use(import) = item
            && matches!(import.vis, Visibility::Public(_))
        {
            leaves(&import.tree, &[], &mut found);
        }
    }
    let names = found.into_iter().filter_map(|(path, _)| path.last().cloned());
    names
        .inspect(|name| assert!(name != "*", "names are handed on one by one"))
        .filter(|name| name.starts_with(char::is_uppercase))
        .collect()
}

fn has_example(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => {
            matches!(&meta.value, Expr::Lit(text) if matches!(&text.lit, Lit::Str(text) if text.value().trim_start().starts_with("```")))
        }
        _ => false,
    })
}

/// Words of an attribute or a macro, however deep.
fn words(tokens: proc_macro2::TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => words(group.stream(), found),
            token => found.push(token.to_string()),
        }
    }
}

fn derives_format(attributes: &[Attribute]) -> bool {
    let lists = attributes.iter().filter_map(|attribute| attribute.meta.require_list().ok());
    lists.filter(|list| list.path.is_ident("derive") || list.path.is_ident("cfg_attr")).any(|list| {
        let mut found = Vec::new();
        words(list.tokens.clone(), &mut found);
        found.iter().any(|word| word == "derive") && found.windows(4).any(|four| four == ["defmt", ":", ":", "Format"])
    })
}

/// The types that get `defmt::Format` by an `impl` or by `shown_as!`.
fn shown(items: &[Item]) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for item in items {
        match item {
            Item::Impl(item) => {
                let path = item.trait_.as_ref().map(|(path, _)| quoted(path));
                if let (Some(true), syn::Type::Path(of)) = (path.map(|path| path == ["defmt", "Format"]), &*item.self_ty) {
                    shown.extend(of.path.segments.last().map(|segment| segment.ident.to_string()));
                }
            }
            Item::Macro(item) if item.mac.path.is_ident("shown_as") => {
                let mut found = Vec::new();
                words(item.mac.tokens.clone(), &mut found);
                let end = found.windows(2).position(|two| two == ["=", ">"]).unwrap_or(found.len());
                shown.extend(found.into_iter().take(end));
            }
            _ => {}
        }
    }
    shown
}

fn quoted(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// What is missing of public types.
fn faults(files: &Files, public: &BTreeSet<String>, is_logged: bool) -> Vec<String> {
    let mut faults = Vec::new();
    for (module, file) in files {
        let shown = shown(&file.items);
        for item in file.items.iter().filter(|item| !is_test(attributes(item))) {
            let (name, vis, is_trait) = match item {
                Item::Struct(item) => (&item.ident, &item.vis, false),
                Item::Enum(item) => (&item.ident, &item.vis, false),
                Item::Trait(item) => (&item.ident, &item.vis, true),
                _ => continue,
            };
            let name = name.to_string();
            if !matches!(vis, Visibility::Public(_)) || !public.contains(&name) {
                continue;
            }
            if !has_example(attributes(item)) {
                faults.push(format!("{module}: {name} has no example"));
            }
            if is_logged && !(is_trait || derives_format(attributes(item)) || shown.contains(&name)) {
                faults.push(format!("{module}: {name} has no `defmt::Format`"));
            }
        }
    }
    faults
}

/// The items of the root of a crate. What macros and the std adapter take from `__private` is not for users.
fn root(folder: &str) -> Vec<Item> {
    read(&text(&format!("{folder}/lib.rs")))
}

fn public() -> BTreeSet<String> {
    let mut public = exported(&root(CORE.folder));
    public.extend(exported(&core()["http"].items));
    public
}

#[test]
fn every_public_type_has_an_example_and_is_loggable() {
    let public = public();
    assert!(public.contains("BoundedFamily") && public.contains("Responder") && public.contains("Uint"), "{public:?}");
    let faults = faults(&core(), &public, true);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_type_without_them_is_seen() {
    let mut files = core();
    let source = "/// A type.\n/// ```\n/// ```\n#[derive(Debug)]\npub struct Bare;\n\n/// Another.\npub struct Barely<T>(T);\n";
    add(&mut files, "slot", source);
    let public = ["Bare", "Barely"].map(String::from).into();
    let expected = ["slot: Bare has no `defmt::Format`", "slot: Barely has no example", "slot: Barely has no `defmt::Format`"];
    assert_eq!(faults(&files, &public, true), expected);
}

/// The error types of a file, without their parameters.
fn spoken(file: &str) -> Vec<String> {
    let types = file.lines().filter_map(|line| line.trim_start().strip_prefix("impl")?.split_once("error::Error for "));
    types.map(|(_, rest)| rest.chars().take_while(|&letter| letter.is_alphanumeric()).collect()).collect()
}

/// Errors without a sentence by `Debug`: what `impl Error` has in a file that does not say `__speaks!` of it.
fn dumb(file: &str) -> Vec<String> {
    let types = file.lines().filter(|line| line.trim_start().starts_with("impl")).filter_map(|line| line.split_once("error::Error for "));
    let types = types.map(|(_, rest)| rest.trim_end_matches(['{', '}', ' ']));
    types
        .filter(|error| !file.contains(&format!("__speaks!({error})")) && !file.contains(&format!("] {error})")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_error_shows_its_sentence_by_debug() {
    let mut errors = 0;
    let files: Vec<_> = LIBRARIES.iter().flat_map(|of| sources(of)).collect();
    for (path, file) in &files {
        errors += file.matches("error::Error for ").count();
        assert_eq!(dumb(file), Vec::<String>::new(), "{}", path.display());
    }
    assert!(errors > 20, "{errors}");
    // The test that makes each of them and reads it. Elsewhere: files of workers, and what the linker lists.
    let walk = text("tests/std/errors.rs");
    let elsewhere = ["AtAddress", "Conflict", "Corrupt", "DeclaredTwice", "FileError"];
    let names = files.iter().flat_map(|(_, file)| spoken(file));
    let missing: BTreeSet<_> = names.filter(|name| !walk.contains(name.as_str()) && !elsewhere.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} are not made in tests/std/errors.rs");
    assert_eq!(dumb("impl std::error::Error for Silent {}\n"), ["Silent"]);
}

/// Public types that a new field or variant would break, and why that is meant.
const OPEN: [(&str, &[&str]); 5] = [
    (
        "programs make them, field by field",
        &[
            "BucketsWithExemplars",
            "Batch",
            "DescParts",
            "Exemplar",
            "Family",
            "HistogramPoint",
            "HttpResponse",
            "Label",
            "Limits",
            "NativeBucket",
            "NativeHistogram",
            "NativeHistogramPoint",
            "Quantile",
            "Request",
            "ResponseParts",
            "Retry",
            "Rules",
            "Sample",
            "Span",
            "SummaryPoint",
        ],
    ),
    ("functions that one caller gives", &["Hooks"]),
    ("the parts of one answer, which tests compare", &["Checked", "Error", "Negotiated", "Response", "ResponseStats"]),
    (
        "all that there can be: a program has to treat each",
        &["Escaping", "NativeBuckets", "Action", "Number", "RemoteWriteVersion", "Time"],
    ),
    ("hidden, for the std adapter", &["KeyParts", "Numbers", "Plan", "Read", "Table", "Whereabouts"]),
];

/// Whether all fields of a type are open, or its variants, and it does not say that more may come.
fn open_type(item: &Item) -> Option<String> {
    let public = |vis: &Visibility| matches!(vis, Visibility::Public(_));
    let says_so = |attributes: &[Attribute]| attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"));
    match item {
        Item::Enum(item) if public(&item.vis) && !item.variants.is_empty() && !says_so(&item.attrs) => Some(item.ident.to_string()),
        Item::Struct(item) if public(&item.vis) && !says_so(&item.attrs) => match &item.fields {
            syn::Fields::Named(fields) if fields.named.iter().all(|field| public(&field.vis)) => Some(item.ident.to_string()),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn public_types_may_grow_unless_listed() {
    let listed: BTreeSet<&str> = OPEN.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let mut found = BTreeSet::new();
    for of in LIBRARIES {
        for file in crate::files(of).values() {
            found.extend(file.items.iter().filter_map(open_type));
        }
    }
    let open: Vec<&String> = found.iter().filter(|name| !listed.contains(name.as_str())).collect();
    assert!(open.is_empty(), "say `#[non_exhaustive]`, or why not in `OPEN`: {open:?}");
    let gone: Vec<&&str> = listed.iter().filter(|name| !found.contains(**name)).collect();
    assert!(gone.is_empty(), "no longer open: {gone:?}");
}

/// The front page lists its names: nothing comes to users that is not written there.
#[test]
fn the_front_page_hands_on_names_one_by_one() {
    for folder in ["", "epoch/", "multiprocess/", "registry/", "serve/", "push/", "parse/"] {
        exported(&root(&format!("std-adapter/{folder}src")));
    }
    assert!(exported(&root("std-adapter/src")).contains("ClosedFamily"));
    let glob = std::panic::catch_unwind(|| exported(&read("pub use picometer::*;")));
    assert!(glob.is_err());
}
