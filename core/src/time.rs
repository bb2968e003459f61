//! A moment, handed in by the caller: this crate reads no clock.

use core::num::NonZeroU32;

/// A moment as seconds and nanoseconds since the Unix epoch, exact.
///
/// Text 0.0.4 and 1.0.0 show it in milliseconds, OpenMetrics in seconds with a fraction. Prometheus'
/// parser of the text formats (2.42 to 3.5) rejects a whole page for one sample from before 1970, although the format allows it.
///
/// ```
/// use picometer::Timestamp;
///
/// let moment = Timestamp::from_millis(1_395_066_363_250);
/// assert_eq!(moment, Timestamp::new(1_395_066_363, 250_000_000));
/// assert_eq!(moment.millis(), 1_395_066_363_250);
/// assert_eq!(Timestamp::from_millis(-500), Timestamp::new(-1, 500_000_000));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// As people write it: sign, seconds and nanoseconds of a decimal number.
    fn decimal(self) -> (&'static str, u64, u32) {
        match (self.seconds < 0, self.nanos()) {
            (false, nanos) => ("", self.seconds.unsigned_abs(), nanos),
            (true, 0) => ("-", self.seconds.unsigned_abs(), 0),
            (true, nanos) => ("-", self.seconds.unsigned_abs() - 1, NANOS_PER_SECOND - nanos),
        }
    }

    /// The seconds, and one more than the nanoseconds.
    pub(crate) const fn parts(self) -> (i64, NonZeroU32) {
        (self.seconds, self.nanos)
    }

    pub(crate) const fn from_parts(seconds: i64, nanos: NonZeroU32) -> Self {
        Self { seconds, nanos }
    }
}

shown_as!([] Timestamp, self => "{}{}.{:09} s", self.decimal().0, self.decimal().1, self.decimal().2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_a_decimal_number() {
        for (moment, text) in [
            (Timestamp::new(1_395_066_363, 250_000_000), "1395066363.250000000 s"),
            (Timestamp::new(0, 1), "0.000000001 s"),
            (Timestamp::from_millis(-500), "-0.500000000 s"),
            (Timestamp::from_millis(-1_250), "-1.250000000 s"),
            (Timestamp::from_seconds(-2), "-2.000000000 s"),
            (Timestamp::new(i64::MIN, 0), "-9223372036854775808.000000000 s"),
        ] {
            assert_eq!(std::format!("{moment:?}"), text);
        }
    }

    #[test]
    fn milliseconds_are_rounded_down() {
        let table = [
            (Timestamp::new(0, 0), 0),
            (Timestamp::new(1_520_879_607, 789_000_000), 1_520_879_607_789),
            (Timestamp::new(1, 1), 1_000),
            (Timestamp::new(1, 999_999_999), 1_999),
            (Timestamp::from_millis(-1), -1),
            (Timestamp::new(-2, 250_000_000), -1_750),
            (Timestamp::new(i64::MIN, 0), i64::MIN),
            (Timestamp::new(i64::MAX, 0), i64::MAX),
        ];
        for (timestamp, millis) in table {
            assert_eq!(timestamp.millis(), millis);
        }
    }

    #[test]
    fn nanoseconds_are_carried() {
        assert_eq!(Timestamp::new(1, 2_500_000_000), Timestamp::new(3, 500_000_000));
        assert_eq!(Timestamp::new(i64::MAX, 1_000_000_000).seconds(), i64::MAX);
    }
}
