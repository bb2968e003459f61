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

#[cfg(feature = "alloc")]
mod buffer;
mod fields;
mod window;

#[cfg(feature = "alloc")]
pub use buffer::Buffer;
pub use fields::Fields;
pub use window::Window;

use crate::varint::{self, Scratch};

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
/// assert_eq!(
///     write(&|out: &mut Fields<'_>| out.sint(5, -3), &mut |piece: &[u8]| bytes
///         .extend_from_slice(piece)),
///     2
/// );
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
/// assert_eq!(
///     try_write(&|out: &mut Fields<'_>| out.message(1, &grows), &mut |_: &[u8]| {}),
///     None
/// );
/// ```
pub fn try_write(message: &dyn Message, sink: &mut dyn Sink) -> Option<usize> {
    let mut out = Fields { len: 0, changed: false, out: Some(sink) };
    message.fields(&mut out);
    (!out.changed).then_some(out.len)
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
    varint::varint_len(value)
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
        let table: [(&dyn Message, &[u8]); 8] = [
            (&|out: &mut Fields<'_>| out.uint(1, 150), &[0x08, 0x96, 0x01]),
            (&|out: &mut Fields<'_>| out.uint(16, 1), &[0x80, 0x01, 0x01]),
            (&|out: &mut Fields<'_>| out.int(6, -1), &[0x30, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
            (&|out: &mut Fields<'_>| out.sint(5, -4), &[0x28, 0x07]),
            (&|out: &mut Fields<'_>| out.double(1, 1.0), &[0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
            (&|out: &mut Fields<'_>| out.string(2, "testing"), b"\x12\x07testing"),
            (&|out: &mut Fields<'_>| out.packed(4, || [3, 270, 86_942]), &[0x22, 6, 3, 0x8e, 2, 0x9e, 0xa7, 5]),
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
