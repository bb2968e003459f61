//! Gauges that show when something happened.

use picometer::Timestamp;

use crate::cell::gauge::Gauge;
use crate::cell::now;

/// Shows moments as seconds since the epoch.
///
/// ```
/// use picometer_std::{Gauge, Metric, SetToCurrentTime};
///
/// let last = Metric::<Gauge>::new(
///     "backup_last_success_timestamp_seconds",
///     "When the last backup was done.",
/// );
/// last.set_to_current_time();
/// assert!(last.get() > 1.6e9);
/// ```
pub trait SetToCurrentTime {
    /// Takes the time of now, by the clock of the system; 0 if that stands before the epoch.
    fn set_to_current_time(&self);
}

macro_rules! gauges {
    ($($float:ty, $integer:ty);*) => {$(
        impl SetToCurrentTime for $float {
            fn set_to_current_time(&self) {
                self.set(now().map_or(0.0, |now| now.seconds() as f64 + f64::from(now.nanos()) / 1e9));
            }
        }

        impl SetToCurrentTime for $integer {
            fn set_to_current_time(&self) {
                self.set(now().map_or(0, Timestamp::seconds));
            }
        }
    )*};
}

gauges!(Gauge<f64>, Gauge<i64>; picometer::Gauge<f64>, picometer::Gauge<i64>);
