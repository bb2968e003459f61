//! What readers see first: a README of one sitting, examples that need no scrolling, documentation without the codes of our notes.

use std::path::PathBuf;

use crate::crates::{Crate, LIBRARIES};

const STD: Crate<'_> = Crate { folder: "std-adapter/src", layers: &[], exceptions: &[] };

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
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
    let line = line.trim_start();
    let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
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
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
    for command in ["cargo run --release -p picometer-firmware ", "cargo test --workspace "] {
        assert!(readme.contains(command), "README has lost the command {command:?}");
    }
    let guides = std::fs::read_dir(root().join("std-adapter/src/guide")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["README.md", "core/README.md", "std-adapter/README.md"].map(|file| root().join(file));
    for file in others.into_iter().chain(guides) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(long_lines(&text), [""; 0], "{}", file.display());
    }
    assert_eq!(long_lines(&format!("{0}\n```\n{0}\n# {0}\n```\n{0}", "a".repeat(90))).len(), 1);
}

/// Code of documentation comments, as the text that it is rendered from.
fn documented(source: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_start();
        let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
        Some(text.strip_prefix(' ').unwrap_or(text).to_owned() + "\n")
    };
    source.lines().filter_map(line).collect()
}

#[test]
fn examples_of_documentation_do_not_scroll() {
    for of in LIBRARIES.iter().chain(&[&STD]) {
        let is_source = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "rs");
        // The guide of boards quotes programs, which are formatted as sources are.
        for path in crate::paths(of).iter().filter(is_source).filter(|path| !path.ends_with("guide/boards.rs")) {
            let text = documented(&std::fs::read_to_string(path).unwrap());
            assert_eq!(long_lines(&text), [""; 0], "{}", path.display());
        }
    }
    let code = format!("    /// ```\n    /// {0}\n    /// # {0}\n    /// ```\n", "a".repeat(90));
    assert_eq!(long_lines(&documented(&code)).len(), 1);
}

#[test]
fn documentation_has_no_codes_of_our_notes() {
    for of in LIBRARIES.iter().chain(&[&STD]) {
        for path in crate::paths(of).iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
            let text = std::fs::read_to_string(path).unwrap();
            let found: Vec<&str> = text.lines().filter(|line| code(line).is_some()).collect();
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
    assert!(code("/// The text (exposition formats F6, O15).").is_some() && code("//! A name (N1)").is_some());
    assert!(code("/// In constant time, O(1), by IPv6 (RFC 9110) or `F32`.").is_none());
}
