//! Where atomics come from; loom's stand in for them when a protocol is checked.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

pub(crate) use crate::backoff::Backoff;
