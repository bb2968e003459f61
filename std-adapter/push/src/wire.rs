//! Protocol Buffers into a growing buffer, and what destinations share.
//!
//! Not `picometer::protobuf`, which counts each message once for every message around it to get along without memory: here the
//! length is put in front of what is written already.

use std::time::{SystemTime, UNIX_EPOCH};

use picometer::Timestamp;

/// Appends a varint.
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub(super) fn bytes(out: &mut Vec<u8>, field: u8, content: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// A text field, left out where it is empty.
pub(super) fn text(out: &mut Vec<u8>, field: u8, content: &str) {
    if !content.is_empty() {
        bytes(out, field, content.as_bytes());
    }
}

/// A varint field, left out where it is zero.
pub(super) fn uint(out: &mut Vec<u8>, field: u8, value: u64) {
    if value != 0 {
        out.push(field << 3);
        varint(out, value);
    }
}

/// Eight bytes, zero or not.
pub(super) fn fixed64(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(field << 3 | 1);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A message or packed field: what `content` appends, with its length in front.
pub(super) fn message(out: &mut Vec<u8>, field: u8, content: impl FnOnce(&mut Vec<u8>)) {
    out.push(field << 3 | 2);
    let start = out.len();
    out.push(0);
    content(out);
    let len = (out.len() - start - 1) as u64;
    if let (true, Some(place)) = (len < 0x80, out.get_mut(start)) {
        *place = len as u8;
    } else {
        let mut prefix = Vec::with_capacity(4);
        varint(&mut prefix, len);
        out.splice(start..=start, prefix);
    }
}

/// The moment of a system time; a clock before 1970 stands at 1970.
pub(super) fn moment(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
