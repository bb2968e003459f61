//! Values and moments as exact as a page gave them.

use picometer::Timestamp;

/// A value: an integer of up to 38 digits, or a double.
///
/// ```
/// use picometer_std::model::Number;
///
/// assert_eq!(
///     Number::from(18_446_744_073_709_551_615_u64),
///     Number::Integer(18_446_744_073_709_551_615)
/// );
/// assert_eq!(
///     Number::from(f64::NAN),
///     Number::Float(f64::NAN),
///     "unlike doubles, so that pages can be compared"
/// );
/// assert_eq!(Number::Integer(3).as_f64(), 3.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Given without a point and an exponent.
    Integer(i128),
    /// Given as a real, or as more digits than an integer holds.
    Float(f64),
}

impl Number {
    /// Not a number.
    pub const NAN: Self = Self::Float(f64::NAN);

    /// The value as a double; integers beyond 2⁵³ are rounded.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// The value as an unsigned integer, if it is a whole number in that range.
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Self::Integer(value) => u64::try_from(value).ok(),
            Self::Float(value) => ((0.0..18_446_744_073_709_551_616.0).contains(&value) && value.fract() == 0.0).then_some(value as u64),
        }
    }

    /// Whether there is nothing behind the point.
    pub fn is_whole(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(value) => value.fract() == 0.0,
        }
    }

    /// Whether it is not a number.
    pub fn is_nan(self) -> bool {
        self.as_f64().is_nan()
    }

    /// As encoders take it: exact up to 64 bits.
    pub fn to_encode(self) -> picometer::Number {
        match self {
            Self::Integer(value) => match (u64::try_from(value), i64::try_from(value)) {
                (Ok(value), _) => value.into(),
                (_, Ok(value)) => value.into(),
                _ => (value as f64).into(),
            },
            Self::Float(value) => value.into(),
        }
    }
}

/// NaN equals NaN, and an integer the double of its value.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Integer(one), Self::Integer(other)) => one == other,
            (one, other) => {
                let (one, other) = (one.as_f64(), other.as_f64());
                one == other || (one.is_nan() && other.is_nan())
            }
        }
    }
}

impl From<picometer::Number> for Number {
    /// What was given as an integer stays one.
    fn from(number: picometer::Number) -> Self {
        number.as_i128().map_or(Self::Float(number.as_f64()), Self::Integer)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Integer(value.into())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Integer(value.into())
    }
}

/// When something was measured.
///
/// ```
/// use picometer_std::Timestamp;
/// use picometer_std::model::Time;
///
/// assert_eq!(Time::Exact(Timestamp::from_millis(-500)).seconds(), -0.5);
/// assert_eq!(Time::Float(1.5e3).exact(), Some(Timestamp::from_seconds(1_500)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Time {
    /// Given as digits: exact to the nanosecond, rounded down.
    Exact(Timestamp),
    /// Given with an exponent or without a digit in front of the point: seconds since the epoch.
    Float(f64),
}

impl Time {
    /// Seconds since the epoch, as near as a double comes.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Exact(moment) if moment.nanos() == 0 => moment.seconds() as f64,
            Self::Exact(moment) => nearest(moment),
            Self::Float(seconds) => seconds,
        }
    }

    /// The moment, if it lies within 292 thousand million years around the epoch.
    pub fn exact(self) -> Option<Timestamp> {
        match self {
            Self::Exact(moment) => Some(moment),
            Self::Float(seconds) => {
                let whole = seconds.floor();
                let fits = (-9.2e18..9.2e18).contains(&whole);
                fits.then(|| Timestamp::new(whole as i64, ((seconds - whole) * 1e9) as u32))
            }
        }
    }
}

/// The double nearest to a moment with nanoseconds. A sum of two rounded parts may miss it by one.
fn nearest(moment: Timestamp) -> f64 {
    let nanos = i128::from(moment.seconds()) * 1_000_000_000 + i128::from(moment.nanos());
    let (sign, size) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let text = format!("{sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000);
    // These are digits and a point.
    text.parse().unwrap_or(f64::NAN)
}

impl From<Timestamp> for Time {
    fn from(moment: Timestamp) -> Self {
        Self::Exact(moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_survive_the_way_through_an_encoder() {
        for value in [0_i128, -1, i128::from(i64::MIN), i128::from(u64::MAX)] {
            assert_eq!(Number::from(Number::Integer(value).to_encode()), Number::Integer(value));
        }
        assert!(matches!(Number::from(picometer::Number::from(2.0)), Number::Float(_)));
    }
}
