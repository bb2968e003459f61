//! Code that a guide quotes is code of the file that it names.

use super::text;

const GUIDES: [&str; 1] = ["core/src/guide/boards.rs"];
const BLOCK: &str = "```text";

/// Lines with something on them, however deep they are.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// The blocks that no doc-test compiles, each with the last file that is named in front of it.
fn quotes(guide: &str) -> Vec<(String, String)> {
    let guide: String = guide.lines().filter_map(|line| line.strip_prefix("//!")).flat_map(|line| [line, "\n"]).collect();
    let mut parts = guide.split(BLOCK);
    let mut before = parts.next().unwrap().to_owned();
    let mut found = Vec::new();
    for part in parts {
        let (code, rest) = part.split_once("```").expect("an end of the block");
        let file = before.split('`').rfind(|word| word.starts_with("embedded-example/")).expect("the file of a block");
        found.push((file.to_owned(), code.to_owned()));
        before = rest.to_owned();
    }
    found
}

/// What is quoted and is not in its file.
fn strangers(guide: &str) -> Vec<(String, String)> {
    let mut quotes = quotes(guide);
    quotes.retain(|(file, code)| {
        let (file, code) = (text(file), lines(code));
        !lines(&file).windows(code.len()).any(|window| window == code)
    });
    quotes
}

#[test]
fn guides_quote_the_examples() {
    for path in GUIDES {
        let guide = text(path);
        assert_eq!(strangers(&guide), [], "{path}");
        assert_eq!(quotes(&guide).len(), guide.matches(BLOCK).count(), "{path}");
    }
}

#[test]
fn changed_quote_is_seen() {
    let guide = text(GUIDES[0]);
    assert!(quotes(&guide).len() > 2);
    let changed = guide.replace("acknowledge();", "acknowledge(1);");
    assert_eq!(strangers(&changed).len(), 1);
}
