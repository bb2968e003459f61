//! Looks at what somebody takes out meanwhile: it is not dropped before every look ended that could have found it.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use super::reader::{Reader, full_barrier};
use super::{Met, bounded, start};

/// A structure with one thing in it, or none; `thing` stands for its memory, which loom watches.
struct Model {
    reader: Reader,
    there: AtomicUsize,
    thing: UnsafeCell<u32>,
}

// What is checked: that nobody drops while somebody looks.
#[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
unsafe impl Sync for Model {}
#[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
unsafe impl Send for Model {}

impl Model {
    fn look(&self) -> bool {
        self.reader.enter(full_barrier);
        let found = self.there.load(Ordering::Acquire) == 1;
        if found {
            self.thing.with(|thing| {
                // SAFETY: loom panics where somebody drops it meanwhile.
                #[allow(unsafe_code, reason = "the read that is checked")]
                let seen = unsafe { *thing };
                assert_eq!(seen, 7, "it was dropped");
            });
        }
        self.reader.leave();
        found
    }

    fn remove(&self) {
        self.there.store(0, Ordering::Release);
        full_barrier();
        if let Some(number) = self.reader.waited_for() {
            while !self.reader.has_left(number) {
                loom::thread::yield_now();
            }
        }
        self.thing.with_mut(|thing| {
            // SAFETY: loom panics where somebody looks meanwhile.
            #[allow(unsafe_code, reason = "the drop that is checked")]
            unsafe {
                *thing = 0;
            }
        });
    }
}

#[test]
fn nothing_is_dropped_under_a_look() {
    static FOUND: Met = Met::never();
    static MISSED: Met = Met::never();
    bounded(3, || {
        let model = Arc::new(Model { reader: Reader::new(), there: AtomicUsize::new(1), thing: UnsafeCell::new(7) });
        let looks = start(&model, |model| {
            for _ in 0..2 {
                let found = model.look();
                FOUND.note(found);
                MISSED.note(!found);
            }
        });
        let remover = start(&model, |model| model.remove());
        looks.join().unwrap();
        remover.join().unwrap();
    });
    FOUND.demand("a look found what was removed then");
    MISSED.demand("a look came too late");
}
