//! The table of the programs of the founding documents: what it names exists.

use std::collections::BTreeSet;

use crate::{at, text};

/// Rows of the guide: the program, and where it is here.
fn rows() -> Vec<(String, String)> {
    let guide = text("std-adapter/src/guide/programs.md");
    let cells = |line: &str| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ").map(|(a, b)| (a.to_owned(), b.to_owned()));
    guide.lines().filter_map(cells).filter(|(program, _)| program != "program").collect()
}

/// What stands in quotes behind each `word`.
fn named<'a>(text: &'a str, word: &str, quote: char) -> Vec<&'a str> {
    text.split(word).skip(1).filter_map(|rest| rest.strip_prefix(quote)?.split(quote).next()).collect()
}

#[test]
fn programs_of_the_documents_are_where_the_table_says() {
    let folder = at("std-adapter");
    let parts = ["python.md", "python_push.md", "python_multiprocess.md"];
    let text = parts.map(|part| text(&format!("std-adapter/src/guide/{part}"))).concat();
    // A line of hidden code begins like a heading.
    let mut code = false;
    let mut chapters = BTreeSet::new();
    for line in text.lines() {
        code ^= line.starts_with("```");
        chapters.extend(line.strip_prefix("# ").filter(|_| !code));
    }
    let (rows, mut seen) = (rows(), BTreeSet::new());
    assert!(rows.len() > 45, "{}", rows.len());
    for (program, here) in &rows {
        for chapter in named(here, "chapter ", '"') {
            assert!(chapters.contains(chapter), "{program}: there is no chapter {chapter:?}");
            seen.insert(chapter);
        }
        for example in named(here, "example ", '`') {
            let path = folder.join("examples").join(example);
            assert!(path.join("main.rs").exists() || path.with_extension("rs").exists(), "{program}: there is no example {example:?}");
        }
        for file in named(here, "file ", '`').into_iter().chain(named(here, "files ", '`')).chain(named(here, "and ", '`')) {
            assert!(folder.join("examples/web_api").join(file).exists(), "{program}: there is no file {file:?}");
        }
        let place = ["chapter \"", "example `", "](crate::", "](derive@crate::"].iter().any(|sign| here.contains(sign));
        assert!(place, "{program}: {here:?} is no place");
    }
    let unseen: Vec<_> = chapters.difference(&seen).collect();
    assert!(unseen.is_empty(), "no program is in {unseen:?}");
}
