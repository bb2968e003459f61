//! Messages on a page, whose lengths stand in front of them.

use super::Page;

impl Page<'_> {
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn left(&self) -> usize {
        self.buffer.len().saturating_sub(self.len)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    /// The unit under way was not to be.
    pub(crate) fn take_back(&mut self) {
        self.missing = 0;
        self.len = self.whole;
    }

    /// Puts `bytes` where `len` others are, of which there are at least as many; what is behind moves up.
    pub(crate) fn replace(&mut self, start: usize, len: usize, bytes: &[u8]) {
        let spare = len.saturating_sub(bytes.len());
        let places = self.buffer.get_mut(start..self.len).unwrap_or(&mut []);
        places.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
        if spare > 0 && places.len() >= len {
            places.copy_within(len.., bytes.len());
            self.len -= spare;
            self.whole = self.len;
        }
    }
}
