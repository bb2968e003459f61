//! What readers see first: a README of one sitting, examples that need no scrolling, documentation without the codes of our notes.

use std::path::PathBuf;

use crate::crates::{Crate, LIBRARIES};
use crate::{at, sources, text};

const STD: Crate<'_> = Crate { folder: "std-adapter/src", layers: &[], exceptions: &[] };

/// All that has documentation.
fn everything() -> impl Iterator<Item = (PathBuf, String)> {
    LIBRARIES.iter().chain(&[&STD]).flat_map(|of| sources(of))
}

/// Lines of code in a text that a page of documentation would scroll.
fn long_lines(text: &str) -> Vec<&str> {
    let mut inside = false;
    let code = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        inside && !fence
    });
    // Hidden lines of examples are not shown.
    code.filter(|line| line.chars().count() >= 90 && !line.starts_with("# ")).collect()
}

/// The code of a paragraph of our notes in a line of documentation, such as `(O15)` or `(push protocols P4, P5)`.
fn code(line: &str) -> Option<&str> {
    let text = said(line)?;
    let is_code = |word: &str| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
        (1..=2).contains(&(word.len() - digits.len()))
            && (1..=2).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let brackets = text.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(inner, _)| inner);
    brackets.into_iter().find(|inner| inner.rsplit([' ', ',']).next().is_some_and(is_code))
}

#[test]
fn readme_fits_one_sitting_and_does_not_scroll() {
    let readme = text("README.md");
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
    for command in ["cargo run --release -p picometer-firmware ", "cargo test --workspace "] {
        assert!(readme.contains(command), "README has lost the command {command:?}");
    }
    let guides = std::fs::read_dir(at("std-adapter/src/guide")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["README.md", "core/README.md", "std-adapter/README.md"].map(at);
    for file in others.into_iter().chain(guides) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(long_lines(&text), [""; 0], "{}", file.display());
    }
    assert_eq!(long_lines(&format!("{0}\n```\n{0}\n# {0}\n```\n{0}", "a".repeat(90))).len(), 1);
}

/// What a line of documentation says.
fn said(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))
}

/// Code of documentation comments, as the text that it is rendered from.
fn documented(source: &str) -> String {
    source.lines().filter_map(said).map(|text| text.strip_prefix(' ').unwrap_or(text).to_owned() + "\n").collect()
}

#[test]
fn examples_of_documentation_do_not_scroll() {
    // The guide of boards quotes programs, which are formatted as sources are.
    for (path, text) in everything().filter(|(path, _)| !path.ends_with("guide/boards.rs")) {
        assert_eq!(long_lines(&documented(&text)), [""; 0], "{}", path.display());
    }
    let code = format!("    /// ```\n    /// {0}\n    /// # {0}\n    /// ```\n", "a".repeat(90));
    assert_eq!(long_lines(&documented(&code)).len(), 1);
}

#[test]
fn documentation_has_no_codes_of_our_notes() {
    for (path, text) in everything() {
        let found: Vec<&str> = text.lines().filter(|line| code(line).is_some()).collect();
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
    assert!(code("/// The text (exposition formats F6, O15).").is_some() && code("//! A name (N1)").is_some());
    assert!(code("/// In constant time, O(1), by IPv6 (RFC 9110) or `F32`.").is_none());
}
