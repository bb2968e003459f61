//! What happens at a fork: a child never writes to its parent's file.
//!
//! The C library calls a handler in the child before anything else of it runs. It makes a file with the entries of the parent's
//! and with cells at their start, maps it over the same addresses, and closes the parent's, so that handles go on working and
//! the lock of the parent is the parent's alone. Only system calls are made there.
//!
//! Threads that are making series while another forks would leave the child with locks that nobody unlocks; so the fork waits
//! until none is, and who wants to make one waits until the fork is over.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::yield_now;

use super::layout::{CELLS_HEAD, Head, KEY, KEY_CREATED, MAGIC, header};
use super::mapping::{self, Glimpse, Region};
use super::{disk, worker};

/// Has the handlers called from now on.
pub(super) fn register() -> io::Result<()> {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    if REGISTERED.get().is_none() {
        mapping::at_fork(before, in_parent, in_child)?;
        let _ = REGISTERED.set(());
    }
    Ok(())
}

extern "C" fn before() {
    GATE.close();
    if let Some(worker) = worker::joined() {
        worker.lock.lock();
    }
}

extern "C" fn in_parent() {
    if let Some(worker) = worker::joined() {
        worker.lock.unlock();
    }
    GATE.open();
}

extern "C" fn in_child() {
    if let Some(worker) = worker::joined() {
        worker.part_from_parent();
        worker.lock.unlock();
    }
    crate::reclaim::only_this_thread_looks();
    // Of those inside only this thread is left.
    GATE.inside.store(INSIDE.get().min(1), Ordering::Relaxed);
    GATE.open();
}

/// A file for this process with the entries of another's, mapped over it.
pub(super) fn renew(region: &Region, folder: BorrowedFd<'_>, used: u64) -> io::Result<OwnedFd> {
    let bytes = region.mapped();
    let from = region.words(0, bytes / 8).ok_or(io::ErrorKind::OutOfMemory)?;
    let (file, id) = disk::create(folder, bytes as u64)?;
    let glimpse = Glimpse::of(file.as_fd(), bytes)?;
    let to = glimpse.words();
    let (now, end) = (disk::nanos(), (used / 8) as usize);
    let mut at = header::WORDS;
    while at < end {
        let Some(head) = from.get(at).map(|word| Head::of(word.load(Ordering::Relaxed))).filter(|head| head.words() > 0) else { break };
        let entry = from.get(at..at + head.words()).into_iter().flatten();
        // The new file is zero, and so are the cells of the child.
        let kept = if head.tag == KEY { head.words() } else { CELLS_HEAD };
        for (index, (from, to)) in entry.zip(to.get(at..).into_iter().flatten()).take(kept).enumerate() {
            let value = if head.tag == KEY && index == KEY_CREATED { now } else { from.load(Ordering::Relaxed) };
            to.store(value, Ordering::Relaxed);
        }
        at += head.words();
    }
    if let (Some(from), Some(to)) = (from.get(header::UNSHARED), to.get(header::UNSHARED)) {
        to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    head(to, id, used);
    region.replace(Some(file.as_fd()))?;
    Ok(file)
}

/// Writes a header. A file is one when the first word is there.
pub(super) fn head(words: &[AtomicU64], id: u64, used: u64) {
    let (pid, started) = disk::process();
    let values = [(header::ID, id), (header::PID, pid), (header::STARTED, started), (header::USED, used), (header::MAGIC, MAGIC)];
    for (index, value) in values {
        if let Some(word) = words.get(index) {
            word.store(value, Ordering::Release);
        }
    }
}

static GATE: Gate = Gate { closed: AtomicBool::new(false), inside: AtomicUsize::new(0) };

thread_local! {
    /// How often this thread is inside.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// Nobody is inside while it is closed.
struct Gate {
    closed: AtomicBool,
    inside: AtomicUsize,
}

impl Gate {
    fn close(&self) {
        while self.closed.swap(true, Ordering::SeqCst) {
            yield_now();
        }
        // A thread that forks while it makes a series knows what it does.
        let own = INSIDE.get().min(1);
        while self.inside.load(Ordering::SeqCst) > own {
            yield_now();
        }
    }

    fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }

    fn enter(&self) {
        loop {
            self.inside.fetch_add(1, Ordering::SeqCst);
            if !self.closed.load(Ordering::SeqCst) {
                return;
            }
            self.inside.fetch_sub(1, Ordering::SeqCst);
            while self.closed.load(Ordering::SeqCst) {
                yield_now();
            }
        }
    }
}

/// Held while a series is made: no fork comes in between.
#[derive(Debug)]
pub(crate) struct Making(());

impl Making {
    /// Costs next to nothing where nothing is shared.
    pub(crate) fn begin() -> Option<Self> {
        super::current()?;
        let inside = INSIDE.get();
        INSIDE.set(inside + 1);
        if inside == 0 {
            GATE.enter();
        }
        Some(Self(()))
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let inside = INSIDE.get().saturating_sub(1);
        INSIDE.set(inside);
        if inside == 0 {
            GATE.inside.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
