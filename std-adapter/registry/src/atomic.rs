//! Where atomics and locks come from; loom's stand in for them when a protocol is checked.

pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
pub(crate) use std::thread::yield_now;

pub(crate) use picometer_epoch::{Backoff, Mutex, MutexGuard, RwLock, generation};
