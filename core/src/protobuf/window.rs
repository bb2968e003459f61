//! A message in several buffers.

use super::Sink;

/// A [`Sink`] that keeps what fits a buffer, from a place on: a message is written into several buffers by being given to one
/// window after the other. It must not change between them.
///
/// ```
/// use picometer::protobuf::{Sink, Window};
///
/// let mut buffer = [0; 4];
/// let mut window = Window::new(&mut buffer, 2);
/// window.put(b"metrics");
/// assert_eq!(window.filled(), b"tric");
/// assert!(window.is_full());
/// ```
#[derive(Debug)]
pub struct Window<'a> {
    buffer: &'a mut [u8],
    skip: usize,
    len: usize,
    full: bool,
}

impl<'a> Window<'a> {
    /// A window into `buffer` that passes over the first `skip` bytes.
    pub const fn new(buffer: &'a mut [u8], skip: usize) -> Self {
        Self { buffer, skip, len: 0, full: false }
    }

    /// The bytes that were in the window.
    pub fn filled(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or(&[])
    }

    /// Whether bytes were given that did not fit.
    pub const fn is_full(&self) -> bool {
        self.full
    }
}

impl Sink for Window<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let passed = self.skip.min(bytes.len());
        self.skip -= passed;
        let bytes = bytes.get(passed..).unwrap_or(&[]);
        let room = self.buffer.get_mut(self.len..).unwrap_or(&mut []);
        self.full |= bytes.len() > room.len();
        self.len += room.len().min(bytes.len());
        room.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
    }
}
