//! Threads: what each says of itself, so that memory is freed behind the last guard that may reach it, and a fork finds no lock
//! held.
//!
//! A thread has a [record](record) while it lives. Guards and locks are plain stores in it; who frees something, or forks, makes
//! the memory barrier for all threads ([`barrier`]) and then reads all records. Nothing here knows what is freed or who counts.

mod barrier;
mod fork;
mod gate;
mod limbo;
pub(crate) mod lock;
mod reclaim;
mod record;
mod thread;

#[cfg(shared_storage)]
pub(crate) use fork::{Hooks, set_hooks};
pub(crate) use fork::{Section, generation, once};
pub(crate) use reclaim::{Guard, Hazard, Item, held, pin, pinned, retire, tidy};
pub(crate) use thread::{lease, number, with_ended};
