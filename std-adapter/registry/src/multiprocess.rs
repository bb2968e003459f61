//! One page for many processes: pre-fork servers, workers that come and go, Rust and Python side by side.
//!
//! Each worker keeps the numbers of its cells in a file of its own, mapped into its memory. An increment costs what it costs
//! without, and the page is made of all files. Where a process is a worker the cells of this crate are shared by themselves, and
//! nothing in a service changes but its page:
//!
//! ```
//! use picometer_std::multiprocess::Page;
//! use picometer_std::{Counter, Family, Format, Registry, render};
//!
//! let registry = Registry::new();
//! let requests = registry.register(Family::<Counter, 1>::new(
//!     "requests_total",
//!     "Requests served.",
//!     ["code"],
//! ))?;
//! requests.with(["200"]).inc();
//!
//! let page = Page::new(&registry)?;
//! let mut text = Vec::new();
//! render(&page, Format::Text004, &mut text);
//! assert!(text.ends_with(b"requests_total{code=\"200\"} 1\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * A process is a worker where the environment variable `PROMETHEUS_MULTIPROC_DIR` names a directory, or by [`join`]. It has to
//!   be before a cell is made: one from before counts in memory alone, and [`Status`] says how many there are.
//! * [`Page`] is the page of a service; [`Collector`] that of a program which only collects.
//! * After `fork` the child has a file of its own, and all its handles go on working, from zero.
//! * Counters, histograms and summaries are sums of all workers that ever were, gauge histograms of those that live; gauges are
//!   what their [`GaugeMode`] says, info metrics and state sets those of live workers. What dead workers left is folded into one
//!   file, whose size does not depend on how many there were.
//! * The directory is emptied before the first worker starts, if counts of an earlier run are not to be shown. It belongs on a
//!   disk of this machine, best in memory (`/dev/shm`): locks tell who lives.
//! * Who can write to the directory can add counts, and hold locks that keep dead workers from being folded: it belongs to the workers.
//!   Links, FIFOs and devices in it are never opened, and nothing is written through a link; the directory itself may be named by one.
//!   Of files with the same identity one counts. Checksums find damage in headers, names and labels, and anywhere in the file of the
//!   dead; the numbers of a worker have none, because it would have to be made anew with each increment.
//! * Native histograms are merged at the resolution and zero threshold that all workers have; of exemplars each bucket shows the
//!   latest that a live worker has, if its labels take no more than 200 bytes.
//! * Where the disk is full, or the directory went away, cells count on in memory; [`Status`] and the page say so.
//!
//! Series get their names when they are registered, those of families also later; of a collector of your own those have one that
//! it shows when it is registered. What `remove`, `clear` and `unregister` take away stays away. Linux only.
//!
//! Not shared, and on the [`Page`] of the process that makes it as they are there: cells of the core, callbacks, numbers that your
//! own collectors make; exemplars of native and of gauge histograms; and summaries with quantiles, which cannot be put together.

mod page;

pub use page::Page;
pub use picometer_multiprocess::{Collector, Conflict, Corrupt, DIRECTORY, FileError, GaugeMode, JoinError, Status, python};

use std::path::Path;

use crate::shared::publish_declared;

/// Makes this process a worker: cells that are made from now on are shared in this directory. The directory is there already.
///
/// Not needed where `PROMETHEUS_MULTIPROC_DIR` names it, but it tells what is wrong.
///
/// # Errors
///
/// [`JoinError`]: the directory is not there or cannot be written to, the disk is full, or the process is a worker of another
/// directory already.
pub fn join(directory: impl AsRef<Path>) -> Result<(), JoinError> {
    picometer_multiprocess::storage::join(directory.as_ref())?;
    publish_declared();
    Ok(())
}
