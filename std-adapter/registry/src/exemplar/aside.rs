//! Reads that may wait for a lock which the asking thread holds: done by another thread, and waited for only for a while.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::atomic::{Backoff, Mutex};

/// How long a caller waits. Only a caller that holds the lock itself waits as long, or one on a machine that is too busy.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long no caller waits again after one that did in vain, in milliseconds: at first, and at most.
const SHORTEST: u64 = 1_000;
const LONGEST: u64 = 30_000;
/// So many milliseconds behind a rest the next one is a first one again.
const FORGOTTEN: u64 = 300_000;
/// Reads that wait for the thread.
const WAITING: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

/// The thread, and the process that it is in: a child of `fork` has none.
static READER: Mutex<Option<(u32, SyncSender<Job>)>> = Mutex::new(None);
/// Until when no caller waits, in milliseconds since the first read; and how long that rest was.
static RESTS: AtomicU64 = AtomicU64::new(0);
static LAST: AtomicU64 = AtomicU64::new(0);

/// What `read` returns on another thread; `None` if that takes too long.
pub(super) fn read<T: Send + 'static>(read: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    // Relaxed: a hint, and nothing else is read by it.
    if elapsed() < RESTS.load(Ordering::Relaxed) {
        return None;
    }
    let (answer, answered) = sync_channel(1);
    reader()?.try_send(Box::new(move || _ = answer.send(read()))).ok()?;
    answered.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        rest();
        None
    })
}

/// No caller waits for a while. A caller that holds the lock will wait in vain again, so that rests become longer; on a busy machine the
/// next one may not, so that they begin short.
fn rest() {
    let now = elapsed();
    let rest = rest_behind(LAST.load(Ordering::Relaxed), now.saturating_sub(RESTS.load(Ordering::Relaxed)));
    LAST.store(rest, Ordering::Relaxed);
    RESTS.store(now.saturating_add(rest), Ordering::Relaxed);
}

/// How long a rest is whose last one was so long, and ended so long ago.
fn rest_behind(last: u64, ago: u64) -> u64 {
    if ago >= FORGOTTEN { SHORTEST } else { last.saturating_mul(2).clamp(SHORTEST, LONGEST) }
}

fn elapsed() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    u64::try_from(crate::epoch::once(&START, Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The way to the thread, which is started where there is none.
fn reader() -> Option<SyncSender<Job>> {
    // No fork finds it held. A process that was cloned past the C library may, and has no thread that gives it back.
    let mut backoff = Backoff::for_millis(50);
    let mut reader = loop {
        match READER.try_lock() {
            Some(reader) => break reader,
            None if backoff.snooze() => {}
            None => {
                rest();
                return None;
            }
        }
    };
    let own = process::id();
    match &*reader {
        Some((process, sender)) if *process == own => Some(sender.clone()),
        _ => {
            let (sender, jobs) = sync_channel::<Job>(WAITING);
            thread::Builder::new().name("picometer-spans".into()).spawn(move || jobs.iter().for_each(|job| job())).ok()?;
            *reader = Some((own, sender.clone()));
            Some(sender)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_begin_short_grow_and_are_forgotten() {
        let rests: Vec<u64> = std::iter::successors(Some(rest_behind(0, 7)), |last| Some(rest_behind(*last, 0))).take(7).collect();
        assert_eq!(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(rest_behind(30_000, FORGOTTEN), 1_000);
    }

    #[test]
    fn read_that_never_ends_costs_others_no_half_minute() {
        let (end, ended) = sync_channel::<()>(1);
        assert_eq!(read(move || ended.recv().ok()), None);
        let rest = LAST.load(Ordering::Relaxed);
        assert!((SHORTEST..LONGEST).contains(&rest), "{rest}");
        end.send(()).unwrap();
        // Again and again, for a busy machine.
        let again = (0..600).find_map(|_| {
            thread::sleep(Duration::from_millis(100));
            read(|| Some(3))
        });
        assert_eq!(again, Some(3));
    }
}
