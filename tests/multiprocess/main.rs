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
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use picometer_std::Snapshot;
use picometer_std::multiprocess::Collector;

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
