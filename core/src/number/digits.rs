//! Decimal digits of integers, eight at a time in one register: for servers, which multiply 64 bits in a step.

const CHUNK: u64 = 100_000_000;

/// Room for the digits of any integer; what is behind them is overwritten too.
pub(crate) type Room = [u8; ROOM];
pub(crate) const ROOM: usize = 24;

/// Writes the digits of `value`, and returns how many there are.
#[inline(always)]
pub(crate) fn write(value: u64, room: &mut Room) -> usize {
    Digits::of(value).put(room)
}

/// The text of an integer, to be put in several places.
#[derive(Clone, Copy)]
pub(crate) enum Digits {
    /// Up to eight, in a word, and how many.
    Few([u8; 8], usize),
    Many(u64),
}

impl Digits {
    #[inline(always)]
    pub(crate) fn of(value: u64) -> Self {
        if value < CHUNK {
            let (text, len) = first(value);
            Self::Few(text, len)
        } else {
            Self::Many(value)
        }
    }

    /// Writes them, and returns how many there are.
    #[inline(always)]
    pub(crate) fn put(self, room: &mut Room) -> usize {
        match self {
            Self::Few(text, len) => put_first(text, len, room),
            Self::Many(value) => long(value, room),
        }
    }
}

#[inline(always)]
fn put_first(text: [u8; 8], len: usize, room: &mut Room) -> usize {
    if let Some(room) = room.first_chunk_mut() {
        *room = text;
    }
    len
}

/// From nine digits on.
#[inline(never)]
fn long(value: u64, room: &mut Room) -> usize {
    let (high, low) = (value / CHUNK, value % CHUNK);
    let start = |value, room: &mut Room| {
        let (text, len) = first(value);
        put_first(text, len, room)
    };
    let len = if high < CHUNK {
        start(high, room)
    } else {
        let len = start(high / CHUNK, room);
        next(high % CHUNK, room, len)
    };
    next(low, room, len)
}

/// The digits of a number below 10⁸, without leading zeros, and how many there are.
#[inline(always)]
fn first(value: u64) -> ([u8; 8], usize) {
    // Not from the digits, which take several multiplications: where the next text begins follows from the length.
    let len = length(value);
    (ascii(eight(value)).wrapping_shr(0_u32.wrapping_sub(8 * len as u32)).to_le_bytes(), len)
}

/// How many digits a number below 2³² has.
#[inline(always)]
fn length(value: u64) -> usize {
    let bits = (value as u32 | 1).ilog2() as usize;
    LENGTHS.get(bits).map_or(1, |&length| ((value + length) >> 32) as usize & 15)
}

/// By the highest bit of a number, what carries into the upper half as many as it has digits.
static LENGTHS: [u64; 32] = {
    let mut lengths = [0; 32];
    let (mut bit, mut digits, mut power) = (0, 1, 10);
    while bit < lengths.len() {
        // From `power` on there is one more digit.
        lengths[bit] = if power >> (bit + 1) > 0 { digits << 32 } else { ((digits + 1) << 32) - power };
        bit += 1;
        if power >> bit == 0 {
            (digits, power) = (digits + 1, 10 * power);
        }
    }
    lengths
};

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
