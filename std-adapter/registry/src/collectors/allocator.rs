//! An allocator that counts, around any other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use picometer::{Collector, Desc, Encoder, Stop};

/// Counts what the program allocates: what statistics of a garbage collector are to other languages. Wraps any allocator.
///
/// | metric | type | |
/// |---|---|---|
/// | `process_heap_bytes` | gauge | allocated and not given back |
/// | `rust_heap_allocations_total`, `rust_heap_deallocations_total` | counter | a reallocation is one of each |
/// | `rust_heap_allocated_bytes_total`, `rust_heap_deallocated_bytes_total` | counter | |
/// | `rust_heap_failures_total` | counter | requests that the allocator could not serve |
///
/// Bytes are those that were asked for; what the allocator needs for itself, or keeps, is not among them. An allocation costs two
/// atomic additions on a cache line that threads rarely share.
///
/// ```
/// use picometer_std::collectors::CountingAllocator;
/// use picometer_std::{Registry, sample_value};
///
/// #[global_allocator]
/// static HEAP: CountingAllocator = CountingAllocator::new();
///
/// let registry = Registry::new();
/// registry.register(&HEAP)?;
/// let text = vec![0_u8; 1 << 20];
/// assert!(
///     sample_value(&registry, "process_heap_bytes", &[]).unwrap()
///         >= text.len() as f64
/// );
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct CountingAllocator<A = System> {
    inner: A,
    shards: [Shard; SHARDS],
}

/// How many threads can count without disturbing each other.
const SHARDS: usize = 16;

/// In cache lines of its own: processors fetch them in pairs.
#[repr(align(128))]
struct Shard {
    allocations: AtomicU64,
    allocated: AtomicU64,
    deallocations: AtomicU64,
    deallocated: AtomicU64,
    failures: AtomicU64,
}

impl Shard {
    const fn new() -> Self {
        let [allocations, allocated, deallocations, deallocated, failures] = [const { AtomicU64::new(0) }; 5];
        Self { allocations, allocated, deallocations, deallocated, failures }
    }
}

/// A number that few threads have in common. Where the compiler has thread-locals of its own, each thread has the next one; elsewhere
/// they are allocated, which this is asked for.
#[inline]
fn number() -> usize {
    if cfg!(any(target_os = "linux", target_os = "freebsd", target_os = "netbsd", target_vendor = "apple", target_env = "msvc")) {
        number_of_thread()
    } else {
        number_of_stack()
    }
}

#[inline]
fn number_of_thread() -> usize {
    thread_local! {
        // Without a destructor, so that the first use allocates nothing and there is no last one.
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.try_with(|number| {
        if number.get() == usize::MAX {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
        }
        number.get()
    });
    number.unwrap_or(0)
}

/// Where the stack is.
#[inline]
fn number_of_stack() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr() >> 16
}

/// What a [`CountingAllocator`] has counted.
///
/// ```
/// use picometer_std::collectors::{CountingAllocator, HeapUsage};
///
/// static HEAP: CountingAllocator = CountingAllocator::new();
/// assert_eq!(
///     HEAP.usage(),
///     HeapUsage::default(),
///     "it is not the allocator of a program yet"
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapUsage {
    /// How often memory was allocated.
    pub allocations: u64,
    /// How many bytes that were.
    pub allocated: u64,
    /// How often memory was given back.
    pub deallocations: u64,
    /// How many bytes that were.
    pub deallocated: u64,
    /// How often there was no memory.
    pub failures: u64,
}

impl HeapUsage {
    /// Bytes that were allocated and not given back.
    pub fn in_use(&self) -> u64 {
        self.allocated.saturating_sub(self.deallocated)
    }
}

impl CountingAllocator {
    /// Around the allocator of the system.
    pub const fn new() -> Self {
        Self::around(System)
    }
}

impl<A> CountingAllocator<A> {
    /// Around another allocator.
    pub const fn around(inner: A) -> Self {
        Self { inner, shards: [const { Shard::new() }; SHARDS] }
    }

    /// What was counted so far. Exact where no thread allocates meanwhile.
    pub fn usage(&self) -> HeapUsage {
        // What was given back first: all of it had been allocated by the time that the other is read.
        let sum =
            |of: fn(&Shard) -> &AtomicU64| self.shards.iter().fold(0_u64, |sum, shard| sum.wrapping_add(of(shard).load(Ordering::Acquire)));
        let (deallocations, deallocated) = (sum(|shard| &shard.deallocations), sum(|shard| &shard.deallocated));
        let (allocations, allocated) = (sum(|shard| &shard.allocations), sum(|shard| &shard.allocated));
        HeapUsage { allocations, allocated, deallocations, deallocated, failures: sum(|shard| &shard.failures) }
    }

    #[inline]
    fn shard(&self) -> &Shard {
        let [first, ..] = &self.shards;
        self.shards.get(number() % SHARDS).unwrap_or(first)
    }

    /// Counts an answer of the allocator.
    #[inline]
    fn count(&self, pointer: *mut u8, size: usize) -> *mut u8 {
        let shard = self.shard();
        if pointer.is_null() {
            shard.failures.fetch_add(1, Ordering::Relaxed);
        } else {
            shard.allocations.fetch_add(1, Ordering::Relaxed);
            shard.allocated.fetch_add(size as u64, Ordering::Relaxed);
        }
        pointer
    }

    #[inline]
    fn count_back(&self, size: usize) {
        let shard = self.shard();
        // Release: pairs with the acquire in `usage`, which reads these first, and then sees the allocations that were given back.
        shard.deallocations.fetch_add(1, Ordering::Release);
        shard.deallocated.fetch_add(size as u64, Ordering::Release);
    }
}

// SAFETY: every call goes to the inner allocator as it is, with the same layout, and its answer comes back as it is.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the promises of `alloc`.
        self.count(unsafe { self.inner.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the promises of `alloc_zeroed`.
        self.count(unsafe { self.inner.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.count_back(layout.size());
        // SAFETY: the caller keeps the promises of `dealloc`, and the memory came from the inner allocator.
        unsafe { self.inner.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the promises of `realloc`, and the memory came from the inner allocator.
        let moved = self.count(unsafe { self.inner.realloc(pointer, layout, size) }, size);
        if !moved.is_null() {
            self.count_back(layout.size());
        }
        moved
    }
}

impl Default for CountingAllocator {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Send + Sync> Collector for CountingAllocator<A> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const IN_USE: Desc = Desc::gauge("process_heap_bytes", "Process heap size in bytes.").unit("bytes");
        const ALLOCATIONS: Desc = Desc::counter("rust_heap_allocations_total", "How often memory was allocated.");
        const DEALLOCATIONS: Desc = Desc::counter("rust_heap_deallocations_total", "How often memory was given back.");
        const ALLOCATED: Desc = Desc::counter("rust_heap_allocated_bytes_total", "Bytes that were allocated.").unit("bytes");
        const DEALLOCATED: Desc = Desc::counter("rust_heap_deallocated_bytes_total", "Bytes that were given back.").unit("bytes");
        const FAILURES: Desc = Desc::counter("rust_heap_failures_total", "How often there was no memory.");
        let usage = self.usage();
        out.family(&IN_USE)?.gauge(&(), usage.in_use())?;
        out.family(&ALLOCATIONS)?.counter(&(), usage.allocations)?;
        out.family(&DEALLOCATIONS)?.counter(&(), usage.deallocations)?;
        out.family(&ALLOCATED)?.counter(&(), usage.allocated)?;
        out.family(&DEALLOCATED)?.counter(&(), usage.deallocated)?;
        out.family(&FAILURES)?.counter(&(), usage.failures)
    }
}

impl<A> fmt::Debug for CountingAllocator<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountingAllocator").field("usage", &self.usage()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::turns;
    use std::sync::atomic::AtomicPtr;

    #[test]
    fn what_is_asked_for_is_counted() {
        let heap = CountingAllocator::new();
        let (layout, larger) = (Layout::new::<[u64; 8]>(), Layout::new::<[u64; 16]>());
        // SAFETY: sizes are not zero, and memory is used and given back as it was allocated.
        unsafe {
            let pointer = heap.alloc(layout);
            assert_eq!(heap.usage(), HeapUsage { allocations: 1, allocated: 64, ..HeapUsage::default() });
            pointer.write_bytes(7, layout.size());
            let pointer = heap.realloc(pointer, layout, larger.size());
            assert_eq!(pointer.add(63).read(), 7);
            assert_eq!(heap.usage(), HeapUsage { allocations: 2, allocated: 192, deallocations: 1, deallocated: 64, failures: 0 });
            heap.dealloc(pointer, larger);
            let zeroed = heap.alloc_zeroed(layout);
            assert_eq!(zeroed.read(), 0);
            let byte = AtomicPtr::default();
            std::thread::scope(|scope| scope.spawn(|| byte.store(heap.alloc(Layout::new::<u8>()), Ordering::Relaxed)).join()).unwrap();
            heap.dealloc(zeroed, layout);
            let usage = heap.usage();
            assert_eq!((usage.in_use(), usage.allocations, usage.deallocations), (1, 4, 3));
            heap.dealloc(byte.into_inner(), Layout::new::<u8>());
        }
        assert_eq!(heap.usage().in_use(), 0);
    }

    #[test]
    fn a_request_that_fails_is_a_failure_and_nothing_else() {
        struct Empty;

        // SAFETY: it has no memory, and says so.
        unsafe impl GlobalAlloc for Empty {
            unsafe fn alloc(&self, _: Layout) -> *mut u8 {
                std::ptr::null_mut()
            }

            unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
        }
        let heap = CountingAllocator::around(Empty);
        // SAFETY: the size is not zero.
        assert!(unsafe { heap.alloc(Layout::new::<u64>()) }.is_null());
        assert_eq!(heap.usage(), HeapUsage { failures: 1, ..HeapUsage::default() });
    }

    #[test]
    #[cfg_attr(miri, ignore = "an interpreter has no stacks")]
    fn threads_are_told_apart_by_their_stacks() {
        assert_eq!(number_of_stack(), number_of_stack());
        // Stacks of threads that run at a time are megabytes apart.
        let all = std::sync::Barrier::new(8);
        let number = || {
            let number = number_of_stack();
            all.wait();
            number
        };
        let numbers: std::collections::HashSet<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(number)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(numbers.len(), 8);
    }

    #[test]
    fn every_thread_counts() {
        let heap = CountingAllocator::new();
        let layout = Layout::new::<u64>();
        std::thread::scope(|scope| {
            for _ in 0..2 * SHARDS {
                scope.spawn(|| {
                    for _ in 0..turns(1_000) {
                        // SAFETY: the size is not zero, and the memory is given back as it was allocated.
                        unsafe { heap.dealloc(heap.alloc(layout), layout) }
                    }
                });
            }
        });
        let usage = heap.usage();
        let all = u64::from(turns(1_000)) * 2 * SHARDS as u64;
        assert_eq!((usage.allocations, usage.deallocations, usage.in_use()), (all, all, 0));
    }
}
