//! Many places of a family, written in one go into the buffer of a page.

use super::position::Place;
use super::{Drain, Halt, Page, Position};

impl Page<'_> {
    /// The buffer, for callers that write many places of a family there, if all places from the next one on are still to be sent.
    pub(crate) fn taking(&mut self) -> Option<Taking<'_>> {
        let Self { buffer, len, whole, longest, here, sent, halt, drain, drained, .. } = self;
        let behind = here.family > sent.family || (here.family == sent.family && here.place >= sent.place);
        let may_drain = halt.is_none() && len == whole;
        let drain = drain.as_deref_mut().filter(|_| may_drain).map(|drain| -> &mut Drain<'_> { drain });
        let taken = Taken { len: *len, longest: *longest, places: 0 };
        (halt.is_none() && behind).then_some(Taking { buffer, taken, page: Rest { len, whole, longest, here, halt, drain, drained } })
    }
}

/// A buffer into which whole places are written, and what follows from it.
pub(crate) struct Taking<'a> {
    buffer: &'a mut [u8],
    taken: Taken,
    page: Rest<'a>,
}

/// How many bytes are in the buffer, the longest line, and how many places were written.
struct Taken {
    len: usize,
    longest: usize,
    places: u32,
}

/// The page besides its buffer.
struct Rest<'a> {
    len: &'a mut usize,
    whole: &'a mut usize,
    longest: &'a mut usize,
    here: &'a mut Position,
    halt: &'a mut Option<Halt>,
    drain: Option<&'a mut Drain<'a>>,
    drained: &'a mut u64,
}

impl Taking<'_> {
    /// What is left of the buffer.
    #[inline(always)]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.buffer.split_at_mut(self.taken.len.min(self.buffer.len())).1
    }

    /// So many bytes of the room hold the line of the next place.
    #[inline(always)]
    pub(crate) fn took(&mut self, bytes: usize) {
        self.taken.len += bytes;
        self.taken.longest = self.taken.longest.max(bytes);
        self.taken.places += 1;
    }

    /// The next place has no line.
    #[inline(always)]
    pub(crate) fn skip(&mut self) {
        self.taken.places += 1;
    }

    /// How many lines have room that are as long as the longest so far.
    pub(crate) fn lines_left(&self) -> usize {
        self.buffer.len().saturating_sub(self.taken.len) / self.taken.longest.max(1)
    }

    /// As [`Page::make_room`]; a drain that fails halts the page.
    #[cold]
    pub(crate) fn make_room(&mut self) -> bool {
        let Self { buffer, taken, page } = self;
        let (Some(drain), Some(bytes)) = (page.drain.as_mut(), buffer.get(..taken.len).filter(|bytes| !bytes.is_empty())) else {
            return false;
        };
        if drain(bytes).is_err() {
            // It is not asked again.
            *page.halt = Some(Halt::Full { unit: 0 });
            page.drain = None;
            return false;
        }
        *page.drained += taken.len as u64;
        taken.len = 0;
        true
    }
}

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        let Self { taken, page, .. } = self;
        (*page.len, *page.whole, *page.longest) = (taken.len, taken.len, taken.longest);
        page.here.place = page.here.place.saturating_add(Place::from(taken.places));
        page.here.unit = 0;
    }
}
