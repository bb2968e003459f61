//! Pages that are read: the shared vectors, what other readers disagree about, round trips, pages in pieces, protobuf.

mod disagreements;
mod vectors;
