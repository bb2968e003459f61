//! What pages look like: against goldens that people have read, and against the shared vectors.

#[path = "../fixture/mod.rs"]
mod fixture;
mod golden;
mod specification;
