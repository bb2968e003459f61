//! What pages look like: against goldens that people have read, and against the shared vectors.

mod dynamic;
#[path = "../fixture/mod.rs"]
mod fixture;
mod golden;
#[path = "../fuzz/fuzz_targets/parts/line.rs"]
mod line;
mod neutral;
mod openmetrics2;
mod registries;
mod specification;
#[path = "../support/mod.rs"]
mod support;
mod vectors;
