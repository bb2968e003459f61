//! What must not compile does not, and says why in the words of the documentation.
//!
//! A file in `cases` starts with what its cases share. `//- sentence` begins a case whose first error must have that sentence,
//! `//+` one that must compile. `//^ tokens` behind the sentence says under which tokens the error must be: file, line and column are
//! those of their first place in the case, or of the second with `//^2`. All cases are programs of one package, checked at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Case {
    /// File and line.
    name: String,
    /// `None` for one that must compile.
    sentence: Option<String>,
    /// What the error must be under, and which of its places in the case.
    under: Option<(usize, String)>,
    /// What stands in front of the case in its file.
    shared: String,
    source: String,
}

impl Case {
    fn program(&self) -> String {
        format!("{}{}fn main() {{}}\n", self.shared, self.source)
    }

    /// Where the error must be: tokens, line and column, as the compiler counts them.
    fn place(&self) -> Option<Place> {
        let (which, tokens) = self.under.as_ref()?;
        let (at, _) = self.source.match_indices(tokens.as_str()).nth(which - 1).unwrap_or_else(|| panic!("{}: no {tokens}", self.name));
        let front = format!("{}{}", self.shared, &self.source[..at]);
        let line = front.matches('\n').count() + 1;
        let column = front.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        Some(Place { file: format!("src/bin/{}.rs", self.name), line, column, under: tokens.clone() })
    }
}

#[derive(Debug, Default, PartialEq)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    under: String,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (mut shared, mut own) = (String::new(), Vec::<Case>::new());
        for (index, line) in text.lines().enumerate() {
            let sentence = line.strip_prefix("//- ").map(str::to_owned);
            if sentence.is_some() || line == "//+" {
                let name = format!("{}_{}", file.file_stem().unwrap().to_str().unwrap(), index + 1);
                own.push(Case { name, sentence, under: None, shared: String::new(), source: String::new() });
            } else if let (Some((which, tokens)), Some(case)) =
                (line.strip_prefix("//^").and_then(|line| line.split_once(' ')), own.last_mut())
            {
                case.under = Some((which.parse().unwrap_or(1), tokens.to_owned()));
            } else {
                let source = own.last_mut().map_or(&mut shared, |case| &mut case.source);
                source.push_str(line);
                source.push('\n');
            }
        }
        assert!(own.iter().any(|case| case.sentence.is_none()), "{} shows nothing that compiles", file.display());
        own.iter_mut().for_each(|case| case.shared = format!("#![allow(warnings)]\n{shared}"));
        cases.extend(own);
    }
    cases
}

/// What the compiler says, and where.
struct Shown {
    text: String,
    place: Place,
}

impl Shown {
    fn new(message: &serde_json::Value) -> Self {
        let spans = message["spans"].as_array().unwrap();
        let place = spans.iter().find(|span| span["is_primary"] == true).map(|span| {
            let number = |of: &serde_json::Value, name: &str| of[name].as_u64().unwrap_or_default() as usize;
            let line = &span["text"][0];
            // Columns count characters.
            let (start, end) = (number(line, "highlight_start"), number(line, "highlight_end"));
            let under = line["text"].as_str().unwrap_or_default().chars().skip(start.saturating_sub(1)).take(end - start).collect();
            let file = span["file_name"].as_str().unwrap_or_default().to_owned();
            Place { file, line: number(span, "line_start"), column: number(span, "column_start"), under }
        });
        Self { text: message["rendered"].as_str().unwrap().to_owned(), place: place.unwrap_or_default() }
    }
}

/// Checks all cases with one call of cargo; the errors of each, as the compiler shows them.
fn errors(cases: &[Case]) -> BTreeMap<String, Vec<Shown>> {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
    let _ = std::fs::remove_dir_all(package.join("src"));
    std::fs::create_dir_all(package.join("src/bin")).unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = |folder| here.join(folder).canonicalize().unwrap().to_str().unwrap().to_owned();
    let manifest = format!(
        "[package]\nname = \"cases\"\nedition = \"2024\"\n[dependencies]\npicometer = {{ path = {:?}, features = [\"derive\", \"protobuf\"] }}\n\
         picometer-std = {{ path = {:?}, default-features = false, features = [\"derive\"] }}\n[workspace]\n",
        path("../core"),
        path("../std-adapter"),
    );
    std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
    // The versions that this test was built with, which are here.
    std::fs::copy(here.join("../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    for case in cases {
        std::fs::write(package.join(format!("src/bin/{}.rs", case.name)), case.program()).unwrap();
    }
    let output = Command::new(std::env::var("CARGO").unwrap_or("cargo".into()))
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=json"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        // Those of a sanitizer, say, are not meant for this.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap();
    let mut found = BTreeMap::<String, Vec<Shown>>::new();
    for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let message: serde_json::Value = serde_json::from_slice(line).unwrap();
        let target = message["target"]["name"].as_str().unwrap_or_default().to_owned();
        match message["reason"].as_str() {
            Some("compiler-message") if message["message"]["level"] == "error" => {
                found.entry(target).or_default().push(Shown::new(&message["message"]));
            }
            Some("compiler-artifact") => drop(found.entry(target).or_default()),
            _ => {}
        }
    }
    let missing: Vec<_> = cases.iter().filter(|case| !found.contains_key(&case.name)).map(|case| &case.name).collect();
    assert!(missing.is_empty(), "not checked: {missing:?}\n{}", String::from_utf8_lossy(&output.stderr));
    found
}

#[test]
fn each_mistake_is_an_error_in_our_words() {
    let cases = cases();
    assert!(cases.len() > 50, "the cases are gone");
    let errors = errors(&cases);
    let mut faults = Vec::new();
    for case in &cases {
        let Case { name, sentence, .. } = case;
        match (sentence, errors[name].first()) {
            (Some(sentence), Some(error)) if error.text.contains(sentence.as_str()) => match case.place() {
                Some(place) if place == error.place => {}
                Some(place) => faults.push(format!("{name} is at {:?}, not at {place:?}:\n{}", error.place, error.text)),
                None => faults.push(format!("{name} lacks its place, {:?}:\n{}", error.place, error.text)),
            },
            (None, None) => {}
            (Some(sentence), None) => faults.push(format!("{name} compiles, and should say: {sentence}")),
            (sentence, Some(error)) => faults.push(format!("{name} should say {sentence:?}, and says:\n{}", error.text)),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
