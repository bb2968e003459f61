//! Whether a world leaves anything behind: memory that is in use, or a thread.

use std::time::{Duration, Instant};

use picometer_std::collectors::CountingAllocator;
use picometer_std::{Counter, Family, Format, Registry};

use super::page;

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

/// How often a world is made again.
const TIMES: u64 = 6;
/// So much more may be in use: places of cells and records are kept for those that come next. It is less than a byte for each
/// series of all those worlds.
const SLACK: u64 = 1_024;

/// Runs the world of a seed again and again; an error if more and more memory is in use, or threads are left.
pub fn check(mut run: impl FnMut() -> Result<(), String>) -> Result<(), String> {
    let threads = threads();
    // What the library keeps for those that come next is there behind a few.
    for _ in 0..3 {
        run()?;
    }
    let mut used = Vec::new();
    for _ in 0..3 {
        used.push(in_use());
        for _ in 0..TIMES {
            run()?;
        }
    }
    used.push(in_use());
    // What is kept for later may still grow once, and not every time.
    if used.windows(2).all(|pair| pair[1] > pair[0] + SLACK) {
        return Err(format!("memory in use, each time behind {TIMES} more of the same world: {used:?}"));
    }
    let started = Instant::now();
    while self::threads() > threads {
        // One that was joined may be seen for a moment.
        if started.elapsed() > Duration::from_secs(20) {
            return Err(format!("{} threads where there were {threads}", self::threads()));
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Bytes in use once everything is dropped that waits for guards.
fn in_use() -> u64 {
    // A page drops what may be dropped.
    let registry = Registry::new();
    let family = registry.register(Family::<Counter, 1>::new("a_total", "", ["x"])).expect("a good name");
    for _ in 0..4 {
        family.with(["a"]).inc();
        family.clear();
        page::written(&registry, Format::Text004);
    }
    drop((registry, family));
    HEAP.usage().in_use()
}

/// How many threads the process has, where the system says so.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}
