//! Which places are taken.

use std::collections::BTreeMap;

use super::chunks::Place;
use super::slab;
use crate::atomic::Mutex;

/// Places that were never taken begin at `next`; those that were given back are kept by their length.
struct Space {
    next: u64,
    free: BTreeMap<u32, Vec<Place>>,
}

static SPACE: Mutex<Space> = Mutex::new(Space { next: 0, free: BTreeMap::new() });

/// Some cells, one behind the other, all zero at the start. Given back when they are dropped.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "named by the methods of a sealed trait")]
pub struct Cells {
    place: Place,
    len: u32,
}

impl Cells {
    pub(crate) fn new(len: u32) -> Self {
        let mut space = SPACE.lock();
        let place = space.free.get_mut(&len).and_then(Vec::pop).unwrap_or_else(|| space.take(len));
        Self { place, len }
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        self.place
    }

    #[inline]
    pub(super) fn len(&self) -> u32 {
        self.len
    }
}

impl Space {
    fn take(&mut self, len: u32) -> Place {
        loop {
            match Place::of(self.next, len) {
                Some(Ok(place)) => {
                    self.next += u64::from(len);
                    return place;
                }
                Some(Err(next)) => self.next = next,
                // Gigabytes of cells that are all in use: there is no memory for another.
                None => std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>()),
            }
        }
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        // Nobody has a reference any more, so what every thread did to its cells is over and seen here; and whoever is given
        // the place next comes by the mutex.
        slab::clear(self.place, self.len);
        SPACE.lock().free.entry(self.len).or_default().push(self.place);
    }
}
