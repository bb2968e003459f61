//! How long to wait between attempts.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use picometer::Collector;

use super::destination::Destination;
use super::error::PushError;

/// When a push that failed is tried again: after pauses that double from `first` to `longest`. Each is shortened by up to half at
/// random, so that a thousand clients do not come back at once. A server that says `Retry-After` makes the pause longer.
///
/// A push by hand waits for its server no longer than its own timeout in all: beyond that it returns the error, with
/// [`PushError::retry_after`].
///
/// ```
/// use std::time::Duration;
/// use picometer_std::push::Retry;
///
/// let patient = Retry { longest: Duration::from_secs(60), ..Retry::default() };
/// let none = Retry { attempts: 1, ..Retry::default() };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// The first pause.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
    /// How often a push is tried in all; [`Periodic`](super::Periodic) does not count, its queue is the limit.
    pub attempts: u32,
}

impl Default for Retry {
    /// 100 ms to 10 s, three attempts.
    fn default() -> Self {
        Self { first: Duration::from_millis(100), longest: Duration::from_secs(10), attempts: 3 }
    }
}

/// A pusher in the background obeys `Retry-After` up to here: a server must not be able to switch its clients off.
const LONGEST_WISH: Duration = Duration::from_secs(600);

impl Retry {
    /// How long to wait after the `failures`th failure in a row.
    pub(super) fn pause(&self, failures: u32, error: &PushError) -> Duration {
        let own = self.own_pause(failures);
        // A wish of 0 seconds is no permission to try without a pause.
        error.retry_after().map_or(own, |wish| wish.min(LONGEST_WISH).max(own))
    }

    fn own_pause(&self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let whole = doubled.min(self.longest);
        Duration::try_from_secs_f64(whole.as_secs_f64() * (1.0 - random() / 2.0)).unwrap_or(whole)
    }

    /// Pushes what `source` has by hand. The server may ask for pauses of `limit` in all.
    pub(super) fn push<D: Destination>(&self, mut limit: Duration, destination: &D, source: &dyn Collector) -> Result<(), PushError> {
        for batch in destination.freeze(source, SystemTime::now())? {
            self.run(&mut limit, || destination.send(&batch))?;
        }
        Ok(())
    }

    /// Runs `attempt` until it succeeds, fails for good, or was tried often enough; also if the server wants to be left alone for
    /// longer than what is left of the `limit`.
    pub(super) fn run<T>(&self, limit: &mut Duration, mut attempt: impl FnMut() -> Result<T, PushError>) -> Result<T, PushError> {
        let mut failures = 0;
        loop {
            match attempt() {
                Err(error) if error.may_retry() && failures + 1 < self.attempts => {
                    failures += 1;
                    let mut pause = self.own_pause(failures);
                    if let Some(wish) = error.retry_after() {
                        let Some(left) = limit.checked_sub(wish) else { return Err(error) };
                        (*limit, pause) = (left, pause.max(wish));
                    }
                    std::thread::sleep(pause);
                }
                result => return result,
            }
        }
    }
}

/// That long from now, or so late that nothing waits for it.
pub(super) fn later(duration: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);
    let now = Instant::now();
    now.checked_add(duration.min(CENTURY)).unwrap_or(now)
}

/// From 0 to 1; no secret depends on it.
pub(super) fn random() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    // Keyed at random for each process, and hashing another moment each time.
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u128(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos());
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late() -> PushError {
        PushError::Timeout { url: String::new() }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retry = Retry { first: Duration::from_millis(100), longest: Duration::from_secs(1), attempts: 9 };
        for (failures, whole) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (40, 1_000), (4_000_000_000, 1_000)] {
            let pause = retry.pause(failures, &late()).as_millis();
            assert!((whole / 2..=whole).contains(&pause), "{failures}: {pause}");
        }
        let busy = PushError::Status { url: String::new(), status: 503, body: String::new(), retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(retry.pause(1, &busy), Duration::from_secs(7));
        let wish = |retry_after| PushError::Status { url: String::new(), status: 503, body: String::new(), retry_after: Some(retry_after) };
        assert_eq!(retry.pause(1, &wish(Duration::MAX)), LONGEST_WISH);
        assert!(retry.pause(1, &wish(Duration::ZERO)) >= Duration::from_millis(50));
        let endless = Retry { first: Duration::MAX, longest: Duration::MAX, attempts: 9 };
        assert!(endless.pause(7, &late()) > Duration::from_secs(1 << 60));
    }

    #[test]
    fn retry_after_is_obeyed_up_to_the_limit() {
        let retry = Retry { first: Duration::ZERO, longest: Duration::ZERO, attempts: 4 };
        for (wish, limit, times) in [(1, 2, 3), (1, 0, 1), (1_000_000, 600_000, 1), (0, 0, 4)] {
            let mut tried = 0;
            let wish = Duration::from_millis(wish);
            let result: Result<(), _> = retry.run(&mut Duration::from_millis(limit), || {
                tried += 1;
                Err(PushError::Status { url: String::new(), status: 429, body: String::new(), retry_after: Some(wish) })
            });
            assert_eq!((result.unwrap_err().retry_after(), tried), (Some(wish), times));
        }
    }

    #[test]
    fn what_cannot_succeed_is_tried_once() {
        let retry = Retry { first: Duration::ZERO, ..Retry::default() };
        for (status, times) in [(400, 1), (404, 1), (415, 1), (429, 3), (500, 3), (503, 3)] {
            let (mut tried, mut limit) = (0, Duration::ZERO);
            let result: Result<(), _> = retry.run(&mut limit, || {
                tried += 1;
                Err(PushError::Status { url: String::new(), status, body: String::new(), retry_after: None })
            });
            assert!(result.is_err());
            assert_eq!(tried, times, "{status}");
        }
    }
}
