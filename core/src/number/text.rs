//! A small fixed buffer for the text of one number, and integers into it.

use super::Dot;
#[cfg(target_pointer_width = "64")]
use super::digits;
use crate::copy::copy;

/// The decimal text of one [`Number`](crate::Number): ASCII, at most 40 bytes, on the stack.
///
/// ```
/// let text = picometer::Number::from(2.5).text();
/// assert_eq!(text.as_bytes(), b"2.5");
/// assert_eq!(text, "2.5");
/// ```
#[derive(Clone, Copy)]
pub struct NumberText {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl NumberText {
    /// Sign, 20 digits, a point, four leading zeros or an exponent of five characters: 31, rounded up.
    pub(crate) const CAPACITY: usize = 40;

    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }
    }

    /// The text as bytes, for a writer.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// The text as a string.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever pushed.
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// Takes the last byte back if it is `byte`; whether it was.
    pub(crate) fn pop_if(&mut self, byte: u8) -> bool {
        let is = self.as_bytes().last() == Some(&byte);
        self.len -= usize::from(is);
        is
    }

    pub(crate) fn push_all(&mut self, bytes: &[u8]) {
        if cfg!(target_pointer_width = "64") {
            if let Some(room) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
                copy(room, bytes);
                self.len += bytes.len();
            }
        } else {
            for &byte in bytes {
                self.push(byte);
            }
        }
    }

    pub(super) fn push_zero(&mut self, dot: Dot) {
        self.push_all(if dot == Dot::Always { b"0.0" } else { b"0" });
    }

    #[cfg(not(target_pointer_width = "64"))]
    pub(crate) fn push_u64(&mut self, value: u64) {
        // 64-bit division is a library call on a microcontroller: once per nine digits instead of once per digit.
        const CHUNK: u64 = 1_000_000_000;
        match u32::try_from(value) {
            Ok(small) => self.push_digits(small, 1),
            Err(_) => {
                let (high, low) = (value / CHUNK, (value % CHUNK) as u32);
                match u32::try_from(high) {
                    Ok(high) => self.push_digits(high, 1),
                    Err(_) => {
                        self.push_digits((high / CHUNK) as u32, 1);
                        self.push_digits((high % CHUNK) as u32, 9);
                    }
                }
                self.push_digits(low, 9);
            }
        }
    }

    #[cfg(target_pointer_width = "64")]
    pub(crate) fn push_u64(&mut self, value: u64) {
        if let Some(room) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            self.len += digits::write(value, room);
        }
    }

    /// At least `least` digits, with leading zeros.
    pub(crate) fn push_digits(&mut self, value: u32, least: usize) {
        let room = self.bytes.get_mut(self.len..).unwrap_or(&mut []);
        if let Some(left) = put_digits(room, value, least) {
            self.len = Self::CAPACITY - left.len();
        }
    }
}

/// Writes at least `least` digits to the front of `room` and returns the rest, unless they do not fit.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn put_digits(room: &mut [u8], mut value: u32, least: usize) -> Option<&mut [u8]> {
    // A digit is 3.32 bits: as many as that, or one more.
    const POWERS: [u32; 10] = [0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
    let bits = 32 - (value | 1).leading_zeros();
    let fewest = ((bits * 1_233) >> 12) as usize;
    let count = fewest + usize::from(POWERS.get(fewest).is_some_and(|&power| value >= power));
    let (digits, rest) = room.split_at_mut_checked(count.max(least))?;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
    Some(rest)
}

impl PartialEq<&str> for NumberText {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl core::fmt::Debug for NumberText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Without the quotes that a string has.
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for NumberText {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn every_length_of_integers() {
        let check = |value: u64| {
            let mut text = NumberText::new();
            text.push_u64(value);
            assert_eq!(text, value.to_string().as_str());
        };
        (0..crate::tests::MANY).for_each(check);
        for power in (0..64).map(|shift| 1_u64 << shift).chain((0..20).map(|exponent| 10_u64.pow(exponent))) {
            (0..3).for_each(|away| check(power.saturating_sub(away)));
            (0..3).for_each(|away| check(power.saturating_add(away)));
        }
        let mut value = 0x9e37_79b9_7f4a_7c15_u64;
        for turn in 0..crate::tests::MANY {
            value = value.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            check(value >> (turn % 64));
        }
    }
}
