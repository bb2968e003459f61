//! Reals: floats and scaled integers, laid out as Go's `%g` with the shortest digits (exposition formats F2, F3).

use core::num::{NonZeroU32, NonZeroU64};

use super::{Dot, NumberText};

/// A real number and the function that turns it into decimal digits.
///
/// The function travels with the value because a `match` over all kinds in the writer would link every kind's code into every
/// program; so the linker keeps only what some metric of the program uses.
#[derive(Clone, Copy)]
pub(super) struct Real {
    bits: u64,
    per_unit: NonZeroU32,
    form: &'static Form,
}

struct Form {
    decimal: fn(u64, NonZeroU32) -> Decimal,
    kind: Kind,
}

enum Kind {
    Double,
    Single,
    Scaled,
    ScaledSigned,
}

static DOUBLE: Form = Form { decimal: |bits, _| Decimal::of_double(f64::from_bits(bits)), kind: Kind::Double };
static SINGLE: Form = Form { decimal: |bits, _| Decimal::of_single(f32::from_bits(bits as u32)), kind: Kind::Single };
static SCALED: Form = Form { decimal: |ticks, per_unit| Decimal::of_ticks(false, ticks, per_unit), kind: Kind::Scaled };
static SCALED_SIGNED: Form = Form {
    decimal: |ticks, per_unit| Decimal::of_ticks((ticks as i64) < 0, (ticks as i64).unsigned_abs(), per_unit),
    kind: Kind::ScaledSigned,
};

impl Real {
    pub(super) fn double(value: f64) -> Self {
        Self { bits: value.to_bits(), per_unit: NonZeroU32::MIN, form: &DOUBLE }
    }

    pub(super) fn single(value: f32) -> Self {
        Self { bits: u64::from(value.to_bits()), per_unit: NonZeroU32::MIN, form: &SINGLE }
    }

    pub(super) fn scaled(ticks: u64, per_unit: u32) -> Self {
        Self { bits: ticks, per_unit: at_least_one(per_unit), form: &SCALED }
    }

    pub(super) fn scaled_signed(ticks: i64, per_unit: u32) -> Self {
        Self { bits: ticks as u64, per_unit: at_least_one(per_unit), form: &SCALED_SIGNED }
    }

    pub(super) fn as_f64(self) -> f64 {
        let per_unit = f64::from(self.per_unit.get());
        match self.form.kind {
            Kind::Double => f64::from_bits(self.bits),
            Kind::Single => f64::from(f32::from_bits(self.bits as u32)),
            Kind::Scaled => self.bits as f64 / per_unit,
            Kind::ScaledSigned => self.bits as i64 as f64 / per_unit,
        }
    }

    fn decimal(self) -> Decimal {
        (self.form.decimal)(self.bits, self.per_unit)
    }

    pub(super) fn is_negative(self) -> bool {
        match self.decimal() {
            Decimal::Finite { negative, .. } | Decimal::Infinite { negative } => negative,
            Decimal::NotANumber => false,
        }
    }

    pub(super) fn write(self, point: Dot, text: &mut NumberText) {
        match self.decimal() {
            Decimal::NotANumber => text.push_all(b"NaN"),
            Decimal::Infinite { negative: false } => text.push_all(b"+Inf"),
            Decimal::Infinite { negative: true } => text.push_all(b"-Inf"),
            Decimal::Finite { negative, digits, exponent } => lay_out(negative, digits, exponent, point, text),
        }
    }
}

fn at_least_one(per_unit: u32) -> NonZeroU32 {
    NonZeroU32::new(per_unit).unwrap_or(NonZeroU32::MIN)
}

/// A finite one is `±digits × 10^exponent`; zero is never negative, because the formats do not tell `-0` from `0` (F4).
enum Decimal {
    NotANumber,
    Infinite { negative: bool },
    Finite { negative: bool, digits: u64, exponent: i32 },
}

impl Decimal {
    fn of_double(value: f64) -> Self {
        // Bits instead of comparisons: those are library calls on targets without a float unit.
        let bits = value.to_bits();
        let negative = bits >> 63 != 0;
        match bits & !(1 << 63) {
            0 => Self::Finite { negative: false, digits: 0, exponent: 0 },
            0x7ff0_0000_0000_0000 => Self::Infinite { negative },
            magnitude if magnitude > 0x7ff0_0000_0000_0000 => Self::NotANumber,
            _ => Self::of_text(zmij::Buffer::new().format_finite(value)),
        }
    }

    fn of_single(value: f32) -> Self {
        let bits = value.to_bits();
        let negative = bits >> 31 != 0;
        match bits & !(1 << 31) {
            0 => Self::Finite { negative: false, digits: 0, exponent: 0 },
            0x7f80_0000 => Self::Infinite { negative },
            magnitude if magnitude > 0x7f80_0000 => Self::NotANumber,
            _ => Self::of_text(zmij::Buffer::new().format_finite(value)),
        }
    }

    /// Reads back what a shortest-decimal writer wrote: `[-]digits[.digits][e[-]digits]`.
    fn of_text(text: &str) -> Self {
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
        Self::Finite { negative, digits, exponent: exponent.wrapping_add(if down { -power } else { power }) }
    }

    fn of_ticks(negative: bool, ticks: u64, per_unit: NonZeroU32) -> Self {
        let (mut rest, mut places) = (per_unit.get(), 0);
        while rest > 1 && rest % 10 == 0 {
            rest /= 10;
            places += 1;
        }
        if rest == 1 {
            return Self::Finite { negative, digits: ticks, exponent: -places };
        }
        let per_unit = NonZeroU64::from(per_unit);
        let (whole, ticks) = (ticks / per_unit, ticks % per_unit);
        // `ticks` is below 2^32 here, so that 10^9 times it fits; rounded to nearest.
        let nanos = (ticks * 1_000_000_000 + per_unit.get() / 2) / per_unit;
        match whole.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(nanos)) {
            Some(digits) => Self::Finite { negative, digits, exponent: -9 },
            // Beyond 18 billion units the fraction is far below what a reader's double can tell.
            None => Self::Finite { negative, digits: whole, exponent: 0 },
        }
    }
}

/// Go's `%g` with the shortest digits: exponent form below 10^-4 and from 10^6 up, plain decimal between.
fn lay_out(negative: bool, digits: u64, mut exponent: i32, dot: Dot, text: &mut NumberText) {
    let mut ascii = NumberText::new();
    ascii.push_u64(digits);
    while digits != 0 && ascii.pop_if(b'0') {
        exponent += 1;
    }
    let zero = digits == 0;
    let digits = ascii.as_bytes();
    let count = digits.len() as i32;
    // The power of ten that the first digit stands for.
    let magnitude = if zero { 0 } else { exponent + count - 1 };
    let plain = (-4..6).contains(&magnitude);
    let first = if plain { magnitude } else { 0 };
    let mut last = (first - (count - 1)).min(0);
    if plain && last == 0 && dot == Dot::Always {
        last = -1;
    }
    if negative {
        text.push(b'-');
    }
    // From the first digit, or the zero in front of the point, to the last digit, or the zero behind it.
    for place in (last..=first.max(0)).rev() {
        text.push(digits.get((first - place) as usize).copied().unwrap_or(b'0'));
        if place == 0 && last < 0 {
            text.push(b'.');
        }
    }
    if !plain {
        text.push_all(if magnitude < 0 { b"e-" } else { b"e+" });
        text.push_digits(magnitude.unsigned_abs(), 2);
    }
}
