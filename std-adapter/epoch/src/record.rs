//! What one thread says of itself, in a list of records that only grows.
//!
//! A thread claims a free record and gives it back when it ends. In it, and nowhere else, it says which guards it has, which
//! series it holds, and whether it has a lock. Between saying so and acting on it there is a full barrier. Another one is between
//! unlinking something and reading the records, and between closing the gate before a fork and reading them. Checked with loom.
#![allow(unsafe_code, reason = "the records are a list of leaked boxes, whose ends are raw pointers")]

use std::ptr::null_mut;

use crate::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// How many series a thread holds at once without counting them.
const HAZARDS: usize = if cfg!(loom) { 1 } else { 4 };

/// No owner.
const FREE: usize = 0;
/// In the owner: its thread is past the end of its lease, and may still have a guard or a series.
const ENDED: usize = 1;

/// No thread leases what goes with the number.
const UNLEASED: u32 = 0;
/// The owner does.
const LEASED: u32 = 1;
/// A thread looks after what an earlier one left.
const VISITED: u32 = 2;

/// One more guard epoch, above the count of guards: so many that no program forgets as many of them.
const EPOCH: u64 = 1 << 48;

/// In cache lines of its own: processors fetch them in pairs.
#[repr(align(128))]
pub(crate) struct Record {
    /// A word that tells the owner from all other live threads.
    owner: AtomicUsize,
    /// How many guards the owner has, and above that how often it had none again. Wraps around.
    guards: AtomicU64,
    /// How many locks the owner has.
    sections: AtomicU32,
    /// Who has what goes with the number.
    lease: AtomicU32,
    /// Whether a thread stayed behind at a fork that had it.
    is_lost: AtomicBool,
    /// Its place in the list.
    number: u32,
    /// Addresses of what the owner holds; zero where nothing.
    hazards: [AtomicUsize; HAZARDS],
    next: AtomicPtr<Record>,
}

/// The owner writes, and everybody reads.
impl Record {
    fn new(owner: usize, number: u32) -> Self {
        Self {
            owner: AtomicUsize::new(owner),
            guards: AtomicU64::new(0),
            sections: AtomicU32::new(0),
            lease: AtomicU32::new(UNLEASED),
            is_lost: AtomicBool::new(false),
            number,
            hazards: std::array::from_fn(|_| AtomicUsize::new(0)),
            next: AtomicPtr::new(null_mut()),
        }
    }

    /// Its place in the list.
    pub(crate) fn number(&self) -> usize {
        self.number as usize
    }

    /// A guard begins. `barrier` is a full one, or nothing where those who ask make it. What was said before.
    #[inline]
    pub(crate) fn enter(&self, barrier: impl FnOnce()) -> u64 {
        let before = self.guards.load(Ordering::Relaxed);
        // Release: a reader that waits for the guard before this one, and finds this one, is behind the end of that too.
        self.guards.store(before.wrapping_add(1), Ordering::Release);
        barrier();
        before
    }

    /// A guard ends that is the last one that began, by what [`enter`](Self::enter) returned: without a look at the word that was
    /// stored just now. Release: as in [`leave`](Self::leave).
    #[inline]
    pub(crate) fn leave_last(&self, before: u64) {
        debug_assert_eq!(self.guards.load(Ordering::Relaxed), before.wrapping_add(1));
        self.guards.store(if before.is_multiple_of(EPOCH) { before.wrapping_add(EPOCH) } else { before }, Ordering::Release);
    }

    /// A guard ends. Release: pairs with the acquire of [`has_left`](Self::has_left), behind which memory is freed.
    #[inline]
    pub(crate) fn leave(&self) {
        let state = self.guards.load(Ordering::Relaxed);
        let guards = state.wrapping_sub(1);
        self.guards.store(if state % EPOCH == 1 { guards.wrapping_add(EPOCH) } else { guards }, Ordering::Release);
    }

    /// What to wait for, asked behind a full barrier: an epoch that has to end, or nothing.
    pub(crate) fn waited_for(&self) -> Option<u64> {
        let state = self.guards.load(Ordering::Acquire);
        (!state.is_multiple_of(EPOCH)).then_some(state / EPOCH)
    }

    /// Whether that epoch has ended.
    pub(crate) fn has_left(&self, epoch: u64) -> bool {
        self.guards.load(Ordering::Acquire) / EPOCH != epoch
    }

    /// Goes on holding what is at an address when the guard has left; none where too much is held already.
    #[inline]
    pub(crate) fn hold(&self, address: usize) -> Option<&AtomicUsize> {
        let [first, others @ ..] = &self.hazards;
        if first.load(Ordering::Relaxed) != 0 {
            return hold_in(others, address);
        }
        // Before the guard leaves, which is a release: who sees that it left sees this.
        first.store(address, Ordering::Relaxed);
        Some(first)
    }

    /// The addresses of what is held, asked behind the guards that found it. Acquire: pairs with the release that lets go.
    pub(crate) fn held(&self) -> impl Iterator<Item = usize> {
        self.hazards.iter().map(|hazard| hazard.load(Ordering::Acquire)).filter(|&address| address != 0)
    }

    /// How many locks the owner has. For the owner.
    #[inline]
    pub(crate) fn sections(&self) -> u32 {
        self.sections.load(Ordering::Relaxed)
    }

    /// The owner has so many locks. Release: what was done under those it gave up is seen by who finds that it has none.
    #[inline]
    pub(crate) fn set_sections(&self, sections: u32) {
        self.sections.store(sections, Ordering::Release);
    }

    /// Whether the owner has a lock, asked behind a full barrier.
    pub(crate) fn has_sections(&self) -> bool {
        self.sections.load(Ordering::Acquire) > 0
    }

    /// Whether it says nothing. Acquire: pairs with the releases by which a thread that ended lets go.
    fn is_idle(&self) -> bool {
        self.guards.load(Ordering::Acquire).is_multiple_of(EPOCH) && self.held().next().is_none()
    }

    /// Whether it is claimed by this owner.
    pub(crate) fn is_of(&self, owner: usize) -> bool {
        self.owner.load(Ordering::Relaxed) == owner
    }

    /// Takes it for an owner, which is even and not zero, if no other has it. Acquire: what the last owner did is seen.
    pub(crate) fn claim(&self, owner: usize) -> bool {
        // Acquire: pairs with the release of `release`, so that a record that was left with something held is not taken for idle.
        let before = self.owner.load(Ordering::Acquire);
        let is_free = before == FREE || (before & ENDED != 0 && self.is_idle());
        // Acquire: the counters go on where the last owner left them.
        is_free && self.owner.compare_exchange(before, owner, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// The owner leases what goes with the number, once; not while a thread visits it.
    pub(crate) fn lease(&self) -> bool {
        self.change_lease(LEASED)
    }

    /// Takes what goes with the number while no thread leases it, and none begins to.
    pub(crate) fn visit(&self) -> bool {
        self.change_lease(VISITED)
    }

    fn change_lease(&self, next: u32) -> bool {
        // Acquire: pairs with the release of `end_lease`, so that all is seen that was done to it before.
        self.lease.compare_exchange(UNLEASED, next, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// What goes with the number is free again.
    pub(crate) fn end_lease(&self) {
        self.lease.store(UNLEASED, Ordering::Release);
    }

    /// Whether a thread leases what goes with the number.
    pub(crate) fn is_leased(&self) -> bool {
        self.lease.load(Ordering::Relaxed) == LEASED
    }

    /// Whether what goes with the number may be as a thread left it that stayed behind at a fork, in the middle of something.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// The thread of the owner ends.
    pub(crate) fn release(&self) {
        let owner = self.owner.load(Ordering::Relaxed);
        self.owner.store(if self.is_idle() { FREE } else { owner | ENDED }, Ordering::Release);
    }

    /// In a child of `fork`, whose only thread is `survivor`: all others say nothing any more.
    pub(crate) fn survive(&self, survivor: usize) {
        let owner = self.owner.load(Ordering::Relaxed);
        let is_survivors = owner & !ENDED == survivor;
        let lease = self.lease.load(Ordering::Relaxed);
        // Who visited it stayed behind.
        if !is_survivors || lease == VISITED {
            self.lease.store(UNLEASED, Ordering::Relaxed);
        }
        if !is_survivors && lease == LEASED {
            self.is_lost.store(true, Ordering::Relaxed);
        }
        if is_survivors {
            return;
        }
        if owner == FREE {
            return;
        }
        let state = self.guards.load(Ordering::Relaxed);
        if !state.is_multiple_of(EPOCH) {
            self.guards.store((state / EPOCH + 1).wrapping_mul(EPOCH), Ordering::Relaxed);
        }
        self.sections.store(0, Ordering::Relaxed);
        self.hazards.iter().for_each(|hazard| hazard.store(0, Ordering::Relaxed));
        self.owner.store(FREE, Ordering::Release);
    }
}

/// As [`Record::hold`], in one of these.
#[inline(never)]
fn hold_in(hazards: &[AtomicUsize], address: usize) -> Option<&AtomicUsize> {
    let hazard = hazards.iter().find(|hazard| hazard.load(Ordering::Relaxed) == 0)?;
    hazard.store(address, Ordering::Relaxed);
    Some(hazard)
}

/// The records of all threads.
pub(crate) struct Records(AtomicPtr<Record>);

impl Records {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }

    /// A record for an owner: the first that is free, or a new one. The owner is even, and not zero.
    pub(crate) fn claim(&self, owner: usize) -> &'static Record {
        let (mut place, mut number) = (&self.0, 0);
        loop {
            match at(place) {
                Some(record) if record.claim(owner) => return record,
                Some(record) => (place, number) = (&record.next, number + 1),
                None => {
                    let fresh = Box::into_raw(Box::new(Record::new(owner, number)));
                    // Release: pairs with the acquire of `at`.
                    if place.compare_exchange(null_mut(), fresh, Ordering::Release, Ordering::Relaxed).is_ok() {
                        // SAFETY: it came from a box just now, and records are never freed.
                        return unsafe { &*fresh };
                    }
                    // SAFETY: it came from a box just now, and was not published.
                    drop(unsafe { Box::from_raw(fresh) });
                }
            }
        }
    }

    /// Every record there ever was, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Record> {
        let mut place = at(&self.0);
        std::iter::from_fn(move || {
            let record = place?;
            place = at(&record.next);
            Some(record)
        })
    }
}

/// The record at the end of a link. Acquire: pairs with the release that published it.
fn at(place: &AtomicPtr<Record>) -> Option<&'static Record> {
    // SAFETY: a link is null or a record that is whole and never freed.
    unsafe { place.load(Ordering::Acquire).as_ref() }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn released_record_is_claimed_again_when_idle() {
        static RECORDS: Records = Records::new();
        let records = &RECORDS;
        let [first, second] = [2, 4].map(|owner| records.claim(owner));
        assert_eq!((first.number(), second.number()), (0, 1));
        first.enter(|| ());
        first.release();
        assert_eq!(records.claim(6).number(), 2);
        first.leave();
        let hazard = first.hold(8).unwrap();
        assert_eq!(records.claim(6).number(), 3);
        hazard.store(0, Ordering::Release);
        assert_eq!((records.claim(6).number(), records.iter().count()), (0, 4));
    }

    #[test]
    fn lease_is_the_owners_or_a_visitors() {
        let record = Record::new(2, 0);
        assert!(record.visit() && !record.lease() && !record.visit());
        record.end_lease();
        assert!(record.lease() && !record.visit());
        record.survive(2);
        assert!(!record.visit() && !record.is_lost(), "the survivor keeps it");
        record.end_lease();
        assert!(record.visit());
        record.survive(2);
        assert!(record.lease(), "a visitor that stayed behind keeps nothing from the survivor");
        record.survive(4);
        assert!(record.visit() && record.is_lost(), "that of a thread that stayed behind is free");
    }

    #[test]
    fn survivor_keeps_its_guards_and_all_others_end() {
        static RECORDS: Records = Records::new();
        let records = &RECORDS;
        let all = [2, 4, 6].map(|owner| records.claim(owner));
        all.iter().for_each(|record| _ = record.enter(|| ()));
        let epochs = all.map(|record| record.waited_for().unwrap());
        all[2].hold(8);
        all[1].release();
        records.iter().for_each(|record| record.survive(4));
        assert_eq!([0, 1, 2].map(|at| all[at].has_left(epochs[at])), [true, false, true]);
        assert_eq!((all[2].held().next(), records.claim(8).number(), records.claim(8).number()), (None, 0, 2));
    }
}
