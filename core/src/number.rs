//! Numbers and their decimal text.
//!
//! A [`Number`] is what a cell hands to an encoder: an integer, written digit by digit, or a real, written as the shortest
//! decimal that reads back as the same value. A real carries the function that formats it, so that a program whose metrics are
//! all integers links no float formatting at all (4.3 KB on a Cortex-M3).

mod real;
mod text;

pub use text::NumberText;

use real::Real;

/// A value ready to be exposed: an unsigned or signed integer, a float, or an integer scaled by a power of ten.
///
/// ```
/// use picometer::Number;
///
/// assert_eq!(Number::from(1_027_u32).text(), "1027");
/// assert_eq!(Number::from(-3).text(), "-3");
/// assert_eq!(Number::from(0.1_f32).text(), "0.1");
/// assert_eq!(Number::from(1e6).text(), "1e+06");
/// assert_eq!(Number::from(f64::INFINITY).text(), "+Inf");
/// // 1,500 ticks of a microsecond are exposed as seconds, exactly and without a float.
/// assert_eq!(Number::scaled(1_500, 1_000_000).text(), "0.0015");
/// ```
#[derive(Clone, Copy)]
pub struct Number(Repr);

#[derive(Clone, Copy)]
enum Repr {
    Unsigned(u64),
    /// Negative integers only.
    Signed(i64),
    Real(Real),
}

/// How reals are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dot {
    /// `1`, `2.5`, `1e+06`: text 0.0.4 and 1.0.0.
    AsNeeded,
    /// `1.0`, `2.5`, `1e+06`: OpenMetrics, and `le` and `quantile` in every format.
    Always,
}

impl Number {
    /// `ticks / per_unit`: 1,500 ticks at 1,000,000 per unit are 0.0015.
    ///
    /// Exact where `per_unit` is a power of ten up to 10⁹; otherwise rounded to nine decimal places. `per_unit` 0 is read as 1.
    pub fn scaled(ticks: u64, per_unit: u32) -> Self {
        Self(Repr::Real(Real::scaled(ticks, per_unit)))
    }

    /// [`scaled`](Self::scaled) for ticks that may be negative.
    pub fn scaled_signed(ticks: i64, per_unit: u32) -> Self {
        Self(Repr::Real(Real::scaled_signed(ticks, per_unit)))
    }

    /// The value as a double; integers beyond 2⁵³ are rounded.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Unsigned(value) => value as f64,
            Repr::Signed(value) => value as f64,
            Repr::Real(real) => real.as_f64(),
        }
    }

    /// The value as an unsigned integer, if it was given as one.
    pub fn as_u64(self) -> Option<u64> {
        match self.0 {
            Repr::Unsigned(value) => Some(value),
            _ => None,
        }
    }

    /// The text of the value, as text 0.0.4 shows it.
    pub fn text(&self) -> NumberText {
        let mut text = NumberText::new();
        self.write(Dot::AsNeeded, &mut text);
        text
    }

    pub(crate) fn write(&self, point: Dot, text: &mut NumberText) {
        match self.0 {
            Repr::Unsigned(value) => text.push_u64(value),
            Repr::Signed(value) => {
                text.push(b'-');
                text.push_u64(value.unsigned_abs());
            }
            Repr::Real(real) => real.write(point, text),
        }
    }

    /// The value as `le` and `quantile` show it: canonical float text, integers too (exposition formats F6).
    pub(crate) fn write_bound(&self, text: &mut NumberText) {
        match self.0 {
            Repr::Unsigned(value) => Real::scaled(value, 1).write(Dot::Always, text),
            Repr::Signed(value) => Real::scaled_signed(value, 1).write(Dot::Always, text),
            Repr::Real(real) => real.write(Dot::Always, text),
        }
    }

    /// Whether the value is below zero.
    pub fn is_negative(self) -> bool {
        match self.0 {
            Repr::Unsigned(_) => false,
            Repr::Signed(_) => true,
            Repr::Real(real) => real.is_negative(),
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(Repr::Unsigned(value))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(if value < 0 { Repr::Signed(value) } else { Repr::Unsigned(value as u64) })
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(Repr::Real(Real::double(value)))
    }
}

impl From<f32> for Number {
    /// Written as the shortest decimal that reads back as the same `f32`: 0.1, not 0.10000000149011612.
    fn from(value: f32) -> Self {
        Self(Repr::Real(Real::single(value)))
    }
}

macro_rules! from_integer {
    ($($small:ty => $wide:ty),*) => {$(
        impl From<$small> for Number {
            fn from(value: $small) -> Self {
                Self::from(value as $wide)
            }
        }
    )*};
}

from_integer!(u8 => u64, u16 => u64, u32 => u64, usize => u64, bool => u64, i8 => i64, i16 => i64, i32 => i64, isize => i64);

/// Numbers are equal when their text is, so NaN equals NaN and 1 does not equal 1.5.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.text().as_bytes() == other.text().as_bytes()
    }
}

impl core::fmt::Display for Number {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text().as_str())
    }
}

shown_as!([] Number, self => self.text());

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn always(number: Number) -> NumberText {
        let mut text = NumberText::new();
        number.write(Dot::Always, &mut text);
        text
    }

    #[test]
    fn integers_are_written_digit_by_digit() {
        for value in [0, 7, 10, 99, 100, 12_345, u64::from(u32::MAX), 4_294_967_296, 1_000_000_000, 10_000_000_000_000_000_000, u64::MAX] {
            assert_eq!(Number::from(value).text(), value.to_string().as_str());
            assert_eq!(always(Number::from(value)), value.to_string().as_str());
        }
        for value in [-1, -10, i64::MIN, 0, i64::MAX] {
            assert_eq!(Number::from(value).text(), value.to_string().as_str());
        }
        assert_eq!(Number::from(true).text(), "1");
    }

    #[test]
    fn floats_follow_the_table_of_the_specification() {
        // exposition formats F1 to F4
        let table = [
            (0.0, "0", "0.0"),
            (-0.0, "0", "0.0"),
            (1.0, "1", "1.0"),
            (-1.0, "-1", "-1.0"),
            (2.5, "2.5", "2.5"),
            (10.0, "10", "10.0"),
            (0.00012, "0.00012", "0.00012"),
            (0.0001, "0.0001", "0.0001"),
            (1e-5, "1e-05", "1e-05"),
            (99_999.0, "99999", "99999.0"),
            (100_000.0, "100000", "100000.0"),
            (999_999.0, "999999", "999999.0"),
            (999_999.5, "999999.5", "999999.5"),
            (1e6, "1e+06", "1e+06"),
            (1_234_567.0, "1.234567e+06", "1.234567e+06"),
            (12_345_678.9, "1.23456789e+07", "1.23456789e+07"),
            (1e21, "1e+21", "1e+21"),
            (1e100, "1e+100", "1e+100"),
            (5e-324, "5e-324", "5e-324"),
            (f64::MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"),
            (f64::MIN, "-1.7976931348623157e+308", "-1.7976931348623157e+308"),
            (2.938_735_877_055_719e-39, "2.938735877055719e-39", "2.938735877055719e-39"),
            (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
            (f64::NAN, "NaN", "NaN"),
            (-f64::NAN, "NaN", "NaN"),
            (f64::INFINITY, "+Inf", "+Inf"),
            (f64::NEG_INFINITY, "-Inf", "-Inf"),
        ];
        for (value, plain, open_metrics) in table {
            assert_eq!(Number::from(value).text(), plain);
            assert_eq!(always(Number::from(value)), open_metrics);
        }
    }

    #[test]
    fn single_floats_are_shortest_as_single_floats() {
        assert_eq!(Number::from(0.1_f32).text(), "0.1");
        assert_eq!(Number::from(21.5_f32).text(), "21.5");
        assert_eq!(Number::from(-0.0_f32).text(), "0");
        assert_eq!(Number::from(f32::MAX).text(), "3.4028235e+38");
        assert_eq!(Number::from(f32::NAN).text(), "NaN");
        assert_eq!(Number::from(f32::NEG_INFINITY).text(), "-Inf");
        assert_eq!(Number::from(0.1_f32).as_f64(), f64::from(0.1_f32));
    }

    #[test]
    fn every_float_reads_back_as_itself() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(Number::from(value).text().as_str().parse::<f64>().unwrap(), value);
                assert_eq!(always(Number::from(value)).as_str().parse::<f64>().unwrap(), value);
            }
            let single = f32::from_bits(bits as u32);
            if single.is_finite() {
                assert_eq!(Number::from(single).text().as_str().parse::<f32>().unwrap(), single);
            }
        }
    }

    #[test]
    fn scaled_integers_are_exact() {
        assert_eq!(Number::scaled(0, 1_000_000).text(), "0");
        assert_eq!(always(Number::scaled(0, 1_000)), "0.0");
        assert_eq!(Number::scaled(1_500, 1_000_000).text(), "0.0015");
        assert_eq!(Number::scaled(10, 1_000_000).text(), "1e-05");
        assert_eq!(always(Number::scaled(3_000_000, 1_000_000)), "3.0");
        assert_eq!(Number::scaled(u64::MAX, 1_000_000).text(), "1.8446744073709551615e+13");
        assert_eq!(Number::scaled(u64::MAX, 1).text(), "1.8446744073709551615e+19");
        assert_eq!(Number::scaled_signed(-25_300, 1_000).text(), "-25.3");
        assert_eq!(Number::scaled_signed(i64::MIN, 1).text(), "-9.223372036854775808e+18");
        assert_eq!(Number::scaled(1_500, 1_000_000).as_f64(), 0.0015);
        assert_eq!(Number::scaled_signed(-1_500, 1_000).as_f64(), -1.5);
    }

    #[test]
    fn odd_scales_are_rounded_to_nine_places() {
        assert_eq!(Number::scaled(16_384, 32_768).text(), "0.5");
        assert_eq!(Number::scaled(1, 3).text(), "0.333333333");
        assert_eq!(Number::scaled(2, 3).text(), "0.666666667");
        assert_eq!(Number::scaled(84_000_000, 84_000_000).text(), "1");
        assert_eq!(Number::scaled(u64::MAX, 3).text(), "6.148914691236517205e+18");
        assert_eq!(Number::scaled(5, 0).text(), "5");
    }

    #[test]
    fn bounds_are_canonical_floats_in_every_format() {
        let bound = |number: Number| {
            let mut text = NumberText::new();
            number.write_bound(&mut text);
            text
        };
        assert_eq!(bound(Number::from(1_u32)), "1.0");
        assert_eq!(bound(Number::from(-1)), "-1.0");
        assert_eq!(bound(Number::from(1_048_576_u32)), "1.048576e+06");
        assert_eq!(bound(Number::from(0.005)), "0.005");
        assert_eq!(bound(Number::from(f64::INFINITY)), "+Inf");
    }
}
