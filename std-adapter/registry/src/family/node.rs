//! One series in one piece of memory: its cell, its key, and how many hold it.
#![allow(unsafe_code, reason = "the key stands behind the cell in the same allocation, so that a lookup meets both at once")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, align_of, offset_of, size_of};
use std::ops::Deref;
use std::ptr::NonNull;
#[cfg(not(picometer_thread_sanitizer))]
use std::sync::atomic::fence;
use std::sync::atomic::{AtomicU32, Ordering};

use super::idle::Idle;

/// A series. Behind its cell are the bytes of its key, and behind those, in families with a time to live, its [`Idle`].
#[repr(C)]
pub(crate) struct Node<C> {
    /// How many [`Held`] there are.
    holders: AtomicU32,
    /// How many series of the family were made up to this one; wraps around.
    born: u32,
    /// How long the key is, and in the highest bit whether there is an [`Idle`].
    len: u32,
    /// Where it is listed. Set once, before it can be found.
    place: AtomicU32,
    pub(crate) cell: C,
}

/// From so many holders on, more than there are addresses for in most programs, holders are counted no more, and the series stays for good.
const MANY: u32 = 1 << 30;
const TOO_MANY: u32 = 3 << 30;

const MORTAL: u32 = 1 << 31;

impl<C> Node<C> {
    /// Where the key begins: directly behind the cell.
    const KEY: usize = offset_of!(Self, cell) + size_of::<C>();

    #[inline]
    fn key_len(&self) -> usize {
        (self.len & !MORTAL) as usize
    }

    #[inline]
    fn is_mortal(&self) -> bool {
        self.len & MORTAL != 0
    }

    /// Whether it was made when `then` were made already, and not more than are `now`: the count wraps around and series grow old.
    #[inline]
    pub(crate) fn is_younger(&self, then: u32, now: impl FnOnce() -> u32) -> bool {
        let age = self.born.wrapping_sub(then);
        // Nearly all series are at most half the count older, and nothing has to be asked.
        age as i32 > 0 && age <= now().wrapping_sub(then)
    }

    /// Where it is listed, once it is.
    pub(super) fn place(&self) -> u32 {
        self.place.load(Ordering::Relaxed)
    }

    /// Before it is published, which is a release.
    pub(super) fn set_place(&self, place: u32) {
        self.place.store(place, Ordering::Relaxed);
    }

    /// Whether it has a holder besides the table.
    pub(crate) fn has_holders(&self) -> bool {
        self.holders.load(Ordering::Relaxed) > 1
    }

    /// The allocation, and where in it [`Idle`] is; none that is too large for any.
    fn layout(len: usize, is_mortal: bool) -> Option<(Layout, usize)> {
        let size = Self::KEY.checked_add(len)?.max(size_of::<Self>());
        let layout = Layout::from_size_align(size, align_of::<Self>()).ok()?;
        let with_idle = layout.extend(Layout::new::<Idle>()).ok()?;
        Some(if is_mortal { with_idle } else { (layout, with_idle.1) })
    }
}

/// A series that is there as long as this borrows it.
pub(crate) struct Found<'a, C> {
    /// To the whole allocation, which a reference to the node would not be.
    node: NonNull<Node<C>>,
    lifetime: PhantomData<&'a Node<C>>,
}

impl<C> Clone for Found<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Found<'_, C> {}

// SAFETY: as for `&Node<C>`.
unsafe impl<C: Send + Sync> Send for Found<'_, C> {}
// SAFETY: as above.
unsafe impl<C: Send + Sync> Sync for Found<'_, C> {}

impl<'a, C> Found<'a, C> {
    /// # Safety
    ///
    /// The pointer came from [`Held::into_raw`] and is not given back within the lifetime.
    #[inline]
    pub(crate) unsafe fn new(node: NonNull<Node<C>>) -> Self {
        Self { node, lifetime: PhantomData }
    }

    #[inline]
    pub(crate) fn get(self) -> &'a Node<C> {
        // SAFETY: the node lives as long as the lifetime.
        unsafe { self.node.as_ref() }
    }

    pub(crate) fn as_raw(self) -> NonNull<Node<C>> {
        self.node
    }

    #[inline]
    pub(crate) fn key(self) -> &'a str {
        // SAFETY: `Held::new` allocated so many bytes behind the node and copied a text there; they live as long as it.
        unsafe {
            let start = self.node.cast::<u8>().add(Node::<C>::KEY);
            std::str::from_utf8_unchecked(NonNull::slice_from_raw_parts(start, self.get().key_len()).as_ref())
        }
    }

    /// Since when it was not asked for, in a family with a time to live.
    pub(crate) fn idle(self) -> Option<&'a Idle> {
        let node = self.get();
        let (_, idle) = Node::<C>::layout(node.key_len(), true).filter(|_| node.is_mortal())?;
        // SAFETY: `Held::new` made one at this offset of the allocation.
        Some(unsafe { self.node.cast::<u8>().add(idle).cast().as_ref() })
    }

    /// A share of it.
    pub(crate) fn keep(self) -> Held<C> {
        // SAFETY: the node lives as long as the lifetime, so there is a share now.
        unsafe { Held::of(self.node) }
    }
}

impl<C> Deref for Found<'_, C> {
    type Target = Node<C>;

    #[inline]
    fn deref(&self) -> &Node<C> {
        self.get()
    }
}

/// A share of a series: it lives as long as there is one.
pub(crate) struct Held<C>(NonNull<Node<C>>);

// SAFETY: as for `Arc`: a share on another thread uses the cell there, and the last one drops it there.
unsafe impl<C: Send + Sync> Send for Held<C> {}
// SAFETY: as above.
unsafe impl<C: Send + Sync> Sync for Held<C> {}

impl<C> Held<C> {
    /// A series without another holder.
    pub(crate) fn new(cell: C, key: &str, born: u32, idle: Option<Idle>) -> Self {
        let fits = |&len: &u32| len < MORTAL;
        let len = u32::try_from(key.len()).ok().filter(fits);
        let Some((len, (layout, idle_at))) = len.zip(Node::<C>::layout(key.len(), idle.is_some())) else {
            handle_alloc_error(Layout::new::<Node<C>>())
        };
        // SAFETY: the layout has at least the size of the other fields of `Node`.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        let node = start.cast::<Node<C>>();
        let len = if idle.is_some() { len | MORTAL } else { len };
        let head = Node { holders: AtomicU32::new(1), born, len, place: AtomicU32::new(0), cell };
        // SAFETY: the layout has a node, `key.len()` bytes behind its cell, where nothing but padding is, and an `Idle` at `idle_at` if there is one, all
        // aligned; and no other owner has the memory.
        unsafe {
            node.write(head);
            start.add(Node::<C>::KEY).copy_from_nonoverlapping(NonNull::from(key).cast(), key.len());
            if let Some(idle) = idle {
                start.add(idle_at).cast().write(idle);
            }
        }
        Self(node)
    }

    /// The same share as a pointer, to be given back to [`from_raw`](Self::from_raw).
    pub(crate) fn into_raw(self) -> NonNull<Node<C>> {
        ManuallyDrop::new(self).0
    }

    /// # Safety
    ///
    /// The pointer came from [`into_raw`](Self::into_raw), once for each time that it is given back.
    pub(crate) unsafe fn from_raw(node: NonNull<Node<C>>) -> Self {
        Self(node)
    }

    /// What it is a share of.
    #[inline]
    pub(crate) fn found(&self) -> Found<'_, C> {
        Found { node: self.0, lifetime: PhantomData }
    }

    /// Another share of a series.
    ///
    /// # Safety
    ///
    /// There is a share of it.
    unsafe fn of(node: NonNull<Node<C>>) -> Self {
        // SAFETY: the share that there is keeps the series alive.
        let holders = unsafe { &node.as_ref().holders };
        if holders.fetch_add(1, Ordering::Relaxed) >= MANY {
            holders.store(TOO_MANY, Ordering::Relaxed);
        }
        Self(node)
    }
}

impl<C> Clone for Held<C> {
    fn clone(&self) -> Self {
        // SAFETY: this is a share, which is not given back while it is borrowed.
        unsafe { Self::of(self.0) }
    }
}

impl<C> Deref for Held<C> {
    type Target = Node<C>;

    #[inline]
    fn deref(&self) -> &Node<C> {
        // SAFETY: it lives as long as this share.
        unsafe { self.0.as_ref() }
    }
}

impl<C> Drop for Held<C> {
    fn drop(&mut self) {
        if self.holders.load(Ordering::Relaxed) >= MANY || self.holders.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // What the other holders did is over, as for `Arc`: pairs with the release of each of their subtractions.
        #[cfg(not(picometer_thread_sanitizer))]
        fence(Ordering::Acquire);
        // The sanitizer does not understand fences.
        #[cfg(picometer_thread_sanitizer)]
        self.holders.load(Ordering::Acquire);
        // It was there when it was made.
        let Some((layout, _)) = Node::<C>::layout(self.key_len(), self.is_mortal()) else { return };
        // SAFETY: this was the last share; the layout is the one it was allocated with. `Idle` has nothing to drop.
        unsafe {
            self.0.drop_in_place();
            dealloc(self.0.as_ptr().cast(), layout);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_series_lives_as_long_as_its_last_share() {
        let alive = Arc::new(());
        for mortal in [false, true] {
            for key in ["", "k", "a longer key"] {
                let held = Held::new((alive.clone(), 7_u8), key, 3, mortal.then(|| Idle::since(9, 1)));
                let found = held.found();
                assert_eq!((found.key(), held.cell.1, found.idle().is_some(), held.has_holders()), (key, 7, mortal, false));
                assert!(held.is_younger(2, || 3) && !held.is_younger(3, || 3) && !held.is_younger(u32::MAX, || 2));
                let other = found.keep();
                assert!(held.has_holders());
                drop(held);
                let raw = other.into_raw();
                // SAFETY: it came from `into_raw` just now.
                let back = unsafe { Held::from_raw(raw) };
                assert_eq!((back.found().key(), Arc::strong_count(&alive)), (key, 2));
                drop(back);
                assert_eq!(Arc::strong_count(&alive), 1);
            }
        }
    }

    #[test]
    fn shares_beyond_counting_keep_it_for_good() {
        let alive = Arc::new(());
        let held = Held::new(alive.clone(), "", 0, None);
        held.holders.store(MANY, Ordering::Relaxed);
        (0..10).for_each(|_| drop(held.clone()));
        held.holders.store(1, Ordering::Relaxed);
        assert_eq!(Arc::strong_count(&alive), 2);
        drop(held);
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
