//! Slots: claimed by one, read by many, given back by the last.
//!
//! loom's cell panics where a value is read while it is written, or without the write having happened before.

use loom::sync::Arc;

use super::slot::Slot;
use super::{Met, bounded, join, start};

// A slot lends its value to several contexts at once, so it is shared only where the value may be.
const _: () = {
    trait Unshared<T> {}
    impl<T: ?Sized> Unshared<()> for T {}
    struct Shared;
    impl<T: ?Sized + Sync> Unshared<Shared> for T {}
    const fn unshared<T: Unshared<M>, M>() {}
    // Does not compile if it is `Sync`, because then there are two ways to read the line.
    unshared::<Slot<core::cell::Cell<u32>>, _>();
    const fn shared<T: Sync>() {}
    shared::<Slot<u32>>();
};

fn filled(value: u32) -> Arc<Slot<u32>> {
    let slot = Arc::new(Slot::new(0));
    assert!(slot.fill(|place| *place = value));
    slot
}

fn seen(slot: &Slot<u32>) -> Option<u32> {
    slot.get().map(|guard| {
        let first = guard.with(|value| *value);
        assert_eq!(guard.with(|value| *value), first, "as long as the guard is there it is the same value");
        first
    })
}

/// Everybody is gone: either it holds a value, or it is free.
fn is_not_lost(slot: &Slot<u32>) {
    assert!(seen(slot).is_some() || slot.fill(|value| *value = 9), "the slot is lost");
}

#[test]
fn of_two_claimers_one_has_the_slot() {
    loom::model(|| {
        let slot = Arc::new(Slot::new(0));
        let claimers = [1, 2].map(|mine| start(&slot, move |slot| slot.fill(|value| *value = mine).then_some(mine)));
        let claims: Vec<u32> = claimers.into_iter().filter_map(|claimer| claimer.join().unwrap()).collect();
        assert_eq!(claims, [seen(&slot).unwrap()]);
    });
}

#[test]
fn a_reader_sees_the_whole_value_or_none() {
    static SEEN: Met = Met::that("the reader came late enough");
    static MISSED: Met = Met::that("the reader came too early");
    loom::model(|| {
        let slot = Arc::new(Slot::new(0));
        let claimer = start(&slot, |slot| assert!(slot.fill(|value| *value = 7)));
        let reader = start(&slot, |slot| seen(slot));
        let seen = reader.join().unwrap();
        assert!(matches!(seen, None | Some(7)));
        SEEN.note(seen.is_some());
        MISSED.note(seen.is_none());
        claimer.join().unwrap();
        is_not_lost(&slot);
    });
    Met::demand_all([&SEEN, &MISSED]);
}

/// The value is replaced only when no reader has it any more, and the slot is not lost, in whatever order they go.
#[test]
fn a_slot_is_given_to_the_next_when_the_last_reader_is_gone() {
    static REUSED: Met = Met::that("the slot was the next one's after it was read");
    static HELD: Met = Met::that("the slot was still held");
    loom::model(|| {
        let slot = filled(1);
        let reader = start(&slot, |slot| seen(slot));
        let claimer = start(&slot, |slot| slot.fill(|value| *value = 2));
        let leaver = start(&slot, |slot| slot.retire());
        let (seen, claimed) = (reader.join().unwrap(), claimer.join().unwrap());
        // With no other thread to fill it, there was something to retire.
        assert!(leaver.join().unwrap());
        REUSED.note(claimed && seen == Some(1));
        HELD.note(!claimed && seen == Some(1));
        is_not_lost(&slot);
    });
    Met::demand_all([&REUSED, &HELD]);
}

#[test]
fn of_two_readers_and_one_who_retires_the_last_gives_the_slot_back() {
    bounded(3, || {
        let slot = filled(1);
        let readers = [(); 2].map(|()| start(&slot, |slot| assert!(matches!(seen(slot), None | Some(1)))));
        let leaver = start(&slot, |slot| {
            assert!(slot.retire());
            assert!(slot.get().is_none(), "a slot that leaves takes no guards");
        });
        readers.into_iter().chain([leaver]).for_each(|thread| thread.join().unwrap());
        assert!(slot.fill(|value| *value = 2), "the slot is lost");
    });
}

#[test]
fn of_two_who_retire_one_did() {
    loom::model(|| {
        let slot = filled(1);
        let leavers = [(); 2].map(|()| start(&slot, |slot| slot.retire()));
        assert_eq!(join(leavers).iter().filter(|&&did| did).count(), 1);
        assert!(slot.fill(|value| *value = 2), "the slot is lost");
    });
}

/// Two look for a value to take it out of service, and its slot is given to another in between: that one stays.
#[test]
fn who_retires_by_a_guard_retires_what_it_saw() {
    static CROSSED: Met = Met::that("the slot was another's before both were through");
    loom::model(|| {
        let slot = filled(1);
        let retire_one = |slot: &Arc<Slot<u32>>| slot.get().is_some_and(|guard| guard.with(|value| *value == 1) && guard.retire());
        let other = start(&slot, retire_one);
        let claimer = start(&slot, move |slot| retire_one(slot) && slot.fill(|value| *value = 2));
        let did = other.join().unwrap();
        if claimer.join().unwrap() {
            CROSSED.note(!did);
            assert_eq!(seen(&slot), Some(2), "the value of another went");
        }
    });
    CROSSED.demand();
}
