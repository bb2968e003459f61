//! What unit tests have in common.

use std::sync::Barrier;

use picometer::{Collector, Format};

/// So many turns of a test; an interpreter, for which each takes a thousand times as long, does a hundredth of them.
pub(crate) const fn turns(all: u32) -> u32 {
    if cfg!(miri) { all.div_ceil(100) } else { all }
}

/// The page of a collector.
pub(crate) fn page(collector: &dyn Collector, format: Format) -> String {
    let mut page = Vec::new();
    picometer_std::render(collector, format, &mut page);
    String::from_utf8(page).unwrap()
}

/// Numbers as they come, the same in each run.
pub(crate) fn random(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        seed ^ seed >> 29
    }
}

/// The same, from 0 up to 1.
pub(crate) fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut random = random(seed);
    move || (random() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Runs so many threads, none of which begins or ends before all are there.
pub(crate) fn at_once(threads: usize, act: impl Fn(usize) + Sync) {
    let (all, act) = (&Barrier::new(threads), &act);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                all.wait();
                act(thread);
                all.wait();
            });
        }
    });
}
