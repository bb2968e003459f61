//! Where atomics and locks come from; loom's stand in for them when a protocol is checked.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use std::thread::yield_now;

pub(crate) use crate::epoch::generation;
pub(crate) use crate::epoch::lock::{Guard, Mutex, RwLock};
