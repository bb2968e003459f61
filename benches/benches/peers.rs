//! Every update, lookup and page beside all peers and what the hardware allows.
//!
//! `cargo bench -p picometer-benches --bench peers [-- --json] [-- CASE…]`; the cases are listed in `peers/cases.rs`.

#[path = "peers/cases.rs"]
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
    cases::run(&mut picometer_benches::Suite::default());
}
