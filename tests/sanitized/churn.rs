//! Threads that count while series come, go and are reset, under the sanitizers: those of tests/std that share memory.

#[path = "../std/concurrent.rs"]
mod concurrent;
#[path = "../std/expiry.rs"]
mod expiry;
#[path = "../std/held.rs"]
mod held;
#[path = "../std/resets.rs"]
mod resets;
#[path = "../std/scrapes.rs"]
mod scrapes;
#[path = "../support/mod.rs"]
mod support;
#[path = "../std/unscraped.rs"]
mod unscraped;

use support::{in_pieces, page, samples};
