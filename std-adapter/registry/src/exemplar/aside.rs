//! Reads that may wait for a lock which the asking thread holds: done by another thread, and waited for only for a while.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crate::atomic::Backoff;

/// How long a caller waits. Only a caller that holds the lock itself waits as long.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long no caller waits again after one that did in vain, in milliseconds.
const REST: u64 = 30_000;
/// Reads that wait for the thread.
const WAITING: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

/// The thread, and the process that it is in: a child of `fork` has none.
static READER: Mutex<Option<(u32, SyncSender<Job>)>> = Mutex::new(None);
/// Until when no caller waits, in milliseconds since the first read.
static RESTS: AtomicU64 = AtomicU64::new(0);

/// What `read` returns on another thread; `None` if that takes too long.
pub(super) fn read<T: Send + 'static>(read: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let now = elapsed();
    // Relaxed: a hint, and nothing else is read by it.
    if now < RESTS.load(Ordering::Relaxed) {
        return None;
    }
    let (answer, answered) = sync_channel(1);
    reader()?.try_send(Box::new(move || _ = answer.send(read()))).ok()?;
    let Ok(found) = answered.recv_timeout(PATIENCE) else {
        RESTS.store(elapsed().saturating_add(REST), Ordering::Relaxed);
        return None;
    };
    found
}

fn elapsed() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    u64::try_from(crate::epoch::once(&START, Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The way to the thread, which is started where there is none.
fn reader() -> Option<SyncSender<Job>> {
    // In a child of `fork` the lock may be that of a thread that does not exist.
    let mut backoff = Backoff::for_millis(50);
    let mut reader = loop {
        match READER.try_lock() {
            Ok(reader) => break reader,
            Err(TryLockError::Poisoned(reader)) => break reader.into_inner(),
            Err(TryLockError::WouldBlock) if backoff.snooze() => {}
            Err(TryLockError::WouldBlock) => {
                RESTS.store(elapsed().saturating_add(REST), Ordering::Relaxed);
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
