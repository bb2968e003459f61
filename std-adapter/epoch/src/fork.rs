//! Forks find no lock held, and children no thread that is not theirs.
//!
//! Every lock of this crate is taken in a section. The C library calls a handler before a fork, which waits until no other
//! thread is in one; and another in the child, in which the records of all threads but the one that forked say nothing any more. A
//! process that is cloned without the C library has no such promise.
#![allow(unsafe_code, reason = "a handler that the C library calls at a fork")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use super::backoff::Backoff;
use super::barrier;
use super::gate::Gate;
use super::known::{self, RECORDS};

pub(super) static GATE: Gate = Gate::new();
/// How often this process was forked off another.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// So long a fork looks whether sections are over. Only a section that calls what waits for the fork is never over, and a thread that
/// a debugger holds. Such a fork goes on behind ten seconds, and its child finds one lock held: to wait for ever would stop the parent
/// as well.
const PATIENCE: Backoff = Backoff::for_millis(10_000);

/// Returns how often this process was forked off another: threads that did something when it was less do not exist here.
#[inline]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// What else happens at a fork, while the gate is closed: no other thread has a lock then.
///
/// ```
/// use picometer_epoch::{Hooks, set_hooks};
///
/// let nothing = || ();
/// set_hooks(Hooks { before: nothing, in_parent: nothing, in_child: nothing });
/// ```
#[derive(Debug)]
pub struct Hooks {
    /// Called in the parent, before the process is copied.
    pub before: fn(),
    /// Called in the parent, behind that.
    pub in_parent: fn(),
    /// Called in the child, before any other code of this crate.
    pub in_child: fn(),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Has these called at every fork from now on, unless there are some.
pub fn set_hooks(hooks: Hooks) {
    register();
    let _ = HOOKS.set(hooks);
}

extern "C" fn before() {
    let mut backoff = PATIENCE;
    // A thread that forks within a section of its own goes on with it in the child.
    GATE.close(&RECORDS, known::known(), || _ = barrier::of_all(), || backoff.snooze());
    if let Some(hooks) = HOOKS.get() {
        (hooks.before)();
    }
}

extern "C" fn in_parent() {
    if let Some(hooks) = HOOKS.get() {
        (hooks.in_parent)();
    }
    GATE.open();
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    if let Some(hooks) = HOOKS.get() {
        (hooks.in_child)();
    }
    RECORDS.iter().for_each(|record| record.survive(known::this()));
    GATE.open();
}

static REGISTERED: AtomicU8 = AtomicU8::new(NOT);
const NOT: u8 = 0;
const BEING: u8 = 1;
const DONE: u8 = 2;

/// Has the handlers called from now on.
pub(super) fn register() {
    if REGISTERED.load(Ordering::Acquire) == DONE {
        return;
    }
    if REGISTERED.compare_exchange(NOT, BEING, Ordering::Acquire, Ordering::Acquire).is_ok() {
        system::at_fork(before, in_parent, in_child);
        // Pairs with the loads above and below: a thread that reads it has its forks handled.
        return REGISTERED.store(DONE, Ordering::Release);
    }
    // Another thread is at it; for good, where that one was left behind by a fork.
    let mut backoff = Backoff::for_millis(1_000);
    while REGISTERED.load(Ordering::Acquire) != DONE && backoff.snooze() {}
}

#[cfg(all(unix, not(miri)))]
mod system {
    pub(super) fn at_fork(before: extern "C" fn(), parent: extern "C" fn(), child: extern "C" fn()) {
        type Handler = Option<extern "C" fn()>;
        unsafe extern "C" {
            fn pthread_atfork(before: Handler, parent: Handler, child: Handler) -> std::ffi::c_int;
        }
        // It fails where there is no memory; then children are those of a process without handlers.
        // SAFETY: the signature is that of POSIX; the functions live as long as this code is loaded.
        let _ = unsafe { pthread_atfork(Some(before), Some(parent), Some(child)) };
    }
}

#[cfg(not(all(unix, not(miri))))]
mod system {
    pub(super) fn at_fork(_: extern "C" fn(), _: extern "C" fn(), _: extern "C" fn()) {}
}
