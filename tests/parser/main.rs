//! Pages that are read: the shared vectors, what other readers disagree about, round trips, pages in pieces, protobuf.

#[path = "../fixture/mod.rs"]
mod fixture;
#[path = "../peers/mod.rs"]
mod peers;

mod conversion;
mod differential;
mod disagreements;
mod generate;
mod lint;
mod pages;
mod protobuf;
mod round_trip;
mod stream;
mod vectors;
