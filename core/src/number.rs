//! Numbers and their decimal text.
//!
//! A [`Number`] is what a cell hands to an encoder: an integer, written digit by digit, or a real, written as the shortest
//! decimal that reads back as the same value. It carries the function that takes it apart. So a program whose metrics are all
//! integers links no float formatting (2 to 4 KB on a Cortex-M3).

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
mod tests;
