//! Many processes on one page. Workers are this binary again, told by the environment what to do: `child` runs them.

mod again;
mod cells;
mod child;
mod crash;
mod extremes;
mod files;
mod fork;
mod hostile;
mod libraries;
mod merge;
mod native;
#[path = "../peers/mod.rs"]
mod peers;
mod python;

use std::path::{Path, PathBuf};

use picometer_std::multiprocess::Collector;
use picometer_std::{Format, Snapshot, render};

/// A directory that workers share, and that goes away again.
struct Folder(peers::Folder);

impl Folder {
    fn new() -> Self {
        Self(peers::Folder::new("multiprocess"))
    }

    fn page(&self) -> Snapshot {
        Snapshot::of(&Collector::new(&**self).unwrap())
    }

    /// The page without folding.
    fn look(&self) -> Snapshot {
        Snapshot::of(&Collector::new(&**self).unwrap().folds(false))
    }

    /// Files by a part of their name.
    fn files(&self, part: &str) -> Vec<PathBuf> {
        let all = std::fs::read_dir(&**self).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.file_name().unwrap().to_str().unwrap().contains(part)).collect()
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.path()
    }
}

fn text(collector: &Collector, format: Format) -> String {
    let mut page = Vec::new();
    render(collector, format, &mut page);
    String::from_utf8(page).unwrap()
}
