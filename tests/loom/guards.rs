//! Guards and held items: nothing is dropped that a thread can reach. And the gate that closes before a fork.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering, fence};

use super::atomic::Mutex;
use super::epoch::gate::Gate;
use super::epoch::limbo::{Item, Limbo};
use super::epoch::record::{Record, Records};
use super::{Met, bounded, join, start};

/// What the address of a thing is here.
const ADDRESS: usize = 64;

/// The memory of one thing, which loom watches.
struct Thing(UnsafeCell<u32>);

#[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
unsafe impl Sync for Thing {}
#[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
unsafe impl Send for Thing {}

/// Drops the thing, for loom.
struct Owned(Arc<Thing>);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.0.with_mut(|thing| {
            // SAFETY: loom panics where a thread reads it meanwhile.
            #[allow(unsafe_code, reason = "the drop that is checked")]
            unsafe {
                *thing = 0;
            }
        });
    }
}

/// A structure with one thing in it, or none.
struct Model {
    records: Records,
    limbo: Mutex<Limbo>,
    there: AtomicUsize,
    thing: Arc<Thing>,
}

/// A full barrier, which each makes for itself here.
fn barrier() {
    fence(Ordering::SeqCst);
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            records: Records::new(),
            limbo: Mutex::new(Limbo::new()),
            there: AtomicUsize::new(1),
            thing: Arc::new(Thing(UnsafeCell::new(7))),
        })
    }

    fn read(&self) {
        self.thing.0.with(|thing| {
            // SAFETY: loom panics where it is dropped meanwhile.
            #[allow(unsafe_code, reason = "the read that is checked")]
            let seen = unsafe { *thing };
            assert_eq!(seen, 7, "it was dropped");
        });
    }

    /// Looks the thing up under a guard and reads it; whether it was there.
    fn guard(&self, record: &Record) -> bool {
        record.enter(barrier);
        let found = self.there.load(Ordering::Acquire) == 1;
        if found {
            self.read();
        }
        record.leave();
        found
    }

    /// Looks it up under a guard, and reads it when the guard is over.
    fn hold(&self, record: &Record) -> bool {
        let before = record.enter(barrier);
        let found = self.there.load(Ordering::Acquire) == 1;
        let hazard = found.then(|| record.hold(ADDRESS).unwrap());
        record.leave_last(before);
        if let Some(hazard) = hazard {
            self.read();
            hazard.store(0, Ordering::Release);
        }
        found
    }

    fn remove(&self) {
        self.there.store(0, Ordering::Release);
        self.limbo.lock().push(Item::new(ADDRESS, Box::new(Owned(self.thing.clone()))));
    }

    /// Drops what can be dropped; whether that was all.
    fn tidy(&self) -> bool {
        let mut limbo = self.limbo.lock();
        limbo.close(&self.records, || {
            barrier();
            true
        });
        let free = limbo.collect(&self.records);
        let all = limbo.len() == 0;
        drop(limbo);
        drop(free);
        all
    }

    /// Takes the thing away, and drops it as soon as can be.
    fn drop_it(&self) {
        self.remove();
        while !self.tidy() {
            loom::thread::yield_now();
        }
    }
}

fn check(read: fn(&Model, &Record) -> bool) {
    static FOUND: Met = Met::that("a guard found what was removed then");
    static MISSED: Met = Met::that("a guard came too late");
    bounded(3, move || {
        let model = Model::new();
        let reader = start(&model, move |model| {
            let record = model.records.claim(2);
            for _ in 0..2 {
                let found = read(model, record);
                FOUND.note(found);
                MISSED.note(!found);
            }
            record.release();
        });
        start(&model, |model| model.drop_it()).join().unwrap();
        reader.join().unwrap();
    });
    Met::demand_all([&FOUND, &MISSED]);
}

#[test]
fn nothing_is_dropped_under_a_guard() {
    check(Model::guard);
}

#[test]
fn nothing_is_dropped_that_is_held() {
    check(Model::hold);
}

/// A record goes from a thread that ended, and left something held, to another.
#[test]
fn record_is_claimed_again_when_nothing_is_held() {
    static SAME: Met = Met::that("both had the same record");
    bounded(2, || {
        let model = Model::new();
        let first = start(&model, |model| {
            let record = model.records.claim(2);
            record.enter(barrier);
            let found = model.there.load(Ordering::Acquire) == 1;
            let hazard = found.then(|| record.hold(ADDRESS).unwrap());
            record.release();
            record.leave();
            if let Some(hazard) = hazard {
                model.read();
                hazard.store(0, Ordering::Release);
            }
            record.number()
        });
        let second = start(&model, |model| {
            let record = model.records.claim(4);
            model.hold(record);
            record.release();
            record.number()
        });
        start(&model, |model| model.drop_it()).join().unwrap();
        SAME.note(first.join().unwrap() == second.join().unwrap());
    });
    SAME.demand();
}

/// What a child of a fork finds: no lock is held while the gate is closed, and what was done under locks is seen.
#[test]
fn closed_gate_finds_no_lock_held() {
    static BEFORE: Met = Met::that("the fork came before the lock");
    static BEHIND: Met = Met::that("the fork came behind it");
    struct Gated {
        gate: Gate,
        records: Records,
        held: UnsafeCell<u32>,
    }
    #[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
    unsafe impl Sync for Gated {}
    #[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
    unsafe impl Send for Gated {}
    bounded(3, || {
        let gated = Arc::new(Gated { gate: Gate::new(), records: Records::new(), held: UnsafeCell::new(0) });
        let locker = start(&gated, |gated| {
            let record = gated.records.claim(2);
            gated.gate.enter(record, barrier);
            gated.held.with_mut(|held| {
                // SAFETY: loom panics where the fork reads it meanwhile.
                #[allow(unsafe_code, reason = "what is done under the lock")]
                unsafe {
                    *held += 1;
                }
            });
            gated.gate.leave(record);
            record.release();
        });
        let fork = start(&gated, |gated| {
            gated.gate.close(&gated.records, None, barrier, || {
                loom::thread::yield_now();
                true
            });
            let held = gated.held.with(|held| {
                // SAFETY: loom panics where a thread has the lock.
                #[allow(unsafe_code, reason = "what a child sees")]
                unsafe {
                    *held
                }
            });
            BEFORE.note(held == 0);
            BEHIND.note(held == 1);
            gated.gate.open();
        });
        join([locker, fork]);
    });
    Met::demand_all([&BEFORE, &BEHIND]);
}
