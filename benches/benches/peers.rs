//! Every update, lookup and page beside all peers and what the hardware allows.
//!
//! `cargo bench -p picometer-benches --bench peers -- --summary` prints a row for each case: ours, the best peer, the limit of the
//! machine, the ratio to both, and in front of all the name of the processor. `--write BENCHMARKS.md` puts the rows there: cargo runs
//! benches in the folder of their package. `--short` is for a look, `--json` for programs; words choose cases.
//! The cases are in `peers/cases`, the limits in `peers/libraries/limits`, a few lines each.

#[path = "peers/cases/mod.rs"]
mod cases;
#[path = "peers/inputs.rs"]
mod inputs;
#[path = "peers/libraries/mod.rs"]
mod libraries;
#[path = "peers/library.rs"]
mod library;

#[global_allocator]
static ALLOCATOR: picometer_benches::allocator::Counting = picometer_benches::allocator::Counting;

fn main() {
    // A process that measures its heap for another one.
    if let Some(heap) = cases::memory::asked() {
        return println!("{heap}");
    }
    let mut suite = picometer_benches::Suite::default();
    cases::run(&mut suite);
    suite.finish().expect("the file of the summary has its marks");
}
