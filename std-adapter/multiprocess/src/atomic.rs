//! Where atomics come from; loom's stand in for them when a protocol is checked.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};
