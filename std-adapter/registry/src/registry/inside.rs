//! Registries that a thread collects, so that one within itself ends.

use std::cell::RefCell;

thread_local! {
    /// By their addresses, the outermost first.
    static INSIDE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// So often a registry may be collected from within itself: by a collector that asks for a value of its own registry and knows when
/// to stop. Each more would multiply what those do that do not.
const MOST: usize = 3;

/// A registry is being collected, until this is dropped.
pub(super) struct Inside(Option<usize>);

impl Inside {
    /// Enters a registry; none where that goes on for ever.
    pub(super) fn enter(address: usize) -> Option<Self> {
        let entered = INSIDE.try_with(|inside| {
            let mut inside = inside.borrow_mut();
            let is_finite = inside.iter().filter(|other| **other == address).count() < MOST;
            if is_finite {
                inside.push(address);
            }
            is_finite
        });
        match entered {
            Ok(true) => Some(Self(Some(address))),
            Ok(false) => None,
            // In a destructor of the thread.
            Err(_) => Some(Self(None)),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.0.is_some() {
            let _ = INSIDE.try_with(|inside| inside.borrow_mut().pop());
        }
    }
}
