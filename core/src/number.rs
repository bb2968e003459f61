//! Numbers and their decimal text.
//!
//! A [`Number`] is what a cell hands to an encoder: an integer, written digit by digit, or a real, written as the shortest
//! decimal that reads back as the same value. It carries the function that takes it apart, so that a program whose metrics are
//! all integers links no float formatting at all (2 to 4 KB on a Cortex-M3).

mod decimal;
#[cfg(target_pointer_width = "64")]
pub(crate) mod digits;
mod text;

pub use text::NumberText;
#[cfg(not(target_pointer_width = "64"))]
pub(crate) use text::put_digits;

use core::num::NonZeroU32;

use crate::time::Timestamp;

/// A value ready to be exposed: an unsigned or signed integer, a float, an integer scaled by a power of ten, or a moment.
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
pub struct Number {
    bits: u64,
    /// What the bits mean. A reference, so that the code of a kind is linked only into programs that have numbers of that kind:
    /// a `match` over all kinds in the writer would link them all into every program.
    form: &'static Form,
    /// How many ticks make a unit, of scaled integers; of a moment one more than the nanoseconds.
    per_unit: NonZeroU32,
}

struct Form {
    kind: Kind,
    /// Writes the bits as a real.
    write: fn(u64, NonZeroU32, Dot, &mut NumberText),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsigned,
    /// Negative integers only.
    Signed,
    Double,
    Single,
    Scaled,
    ScaledSigned,
    /// Seconds and nanoseconds.
    Moment,
}

static UNSIGNED: Form = Form { kind: Kind::Unsigned, write: decimal::ticks };
static SIGNED: Form = Form { kind: Kind::Signed, write: decimal::signed_ticks };
static DOUBLE: Form = Form { kind: Kind::Double, write: decimal::double };
static SINGLE: Form = Form { kind: Kind::Single, write: decimal::single };
static SCALED: Form = Form { kind: Kind::Scaled, write: decimal::ticks };
static SCALED_SIGNED: Form = Form { kind: Kind::ScaledSigned, write: decimal::signed_ticks };
static MOMENT: Form = Form { kind: Kind::Moment, write: decimal::moment };
/// A moment behind a value, which the text formats show in milliseconds and OpenMetrics in seconds.
static STAMP: Form = Form { kind: Kind::Moment, write: decimal::stamp };

/// How reals are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dot {
    /// `1`, `2.5`, `1e+06`: text 0.0.4 and 1.0.0.
    AsNeeded,
    /// `1.0`, `2.5`, `1e+06`: OpenMetrics, and `le` and `quantile` in every format.
    Always,
}

impl Number {
    const fn new(bits: u64, form: &'static Form) -> Self {
        Self { bits, form, per_unit: NonZeroU32::MIN }
    }

    /// Not the same as any other number: negative, and zero.
    #[cfg(target_pointer_width = "64")]
    pub(crate) const NEVER: Self = Self::new(0, &SIGNED);

    pub(crate) const fn unsigned(value: u64) -> Self {
        Self::new(value, &UNSIGNED)
    }

    /// `ticks / per_unit`: 1,500 ticks at 1,000,000 per unit are 0.0015.
    ///
    /// Exact where `per_unit` is a power of ten up to 10⁹; otherwise rounded to nine decimal places. `per_unit` 0 is read as 1.
    pub fn scaled(ticks: u64, per_unit: u32) -> Self {
        Self { bits: ticks, form: &SCALED, per_unit: NonZeroU32::new(per_unit).unwrap_or(NonZeroU32::MIN) }
    }

    /// [`scaled`](Self::scaled) for ticks that may be negative.
    pub fn scaled_signed(ticks: i64, per_unit: u32) -> Self {
        Self { form: &SCALED_SIGNED, ..Self::scaled(ticks as u64, per_unit) }
    }

    pub(crate) const fn moment(moment: Timestamp) -> Self {
        let (seconds, nanos) = moment.parts();
        Self { bits: seconds as u64, form: &MOMENT, per_unit: nanos }
    }

    /// The timestamp of a sample.
    pub(crate) const fn stamp(moment: Timestamp) -> Self {
        Self { form: &STAMP, ..Self::moment(moment) }
    }

    /// The moment that it was made of.
    pub(crate) const fn as_timestamp(self) -> Timestamp {
        Timestamp::from_parts(self.bits as i64, self.per_unit)
    }

    /// The value as a double; integers beyond 2⁵³ are rounded.
    pub fn as_f64(self) -> f64 {
        let per_unit = f64::from(self.per_unit.get());
        match self.form.kind {
            Kind::Unsigned => self.bits as f64,
            Kind::Signed => self.bits as i64 as f64,
            Kind::Double => f64::from_bits(self.bits),
            Kind::Single => f64::from(f32::from_bits(self.bits as u32)),
            Kind::Scaled => self.bits as f64 / per_unit,
            Kind::ScaledSigned => self.bits as i64 as f64 / per_unit,
            Kind::Moment => self.bits as i64 as f64 + (per_unit - 1.0) / 1e9,
        }
    }

    /// The value as an unsigned integer, if it was given as one.
    pub fn as_u64(self) -> Option<u64> {
        (self.form.kind == Kind::Unsigned).then_some(self.bits)
    }

    /// The value as an integer of any sign, if it was given as one.
    pub fn as_i128(self) -> Option<i128> {
        match self.form.kind {
            Kind::Unsigned => Some(self.bits.into()),
            Kind::Signed => Some((self.bits as i64).into()),
            _ => None,
        }
    }

    /// Whether the value is below zero.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn is_negative(self) -> bool {
        match self.form.kind {
            Kind::Unsigned | Kind::Scaled => false,
            Kind::Signed => true,
            Kind::ScaledSigned | Kind::Moment => (self.bits as i64) < 0,
            // What is above minus zero as bits is below it as a value; above minus infinity it is NaN.
            Kind::Double => self.bits > 1 << 63 && self.bits <= 0xfff0_0000_0000_0000,
            Kind::Single => self.bits > 1 << 31 && self.bits <= 0xff80_0000,
        }
    }

    /// Whether a counter may have this value: it is a number, and not negative.
    ///
    /// ```
    /// use picometer::Number;
    ///
    /// assert!(Number::from(0.5).fits_counter() && Number::from(f64::INFINITY).fits_counter());
    /// assert!(!Number::from(-1).fits_counter() && !Number::from(f64::NAN).fits_counter());
    /// ```
    pub fn fits_counter(self) -> bool {
        match self.form.kind {
            // What is above infinity as bits is NaN, or negative but for minus zero.
            Kind::Double => self.bits <= 0x7ff0_0000_0000_0000 || self.bits == 1 << 63,
            Kind::Single => self.bits <= 0x7f80_0000 || self.bits == 1 << 31,
            _ => !self.is_negative(),
        }
    }

    /// Whether the value is not a number.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn is_nan(self) -> bool {
        match self.form.kind {
            Kind::Double => self.bits & !(1 << 63) > 0x7ff0_0000_0000_0000,
            Kind::Single => self.bits & !(1 << 31) > 0x7f80_0000,
            _ => false,
        }
    }

    /// The text of the value, as text 0.0.4 shows it.
    pub fn text(&self) -> NumberText {
        let mut text = NumberText::new();
        self.write(Dot::AsNeeded, &mut text);
        text
    }

    /// Whether it is made of the same bits in the same way, which is quicker to find out than whether its text is the same.
    #[cfg(target_pointer_width = "64")]
    #[inline]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.bits == other.bits && core::ptr::eq(self.form, other.form) && self.per_unit == other.per_unit
    }

    /// The text of the value as `le` and `quantile` show it: as a float, integers too.
    ///
    /// ```
    /// assert_eq!(picometer::Number::from(1_u32).bound_text(), "1.0");
    /// ```
    pub fn bound_text(&self) -> NumberText {
        let mut text = NumberText::new();
        self.write_bound(&mut text);
        text
    }

    pub(crate) fn write(&self, dot: Dot, text: &mut NumberText) {
        match self.form.kind {
            Kind::Unsigned => text.push_u64(self.bits),
            Kind::Signed => {
                text.push(b'-');
                text.push_u64((self.bits as i64).unsigned_abs());
            }
            _ => (self.form.write)(self.bits, self.per_unit, dot, text),
        }
    }

    /// Shows what [`write`](Self::write) writes, without a copy where there need not be one.
    #[cfg(target_pointer_width = "64")]
    #[inline]
    pub(crate) fn show(&self, dot: Dot, see: impl FnOnce(&[u8])) {
        if self.form.kind == Kind::Double {
            return decimal::show_double(self.bits, dot, see);
        }
        let mut text = NumberText::new();
        self.write(dot, &mut text);
        see(text.as_bytes());
    }

    /// The value as `le` and `quantile` show it: canonical float text, integers too.
    pub(crate) fn write_bound(&self, text: &mut NumberText) {
        (self.form.write)(self.bits, self.per_unit, Dot::Always, text);
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::unsigned(value)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::new(value as u64, if value < 0 { &SIGNED } else { &UNSIGNED })
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::new(value.to_bits(), &DOUBLE)
    }
}

impl From<f32> for Number {
    /// Written as the shortest decimal that reads back as the same `f32`: 0.1, not 0.10000000149011612.
    fn from(value: f32) -> Self {
        Self::new(value.to_bits().into(), &SINGLE)
    }
}

impl From<Timestamp> for Number {
    /// Seconds since the epoch, with as many decimal places as there are: a gauge that says when something happened.
    fn from(moment: Timestamp) -> Self {
        Self::moment(moment)
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
            #[cfg(target_pointer_width = "64")]
            Number::from(value).show(Dot::Always, |text| assert_eq!(text, open_metrics.as_bytes()));
        }
    }

    #[test]
    fn every_way_to_write_a_float_agrees() {
        // The digits of the standard library, which are the shortest too, laid out by hand.
        fn reference(value: f64) -> std::string::String {
            let scientific = std::format!("{value:e}");
            let (digits, exponent) = scientific.split_once('e').unwrap();
            let exponent: i32 = exponent.parse().unwrap();
            if (-4..6).contains(&exponent) {
                return std::format!("{value}");
            }
            let sign = if exponent < 0 { '-' } else { '+' };
            std::format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        let check = |value: f64| {
            let expected = reference(value);
            assert_eq!(Number::from(value).text(), expected.as_str());
            #[cfg(target_pointer_width = "64")]
            Number::from(value).show(Dot::AsNeeded, |text| assert_eq!(text, expected.as_bytes()));
            let dotted = if expected.contains(['.', 'e']) { expected } else { expected + ".0" };
            assert_eq!(always(Number::from(value)), dotted.as_str());
        };
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for turn in 0..crate::tests::MANY {
            bits = bits.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            // Not larger: halfway between two shortest decimals either is right.
            let scale = 10_f64.powi((turn % 17) as i32 - 7);
            let value = (bits >> 11) as f64 / (1_u64 << 53) as f64 * scale;
            check(value);
            check(-value.max(f64::MIN_POSITIVE));
            for places in [1.0, 10.0, 100.0, 1e3, 1e4] {
                check((value * places).ceil() / places);
            }
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
        for _ in 0..crate::tests::MANY {
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
    fn signs() {
        let smallest = f64::from_bits(1);
        for number in [Number::from(-1), Number::scaled_signed(-1, 10), (-smallest).into(), f64::NEG_INFINITY.into(), (-1.5_f32).into()] {
            assert!(number.is_negative(), "{number}");
        }
        assert!(Number::from(f32::NEG_INFINITY).is_negative() && Number::from(Timestamp::from_millis(-1)).is_negative());
        for number in [Number::from(0), Number::scaled_signed(0, 10), Number::scaled(u64::MAX, 10), smallest.into(), (-0.0).into()] {
            assert!(!number.is_negative(), "{number}");
        }
        for number in [Number::from(f64::NAN), (-f64::NAN).into(), (-f32::NAN).into(), (-0.0_f32).into(), u64::MAX.into()] {
            assert!(!number.is_negative(), "{number}");
        }
    }

    #[test]
    fn moments_are_exact_seconds() {
        let table = [
            (Timestamp::new(0, 0), "0"),
            (Timestamp::new(1_520_879_607, 789_000_000), "1520879607.789"),
            (Timestamp::new(123, 456_000_000), "123.456"),
            (Timestamp::new(1, 1_000_000), "1.001"),
            (Timestamp::new(1, 1), "1.000000001"),
            (Timestamp::new(1, 999_999_999), "1.999999999"),
            (Timestamp::from_millis(-1), "-0.001"),
            (Timestamp::new(-1, 500_000_000), "-0.5"),
            (Timestamp::new(-2, 0), "-2"),
            (Timestamp::new(-2, 250_000_000), "-1.75"),
            (Timestamp::new(i64::MIN, 0), "-9223372036854775808"),
            (Timestamp::new(i64::MAX, 0), "9223372036854775807"),
        ];
        for (moment, expected) in table {
            assert_eq!(Number::from(moment).text(), expected);
            assert_eq!(always(moment.into()), expected);
        }
        assert_eq!(Number::from(Timestamp::new(-2, 250_000_000)).as_f64(), -1.75);
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
