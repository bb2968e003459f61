//! Threads: what each says of itself, so that memory is freed behind the last guard that may reach it, and a fork finds no lock
//! held.
//!
//! A thread has a record while it lives. Guards and locks are plain stores in it. A thread that frees something, or forks, makes the
//! memory barrier for all threads and then reads all records. Nothing here knows what is freed, or what is counted.
//!
//! * [`pin`] begins a [`Guard`], under which memory is reached without a lock; [`Guard::hold`] keeps one thing of it longer.
//!   A [`Brief`] one costs less.
//! * [`retire`] takes what was unlinked, and [`tidy`] drops it behind the last guard that may reach it.
//! * [`Mutex`], [`RwLock`], [`once`] and [`Section`] end before a fork goes on; [`generation`] tells parent and child apart.
//! * [`Backoff`] waits for a few steps of another thread.
//! * [`number`] gives each live thread a small number, and a thread that comes later that of one that ended. What goes with the
//!   number a thread [leases](lease) when it first needs it; [`with_unleased`] visits what no thread has.
//!
//! picometer's registry and the files of its workers are built on this; services use `picometer-std`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

mod atomic;
mod backoff;
mod barrier;
mod fork;
mod gate;
mod known;
mod limbo;
mod lock;
mod reclaim;
mod record;
mod section;
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub mod system;
mod thread;

pub use backoff::Backoff;
pub use fork::{Hooks, generation, set_hooks};
pub use limbo::Item;
pub use lock::{Held, Mutex, MutexGuard, RwLock};
pub use reclaim::{Brief, Guard, Hazard, held, pin, retire, tidy};
pub use section::{Section, once};
pub use thread::{ended_leases, is_leased, is_lost, lease, number, with_unleased};
