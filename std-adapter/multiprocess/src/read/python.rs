//! The files of the Python client library, so that workers of both languages share one directory.
//!
//! [`Collector`](crate::Collector) reads `*.db` beside its own files. [`export`] writes what Rust's workers have into files that
//! Python's `MultiProcessCollector` reads; their names end in `picometer.db`, and this collector passes over them.

pub(super) mod db;
mod export;

pub use db::mark_process_dead;
pub use export::export;
