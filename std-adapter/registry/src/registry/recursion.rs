//! Registries that a thread collects, so that one within itself ends.

use std::cell::RefCell;

thread_local! {
    /// By their addresses, the outermost first.
    static INSIDE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// So often a registry may be collected from within itself: by a collector that asks for a value of its own registry and knows when
/// to stop. Each more would multiply what those do that do not.
const MOST: usize = 3;

/// So many registries are collected within each other. Each takes some of the stack, and a thread may have little.
const DEEP: usize = 64;

/// Why a registry is not collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endless {
    /// It would go on within itself for ever.
    Itself,
    /// There are too many around it.
    Deep,
}

/// A registry is being collected, until this is dropped.
pub(super) struct Inside(Option<usize>);

impl Inside {
    /// Enters a registry, which is within one more if that is being asked for its names before it is registered there.
    pub(super) fn enter(address: usize, is_asked: impl FnOnce() -> bool) -> Result<Self, Endless> {
        let entered = INSIDE.try_with(|inside| {
            let mut inside = inside.borrow_mut();
            if inside.iter().filter(|other| **other == address).count() >= MOST {
                return Err(Endless::Itself);
            }
            if inside.len() >= DEEP || (inside.len() + 1 == DEEP && is_asked()) {
                return Err(Endless::Deep);
            }
            inside.push(address);
            Ok(Self(Some(address)))
        });
        // In a destructor of the thread nothing is known.
        entered.unwrap_or(Ok(Self(None)))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.0.is_some() {
            let _ = INSIDE.try_with(|inside| inside.borrow_mut().pop());
        }
    }
}
