//! Lines that are put together piece by piece, in the room that a page has.

use crate::copy::copy;
use crate::number::{Dot, Number, digits};

/// The lines of one metric, in the room that a page has. Stops where the room does.
pub(super) struct Lines<'a> {
    pub(super) room: &'a mut [u8],
    pub(super) len: usize,
    /// Where the line under way began, and how long the longest before it is.
    pub(super) start: usize,
    pub(super) longest: usize,
    pub(super) fits: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(room: &'a mut [u8]) -> Self {
        Self { room, len: 0, start: 0, longest: 0, fits: true }
    }

    /// How long they are, if they fit.
    pub(super) fn len(&self) -> Option<usize> {
        self.fits.then_some(self.len)
    }

    #[inline(always)]
    pub(super) fn put(&mut self, text: &[u8]) {
        match self.room.get_mut(self.len..).and_then(|room| room.get_mut(..text.len())) {
            Some(room) => {
                copy(room, text);
                self.len += text.len();
            }
            None => self.fits = false,
        }
    }

    /// An integer, and the end of the line.
    #[inline(always)]
    pub(super) fn integer(&mut self, value: u64) {
        match self.room.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            Some(room) => self.len += digits::write(value, room),
            None => self.fits = false,
        }
        self.end();
    }

    /// A number, and the end of the line.
    #[inline(always)]
    pub(super) fn number(&mut self, value: &Number, dot: Dot) {
        match value.as_u64() {
            Some(value) => self.integer(value),
            None => {
                value.show(dot, |text| self.put(text));
                self.end();
            }
        }
    }

    #[inline(always)]
    pub(super) fn end(&mut self) {
        match self.room.get_mut(self.len) {
            Some(place) => {
                *place = b'\n';
                self.len += 1;
            }
            None => self.fits = false,
        }
        self.longest = self.longest.max(self.len - self.start);
        self.start = self.len;
    }
}
