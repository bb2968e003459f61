//! The cells of all combinations of closed labels, made at once, and then reached by one pointer and an index.
#![allow(unsafe_code, reason = "the cells are reached by a pointer, which is checked once for all, and an index below a constant")]

use std::marker::PhantomData;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use picometer::ClosedLabels;

use crate::epoch::once;

/// `L::COUNT` cells.
pub(super) struct CellOf<C, L> {
    /// Of `made`; null until there are cells.
    first: AtomicPtr<C>,
    made: OnceLock<Box<[C]>>,
    labels: PhantomData<fn() -> L>,
}

impl<C, L: ClosedLabels> CellOf<C, L> {
    pub(super) const fn new() -> Self {
        Self { first: AtomicPtr::new(null_mut()), made: OnceLock::new(), labels: PhantomData }
    }

    /// The cell of an index, if there are cells and it is one of theirs.
    #[inline(always)]
    pub(super) fn get(&self, index: usize) -> Option<&C> {
        // Acquire: pairs with the release of `make`, so that the cells are whole.
        let first = self.first.load(Ordering::Acquire);
        // SAFETY: what is not null is the first of `L::COUNT` cells, which live as long as this.
        (!first.is_null() && index < L::COUNT).then(|| unsafe { &*first.add(index) })
    }

    /// All of them, if they were made.
    pub(super) fn all(&self) -> Option<&[C]> {
        self.made.get().map(|cells| &**cells)
    }

    /// All of them, made by this if they were not.
    pub(super) fn make(&self, make: impl Fn() -> C) -> &[C] {
        let cells = once(&self.made, || (0..L::COUNT).map(|_| make()).collect());
        self.first.store(cells.as_ptr().cast_mut(), Ordering::Release);
        cells
    }
}

// SAFETY: the pointer is to what `made` has, so that both go where the box may go.
unsafe impl<C: Send + Sync, L> Sync for CellOf<C, L> {}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    picometer::labels! { enum Three as "three" { A = "a", B = "b", C = "c" } }

    #[test]
    fn cells_are_made_once_and_found_by_index() {
        let cells = CellOf::<String, Three>::new();
        assert!(cells.get(0).is_none() && cells.all().is_none());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(cells.make(|| "cell".into()).len(), 3));
            }
        });
        let found = [0, 1, 2, 3, usize::MAX].map(|index| cells.get(index));
        assert!(found[..3].iter().all(|cell| cell.is_some_and(|cell| cell == "cell")) && found[3..] == [None, None]);
        assert!(found.iter().flatten().copied().map(std::ptr::from_ref).eq(cells.all().unwrap().iter().map(std::ptr::from_ref)));
    }
}
