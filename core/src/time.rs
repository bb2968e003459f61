//! A moment, handed in by the caller: this crate reads no clock.

use core::num::NonZeroU32;

use crate::number::NumberText;

/// A moment as seconds and nanoseconds since the Unix epoch, exact.
///
/// Text 0.0.4 and 1.0.0 show it in milliseconds, OpenMetrics in seconds with a fraction (exposition formats F8).
///
/// ```
/// use picometer::Timestamp;
///
/// let moment = Timestamp::from_millis(1_395_066_363_250);
/// assert_eq!(moment, Timestamp::new(1_395_066_363, 250_000_000));
/// assert_eq!(moment.millis(), 1_395_066_363_250);
/// assert_eq!(Timestamp::from_millis(-500), Timestamp::new(-1, 500_000_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timestamp {
    seconds: i64,
    /// One more than the nanoseconds, so that a moment that is not there takes no more than one that is.
    nanos: NonZeroU32,
}

const NANOS_PER_SECOND: u32 = 1_000_000_000;

impl Timestamp {
    /// `seconds + nanos / 10⁹`; nanoseconds from 10⁹ up are carried into the seconds. The moment half a second before the epoch
    /// is `new(-1, 500_000_000)`.
    pub const fn new(seconds: i64, nanos: u32) -> Self {
        let seconds = seconds.saturating_add((nanos / NANOS_PER_SECOND) as i64);
        Self { seconds, nanos: NonZeroU32::MIN.saturating_add(nanos % NANOS_PER_SECOND) }
    }

    /// Whole seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::new(seconds, 0)
    }

    /// Milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self::new(millis.div_euclid(1_000), millis.rem_euclid(1_000) as u32 * 1_000_000)
    }

    /// Seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after [`seconds`](Self::seconds), below 10⁹.
    pub const fn nanos(self) -> u32 {
        self.nanos.get() - 1
    }

    /// Milliseconds since the epoch, rounded down; the ends of the range where they do not fit.
    pub const fn millis(self) -> i64 {
        self.seconds.saturating_mul(1_000).saturating_add((self.nanos() / 1_000_000) as i64)
    }

    /// Signed integer milliseconds.
    pub(crate) fn write_millis(self, text: &mut NumberText) {
        let millis = self.millis();
        if millis < 0 {
            text.push(b'-');
        }
        text.push_u64(millis.unsigned_abs());
    }

    /// Seconds with as many decimal places as there are, never an exponent.
    pub(crate) fn write_seconds(self, text: &mut NumberText) {
        let (mut seconds, mut nanos) = (self.seconds.unsigned_abs(), self.nanos());
        if self.seconds < 0 {
            text.push(b'-');
            if nanos > 0 {
                // -1 s and 999 ms after it is one millisecond before the epoch.
                seconds -= 1;
                nanos = NANOS_PER_SECOND - nanos;
            }
        }
        text.push_u64(seconds);
        if nanos > 0 {
            text.push(b'.');
            text.push_digits(nanos, 9);
            while text.pop_if(b'0') {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(timestamp: Timestamp) -> NumberText {
        let mut text = NumberText::new();
        timestamp.write_seconds(&mut text);
        text
    }

    fn millis(timestamp: Timestamp) -> NumberText {
        let mut text = NumberText::new();
        timestamp.write_millis(&mut text);
        text
    }

    #[test]
    fn both_units_are_exact() {
        let table = [
            (Timestamp::new(0, 0), "0", "0"),
            (Timestamp::new(1_520_879_607, 789_000_000), "1520879607.789", "1520879607789"),
            (Timestamp::new(123, 456_000_000), "123.456", "123456"),
            (Timestamp::new(1, 1_000_000), "1.001", "1001"),
            (Timestamp::new(1, 1), "1.000000001", "1000"),
            (Timestamp::new(1, 999_999_999), "1.999999999", "1999"),
            (Timestamp::from_millis(-1), "-0.001", "-1"),
            (Timestamp::new(-1, 500_000_000), "-0.5", "-500"),
            (Timestamp::new(-2, 0), "-2", "-2000"),
            (Timestamp::new(-2, 250_000_000), "-1.75", "-1750"),
            (Timestamp::new(i64::MIN, 0), "-9223372036854775808", "-9223372036854775808"),
            (Timestamp::new(i64::MAX, 0), "9223372036854775807", "9223372036854775807"),
        ];
        for (timestamp, in_seconds, in_millis) in table {
            assert_eq!(seconds(timestamp), in_seconds);
            assert_eq!(millis(timestamp), in_millis);
        }
    }

    #[test]
    fn nanoseconds_are_carried() {
        assert_eq!(Timestamp::new(1, 2_500_000_000), Timestamp::new(3, 500_000_000));
        assert_eq!(Timestamp::new(i64::MAX, 1_000_000_000).seconds(), i64::MAX);
    }
}
