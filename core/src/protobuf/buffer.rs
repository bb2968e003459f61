//! A message in memory that grows.

use alloc::vec::Vec;

use super::fields::{DELIMITED, FIXED64, VARINT, tag};
use super::{varint_len, zigzag};
use crate::varint::{Scratch, varint};

/// A message that is put together in memory, field by field.
///
/// What is inside a message is given once: its length is put in front of it when it is whole. [`Fields`](super::Fields) gets along
/// without memory, and asks for everything twice.
///
/// ```
/// use picometer::protobuf::{Buffer, Fields, write};
///
/// let mut series = Buffer::new();
/// series.message(1, |label| {
///     label.string(1, "bus");
///     label.string(2, "spi");
/// });
/// series.double(2, 0.5);
///
/// let label = |out: &mut Fields<'_>| {
///     out.string(1, "bus");
///     out.string(2, "spi");
/// };
/// let same = |out: &mut Fields<'_>| {
///     out.message(1, &label);
///     out.double(2, 0.5);
/// };
/// let mut bytes = Vec::new();
/// write(&same, &mut |piece: &[u8]| bytes.extend_from_slice(piece));
/// assert_eq!(series.as_bytes(), bytes);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    /// An empty message.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty message with memory for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// What was given so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes of the message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Whether no field was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Bytes as they are: a part of a field, or fields that were encoded before.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A number in groups of seven bits, without a tag: what stands in front of each message of a stream.
    pub fn varint(&mut self, value: u64) {
        varint(value, |byte| self.0.push(byte));
    }

    /// `uint32`, `uint64`, `bool`, an enum.
    pub fn uint(&mut self, field: u32, value: u64) {
        self.varint(tag(field, VARINT));
        self.varint(value);
    }

    /// `sint32`, `sint64`.
    pub fn sint(&mut self, field: u32, value: i64) {
        self.uint(field, zigzag(value));
    }

    /// `double`.
    pub fn double(&mut self, field: u32, value: f64) {
        self.fixed64(field, value.to_bits());
    }

    /// `fixed64`, `sfixed64`.
    pub fn fixed64(&mut self, field: u32, value: u64) {
        self.varint(tag(field, FIXED64));
        self.raw(&value.to_le_bytes());
    }

    /// `string`.
    pub fn string(&mut self, field: u32, text: &str) {
        self.bytes(field, text);
    }

    /// `bytes`, or a message that was encoded before.
    pub fn bytes(&mut self, field: u32, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.varint(tag(field, DELIMITED));
        self.varint(bytes.len() as u64);
        self.raw(bytes);
    }

    /// A message, or a packed field: what `content` appends, behind its length.
    pub fn message(&mut self, field: u32, content: impl FnOnce(&mut Self)) {
        self.varint(tag(field, DELIMITED));
        let start = self.0.len();
        // Most are shorter than 128 bytes.
        self.0.push(0);
        content(self);
        let len = (self.0.len() - start - 1) as u64;
        match self.0.get_mut(start) {
            Some(place) if len < 0x80 => *place = len as u8,
            _ => {
                let mut prefix = Scratch::new();
                prefix.varint(len);
                self.0.splice(start..=start, prefix.bytes().iter().copied());
            }
        }
    }

    /// Packed `uint32`, `uint64` and enums.
    pub fn packed(&mut self, field: u32, values: impl Iterator<Item = u64> + Clone) {
        self.varint(tag(field, DELIMITED));
        self.varint(values.clone().map(|value| varint_len(value) as u64).sum());
        values.for_each(|value| self.varint(value));
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protobuf::{Fields, Message, write};
    use std::vec::Vec;

    fn written(message: &dyn Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(message, &mut |piece: &[u8]| bytes.extend_from_slice(piece));
        bytes
    }

    #[test]
    fn bytes_are_those_of_fields() {
        for len in [0, 1, 126, 127, 128, 16_383, 16_384, 40_000] {
            let text = "x".repeat(len);
            let inner = |out: &mut Fields<'_>| out.string(1, &text);
            let all = |out: &mut Fields<'_>| {
                out.uint(1, 150);
                out.uint(16, u64::MAX);
                out.sint(5, -4);
                out.double(2, 1.5);
                out.fixed64(2_000, 7);
                out.message(3, &inner);
                out.packed(4, || [3, 270, 86_942]);
            };
            let mut buffer = Buffer::with_capacity(8);
            buffer.uint(1, 150);
            buffer.uint(16, u64::MAX);
            buffer.sint(5, -4);
            buffer.double(2, 1.5);
            buffer.fixed64(2_000, 7);
            buffer.message(3, |out| out.string(1, &text));
            buffer.packed(4, [3, 270, 86_942].into_iter());
            assert_eq!((buffer.len(), buffer.is_empty()), (written(&all).len(), false));
            assert_eq!(buffer.into_bytes(), written(&all), "{len}");
        }
    }
}
