use super::*;

fn cells<const N: usize>(cells: [u64; N]) -> [AtomicU64; N] {
    cells.map(AtomicU64::new)
}

fn seen(cells: &[AtomicU64]) -> Vec<u64> {
    cells.iter().map(|cell| cell.load(Ordering::Relaxed)).collect()
}

/// Moves all of it in one step, whose notes are the last.
fn moved(own: &[AtomicU64], into: &[AtomicU64], notes: &[AtomicU64]) {
    let (moving, step) = (Moving::new(), Box::new(Step::new()));
    let notes = Some(notes).filter(|notes| !notes.is_empty());
    assert_eq!(Sides { slab: 3, own, into, notes }.step(&moving, &step, 0, own.len()), own.len());
}

#[test]
fn integers_are_moved_and_wrap_around() {
    let (own, into) = (cells([1, 0, 3]), cells([u64::MAX, 5, 6]));
    moved(&own, &into, &[]);
    assert_eq!((seen(&own), seen(&into)), (vec![0; 3], vec![0, 5, 9]));
}

#[test]
fn floats_keep_what_is_rounded_away() {
    let (into, notes) = (cells([0, 0]), cells([2, 0]));
    for amount in [1.0_f64, 1e16, 1.0, 0.25] {
        let own = cells([amount.to_bits(), 0]);
        moved(&own, &into, &notes);
        assert_eq!(seen(&own), [0, 0]);
    }
    let [low] = [&notes[1]].map(float);
    assert_eq!((float(&into[0]) - 1e16) + low, 2.25);
    assert_eq!(Sum::of((float(&into[0]), low)).value(), 1e16 + 2.0);
}

#[test]
fn later_generation_takes_the_place_of_an_earlier_one() {
    let one = 1.0_f64.to_bits();
    let (into, notes) = (cells([0, one, 1, 0, 4]), cells([5, 0.5_f64.to_bits(), 0, 0, 0]));
    moved(&cells([8, one, 0, 7, 2]), &into, &notes);
    assert_eq!(seen(&into), [0, one, 1, 0, 4], "an earlier one is forgotten");
    moved(&cells([8, one, 0, 7, NONE]), &into, &notes);
    assert_eq!(seen(&into), [0, one, 1, 0, 4], "so is none");
    let own = cells([8, one, 0, 7, 6]);
    moved(&own, &into, &notes);
    assert_eq!((seen(&into), seen(&own), notes[1].load(Ordering::Relaxed)), (vec![0, one, 0, 7, 6], vec![8, 0, 0, 0, 6], 0));
    moved(&cells([8, one, 1, 0, 6]), &into, &notes);
    assert_eq!(seen(&into), [0, 2.0_f64.to_bits(), 1, 7, 6]);
}

/// A range is taken while a step is made that has a part of it: it is not touched, whatever an earlier step has written there.
#[test]
fn range_that_is_taken_within_a_step_stays_zero() {
    let (moving, step) = (Moving::new(), Box::new(Step::new()));
    step.sums.iter().chain(&step.notes).for_each(|cell| cell.store(1.5_f64.to_bits(), Ordering::Relaxed));
    let (own, into, notes) = (cells([3, 0, 0, 0, 0]), cells([4, 0, 0, 0, 0]), cells([0; 5]));
    let sides = Sides { slab: 0, own: &own, into: &into, notes: Some(&notes) };
    assert!(sides.write_down(&step, 0, 0..1) && !sides.write_down(&step, 0, 1..2));
    step.len.store(2, Ordering::Relaxed);
    notes[1].store(4, Ordering::Relaxed);
    assert!(step.cells(1, 4).is_none() && step.cells(0, 1).is_some());
    moving.change(|| sides.make(&step, 0, 2));
    assert_eq!((seen(&own), seen(&into), seen(&notes)), (vec![0; 5], vec![7, 0, 0, 0, 0], vec![0, 4, 0, 0, 0]));
}

/// As a signal handler would that interrupts a step anywhere in it.
#[test]
fn read_within_a_step_finds_each_count_once() {
    let (own, into) = (cells([1, 2, 4]), cells([10, 20, 40]));
    let (moving, step) = (Moving::new(), Box::new(Step::new()));
    let sides = Sides { slab: 0, own: &own, into: &into, notes: None };
    assert!((0..3).fold(false, |any, at| sides.write_down(&step, 0, at..at + 1) | any));
    step.len.store(3, Ordering::Relaxed);
    let read = || {
        [0, 1, 2].map(|at| {
            moving.whole(&step, |step, _| match step.and_then(|step| step.cells(at, 1)) {
                Some(([both], _)) => both.load(Ordering::Relaxed),
                _ => own[at].load(Ordering::Relaxed) + into[at].load(Ordering::Relaxed),
            })
        })
    };
    moving.change(|| {
        for at in 0..3 {
            assert_eq!(read(), [11, 22, 44]);
            into[at].store(step.sums[at].load(Ordering::Relaxed), Ordering::Relaxed);
            assert_eq!(read(), [11, 22, 44]);
            own[at].store(0, Ordering::Relaxed);
        }
    });
    assert_eq!(read(), [11, 22, 44]);
}
