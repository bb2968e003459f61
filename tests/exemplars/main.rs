//! Exemplars: from the spans of real tracers, through pages, into a real Prometheus.

#[path = "../peers/mod.rs"]
mod peers;

mod concurrent;
mod scraped;
mod spans;
#[path = "../support/mod.rs"]
mod support;
