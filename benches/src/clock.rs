//! The processor time of the calling thread.

use std::time::Duration;

/// How long `run` kept this thread's processor busy.
///
/// Not wall time: on a machine that does other things as well, that measures them too. Who sleeps in a lock is not charged for
/// the sleep, which is in favour of those that have locks.
pub fn busy(run: impl FnOnce()) -> Duration {
    let before = now();
    run();
    now().saturating_sub(before)
}

#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

#[cfg(not(unix))]
fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
