//! The fields of one message.

use super::{Message, Sink, len, varint_len, zigzag};
use crate::varint::Scratch;

pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
pub(super) const DELIMITED: u32 = 2;

/// The fields of one message, counted or written.
///
/// A field is there because a method is called: what is empty or zero and may be left out, the caller leaves out.
///
/// ```
/// use picometer::protobuf::{Fields, write};
///
/// let mut bytes = Vec::new();
/// let message = |out: &mut Fields<'_>| {
///     out.string(1, "up");
///     out.packed(2, || [1, 150]);
/// };
/// write(&message, &mut |piece: &[u8]| bytes.extend_from_slice(piece));
/// assert_eq!(bytes, b"\x0a\x02up\x12\x03\x01\x96\x01");
/// ```
pub struct Fields<'a> {
    pub(super) len: usize,
    /// Whether contents were written that are not as long as was said.
    pub(super) changed: bool,
    pub(super) out: Option<&'a mut dyn Sink>,
}

impl Fields<'_> {
    /// Bytes as they are: a part of a field, or fields that were encoded before.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        if let Some(out) = &mut self.out {
            out.put(bytes);
        }
    }

    /// `uint32`, `uint64`, `bool`, an enum.
    pub fn uint(&mut self, field: u32, value: u64) {
        match &mut self.out {
            None => self.len += tag_len(field) + varint_len(value),
            Some(_) => self.scratch(|scratch| {
                scratch.varint(tag(field, VARINT));
                scratch.varint(value);
            }),
        }
    }

    /// `int32`, `int64`: ten bytes where it is negative.
    pub fn int(&mut self, field: u32, value: i64) {
        self.uint(field, value as u64);
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
        match &mut self.out {
            None => self.len += tag_len(field) + 8,
            Some(_) => self.scratch(|scratch| {
                scratch.varint(tag(field, FIXED64));
                scratch.put(&value.to_le_bytes());
            }),
        }
    }

    /// `string`.
    pub fn string(&mut self, field: u32, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    /// `bytes`.
    pub fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.delimited(field, bytes.len());
        self.raw(bytes);
    }

    /// A message, or anything else whose length has to be counted.
    pub fn message(&mut self, field: u32, message: &dyn Message) {
        if self.out.is_some() {
            self.message_of(field, len(message), message);
        } else {
            let before = self.len;
            message.fields(self);
            self.len += tag_len(field) + varint_len((self.len - before) as u64);
        }
    }

    /// A message that `content` writes; it is called for the length first.
    pub(crate) fn within(&mut self, field: u32, content: impl Fn(&mut Self)) {
        let (out, before) = (self.out.take(), self.len);
        content(self);
        let len = self.len - before;
        (self.out, self.len) = (out, before);
        self.delimited(field, len);
        if self.out.is_some() {
            content(self);
        } else {
            self.len += len;
        }
    }

    /// [`message`](Self::message) of a length that is known, which spares a walk.
    pub fn message_of(&mut self, field: u32, len: usize, message: &dyn Message) {
        self.delimited(field, len);
        if self.out.is_some() {
            let end = self.len + len;
            message.fields(self);
            self.changed |= self.len != end;
        } else {
            self.len += len;
        }
    }

    /// The tag and length of a field whose `len` bytes the caller gives with [`raw`](Self::raw).
    pub fn delimited(&mut self, field: u32, len: usize) {
        match &mut self.out {
            None => self.len += tag_len(field) + varint_len(len as u64),
            Some(_) => self.scratch(|scratch| {
                scratch.varint(tag(field, DELIMITED));
                scratch.varint(len as u64);
            }),
        }
    }

    /// Packed `uint32`, `uint64` and enums; `values` is called twice. Signed ones go through [`zigzag`], or are cast.
    pub fn packed<I: IntoIterator<Item = u64>>(&mut self, field: u32, values: impl Fn() -> I) {
        let len = values().into_iter().map(varint_len).sum();
        self.delimited(field, len);
        if self.out.is_some() {
            values().into_iter().for_each(|value| self.scratch(|scratch| scratch.varint(value)));
        } else {
            self.len += len;
        }
    }

    fn scratch(&mut self, write: impl FnOnce(&mut Scratch)) {
        let mut scratch = Scratch::new();
        write(&mut scratch);
        self.raw(scratch.bytes());
    }
}

impl core::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Fields").field("len", &self.len).finish_non_exhaustive()
    }
}

pub(super) const fn tag(field: u32, wire_type: u32) -> u64 {
    (field as u64) << 3 | wire_type as u64
}

const fn tag_len(field: u32) -> usize {
    varint_len(tag(field, 0))
}
