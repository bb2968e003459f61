//! Numbers in groups of seven bits, as protobuf and snappy have them.

/// How many bytes a number has as a varint: 1 to 10.
pub(crate) const fn varint_len(value: u64) -> usize {
    // 9/64 is close enough to 1/7 for up to 64 bits.
    (((u64::BITS - (value | 1).leading_zeros()) * 9 + 64) / 64) as usize
}

/// Gives the bytes of a number.
#[inline]
pub(crate) fn varint(mut value: u64, mut put: impl FnMut(u8)) {
    while value >= 0x80 {
        put(value as u8 | 0x80);
        value >>= 7;
    }
    put(value as u8);
}

/// A tag and a number on their way out: up to five and ten bytes.
pub(crate) struct Scratch {
    bytes: [u8; 16],
    pub(crate) len: usize,
}

impl Scratch {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; 16], len: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.byte(byte));
    }

    pub(crate) fn varint(&mut self, value: u64) {
        varint(value, |byte| self.byte(byte));
    }
}
