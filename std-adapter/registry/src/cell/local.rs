//! Cells of which every thread has its own, so that an update is a load, an addition and a store: no atomic
//! read-modify-write, and no cache line that threads take from each other.
//!
//! A cell is a *place*. Every thread that updates anything leases a *slab*, which has room for each place in chunks that are
//! made when the thread comes to them; the value of a cell is the sum over all slabs. Only the thread writes to its slab,
//! so a plain store loses nothing, and each number in it only grows, so that sums never go back. A thread that ends gives its
//! slab, with what was counted in it, to the next one, unless a page comes first: that moves the counts into cells that every read
//! adds, so that ended threads cost neither reads nor memory. There are as many slabs as twice the processors, at least 64 and at
//! most 512. A thread that finds none left, and one whose thread-locals are gone already, adds atomically in the shard of the
//! processor that it runs on.
//!
//! Where the process is a worker of many (`multiprocess`), chunks are in its file instead of on the heap, and a process that reads the
//! file adds them up; nothing else changes for who counts. Cells that were made before it was one stay on the heap.
//!
//! What it costs: eight bytes for each number of a cell and each thread that updates cells in the same chunk, and a read that
//! visits the slab of every live thread. Beyond the slabs it is eight bytes for each processor. What it does not give: an update from a
//! signal handler that interrupts one of the same cell can be lost. A read from one waits for no page that it interrupts.
//!
//! After `fork` the child has the counts of that moment and goes on by itself; its next threads take the slabs over that the parent's
//! other threads had, and a reader waits once, shortly, for an observation that one of them was at. No lock is waited for on the way
//! of an update. A library that is loaded with a picometer of its own has slabs and places of its own.

mod chunks;
mod ended;
mod floats;
mod homes;
mod integers;
mod lease;
mod many;
mod moment;
mod more;
mod moves;
mod observations;
mod own_float;
mod places;
mod resets;
mod rows;
mod shards;
mod slab;
mod tally;
mod together;
mod used;

pub(crate) use chunks::{Length, One, Pair};
pub(crate) use ended::fold_ended;
pub(crate) use floats::{Floats, floats};
pub(crate) use integers::{COLUMN, add_integer, column, integer, integers, reset_integer};
pub(crate) use moment::with_zeros;
pub(crate) use observations::{MOST as MANY, Observations};
pub(crate) use places::Cells;
pub(crate) use slab::are_many;
pub(crate) use tally::LocalTally;
