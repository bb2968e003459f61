//! Reals: floats and scaled integers, laid out as Go's `%g` with the shortest digits (exposition formats F2, F3).

use super::{Dot, NumberText};

/// A real number and the function that turns it into decimal digits.
///
/// The function travels with the value because a `match` over all kinds in the writer would link every kind's code into every
/// program; so the linker keeps only what some metric of the program uses.
#[derive(Clone, Copy)]
pub(super) struct Real {
    bits: u64,
    per_unit: u32,
    form: &'static Form,
}

struct Form {
    decimal: fn(u64, u32) -> Decimal,
    value: fn(u64, u32) -> f64,
}

static DOUBLE: Form = Form { decimal: |bits, _| Decimal::of_double(f64::from_bits(bits)), value: |bits, _| f64::from_bits(bits) };
static SINGLE: Form =
    Form { decimal: |bits, _| Decimal::of_single(f32::from_bits(bits as u32)), value: |bits, _| f64::from(f32::from_bits(bits as u32)) };
static SCALED: Form = Form {
    decimal: |ticks, per_unit| Decimal::of_ticks(false, ticks, per_unit),
    value: |ticks, per_unit| ticks as f64 / f64::from(per_unit),
};
static SCALED_SIGNED: Form = Form {
    decimal: |ticks, per_unit| Decimal::of_ticks((ticks as i64) < 0, (ticks as i64).unsigned_abs(), per_unit),
    value: |ticks, per_unit| ticks as i64 as f64 / f64::from(per_unit),
};

impl Real {
    pub(super) fn double(value: f64) -> Self {
        Self { bits: value.to_bits(), per_unit: 1, form: &DOUBLE }
    }

    pub(super) fn single(value: f32) -> Self {
        Self { bits: u64::from(value.to_bits()), per_unit: 1, form: &SINGLE }
    }

    pub(super) fn scaled(ticks: u64, per_unit: u32) -> Self {
        Self { bits: ticks, per_unit: per_unit.max(1), form: &SCALED }
    }

    pub(super) fn scaled_signed(ticks: i64, per_unit: u32) -> Self {
        Self { bits: ticks as u64, per_unit: per_unit.max(1), form: &SCALED_SIGNED }
    }

    pub(super) fn as_f64(self) -> f64 {
        (self.form.value)(self.bits, self.per_unit)
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

/// `±digits × 10^exponent`, without trailing zeros; zero is never negative, because the formats do not tell `-0` from `0` (F4).
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
            0 => Self::finite(false, 0, 0),
            0x7ff0_0000_0000_0000 => Self::Infinite { negative },
            magnitude if magnitude > 0x7ff0_0000_0000_0000 => Self::NotANumber,
            _ => Self::of_text(zmij::Buffer::new().format_finite(value)),
        }
    }

    fn of_single(value: f32) -> Self {
        let bits = value.to_bits();
        let negative = bits >> 31 != 0;
        match bits & !(1 << 31) {
            0 => Self::finite(false, 0, 0),
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
        Self::finite(negative, digits, exponent.wrapping_add(if down { -power } else { power }))
    }

    fn of_ticks(negative: bool, ticks: u64, per_unit: u32) -> Self {
        let (mut rest, mut places) = (per_unit, 0);
        while rest > 1 && rest % 10 == 0 {
            rest /= 10;
            places += 1;
        }
        if rest == 1 {
            return Self::finite(negative, ticks, -places);
        }
        let per_unit = u64::from(per_unit);
        let (whole, ticks) = (ticks / per_unit, ticks % per_unit);
        // `ticks` is below 2^32 here, so that 10^9 times it fits; rounded to nearest.
        let nanos = (ticks * 1_000_000_000 + per_unit / 2) / per_unit;
        match whole.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(nanos)) {
            Some(digits) => Self::finite(negative, digits, -9),
            // Beyond 18 billion units the fraction is far below what a reader's double can tell.
            None => Self::finite(negative, whole, 0),
        }
    }

    fn finite(negative: bool, mut digits: u64, mut exponent: i32) -> Self {
        if digits == 0 {
            return Self::Finite { negative: false, digits: 0, exponent: 0 };
        }
        while let Ok(small) = u32::try_from(digits) {
            if small % 10 != 0 {
                return Self::Finite { negative, digits, exponent };
            }
            digits = u64::from(small / 10);
            exponent += 1;
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Self::Finite { negative, digits, exponent }
    }
}

/// Go's `%g` with the shortest digits: exponent form below 10^-4 and from 10^6 up, plain decimal between.
fn lay_out(negative: bool, digits: u64, exponent: i32, point: Dot, text: &mut NumberText) {
    let mut ascii = NumberText::new();
    ascii.push_u64(digits);
    let digits = ascii.as_bytes();
    let magnitude = if digits == b"0" { 0 } else { exponent + digits.len() as i32 - 1 };
    if negative {
        text.push(b'-');
    }
    if !(-4..6).contains(&magnitude) {
        with_point(digits, 1, text);
        text.push_all(if magnitude < 0 { b"e-" } else { b"e+" });
        let magnitude = magnitude.unsigned_abs();
        if magnitude < 10 {
            text.push(b'0');
        }
        text.push_u64(u64::from(magnitude));
        return;
    }
    if magnitude < 0 {
        text.push_all(b"0.");
        for _ in 1..-magnitude {
            text.push(b'0');
        }
        text.push_all(digits);
        return;
    }
    let whole = magnitude as usize + 1;
    with_point(digits, whole, text);
    for _ in digits.len()..whole {
        text.push(b'0');
    }
    if digits.len() <= whole && point == Dot::Always {
        text.push_all(b".0");
    }
}

/// The digits with a point after the first `whole` of them, if any are left to follow it.
fn with_point(digits: &[u8], whole: usize, text: &mut NumberText) {
    for (index, &digit) in digits.iter().enumerate() {
        if index == whole {
            text.push(b'.');
        }
        text.push(digit);
    }
}
