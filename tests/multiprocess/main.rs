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
mod python;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use picometer_std::multiprocess::Collector;
use picometer_std::{Format, Snapshot, render};

/// A directory that goes away again.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("picometer-multiprocess-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn page(&self) -> Snapshot {
        Snapshot::of(&Collector::new(&self.0).unwrap())
    }

    /// The page without folding.
    fn look(&self) -> Snapshot {
        Snapshot::of(&Collector::new(&self.0).unwrap().folds(false))
    }

    /// Files by a part of their name.
    fn files(&self, part: &str) -> Vec<PathBuf> {
        let all = std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.file_name().unwrap().to_str().unwrap().contains(part)).collect()
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(collector: &Collector, format: Format) -> String {
    let mut page = Vec::new();
    render(collector, format, &mut page);
    String::from_utf8(page).unwrap()
}

/// A test that another program is missing for.
fn skip(why: &str) {
    eprintln!("SKIP: {why}");
    assert!(std::env::var_os("PICOMETER_REQUIRE_PEERS").is_none_or(|value| value != "1"), "{why}");
}
