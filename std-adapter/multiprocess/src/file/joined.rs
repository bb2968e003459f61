//! The worker of this process, and what happens to its file at a fork: a child never writes to its parent's, and never reads it.
//!
//! Before the fork, when no thread makes or removes a series, the entries of the file are copied; the parent goes on to change
//! the file at once. A handler in the child makes a file with those entries and with cells at their start. It maps the file over
//! the same addresses, so that handles go on working. It closes the parent's, so that the lock stays with the parent. Only system
//! calls are made there.

use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer_epoch::{Hooks, Mutex, set_hooks};

use super::entries::Entries;
use super::worker::Worker;

static WORKER: OnceLock<Worker> = OnceLock::new();
/// How many series are counted in memory alone.
static UNSHARED: AtomicU64 = AtomicU64::new(0);

/// The worker of this process, if it is one.
#[inline]
pub fn joined() -> Option<&'static Worker> {
    WORKER.get()
}

/// Makes this process a worker of a directory. The second caller finds the directory of the first.
pub(crate) fn join(directory: &Path) -> io::Result<&'static Worker> {
    static JOINING: Mutex<()> = Mutex::new(());
    let _joining = JOINING.lock();
    if let Some(worker) = WORKER.get() {
        return Ok(worker);
    }
    let worker = Worker::begin(directory)?;
    worker.set_unshared(unshared());
    set_hooks(Hooks { before, in_parent, in_child });
    Ok(WORKER.get_or_init(|| worker))
}

pub(crate) fn unshared() -> u64 {
    UNSHARED.load(Ordering::Relaxed)
}

/// A series is counted in memory alone, or is so no more.
pub fn note_unshared(more: bool) {
    if more {
        UNSHARED.fetch_add(1, Ordering::Relaxed);
    } else {
        UNSHARED.fetch_sub(1, Ordering::Relaxed);
    }
    if let Some(worker) = joined() {
        worker.set_unshared(unshared());
    }
}

/// The entries of this process's file, from before a fork until behind it. There is one fork at a time.
static ENTRIES: std::sync::Mutex<Option<Entries>> = std::sync::Mutex::new(None);

fn before() {
    if let (Some(worker), Ok(mut entries)) = (joined(), ENTRIES.try_lock()) {
        *entries = Some(worker.entries());
    }
}

fn in_parent() {
    if let Ok(mut entries) = ENTRIES.try_lock() {
        *entries = None;
    }
}

fn in_child() {
    let entries = ENTRIES.try_lock().ok().and_then(|mut entries| entries.take());
    if let (Some(worker), Some(entries)) = (joined(), entries) {
        worker.part_from_parent(&entries);
    }
}
