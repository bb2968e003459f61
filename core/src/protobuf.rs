//! Protocol Buffers on the wire, in no memory of their own: lengths are counted before contents are written.
//!
//! What is inside a length-delimited field comes behind its length, so a message is walked twice: once to count, once to write.
//! Both walks run the same code, [`Message::fields`], so they cannot differ as long as the message answers the same in both; what
//! is read from atomics is copied first. Counting touches no byte.
//!
//! ```
//! use picometer::protobuf::{Fields, Message, Window, len, write};
//!
//! struct Label<'a>(&'a str, &'a str);
//!
//! impl Message for Label<'_> {
//!     fn fields(&self, out: &mut Fields<'_>) {
//!         out.string(1, self.0);
//!         out.string(2, self.1);
//!     }
//! }
//!
//! /// A label and a value; a closure is a message too.
//! let series = |out: &mut Fields<'_>| {
//!     out.message(1, &Label("bus", "spi"));
//!     out.double(2, 0.5);
//! };
//! let mut bytes = Vec::new();
//! write(&series, &mut |piece: &[u8]| bytes.extend_from_slice(piece));
//! assert_eq!(bytes, b"\x0a\x0a\x0a\x03bus\x12\x03spi\x11\0\0\0\0\0\0\xe0\x3f");
//! assert_eq!(len(&series), bytes.len());
//!
//! // The same, eight bytes at a time.
//! let (mut again, mut buffer) = (Vec::new(), [0; 8]);
//! while again.len() < bytes.len() {
//!     let mut window = Window::new(&mut buffer, again.len());
//!     write(&series, &mut window);
//!     again.extend_from_slice(window.filled());
//! }
//! assert_eq!(again, bytes);
//! ```
//!
//! Source: the encoding of protobuf.dev, as far as push protocols section 1 and exposition formats section 8 need it.

/// Where bytes go: a buffer, a hash, a compressor. Every closure that takes bytes is one.
///
/// ```
/// use picometer::protobuf::{Sink, write_varint};
///
/// let mut bytes = Vec::new();
/// write_varint(300, &mut |piece: &[u8]| bytes.extend_from_slice(piece));
/// assert_eq!(bytes, [0xac, 0x02]);
/// ```
pub trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl<F: FnMut(&[u8])> Sink for F {
    fn put(&mut self, bytes: &[u8]) {
        self(bytes);
    }
}

/// Something that has fields. A closure over [`Fields`] is one.
///
/// [`fields`](Self::fields) is called once for each message that this one is inside of, and once more: it gives the same fields
/// each time.
///
/// ```
/// use picometer::protobuf::{Fields, Message, len};
///
/// struct Double(f64);
///
/// impl Message for Double {
///     fn fields(&self, out: &mut Fields<'_>) {
///         out.double(1, self.0);
///     }
/// }
/// assert_eq!(len(&Double(0.5)), 9);
/// ```
pub trait Message {
    /// Gives every field, in the order of their numbers.
    fn fields(&self, out: &mut Fields<'_>);
}

impl<F: Fn(&mut Fields<'_>)> Message for F {
    fn fields(&self, out: &mut Fields<'_>) {
        self(out);
    }
}

/// How many bytes a message has.
///
/// ```
/// use picometer::protobuf::{Fields, len};
///
/// assert_eq!(len(&|out: &mut Fields<'_>| out.uint(1, 300)), 3);
/// ```
pub fn len(message: &dyn Message) -> usize {
    let mut counter = Fields { len: 0, changed: false, out: None };
    message.fields(&mut counter);
    counter.len
}

/// Writes a message; how many bytes it has.
///
/// ```
/// use picometer::protobuf::{Fields, write};
///
/// let mut bytes = Vec::new();
/// assert_eq!(write(&|out: &mut Fields<'_>| out.sint(5, -3), &mut |piece: &[u8]| bytes.extend_from_slice(piece)), 2);
/// assert_eq!(bytes, [0x28, 0x05]);
/// ```
pub fn write(message: &dyn Message, sink: &mut dyn Sink) -> usize {
    let mut out = Fields { len: 0, changed: false, out: Some(sink) };
    message.fields(&mut out);
    out.len
}

/// [`write()`] for a message that may change while it is written, where what was written can be taken back: nothing if the contents
/// of any field are not as long as was said in front of them.
///
/// ```
/// use picometer::protobuf::{Fields, try_write};
/// use std::cell::Cell;
///
/// let calls = Cell::new(0);
/// let grows = |out: &mut Fields<'_>| {
///     calls.set(calls.get() + 1);
///     out.bytes(1, &b"abc"[..calls.get()]);
/// };
/// assert_eq!(try_write(&|out: &mut Fields<'_>| out.message(1, &grows), &mut |_: &[u8]| {}), None);
/// ```
pub fn try_write(message: &dyn Message, sink: &mut dyn Sink) -> Option<usize> {
    let mut out = Fields { len: 0, changed: false, out: Some(sink) };
    message.fields(&mut out);
    (!out.changed).then_some(out.len)
}

/// Writes a message behind its length, as a stream of messages has it; how many bytes in all.
///
/// ```
/// use picometer::protobuf::{Fields, write_delimited};
///
/// let mut bytes = Vec::new();
/// write_delimited(&|out: &mut Fields<'_>| out.uint(1, 7), &mut |piece: &[u8]| bytes.extend_from_slice(piece));
/// assert_eq!(bytes, [0x02, 0x08, 0x07]);
/// ```
pub fn write_delimited(message: &dyn Message, sink: &mut dyn Sink) -> usize {
    let len = len(message);
    write_varint(len as u64, sink) + write(message, sink)
}

/// Writes a number in groups of seven bits; how many bytes.
pub fn write_varint(value: u64, sink: &mut dyn Sink) -> usize {
    let mut scratch = Scratch::new();
    scratch.varint(value);
    sink.put(scratch.bytes());
    scratch.len
}

/// How many bytes a number has as a varint: 1 to 10.
///
/// ```
/// use picometer::protobuf::varint_len;
///
/// assert_eq!([0, 127, 128, 1 << 63].map(varint_len), [1, 1, 2, 10]);
/// ```
pub const fn varint_len(value: u64) -> usize {
    // 9/64 is close enough to 1/7 for up to 64 bits.
    (((u64::BITS - (value | 1).leading_zeros()) * 9 + 64) / 64) as usize
}

/// Small numbers of either sign as small unsigned ones: what `sint32` and `sint64` fields hold.
///
/// ```
/// use picometer::protobuf::zigzag;
///
/// assert_eq!([0, -1, 1, -2, i64::MIN].map(zigzag), [0, 1, 2, 3, u64::MAX]);
/// ```
pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;

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
    len: usize,
    /// Whether contents were written that are not as long as was said.
    changed: bool,
    out: Option<&'a mut dyn Sink>,
}

impl Fields<'_> {
    /// How many bytes there are so far.
    pub fn so_far(&self) -> usize {
        self.len
    }

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

    /// Packed `double`s, `fixed64`s and `sfixed64`s, as bits.
    pub fn packed_fixed64(&mut self, field: u32, values: impl ExactSizeIterator<Item = u64>) {
        let len = values.len() * 8;
        self.delimited(field, len);
        if self.out.is_some() {
            values.for_each(|value| self.raw(&value.to_le_bytes()));
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

const fn tag(field: u32, wire_type: u32) -> u64 {
    (field as u64) << 3 | wire_type as u64
}

const fn tag_len(field: u32) -> usize {
    varint_len(tag(field, 0))
}

/// A tag and a number on their way out: up to five and ten bytes.
struct Scratch {
    bytes: [u8; 16],
    len: usize,
}

impl Scratch {
    const fn new() -> Self {
        Self { bytes: [0; 16], len: 0 }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.byte(byte));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn bytes(message: &dyn Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = write(message, &mut |piece: &[u8]| bytes.extend_from_slice(piece));
        assert_eq!((written, len(message)), (bytes.len(), bytes.len()));
        bytes
    }

    #[test]
    fn varints_are_as_long_as_they_say() {
        for bit in 0..64 {
            for value in [1_u64 << bit, (1 << bit) - 1, u64::MAX >> bit] {
                let mut bytes = Vec::new();
                write_varint(value, &mut |piece: &[u8]| bytes.extend_from_slice(piece));
                assert_eq!(bytes.len(), varint_len(value), "{value}");
                let (last, rest) = bytes.split_last().unwrap();
                assert!(*last < 0x80 && rest.iter().all(|byte| *byte >= 0x80));
                assert_eq!(bytes.iter().rev().fold(0_u64, |found, byte| found << 7 | u64::from(byte & 0x7f)), value);
            }
        }
    }

    #[test]
    fn fields_of_every_type() {
        let table: [(&dyn Message, &[u8]); 9] = [
            (&|out: &mut Fields<'_>| out.uint(1, 150), &[0x08, 0x96, 0x01]),
            (&|out: &mut Fields<'_>| out.uint(16, 1), &[0x80, 0x01, 0x01]),
            (&|out: &mut Fields<'_>| out.int(6, -1), &[0x30, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
            (&|out: &mut Fields<'_>| out.sint(5, -4), &[0x28, 0x07]),
            (&|out: &mut Fields<'_>| out.double(1, 1.0), &[0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
            (&|out: &mut Fields<'_>| out.string(2, "testing"), b"\x12\x07testing"),
            (&|out: &mut Fields<'_>| out.packed(4, || [3, 270, 86_942]), &[0x22, 6, 3, 0x8e, 2, 0x9e, 0xa7, 5]),
            (
                &|out: &mut Fields<'_>| out.packed_fixed64(1, [1_u64, 2].into_iter()),
                &[0x0a, 16, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
            ),
            (&|out: &mut Fields<'_>| out.message(3, &|inner: &mut Fields<'_>| inner.uint(1, 150)), &[0x1a, 3, 0x08, 0x96, 0x01]),
        ];
        for (message, expected) in table {
            assert_eq!(bytes(message), expected);
        }
    }

    #[test]
    fn messages_within_messages() {
        let text = "x".repeat(200);
        let inner = |out: &mut Fields<'_>| out.string(1, &text);
        let middle = |out: &mut Fields<'_>| out.message(2, &inner);
        let outer = |out: &mut Fields<'_>| {
            out.message(3, &middle);
            out.message_of(4, len(&middle), &middle);
        };
        let found = bytes(&outer);
        assert_eq!(found.len(), 2 * (3 + 3 + 3 + 200));
        for size in 1..found.len() + 2 {
            let (mut again, mut buffer) = (Vec::new(), std::vec![0; size]);
            loop {
                let mut window = Window::new(&mut buffer, again.len());
                write(&outer, &mut window);
                let more = window.is_full();
                again.extend_from_slice(window.filled());
                if !more {
                    break;
                }
            }
            assert_eq!(again, found);
        }
    }
}
