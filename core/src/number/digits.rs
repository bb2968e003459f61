//! Decimal digits of integers, eight at a time in one register: for servers, which multiply 64 bits in a step.

/// The digits of `value`: hands over up to three pieces of ASCII, each with how many of its bytes are digits.
#[inline(always)]
pub(crate) fn each(value: u64, mut see: impl FnMut([u8; 8], usize)) {
    const CHUNK: u64 = 100_000_000;
    let mut first = |value| {
        let digits = eight(value);
        // Zero has a digit too.
        let leading = (digits | (1 << 56)).trailing_zeros() / 8;
        see((ascii(digits) >> (8 * leading)).to_le_bytes(), 8 - leading as usize);
    };
    if value < CHUNK {
        return first(value);
    }
    let (high, low) = (value / CHUNK, value % CHUNK);
    if high < CHUNK {
        first(high);
    } else {
        first(high / CHUNK);
        see(ascii(eight(high % CHUNK)).to_le_bytes(), 8);
    }
    see(ascii(eight(low)).to_le_bytes(), 8);
}

const fn ascii(digits: u64) -> u64 {
    digits | 0x3030_3030_3030_3030
}

/// The eight digits of a number below 10⁸, one a byte, the first in the lowest: fours, then twos, then ones in a lane each, by
/// multiplications in place of divisions.
#[inline]
const fn eight(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - 10 * tens) << 8)
}
