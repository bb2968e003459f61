//! The time, as the server's answers tell it.

use picometer::Timestamp;

/// A wall clock that is set by others and goes by the device's own.
#[derive(Debug)]
pub(super) struct Clock {
    /// What is to be added to the device's milliseconds.
    ahead_ms: Option<i64>,
}

/// The `Date` of an answer is cut to seconds and was on its way: a smaller difference is none.
const TOLERANCE_MS: i64 = 2_000;

impl Clock {
    pub(super) const fn new() -> Self {
        Self { ahead_ms: None }
    }

    /// Sets it, unless it is right: samples must not stand in the past of those before.
    pub(super) fn set(&mut self, now_ms: u64, date: Timestamp) {
        let ahead_ms = date.millis() - now_ms as i64;
        if self.ahead_ms.is_none_or(|own| (own - ahead_ms).abs() > TOLERANCE_MS) {
            self.ahead_ms = Some(ahead_ms);
        }
    }

    pub(super) fn now(&self, now_ms: u64) -> Option<Timestamp> {
        self.ahead_ms.map(|ahead_ms| Timestamp::from_millis(now_ms as i64 + ahead_ms))
    }
}
