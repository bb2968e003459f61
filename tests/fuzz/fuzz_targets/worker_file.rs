//! Files of workers, ours and Python's, of anything: reading ends, says what is wrong, and what is folded shows what it showed.
//!
//! The first byte says whose file it is, the others are in it. Checksums of keys are not looked at here.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use picometer_std::multiprocess::Collector;
use picometer_std::{Format, render};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = place.join(format!("picometer-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

/// The workers' families, without exemplars, which the dead do not keep.
fn page(collector: &Collector) -> Vec<String> {
    let mut page = Vec::new();
    render(collector, Format::OpenMetrics100, &mut page);
    let page = String::from_utf8(page).unwrap();
    let own = page.lines().filter(|line| !line.contains("picometer_multiprocess"));
    own.map(|line| line.split(" # {").next().unwrap_or(line).into()).collect()
}

fuzz_target!(|data: &[u8]| {
    const NAMES: [&str; 6] = ["17-1.pico", "folded.pico", "counter_17.db", "histogram_17.db", "summary_17.db", "gauge_mostrecent_17.db"];
    let Some((name, data)) = data.split_first() else { return };
    let name = NAMES[usize::from(*name) % NAMES.len()];
    let path = FOLDER.join(name);
    std::fs::write(&path, data).unwrap();
    let collector = Collector::new(&*FOLDER).unwrap().folds(false);
    let before = page(&collector);
    let wrong = collector.file_errors().unwrap().len() + collector.conflicts().unwrap().len();
    assert!(wrong < 1_000_000);
    // A folded file that is wrong is an error.
    let folded = collector.fold();
    if wrong == 0 && folded.is_ok() {
        assert_eq!(page(&collector), before);
    }
    for name in std::fs::read_dir(&*FOLDER).unwrap() {
        std::fs::remove_file(name.unwrap().path()).unwrap();
    }
});
