//! Pages that other projects keep as test data, where the folder `shared` lies beside the workspace.

use std::path::PathBuf;

use crate::peers::{skip, workspace};

/// Names and texts, or a visible skip.
#[track_caller]
pub fn real() -> Option<Vec<(String, String)>> {
    let folder =
        std::env::var_os("PICOMETER_SHARED").map_or_else(|| workspace().parent().unwrap_or(workspace()).join("shared"), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(folder.join("pages")) else {
        skip("no pages of other projects: the folder shared/pages is not beside the workspace");
        return None;
    };
    let files = entries.flatten().filter(|entry| entry.file_name() != "README.md");
    let mut pages: Vec<(String, String)> = files
        .map(|entry| {
            let bytes = std::fs::read(entry.path()).expect("a file of pages");
            (entry.file_name().to_string_lossy().into_owned(), String::from_utf8(bytes).expect("text"))
        })
        .collect();
    pages.sort();
    assert!(pages.len() > 50, "the folder has pages");
    Some(pages)
}
