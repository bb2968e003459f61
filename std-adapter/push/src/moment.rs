//! The moment of a push.

use std::time::{SystemTime, UNIX_EPOCH};

use picometer::Timestamp;

/// The moment of a system time; a clock before 1970 stands at 1970.
pub(super) fn moment(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
