//! Which files of a directory may be workers'.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::file::disk::SUFFIX;

/// The file of those that are dead.
pub(crate) const FOLDED: &str = "folded.pico";

/// A file that may be a worker's.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Ours, and not Python's.
    pub(crate) is_native: bool,
    /// It may be a copy, and all others were seen.
    pub(crate) is_last: bool,
}

/// What is in a directory, in the order of names; without the file of the dead.
pub(crate) fn list(directory: &Path) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_native = name.ends_with(SUFFIX);
        if (is_native && name != FOLDED) || Path::new(&name).extension() == Some(OsStr::new("db")) {
            listed.push(Listed { name, path: entry.path(), is_native, is_last: false });
        }
    }
    listed.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(listed)
}
