//! A global allocator that counts what goes through it.
//!
//! A bench that shows allocations installs it:
//!
//! ```
//! use picometer_benches::allocator::{self, Counting};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! let before = allocator::now();
//! let text = vec![0_u8; 100];
//! let used = allocator::now().since(before);
//! assert_eq!((used.calls, used.live_bytes, used.live_blocks), (1, 100, 1));
//! # drop(text);
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The system's allocator with counters around it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);
static BLOCKS: AtomicI64 = AtomicI64::new(0);

/// What was counted so far, or between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls that asked for memory, for more or for less of it.
    pub calls: u64,
    /// Bytes that are not given back.
    pub live_bytes: i64,
    /// Blocks that are not given back.
    pub live_blocks: i64,
}

impl Usage {
    /// What was counted since an earlier moment.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            calls: self.calls.wrapping_sub(earlier.calls),
            live_bytes: self.live_bytes - earlier.live_bytes,
            live_blocks: self.live_blocks - earlier.live_blocks,
        }
    }
}

/// What was counted so far, of all threads. Zero where [`Counting`] is not the global allocator.
pub fn now() -> Usage {
    Usage { calls: CALLS.load(Ordering::Relaxed), live_bytes: BYTES.load(Ordering::Relaxed), live_blocks: BLOCKS.load(Ordering::Relaxed) }
}

fn asked(bytes: i64, blocks: i64) {
    CALLS.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(bytes, Ordering::Relaxed);
    BLOCKS.fetch_add(blocks, Ordering::Relaxed);
}

// SAFETY: every call is handed to the system's allocator with the arguments that came, and its answer is returned; the counters
// do not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        asked(layout.size() as i64, 1);
        // SAFETY: the caller keeps the rules of `alloc`, which are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        asked(layout.size() as i64, 1);
        // SAFETY: the caller keeps the rules of `alloc_zeroed`, which are those of `System`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        asked(size as i64 - layout.size() as i64, 0);
        // SAFETY: `pointer` came from `System` with this layout, because every method here asks it.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: `pointer` came from `System` with this layout, because every method here asks it.
        unsafe { System.dealloc(pointer, layout) }
    }
}
