//! Decimal digits of integers, eight at a time in one register: for servers, which multiply 64 bits in a step.

const CHUNK: u64 = 100_000_000;

/// Room for the digits of any integer; what is behind them is overwritten too.
pub(crate) type Room = [u8; ROOM];
pub(crate) const ROOM: usize = 24;

/// Writes the digits of `value`, and returns how many there are.
#[inline(always)]
pub(crate) fn write(value: u64, room: &mut Room) -> usize {
    if value < CHUNK { first(value, room) } else { long(value, room) }
}

/// From nine digits on.
#[inline(never)]
fn long(value: u64, room: &mut Room) -> usize {
    let (high, low) = (value / CHUNK, value % CHUNK);
    let len = if high < CHUNK {
        first(high, room)
    } else {
        let len = first(high / CHUNK, room);
        next(high % CHUNK, room, len)
    };
    next(low, room, len)
}

/// The digits of a number below 10⁸, without leading zeros.
#[inline(always)]
fn first(value: u64, room: &mut Room) -> usize {
    let digits = eight(value);
    // Zero has a digit too.
    let leading = (digits | (1 << 56)).trailing_zeros() / 8;
    if let Some(room) = room.first_chunk_mut() {
        *room = (ascii(digits) >> (8 * leading)).to_le_bytes();
    }
    8 - leading as usize
}

/// All eight digits of a number below 10⁸ behind those that are there.
#[inline(always)]
fn next(value: u64, room: &mut Room, len: usize) -> usize {
    if let Some(room) = room.get_mut(len..).and_then(<[u8]>::first_chunk_mut) {
        *room = ascii(eight(value)).to_le_bytes();
    }
    len + 8
}

const fn ascii(digits: u64) -> u64 {
    digits | 0x3030_3030_3030_3030
}

/// The eight digits of a number below 10⁸, one a byte, the first in the lowest: fours, then twos, then ones in a lane each, by
/// multiplications in place of divisions.
#[inline(always)]
const fn eight(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - 10 * tens) << 8)
}
