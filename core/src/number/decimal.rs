//! Decimal digits of floats, scaled integers and moments, laid out as Go's `%g` does.

use core::num::{NonZeroU32, NonZeroU64};

use super::{Dot, Number, NumberText};
use crate::time::Timestamp;

/// `±digits × 10^exponent`. Zero is never negative, because the formats do not tell `-0` from `0`.
struct Decimal {
    negative: bool,
    digits: u64,
    exponent: i32,
}

pub(super) fn double(bits: u64, _: NonZeroU32, dot: Dot, text: &mut NumberText) {
    // Bits instead of comparisons: those are library calls on targets without a float unit.
    match bits & !(1 << 63) {
        0 => text.push_zero(dot),
        0x7ff0_0000_0000_0000.. => not_finite(bits << 12 != 0, bits >> 63 != 0, text),
        #[cfg(target_pointer_width = "64")]
        _ => finite(f64::from_bits(bits), dot, text),
        #[cfg(not(target_pointer_width = "64"))]
        _ => Decimal::read(zmij::Buffer::new().format_finite(f64::from_bits(bits))).write(dot, text),
    }
}

/// A number that is neither zero nor infinite, the quickest way that there is for its kind.
#[cfg(target_pointer_width = "64")]
fn finite(value: f64, dot: Dot, text: &mut NumberText) {
    match thousandths(value.abs()) {
        Some(digits) => Decimal { negative: value < 0.0, digits, exponent: -3 }.write(dot, text),
        None => Decimal::read(zmij::Buffer::new().format_finite(value)).write(dot, text),
    }
}

/// How many thousandths a double is, if that is how its shortest text says it.
///
/// Most values that people look at have three decimal places at most. The decimal that is nearest to the double, and of no more
/// than 15 digits, is the shortest that reads back as it.
#[cfg(target_pointer_width = "64")]
#[inline]
fn thousandths(size: f64) -> Option<u64> {
    let thousandths = (size.min(1e12) * 1_000.0 + 0.5) as u64;
    (thousandths < 1_000_000_000_000_000 && thousandths as f64 / 1_000.0 == size).then_some(thousandths)
}

/// Shows the text of a double, from where it is written where that is the text already: a copy of text that was written just
/// now has to wait for it.
#[cfg(target_pointer_width = "64")]
#[inline]
pub(super) fn show_double(bits: u64, dot: Dot, see: impl FnOnce(&[u8])) {
    let value = f64::from_bits(bits);
    // What has no exponent in the one form has none in the other, and some decimal places, or it would be thousandths.
    if (0.0001..1e6).contains(&value.abs()) && thousandths(value.abs()).is_none() {
        see(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        let mut text = NumberText::new();
        double(bits, NonZeroU32::MIN, dot, &mut text);
        see(text.as_bytes());
    }
}

pub(super) fn single(bits: u64, _: NonZeroU32, dot: Dot, text: &mut NumberText) {
    let bits = bits as u32;
    match bits & !(1 << 31) {
        0 => text.push_zero(dot),
        0x7f80_0000.. => not_finite(bits << 9 != 0, bits >> 31 != 0, text),
        _ => Decimal::read(zmij::Buffer::new().format_finite(f32::from_bits(bits))).write(dot, text),
    }
}

fn not_finite(not_a_number: bool, negative: bool, text: &mut NumberText) {
    text.push_all(match (not_a_number, negative) {
        (true, _) => b"NaN",
        (false, false) => b"+Inf",
        (false, true) => b"-Inf",
    });
}

pub(super) fn signed_ticks(ticks: u64, per_unit: NonZeroU32, dot: Dot, text: &mut NumberText) {
    let signed = ticks as i64;
    Decimal { negative: signed < 0, ..Decimal::of_ticks(signed.unsigned_abs(), per_unit) }.write(dot, text);
}

pub(super) fn ticks(ticks: u64, per_unit: NonZeroU32, dot: Dot, text: &mut NumberText) {
    Decimal::of_ticks(ticks, per_unit).write(dot, text);
}

/// Seconds and one more than the nanoseconds behind them; with as many decimal places as there are, and never an exponent.
pub(super) fn moment(seconds: u64, nanos: NonZeroU32, _: Dot, text: &mut NumberText) {
    let (seconds, mut nanos) = (seconds as i64, nanos.get() - 1);
    let mut whole = seconds.unsigned_abs();
    if seconds < 0 {
        text.push(b'-');
        if nanos > 0 {
            // -1 s and 999 ms after it is one millisecond before the epoch.
            whole -= 1;
            nanos = 1_000_000_000 - nanos;
        }
    }
    text.push_u64(whole);
    if nanos > 0 {
        text.push(b'.');
        text.push_digits(nanos, 9);
        while text.pop_if(b'0') {}
    }
}

pub(super) fn stamp(seconds: u64, nanos: NonZeroU32, dot: Dot, text: &mut NumberText) {
    match dot {
        Dot::Always => moment(seconds, nanos, dot, text),
        Dot::AsNeeded => Number::from(Timestamp::from_parts(seconds as i64, nanos).millis()).write(dot, text),
    }
}

/// As many as a plain decimal has before or behind its digits.
const ZEROS: &[u8] = b"000000";

impl Decimal {
    /// Reads back what a shortest-decimal writer wrote: `[-]digits[.digits][e[-]digits]`.
    fn read(text: &str) -> Self {
        let (mut negative, mut digits, mut exponent) = (false, 0_u64, 0_i32);
        let mut after_point = false;
        let mut bytes = text.bytes();
        for byte in bytes.by_ref() {
            match byte {
                b'-' => negative = true,
                b'.' => after_point = true,
                b'0'..=b'9' => {
                    digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                    exponent -= i32::from(after_point);
                }
                _ => break,
            }
        }
        let (mut down, mut power) = (false, 0_i32);
        for byte in bytes {
            match byte {
                b'-' => down = true,
                b'0'..=b'9' => power = power.wrapping_mul(10).wrapping_add(i32::from(byte - b'0')),
                _ => {}
            }
        }
        Self { negative, digits, exponent: exponent.wrapping_add(if down { -power } else { power }) }
    }

    fn of_ticks(ticks: u64, per_unit: NonZeroU32) -> Self {
        let negative = false;
        let (mut rest, mut places) = (per_unit.get(), 0);
        while rest > 1 && rest % 10 == 0 {
            rest /= 10;
            places += 1;
        }
        if rest == 1 {
            return Self { negative, digits: ticks, exponent: -places };
        }
        let per_unit = NonZeroU64::from(per_unit);
        let (whole, ticks) = (ticks / per_unit, ticks % per_unit);
        // `ticks` is below 2^32 here, so that 10^9 times it fits; rounded to nearest.
        let nanos = (ticks * 1_000_000_000 + per_unit.get() / 2) / per_unit;
        match whole.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(nanos)) {
            Some(digits) => Self { negative, digits, exponent: -9 },
            // Beyond 18 billion units the fraction is far below what a reader's double can tell.
            None => Self { negative, digits: whole, exponent: 0 },
        }
    }

    /// Go's `%g` with the shortest digits: exponent form below 10^-4 and from 10^6 up, plain decimal between.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn write(self, dot: Dot, text: &mut NumberText) {
        let Self { negative, digits, mut exponent } = self;
        if digits == 0 {
            return text.push_zero(dot);
        }
        let mut ascii = NumberText::new();
        ascii.push_u64(digits);
        while ascii.pop_if(b'0') {
            exponent += 1;
        }
        let digits = ascii.as_bytes();
        let count = digits.len() as i32;
        // The power of ten that the first digit stands for.
        let magnitude = exponent + count - 1;
        let plain = (-4..6).contains(&magnitude);
        let first = if plain { magnitude } else { 0 };
        let mut last = (first - (count - 1)).min(0);
        if plain && last == 0 && dot == Dot::Always {
            last = -1;
        }
        if negative {
            text.push(b'-');
        }
        if cfg!(target_pointer_width = "64") {
            let (before, behind) = digits.split_at_checked((first + 1).max(0) as usize).unwrap_or((digits, &[]));
            text.push_all(if before.is_empty() { b"0" } else { before });
            text.push_all(ZEROS.get(..(first + 1 - count).max(0) as usize).unwrap_or(&[]));
            text.push_all(if last < 0 { b"." } else { b"" });
            text.push_all(ZEROS.get(..(-first - 1).max(0) as usize).unwrap_or(&[]));
            text.push_all(if behind.is_empty() && last < 0 { b"0" } else { behind });
        } else {
            // From the first digit, or the zero in front of the point, to the last digit, or the zero behind it.
            for place in (last..=first.max(0)).rev() {
                text.push(digits.get((first - place) as usize).copied().unwrap_or(b'0'));
                if place == 0 && last < 0 {
                    text.push(b'.');
                }
            }
        }
        if !plain {
            text.push_all(if magnitude < 0 { b"e-" } else { b"e+" });
            text.push_digits(magnitude.unsigned_abs(), 2);
        }
    }
}
