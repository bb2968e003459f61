//! What other people's programs make of our pages: Prometheus' checker, Python's two parsers, real servers.

#[path = "../fixture/mod.rs"]
mod fixture;
#[path = "../peers/mod.rs"]
mod peers;

mod pages;
mod server;
